"""指导 选: the one committee a cadre guides this year, and one branch of it (R1.2, R1.6)."""

from dataclasses import dataclass
from typing import ClassVar

from bot.core.rules.campaign import Campaigns
from bot.core.rules.people import Actor, Role
from bot.core.rules.say import Say
from bot.core.rules.text import first_word
from bot.features.guidance.reads.data import checklist_of
from bot.features.guidance.reads.grassroots import branches_of, chosen, linked_with
from bot.features.guidance.reads.progress import assignment_of, entries_of
from bot.features.guidance.tables import GuidanceAssignment
from bot.store.base import new_id
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class GuidanceChosen(Say):
    """To the cadre: whom they guide this year; ``branches``: those to choose from while none is chosen.

    ``changed``: another one was chosen before, of which so many entries stay.
    """

    template: ClassVar[str] = "guidance/chosen"
    title: str
    year: int
    org: str
    branch: str
    branches: tuple[str, ...]
    items: int
    changed: bool
    kept: int


async def choose_guidance(unit: Unit, actor: Actor, typed: str, campaigns: Campaigns | None = None) -> GuidanceChosen:
    """``指导 选 <组织> [支部]``: a committee one is linked with, and a branch of that committee.

    Refuses ``guidance.org_not_found`` (unknown, foreign and unlinked alike) and ``guidance.org_ambiguous``. Choosing
    again in the same year changes the choice; what was entered stays.
    """
    head, rest = first_word(typed)
    org = chosen(await linked_with(unit.session, actor.person_id), head)
    below = await branches_of(unit.session, org)
    branch = chosen(below, rest) if rest.strip() else None
    year = unit.now.year
    before = await assignment_of(unit.session, actor.person_id, year)
    kept = len(await entries_of(unit.session, before)) if before is not None else 0
    changed = before is not None and before.org_id != org.id
    if before is None:
        before = GuidanceAssignment(id=new_id(), cadre_id=actor.person_id or 0, year=year)
        unit.session.add(before)
    same = before.org_id == org.id
    before.org_id, before.chosen_at = org.id, unit.now
    before.branch_id = branch.id if branch is not None else (before.branch_id if same else None)
    await unit.session.flush()
    await unit.audit(actor, "guidance.chosen", role=Role.CADRE, org=org.id, year=year)
    checklist = checklist_of(year, campaigns)
    named = next((one.name for one in below if one.id == before.branch_id), "")
    offered = () if named else tuple(one.name for one in below)[:6]
    return GuidanceChosen(checklist.title, year, org.name, named, offered, len(checklist.items), changed, kept)
