"""采用, 没采用, 答复支持: the organ's word on what was sent up, told back to whoever sent it (R1.4, R2.4)."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Final

from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.rules.people import Actor, Role
from bot.core.rules.say import Lost, Say
from bot.features.upward.reads.sent import LETTERS, find_sent
from bot.features.upward.rules.upward import UpwardState, checked_text, decided
from bot.features.upward.tables import GoodPractice, SentUp, SupportRequest
from bot.store.people import OrgUnit
from bot.store.unit import Unit

WORD_ON: Final[dict[type[SentUp], str]] = {
    GoodPractice: "upward.word_on_practice",
    SupportRequest: "upward.word_on_request",
}
"""What the organ's word is about, for the queue."""


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
    lost: ClassVar[Lost | None] = Lost.TOLD
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
        row.sender_id, UpwardAnswered(ref, state, organ.name, reply), about=(WORD_ON[table], row.id)
    )
    return UpwardDecided(ref, state, told)


async def still_practice(session: AsyncSession, row_id: int, _now: datetime) -> bool:
    """Whether the word on a practice still stands."""
    return await _still(session, GoodPractice, row_id)


async def still_request(session: AsyncSession, row_id: int, _now: datetime) -> bool:
    """Whether the answer to a request still stands."""
    return await _still(session, SupportRequest, row_id)


async def practice_became(unit: Unit, row_id: int, arrived: bool) -> None:
    """The word on a practice is out, or cannot go out."""
    await _became(unit, GoodPractice, row_id, arrived)


async def request_became(unit: Unit, row_id: int, arrived: bool) -> None:
    """The answer to a request is out, or cannot go out."""
    await _became(unit, SupportRequest, row_id, arrived)


async def _still(session: AsyncSession, table: type[SentUp], row_id: int) -> bool:
    row = await session.get(table, row_id)
    return row is not None and row.state != UpwardState.RECEIVED.value


async def _became(unit: Unit, table: type[SentUp], row_id: int, arrived: bool) -> None:
    """A word that did not arrive is none: the thing waits for the organ again, so long as its sender is there."""
    row = None if arrived else await unit.session.get(table, row_id, with_for_update=True)
    if row is None or row.sender_id is None or row.state == UpwardState.RECEIVED.value:
        return
    row.state, row.answered_at, row.reply = UpwardState.RECEIVED.value, None, None
    await unit.session.flush()
    await unit.audit(None, "upward.not_arrived", role="system", ref=f"{LETTERS[table]}{row.ref}")
