"""匿名: a voice is taken, and nothing in any table says by whom or when (P23, reliability 13.3).

The event's key and an ordinary receipt are written with it as with every command; neither leads to the row. The audit
row is written at the release. The pick-up code goes from here into memory and from there to its holder, once.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any, ClassVar

from bot.core.rules.people import Actor
from bot.core.rules.privacy import secrecy_marking
from bot.core.rules.say import Say
from bot.features.anonymous.acts import release as anonymous_out
from bot.features.anonymous.reads.anonymous import Recipient, recipient_of
from bot.features.anonymous.rules.anonymous import (
    AnonymousNobody,
    AnonymousRules,
    AnonymousSecrecy,
    AnonymousState,
    grouped,
    make_pickup_code,
    next_batches,
    week_of,
)
from bot.features.anonymous.tables import TEXT_BYTES, alone, code_hash, new_voice_key, place_of, scatter
from bot.features.voice.rules.voice import checked_voice
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class Received(Say):
    """The receipt, an ordinary row; the code comes apart from it and may be lost."""

    template: ClassVar[str] = "anonymous/received"
    org: str
    out_on: date
    urgent: bool


@dataclass(frozen=True, slots=True)
class CodeGiven(Say):
    """The pick-up code: said once, from memory, in no row."""

    template: ClassVar[str] = "anonymous/code"
    code: str


@dataclass(frozen=True, slots=True)
class Taken:
    """A voice that is stored: what its writer is told, in a row and beside it."""

    receipt: Received
    code: CodeGiven


async def reader_of(unit: Unit, actor: Actor, rules: AnonymousRules) -> Recipient:
    """The organ that will read it; refused when there is none."""
    to = await recipient_of(unit.session, actor, rules, now=unit.now)
    if to is None:
        raise AnonymousNobody
    return to


def checked(words: str) -> str:
    """The words if they may be kept at all: neither too short nor too long, without a secrecy marking (P37)."""
    return checked_voice(words, {secrecy_marking: AnonymousSecrecy})


async def receive(unit: Unit, to: Recipient, words: str, rules: AnonymousRules, *, urgent: bool = False) -> Taken:
    """Take a voice for this organ. ``urgent``: its writer has been told that it is seen at once, and wants that.

    The log of writes is emptied after the commit: it would show the new row apart from those that waited already.
    """
    await alone(unit.session)
    key, code = new_voice_key(), make_pickup_code()
    await scatter(unit.session, await _row(unit, to, key, code, words, urgent=urgent))
    if urgent:
        await anonymous_out.release_urgent(unit, key, to)
    unit.erased = True
    return Taken(Received(to.name, next_batches(unit.now, rules)[0].date(), urgent), CodeGiven(grouped(code)))


async def _row(unit: Unit, to: Recipient, key: bytes, code: str, words: str, *, urgent: bool) -> dict[str, Any]:
    return {
        "key": key,
        "org_id": to.org_id,
        "state": AnonymousState.WAITING.value,
        "week": week_of(unit.now.date()),
        "code_hash": code_hash(unit.vault, code),
        "urgent": urgent,
        "text": await unit.seal(to.key_id, place_of(key, "text"), words, least=TEXT_BYTES),
        "cut": False,
        "said": None,
        "ref": None,
        "category": None,
        "answers": None,
        "note": None,
        "outcome": None,
        "released_on": None,
        "held_since": None,
        "answered_on": None,
        "closed_on": None,
        "reminded": 0,
        "raised": 0,
        "reopened": 0,
    }
