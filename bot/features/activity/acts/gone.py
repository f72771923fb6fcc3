"""活动 of a cadre who has left office: they go to the co-host or the organ, and youths hear to whom (P12)."""

from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy import select

from bot.core.events import OfficeEnded
from bot.core.reads.office import holds
from bot.core.reads.people import name_of
from bot.core.reads.successor import successor
from bot.core.rules.people import Role
from bot.core.rules.say import Say
from bot.features.activity.acts.change import tell_parts
from bot.features.activity.reads.activity import ActivityLine, line_of, locked
from bot.features.activity.rules.activity import ActivityState
from bot.features.activity.tables import Activity
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class PassedOn(Say):
    """To whoever signed up: somebody else organises it now; nothing else has changed."""

    template: ClassVar[str] = "activity/passed_on"
    line: ActivityLine
    by: str


@dataclass(frozen=True, slots=True)
class TakenOver(Say):
    """To who organises it from now on."""

    template: ClassVar[str] = "activity/taken_over"
    line: ActivityLine


async def office_ended(unit: Unit, event: OfficeEnded) -> None:
    """Out of office: what is open passes on. Who is only away keeps it; their co-hosts may act all the same."""
    await unit.session.flush()
    for person_id in event.person_ids:
        still = (await unit.session.execute(select(holds(person_id, unit.now, Role.CADRE)))).scalar_one()
        if not still:
            await _pass_all(unit, person_id)


async def _pass_all(unit: Unit, cadre_id: int) -> None:
    rows = await unit.session.execute(
        select(Activity.id)
        .where(Activity.cadre_id == cadre_id, Activity.state == ActivityState.OPEN)
        .order_by(Activity.id)
    )
    for activity_id in rows.scalars().all():
        activity = await locked(unit.session, activity_id)
        if activity is not None:
            await _pass_on(unit, activity)


async def _pass_on(unit: Unit, activity: Activity) -> None:
    """To the co-host who has been there the longest, else to an admin of the organ or of the one above."""
    gone = activity.cadre_id
    to = await successor(unit.session, activity.chat_id, activity.org_id, gone=gone, now=unit.now)
    if to is None:
        return
    activity.cadre_id = to
    await unit.session.flush()
    line = await line_of(unit.session, unit.vault, activity, unit.now)
    await unit.push_person(to, TakenOver(line))
    await tell_parts(unit, activity, PassedOn(line, await name_of(unit.session, unit.vault, to)))
    await unit.audit(None, "activity.passed_on", ref=f"A{activity.ref}")
