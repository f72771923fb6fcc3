"""What may become of a wish: every pair of state and act, who may do it, and when a claim is idle (6.5)."""

from datetime import datetime, timedelta
from itertools import product

import pytest

from bot.clock import SHANGHAI
from bot.features.wish.rules.wish import (
    CLOSED,
    HELD,
    IDLE_NOTICE_AFTER,
    IDLE_RELEASE_AFTER,
    Standing,
    WishAct,
    WishBar,
    WishParty,
    WishState,
    idle_notice_due,
    idle_release_due,
    may_act,
    next_state,
    step,
)

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=SHANGHAI)
OPEN, HELPING, POOLED, CLAIMED = WishState.OPEN, WishState.CADRE_HELPING, WishState.POOLED, WishState.CLAIMED
FULFILLED, DECLINED, WITHDRAWN = WishState.FULFILLED, WishState.DECLINED, WishState.WITHDRAWN
EDGES = {
    (WishState.DRAFT, WishAct.POST, OPEN),
    (OPEN, WishAct.CLAIM, HELPING),
    (HELPING, WishAct.POOL, POOLED),
    (POOLED, WishAct.CLAIM, CLAIMED),
    (HELPING, WishAct.FULFIL, FULFILLED),
    (CLAIMED, WishAct.FULFIL, FULFILLED),
    (CLAIMED, WishAct.DECLINE, DECLINED),
    (HELPING, WishAct.RELEASE, OPEN),
    (CLAIMED, WishAct.RELEASE, POOLED),
}
"""The edges of requirements 6.5, as they stand there."""
CADRE, OTHER, OWNER = 2, 3, 1


@pytest.mark.parametrize(("before", "act", "after"), sorted(EDGES))
def test_every_edge_of_the_requirements_exists(before: WishState, act: WishAct, after: WishState) -> None:
    assert next_state(before, act) is after


@pytest.mark.parametrize(("state", "act"), list(product(sorted(CLOSED), WishAct)))
def test_a_closed_wish_goes_nowhere_but_by_reopening(state: WishState, act: WishAct) -> None:
    led = next_state(state, act)
    assert (led is None) == (act is not WishAct.REOPEN or state is WITHDRAWN)


@pytest.mark.parametrize("state", sorted(set(WishState) - CLOSED))
def test_the_owner_may_withdraw_at_any_time_before_it_is_over(state: WishState) -> None:
    assert step(Standing(state, holder_id=CADRE), WishAct.WITHDRAW, WishParty.OWNER, OWNER) == Standing(WITHDRAWN)


def test_only_the_owner_posts_pools_confirms_reopens_and_withdraws() -> None:
    owners = {WishAct.POST, WishAct.POOL, WishAct.FULFIL, WishAct.REOPEN, WishAct.WITHDRAW}
    shared = {WishAct.JOIN, WishAct.PART}
    assert {act for act in WishAct if may_act(act, WishParty.OWNER)} == owners | shared | {WishAct.LEAVE_POOL}
    assert all({p for p in WishParty if may_act(act, p)} == {WishParty.OWNER} for act in owners)


def test_time_alone_neither_fulfils_nor_pools_nor_claims() -> None:
    moves = {WishAct.RELEASE, WishAct.CLIMB, WishAct.LEAVE_POOL, WishAct.PART, WishAct.GO_ON, WishAct.LAPSE}
    assert {a for a in WishAct if may_act(a, WishParty.CLOCK)} == moves


def test_an_open_wish_goes_into_no_pool_before_its_cadre_has_tried() -> None:
    assert step(Standing(OPEN), WishAct.POOL, WishParty.OWNER, OWNER) is WishBar.NOT_POSSIBLE


@pytest.mark.parametrize("state", sorted(HELD))
def test_what_somebody_holds_cannot_be_claimed_and_says_so(state: WishState) -> None:
    for party in (WishParty.CADRE, WishParty.HELPER):
        assert step(Standing(state, CADRE), WishAct.CLAIM, party, OTHER) is WishBar.ALREADY_CLAIMED


@pytest.mark.parametrize("act", [WishAct.RELEASE, WishAct.REPORT_DONE, WishAct.KEEP, WishAct.DECLINE])
def test_who_does_not_hold_it_can_do_nothing_as_a_holder(act: WishAct) -> None:
    assert step(Standing(HELPING, CADRE), act, WishParty.HOLDER, OTHER) is WishBar.NOT_HELD
    assert step(Standing(OPEN), act, WishParty.HOLDER, OTHER) is WishBar.NOT_HELD
    assert step(Standing(FULFILLED, OTHER), act, WishParty.HOLDER, OTHER) is WishBar.NOT_POSSIBLE


def test_reporting_done_only_asks() -> None:
    assert step(Standing(HELPING, CADRE), WishAct.REPORT_DONE, WishParty.HOLDER, CADRE) == Standing(
        HELPING, CADRE, asked=True
    )


@pytest.mark.parametrize(("state", "pooled"), [(HELPING, False), (CLAIMED, True)])
def test_not_received_leads_back_to_who_held_it_also_after_a_confirmation(state: WishState, pooled: bool) -> None:
    held = Standing(state, CADRE, from_pool=pooled)
    assert step(Standing(state, CADRE, pooled, asked=True), WishAct.REOPEN, WishParty.OWNER, OWNER) == held
    assert step(Standing(FULFILLED, CADRE, pooled), WishAct.REOPEN, WishParty.OWNER, OWNER) == held


@pytest.mark.parametrize(("state", "pooled"), [(OPEN, False), (POOLED, True)])
def test_without_its_holder_a_reopened_wish_waits_where_it_was_claimed(state: WishState, pooled: bool) -> None:
    found = step(Standing(FULFILLED, None, pooled), WishAct.REOPEN, WishParty.OWNER, OWNER)
    assert found == Standing(state, None, pooled)


def test_a_declined_wish_opened_again_is_with_its_cadre_and_in_no_pool() -> None:
    declined = step(Standing(CLAIMED, OTHER, from_pool=True), WishAct.DECLINE, WishParty.HOLDER, OTHER)
    assert declined == Standing(DECLINED, None, from_pool=True)
    assert step(Standing(DECLINED, None, from_pool=True), WishAct.REOPEN, WishParty.OWNER, OWNER) == Standing(OPEN)


def test_a_claim_is_not_given_back_before_its_holder_was_told_three_days_ahead() -> None:
    claimed = NOW - IDLE_RELEASE_AFTER
    assert not idle_release_due(claimed, None, NOW)
    assert not idle_release_due(claimed, NOW - timedelta(days=2), NOW)
    assert idle_release_due(claimed, NOW - timedelta(days=3), NOW)
    assert not idle_release_due(claimed + timedelta(minutes=1), NOW - timedelta(days=3), NOW)


def test_a_holder_is_told_once_for_each_claim() -> None:
    claimed = NOW - IDLE_NOTICE_AFTER
    assert idle_notice_due(claimed, None, NOW)
    assert idle_notice_due(claimed, claimed - timedelta(days=1), NOW)
    assert not idle_notice_due(claimed, NOW - timedelta(hours=1), NOW)
    assert not idle_notice_due(claimed + timedelta(minutes=1), None, NOW)
