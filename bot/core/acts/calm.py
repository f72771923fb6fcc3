"""待答问题: which question may be put now: after words of danger, in the night, beside one's own (P22, P27)."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.feature import Look, questions
from bot.core.question import Asks
from bot.core.reads.questions import IN_LINE, WAITING
from bot.store import outbox
from bot.store.delivery import OutboxMessage, Prompt
from bot.store.people import Person
from bot.store.unit import Unit

_UNASKED: Final = ("O", "prompt")
"""Class of what nobody asked for, and kind of a question's words: what may still wait when danger is spoken of."""


async def yields(unit: Unit, prompt: Prompt, key: str) -> bool:
    """Whether the open question gives its turn to one that follows from what the person has just said.

    It does while its own words (``key``) wait for the morning; they are sent again when its turn comes.
    """
    if unit.speaker_id != prompt.person_id:
        return False
    if not await outbox.waits(unit.session, key, person_id=prompt.person_id, now=unit.now):
        return False
    await outbox.take_back(unit.session, key, person_id=prompt.person_id)
    return True


def is_calm(person: Person, now: datetime) -> bool:
    """Whether this person spoke of danger lately: nothing that the bot wants to know is put to them."""
    return person.calm_until is not None and person.calm_until > now


def rests(person: Person, prompt: Prompt, now: datetime) -> bool:
    """Whether a question waits until it is calm no more: not what they began since, nor the work of an office."""
    if prompt.urgent or prompt.own or not is_calm(person, now):
        return False
    question = questions().get(prompt.kind)
    return question is None or question.asks is not Asks.OFFICE


async def leave_in_peace(unit: Unit, person: Person, until: datetime, *, but: Collection[str]) -> None:
    """From now until then nothing is wanted of this person; what was asked or was about to be said waits that long.

    ``but``: kinds of questions that stay.
    """
    person.calm_until = until
    await unit.session.flush()
    stays = [kind for kind, question in questions().items() if question.asks is Asks.OFFICE or kind in but]
    mine = Prompt.person_id == person.id, WAITING, Prompt.kind.not_in(stays)
    await unit.session.execute(update(Prompt).where(*mine).values(state=IN_LINE, own=False, urgent=False))
    unasked, words = _UNASKED
    waits = (
        OutboxMessage.person_id == person.id,
        OutboxMessage.state == "ready",
        (OutboxMessage.cls == unasked) | (OutboxMessage.kind == words),
        OutboxMessage.not_before < until,
    )
    later = update(OutboxMessage).where(*waits).values(not_before=until, expires_at=until + outbox.PUSH_LIFE)
    await unit.session.execute(later.execution_options(synchronize_session=False))


async def calm_over(session: AsyncSession, look: Look) -> Sequence[int]:
    """People whose day of calm has passed."""
    rows = await session.execute(
        select(Person.id)
        .where(Person.calm_until.is_not(None), Person.calm_until <= look.now)
        .order_by(Person.calm_until)
        .limit(look.limit)
    )
    return rows.scalars().all()
