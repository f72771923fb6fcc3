"""五个一: talks as a source. One counts once a youth who took part co-signed it, freely (commands.md, P39, R6.5)."""

from collections.abc import Sequence
from datetime import datetime, time, timedelta

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import SHANGHAI
from bot.core.reads.questions import waiting
from bot.core.rules.five_ones import ActivityKind, FiveOnesItem, Window
from bot.core.rules.five_ones import Confirmed as Yes
from bot.features.talk.rules.talk import CoSign, SpeakerRole, TalkState
from bot.features.talk.tables import Talk, TalkPart
from bot.features.talk.todo import NOTE_QUESTIONS
from bot.store.delivery import Prompt

CONFIRMED = (CoSign.AGREED, CoSign.AMENDED)
"""A correction says that the talk took place, too; so does 只留“谈过一次” or 留要点 for a talk held elsewhere."""


async def talks(session: AsyncSession, cadre_id: int, window: Window, now: datetime) -> Sequence[FiveOnesItem]:
    """The talks a cadre took part in, by the day they began, and those whose youth is still being asked."""
    start = datetime.combine(window.first, time(), SHANGHAI)
    end = datetime.combine(window.last + timedelta(days=1), time(), SHANGHAI)
    return [*await _held(session, cadre_id, start, end), *await _asked(session, cadre_id, start, end, now)]


async def _held(session: AsyncSession, cadre_id: int, start: datetime, end: datetime) -> list[FiveOnesItem]:
    """One that is still recording is not done yet; one that was given up is deleted."""
    mine = select(TalkPart.talk_id).where(TalkPart.person_id == cadre_id, TalkPart.role == SpeakerRole.CADRE)
    youths = (
        select(
            TalkPart.talk_id,
            func.count().filter(TalkPart.co_sign.in_(CONFIRMED)).label("signed"),
            func.count().filter(TalkPart.co_sign == CoSign.ASKED).label("asked"),
        )
        .where(TalkPart.role == SpeakerRole.YOUTH, TalkPart.talk_id.in_(mine))
        .group_by(TalkPart.talk_id)
        .subquery()
    )
    rows = await session.execute(
        select(Talk.opened_at, Talk.closed_at, Talk.state, youths.c.signed, youths.c.asked)
        .outerjoin(youths, youths.c.talk_id == Talk.id)
        .where(Talk.id.in_(mine), Talk.state != TalkState.OPEN, Talk.opened_at >= start, Talk.opened_at < end)
    )
    items: list[FiveOnesItem] = []
    for opened_at, closed_at, state, signed, asked in rows:
        waiting = bool(asked) or state == TalkState.STOPPED
        confirmed = Yes.YES if signed else Yes.WAITING if waiting else Yes.NO
        items.append(_talk(opened_at, confirmed, closed_at))
    return items


async def _asked(
    session: AsyncSession, cadre_id: int, start: datetime, end: datetime, now: datetime
) -> list[FiveOnesItem]:
    """记谈心 that waits for the youth's choice: when it was asked, nothing else of it."""
    rows = await session.execute(
        waiting(*NOTE_QUESTIONS, subject_id=cadre_id, now=now)
        .where(Prompt.asked_at >= start, Prompt.asked_at < end)
        .with_only_columns(Prompt.asked_at)
    )
    return [_talk(asked_at, Yes.WAITING) for asked_at in rows.scalars()]


def _talk(at: datetime, confirmed: Yes, until: datetime | None = None) -> FiveOnesItem:
    span = (at, until) if until is not None else None
    return FiveOnesItem(ActivityKind.TALK, at.astimezone(SHANGHAI).date(), confirmed, span, "talk")
