"""改指标: refused with the notice's clause, and logged (R6.9, P40, S4.7). Nothing of the words is kept."""

from dataclasses import dataclass
from typing import ClassVar

from bot.core.rules.five_ones import NUMBER
from bot.core.rules.people import Actor, Role
from bot.core.rules.say import Say
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class TargetFixed(Say):
    """To whoever wants another number: it is the notice's, the clause says why, and that this stays in the audit."""

    template: ClassVar[str] = "five_ones/target_fixed"
    number: int
    organ: bool
    """Whether they answer for an organ: then they hear what they may do instead."""


async def refuse_target(unit: Unit, actor: Actor) -> TargetFixed:
    """``改指标 …``, or the same in plain words."""
    organ = actor.has(Role.ORGAN_ADMIN)
    role = Role.ORGAN_ADMIN if organ else next((grant.role for grant in actor.grants), "")
    await unit.audit(actor, "quota.refused", role=role, ref="chat")
    return TargetFixed(NUMBER, organ)
