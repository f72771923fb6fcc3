"""Pages that the database cuts: it counts the rows outside a page and does not return them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar, TypeVarTuple

from sqlalchemy import Row, Select, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.rules.paging import PAGE, pages_of

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list, and how long the list is."""

    rows: Sequence[T]
    page: int
    pages: int
    total: int


async def counted(session: AsyncSession, statement: Select[*Ts]) -> int:
    """How many rows a statement returns."""
    bare = statement.with_only_columns(literal(1), maintain_column_froms=True).order_by(None)
    return (await session.execute(select(func.count()).select_from(bare.subquery()))).scalar_one()


async def paged(session: AsyncSession, statement: Select[T], page: int, size: int = PAGE) -> Page[T]:
    """One page of a statement that selects one entity and has an order; refuses ``page.none``."""
    total = await counted(session, statement)
    pages = pages_of(total, page, size)
    rows = await session.execute(statement.limit(size).offset((page - 1) * size))
    return Page(rows.scalars().all(), page, pages, total)


async def first(session: AsyncSession, statement: Select[*Ts], most: int) -> tuple[int, Sequence[Row[*Ts]]]:
    """How many rows a statement returns, and the first ``most`` of them in its order."""
    rows = (await session.execute(statement.limit(most))).all() if most > 0 else []
    return (len(rows) if len(rows) < most else await counted(session, statement)), rows
