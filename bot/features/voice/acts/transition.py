"""青年之声: writing a new standing into the row, and telling those who have it (6.4)."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from bot.core.acts.arrivals import tell_change
from bot.core.acts.hand_over import HandOverData
from bot.core.acts.prompt import cancel
from bot.core.question import Asks, Question, as_long_as, ends
from bot.core.rules.say import Say
from bot.features.voice.reads.holders import holders_of
from bot.features.voice.rules.voice import VoiceStanding, VoiceState
from bot.features.voice.tables import Voice
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class UpData:
    """At whose wish the author is asked (``HOLDER``, ``AUTHOR`` or ``CLOCK``), and what the holder adds."""

    wish: str
    note: str = field(repr=False)


_ALIVE: Final = as_long_as(Voice.id, Voice.state != VoiceState.CLOSED.value)
_ANSWERED: Final = as_long_as(Voice.id, Voice.state == VoiceState.ANSWERED.value)
_WAITS: Final = as_long_as(Voice.id, Voice.state.in_((VoiceState.OPEN.value, VoiceState.ESCALATED.value)))
RATING: Final = Question("voice.rating", Asks.YOUTH, silence=ends, reason=_ANSWERED, optional=True)
UP: Final = Question("voice.up", Asks.YOUTH, UpData, no="no", reason=_ALIVE)
UP_NAMELESS: Final = Question("voice.up_nameless", Asks.YOUTH, UpData, no="no", reason=_ALIVE)
KIND: Final = Question("voice.kind", Asks.YOUTH, silence=ends, reason=_ALIVE, optional=True)
NAMED: Final = Question("voice.named", Asks.YOUTH, silence=ends, reason=_ALIVE, optional=True)
HAND_OVER: Final = Question(
    "voice.hand_over", Asks.YOUTH, HandOverData, silence=ends, no="keep", cancel="keep", reason=_WAITS
)
LEAVING: Final = Question("voice.leaving", Asks.YOUTH, reason=_WAITS)
ABOUT_ITEM: Final = (RATING, UP, UP_NAMELESS, KIND, NAMED, HAND_OVER, LEAVING)
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
        await tell_change(unit, person_id, say, cls="L")


async def cancel_about(unit: Unit, voice: Voice, *kinds: Question[Any]) -> None:
    """Take back what its author is still being asked about an item.

    One that is being answered at this moment is left to its own turn: it finds the item as it is by then.
    """
    await cancel(unit, *(kinds or ABOUT_ITEM), subject_id=voice.id, skip_busy=True)
