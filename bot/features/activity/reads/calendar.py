"""活动 in the calendar of whoever organises them, and of the organ whose five they fill; of a talk only that it is."""

from collections.abc import Sequence
from typing import Final

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.feature import Look
from bot.core.rules.calendar import AHEAD, BEHIND, CalendarEntry, CalendarOf
from bot.core.rules.five_ones import ActivityKind
from bot.core.shipped import labels
from bot.features.activity.reads.activity import words_of
from bot.features.activity.rules.activity import ActivityState
from bot.features.activity.tables import Activity, ActivityCadre
from bot.store.chat import ChatHost
from bot.store.sealing import Vault

MOST: Final = 300
"""Activities of one calendar, those of one way to it."""


async def in_calendar(session: AsyncSession, vault: Vault, of: CalendarOf, look: Look) -> list[CalendarEntry]:
    """The activities of a month back and a year ahead, the cancelled ones too."""
    found: dict[int, Activity] = {}
    for where in _ways(of):
        rows = await session.execute(
            select(Activity)
            .where(*where, Activity.starts_at.between(look.now - BEHIND, look.now + AHEAD))
            .order_by(Activity.starts_at)
            .limit(MOST)
        )
        found |= {one.id: one for one in rows.scalars()}
    return [await _entry(session, vault, one) for one in found.values()]


def _ways(of: CalendarOf) -> Sequence[tuple[ColumnElement[bool], ...]]:
    if of.org_id is not None:
        return [(Activity.org_id == of.org_id, Activity.slot.is_not(None))]
    hosted = select(ChatHost.chat_id).where(ChatHost.person_id == of.person_id)
    joint = select(ActivityCadre.activity_id).where(ActivityCadre.person_id == of.person_id)
    return [(Activity.cadre_id == of.person_id,), (Activity.chat_id.in_(hosted),), (Activity.id.in_(joint),)]


async def _entry(session: AsyncSession, vault: Vault, one: Activity) -> CalendarEntry:
    plain, private = labels()["activity_kind"][one.kind], one.kind == ActivityKind.TALK
    topic = "" if private else await words_of(session, vault, one, "topic")
    return CalendarEntry(
        uid=f"activity-{one.id}@zhixin",
        revision=one.revision,
        made_at=one.made_at,
        starts=one.starts_at,
        ends=one.ends_at,
        title=topic or plain,
        plain=plain,
        place="" if private else await words_of(session, vault, one, "place"),
        note=f"#A{one.ref}",
        cancelled=one.state == ActivityState.CANCELLED,
    )
