"""待办: activities that are over without their process, and those that wait for a free word (R6.5, P38)."""

from datetime import datetime

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.paging import first
from bot.core.rules.people import Actor
from bot.core.rules.todo import OpenItems, TodoItem
from bot.features.activity.rules.activity import CONFIRM_LIFE, ActivityState, PartState
from bot.features.activity.tables import Activity, ActivityPart
from bot.store.sealing import Vault


async def without_process(session: AsyncSession, vault: Vault, actor: Actor, now: datetime, most: int) -> OpenItems:
    """Own activities that are over and whose process is not given."""
    where = (Activity.state == ActivityState.OPEN, Activity.ends_at <= now)
    count, rows = await _own(session, actor, most, *where)
    return OpenItems(count, [TodoItem("activity_process", one.ends_at, f"A{one.ref}") for one in rows])


async def without_word(session: AsyncSession, vault: Vault, actor: Actor, now: datetime, most: int) -> OpenItems:
    """Own activities of which no youth has said yet that they took part; nobody is to be urged."""
    confirmed = exists().where(ActivityPart.activity_id == Activity.id, ActivityPart.state == PartState.CONFIRMED)
    where = (Activity.ended_at.is_not(None), Activity.settled_at.is_(None), ~confirmed)
    count, rows = await _own(session, actor, most, *where)
    items = [
        TodoItem("activity_confirm", one.ended_at, f"A{one.ref}", due=one.ended_at + CONFIRM_LIFE)
        for one in rows
        if one.ended_at is not None
    ]
    return OpenItems(count, items)


async def _own(
    session: AsyncSession, actor: Actor, most: int, *where: ColumnElement[bool]
) -> tuple[int, list[Activity]]:
    mine = select(Activity).where(Activity.cadre_id == actor.person_id, *where).order_by(Activity.ends_at, Activity.ref)
    count, rows = await first(session, mine, most)
    return count, [row[0] for row in rows]
