"""What a feature declares about the data of one person: what it erases, exports, counts and keeps under a consent."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from bot.core.rules.consent import ConsentScope
from bot.core.rules.people import Actor
from bot.store.sealing import Vault
from bot.store.unit import Unit

Rows = list[dict[str, Any]]
Column = InstrumentedAttribute[Any]
Figure = int | str | datetime | None


class Stage(IntEnum):
    """清除的次序: in which order everything about a person goes (reliability section 9).

    Within a stage the features go by name and the core last: their rows lead to its own.
    """

    ITEMS = 0
    """Before the person's row is locked: an answer holds an item first and the person second (decision 0015). Once
    more after that, for what was begun meanwhile: it must do no harm twice.
    """
    LIVE = 1
    """What goes on at this moment: it ends, and nothing is said into it any more."""
    RECORDS = 2
    """What was said and sent; from here on nothing is sent to the person."""
    QUESTIONS = 3
    """After what the questions are about: whoever answers holds the question first."""
    ROWS = 4
    IDENTITY = 5
    """Accounts, the person and the key, without which no back-up can be read either."""
    FAREWELL = 6


@dataclass(slots=True)
class Erasing:
    """清除: one person whose data are going. ``youth_only``: the organisation's roster keeps the person; not known
    yet when ``Stage.ITEMS`` begins.
    """

    unit: Unit
    person_id: int
    actor: Actor | None
    youth_only: bool = False
    kept: dict[str, Any] = field(default_factory=dict[str, Any], repr=False)
    """What an earlier stage leaves for a later one, by the name of its feature."""


@dataclass(frozen=True, slots=True)
class Erasure:
    """What a feature erases of a person, and in which stage."""

    stage: Stage
    act: Callable[[Erasing], Awaitable[object]]


@dataclass(frozen=True, slots=True)
class StoredUnder:
    """What is kept only while a scope of consent is given: its end offers to delete it.

    ``count`` and ``delete`` take the person and, for a scope that is given for one group, the group (None: all).
    """

    scope: ConsentScope
    count: Callable[[AsyncSession, int, int | None], Awaitable[int]]
    delete: Callable[[Unit, int, int | None], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class Section:
    """导出: one kind of rows in the export of a person; ``order`` is its place, by default behind other features.

    ``words``: columns that are emptied when something of it is taken back, each with the column that names the person;
    an export that was read before is not handed out after that.
    """

    name: str
    read: Callable[[AsyncSession, Vault, int], Awaitable[Rows]]
    order: int = 145
    words: Sequence[tuple[Column, Column]] = ()


@dataclass(frozen=True, slots=True)
class HeldCount:
    """看我的数据: one figure of what is held of a person; its label in ``held`` words it, or
    ``chat/rights/held.txt.j2`` does where it needs more than a number.
    """

    name: str
    read: Callable[[AsyncSession, Vault, int], Awaitable[Figure]]


def counted(name: str, column: Column, *where: ColumnElement[bool]) -> HeldCount:
    """The figure that counts rows in which ``column`` names the person."""

    async def read(session: AsyncSession, vault: Vault, person_id: int) -> int:
        rows = select(func.count()).select_from(column.class_).where(column == person_id, *where)
        return (await session.execute(rows)).scalar_one()

    return HeldCount(name, read)
