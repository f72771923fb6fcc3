"""青年之声: writing a new standing into the row, and telling those who have it (6.4)."""

from datetime import datetime
from typing import Final

from sqlalchemy import select

from bot.core.acts.prompt import asked, close_question, put_next
from bot.core.rules.say import Say
from bot.features.voice.reads.holders import holders_of
from bot.features.voice.rules.voice import VoiceStanding, VoiceState
from bot.features.voice.tables import Voice
from bot.store.delivery import Prompt
from bot.store.unit import Unit

RATING: Final = "voice.rating"
UP: Final = "voice.up"
UP_NAMELESS: Final = "voice.up_nameless"
KIND: Final = "voice.kind"
NAMED: Final = "voice.named"
ABOUT_ITEM: Final = (RATING, UP, UP_NAMELESS, KIND, NAMED)
"""Questions about an item that is kept already; their subject is the item."""


def write(voice: Voice, standing: VoiceStanding, now: datetime) -> None:
    """Take over what the rules decided; a closed item gets its moment, one that waits again begins a new term."""
    was_waiting = voice.state in (VoiceState.OPEN, VoiceState.ESCALATED)
    moved_up = standing.raised != voice.raised
    voice.state, voice.raised = standing.state.value, standing.raised
    voice.outcome = standing.outcome.value if standing.outcome else None
    if standing.state is VoiceState.CLOSED:
        voice.closed_at = voice.closed_at or now
    else:
        voice.closed_at = None
    if standing.waits and (moved_up or not was_waiting):
        voice.held_since, voice.reminded_at, voice.told_above_at = now, None, None


async def tell_holders(unit: Unit, voice: Voice, say: Say) -> None:
    """Say something to everybody who has the item now."""
    for person_id in await holders_of(unit.session, voice, now=unit.now):
        await unit.push_person(person_id, say, cls="L")


async def cancel_about(unit: Unit, voice: Voice, *kinds: str) -> None:
    """Take back what its author is still being asked about an item.

    One that is being answered at this moment is left to its own turn: it finds the item as it is by then.
    """
    rows = await unit.session.execute(
        select(Prompt)
        .where(
            Prompt.subject_id == voice.id,
            Prompt.kind.in_(kinds or ABOUT_ITEM),
            Prompt.state.in_(("open", "queued")),
        )
        .with_for_update(skip_locked=True)
    )
    for prompt in rows.scalars().all():
        if await close_question(unit, await asked(unit.session, unit.vault, prompt), state="cancelled"):
            await put_next(unit, prompt.account_id)
