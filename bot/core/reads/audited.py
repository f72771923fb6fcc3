"""Audited reads: the result, the audit rows, and the check that the result is still true (P13, P15).

A reading runs in a reader and opens what it shows there. Only its audit rows are written in the writer's turn, and only
if everything that it shows is still as it was read (``bot/core/acts/log_reading.py``); else it is read anew.
"""

from collections.abc import Awaitable, Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Executable, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.rules.people import Role
from bot.core.rules.say import Say
from bot.store.people import Person
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class Logged:
    """One audit row of a reading: what was read, in which role, and whose data it is."""

    action: str
    role: Role
    subject_id: int | None = None
    ref: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Mark:
    """A statement over the rows that are shown, and its result; it must return the same when the reading is logged."""

    statement: Executable
    rows: frozenset[Hashable] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a reading found: ``say`` is said once ``logged`` is written.

    ``then`` writes what else belongs to the answer, and gives what is said where ``say`` is None.
    """

    say: Say | None
    logged: tuple[Logged, ...] = ()
    marks: tuple[Mark, ...] = ()
    then: Callable[[Unit], Awaitable[Say | None]] | None = None


async def seen(
    session: AsyncSession,
    say: Say | None,
    logged: Iterable[Logged],
    *shown: Executable,
    then: Callable[[Unit], Awaitable[Say | None]] | None = None,
) -> Seen:
    """A reading of this session. ``shown``: statements, narrow and within the reader's scope, over what it shows.

    That the people whose data it is are still there, with their names and keys, is looked at in any case.
    """
    entries = tuple(logged)
    people = {entry.subject_id for entry in entries if entry.subject_id is not None}
    there = select(Person.id, Person.key_id, Person.state, Person.name).where(Person.id.in_(people))
    statements = (*shown, there) if people else shown
    return Seen(say, entries, tuple([Mark(one, await _rows(session, one)) for one in statements]), then)


async def stands(session: AsyncSession, found: Seen) -> bool:
    """Whether everything that a reading shows is still there, unchanged, and still within the reader's scope."""
    for mark in found.marks:
        if await _rows(session, mark.statement) != mark.rows:
            return False
    return True


async def _rows(session: AsyncSession, statement: Executable) -> frozenset[Hashable]:
    return frozenset(map(tuple, await session.execute(statement)))
