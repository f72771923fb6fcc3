"""What a feature declares about itself, and the one walk that finds every feature.

A feature is a folder of ``bot/features`` with a ``manifest.py`` that holds ``FEATURE``. Nothing else lists features:
the start, the command line, the sandbox and the tests ask this module. The manifest does not stand in the package's
``__init__``, so that a rule can be imported without the tables, acts and ticks of its feature.
"""

import importlib
import importlib.util
import pkgutil
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from enum import IntEnum
from functools import cache
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import ColumnElement, true
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from bot.core.installation import Installation
from bot.core.question import Question
from bot.core.rules.five_ones import ActivityKind, FiveOnesItem, Window
from bot.core.rules.people import Actor
from bot.core.rules.retention import RetentionPeriods
from bot.core.rules.todo import TodoItem
from bot.core.rules.workdays import Workdays
from bot.store.base import Base
from bot.store.sealing import Vault
from bot.store.unit import Unit

T = TypeVar("T")
Rows = list[dict[str, Any]]
Column = InstrumentedAttribute[Any]
MANY: Final = 200
"""Items one look of a tick takes; the next one, 20 seconds later, takes the rest."""


@dataclass(frozen=True, slots=True)
class Look:
    """One look of a tick: when, what the installation has set, and how many items it may take."""

    now: datetime
    installation: Installation = field(default_factory=Installation)
    limit: int = MANY

    @property
    def workdays(self) -> Workdays:
        """The calendar of this installation."""
        return self.installation.workdays

    @property
    def in_office_hours(self) -> bool:
        """Whether somebody in office may be reminded now."""
        return self.workdays.in_office_hours(self.now)


@dataclass(frozen=True, slots=True)
class Tick(Generic[T]):
    """Due work: ``due`` finds items in a reader, ``each`` carries out one in a unit of its own.

    An item that fails is told to the log and keeps no other waiting; the next look finds it again, so each act looks
    once more whether it is still due. What the runner remembers of earlier looks ends with the process: rows decide.
    """

    name: str
    """The feature and what is done: ``voice.remind``."""
    due: Callable[[AsyncSession, Look], Awaitable[Iterable[T]]]
    each: Callable[[Unit, T, Look], Awaitable[int | bool]]
    every: timedelta = timedelta()
    """At most one look in this time; zero: every time the runner wakes. A look that left something does not count."""
    daily: time | None = None
    """One look a day, from this local time on; again until nothing is left over."""
    office_hours: bool = False
    """Only on workdays in office hours: it writes to people in office."""
    goes_on: bool = False
    """Also while the clock is suspect; it is given the earlier of the two times."""
    batch: bool = False
    """Its units wait behind those of commands."""
    until_done: bool = False
    """One item is carried out again, each time in a unit of its own, as long as that does something."""


@dataclass(frozen=True, slots=True)
class Expiry:
    """保存期限: one kind of thing that runs out. ``act`` removes at most ``limit`` rows and says how many went.

    It is called until nothing is left. Where one thing is several rows or statements it takes fewer, but each whole.
    """

    kind: str
    act: Callable[[Unit, RetentionPeriods, int], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class Times:
    """When the clock was ahead: how the times that were written are set right (reliability section 7).

    ``past``: cannot lie ahead. ``capped``: can lie at most so far ahead. ``shifted``: when a thing began, and its other
    times, which keep their distance.
    """

    past: Sequence[Column] = ()
    capped: Sequence[tuple[Column, timedelta, ColumnElement[bool]]] = ()
    shifted: Sequence[tuple[Column, Sequence[Column], ColumnElement[bool]]] = ()


EVER: Final = true()


@dataclass(frozen=True, slots=True)
class TodoSource:
    """待办: what is open for one actor, within the actor's own scope."""

    read: Callable[[AsyncSession, Vault, Actor, datetime], Awaitable[Sequence[TodoItem]]]


@dataclass(frozen=True, slots=True)
class FiveOnesSource:
    """五个一: which kinds of activities it can give, and how to read those of a cadre in a window."""

    kinds: frozenset[ActivityKind]
    read: Callable[[AsyncSession, int, Window, datetime], Awaitable[Sequence[FiveOnesItem]]]


class Stage(IntEnum):
    """清除的次序: in which order everything about a person goes (reliability section 9).

    ``ITEMS`` comes before the person's row is locked: an answer holds an item first and the person second.
    """

    ITEMS = 0
    RELAYS = 1
    RECORDS = 2
    QUESTIONS = 3
    ROWS = 4
    IDENTITY = 5
    FAREWELL = 6


@dataclass(slots=True)
class Erasing:
    """清除: one person whose data are going. ``youth_only``: the organisation's roster keeps the person."""

    unit: Unit
    person_id: int
    youth_only: bool
    actor: Actor | None
    kept: dict[str, Any] = field(default_factory=dict[str, Any], repr=False)
    """What an earlier stage leaves for a later one, by the name of its feature."""


@dataclass(frozen=True, slots=True)
class Erasure:
    """What a feature erases of a person, and in which stage."""

    stage: Stage
    act: Callable[[Erasing], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Section:
    """导出: one kind of rows in the export of a person; ``order`` is its place."""

    name: str
    read: Callable[[AsyncSession, Vault, int], Awaitable[Rows]]
    order: int = 50


@dataclass(frozen=True, slots=True)
class HeldCount:
    """看我的数据: one figure of what is held of a person."""

    name: str
    read: Callable[[AsyncSession, Vault, int], Awaitable[int | str]]


@dataclass(frozen=True, slots=True)
class Ended:
    """A contact of a youth has ended, or its group is gone: whose, and through which group it was."""

    youth_id: int
    cadre_ids: frozenset[int]
    chat_id: int | None = None


@dataclass(frozen=True, slots=True)
class Reactions:
    """What a feature does when something changes that is not its own; each runs in the unit of the change.

    ``contact_ended``: a youth left, or was taken out of the group. ``chat_unlinking``: before a group's link ends
    (``lost``: the bot was removed from it, so nothing can be said there). ``chat_unlinked``: after it.
    ``host_leaving``: before a co-host no longer looks after a group. ``office_ended``: these people no longer hold a
    role. ``account_gone``: an account of this person was unbound.
    """

    contact_ended: Callable[[Unit, Ended], Awaitable[object]] | None = None
    chat_unlinking: Callable[..., Awaitable[object]] | None = None
    chat_unlinked: Callable[[Unit, int], Awaitable[object]] | None = None
    host_leaving: Callable[..., Awaitable[object]] | None = None
    office_ended: Callable[[Unit, Sequence[int]], Awaitable[object]] | None = None
    account_gone: Callable[[Unit, int], Awaitable[object]] | None = None


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature as it declares itself.

    ``tables`` with a person's id are erased, exported and expire, or ``kept`` says why not, by the table's name.
    """

    name: str
    letters: Mapping[str, str] = field(default_factory=dict[str, str])
    tables: Sequence[type[Base]] = ()
    questions: Sequence[Question[Any]] = ()
    ticks: Sequence[Tick[Any]] = ()
    expiries: Sequence[Expiry] = ()
    times: Times = field(default_factory=Times)
    todo: Sequence[TodoSource] = ()
    five_ones: Sequence[FiveOnesSource] = ()
    erasures: Sequence[Erasure] = ()
    sections: Sequence[Section] = ()
    held: Sequence[HeldCount] = ()
    audits: Sequence[str] = ()
    reactions: Reactions = field(default_factory=Reactions)
    kept: Mapping[str, str] = field(default_factory=dict[str, str])


def _homes() -> list[str]:
    """The packages that hold a manifest: the core, then every feature by name."""
    package = importlib.import_module("bot.features")
    found = sorted(one.name for one in pkgutil.iter_modules(package.__path__, "bot.features."))
    return ["bot.core", *found]


@cache
def features() -> tuple[Feature, ...]:
    """Every feature, the core's own declarations first, then by name."""
    for home in _homes():
        if importlib.util.find_spec(f"{home}.acts") is not None:  # an act may mark what silence means
            acts = importlib.import_module(f"{home}.acts")
            for one in pkgutil.iter_modules(acts.__path__, f"{home}.acts."):
                importlib.import_module(one.name)
    return tuple(importlib.import_module(f"{home}.manifest").FEATURE for home in _homes())


def load_tables() -> None:
    """Import every table of every feature, for whoever needs the whole schema and nothing else."""
    for home in _homes():
        if importlib.util.find_spec(f"{home}.tables") is not None:
            importlib.import_module(f"{home}.tables")


@cache
def questions() -> dict[str, Question[Any]]:
    """Every question by its kind; a kind twice is a mistake of ours and stops the start."""
    found: dict[str, Question[Any]] = {}
    for feature in features():
        for question in feature.questions:
            if question.kind in found:
                raise ValueError(f"question {question.kind} is declared twice")
            found[question.kind] = question
    return found
