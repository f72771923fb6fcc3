"""指导 计入: guidance of the grassroots by an organ's cadre fills one of the organ's five, once (R2.3, A3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from sqlalchemy import exists, select

from bot.core.reads.office import in_force
from bot.core.reads.orgs import organ_that_owes
from bot.core.rules.five_ones import USUAL_SLOTS, Slot
from bot.core.rules.people import Actor, Role
from bot.core.rules.refusal import Refusal
from bot.core.rules.say import Say
from bot.core.rules.text import plain_key
from bot.features.activity.rules.activity import ActivityNotFound, ActivityState
from bot.features.activity.tables import Activity, ActivityCadre
from bot.features.guidance.tables import GuidanceEntry
from bot.store.people import RoleGrant
from bot.store.unit import Unit

VIA: Final = "guidance"
"""What ``Activity.counted_via`` says of it."""


@dataclass(frozen=True, slots=True)
class SlotFilled(Say):
    """To the organ: which of its five the activity fills; ``again``: it filled one before, perhaps another."""

    template: ClassVar[str] = "guidance/slot_filled"
    ref: int
    slot: Slot
    again: bool


class GuidanceSlotUnknown(Refusal):
    """No such slot; field ``names``: what the five are called."""

    code = "guidance.slot_unknown"


async def fill_slot(unit: Unit, actor: Actor, number: int, said: str, names: Mapping[str, str]) -> SlotFilled:
    """``指导 计入 <A> [哪一项]``: an activity of a cadre of the own organ, over, by which an item of guidance was done.

    What is foreign, not over, or stands for no item is not found; so is what the organ announced itself. It counts
    once for the organ and once for its cadre, as every joint activity does; saying it again changes the slot.
    """
    organ = await organ_that_owes(unit.session, actor)
    tied = exists().where(GuidanceEntry.activity_id == Activity.id)
    ours = exists().where(
        RoleGrant.person_id == Activity.cadre_id,
        RoleGrant.org_id == organ.id,
        RoleGrant.role == Role.CADRE.value,
        in_force(unit.now),
    )
    rows = select(Activity).where(Activity.ref == number, Activity.state == ActivityState.ENDED, tied, ours)
    activity = (await unit.session.execute(rows.with_for_update(of=Activity))).scalar_one_or_none()
    if activity is None or (activity.slot is not None and activity.counted_via != VIA):
        raise ActivityNotFound
    slot = _slot_said(said, names) if said else USUAL_SLOTS.get(activity.kind, Slot.SELF_DESIGNED)
    again = activity.slot is not None
    activity.org_id, activity.slot, activity.counted_via = organ.id, slot.value, VIA
    me = {"activity_id": activity.id, "person_id": activity.cadre_id}
    if await unit.session.get(ActivityCadre, tuple(me.values())) is None:  # an organ's counts for who took part in it
        unit.session.add(ActivityCadre(**me, starts_at=activity.starts_at))
    await unit.session.flush()
    await unit.audit(actor, "guidance.filled_slot", role=Role.ORGAN_ADMIN, ref=f"A{number}", slot=slot.value)
    return SlotFilled(number, slot, again)


def _slot_said(said: str, names: Mapping[str, str]) -> Slot:
    """By its name or the beginning of it, or by its number."""
    wanted = plain_key(said).replace(" ", "")
    for at, slot in enumerate(Slot, start=1):
        if wanted == str(at) or (len(wanted) > 1 and plain_key(names[slot.value]).startswith(wanted)):
            return slot
    raise GuidanceSlotUnknown(names=tuple(names[slot.value] for slot in Slot))
