"""五个一: talks as a source. One counts once a youth who took part co-signed it, freely (commands.md, P39, R6.5)."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, time, timedelta
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

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

FEW: Final = 20
"""Cadres whose talks are found one cadre at a time."""


async def talks(
    session: AsyncSession, cadre_ids: Collection[int], window: Window, now: datetime
) -> Mapping[int, Sequence[FiveOnesItem]]:
    """The talks these cadres took part in, by the day they began, and those whose youth is still being asked."""
    start = datetime.combine(window.first, time(), SHANGHAI)
    end = datetime.combine(window.last + timedelta(days=1), time(), SHANGHAI)
    found: dict[int, list[FiveOnesItem]] = defaultdict(list)
    for cadre_id, item in [
        *await _held(session, cadre_ids, start, end),
        *await _asked(session, cadre_ids, start, end, now),
    ]:
        found[cadre_id].append(item)
    return found


async def _held(
    session: AsyncSession, cadre_ids: Collection[int], start: datetime, end: datetime
) -> list[tuple[int, FiveOnesItem]]:
    """One that is still recording is not done yet; one that was given up is deleted."""
    youth = aliased(TalkPart)
    by_youths = (
        select(
            func.count().filter(youth.co_sign.in_(CONFIRMED)),
            func.count().filter(youth.co_sign == CoSign.ASKED),
        )
        .where(youth.talk_id == Talk.id, youth.role == SpeakerRole.YOUTH)
        .correlate(Talk)
    )
    signed, asked = (by_youths.with_only_columns(column).scalar_subquery() for column in by_youths.selected_columns)
    rows = select(TalkPart.person_id, Talk.ref, Talk.opened_at, Talk.closed_at, Talk.state, signed, asked).join(
        Talk, Talk.id == TalkPart.talk_id
    )
    if len(cadre_ids) <= FEW:  # else by the talks of the window: what the many did before it is not looked at
        rows = rows.where(TalkPart.person_id.in_(cadre_ids))
    rows = rows.where(
        TalkPart.role == SpeakerRole.CADRE,
        Talk.state != TalkState.OPEN,
        Talk.opened_at >= start,
        Talk.opened_at < end,
    )
    wanted = frozenset(cadre_ids)
    items: list[tuple[int, FiveOnesItem]] = []
    for cadre_id, ref, opened_at, closed_at, state, signs, asks in await session.execute(rows):
        waits = bool(asks) or state == TalkState.STOPPED
        confirmed = Yes.YES if signs else Yes.WAITING if waits else Yes.NO
        if cadre_id in wanted:
            items.append((cadre_id, _talk(opened_at, confirmed, closed_at, f"T{ref}")))
    return items


async def _asked(
    session: AsyncSession, cadre_ids: Collection[int], start: datetime, end: datetime, now: datetime
) -> list[tuple[int, FiveOnesItem]]:
    """记谈心 that waits for the youth's choice: when it was asked, nothing else of it."""
    rows = await session.execute(
        waiting(*NOTE_QUESTIONS, now=now)
        .where(Prompt.subject_id.in_(cadre_ids), Prompt.asked_at >= start, Prompt.asked_at < end)
        .with_only_columns(Prompt.subject_id, Prompt.asked_at)
    )
    return [(cadre_id, _talk(asked_at, Yes.WAITING)) for cadre_id, asked_at in rows if cadre_id is not None]


def _talk(at: datetime, confirmed: Yes, until: datetime | None = None, ref: str = "") -> FiveOnesItem:
    span = (at, until) if until is not None else None
    return FiveOnesItem(ActivityKind.TALK, at.astimezone(SHANGHAI).date(), confirmed, span, "talk", ref)
