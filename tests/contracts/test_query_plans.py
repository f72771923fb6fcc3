"""No statement of a tick, of the recorder or of a command reads a table that grows from end to end, on either database.

Everything the bot is asked for in an invented town is written down as it goes to the driver, then both databases say,
full of rows, how they would carry it out. SQLite is never told to ANALYZE, as in production; PostgreSQL is.
"""

import shutil
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.features.talk.reads.last_stored import last_heard, stored_count
from bot.features.talk.reads.talk import open_watches
from bot.schedule.ticks import all_ticks
from bot.store.sealing import MasterKeys
from bot.store.store import Store
from tests.contracts.test_authorisation import WRITTEN, allowed
from tests.contracts.town import NUMBERS, PLACES, Town, listen
from tests.databases import in_own_loop
from tests.filled import fill
from tests.plans import Asked, asked_of, scanned

pytestmark = pytest.mark.timeout(900)
STATES: Final = ("calm", "talking", "asking")
LATER: Final = (0, 0.3, 3, 4, 8, 16, 31, 60, 100, 380)
"""Days after which ticks look again: by the last everything in the town has been due."""
FIRST_OF_ALL: Final = ("host", "organ_admin", "youth_adult")
"""Who carries out a command here, of those who may: a list is another statement for each of them."""
ROWS: Final = {"sqlite": 40, "postgresql": 5000}

SMALL: Final[Mapping[str, str]] = {
    "audit_heads": "one row a node",
    "org_units": "the tree of organs is entered by hand, and the beginning of a path finds everything below one",
    "retention_runs": "two dozen proofs a day, for three years",
    "settings": "a handful of values",
}
PARTIAL: Final[Mapping[str, str]] = {
    "ix_activity_parts_entry_due": "only calendar entries that are asked for, which the next look makes",
    "ix_outbox_of_relays": "what tells when two people wanted to talk, and goes the next night",
    "ix_outbox_relay": "only words of relays, which leave no row behind once they are delivered",
    "ix_talk_parts_amended": "only corrections, which go a year after their talk",
}
"""Small indexes that may be read from end to end."""
EXCEPTIONS: Final[Mapping[tuple[str, str], str]] = {
    ("chats", "SELECT chats.channel, chats.bot_id, chats.native_id, chats.id"): "the recorder holds all linked groups",
    ("bind_attempts", "SELECT count(*)"): "wrong codes are kept for two hours",
    ("relay_blocks", "SELECT DISTINCT relay_blocks.cadre_id"): "an erasure, once in a life: a tag shows no person",
    ("prompts", "prompts.subject_id IN (SELECT crises.id"): "an erasure; questions are kept for seven days",
    ("role_grants", "SELECT role_grants.person_id FROM role_grants WHERE role_grants.role"): (
        "a few mornings a quarter on which whoever holds an office is told; here everybody does"
    ),
    (
        "voices",
        "voices.about IS NULL AND voices.org_id IN (SELECT",
    ): "figures count whole areas; a choice of PostgreSQL",
}
"""By table and by what the statement begins with or holds."""


class Unchecked(Town):
    """The town, filled, without looking at every row after each word."""

    async def fresh(self, state: str) -> None:
        await self.close()
        shutil.copyfile(self.folder / f"{state}.db", self.folder / "now.db")
        for ending in ("-wal", "-shm"):
            (self.folder / f"now.db{ending}").unlink(missing_ok=True)
        await self._open(self.folder / "now.db")

    @property
    def store(self) -> Store:
        assert self._store is not None
        return self._store

    async def fill(self) -> None:
        for state in STATES:
            await self._open(self.folder / f"{state}.db")
            async with self.store.engines.writer.begin() as connection:
                await fill(connection, ROWS["sqlite"])
            await self.close()

    async def hear(self, role: str, place: str, words: str) -> None:
        assert self._talkers is not None
        self.clock.advance(timedelta(seconds=10))
        group = PLACES[place]
        text = words.format(**self.facts)
        said = self._talkers.incoming(NUMBERS[role], text if group is None else "/" + text, group=group)
        await self._talkers.deliver(said, woken=True)

    async def record(self) -> None:
        """An open talk as a start, its speakers, the counters and a back-fill see it."""
        assert self._talkers is not None
        recorder = self._talkers.recorder
        await recorder.load()
        for words in ("最近夜班多", "食堂也关了"):
            await self._talkers.says(NUMBERS["youth_adult"], words, group="888")
        await recorder.flush()
        async with self.store.read() as session:
            for watch in await open_watches(session, self.store.vault, now=self.store.clock.now()):
                await last_heard(session, watch.talk_id)
                await stored_count(session, watch.talk_id)


async def _everything(town: Unchecked, template: Path) -> dict[str, Asked]:
    """Every statement of every command, of the recorder and of the ticks, by its words."""
    await town.build(template)
    await town.fill()
    heard: dict[str, Asked] = {}
    for rule in WRITTEN.values():
        place = next((place for place in PLACES if allowed(rule, place)), "private")  # nobody of this town may
        may = allowed(rule, place)
        for role in [role for role in FIRST_OF_ALL if role in may] or sorted(may)[:1]:
            await town.fresh(rule.get("state", "calm"))
            with asked_of(town.store) as asked:
                if "first" in rule and place == "private":
                    await town.hear(role, "private", rule["first"])
                await town.hear(role, place, rule["words"])
            heard = asked | heard
    for state in STATES:
        await town.fresh(state)
        with asked_of(town.store) as asked:
            if state == "talking":
                await town.record()
            for days in LATER:
                town.clock.advance(timedelta(days=days))
                for work in all_ticks(town.store).values():
                    await work(town.clock.now())
        heard = asked | heard
    await town.close()
    return heard


@pytest.fixture(scope="module")
def heard(masters: MasterKeys, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Asked]:
    with pytest.MonkeyPatch.context() as patch:
        town = Unchecked(tmp_path_factory.mktemp("planned"), masters, listen(patch))
        return in_own_loop(_everything(town, sqlite_template))


def test_everything_was_asked_for(heard: dict[str, Asked]) -> None:
    said = " ".join(heard)
    tables = ("wishes", "voices", "talks", "talk_messages", "prompts", "outbox", "anonymous_voices", "consultations")
    assert [table for table in tables if f"FROM {table}" not in said] == []
    assert len(heard) > 300


async def test_no_statement_scans_a_table_that_grows(
    heard: dict[str, Asked], store: Store, postgres_store: Store
) -> None:
    used: set[object] = set()
    wrong: list[str] = []
    for one in (store, postgres_store):
        async with one.engines.writer.connect() as connection:
            await fill(connection, ROWS[connection.dialect.name])
            for words, asked in heard.items():
                found = await _unexcused(connection, words, asked, used)
                wrong += [f"{connection.dialect.name}: {table} in {' '.join(words.split())}" for table in found]
            await connection.rollback()
    assert not wrong, "\n".join(wrong)
    assert {*PARTIAL, *EXCEPTIONS} - used == set(), "these exceptions are no longer needed"


async def _unexcused(connection: AsyncConnection, words: str, asked: Asked, used: set[object]) -> list[str]:
    found: list[str] = []
    for table, index in await scanned(connection, asked):
        excused = [key for key in EXCEPTIONS if key[0] == table and key[1] in " ".join(words.split())]
        used |= {*excused, index}
        if table not in SMALL and index not in PARTIAL and not excused:
            found.append(table)
    return found
