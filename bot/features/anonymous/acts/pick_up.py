"""取件: what the holder of a code says of the answer, or that the voice shall go (P23, P7, 6.4).

A word is noted at once and carried out with the next batch: an organ that watches its list must not see when its writer
was here. No row of any account is written with it; whoever has the code is its holder. Only words go at once.
"""

from dataclasses import dataclass, field
from datetime import date
from typing import ClassVar, Final

from sqlalchemy import delete, select

from bot.core.question import Asks, Question, always, ends
from bot.core.rules.say import Say
from bot.features.anonymous.acts.escalate import hand_up
from bot.features.anonymous.reads.anonymous import by_code
from bot.features.anonymous.rules.anonymous import (
    AnonymousRules,
    AnonymousState,
    AuthorsWord,
    CodeUnknown,
    NothingToRate,
    next_batches,
    outcome_of,
)
from bot.features.anonymous.tables import AnonymousVoice, alone
from bot.features.voice.rules.voice import REOPEN_WITHIN
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class RateData:
    """The code that was just picked up."""

    code: str = field(repr=False)


RATE: Final = Question("anonymous.rate", Asks.YOUTH, RateData, silence=ends, unwritten=True, reason=always)
"""The bare ``1`` after a pick-up; held in memory only."""


@dataclass(frozen=True, slots=True)
class WordTaken(Say):
    """Noted, and seen by nobody before the next batch."""

    template: ClassVar[str] = "anonymous/word_taken"
    word: AuthorsWord
    out_on: date


@dataclass(frozen=True, slots=True)
class VoiceErased(Say):
    """The words are gone; ``out``: the organ had them before its eyes and sees that they are gone."""

    template: ClassVar[str] = "anonymous/erased"
    out: bool


async def say_word(unit: Unit, code: str, word: AuthorsWord, rules: AnonymousRules) -> Say:
    """``取件 <码> 有用|没解决|不评价|删除``. Said twice it is the same; a later word takes an earlier one's place."""
    await alone(unit.session)
    voice = await by_code(unit.session, unit.vault, code, lock=True)
    if voice is None:
        raise CodeUnknown
    if word is AuthorsWord.ERASED:
        return await _erase(unit, voice)
    if not _may_say(voice, word, unit.now.date()):
        raise NothingToRate
    voice.said = word.value
    await unit.session.flush()
    return WordTaken(word, next_batches(unit.now, rules)[0].date())


def _may_say(voice: AnonymousVoice, word: AuthorsWord, today: date) -> bool:
    """An answer is rated; one that is closed comes back for thirty days if it solved nothing."""
    if voice.state == AnonymousState.ANSWERED:
        return True
    solved_nothing = word in (AuthorsWord.UNSOLVED, AuthorsWord.UNSOLVED_UP)
    closed = voice.closed_on if voice.state == AnonymousState.CLOSED else None
    return solved_nothing and closed is not None and today - closed <= REOPEN_WITHIN


async def _erase(unit: Unit, voice: AnonymousVoice) -> VoiceErased:
    """What nobody has seen leaves no row; of what is out the words go now and the entry closes with the next batch."""
    unit.erased = True
    if voice.state == AnonymousState.WAITING:
        await unit.session.execute(
            delete(AnonymousVoice).where(AnonymousVoice.key == voice.key).execution_options(synchronize_session=False)
        )
        return VoiceErased(out=False)
    voice.text = voice.answers = voice.note = voice.code_hash = None
    voice.said = AuthorsWord.ERASED.value
    await unit.session.flush()
    return VoiceErased(out=True)


async def carry_out_word(unit: Unit, key: bytes, word: AuthorsWord) -> int | None:
    """Let a word take effect, with a batch; the reference if the organ owes an answer again."""
    found = await unit.session.execute(
        select(AnonymousVoice)
        .where(AnonymousVoice.key == key)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    voice = found.scalar_one_or_none()
    if voice is None or voice.said != word.value:
        return None
    voice.said = None
    ends = outcome_of(word)
    if ends is not None:
        voice.state, voice.outcome, voice.closed_on = AnonymousState.CLOSED.value, ends.value, unit.now.date()
        await unit.session.flush()
        await unit.audit(None, "anonymous.closed", role="system", ref=f"V{voice.ref}", outcome=ends.value)
        return None
    state = AnonymousState.ESCALATED if voice.raised else AnonymousState.OPEN
    voice.state, voice.outcome, voice.closed_on = state.value, None, None
    voice.held_since, voice.reminded, voice.reopened = unit.now.date(), 0, voice.reopened + 1
    await unit.audit(None, "anonymous.reopened", role="system", ref=f"V{voice.ref}")
    handed = word is AuthorsWord.UNSOLVED_UP and await hand_up(unit, voice) is not None
    await unit.session.flush()
    return None if handed else voice.ref
