"""Due work of activities that are over: the rest is asked; after seven days names go and the cadre hears why."""

from dataclasses import dataclass
from typing import ClassVar, Final

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.feature import Look
from bot.core.reads.questions import is_waiting
from bot.core.rules.say import Say
from bot.features.activity.acts.confirm import CONFIRM, ask_parts
from bot.features.activity.acts.forget import let_names_go
from bot.features.activity.acts.notes import note_in_a_row
from bot.features.activity.reads.activity import ActivityLine, counts_of, line_of, locked
from bot.features.activity.rules.activity import CONFIRM_LIFE, SEATED, ActivityState, PartState
from bot.features.activity.tables import Activity, ActivityPart
from bot.store.unit import Unit

ASKED_AT_ONCE: Final = 50


@dataclass(frozen=True, slots=True)
class NotCounted(Say):
    """To the cadre: nobody confirmed it within seven days, so it does not count; how it still may."""

    template: ClassVar[str] = "activity/not_counted"
    line: ActivityLine


async def to_ask(session: AsyncSession, look: Look) -> list[int]:
    """Activities that are over, with somebody who was not asked yet."""
    waits = exists().where(
        ActivityPart.activity_id == Activity.id,
        ActivityPart.state.in_(SEATED),
        ActivityPart.asked_at.is_(None),
        ActivityPart.person_id.is_not(None),
    )
    return await _unsettled(session, look, waits)


async def ask_rest(unit: Unit, activity_id: int, _look: Look) -> bool:
    """The next ones."""
    activity = await locked(unit.session, activity_id)
    if activity is None or activity.state != ActivityState.ENDED or activity.settled_at is not None:
        return False
    return await ask_parts(unit, activity, most=ASKED_AT_ONCE) != (0, 0)


async def to_settle(session: AsyncSession, look: Look) -> list[int]:
    """Activities whose seven days are over."""
    return await _unsettled(session, look, Activity.ended_at <= look.now - CONFIRM_LIFE)


async def settle(unit: Unit, activity_id: int, _look: Look) -> bool:
    """Names of those who said nothing go; where nobody confirmed, the cadre hears it once."""
    activity = await locked(unit.session, activity_id)
    if activity is None or activity.state != ActivityState.ENDED or activity.settled_at is not None:
        return False
    if await is_waiting(unit.session, CONFIRM, subject_id=activity.id, now=unit.now):
        return False
    activity.settled_at = unit.now
    await let_names_go(unit, activity)
    await unit.session.flush()
    counts = await counts_of(unit.session, activity.id)
    if counts[PartState.CONFIRMED]:
        await note_in_a_row(unit, activity)
    else:
        await unit.push_person(
            activity.cadre_id, NotCounted(await line_of(unit.session, unit.vault, activity, unit.now))
        )
    return True


async def _unsettled(session: AsyncSession, look: Look, *where: ColumnElement[bool]) -> list[int]:
    rows = await session.execute(
        select(Activity.id)
        .where(Activity.ended_at.is_not(None), Activity.settled_at.is_(None), *where)
        .order_by(Activity.ended_at)
        .limit(look.limit)
    )
    return list(rows.scalars())
