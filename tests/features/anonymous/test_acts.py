"""Anonymous voices on both databases: to whom, in which batch, exactly once, whatever is killed in between (13.3)."""

import contextlib
from datetime import date, datetime, timedelta

import pytest
import pytest_asyncio
from sqlalchemy import select, text

from bot.clock import SHANGHAI, ManualClock
from bot.core.feature import Look
from bot.core.rules.people import STRANGER, OrgLevel, Role
from bot.core.rules.workdays import Workdays
from bot.features.anonymous.acts.keep import receive
from bot.features.anonymous.acts.pick_up import say_word
from bot.features.anonymous.acts.release import release_unit, settle_batch, units_to_release
from bot.features.anonymous.reads.anonymous import Recipient, by_code, counted, recipient_of
from bot.features.anonymous.rules.anonymous import AnonymousRules, AuthorsWord, CodeUnknown, read_pickup_code
from bot.features.anonymous.tables import AnonymousVoice, place_of
from bot.store.chat import RefNumber
from bot.store.delivery import AuditEntry, OutboxMessage
from bot.store.people import OrgUnit
from bot.store.store import Store
from tests.nameless import make_silent_youths
from tests.people_built import make_cadre, make_org, make_person, make_youth
from tests.ticking import do_due

RULES, WORKDAYS = AnonymousRules(), Workdays()
MONDAY, THURSDAY = datetime(2026, 11, 23, 18, tzinfo=SHANGHAI), datetime(2026, 11, 26, 18, tzinfo=SHANGHAI)


class Place:
    """An organ and its city, without any chat."""

    def __init__(self, store: Store, city: OrgUnit, county: OrgUnit) -> None:
        self.store, self.city, self.county = store, city, county
        self.clock = store.clock
        assert isinstance(self.clock, ManualClock)

    def to(self, org: OrgUnit | None = None) -> Recipient:
        org = org or self.county
        return Recipient(org.id, org.name, org.key_id)

    async def write(self, words: str = "食堂太贵了", org: OrgUnit | None = None, *, urgent: bool = False) -> str:
        async with self.store.unit() as unit:
            taken = await receive(unit, self.to(org), words, RULES, urgent=urgent)
        found = read_pickup_code(taken.code.code)
        assert found is not None
        return found[0]

    async def say(self, code: str, word: AuthorsWord) -> None:
        async with self.store.unit() as unit:
            await say_word(unit, code, word, RULES)

    def at(self, moment: datetime) -> datetime:
        assert isinstance(self.clock, ManualClock)
        self.clock.advance(moment - self.clock.now())
        return moment

    async def tick(self, moment: datetime) -> int:
        await do_due(self.store, self.at(moment), "anonymous.settle")
        return await do_due(self.store, moment, "anonymous.release", "anonymous.remind")

    async def states(self) -> list[str]:
        async with self.store.read() as session:
            return sorted((await session.execute(select(AnonymousVoice.state))).scalars())

    async def words(self) -> dict[int, str]:
        """What can be read of those that are out, by reference."""
        async with self.store.read() as session:
            rows = (await session.execute(select(AnonymousVoice).where(AnonymousVoice.ref.is_not(None)))).scalars()
            return {
                row.ref: await self.store.vault.read(session, place_of(row.key, "text"), row.text) or ""
                for row in rows
                if row.ref is not None
            }

    async def batch(self, moment: datetime) -> int:
        await self.tick(moment - RULES.closing)
        return await self.tick(moment)


@pytest_asyncio.fixture
async def place(any_store: Store) -> Place:
    city = await make_org(any_store, "云川市团委", OrgLevel.CITY)
    county = await make_org(any_store, "清河县团委", parent=city)
    await make_person(any_store, county, "何立", number="30002", roles=(Role.ORGAN_ADMIN,))
    await make_person(any_store, city, "吴建平", number="30003", roles=(Role.ORGAN_ADMIN,))
    return Place(any_store, city, county)


async def rows(store: Store, table, *where) -> int:
    async with store.read() as session:
        return len((await session.execute(select(table).where(*where))).scalars().all())


# --- whom it goes to -------------------------------------------------------------------------------------------------


async def goes_to(place: Place, actor) -> str | None:
    async with place.store.read() as session:
        to = await recipient_of(session, actor, RULES, now=place.clock.now())
        return to.name if to is not None else None


async def test_a_unit_with_nine_linked_youths_is_shown_one_level_up_only_and_one_with_ten_itself(place) -> None:
    youth = await make_youth(place.store, place.county, "小赵", "20001")
    await make_silent_youths(place.store, place.county, 8)
    assert await goes_to(place, youth) == "云川市团委"
    await make_silent_youths(place.store, place.county, 1)
    assert await goes_to(place, youth) == "清河县团委"


async def test_of_a_branch_without_an_admin_the_nearest_organ_above_reads(place) -> None:
    branch = await make_org(place.store, "机电2301团支部", OrgLevel.BRANCH, parent=place.county)
    youth = await make_youth(place.store, branch, "小赵", "20001")
    await make_silent_youths(place.store, branch, 30)
    assert await goes_to(place, youth) == "清河县团委"


async def test_a_cadres_goes_to_the_level_above_and_a_strangers_to_the_highest_organ(place) -> None:
    cadre = await make_cadre(place.store, place.county)
    assert await goes_to(place, cadre) == "云川市团委"
    admin = await make_person(place.store, place.county, "苏娜", number="30009", roles=(Role.ORGAN_ADMIN,))
    assert await goes_to(place, admin) == "云川市团委"
    assert await goes_to(place, STRANGER) == "云川市团委"


async def test_where_nobody_is_admin_there_is_nobody(any_store: Store) -> None:
    org = await make_org(any_store)
    lonely = Place(any_store, org, org)
    assert await goes_to(lonely, STRANGER) is None
    assert await goes_to(lonely, await make_youth(any_store, org, "小赵", "20001")) is None


# --- batches ---------------------------------------------------------------------------------------------------------


async def test_two_wait_and_the_third_brings_all_out_with_a_reference_and_an_audit_row_each(place) -> None:
    await place.write()
    await place.write()
    assert await place.batch(THURSDAY) == 0
    assert await place.states() == ["waiting", "waiting"]
    assert await rows(place.store, AuditEntry) == await rows(place.store, RefNumber) == 0
    await place.write()
    assert await place.batch(MONDAY + timedelta(days=7)) == 3
    assert await place.states() == ["open"] * 3
    assert await rows(place.store, AuditEntry, AuditEntry.action == "anonymous.released") == 3
    assert len(await place.words()) == await rows(place.store, RefNumber) == 3


async def test_units_do_not_make_up_each_others_number(place) -> None:
    await place.write()
    await place.write()
    await place.write(org=place.city)
    assert await place.batch(THURSDAY) == 0


async def test_what_arrives_in_the_last_hour_waits_for_the_next_batch(place) -> None:
    for _ in range(3):
        await place.write("写在截止之前")
    await place.tick(THURSDAY - timedelta(minutes=60))
    await place.write("写在截止之后")
    assert await place.tick(THURSDAY - timedelta(seconds=1)) == 0
    assert await place.tick(THURSDAY) == 3
    assert set((await place.words()).values()) == {"写在截止之前"}
    assert await place.tick(THURSDAY + timedelta(minutes=1)) == 0


async def test_two_that_waited_fourteen_days_and_their_week_come_out_and_a_fresh_one_stays(place) -> None:
    await place.write("很久以前")
    for days in (0, 4, 7, 11):
        assert await place.batch(THURSDAY + timedelta(days=days)) == 0
    await place.write("刚刚")
    assert await place.batch(MONDAY + timedelta(days=21)) == 1
    assert list((await place.words()).values()) == ["很久以前"]


async def test_a_batch_that_was_missed_waits_for_the_next_one(place) -> None:
    for _ in range(3):
        await place.write()
    assert await place.tick(THURSDAY + timedelta(hours=2)) == 0
    assert await place.batch(MONDAY + timedelta(days=7)) == 3


async def test_a_batch_that_is_settled_late_comes_out_an_hour_later_and_not_with_what_was_written_meanwhile(
    place,
) -> None:
    for _ in range(3):
        await place.write("早就写了")
    late = THURSDAY + timedelta(minutes=70)
    assert await place.tick(late) == 0
    await place.write("刚刚")
    assert await place.tick(late + timedelta(minutes=59)) == 0
    assert await place.tick(late + timedelta(minutes=60)) == 3
    assert set((await place.words()).values()) == {"早就写了"}


async def test_whoever_deletes_after_the_settling_does_not_leave_two_to_come_out(place) -> None:
    codes = [await place.write() for _ in range(3)]
    await place.tick(THURSDAY - RULES.closing)
    await place.say(codes[0], AuthorsWord.ERASED)
    assert await place.tick(THURSDAY) == 0
    assert await place.states() == ["waiting", "waiting"]
    await place.write()
    assert await place.batch(MONDAY + timedelta(days=7)) == 3


async def test_the_days_kept_of_one_that_is_out_are_those_of_its_batch(place) -> None:
    for _ in range(3):
        await place.write()
    await place.batch(MONDAY + timedelta(days=7))
    async with place.store.read() as session:
        for row in (await session.execute(select(AnonymousVoice))).scalars():
            assert (row.week, row.released_on, row.held_since) == (date(2026, 11, 30),) * 3


async def test_the_organ_is_told_once_and_on_a_rest_day_the_next_workday_morning(place) -> None:
    for _ in range(3):
        await place.write()
    sunday = datetime(2027, 1, 31, 18, tzinfo=SHANGHAI)
    rules = AnonymousRules(batch_days=(6,))
    await do_due(place.store, place.at(sunday - RULES.closing), "anonymous", rules=rules)
    await do_due(place.store, place.at(sunday), "anonymous", rules=rules)
    await do_due(place.store, place.at(sunday + timedelta(minutes=1)), "anonymous", rules=rules)
    async with place.store.read() as session:
        (notice,) = (await session.execute(select(OutboxMessage))).scalars()
    assert notice.not_before == datetime(2027, 2, 1, 9, tzinfo=SHANGHAI)


async def test_the_running_bot_brings_them_out_by_the_organs_own_rules(place) -> None:
    for _ in range(3):
        await place.write()
    monday = MONDAY + timedelta(days=7)
    for rules, batch, out in ((AnonymousRules(smallest_batch=4), THURSDAY, 0), (RULES, monday, 3)):
        await do_due(place.store, place.at(batch - RULES.closing), "anonymous", rules=rules)
        assert await do_due(place.store, place.at(batch), "anonymous", rules=rules) == out


# --- exactly once ----------------------------------------------------------------------------------------------------


async def test_killed_at_every_step_of_a_batch_each_comes_out_once(place, monkeypatch) -> None:
    """Every statement that may be the last one before the process dies; the next tick goes on from there."""
    other = await make_org(place.store, "甘棠县团委", parent=place.city)
    await make_person(place.store, other, "小周", number="30010", roles=(Role.ORGAN_ADMIN,))
    for org in (place.county, other):
        for n in range(3):
            await place.write(f"{org.name}{n}", org)
    for moment in (THURSDAY - RULES.closing, THURSDAY):
        for statements in range(200):
            if await _dying_after(place, monkeypatch, statements, moment) <= statements:
                break  # it came to its end
        else:
            pytest.fail("it never came to an end")
    assert statements > 15
    await place.tick(THURSDAY + timedelta(minutes=1))
    expected = sorted(f"{org.name}{n}" for org in (place.county, other) for n in range(3))
    assert sorted((await place.words()).values()) == expected
    assert await rows(place.store, AuditEntry, AuditEntry.action == "anonymous.released") == 6
    assert await rows(place.store, RefNumber, RefNumber.letter == "V") == 6
    assert await rows(place.store, OutboxMessage) == 2


class Died(Exception):
    """The process was killed here."""


async def _dying_after(place: Place, monkeypatch: pytest.MonkeyPatch, statements: int, moment: datetime) -> int:
    """One tick in which the process dies after so many statements of its units; how many there were."""
    from sqlalchemy.ext.asyncio import AsyncSession

    done = 0
    original = AsyncSession.execute

    async def execute(self, *args, **kwargs):
        nonlocal done
        if self.bind is place.store.engines.writer:
            done += 1
            if done > statements:
                raise Died
        return await original(self, *args, **kwargs)

    with monkeypatch.context() as patch:
        patch.setattr(AsyncSession, "execute", execute)
        with contextlib.suppress(Died):
            await place.tick(moment)
    return done


async def test_two_ticks_at_once_bring_nothing_out_twice(place) -> None:
    for _ in range(5):
        await place.write()
    await place.tick(THURSDAY - RULES.closing)
    place.at(THURSDAY)
    async with place.store.read() as session:
        units = await units_to_release(session, Look(THURSDAY))
    released = []
    for _ in range(2):
        for org_id in units:
            async with place.store.unit(now=THURSDAY) as unit:
                released.append(await release_unit(unit, org_id, Look(THURSDAY)))
    assert released == [5, 0]


async def test_a_batch_is_settled_once(place) -> None:
    for _ in range(3):
        await place.write()
    near = place.at(THURSDAY - timedelta(minutes=30))
    for expected in (3, 0):
        async with place.store.unit(now=near) as unit:
            assert await settle_batch(unit, THURSDAY, Look(near)) == expected


async def test_writers_at_the_same_moment_lose_nothing(place) -> None:
    """On PostgreSQL two units run side by side, and each writes all that wait anew."""
    import asyncio

    codes = await asyncio.gather(*(place.write(f"第 {n} 条") for n in range(12)))
    assert await place.states() == ["waiting"] * 12
    async with place.store.read() as session:
        for n, code in enumerate(codes):
            row = await by_code(session, place.store.vault, code)
            assert row is not None
            assert await place.store.vault.read(session, place_of(row.key, "text"), row.text) == f"第 {n} 条"


# --- words -----------------------------------------------------------------------------------------------------------


async def test_a_code_of_another_installation_or_a_deleted_one_is_unknown(place) -> None:
    code = await place.write()
    await place.say(code, AuthorsWord.ERASED)
    for wrong in (code, "0" * 16):
        with pytest.raises(CodeUnknown):
            await place.say(wrong, AuthorsWord.HELPFUL)


HOSTILE = (
    "a\u0301" * 500,
    "\u202e倒过来的字\u202c",
    "'; DROP TABLE anonymous_voices; --",
    "{{ 7 * 7 }}{% for x in y %}",
    "<script>alert(1)</script>",
    '=HYPERLINK("x")',
    "[CQ:at,qq=all]大家看",
    "../../../etc/passwd",
    "👨‍👩‍👧‍👦🇨🇳" * 50,
    "字" * 2000,
)


async def test_hostile_strings_come_out_as_they_were_written(place) -> None:
    for words in HOSTILE:
        await place.write(words)
    assert await place.batch(THURSDAY) == len(HOSTILE)
    assert sorted((await place.words()).values()) == sorted(HOSTILE)


# --- counts ----------------------------------------------------------------------------------------------------------


async def test_counts_change_with_a_batch_only_are_rounded_and_of_four_not_told(place) -> None:
    async def told() -> int | None:
        async with place.store.read() as session:
            return await counted(session, frozenset((place.county.id,)), date(2026, 1, 1), RULES)

    for _ in range(4):
        await place.write()
    assert await told() is None
    await place.batch(THURSDAY)
    assert await told() is None
    for _ in range(4):
        await place.write()
        assert await told() is None
    await place.batch(MONDAY + timedelta(days=7))
    assert await told() == 10  # eight
    async with place.store.read() as session:
        assert await counted(session, frozenset((place.city.id,)), date(2026, 1, 1), RULES) is None


async def test_the_table_takes_no_row_without_a_random_key(place) -> None:
    """UUIDv4, not one that carries a time: version and variant say so."""
    from uuid import UUID

    for _ in range(4):
        await place.write()
    async with place.store.read() as session:
        keys = (await session.execute(select(AnonymousVoice.key))).scalars().all()
    assert {(UUID(bytes=key).version, UUID(bytes=key).variant) for key in keys} == {(4, "specified in RFC 4122")}
    if place.store.engines.is_sqlite:
        async with place.store.read() as session:
            sql = await session.scalar(text("SELECT sql FROM sqlite_master WHERE name = 'anonymous_voices'"))
        assert "WITHOUT ROWID" in str(sql)


async def test_an_urgent_one_of_the_same_unit_does_not_bring_the_others_out(place) -> None:
    await place.write("等着的")
    await place.write("等着的")
    await place.write("紧急的", urgent=True)
    assert list((await place.words()).values()) == ["紧急的"]
    assert await place.batch(THURSDAY) == 0
