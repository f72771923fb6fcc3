"""指导的提醒: told to that cadre only, each once; nobody else hears who has not begun (R1.2, R1.9, K4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import ClassVar

from sqlalchemy import ColumnElement, String, cast, exists, func, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.feature import Look
from bot.core.reads.campaigns import known_campaigns
from bot.core.reads.office import in_force, reachable
from bot.core.rules.people import Role
from bot.core.rules.say import Lost, Say
from bot.features.guidance.reads.data import checklist_of
from bot.features.guidance.reads.duty import must_guide
from bot.features.guidance.reads.progress import assignment_of, entries_of
from bot.features.guidance.rules.checklist import Checklist, GuidanceGroup
from bot.features.guidance.rules.reminding import GuidanceStage, stage_of
from bot.features.guidance.tables import GuidanceAssignment, GuidanceEntry
from bot.store.delivery import OutboxMessage
from bot.store.people import RoleGrant
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class GuidanceReminder(Say):
    """To the cadre: nothing chosen yet (``chosen`` False), or what is open and due next; a reminder, no demand."""

    template: ClassVar[str] = "guidance/reminder"
    lost: ClassVar[Lost | None] = Lost.LISTED
    title: str
    chosen: bool
    open: int
    next_name: str
    next_by: date | None
    last: date
    ends_soon: bool
    """Then good practices are asked for as well (R1.4)."""


async def cadres_to_remind(session: AsyncSession, look: Look) -> Sequence[int]:
    """Who is reminded on this day and was not yet."""
    checklist = checklist_of(look.now.year, known_campaigns(look.installation))
    stage = stage_of(checklist, look.now.date())
    if stage is None:
        return []
    key = literal(_key(look.now.year, stage)).concat(cast(RoleGrant.person_id, String))
    rows = await session.execute(
        select(RoleGrant.person_id)
        .where(
            RoleGrant.role == Role.CADRE.value,
            in_force(look.now),
            must_guide(),
            reachable(RoleGrant.person_id),
            _lacks(stage, checklist, look.now.year),
            ~exists().where(OutboxMessage.idem_key == key),
        )
        .distinct()
        .order_by(RoleGrant.person_id)
        .limit(look.limit)
    )
    return rows.scalars().all()


async def remind(unit: Unit, cadre_id: int, look: Look) -> bool:
    """One of them."""
    year, today = look.now.year, look.now.date()
    checklist = checklist_of(year, known_campaigns(look.installation))
    stage = stage_of(checklist, today)
    if stage is None:
        return False
    chosen = await assignment_of(unit.session, cadre_id, year)
    done = {entry.item for entry in await entries_of(unit.session, chosen)} if chosen is not None else set[str]()
    due = checklist.next_due(done, today)
    if due is None:
        return False
    left, ends = len(checklist.open(done)), stage is GuidanceStage.LAST_MONTH
    say = GuidanceReminder(checklist.title, chosen is not None, left, due[0].name, due[1], checklist.last, ends)
    return await unit.push_person(cadre_id, say, idem_key=f"{_key(year, stage)}{cadre_id}")


def _key(year: int, stage: GuidanceStage) -> str:
    return f"guidance:{year}:{stage.value}:"


def _lacks(stage: GuidanceStage, checklist: Checklist, year: int) -> ColumnElement[bool]:
    """What this reminder is about: no choice yet, the lesson, or anything."""
    mine = (GuidanceAssignment.cadre_id == RoleGrant.person_id, GuidanceAssignment.year == year)
    chosen = exists().where(*mine)
    entered = GuidanceEntry.assignment_id == GuidanceAssignment.id
    if stage is GuidanceStage.START:
        return ~chosen
    if stage is GuidanceStage.LESSON:
        lessons = [item.key for item in checklist.items if item.group is GuidanceGroup.LESSON]
        return chosen & ~exists().where(*mine, entered, GuidanceEntry.item.in_(lessons))
    done = (
        select(func.count(GuidanceEntry.item.distinct()))
        .where(*mine, entered, GuidanceEntry.item.in_([item.key for item in checklist.items]))
        .scalar_subquery()
    )
    return done < len(checklist.items)
