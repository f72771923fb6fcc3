"""待答问题: what a question's row keeps comes back as it was; what this version cannot read ends with a word."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta
from typing import Any, get_args, get_type_hints

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from bot.chat.replies import NothingAsked
from bot.core.acts.let_go import let_account_go
from bot.core.acts.prompt import ask_person
from bot.core.feature import questions
from bot.core.question import Ask, Asks, Question, ends
from bot.core.rules.people import Actor
from bot.core.tables import ConsentRefusal
from bot.features.rights.reads.held import NothingHeld
from bot.store.delivery import Prompt
from bot.store.people import Account
from bot.store.store import Store
from tests.harness import Talkers
from tests.people_built import make_cadre, make_org, make_youth
from tests.said import Said
from tests.ticking import do_due

YOUTH = "20001"
DAY = timedelta(days=1)
PLAIN = {str, int, bool, datetime, date, type(None), Ellipsis, tuple}
OUTDATED = Said("common/question_outdated")


@dataclass(frozen=True, slots=True)
class Data:
    """What the answer needs today; ``note`` came later."""

    ref: int
    note: str = ""


@dataclass(frozen=True, slots=True)
class Before:
    """What it needed once."""

    number: str


@dataclass(frozen=True, slots=True)
class Older:
    """What a question of consent might have kept before: its scope is still called so."""

    scope: str
    group: str


NOW_ASKED = Question("t.asked", Asks.YOUTH, Data, silence=ends)
ONCE_ASKED = Question("wish.received", Asks.YOUTH, Before, silence=ends)
"""As an older version declared a kind that is still there."""
GIVEN_UP = Question("t.given_up", Asks.YOUTH, Before, silence=ends)
"""A kind that no feature declares any more."""
OLD = pytest.mark.parametrize("old", [ONCE_ASKED, GIVEN_UP], ids=["changed", "given-up"])


def stored(question: Question[Any], data: Any) -> dict[str, Any]:
    return json.loads(json.dumps(question.pack(data)))


def data_classes() -> dict[str, Question[Any]]:
    """Every data class once, with a question that has it."""
    return {f"{one.data.__module__}.{one.data.__name__}": one for one in questions().values()}


def strategy(kind: Any) -> st.SearchStrategy[Any]:
    return st.datetimes(timezones=st.just(UTC)) if kind is datetime else st.from_type(kind)


def made_of(hint: Any) -> set[Any]:
    parts = get_args(hint)
    return set().union(*(made_of(part) for part in parts)) if parts else {hint}


# --- data ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("question", data_classes().values(), ids=data_classes())
def test_data_are_frozen_and_have_plain_fields(question: Question[Any]) -> None:
    assert question.data.__dataclass_params__.frozen
    assert {part for hint in get_type_hints(question.data).values() for part in made_of(hint)} <= PLAIN


@pytest.mark.parametrize("question", data_classes().values(), ids=data_classes())
@given(draw=st.data())
def test_data_come_back_as_they_were(question: Question[Any], draw: st.DataObject) -> None:
    hints = get_type_hints(question.data)
    data = question.data(**{f.name: draw.draw(strategy(hints[f.name])) for f in fields(question.data)})
    assert question.unpack(stored(question, data)) == data


def test_a_row_without_data_is_read_where_none_are_needed() -> None:
    question = questions()["rights.erase"]
    assert question.unpack({}) == question.data()


def test_a_field_that_came_later_has_its_default() -> None:
    assert NOW_ASKED.unpack({"v": 1, "data": {"ref": 7}}) == Data(7)


@pytest.mark.parametrize("told", [{}, {"note": "a"}, {"ref": 7, "more": 1}, {"number": "7"}])
def test_other_fields_cannot_be_read(told: dict[str, Any]) -> None:
    assert NOW_ASKED.unpack({"v": 1, "data": told}) is None


def test_an_older_version_goes_through_upgrade() -> None:
    def upgrade(version: int, told: Mapping[str, Any]) -> Mapping[str, Any] | None:
        return {"ref": int(told["number"])} if version == 1 else None

    question = Question("t.asked", Asks.YOUTH, Data, version=3, upgrade=upgrade, silence=ends)
    assert question.unpack(stored(ONCE_ASKED, Before("7"))) == Data(7)
    assert question.unpack({"v": 2, "data": {"number": "7"}}) is None


def test_another_version_without_upgrade_cannot_be_read() -> None:
    question = Question("t.asked", Asks.YOUTH, Data, version=2, silence=ends)
    assert question.unpack(stored(NOW_ASKED, Data(7))) is None
    assert NOW_ASKED.unpack(stored(question, Data(7))) is None


# --- through the bot -------------------------------------------------------------------------------------------------


@pytest_asyncio.fixture
async def youth(any_store: Store) -> Actor:
    org = await make_org(any_store)
    return await make_youth(any_store, org, "小赵", YOUTH, cadre=await make_cadre(any_store, org))


@pytest_asyncio.fixture
async def talk(any_store: Store) -> Talkers:
    return await Talkers.open(any_store)


async def put(store: Store, youth: Actor, old: Question[Any]) -> None:
    """A question of an older version, and one that waits behind it."""
    async with store.unit() as unit:
        await ask_person(
            unit, youth.person_id or 0, Ask(old, ("1", "2"), NothingHeld(), Before("7"), life=DAY), kind="reply"
        )
        behind = Ask(questions()["voice.rating"], ("helpful",), NothingAsked(), life=9 * DAY)
        await ask_person(unit, youth.person_id or 0, behind)


async def states(store: Store) -> dict[str, str]:
    async with store.read() as session:
        rows = (await session.execute(select(Prompt.kind, Prompt.state))).all()
    return {row.kind: row.state for row in rows}


@OLD
async def test_what_an_older_version_asked_ends_with_a_word_when_it_is_answered(
    talk: Talkers, youth: Actor, old: Question[Any]
) -> None:
    await put(talk.store, youth, old)
    await talk.sender.pump()
    said = await talk.says(YOUTH, "1")
    assert said[0] == OUTDATED
    assert await states(talk.store) == {old.kind: "cancelled", "voice.rating": "open"}
    assert said[1:] == [Said(NothingAsked.template)]


@OLD
async def test_what_an_older_version_asked_ends_with_a_word_when_its_time_is_up(
    talk: Talkers, youth: Actor, old: Question[Any]
) -> None:
    await put(talk.store, youth, old)
    await talk.sender.pump()
    before = len(talk.shown(YOUTH))
    talk.advance(DAY)
    assert await do_due(talk.store, talk.clock.now(), "core.questions") == 1
    assert await states(talk.store) == {old.kind: "expired", "voice.rating": "open"}
    await talk.sender.pump()
    assert OUTDATED in talk.shown(YOUTH)[before:]


# --- what silence means for what nobody can read ----------------------------------------------------------------------


OLDER = Question("consent.scope", Asks.YOUTH, Older, version=99, silence=ends)
NAMELESS = Question("consent.scope", Asks.YOUTH, Before, version=99, silence=ends)


async def refusals(store: Store) -> int:
    """Who does not answer a question of consent is not asked again for 90 days: silence is a row."""
    async with store.read() as session:
        return len((await session.execute(select(ConsentRefusal.id))).all())


async def put_older(store: Store, youth: Actor, old: Question[Any], data: Any) -> None:
    async with store.unit() as unit:
        await ask_person(
            unit, youth.person_id or 0, Ask(old, ("yes", "no"), NothingHeld(), data, life=DAY), kind="reply"
        )


async def time_is_up(talk: Talkers, _youth: Actor) -> None:
    talk.advance(DAY)
    assert await do_due(talk.store, talk.clock.now(), "core.questions") == 1


async def is_answered(talk: Talkers, _youth: Actor) -> None:
    assert (await talk.says(YOUTH, "1"))[0] == OUTDATED


async def account_goes(talk: Talkers, youth: Actor) -> None:
    async with talk.store.unit() as unit:
        await let_account_go(unit, await unit.session.get_one(Account, youth.account_id))


@pytest.mark.parametrize("ends_by", [time_is_up, is_answered, account_goes])
@pytest.mark.parametrize(("old", "data", "rows"), [(OLDER, Older("talk_notes", "7"), 1), (NAMELESS, Before("7"), 0)])
async def test_silence_means_the_same_for_what_an_older_version_asked(
    talk: Talkers, youth: Actor, ends_by: Any, old: Question[Any], data: Any, rows: int
) -> None:
    """As far as its data tell what it was about; if they do not, it is over without harm."""
    await put_older(talk.store, youth, old, data)
    await talk.sender.pump()
    await ends_by(talk, youth)
    assert await refusals(talk.store) == rows
    async with talk.store.read() as session:
        assert (await session.execute(select(Prompt.id).where(Prompt.state.in_(("open", "queued"))))).all() == []


@pytest.mark.parametrize("kind", sorted(questions()))
def test_what_remains_of_data_can_be_read_whatever_they_were(kind: str) -> None:
    question = questions()[kind]
    assert question.remains({}) == question.remains({"v": 1, "data": {"was": "once"}})
