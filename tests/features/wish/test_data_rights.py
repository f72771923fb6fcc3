"""A wish and its owner's rights: seen, exported, erased with its words, expired; what stays is a number (P7, P20)."""

from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from bot.clock import ManualClock
from bot.core.acts.erase import erase_person
from bot.core.feature import Look
from bot.core.installation import Installation
from bot.core.rules.people import Actor, Role
from bot.core.rules.retention import RetentionPeriods, RetentionTooLong
from bot.core.rules.workdays import Workdays
from bot.features.rights.acts.expire import expire_kind
from bot.features.rights.reads.export import export_person
from bot.features.rights.reads.held import data_held, reads_of
from bot.features.rights.reads.remembered import held_about
from bot.features.wish.acts.claim import claim_wish, decline_wish, report_done
from bot.features.wish.acts.confirm import receive, withdraw_wish
from bot.features.wish.rules.wish import CLOSED, WishState
from bot.features.wish.tables import Wish
from bot.store.audit import verify
from bot.store.chat import Contact
from bot.store.delivery import OutboxMessage, Prompt
from bot.store.people import RoleGrant
from bot.store.store import Store
from tests.people_built import make_person, make_youth
from tests.ticking import do_due
from tests.wishes_built import WORDS, Scene, do, make_scene, make_wish, put_into_pool, wish_of

HOW = "家里那本带给了他-MARKER"


@pytest_asyncio.fixture
async def scene(any_store: Store) -> Scene:
    return await make_scene(any_store)


async def reported(scene: Scene) -> int:
    ref = await make_wish(scene)
    await do(scene.store, lambda unit: claim_wish(unit, scene.cadre, ref))
    await do(scene.store, lambda unit: report_done(unit, scene.cadre, ref, HOW))
    return ref


async def erase(scene: Scene, who: Actor | None = None) -> None:
    person = who or scene.youth
    await do(scene.store, lambda unit: erase_person(unit, person.person_id or 0, actor=person))


async def counts(store: Store) -> dict[str, int]:
    async with store.read() as session:
        rows = await session.execute(select(Wish.org_id, func.count()).group_by(Wish.org_id))
        return {str(org): number for org, number in rows}


@pytest.mark.rule("P7")
async def test_erasing_the_owner_leaves_the_number_and_no_word(scene: Scene) -> None:
    done, waits = await reported(scene), await make_wish(scene, "想要一副球拍")
    before = await counts(scene.store)
    await erase(scene)
    assert await counts(scene.store) == before
    for ref in (done, waits):
        wish = await wish_of(scene.store, ref)
        assert (wish.owner_id, wish.text, wish.pool_text, wish.tried, wish.done) == (None,) * 5
        assert (wish.state, wish.holder_id) == (WishState.WITHDRAWN, None)


async def test_a_fulfilled_wish_still_counts_as_fulfilled_without_its_owner(scene: Scene) -> None:
    ref = await reported(scene)
    await do(scene.store, lambda unit: receive(unit, scene.youth, ref))
    await erase(scene)
    wish = await wish_of(scene.store, ref)
    assert (wish.state, wish.holder_id, wish.owner_id, wish.done) == (
        WishState.FULFILLED,
        scene.cadre.person_id,
        None,
        None,
    )


async def test_who_was_at_it_hears_the_same_as_of_any_withdrawal(scene: Scene) -> None:
    async def last_told() -> str:
        async with scene.store.read() as session:
            rows = await session.execute(
                select(OutboxMessage)
                .where(OutboxMessage.person_id == scene.cadre.person_id)
                .order_by(OutboxMessage.position.desc())
                .limit(1)
            )
            row = rows.scalar_one()
            return await scene.store.vault.read(session, f"outbox:{row.id}:payload", row.payload) or ""

    withdrawn = await reported(scene)
    await do(scene.store, lambda unit: withdraw_wish(unit, scene.youth, withdrawn))
    of_withdrawal = await last_told()
    erased = await reported(scene)
    await erase(scene)
    assert (await last_told()).replace(str(erased), "…") == of_withdrawal.replace(str(withdrawn), "…")


async def test_erasing_takes_every_question_about_the_wish_away(scene: Scene) -> None:
    await reported(scene)
    await erase(scene)
    async with scene.store.read() as session:
        left = await session.execute(select(Prompt.facts).where(Prompt.state.in_(("open", "queued"))))
        assert left.scalars().all() == []


async def test_nobody_elses_wish_is_touched(scene: Scene) -> None:
    other = await make_youth(scene.store, scene.org, "阿凯", "20004", cadre=scene.cadre)
    theirs = await make_wish(scene, "想有人陪我跑步", owner=other)
    await make_wish(scene)
    await erase(scene)
    wish = await wish_of(scene.store, theirs)
    assert (wish.owner_id, wish.state, wish.version) == (other.person_id, WishState.OPEN, 0)
    async with scene.store.read() as session:
        words = await scene.store.vault.read(session, f"wishes:{wish.id}:text", wish.text)
    assert words == "想有人陪我跑步"


async def test_a_cadre_who_is_a_youth_too_loses_the_own_wishes_only(scene: Scene) -> None:
    both = await make_person(
        scene.store, scene.org, "苏娜", number="10003", roles=(Role.CADRE,), age_band=None, is_youth=True
    )
    mine = await make_wish(scene, "想要一本书", owner=both)
    ref = await make_wish(scene)
    await put_into_pool(scene, ref)
    await do(scene.store, lambda unit: claim_wish(unit, both, ref))
    await erase(scene, both)
    assert (await wish_of(scene.store, mine)).owner_id is None
    held = await wish_of(scene.store, ref)
    assert (held.state, held.holder_id) == (WishState.CLAIMED, both.person_id)


async def test_after_an_erasure_the_audit_log_is_whole(scene: Scene) -> None:
    await reported(scene)
    await erase(scene)
    async with scene.store.read() as session:
        assert (await verify(session, scene.store.vault))[1] == []


# --- seen and exported -----------------------------------------------------------------------------------------------


async def test_wishes_are_counted_in_what_is_held_and_on_the_panel(scene: Scene) -> None:
    await reported(scene)
    async with scene.store.read() as session:
        vault = scene.store.vault
        assert (await data_held(session, vault, scene.youth.person_id or 0)).figures["wishes"] == 1
        assert (await data_held(session, vault, scene.cadre.person_id or 0)).figures["wishes"] == 0
        assert (await held_about(session, vault, "qq", "20001", now=scene.store.clock.now())).figures["wishes"] == 1


@pytest.mark.rule("P7")
async def test_an_export_holds_everything_written_in_and_about_a_wish(scene: Scene, clock: ManualClock) -> None:
    ref = await reported(scene)
    async with scene.store.read() as session:
        held = await export_person(session, scene.store.vault, scene.youth.person_id or 0, now=clock.now())
        other = await export_person(session, scene.store.vault, scene.cadre.person_id or 0, now=clock.now())
    [row] = held.sections["wishes"]
    assert (row["ref"], row["text"], row["done"], row["state"]) == (f"#W{ref}", WORDS, HOW, "cadre_helping")
    assert other.sections["wishes"] == []


async def test_changes_by_others_are_no_reads(scene: Scene) -> None:
    await reported(scene)
    async with scene.store.read() as session:
        assert await reads_of(session, scene.youth.person_id or 0) == ()


# --- expiry ----------------------------------------------------------------------------------------------------------


async def expire(scene: Scene, periods: RetentionPeriods | None = None) -> int:
    await do_due(scene.store, scene.store.clock.now(), "wish.lapse", rules=periods)
    async with scene.store.unit() as unit:
        rules = Installation.of_rules(Workdays(), *([periods] if periods else []))
        return await expire_kind(unit, "wishes", Look(unit.now, rules))


@pytest.mark.rule("P20")
@pytest.mark.parametrize("end", ["fulfilled", "declined", "withdrawn"])
async def test_a_year_after_closing_words_and_owner_are_gone(scene: Scene, clock: ManualClock, end: str) -> None:
    ref = await reported(scene)
    match end:
        case "fulfilled":
            await do(scene.store, lambda unit: receive(unit, scene.youth, ref))
        case "declined":
            await do(scene.store, lambda unit: decline_wish(unit, scene.cadre, ref, "停印了"))
        case _:
            await do(scene.store, lambda unit: withdraw_wish(unit, scene.youth, ref))
    clock.advance(timedelta(days=365))
    assert await expire(scene) == 0
    clock.advance(timedelta(minutes=1))
    assert await expire(scene) == 1
    wish = await wish_of(scene.store, ref)
    assert (wish.owner_id, wish.text, wish.done) == (None, None, None)
    assert wish.state in CLOSED
    assert await expire(scene) == 0


async def test_a_wish_that_still_waits_does_not_expire(scene: Scene, clock: ManualClock) -> None:
    ref = await make_wish(scene)
    clock.advance(timedelta(days=800))
    assert await expire(scene) == 0
    assert (await wish_of(scene.store, ref)).text is not None


async def end_contact(scene: Scene) -> None:
    async with scene.store.unit() as unit:
        (await unit.session.execute(select(Contact))).scalar_one().ended_at = unit.now


async def test_a_wish_whose_owner_nobody_has_been_in_contact_with_for_a_year_ends_with_its_words(
    scene: Scene, clock: ManualClock
) -> None:
    ref = await make_wish(scene)
    clock.advance(timedelta(days=400))
    await end_contact(scene)
    await do_due(scene.store, clock.now(), "wish", "pool")
    clock.advance(timedelta(days=364))
    await expire(scene)
    assert (await wish_of(scene.store, ref)).state == WishState.OPEN
    clock.advance(timedelta(days=2))
    await expire(scene)
    wish = await wish_of(scene.store, ref)
    assert (wish.state, wish.text) == (WishState.WITHDRAWN, None)


async def test_the_period_may_be_shortened_and_not_lengthened(scene: Scene, clock: ManualClock) -> None:
    with pytest.raises(RetentionTooLong):
        RetentionPeriods(wishes=timedelta(days=366))
    ref = await make_wish(scene)
    await do(scene.store, lambda unit: decline_wish(unit, scene.cadre, ref, "停印了"))
    clock.advance(timedelta(days=31))
    assert await expire(scene, RetentionPeriods(wishes=timedelta(days=30))) == 1


async def test_a_holder_who_is_gone_is_no_holder(scene: Scene, clock: ManualClock) -> None:
    """Somebody who left the roster is erased as a person: what they held waits for the tick that gives it back."""
    ref = await make_wish(scene)
    await put_into_pool(scene, ref)
    gone = await make_person(scene.store, scene.org, "苏娜", number="10003", roles=(Role.CADRE,))
    await do(scene.store, lambda unit: claim_wish(unit, gone, ref))
    async with scene.store.unit() as unit:
        for grant in (
            await unit.session.execute(select(RoleGrant).where(RoleGrant.person_id == gone.person_id))
        ).scalars():
            await unit.session.delete(grant)
    await erase(scene, gone)
    assert (await wish_of(scene.store, ref)).holder_id is None
    await do_due(scene.store, clock.now(), "wish", "pool")
    assert (await wish_of(scene.store, ref)).state == WishState.POOLED
