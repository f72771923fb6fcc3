"""Reading anonymous voices: only what is out, only for the organ that has it, and by nothing but the code (P23)."""

from datetime import date, timedelta

import pytest
import pytest_asyncio

from bot.clock import ManualClock
from bot.core.reads.audited import Seen
from bot.core.rules.people import Actor, Role
from bot.features.anonymous.acts.answer import AnonymousShown, view
from bot.features.anonymous.reads.anonymous import (
    by_code,
    counted,
    find_released,
    linked_youths,
    listed,
    may_see,
    picked_up,
    recipient_above,
    recipient_of,
)
from bot.features.anonymous.rules.anonymous import AnonymousRules, AnonymousState
from bot.features.anonymous.tables import AnonymousVoice, code_hash, new_voice_key, place_of
from bot.features.anonymous.todo import unanswered
from bot.features.voice.reads.categories import voice_categories
from bot.store.people import OrgUnit
from bot.store.store import Store
from tests.people_built import make_cadre, make_person
from tests.voices_built import County, make_county

WORDS, CODE = "食堂太贵了", "123456789012"
RULES, NOBODY = AnonymousRules(), 9_999


@pytest_asyncio.fixture
async def county(any_store: Store) -> County:
    return await make_county(any_store)


async def make_out(
    store: Store, org: OrgUnit, ref: int, *, state: str = "open", urgent: bool = False, days: int = 0, code: str = ""
) -> None:
    """A voice that lies with ``org``; ``waiting`` ones are not out."""
    async with store.unit() as unit:
        key, on = new_voice_key(), unit.now.date() - timedelta(days=days)
        out = state != "waiting"
        unit.session.add(
            AnonymousVoice(
                key=key,
                org_id=org.id,
                state=state,
                week=on,
                urgent=urgent,
                code_hash=code_hash(unit.vault, code) if code else None,
                text=await unit.seal(org.key_id, place_of(key, "text"), WORDS),
                ref=ref if out else None,
                released_on=on if out else None,
                held_since=on if out else None,
            )
        )


async def refs(store: Store, actor: Actor) -> list[int | None]:
    async with store.read() as session:
        rows = await session.scalars(await listed(session, actor, now=store.clock.now()))
        return [row.ref for row in rows]


async def test_only_the_admins_of_its_organ_see_it(any_store: Store, county: County) -> None:
    await make_out(any_store, county.org, 1_001)
    now, categories = any_store.clock.now(), voice_categories()
    former = await make_person(any_store, county.org, "周敏", number="30009")
    for actor in (county.city_admin, county.cadre, county.youth, former):
        assert await refs(any_store, actor) == []
        async with any_store.read() as session:
            for ref in (1_001, NOBODY):
                assert await find_released(session, actor, ref, now=now) is None
                assert await view(session, any_store.vault, actor, ref, categories, now=now) is None
            assert (await unanswered(session, any_store.vault, actor, now, 10)).count == 0
    async with any_store.read() as session:
        found = await view(session, any_store.vault, county.admin, 1_001, categories, now=now)
    assert isinstance(found, Seen)
    assert isinstance(found.say, AnonymousShown)
    assert (found.say.words, [entry.subject_id for entry in found.logged]) == (WORDS, [None])


async def test_an_urgent_one_is_seen_by_those_on_duty_too(any_store: Store, county: County) -> None:
    duty = await make_person(any_store, county.org, "何立", number="30003", roles=(Role.DUTY_OFFICER,))
    await make_out(any_store, county.org, 1_001)
    await make_out(any_store, county.org, 1_002, urgent=True)
    assert await refs(any_store, duty) == [1_002]
    assert await refs(any_store, county.admin) == [1_001, 1_002]
    async with any_store.read() as session:
        row = await find_released(session, duty, 1_002, now=any_store.clock.now())
        assert row is not None
        assert not await may_see(session, county.cadre, row, now=any_store.clock.now())


@pytest.mark.parametrize("state", ["waiting", "closed"])
async def test_what_waits_for_its_batch_or_is_over_is_in_no_list(
    any_store: Store, county: County, state: str, clock: ManualClock
) -> None:
    await make_out(any_store, county.org, 1_001, state=state)
    assert await refs(any_store, county.admin) == []
    async with any_store.read() as session:
        assert (await unanswered(session, any_store.vault, county.admin, clock.now(), 10)).count == 0


async def test_todo_gives_the_oldest_unanswered_and_the_count(
    any_store: Store, county: County, clock: ManualClock
) -> None:
    for number in range(4):
        await make_out(any_store, county.org, 1_000 + number, days=number)
    await make_out(any_store, county.org, 2_000, state=AnonymousState.ANSWERED.value, days=9)
    async with any_store.read() as session:
        found = await unanswered(session, any_store.vault, county.admin, clock.now(), 2)
    assert (found.count, [item.ref for item in found.oldest]) == (4, ["V1003", "V1002"])
    assert await refs(any_store, county.admin) == [2_000, 1_003, 1_002, 1_001, 1_000]


@pytest.mark.rule("P23")
async def test_only_its_code_opens_it(any_store: Store, county: County, clock: ManualClock) -> None:
    await make_out(any_store, county.org, 1_001, code=CODE)
    async with any_store.read() as session:
        for code in (CODE[::-1], "", "1001"):
            assert await by_code(session, any_store.vault, code) is None
            assert await picked_up(session, any_store.vault, code, RULES, now=clock.now(), numbers=True) is None
        found = await picked_up(session, any_store.vault, CODE, RULES, now=clock.now(), numbers=True)
    assert found is not None
    assert (found.state, found.answers, found.may_rate) == (AnonymousState.OPEN, (), False)


@pytest.mark.rule("P23")
async def test_few_are_not_counted(any_store: Store, county: County) -> None:
    await make_out(any_store, county.org, 1_001)
    async with any_store.read() as session:
        assert await counted(session, frozenset((county.org.id,)), date(2026, 1, 1), RULES) is None


async def test_what_a_small_organisation_says_goes_one_level_up(any_store: Store, county: County) -> None:
    now = any_store.clock.now()
    async with any_store.read() as session:
        assert await linked_youths(session, county.city.id) == 1
        to = await recipient_of(session, county.youth, RULES, now=now)
        assert to is not None
        assert to.org_id == county.city.id
        above = await recipient_above(session, county.org.id, now=now)
        assert above is not None
        assert above.org_id == county.city.id
        assert await recipient_above(session, county.city.id, now=now) is None


async def test_what_a_cadre_writes_goes_above_their_office(any_store: Store, county: County) -> None:
    other = await make_cadre(any_store, county.org, "周敏", "10002")
    async with any_store.read() as session:
        to = await recipient_of(session, other, RULES, now=any_store.clock.now())
    assert to is not None
    assert to.org_id == county.city.id
