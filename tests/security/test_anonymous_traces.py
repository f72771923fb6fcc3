"""13.3, the second adversary: a copy of the database without its keys orders and times no arrival within its week.

Every table is read before and after; what a voice leaves is what any command leaves. Below the tables too: the order of
rows in SQLite's pages, the numbers of writing transactions on PostgreSQL, and what is left in the log of writes.
"""

import secrets
import sqlite3
from contextlib import closing
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import insert, select, text

from bot.chat.text import consent_texts
from bot.core.acts.consent import ask_scope
from bot.core.rules.consent import ConsentScope
from bot.features.anonymous.acts.keep import receive
from bot.features.anonymous.reads.anonymous import Recipient
from bot.features.anonymous.rules.anonymous import AnonymousRules, week_of
from bot.features.anonymous.tables import AnonymousVoice
from bot.store.base import Base
from bot.store.delivery import OutboxMessage
from bot.store.dialect import core
from bot.store.store import Store
from tests.nameless import CADRE, WORDS, YOUTHS, ZHAO, Nameless
from tests.people_built import make_org
from tests.said import Said
from tests.ticking import do_due

ALWAYS = {"event_keys"}
"""What every command leaves: that some command ran on that day."""
FOR_ALL = {"latest_times"}
"""In which two minutes anything was written last: the sender looks for lost leases every half minute, so it goes on by
itself as long as the bot runs."""
Rows = dict[str, list[dict[str, Any]]]


@pytest_asyncio.fixture
async def scene(any_store: Store) -> Nameless:
    return await Nameless.build(any_store)


async def dump(store: Store) -> Rows:
    """Everything in every table."""
    async with store.read() as session:
        found: Rows = {}
        for table in Base.metadata.sorted_tables:
            rows = (await session.execute(select(table))).mappings()
            found[table.name] = sorted((dict(row) for row in rows), key=repr)
    return {name: rows for name, rows in found.items() if name not in FOR_ALL}


def added(before: Rows, after: Rows) -> Rows:
    """What was not there before, or not so; nothing may have gone."""
    new = {name: [row for row in rows if row not in before[name]] for name, rows in after.items()}
    return {name: rows for name, rows in new.items() if rows}


# --- which rows ------------------------------------------------------------------------------------------------------


@pytest.mark.rule("P23")
@pytest.mark.parametrize("who", [ZHAO, "66666"])
@pytest.mark.parametrize("bare", [False, True])
async def test_from_the_first_word_to_the_code_nothing_is_left_beside_the_voice_but_that_commands_ran(
    scene, bare, who
) -> None:
    await scene.writes(YOUTHS[1])  # something waits already
    spoken = ["匿名", WORDS, "2", WORDS, "1"] if bare else [f"匿名 {WORDS}", "1"]
    kept = await dump(scene.store)
    for number, words in enumerate(spoken):
        before = await dump(scene.store)
        scene.talk.advance(timedelta(minutes=3))
        await scene.says(who, words)
        voice = ["anonymous_voices"] if number == len(spoken) - 1 else []
        assert set(added(before, await dump(scene.store))) == {*ALWAYS, *voice}
    found = added(kept, await dump(scene.store))
    assert (len(found["event_keys"]), len(found["anonymous_voices"])) == (len(spoken), 1)


async def test_a_receipt_that_is_on_its_way_leads_to_nobody_and_to_no_moment_of_the_day(scene) -> None:
    await scene.says(ZHAO, f"匿名 {WORDS}")
    scene.talk.sender.disconnected("qq", "30003")
    others = {row["conv"] for row in (await dump(scene.store))["outbox"]}
    await scene.says(ZHAO, "1")
    (row,) = [row for row in (await dump(scene.store))["outbox"] if row["state"] == "ready"]
    assert row["person_id"] is None
    assert row["conv"] not in others
    assert {row[column].strftime("%H%M%S%f") for column in ("created_at", "not_before", "expires_at")} == {"0" * 12}


async def test_of_a_draft_that_could_not_be_sent_nothing_is_left_either(scene) -> None:
    before = await dump(scene.store)
    for words in ("匿名 喂", "匿名 【机密】会议纪要说要裁人", "匿名", "【机密】会议纪要说要裁人", "3"):
        await scene.says(ZHAO, words)
    assert set(added(before, await dump(scene.store))) <= ALWAYS


async def test_looking_and_rating_with_a_code_leaves_no_row_of_any_account(scene) -> None:
    code = await scene.writes(ZHAO)
    for who in YOUTHS[1:4]:
        await scene.writes(who)
    await scene.batch()
    for ref in await scene.refs():
        await scene.says("30002", f"回复 V{ref} 已经问了后勤")
    before = await dump(scene.store)
    for words in (f"取件 {code}", "1", f"取件 {code} 没解决"):
        scene.talk.advance(timedelta(minutes=3))
        await scene.says(ZHAO, words)
    assert set(added(before, await dump(scene.store))) == {"anonymous_voices"}


async def test_at_the_release_nothing_is_the_same_by_which_a_waiting_voice_could_be_known_again(scene) -> None:
    codes = [await scene.writes(who, WORDS + "很" * 300 * n) for n, who in enumerate(YOUTHS[:4])]
    waiting = (await dump(scene.store))["anonymous_voices"]
    await scene.batch()
    out = (await dump(scene.store))["anonymous_voices"]
    for column in ("key", "code_hash", "text"):
        assert {row[column] for row in waiting}.isdisjoint(row[column] for row in out), column
    assert len({len(row["text"]) for row in [*waiting, *out]}) == 1
    assert [(await scene.says(YOUTHS[5], f"取件 {code}"))[0] for code in codes] == [Said("anonymous/picked_up")] * 4


@pytest.mark.rule("P23")
async def test_no_column_of_the_voice_holds_a_person_an_account_an_event_or_a_time_within_the_week(scene) -> None:
    before = await dump(scene.store)
    await scene.says(ZHAO, f"匿名 {WORDS}")
    await scene.says(ZHAO, "1")
    after = await dump(scene.store)
    (row,) = after["anonymous_voices"]
    assert row["week"] == week_of(scene.talk.clock.now().date()) == date(2026, 11, 23)
    told = {name: value for name, value in row.items() if value is not None}
    assert set(told) == {
        *("key", "org_id", "state", "week", "code_hash", "urgent", "text", "cut", "reminded", "raised", "reopened")
    }
    elsewhere = {
        value
        for name, rows in after.items()
        if name not in ("anonymous_voices", "org_units")
        for other in rows
        for value in other.values()
        if isinstance(value, bytes | int) and not isinstance(value, bool) and (isinstance(value, bytes) or value > 9)
    }
    shared = {name for name, value in told.items() if value in elsewhere}
    assert shared - {"org_id"} == set()  # the organ's id is on people and chats of that organ
    keys = {row["id"]: row["owner"] for row in before["data_keys"]}
    assert keys[int.from_bytes(row["text"][1:9], "big")].startswith("org:")


async def test_nothing_is_audited_and_no_reference_is_drawn_before_the_batch(scene) -> None:
    tables = ("audit_entries", "audit_heads", "ref_numbers", "prompts", "crises", "receipts", "settings")
    before = await dump(scene.store)
    for who in YOUTHS[:3]:
        await scene.writes(who)
    after = await dump(scene.store)
    assert [name for name in tables if before[name] != after[name]] == []


@pytest.mark.rule("P23")
async def test_the_code_is_in_no_row_and_no_file(scene, tmp_path) -> None:
    code = await scene.writes(ZHAO)
    needles = [form.encode() for form in (code, code.replace("-", ""), code.lower())]
    for rows in (await dump(scene.store)).values():
        for row in rows:
            for value in row.values():
                data = value if isinstance(value, bytes) else str(value).encode()
                assert not any(needle in data for needle in needles)
    for path in tmp_path.rglob("*"):
        if path.is_file():
            assert not any(needle in path.read_bytes() for needle in [*needles, WORDS.encode()])


async def test_of_a_draft_that_was_dropped_or_ran_out_nothing_is_left_at_all(scene) -> None:
    before = await dump(scene.store)
    await scene.says(ZHAO, f"匿名 {WORDS}")
    await scene.says(ZHAO, "3")
    await scene.says(ZHAO, "匿名")
    scene.talk.advance(timedelta(minutes=31))
    await do_due(scene.store, scene.talk.clock.now(), "core.questions")
    assert set(added(before, await dump(scene.store))) == ALWAYS


async def test_a_question_that_had_to_make_way_is_put_again_from_memory(scene) -> None:
    async with scene.store.unit() as unit:
        await ask_scope(unit, scene.people[ZHAO].person_id, ConsentScope.TALK_NOTES, None, consent_texts())
    await scene.talk.sender.pump()
    before = await dump(scene.store)
    await scene.says(ZHAO, f"匿名 {WORDS}")
    await scene.says(ZHAO, "1")
    assert set(added(before, await dump(scene.store))) == {*ALWAYS, "anonymous_voices"}
    assert "要点" in "\n".join(scene.talk.shown(ZHAO)[-3:])


async def test_receipts_that_were_not_delivered_are_sealed_and_name_no_template(scene) -> None:
    await scene.says(ZHAO, f"匿名 {WORDS}")
    scene.talk.sender.disconnected("qq", "30003")
    await scene.says(ZHAO, "1")
    async with scene.store.read() as session:
        (waiting,) = (await session.execute(select(OutboxMessage).where(OutboxMessage.state == "ready"))).scalars()
    assert b"anonymous" not in (waiting.payload or b"")


# --- below the tables ------------------------------------------------------------------------------------------------


async def ten_in_order(store: Store) -> list[bytes]:
    """Ten voices, one transaction each; their keys in the order in which they arrived."""
    org = await make_org(store)
    to, arrived = Recipient(org.id, org.name, org.key_id), list[bytes]()
    for n in range(10):
        async with store.unit(secrets.token_bytes(32)) as unit:
            await receive(unit, to, f"第 {n} 条", AnonymousRules())
        async with store.read() as session:
            keys = (await session.execute(select(AnonymousVoice.key))).scalars().all()
        arrived += [key for key in keys if key not in arrived]
    return arrived


def in_order(found: list[bytes], arrived: list[bytes]) -> int:
    """How many neighbours stand in the order of arrival: of ten in random order 4.5."""
    places = [arrived.index(key) for key in found]
    return sum(a < b for a, b in pairwise(places))


def raw_file(url: str) -> bytes:
    """A file as it lies on the disk; empty when there is none."""
    path = Path(url.removeprefix("sqlite+aiosqlite:///"))
    return path.read_bytes() if path.exists() else b""


ROUNDS = 12
LEAST, MOST = 0.27, 0.73
"""Shares of neighbours in order over all rounds that chance leaves within five standard deviations."""


async def test_the_order_of_rows_in_a_page_of_sqlite_is_not_that_of_arrival(store: Store, sqlite_url: str) -> None:
    neighbours = 0
    for _ in range(ROUNDS):
        async with store.unit() as unit:
            await unit.session.execute(text("DELETE FROM anonymous_voices"))
        arrived = await ten_in_order(store)
        await store.engines.checkpoint()
        neighbours += in_order(sorted(arrived, key=raw_file(sqlite_url).index), arrived)
    assert LEAST < neighbours / (9 * ROUNDS) < MOST


async def test_rows_left_as_they_were_written_would_tell_it(store: Store, sqlite_url: str, monkeypatch) -> None:
    """The same look at a table whose rows are only added: the order is there to be read, backwards."""

    async def only_add(session: Any, *more: dict[str, Any]) -> None:
        await session.execute(insert(core(AnonymousVoice)), list(more))

    monkeypatch.setattr("bot.features.anonymous.acts.keep.scatter", only_add)
    monkeypatch.setattr("bot.features.anonymous.acts.keep.TEXT_BYTES", 0)  # rows of one page, as they used to be
    arrived = await ten_in_order(store)
    await store.engines.checkpoint()
    assert in_order(sorted(arrived, key=raw_file(sqlite_url).index), arrived) == 0


async def test_the_log_of_writes_is_empty_after_an_arrival(store: Store, sqlite_url: str) -> None:
    await ten_in_order(store)
    assert raw_file(sqlite_url + "-wal") == b""


async def test_postgresql_numbers_all_that_wait_by_one_transaction_and_lays_them_in_no_order(
    postgres_store: Store,
) -> None:
    neighbours = 0
    for _ in range(ROUNDS):
        async with postgres_store.unit() as unit:
            await unit.session.execute(text("DELETE FROM anonymous_voices"))
        arrived = await ten_in_order(postgres_store)
        async with postgres_store.read() as session:
            rows = (await session.execute(text("SELECT key, xmin::text FROM anonymous_voices ORDER BY ctid"))).all()
        assert len({row.xmin for row in rows}) == 1
        neighbours += in_order([bytes(row.key) for row in rows], arrived)
    assert LEAST < neighbours / (9 * ROUNDS) < MOST


async def test_sqlite_gives_a_voice_no_row_number(store: Store, sqlite_url: str) -> None:
    await ten_in_order(store)
    with (
        closing(sqlite3.connect(sqlite_url.removeprefix("sqlite+aiosqlite:///"))) as database,
        pytest.raises(sqlite3.OperationalError, match="rowid"),
    ):
        database.execute("SELECT rowid FROM anonymous_voices")


# --- beside the tables ------------------------------------------------------------------------------------------------


@pytest.mark.rule("P23")
async def test_the_cadre_of_a_youth_sees_no_sign_of_it(scene) -> None:
    """No contact is touched, no list changes, nothing is said to the cadre."""
    before = await dump(scene.store)
    shown = len(scene.talk.shown(CADRE))
    lists = [await scene.says(CADRE, words) for words in ("待办", "心声列表")]
    await scene.writes(ZHAO)
    after = await dump(scene.store)
    assert [name for name in ("contacts", "chats", "people", "accounts") if before[name] != after[name]] == []
    assert len(scene.talk.shown(CADRE)) == shown + 2
    assert [await scene.says(CADRE, words) for words in ("待办", "心声列表")] == lists
