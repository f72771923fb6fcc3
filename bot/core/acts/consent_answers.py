"""同意: what a yes, a no and a second yes change (P2, P5, P8, P10a, threat 7)."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from bot.core.acts.consent import (
    QUESTION,
    SECOND,
    ScopeData,
    give,
    may_give,
    put_scope_question,
    refuse,
    take_back_questions,
)
from bot.core.question import Asked
from bot.core.reads.consent import active_consent
from bot.core.rules.consent import ConsentScope, ConsentText, ConsentTexts, needs_second_yes
from bot.core.rules.people import Actor
from bot.core.rules.refusal import Refusal
from bot.core.rules.say import Say
from bot.store.unit import Unit

HASH_SHOWN: Final = 12
"""Characters of a text's hash that a receipt shows."""


@dataclass(frozen=True, slots=True)
class ConsentGiven(Say):
    """A scope was given; the receipt names the text by version and hash."""

    template: ClassVar[str] = "consent/given"
    scope: ConsentScope
    receipt: str
    version: str
    hash: str
    text: str


@dataclass(frozen=True, slots=True)
class ConsentRefused(Say):
    """A no, taken without any further word."""

    template: ClassVar[str] = "consent/refused"
    scope: ConsentScope


@dataclass(frozen=True, slots=True)
class ConsentOver(Say):
    """The answer came too late: the contact, or the link of the group, has ended meanwhile."""

    template: ClassVar[str] = "consent/over"
    scope: ConsentScope


@dataclass(frozen=True, slots=True)
class ConsentKnown(Say):
    """The scope was given before, in these very words."""

    template: ClassVar[str] = "consent/known"
    scope: ConsentScope
    since: datetime
    version: str


class ConsentNotPossible(Refusal):
    """Consent by somebody who has not joined, or for a group they are not in."""

    code = "consent.not_possible"


async def answer_scope(
    unit: Unit, actor: Actor, question: Asked[ScopeData], answer: str, texts: ConsentTexts, *, channel: str
) -> Say | None:
    """An answer to ``consent.scope`` or ``consent.second``; what it is worth is looked up again now (threat 7)."""
    scope, chat_id = ConsentScope(question.data.scope), question.data.chat_id
    text = texts.of(scope)
    if answer != "yes":
        await refuse(unit, question.person_id, scope, chat_id)
        return ConsentRefused(scope)
    if not await may_give(unit, question.person_id, scope, chat_id):
        return ConsentOver(scope)
    if text.hash != question.data.hash:  # a yes to other words is no yes to these (P8)
        await put_scope_question(unit, question.person_id, scope, chat_id, text, QUESTION, speaker=actor)
        return None
    if question.question is QUESTION and needs_second_yes(actor.age_band):
        await put_scope_question(unit, question.person_id, scope, chat_id, text, SECOND, speaker=actor)
        return None
    number = await give(unit, question.person_id, scope, chat_id, text, channel=channel, actor=actor)
    return given_say(scope, number, text)


async def say_yes(
    unit: Unit, actor: Actor, scope: ConsentScope, chat_id: int | None, texts: ConsentTexts, *, channel: str
) -> Say | None:
    """``同意 <范围>``: given at once by an adult; somebody of 14 to 17 is asked once more in simple words (P10a)."""
    person_id = actor.person_id
    if person_id is None or not await may_give(unit, person_id, scope, chat_id):
        raise ConsentNotPossible
    text = texts.of(scope)
    known = await active_consent(unit.session, person_id, scope, chat_id)
    if known is not None and known.text_hash == text.hash:
        return ConsentKnown(scope, known.given_at, known.text_version)
    await take_back_questions(unit, person_id, scope)
    if needs_second_yes(actor.age_band):
        await put_scope_question(unit, person_id, scope, chat_id, text, SECOND, speaker=actor)
        return None
    number = await give(unit, person_id, scope, chat_id, text, channel=channel, actor=actor)
    return given_say(scope, number, text)


def given_say(scope: ConsentScope, number: str, text: ConsentText) -> ConsentGiven:
    """The receipt's words."""
    return ConsentGiven(scope, number, text.version, text.hash[:HASH_SHOWN], text.text)
