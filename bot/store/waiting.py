"""The sender's queries of the outbox. They run after every answer, so each statement is built once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import bindparam, case, exists, literal_column, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.delivery import OutboxMessage
from bot.store.outbox import ANSWERS, RELAY, Outgoing

_ROW: Final = OutboxMessage.__table__.c
_EARLIER: Final = OutboxMessage.__table__.alias("earlier").c
_NOW: Final = bindparam("now", type_=_ROW.not_before.type)
_BOTS: Final = bindparam("bots", expanding=True, type_=_ROW.bot_id.type)
_LIMIT: Final = bindparam("most")

_BEFORE_IT: Final = exists().where(
    _EARLIER.kind == literal_column(f"'{RELAY}'"),
    _EARLIER.conv == _ROW.conv,
    _EARLIER.position < _ROW.position,
    _EARLIER.state.in_(("ready", "leased", "unknown")),
    _EARLIER.expires_at > _NOW,
)
"""Whether earlier words of a relay still wait in this conversation, be it only to be tried again (its order)."""

_DUE: Final = (
    select(_ROW.id, _ROW.bot_id, _ROW.conv, _ROW.conv_kind, _ROW.kind, _ROW.cls, _ROW.priority)
    .where(
        _ROW.state == "ready",
        _ROW.bot_id.in_(_BOTS),
        _ROW.not_before <= _NOW,
        _ROW.expires_at > _NOW,
        (_ROW.kind != RELAY) | ~_BEFORE_IT,
    )
    # What somebody waits for comes before what is held back: that may be hundreds of rows until the morning.
    .order_by(case((_ROW.priority == 0, 0), (_ROW.kind.in_(ANSWERS), 1), else_=2), _ROW.priority, _ROW.position)
    .limit(_LIMIT)
)

_UNKNOWN: Final = (
    select(_ROW.id, _ROW.conv)
    .where(
        _ROW.state == "unknown",
        _ROW.cls == "L",
        _ROW.bot_id.in_(_BOTS),
        _ROW.not_before <= _NOW,
        _ROW.expires_at > _NOW,
        _ROW.payload.is_not(None),
    )
    .order_by(_ROW.position)
    .limit(_LIMIT)
)

_LATE: Final = (
    select(_ROW.id)
    .where(
        _ROW.state == "ready",
        _ROW.bot_id.not_in(_BOTS),
        _ROW.kind != literal_column(f"'{RELAY}'"),
        _ROW.created_at <= bindparam("before", type_=_ROW.created_at.type),
        _ROW.not_before <= bindparam("before", type_=_ROW.not_before.type),
        _ROW.expires_at > _NOW,
        _ROW.payload.is_not(None),
    )
    .order_by(_ROW.position)
    .limit(_LIMIT)
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A due row as the pacer sees it."""

    id: int
    bot_id: str
    conv: bytes
    conv_kind: str
    kind: str
    cls: str
    priority: int

    @classmethod
    def of(cls, row: Outgoing, priority: int) -> "Candidate":
        """A row that was queued just now and may go out at once."""
        address = row.address
        return cls(row.id, address.bot_id, row.conv, address.kind.value, row.kind, row.cls, priority)


async def due(session: AsyncSession, bots: Sequence[str], *, now: datetime, limit: int) -> list[Candidate]:
    """Rows that may go out now for these bots, most urgent first, in order within a conversation."""
    rows = await session.execute(_DUE, {"bots": list(bots), "now": now, "most": limit})
    return [Candidate(*row) for row in rows]


async def late(session: AsyncSession, bots: Sequence[str], *, now: datetime, before: datetime, limit: int) -> list[int]:
    """Rows that have been due since ``before`` for bots that are not among these."""
    rows = await session.execute(_LATE, {"bots": list(bots), "now": now, "before": before, "most": limit})
    return list(rows.scalars())


async def unknown_due(
    session: AsyncSession, bots: Sequence[str], *, now: datetime, limit: int
) -> list[tuple[int, bytes]]:
    """Class L rows whose outcome is unknown and that may be looked at again, with their conversations."""
    rows = await session.execute(_UNKNOWN, {"bots": list(bots), "now": now, "most": limit})
    return [(row.id, row.conv) for row in rows]
