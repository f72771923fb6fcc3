"""心声: what its author says about an item that is kept: the kind, the name, whether an answer helped (6.4)."""

from dataclasses import dataclass
from typing import Any, ClassVar

from bot.core.question import Asked
from bot.core.rules.people import Actor, Role
from bot.core.rules.refusal import NotFound
from bot.core.rules.say import Say
from bot.features.voice.acts.escalate import AUTHOR, ask_up
from bot.features.voice.acts.transition import tell_holders, write
from bot.features.voice.reads.route import next_holder
from bot.features.voice.reads.voice import find_own, holder_name, locked, standing_of
from bot.features.voice.rules.voice import VoiceKind, VoiceRating, VoiceState, rated, reopened
from bot.features.voice.tables import Voice
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class KindTaken(Say):
    """The kind is noted."""

    template: ClassVar[str] = "voice/kind_taken"
    ref: int
    kind: VoiceKind


@dataclass(frozen=True, slots=True)
class NameSettled(Say):
    """Whether the complaint carries its sender's name."""

    template: ClassVar[str] = "voice/name_settled"
    ref: int
    named: bool


@dataclass(frozen=True, slots=True)
class RatingTaken(Say):
    """What the author said; ``asking``: whether it goes up comes next, ``to`` who has it now."""

    template: ClassVar[str] = "voice/rating_taken"
    ref: int
    rating: VoiceRating
    asking: bool
    to: str


@dataclass(frozen=True, slots=True)
class VoiceRated(Say):
    """To the holder: what the author said."""

    template: ClassVar[str] = "voice/rated"
    ref: int
    rating: VoiceRating


@dataclass(frozen=True, slots=True)
class VoiceOver(Say):
    """The question is out of date: the item is closed or was taken back meanwhile."""

    template: ClassVar[str] = "voice/over"


@dataclass(frozen=True, slots=True)
class Reopened(Say):
    """To the author: it is open again."""

    template: ClassVar[str] = "voice/reopened"
    ref: int
    to: str


@dataclass(frozen=True, slots=True)
class OpenAgain(Say):
    """To the holder: its author has opened it again."""

    template: ClassVar[str] = "voice/open_again"
    ref: int


async def answer_kind(unit: Unit, actor: Actor, question: Asked[Any], answer: str) -> Say:
    """Which kind it is: it describes the item, not the person (P30)."""
    voice = await _own(unit, question)
    if voice is None:
        return VoiceOver()
    voice.kind = VoiceKind(answer).value
    await unit.session.flush()
    return KindTaken(voice.ref, VoiceKind(answer))


async def answer_named(unit: Unit, actor: Actor, question: Asked[Any], answer: str) -> Say:
    """Whether the organ may see who complains; without a yes it may not."""
    voice = await _own(unit, question)
    if voice is None:
        return VoiceOver()
    voice.named = answer == "named"
    await unit.session.flush()
    if voice.named:
        await unit.audit(actor, "voice.named", subject_id=voice.author_id, ref=f"V{voice.ref}")
    return NameSettled(voice.ref, voice.named)


async def answer_rating(unit: Unit, actor: Actor, question: Asked[Any], answer: str) -> Say:
    """有用 and 不评价 close it; 没解决 opens it again and asks whether it may go one level up."""
    voice = await _own(unit, question)
    if voice is None or voice.state != VoiceState.ANSWERED:
        return VoiceOver()
    rating = VoiceRating(answer)
    write(voice, rated(standing_of(voice), rating), unit.now)
    asking = False
    if rating is VoiceRating.UNSOLVED:
        asking = await _opened_again(unit, voice)
    await unit.session.flush()
    await unit.audit(actor, "voice.rated", role=_role(actor), subject_id=voice.author_id, ref=f"V{voice.ref}")
    await tell_holders(unit, voice, VoiceRated(voice.ref, rating))
    return RatingTaken(voice.ref, rating, asking, await holder_name(unit.session, unit.vault, voice))


async def reopen_voice(unit: Unit, actor: Actor, ref: int) -> Say:
    """``重开心声 <V>``: only its author opens a closed item, within thirty days."""
    voice = await find_own(unit.session, actor.person_id, ref, lock=True) if actor.person_id is not None else None
    if voice is None:
        raise NotFound
    write(voice, reopened(standing_of(voice), voice.closed_at, unit.now), unit.now)
    voice.reopened, voice.up_refused = voice.reopened + 1, False
    await unit.session.flush()
    await unit.audit(actor, "voice.reopened", role=_role(actor), subject_id=voice.author_id, ref=f"V{ref}")
    await tell_holders(unit, voice, OpenAgain(ref))
    return Reopened(ref, await holder_name(unit.session, unit.vault, voice))


async def _opened_again(unit: Unit, voice: Voice) -> bool:
    voice.reopened, voice.up_refused = voice.reopened + 1, False
    await unit.session.flush()
    route = await next_holder(unit.session, voice, now=unit.now)
    return route is not None and await ask_up(unit, voice, route, AUTHOR, kind="reply")


async def _own(unit: Unit, question: Asked[Any]) -> Voice | None:
    """The item a question is about, if it still is this person's and not closed."""
    voice = await locked(unit.session, question.subject_id) if question.subject_id is not None else None
    if voice is None or voice.author_id != question.person_id or voice.state == VoiceState.CLOSED:
        return None
    return voice


def _role(actor: Actor) -> Role | str:
    return Role.YOUTH if actor.has(Role.YOUTH) else ""
