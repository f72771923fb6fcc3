"""What somebody sees who has a copy of the database from before and one from after, and no keys.

Every table and column, where its rows lie, which transaction wrote them, how large the files are, and on SQLite the
write-ahead log, which keeps each commit's pages apart.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Table, literal_column, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.base import Base
from bot.store.sealing import key_of
from bot.store.store import Store

Row = dict[str, Any]
Rows = dict[str, list[Row]]
PLACE, WRITTEN, LOCKED = "(place)", "(written by)", "(locked by)"
"""What a database tells of a row beside its columns."""
SMALLEST: Final = 2**32
"""A number below this may be anything; ours are drawn from much larger ones."""
FRAME_HEAD: Final = 24


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy: rows by table, counters of the database itself, the size of each file, and what a log keeps apart."""

    rows: Rows
    counters: dict[str, int]
    sizes: dict[str, int]
    commits: list[bytes] = field(repr=False)
    """What each commit in the write-ahead log wrote."""


async def copied(store: Store, folder: Path) -> Copy:
    """A copy as it is now."""
    async with store.read() as session:
        rows = {table.name: await _rows_of(session, table) for table in Base.metadata.sorted_tables}
        counters = await _counters(session)
    return Copy(rows, counters, *_files(folder))


def _files(folder: Path) -> tuple[dict[str, int], list[bytes]]:
    log = folder / "zhixin.db-wal"
    commits = list(_commits(log.read_bytes())) if log.exists() else []
    return {path.name: path.stat().st_size for path in folder.glob("zhixin.db*")}, commits


async def _rows_of(session: AsyncSession, table: Table) -> list[Row]:
    sqlite = session.get_bind().dialect.name == "sqlite"
    if sqlite and table.dialect_options["sqlite"].get("with_rowid") is False:
        beside = []
    elif sqlite:
        beside = [literal_column("rowid").label(PLACE)]
    else:
        words = {PLACE: "ctid::text", WRITTEN: "xmin::text::bigint", LOCKED: "xmax::text::bigint"}
        beside = [literal_column(sql).label(name) for name, sql in words.items()]
    return [dict(row) for row in (await session.execute(select(table, *beside))).mappings()]


async def _counters(session: AsyncSession) -> dict[str, int]:
    if session.get_bind().dialect.name == "sqlite":
        found = await session.execute(text("SELECT name FROM sqlite_master WHERE name = 'sqlite_sequence'"))
        return {name: 0 for (name,) in found}  # a table that counts its rows would show up here
    found = await session.execute(text("SELECT sequencename, coalesce(last_value, 0) AS last FROM pg_sequences"))
    return {row.sequencename: row.last for row in found}


def _commits(log: bytes) -> Iterator[bytes]:
    """Each commit's pages, from the frames of a write-ahead log; frames of an older round of it are not told apart."""
    size = int.from_bytes(log[8:12], "big") if len(log) > 32 else 0
    pages: list[bytes] = []
    for at in range(32, len(log) - size - FRAME_HEAD + 1, size + FRAME_HEAD) if size else ():
        pages.append(log[at + FRAME_HEAD : at + FRAME_HEAD + size])
        if int.from_bytes(log[at + 4 : at + 8], "big"):
            yield b"".join(pages)
            pages = []


@dataclass(frozen=True, slots=True)
class Seen:
    """What a pair of copies shows of people who were active: new rows, and which of them tell of the nameless act."""

    before: Copy
    after: Copy
    people: Sequence[int]
    new: Rows
    told: list[Row]

    @property
    def all_new(self) -> Iterator[Row]:
        """Every row that is new, or not what it was."""
        return (row for rows in self.new.values() for row in rows)

    def of(self, person: int) -> list[Row]:
        """New rows in which this person stands."""
        return [row for row in self.all_new if person in row.values()]


def compared(before: Copy, after: Copy, people: Sequence[int], tells: dict[str, str]) -> Seen:
    """``tells``: tables of the act, and how a text in their rows begins that shows it (empty: any row)."""
    new = {name: [row for row in rows if row not in before.rows[name]] for name, rows in after.rows.items()}
    told = [
        row
        for name, begins in tells.items()
        for row in new.get(name, ())
        if any(isinstance(value, str) and value.startswith(begins) for value in row.values()) or not begins
    ]
    return Seen(before, after, people, {name: rows for name, rows in new.items() if rows}, told)


def marks(row: Row) -> set[Any]:
    """What of a row could be found again elsewhere: large numbers, whole byte strings, the key that sealed a value."""
    values = {value for value in row.values() if isinstance(value, bytes) and len(value) >= 16}
    numbers = {value for value in row.values() if isinstance(value, int) and value > SMALLEST}
    return values | numbers | {key for value in values if (key := key_of(value))}


def threads(seen: Seen) -> "Counter[int]":
    """Whoever is tied to a row that tells, over marks that lead to nobody else, in however many steps."""
    rows = [marks(row) for copy in (seen.before, seen.after) for some in copy.rows.values() for row in some]
    mine: dict[int, set[Any]] = {person: {person} for person in seen.people}
    for _ in range(3):
        found = {person: set[Any]().union(*(row for row in rows if row & known)) for person, known in mine.items()}
        shared = Counter(mark for marked in found.values() for mark in marked)
        mine = {person: {m for m in marked if shared[m] == 1} | {person} for person, marked in found.items()}
    told = [marks(row) for row in seen.told]
    return Counter({person: sum(len(row & mine[person]) for row in told) for person in seen.people})


def same_transaction(seen: Seen) -> "Counter[int]":
    """Whoever stands in a row that was written, or held, by a transaction that wrote one that tells (PostgreSQL)."""
    told = {row.get(WRITTEN) for row in seen.told} - {None}
    return Counter(
        {p: sum(bool({row.get(WRITTEN), row.get(LOCKED)} & told) for row in _owned(seen, p)) for p in seen.people}
    )


def _owned(seen: Seen, person: int) -> Iterable[Row]:
    return (row for rows in seen.after.rows.values() for row in rows if person in row.values())


def same_commit(seen: Seen) -> "Counter[int]":
    """Whoever's number comes up in pages that were written together with a row that tells (SQLite's log)."""
    needles = [mark for row in seen.told for mark in marks(row) if isinstance(mark, bytes)]
    pages = [commit for commit in seen.after.commits if any(needle in commit for needle in needles)]
    return Counter({p: sum(commit.count(p.to_bytes(8, "big")) for commit in pages) for p in seen.people})


def same_moment(seen: Seen) -> "Counter[int]":
    """Whoever stands in a row with the very moment of one that tells."""
    told = {value for row in seen.told for value in row.values() if isinstance(value, datetime)}
    return Counter({p: sum(bool(told & set(_times(row))) for row in seen.of(p)) for p in seen.people})


def nearest(seen: Seen) -> "Counter[int]":
    """Whoever stands in a row nearest in time to one that tells."""
    told = [at for row in seen.told for at in _times(row)]
    found: Counter[int] = Counter()
    for person in seen.people:
        apart = [abs((at - other).total_seconds()) for row in seen.of(person) for at in _times(row) for other in told]
        found[person] = -int(min(apart, default=10**9) * 1_000)
    return found


def _times(row: Row) -> list[datetime]:
    return [value for value in row.values() if isinstance(value, datetime)]


def neighbours(seen: Seen) -> "Counter[int]":
    """Whoever stands in the row that lies right before one that tells."""
    found: Counter[int] = Counter()
    for rows in seen.after.rows.values():
        placed = sorted((row for row in rows if PLACE in row), key=lambda row: str(row[PLACE]).rjust(24))
        for one, other in pairwise(placed):
            if other in seen.told:
                found.update(person for person in seen.people if person in one.values())
    return found
