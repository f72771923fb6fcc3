"""活动: what is coming for somebody, and one of it, with seats as numbers; nobody's name (P38)."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.paging import paged
from bot.core.rules.people import Actor
from bot.core.rules.say import Say
from bot.features.activity.reads.activity import (
    ActivityLine,
    find_visible,
    line_of,
    open_to,
    organised_by,
    part_of,
)
from bot.features.activity.rules.activity import ActivityState, PartState
from bot.features.activity.tables import Activity
from bot.store.sealing import Vault


@dataclass(frozen=True, slots=True)
class Coming(Say):
    """A page of what is coming."""

    template: ClassVar[str] = "activity/coming"
    lists: ClassVar[tuple[str, ...]] = ("lines",)
    lines: tuple[ActivityLine, ...]
    page: int
    pages: int
    private: bool


@dataclass(frozen=True, slots=True)
class ActivityShown(Say):
    """One activity; ``mine``: the reader's own state, empty for none."""

    template: ClassVar[str] = "activity/shown"
    line: ActivityLine
    mine: PartState | str


async def coming(
    session: AsyncSession, vault: Vault, actor: Actor, page: int, chat_id: int | None, *, now: datetime, private: bool
) -> Coming:
    """``活动``: in a group only what is announced there, in private everything that is for this person."""
    where = or_(organised_by(actor), open_to(actor.person_id)) if chat_id is None else Activity.chat_id == chat_id
    found = await paged(
        session,
        select(Activity)
        .where(Activity.state == ActivityState.OPEN, Activity.ends_at > now, where)
        .order_by(Activity.starts_at, Activity.id),
        page,
    )
    lines = [await line_of(session, vault, one, now) for one in found.rows]
    return Coming(tuple(lines), found.page, found.pages, private)


async def shown_to(session: AsyncSession, vault: Vault, actor: Actor, number: int, *, now: datetime) -> ActivityShown:
    """``活动 <A>``."""
    activity = await find_visible(session, actor, number)
    part = await part_of(session, activity.id, actor.person_id)
    return ActivityShown(await line_of(session, vault, activity, now), PartState(part.state) if part else "")
