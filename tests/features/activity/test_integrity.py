"""诚信提示: each of the seven notes, its edges, whom it is shown to, and that nothing follows from it (P39)."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from bot.clock import SHANGHAI, ManualClock
from bot.core.acts.erase import erase_person
from bot.core.rules.five_ones import Confirmed, QuotaRule
from bot.core.rules.people import Actor, CadreKind, OrgLevel
from bot.core.rules.retention import RetentionPeriods
from bot.core.rules.windows import Window, months_window
from bot.features.activity.acts.confirm import took_part
from bot.features.activity.acts.correct import correct_activity, explain
from bot.features.activity.acts.end import end_activity
from bot.features.activity.acts.forget import expire_words
from bot.features.activity.reads.unexplained import count_unexplained, unexplained
from bot.features.activity.rules.activity import Field
from bot.features.activity.rules.integrity import CROWD, RUN, Held, Note, crowds_the_end, no_follow_up, same_youths
from bot.features.activity.tables import Activity
from bot.features.five_ones.reads.progress import done_in
from bot.store.chat import Chat
from bot.store.delivery import OutboxMessage
from bot.store.people import OrgUnit, RoleGrant
from bot.store.store import Store
from tests.activities_built import activity_of, make_activity
from tests.people_built import make_cadre, make_chat, make_org, make_youth
from tests.ticking import do_due

PAIR = months_window(date(2026, 11, 1), 2)
PLAIN = [
    "沿河边捡了两公里垃圾，来了9人",
    "二车间里讲女工夜校，6个人听",
    "礼堂放露天电影《浪潮》，30人到场",
    "图书馆给孩子们读绘本，4人帮忙",
    "球场三对三篮球，打了十五场，18人",
]


# --- rules -----------------------------------------------------------------------------------------------------------


def on(*days: int) -> list[date]:
    return [date(2026, 12, 1) + timedelta(days=day - 1) for day in days]


@pytest.mark.parametrize(
    "entered", [on(29, 30, 31), on(2, 10, 29, 30, 31, 31), on(31, 31, 31), [*on(30, 30), date(2027, 1, 4)]]
)
def test_three_entries_in_the_last_three_days_that_are_half_of_all_are_a_crowd(entered: Sequence[date]) -> None:
    assert crowds_the_end(entered, PAIR)


@pytest.mark.parametrize("entered", [[], on(30, 31), on(28, 29, 30), on(1, 2, 3, 4, 29, 30, 31)])
def test_fewer_or_earlier_or_the_lesser_part_are_none(entered: Sequence[date]) -> None:
    assert not crowds_the_end(entered, PAIR)


def row(*youths: set[int], goes_on: bool = False) -> list[Held]:
    return [Held(frozenset(one), goes_on) for one in youths]


@pytest.mark.parametrize("youths", [[{1}] * 4, [{1, 2}] * 5, [{1, 2}, {1}, {2}, {1, 2}], [{9}, {1}, {1}, {1}, {1}]])
def test_nobody_new_four_times_in_a_row_is_noted(youths: list[set[int]]) -> None:
    assert same_youths(row(*youths))


@pytest.mark.parametrize(
    "youths", [[{1}] * 3, [{1}, {1}, {1}, {1, 2}, {3}], [{1}, {1}, set(), {1}], [{1}, {2}, {1}, {2}]]
)
def test_one_new_youth_or_one_time_less_is_not(youths: list[set[int]]) -> None:
    assert not same_youths(row(*youths))


def test_nobody_met_again_and_no_word_of_what_follows_is_noted_and_either_is_enough_against_it() -> None:
    apart = [{1}, {2, 3}, {4}, {5}]
    assert no_follow_up(row(*apart))
    assert not no_follow_up(row({1}, {2, 3}, {4}, {2}))
    assert not no_follow_up([*row(*apart[:3]), *row({5}, goes_on=True)])
    assert not no_follow_up(row(*apart[:3]))
    assert not no_follow_up(row({1}, set(), {4}, {5}))


@given(st.lists(st.sets(st.integers(1, 6), max_size=4), max_size=8))
def test_always_the_same_and_never_again_exclude_each_other(youths: list[set[int]]) -> None:
    assert not (same_youths(row(*youths)) and no_follow_up(row(*youths)))


# --- what happens ----------------------------------------------------------------------------------------------------


class Scene:
    store: Store
    clock: ManualClock
    org: OrgUnit
    cadre: Actor
    chat: Chat
    youths: Sequence[Actor]

    async def held(self, words: str, *confirmers: int, days: int = 0) -> int:
        """One that took place just now and was entered ``days`` later; these youths say that they took part."""
        ref = await make_activity(self.store, self.cadre, self.chat, starts=timedelta(hours=1))
        self.clock.advance(timedelta(hours=4, days=days))
        async with self.store.unit() as unit:
            await end_activity(unit, self.cadre, ref, words)
        for youth in confirmers:
            async with self.store.unit() as unit:
                await took_part(unit, self.youths[youth], ref)
        return ref

    async def settled(self) -> None:
        self.clock.advance(timedelta(days=7, minutes=1))
        await do_due(self.store, self.clock.now(), "activity.settle")

    async def notes(self, ref: int) -> str:
        return (await activity_of(self.store, ref)).notes

    async def told(self, template: str) -> int:
        async with self.store.read() as session:
            rows = await session.execute(select(OutboxMessage).where(OutboxMessage.person_id == self.cadre.person_id))
            opened = [
                await self.store.vault.read(session, f"outbox:{one.id}:payload", one.payload) for one in rows.scalars()
            ]
        return sum(f'"t": "{template}"' in (one or "") for one in opened)


@pytest_asyncio.fixture
async def scene(any_store: Store, clock: ManualClock) -> Scene:
    found = Scene()
    found.store, found.clock, found.org = any_store, clock, await make_org(any_store)
    found.cadre = await make_cadre(any_store, found.org)
    found.chat = await make_chat(any_store, found.org, found.cadre)
    found.youths = [
        await make_youth(any_store, found.org, f"青年{n}", f"2000{n}", cadre=found.cadre, chat=found.chat)
        for n in range(5)
    ]
    return found


@pytest.mark.rule("P39")
async def test_the_fourth_time_with_the_same_youths_is_told_to_the_cadre_once_and_still_counts(scene: Scene) -> None:
    refs = [await scene.held(words, 0, 1) for words in PLAIN[:RUN]]
    assert [await scene.notes(ref) for ref in refs] == [""] * RUN
    await scene.settled()
    await scene.settled()
    assert [await scene.notes(ref) for ref in refs] == ["", "", "", Note.SAME_YOUTHS]
    assert await scene.told("activity/noted") == 1
    assert await scene.told("activity/not_counted") == 0
    async with scene.store.read() as session:
        window = QuotaRule(2).window(date(2026, 11, 25))
        done = await done_in(session, scene.cadre.person_id or 0, window, scene.clock.now())
    assert [one.confirmed for one in done] == [Confirmed.YES] * RUN


@pytest.mark.rule("P39")
async def test_four_in_a_row_without_any_follow_up_are_noted_and_a_word_of_what_follows_is_enough(scene: Scene) -> None:
    for at in range(RUN - 1):
        await scene.held(PLAIN[at], at)
    without = await scene.held(PLAIN[3], 3)
    follows = await scene.held(PLAIN[4] + "，约好下周去看新球场", 4)
    await scene.settled()
    assert (await scene.notes(without), await scene.notes(follows)) == (Note.NO_FOLLOW_UP, "")


async def test_who_is_erased_makes_no_note(scene: Scene) -> None:
    refs = [await scene.held(words, 0) for words in PLAIN[:RUN]]
    async with scene.store.unit() as unit:
        await erase_person(unit, scene.youths[0].person_id or 0, actor=scene.youths[0])
    await scene.settled()
    assert [await scene.notes(ref) for ref in refs] == [""] * RUN


@pytest.mark.rule("P39")
@pytest.mark.parametrize(("kind", "start"), [(CadreKind.FULL_TIME, "2026-12-29"), (CadreKind.PART_TIME, "2026-12-29")])
async def test_most_of_a_window_entered_in_its_last_days_is_noted_from_the_third_on(
    scene: Scene, kind: CadreKind, start: str
) -> None:
    async with scene.store.unit() as unit:
        await unit.swap(RoleGrant, RoleGrant.person_id == scene.cadre.person_id, cadre_kind=kind.value)
    begin = datetime.fromisoformat(f"{start}T08:00:00").replace(tzinfo=SHANGHAI)
    scene.clock.advance(begin - scene.clock.now())
    refs = [await scene.held(words, 0) for words in PLAIN[:CROWD]]
    assert [await scene.notes(ref) for ref in refs] == ["", "", Note.PERIOD_END]


async def test_the_end_of_a_pair_is_no_end_for_a_part_time_cadre(scene: Scene) -> None:
    async with scene.store.unit() as unit:
        kind = CadreKind.PART_TIME.value
        await unit.swap(RoleGrant, RoleGrant.person_id == scene.cadre.person_id, cadre_kind=kind)
    begin = datetime(2027, 2, 26, 8, tzinfo=SHANGHAI)
    scene.clock.advance(begin - scene.clock.now())
    refs = [await scene.held(words, 0) for words in PLAIN[:CROWD]]
    assert [await scene.notes(ref) for ref in refs] == [""] * CROWD


async def test_a_corrected_process_is_compared_again(scene: Scene) -> None:
    first, second = await scene.held(PLAIN[0], 0), await scene.held(PLAIN[1], 0)
    async with scene.store.unit() as unit:
        await correct_activity(unit, scene.cadre, second, Field.PROCESS, PLAIN[0] + "。", {})
    assert (await scene.notes(first), await scene.notes(second)) == ("", Note.ALIKE)
    async with scene.store.unit() as unit:
        await correct_activity(unit, scene.cadre, second, Field.PROCESS, PLAIN[1], {})
    assert await scene.notes(second) == ""


# --- what an organ sees ----------------------------------------------------------------------------------------------


@pytest.mark.rule("P39", "P13")
async def test_an_organ_sees_how_many_nobody_has_explained_of_its_own_and_below_and_of_no_other(scene: Scene) -> None:
    store = scene.store
    below = await make_org(store, "清溪街道团工委", OrgLevel.GRASSROOTS, scene.org)
    other = await make_org(store, "临山县团委")
    first = await scene.held(PLAIN[0], 0, days=8)
    await scene.held(PLAIN[0], 0, days=8)
    window = Window(date(2026, 10, 1), date(2026, 12, 31))

    async def counts(org: OrgUnit, within: Window = window) -> dict[Note, int]:
        async with store.read() as session:
            return await unexplained(session, [org.path], within)

    assert await counts(scene.org) == {Note.LATE: 2, Note.ALIKE: 1}
    assert await counts(below) == await counts(other) == {}
    assert await counts(scene.org, months_window(date(2026, 7, 1), 3)) == {}
    async with store.unit() as unit:
        await explain(unit, scene.cadre, first, "出差了，回来才补")
    assert await counts(scene.org) == {Note.LATE: 1, Note.ALIKE: 1}
    async with store.read() as session:
        assert await unexplained(session, [], window) == {}
        assert await count_unexplained(session, scene.org.path, window) == 2
        assert await count_unexplained(session, other.path, window) == 0


async def test_with_the_explanation_goes_what_it_explained(scene: Scene) -> None:
    ref = await scene.held(PLAIN[0], 0, days=8)
    scene.clock.advance(timedelta(days=400))
    async with scene.store.unit() as unit:
        await expire_words(unit, RetentionPeriods(), 100)
    assert await scene.notes(ref) == ""


@pytest.mark.rule("P39", "P31")
async def test_notes_change_nothing_of_what_counts(scene: Scene) -> None:
    ref = await scene.held(PLAIN[0], 0, days=8)
    async with scene.store.read() as session:
        found: Any = (await session.execute(select(Activity).where(Activity.ref == ref))).scalar_one()
        window = QuotaRule(2).window(found.starts_at.date())
        [item] = await done_in(session, scene.cadre.person_id or 0, window, scene.clock.now())
    assert (found.notes, item.confirmed) == (Note.LATE, Confirmed.YES)
