"""The pools: how far up a wish goes, when, who may read it, and what may stand beside it."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.clock import SHANGHAI
from bot.core.rules.ladder import LADDER, Rung, rungs
from bot.core.rules.people import OrgLevel
from bot.features.pool.rules.pool import (
    LEAST_K,
    Beside,
    PoolRules,
    PoolRulesWrong,
    TriedMissing,
    TriedPrivate,
    TriedTooLong,
    climb_due,
    next_rung,
    safe_beside,
    steps,
    tried_note,
)

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=SHANGHAI)
RULES = PoolRules()
DAY = timedelta(days=1)
COUNTY, CITY, PROVINCE, CENTRAL = OrgLevel.COUNTY, OrgLevel.CITY, OrgLevel.PROVINCE, OrgLevel.CENTRAL
chains = st.lists(st.tuples(st.integers(1, 99), st.sampled_from(OrgLevel)), max_size=8, unique_by=lambda rung: rung[0])


# --- the ladder ------------------------------------------------------------------------------------------------------


def test_missing_levels_are_left_out_and_the_centre_has_no_pool() -> None:
    chain = [(1, OrgLevel.BRANCH), (2, OrgLevel.GRASSROOTS), (3, PROVINCE), (4, CENTRAL)]
    assert rungs(chain) == (Rung(PROVINCE, 3),)
    assert rungs([(1, OrgLevel.BRANCH), (4, CENTRAL)]) == ()


def test_of_two_of_one_level_the_nearer_counts_and_nothing_leads_down() -> None:
    assert rungs([(1, CITY), (2, CITY), (3, COUNTY), (4, PROVINCE)]) == (Rung(CITY, 1), Rung(PROVINCE, 4))


@given(chains)
def test_every_ladder_leads_up_through_organisations_of_the_chain(chain: list[tuple[int, OrgLevel]]) -> None:
    ladder = rungs(chain)
    heights = [LADDER.index(rung.level) for rung in ladder]
    assert heights == sorted(set(heights))
    assert {(rung.org_id, rung.level) for rung in ladder} <= set(chain)


@given(chains, st.sampled_from(LADDER), st.sampled_from(LADDER))
def test_a_step_goes_up_by_one_and_never_past_what_was_agreed(
    chain: list[tuple[int, OrgLevel]], at: OrgLevel, agreed: OrgLevel
) -> None:
    ladder = rungs(chain)
    step = next_rung(ladder, at, agreed)
    above = [rung for rung in ladder if LADDER.index(rung.level) > LADDER.index(at)]
    if step is None:
        assert not above or LADDER.index(above[0].level) > LADDER.index(agreed)
    else:
        assert step == above[0]
        assert LADDER.index(at) < LADDER.index(step.level) <= LADDER.index(agreed)


def test_at_the_top_it_stays_however_long_it_waits() -> None:
    assert not climb_due(NOW - 400 * DAY, PROVINCE, RULES, NOW)
    assert next_rung((Rung(COUNTY, 1),), COUNTY, PROVINCE) is None


def test_it_waits_fifteen_days_in_each_pool() -> None:
    for level in (COUNTY, CITY):
        assert not climb_due(NOW - 15 * DAY + timedelta(seconds=1), level, RULES, NOW)
        assert climb_due(NOW - 15 * DAY, level, RULES, NOW)


# --- the table of rules ----------------------------------------------------------------------------------------------

GOOD = {"wait_days": {"county": 15, "city": 15}, "idle_days": 30, "k": 5, "tried_least": 8}


@pytest.mark.parametrize(
    "changed",
    [
        {"k": 4},
        {"k": "many"},
        {"idle_days": 0},
        {"idle_days": 91},
        {"tried_least": 3},
        {"wait_days": {"county": 15}},
        {"wait_days": {"county": 15, "city": 0}},
        {"wait_days": {"county": 15, "city": 91}},
        {"wait_days": {"county": 15, "city": 15, "province": 15}},
        {"wait_days": {"county": 15, "town": 15}},
        {"wait_days": 15},
        {"speed": 1},
    ],
)
def test_a_number_the_rules_do_not_allow_stops_the_start(changed: dict[str, object]) -> None:
    with pytest.raises(PoolRulesWrong):
        PoolRules.from_data(GOOD | changed)


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"k": 4}, "k: 5 or more"),
        ({"k": "many"}, "cannot be read: ValueError"),
        ({"idle_days": 91}, "idle: 1 to 90 days"),
        ({"tried_least": 51}, "tried_least: 4 to 50"),
        ({"wait_days": {"county": 15}}, "waits: one for county and one for city"),
        ({"wait_days": {"county": 15, "city": 91}}, "waits: 1 to 90 days"),
        ({"speed": 1, "colour": 2}, "unknown: colour, speed"),
    ],
)
def test_what_stops_the_start_is_named_with_its_limits(changed: dict[str, object], named: str) -> None:
    with pytest.raises(PoolRulesWrong, match=f"^{named}$"):
        PoolRules.from_data(GOOD | changed)


@pytest.mark.parametrize("missing", list(GOOD))
def test_a_missing_number_stops_the_start(missing: str) -> None:
    with pytest.raises(PoolRulesWrong):
        PoolRules.from_data({name: value for name, value in GOOD.items() if name != missing})


def test_what_is_shipped_is_the_default_and_more_protection_is_welcome() -> None:
    assert PoolRules.from_data(GOOD) == PoolRules()
    assert PoolRules.from_data(GOOD | {"k": 20}).k == 20


def test_the_limits_themselves_are_allowed() -> None:
    assert PoolRules.from_data(GOOD | {"tried_least": 4}).tried_least == 4
    assert PoolRules.from_data(GOOD | {"tried_least": 50}).tried_least == 50
    for days in (1, 90):
        rules = PoolRules.from_data(GOOD | {"idle_days": days, "wait_days": {"county": days, "city": days}})
        assert (rules.idle, set(rules.waits.values())) == (days * DAY, {days * DAY})


# --- what was tried --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "note",
    [None, "", "   ", "问过了", "啊啊啊啊啊啊啊啊啊啊", "12345678901234", "。。。。。。。。。。", "试过 1 2 3 4 5"],
)
def test_a_note_that_says_nothing_is_refused(note: str | None) -> None:
    with pytest.raises(TriedMissing):
        tried_note(note, RULES)


def test_a_note_holds_no_private_detail_and_no_novel() -> None:
    with pytest.raises(TriedPrivate):
        tried_note("问了他妈妈，电话 13812345678，没有", RULES)
    with pytest.raises(TriedPrivate):
        tried_note("【机密】问过了单位和学校图书馆", RULES)
    with pytest.raises(TriedTooLong):
        tried_note("问了县图书馆和三位同事。" * 30, RULES)


def test_a_note_of_what_was_tried_is_taken() -> None:
    assert tried_note(" 问了县图书馆 和两位同事，都没有 ", RULES) == "问了县图书馆 和两位同事，都没有"


# --- k ---------------------------------------------------------------------------------------------------------------


def test_first_the_kind_goes_then_the_age_then_the_area_grows() -> None:
    assert steps((1, 2), "adult", "study") == (
        Beside(1, "adult", "study"),
        Beside(1, "adult", "other"),
        Beside(1, None, "other"),
        Beside(2, None, "other"),
        Beside(None, None, "other"),
    )
    assert steps((), "adult", "study") == (Beside(None, None, "other"),)
    assert len(steps((1,), "adult", "other")) == 3


crowds = st.lists(st.integers(0, 40), min_size=6, max_size=6)


@pytest.mark.rule("P12")
@given(st.lists(st.integers(1, 9), max_size=3, unique=True), crowds, st.integers(LEAST_K, 30))
def test_at_least_k_share_what_is_shown_or_nothing_is(areas: list[int], sizes: list[int], k: int) -> None:
    coarser = steps(areas, "minor", "study")
    crowd = dict(zip(coarser, sorted(sizes), strict=False))
    shown = safe_beside(coarser, crowd, k)
    assert crowd.get(shown, 0) >= k or shown == Beside(None, None, "other")
    finer = coarser[: coarser.index(shown)]
    assert all(crowd[step] < k for step in finer)  # no coarser than needed


@given(crowds, st.integers(LEAST_K, 30), st.integers(0, 20))
def test_a_higher_k_never_shows_more(sizes: list[int], k: int, more: int) -> None:
    coarser = steps((1, 2, 3), "adult", "sport")
    crowd = dict(zip(coarser, sorted(sizes), strict=False))
    assert coarser.index(safe_beside(coarser, crowd, k)) <= coarser.index(safe_beside(coarser, crowd, k + more))


def test_an_unknown_crowd_is_none_and_less_than_five_is_no_k() -> None:
    coarser = steps((1,), "adult", "study")
    assert safe_beside(coarser, {}, 5) == coarser[-1]
    with pytest.raises(PoolRulesWrong):
        safe_beside(coarser, {}, 4)
