"""免除列表, and waivers in the export of a person."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Final

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import SHANGHAI
from bot.core.reads.orgs import organs_of
from bot.core.reads.people import name_to_choose
from bot.core.reads.unreadable import shown
from bot.core.rules.five_ones import Window
from bot.core.rules.people import Actor
from bot.core.rules.say import Say
from bot.features.five_ones.tables import QuotaWaiver
from bot.store.people import OrgUnit
from bot.store.sealing import Vault

PAGE: Final = 20


@dataclass(frozen=True, slots=True)
class WaiverLine:
    """One waiver in force."""

    name: str = field(repr=False)
    window: Window
    fewer: int
    reason: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Waivers(Say):
    """``免除列表``: of the own organ and below, the windows that are not over."""

    template: ClassVar[str] = "five_ones/waivers"
    lines: tuple[WaiverLine, ...]
    count: int


def place_of(waiver_id: int) -> str:
    """Where a reason is sealed."""
    return f"quota_waivers:{waiver_id}:reason"


async def waivers(session: AsyncSession, vault: Vault, actor: Actor, *, now: datetime) -> Waivers:
    """What the actor's organs and those below have waived, the next to end first."""
    organs = await organs_of(session, actor)
    below = select(OrgUnit.id).where(
        or_(False, *(OrgUnit.path.startswith(organ.path, autoescape=True) for organ in organs))
    )
    where = (
        QuotaWaiver.org_id.in_(below),
        QuotaWaiver.last_day >= now.astimezone(SHANGHAI).date(),
        QuotaWaiver.undone_at.is_(None),
    )
    count = (await session.execute(select(func.count()).select_from(QuotaWaiver).where(*where))).scalar_one()
    rows = await session.execute(
        select(QuotaWaiver).where(*where).order_by(QuotaWaiver.last_day, QuotaWaiver.id).limit(PAGE)
    )
    lines = [
        WaiverLine(
            await name_to_choose(session, vault, one.cadre_id),
            Window(one.first_day, one.last_day),
            one.fewer,
            await shown(session, vault, place_of(one.id), one.reason),
        )
        for one in rows.scalars()
    ]
    return Waivers(tuple(lines), count)


async def export_waivers(session: AsyncSession, vault: Vault, person_id: int) -> list[dict[str, Any]]:
    """What was waived for this person, and why."""
    rows = await session.execute(
        select(QuotaWaiver).where(QuotaWaiver.cadre_id == person_id).order_by(QuotaWaiver.first_day, QuotaWaiver.id)
    )
    return [
        {
            "from": one.first_day,
            "until": one.last_day,
            "fewer": one.fewer,
            "reason": await shown(session, vault, place_of(one.id), one.reason),
            "undone": one.undone_at,
        }
        for one in rows.scalars()
    ]
