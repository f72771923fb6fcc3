"""What a feature declares about itself, and the one walk that finds every feature.

A feature is a folder of ``bot/features`` with a ``manifest.py`` that holds ``FEATURE``. Nothing else lists features:
the start, the command line, the sandbox and the tests ask this module. The manifest does not stand in the package's
``__init__``, so that a rule can be imported without the tables, acts and ticks of its feature.
"""

import importlib
import importlib.util
import pkgutil
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from functools import cache
from typing import Any, Final, Generic, TypeVar

from sqlalchemy import ColumnElement, Executable, exists, or_, true
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.installation import Installation
from bot.core.person_data import Column, Erasure, HeldCount, Section, StoredUnder
from bot.core.question import Question, Reason
from bot.core.rules.calendar import CalendarEntry, CalendarOf
from bot.core.rules.digest import DigestLine
from bot.core.rules.five_ones import ActivityKind, FiveOnesItem, OrganItem, Window
from bot.core.rules.items import Item, ItemLine
from bot.core.rules.message import Notice, NoticeKind
from bot.core.rules.people import Actor
from bot.core.rules.retention import RetentionPeriods
from bot.core.rules.say import Say
from bot.core.rules.todo import OpenItems
from bot.core.rules.workdays import Workdays
from bot.store.base import Base
from bot.store.sealing import Vault
from bot.store.unit import Unit

T = TypeVar("T")
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
    """待办: what is open for one actor, within the actor's own scope: how many, and the oldest ``int`` of them."""

    read: Callable[[AsyncSession, Vault, Actor, datetime, int], Awaitable[OpenItems]]


@dataclass(frozen=True, slots=True)
class DigestSource:
    """摘要来源: what would be worth doing now for somebody in office, within their own scope."""

    read: Callable[[AsyncSession, Vault, Actor, Look], Awaitable[Sequence[DigestLine]]]


@dataclass(frozen=True, slots=True)
class CalendarSource:
    """日历来源: what stands in somebody's calendar, a while back and a year ahead (``core.rules.calendar``)."""

    read: Callable[[AsyncSession, Vault, CalendarOf, Look], Awaitable[Sequence[CalendarEntry]]]


@dataclass(frozen=True, slots=True)
class Stranded:
    """运维名单 (P12): things that wait and that nobody can take, not even above; ``read`` says since when
    each waits, and nothing else of it. Its label in ``stranded`` words it.
    """

    name: str
    read: Callable[[AsyncSession, Vault, datetime], Awaitable[Sequence[datetime]]]


@dataclass(frozen=True, slots=True)
class FiveOnesSource:
    """五个一: which kinds of activities it can give, and how to read those of some cadres in a window, by cadre."""

    kinds: frozenset[ActivityKind]
    read: Callable[[AsyncSession, Collection[int], Window, datetime], Awaitable[Mapping[int, Sequence[FiveOnesItem]]]]
    one: tuple[str, Callable[[AsyncSession, Vault, Actor, int, datetime], Awaitable[Say]]] | None = None
    """The letter of its references, and how one of them stands: why it counts, or what is missing yet."""
    organ: Callable[[AsyncSession, Collection[int], Window, datetime], Awaitable[Sequence[OrganItem]]] | None = None
    """What these organs did themselves in a window."""
    unexplained: Callable[[AsyncSession, str, Window], Awaitable[int]] | None = None
    """诚信提示: how many notes nobody has explained, at and below the organisation with this path (P39)."""


@dataclass(frozen=True, slots=True)
class ItemSource:
    """条目: how an officer's duty reaches what a reference of this letter leads to (P14, P16, P21, P28)."""

    letter: str
    find: Callable[[AsyncSession, int], Awaitable[Item | None]]
    """Whose it is; None where there is none, or nobody's any more."""
    lines: Callable[[AsyncSession, Vault, int], Awaitable[Sequence[ItemLine]]]
    mark: Callable[[int], Executable]
    """A narrow statement that changes with what ``lines`` gives."""


@dataclass(frozen=True, slots=True)
class Reaction(Generic[T]):
    """What a feature does when something changes that is not its own (``core.events``, or an event of another feature).

    It runs in the unit of the change, after those of the features before it by name.
    """

    to: type[T]
    act: Callable[[Unit, T], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Heard:
    """What a feature does when a platform tells something: somebody left, a message was recalled.

    It runs in a unit of the notice's own, after those of the features before it by name.
    """

    kind: NoticeKind
    act: Callable[[Unit, Notice], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class Standing:
    """What a queued message stays true for (``Sending.about``), and what hangs on its being seen.

    ``still``: asked before it goes out late or once more. ``became``: told in the unit that records that it is out
    (True), or that it cannot go out (False).
    """

    name: str
    still: Callable[[AsyncSession, int, datetime], Awaitable[bool]]
    became: Callable[[Unit, int, bool], Awaitable[object]] | None = None
    tells: bool = False
    """``became`` itself tells whoever caused the message that it did not arrive."""
    one_statement: bool = False
    """What ``became`` does when it is out is one statement, so that it leaves nothing half done."""


@dataclass(frozen=True, slots=True)
class Feature:
    """A feature as it declares itself.

    ``tables`` with a person's id are erased, exported and expire, or ``kept`` says why not, by the name of the table
    or of a column, and which of the three (``"wishes.cadre_id: expiry"``).
    """

    name: str
    letters: Mapping[str, str] = field(default_factory=dict[str, str])
    tables: Sequence[type[Base]] = ()
    questions: Sequence[Question[Any]] = ()
    ticks: Sequence[Tick[Any]] = ()
    expiries: Sequence[Expiry] = ()
    times: Times = field(default_factory=Times)
    todo: Sequence[TodoSource] = ()
    digest: Sequence[DigestSource] = ()
    calendar: Sequence[CalendarSource] = ()
    stranded: Sequence[Stranded] = ()
    five_ones: Sequence[FiveOnesSource] = ()
    items: Sequence[ItemSource] = ()
    erasures: Sequence[Erasure] = ()
    rostered: Callable[[AsyncSession, int], Awaitable[bool]] | None = None
    """Whether it holds something of this person that is the organisation's: they lose the youth's side only."""
    stored: Sequence[StoredUnder] = ()
    sections: Sequence[Section] = ()
    held: Sequence[HeldCount] = ()
    audits: Sequence[str] = ()
    reactions: Sequence[Reaction[Any]] = ()
    notices: Sequence[Heard] = ()
    standings: Sequence[Standing] = ()
    lingers: Sequence[Callable[[Any, datetime], ColumnElement[bool]]] = ()
    """Whether something of a person is open, or was since: so long who has left is not forgotten (``lingers``)."""
    reasons: Mapping[str, Reason] = field(default_factory=dict[str, Reason])
    """By the kind of a question that is another's: what else must hold as long as it is asked."""
    kept: Mapping[str, str] = field(default_factory=dict[str, str])


def lingers(owner: Any, closed_at: Any, *which: ColumnElement[bool]) -> Any:
    """What a feature declares: a row of this owner that is open, or was after ``before``."""

    def lingering(person_id: Any, before: datetime) -> ColumnElement[bool]:
        return exists().where(owner == person_id, or_(closed_at.is_(None), closed_at > before), *which)

    return lingering


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
def letters() -> dict[str, str]:
    """What a reference of this letter is; a letter twice is a mistake of ours and stops the start."""
    declared = [(letter, what) for feature in features() for letter, what in feature.letters.items()]
    if len(dict(declared)) != len(declared):
        raise ValueError("a letter of references is declared twice")
    return dict(declared)


@cache
def items() -> dict[str, ItemSource]:
    """How an officer's duty reaches an item, by the letter of its reference."""
    return {source.letter: source for feature in features() for source in feature.items}


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


@cache
def standings() -> dict[str, Standing]:
    """What queued messages may be about, by name."""
    return {one.name: one for feature in features() for one in feature.standings}
