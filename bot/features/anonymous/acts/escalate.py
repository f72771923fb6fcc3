"""上报 of an anonymous voice: it goes to the organ above, sealed anew under that organ's key (6.4)."""

from dataclasses import dataclass
from typing import ClassVar

from bot.core.reads.duty import holders_at
from bot.core.rules.people import Role
from bot.core.rules.say import Say
from bot.features.anonymous.reads.anonymous import Recipient, recipient_above
from bot.features.anonymous.rules.anonymous import AnonymousState
from bot.features.anonymous.tables import TEXT_BYTES, AnonymousVoice, place_of
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class AnonymousCameUp(Say):
    """To the admins of the organ above: they have it now."""

    template: ClassVar[str] = "anonymous/came_up"
    ref: int
    org: str


async def hand_up(unit: Unit, voice: AnonymousVoice) -> Recipient | None:
    """Give it to the nearest organ above that can take it; None when there is none. The caller flushes and audits."""
    to = await recipient_above(unit.session, voice.org_id, now=unit.now)
    if to is None or voice.ref is None:
        return None
    for column in ("text", "answers", "note"):
        place = place_of(voice.key, column)
        plain = await unit.open(place, getattr(voice, column))
        if plain is not None:
            setattr(voice, column, await unit.seal(to.key_id, place, plain, least=TEXT_BYTES))
    voice.org_id, voice.raised = to.org_id, voice.raised + 1
    voice.state, voice.held_since, voice.reminded = AnonymousState.ESCALATED.value, unit.now.date(), 0
    for person_id in await holders_at(unit.session, to.org_id, Role.ORGAN_ADMIN, now=unit.now):
        await unit.push_person(person_id, AnonymousCameUp(voice.ref, to.name), cls="O")
    return to
