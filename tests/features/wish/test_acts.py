"""Claims and confirmations on the real tables: one winner, one word that counts, and what a wish says of itself."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, text

from bot.clock import ManualClock
from bot.core.rules.people import Actor, AgeBand, OrgLevel, Role
from bot.core.rules.refusal import NotFound
from bot.features.wish.acts.claim import (
    WishClaimed,
    claim_wish,
    decline_wish,
    list_wishes,
    release_wish,
    report_done,
    view_wish,
)
from bot.features.wish.acts.confirm import WishFulfilled, not_received, receive, withdraw_wish
from bot.features.wish.acts.transition import change
from bot.features.wish.rules.wish import (
    WishAct,
    WishAlreadyClaimed,
    WishNotFound,
    WishNotHeld,
    WishNotPossible,
    WishParty,
    WishState,
)
from bot.features.wish.tables import Wish
from bot.store.chat import Contact
from bot.store.delivery import AuditEntry
from bot.store.store import Store
from bot.store.unit import Unit
from tests.people_built import make_cadre, make_org, make_youth
from tests.reading import logged
from tests.wishes_built import POOL_WORDS, WORDS, Scene, do, make_scene, make_wish, put_into_pool, wish_of

MANY = 20


async def viewed(unit: Unit, actor: Actor, ref: int) -> Any:
    return await logged(unit, actor, view_wish(unit.session, unit.vault, actor, ref))


async def listed(unit: Unit, actor: Actor) -> Any:
    return await logged(unit, actor, list_wishes(unit.session, unit.vault, actor, 1, now=unit.now))


async def claims_at_once(store: Store, cadres: list[Actor], ref: int) -> list[Any]:
    """Each claims in a unit of its own; all hold their breath before the commit, so that they really meet."""

    async def one(cadre: Actor) -> Any:
        async with store.unit() as unit:
            done = await claim_wish(unit, cadre, ref)
            await asyncio.sleep(0.01)
            return done

    return await asyncio.gather(*(one(cadre) for cadre in cadres), return_exceptions=True)


@pytest.mark.parametrize("many", [2, MANY])
async def test_of_cadres_who_claim_in_the_same_moment_one_gets_it_and_the_others_hear_who(
    any_store: Store, many: int
) -> None:
    scene = await make_scene(any_store)
    ref = await make_wish(scene)
    await put_into_pool(scene, ref)
    cadres = [await make_cadre(any_store, scene.org, f"同事{n}", f"5{n:04}") for n in range(many)]
    done = await claims_at_once(any_store, cadres, ref)
    won = [n for n, result in enumerate(done) if isinstance(result, WishClaimed)]
    lost = [result.details for result in done if isinstance(result, WishAlreadyClaimed)]
    assert (len(won), len(lost)) == (1, many - 1)
    assert lost == [{"ref": ref, "name": f"同事{won[0]}", "org": "清河县团委"}] * (many - 1)
    wish = await wish_of(any_store, ref)
    assert (wish.state, wish.holder_id) == (WishState.CLAIMED, cadres[won[0]].person_id)
    async with any_store.read() as session:
        audited = await session.execute(select(AuditEntry.actor_id).where(AuditEntry.action == "wish.claimed"))
        assert sorted(audited.scalars(), key=str) == sorted([scene.cadre.person_id, wish.holder_id], key=str)


async def test_a_claim_and_a_withdrawal_in_the_same_moment_leave_one_of_the_two(any_store: Store) -> None:
    scene = await make_scene(any_store)
    ref = await make_wish(scene)

    async def withdraws() -> Any:
        async with any_store.unit() as unit:
            done = await withdraw_wish(unit, scene.youth, ref)
            await asyncio.sleep(0.01)
            return done

    await asyncio.gather(claims_at_once(any_store, [scene.cadre], ref), withdraws(), return_exceptions=True)
    wish = await wish_of(any_store, ref)
    assert (wish.state, wish.holder_id, wish.text) == (WishState.WITHDRAWN, None, None)


async def test_a_change_that_comes_too_late_is_told_how_it_stands_now(any_store: Store) -> None:
    scene = await make_scene(any_store)
    ref = await make_wish(scene)
    async with any_store.unit() as unit:
        wish = (await unit.session.execute(select(Wish).where(Wish.ref == ref))).scalar_one()
        await unit.session.execute(
            text("UPDATE wishes SET state = 'withdrawn', version = version + 1 WHERE id = :id"), {"id": wish.id}
        )
        with pytest.raises(WishNotPossible) as refused:
            await change(unit, scene.cadre, wish, WishAct.CLAIM, WishParty.CADRE)
        assert refused.value.details == {"ref": ref, "state": "withdrawn"}


# --- who may see and do what -----------------------------------------------------------------------------------------


async def strangers(scene: Scene) -> list[Actor]:
    """Everybody who has nothing to do with the scene's wish."""
    away = await make_org(scene.store, "甘棠县团委", OrgLevel.COUNTY, scene.city)
    other = await make_cadre(scene.store, away, "周敏", "10004")
    return [
        other,
        await make_cadre(scene.store, scene.org, "苏娜", "10003"),
        await make_youth(scene.store, away, "小韩", "20003", cadre=other),
        await make_youth(scene.store, scene.org, "阿凯", "20004", cadre=scene.cadre),
    ]


async def test_for_everybody_else_a_wish_does_not_exist(store: Store) -> None:
    scene = await make_scene(store)
    ref = await make_wish(scene)
    for actor in await strangers(scene):
        for act in (
            lambda unit, who=actor: claim_wish(unit, who, ref),
            lambda unit, who=actor: release_wish(unit, who, ref),
            lambda unit, who=actor: report_done(unit, who, ref, "给了"),
            lambda unit, who=actor: decline_wish(unit, who, ref, "没有"),
            lambda unit, who=actor: viewed(unit, who, ref),
            lambda unit, who=actor: withdraw_wish(unit, who, ref),
            lambda unit, who=actor: receive(unit, who, ref),
            lambda unit, who=actor: not_received(unit, who, ref, None),
        ):
            with pytest.raises(NotFound) as refused:
                await do(store, act)
            assert (type(refused.value), refused.value.details) == (WishNotFound, {})
    assert (await wish_of(store, ref)).version == 0


async def test_a_cadre_whose_contact_ended_reads_it_no_longer(store: Store) -> None:
    scene = await make_scene(store)
    ref = await make_wish(scene)
    async with store.unit() as unit:
        contact = (await unit.session.execute(select(Contact))).scalar_one()
        contact.ended_at = unit.now
    with pytest.raises(WishNotFound):
        await do(store, lambda unit: viewed(unit, scene.cadre, ref))
    shown = await do(
        store,
        lambda unit: listed(unit, scene.cadre),
    )
    assert (shown.total, shown.wishes) == (0, ())


@pytest.mark.rule("P14")
async def test_the_other_side_of_a_pool_sees_the_pools_words_and_no_name(store: Store) -> None:
    scene = await make_scene(store)
    ref = await make_wish(scene)
    await put_into_pool(scene, ref, shown_kind="other")
    helper = await make_cadre(store, scene.org, "苏娜", "10003")
    await do(store, lambda unit: claim_wish(unit, helper, ref))
    shown = await do(store, lambda unit: viewed(unit, helper, ref))
    assert (shown.words, shown.name, shown.holder) == (POOL_WORDS, "", "")
    shown = await do(store, lambda unit: listed(unit, helper))
    assert [(w.words, w.name, w.mine) for w in shown.wishes] == [(POOL_WORDS, "", True)]


async def test_what_another_cadre_has_claimed_from_the_pool_is_theirs_to_read(store: Store) -> None:
    scene = await make_scene(store)
    ref = await make_wish(scene)
    await put_into_pool(scene, ref)
    first, second = [await make_cadre(store, scene.org, name, n) for name, n in (("苏娜", "10003"), ("周敏", "10004"))]
    assert (await do(store, lambda unit: viewed(unit, second, ref))).words == POOL_WORDS
    await do(store, lambda unit: claim_wish(unit, first, ref))
    with pytest.raises(WishNotFound):
        await do(store, lambda unit: viewed(unit, second, ref))
    with pytest.raises(WishAlreadyClaimed):
        await do(store, lambda unit: claim_wish(unit, second, ref))


async def test_a_list_writes_one_row_for_each_person_whose_wishes_it_shows(store: Store) -> None:
    scene = await make_scene(store)
    other = await make_youth(store, scene.org, "阿凯", "20004", cadre=scene.cadre)
    await make_wish(scene)
    await make_wish(scene, "想有人陪我跑步")
    await make_wish(scene, "想要一副球拍", owner=other)
    shown = await do(
        store,
        lambda unit: listed(unit, scene.cadre),
    )
    assert (shown.total, sorted(w.name for w in shown.wishes)) == (3, ["小赵", "小赵", "阿凯"])
    async with store.read() as session:
        rows = await session.execute(select(AuditEntry.subject_id).where(AuditEntry.action == "read.wishes"))
        assert sorted(rows.scalars(), key=str) == sorted([scene.youth.person_id, other.person_id], key=str)


# --- the owner's word ------------------------------------------------------------------------------------------------


async def test_who_does_not_hold_it_cannot_say_that_it_is_done(store: Store) -> None:
    scene = await make_scene(store)
    ref = await make_wish(scene)
    with pytest.raises(WishNotHeld):
        await do(store, lambda unit: report_done(unit, scene.cadre, ref, "给了"))


async def test_reported_done_is_not_fulfilled_before_the_owner_says_so(any_store: Store) -> None:
    scene = await make_scene(any_store)
    ref = await make_wish(scene)
    await do(any_store, lambda unit: claim_wish(unit, scene.cadre, ref))
    await do(any_store, lambda unit: report_done(unit, scene.cadre, ref, "家里那本给了"))
    assert (await wish_of(any_store, ref)).state == WishState.CADRE_HELPING
    assert isinstance(await do(any_store, lambda unit: receive(unit, scene.youth, None)), WishFulfilled)
    wish = await wish_of(any_store, ref)
    assert (wish.state, wish.holder_id, wish.asked_at) == (WishState.FULFILLED, scene.cadre.person_id, None)


async def test_a_wish_come_true_counts_as_a_contact(store: Store) -> None:
    scene = await make_scene(store)
    ref = await make_wish(scene)
    async with store.unit() as unit:
        contact = (await unit.session.execute(select(Contact))).scalar_one()
        contact.last_contact_at = unit.now.replace(month=6)
    await do(store, lambda unit: claim_wish(unit, scene.cadre, ref))
    await do(store, lambda unit: receive(unit, scene.youth, ref))
    async with store.read() as session:
        assert (await session.execute(select(Contact.last_contact_at))).scalar_one() == store.clock.now()


async def test_a_confirmation_taken_back_leads_to_who_held_it_for_a_month(store: Store, clock: ManualClock) -> None:
    scene = await make_scene(store)
    ref = await make_wish(scene)
    await do(store, lambda unit: claim_wish(unit, scene.cadre, ref))
    await do(store, lambda unit: receive(unit, scene.youth, ref))
    clock.advance(timedelta(days=29))
    assert (await do(store, lambda unit: not_received(unit, scene.youth, ref, "缺页"))).held
    assert (await wish_of(store, ref)).holder_id == scene.cadre.person_id
    await do(store, lambda unit: receive(unit, scene.youth, ref))
    clock.advance(timedelta(days=31))
    with pytest.raises(WishNotPossible):
        await do(store, lambda unit: not_received(unit, scene.youth, ref, None))


async def test_withdrawing_deletes_every_word(store: Store) -> None:
    scene = await make_scene(store)
    ref = await make_wish(scene)
    await put_into_pool(scene, ref, tried=b"x", done=b"x")
    await do(store, lambda unit: withdraw_wish(unit, scene.youth, ref))
    wish = await wish_of(store, ref)
    assert (wish.text, wish.pool_text, wish.tried, wish.done) == (None, None, None, None)


@pytest.mark.rule("P14")
async def test_a_minor_s_wish_is_read_by_their_cadre_and_logged(store: Store) -> None:
    scene = await make_scene(store, age_band=AgeBand.MINOR)
    ref = await make_wish(scene)
    shown = await do(store, lambda unit: viewed(unit, scene.cadre, ref))
    assert (shown.words, shown.name) == (WORDS, "小赵")
    async with store.read() as session:
        row = (await session.execute(select(AuditEntry).where(AuditEntry.action == "read.wish"))).scalar_one()
    assert (row.subject_id, row.actor_role, row.ref) == (scene.youth.person_id, Role.CADRE, f"W{ref}")


async def test_own_reading_is_not_logged(store: Store) -> None:
    scene = await make_scene(store)
    ref = await make_wish(scene)
    await do(store, lambda unit: viewed(unit, scene.youth, ref))
    async with store.read() as session:
        found = await session.execute(select(AuditEntry.action).where(AuditEntry.action.startswith("read.")))
        assert found.first() is None


async def test_giving_back_leads_to_where_it_was_claimed(store: Store) -> None:
    scene = await make_scene(store)
    ref = await make_wish(scene)
    await do(store, lambda unit: claim_wish(unit, scene.cadre, ref))
    assert not (await do(store, lambda unit: release_wish(unit, scene.cadre, ref))).pooled
    await put_into_pool(scene, ref)
    helper = await make_cadre(store, scene.org, "苏娜", "10003")
    await do(store, lambda unit: claim_wish(unit, helper, ref))
    assert (await do(store, lambda unit: release_wish(unit, helper, ref))).pooled
    assert (await wish_of(store, ref)).state == WishState.POOLED


async def test_claiming_again_keeps_the_own_claim(store: Store, clock: ManualClock) -> None:
    scene = await make_scene(store)
    ref = await make_wish(scene)
    await do(store, lambda unit: claim_wish(unit, scene.cadre, ref))
    clock.advance(timedelta(days=12))
    assert (await do(store, lambda unit: claim_wish(unit, scene.cadre, ref))).again
    assert (await wish_of(store, ref)).claimed_at == clock.now()
