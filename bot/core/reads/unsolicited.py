"""Who may get an unsolicited message: at most once a week, and nobody who said 别再提醒 (P22)."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.rules.message import ChatKind
from bot.store.delivery import OutboxMessage
from bot.store.people import Account, Person

ONE_IN: Final = timedelta(days=7)
NOT_SEEN: Final = ("failed", "expired", "cancelled")
"""States in which a message never reached anybody."""


async def may_be_written_to(session: AsyncSession, person_ids: Sequence[int], now: datetime) -> list[int]:
    """The people among these who may get an unsolicited private message now, in the order given.

    Messages of class O are the ones that nobody asked for; answers and questions about own items are not among them.
    """
    if not person_ids:
        return []
    written = select(OutboxMessage.person_id).where(
        OutboxMessage.person_id.in_(person_ids),
        OutboxMessage.cls == "O",
        OutboxMessage.conv_kind == ChatKind.PRIVATE.value,
        OutboxMessage.state.not_in(NOT_SEEN),
        OutboxMessage.created_at > now - ONE_IN,
    )
    rows = await session.execute(
        select(Person.id).where(
            Person.id.in_(person_ids),
            Person.state == "active",
            Person.reminders_off.is_(False),
            or_(Person.calm_until.is_(None), Person.calm_until <= now),
            Person.id.in_(select(Account.person_id)),
            Person.id.not_in(written),
        )
    )
    allowed = set(rows.scalars())
    return [person_id for person_id in person_ids if person_id in allowed]
