"""采用, 没采用, 答复支持: the organ's word on what was sent up, told back to whoever sent it (R1.4, R2.4)."""

from dataclasses import dataclass, field
from typing import ClassVar

from bot.core.rules.people import Actor, Role
from bot.core.rules.say import Say
from bot.features.upward.reads.sent import LETTERS, find_sent
from bot.features.upward.rules.upward import UpwardState, checked_text, decided
from bot.features.upward.tables import SentUp
from bot.store.people import OrgUnit
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class UpwardDecided(Say):
    """To the organ: done; ``told``: whether whoever sent it could be told."""

    template: ClassVar[str] = "upward/decided"
    ref: str
    state: UpwardState
    told: bool


@dataclass(frozen=True, slots=True)
class UpwardAnswered(Say):
    """To whoever sent it: what the organ said."""

    template: ClassVar[str] = "upward/answered"
    ref: str
    state: UpwardState
    org: str
    reply: str = field(repr=False)


async def decide(
    unit: Unit, actor: Actor, table: type[SentUp], number: int, state: UpwardState, text: str | None
) -> UpwardDecided:
    """The organ's one word on a thing; refuses ``upward.not_found``, ``upward.done`` and words that may not go out."""
    row = await find_sent(unit.session, actor, table, number)
    ref = f"{LETTERS[table]}{row.ref}"
    decided(ref, UpwardState(row.state))
    reply = checked_text(text, least=2) if text else ""
    organ = await unit.session.get_one(OrgUnit, row.org_id)
    row.state, row.answered_at = state.value, unit.now
    if reply:
        row.reply = await unit.seal(organ.key_id, f"{table.__tablename__}:{row.id}:reply", reply)
    await unit.session.flush()
    await unit.audit(actor, "upward.decided", role=Role.ORGAN_ADMIN, ref=ref, state=state.value)
    told = row.sender_id is not None and await unit.push_person(
        row.sender_id, UpwardAnswered(ref, state, organ.name, reply)
    )
    return UpwardDecided(ref, state, told)
