"""What is asked before a 心声, a suggestion or a complaint is kept: again, private matter, about whom, to whom (P9)."""

from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Final

from sqlalchemy import select

from bot.core.question import Ask, Asks, Question, always
from bot.core.reads.consent import has_consent
from bot.core.reads.questions import asked, waiting
from bot.core.rules.consent import ConsentScope
from bot.core.rules.people import Actor
from bot.core.rules.privacy import SensitiveWords, sensitive_matters
from bot.core.rules.refusal import Refusal
from bot.core.rules.say import Say
from bot.features.voice.acts.draft import Draft
from bot.features.voice.reads.voice import cadres_of, words_of
from bot.features.voice.rules.voice import SAME_WITHIN, VoiceAbout
from bot.features.voice.tables import Voice
from bot.store.people import Person
from bot.store.unit import Unit

AGAIN: Final = Question("voice.again", Asks.YOUTH, Draft, no="no", cancel="no", reason=always)
SENSITIVE: Final = Question("voice.sensitive", Asks.YOUTH, Draft, no="drop", reason=always)
CADRE: Final = Question("voice.cadre", Asks.YOUTH, Draft, reason=always)
ABOUT: Final = Question("voice.about", Asks.YOUTH, Draft, reason=always)
BEFORE: Final = (AGAIN, SENSITIVE, CADRE, ABOUT)
"""Questions that hold a draft."""
DRAFT_LIFE: Final = timedelta(days=1)
"""How long a draft waits for its author's answer; then it is gone and they are told so."""
MOST_NAMED: Final = 9


@dataclass(frozen=True, slots=True)
class AgainAsked(Say):
    """The same words were said a moment ago; once more?"""

    template: ClassVar[str] = "voice/again"


@dataclass(frozen=True, slots=True)
class SensitiveAsked(Say):
    """A private matter: keep the words, only say "I would like to talk", or nothing (P9)."""

    template: ClassVar[str] = "voice/sensitive"
    complaint: bool
    minor: bool


@dataclass(frozen=True, slots=True)
class CadreAsked(Say):
    """Several linked cadres: to whom it goes, or whom the complaint is about."""

    template: ClassVar[str] = "voice/cadre"
    names: tuple[str, ...]
    complaint: bool


@dataclass(frozen=True, slots=True)
class AboutAsked(Say):
    """Whom a complaint concerns; ``options`` in the order shown."""

    template: ClassVar[str] = "voice/about"
    options: tuple[str, ...]


class NoCadre(Refusal):
    """No cadre is linked any more."""

    code = "voice.no_cadre"


async def next_question(
    unit: Unit, actor: Actor, author: Person, draft: Draft, words: SensitiveWords
) -> Ask[Draft] | None:
    """The question that comes next; None when the draft may be kept as it is."""
    if not draft.again and await _said_just_now(unit, author.id, draft):
        return Ask(AGAIN, ("yes", "no"), AgainAsked(), draft, life=DRAFT_LIFE)
    private = not draft.cleared and sensitive_matters(draft.text, words)
    if private and not await has_consent(unit.session, author.id, ConsentScope.SENSITIVE):
        options = ("keep", "drop") if draft.complaint else ("keep", "talk", "drop")
        say = SensitiveAsked(draft.complaint, actor.is_minor)
        return Ask(SENSITIVE, options, say, draft, life=DRAFT_LIFE)
    if draft.complaint and draft.about is None:
        about = _abouts(bool(await cadres_of(unit.session, unit.vault, author.id, ever=True)))
        return Ask(ABOUT, about, AboutAsked(about), draft, life=DRAFT_LIFE)
    if draft.cadre_id is None and draft.about in (None, VoiceAbout.CADRE):
        return await _which_cadre(unit, author, draft)
    return None


def _abouts(has_cadre: bool) -> tuple[str, ...]:
    """Somebody who never had a linked cadre is not asked about one; who has left still is."""
    return tuple(about.value for about in VoiceAbout if has_cadre or about is not VoiceAbout.CADRE)


async def _which_cadre(unit: Unit, author: Person, draft: Draft) -> Ask[Draft]:
    serving_at = None if draft.complaint else unit.now  # a complaint may be about somebody who is gone
    found = await cadres_of(unit.session, unit.vault, author.id, serving_at=serving_at, ever=draft.complaint)
    cadres = found[:MOST_NAMED]
    if not cadres:
        raise NoCadre
    options = tuple(str(n) for n in range(1, len(cadres) + 1))
    say = CadreAsked(tuple(name for _, name in cadres), draft.complaint)
    data = draft.with_(choices=tuple(cadre_id for cadre_id, _ in cadres))
    return Ask(CADRE, options, say, data, life=DRAFT_LIFE)


async def _said_just_now(unit: Unit, author_id: int, draft: Draft) -> bool:
    """The same words within ten minutes; of a complaint only the day is known (section 4)."""
    today = unit.now.replace(hour=0, minute=0, second=0, microsecond=0)
    rows = await unit.session.execute(
        select(Voice).where(
            Voice.author_id == author_id,
            Voice.text.is_not(None),
            Voice.said_at >= (today if draft.complaint else unit.now - SAME_WITHIN),
            Voice.about.is_not(None) if draft.complaint else Voice.about.is_(None),
        )
    )
    said = [await words_of(unit.session, unit.vault, voice) for voice in rows.scalars().all()]
    return draft.text in said


async def waits_already(unit: Unit, author_id: int, draft: Draft) -> bool:
    """Whether a question about these very words waits for its answer."""
    rows = await unit.session.execute(waiting(*BEFORE, person_id=author_id, now=unit.now))
    drafts = [await asked(unit.session, unit.vault, prompt) for prompt in rows.scalars().all()]
    return any(one.data is not None and one.data.mark == draft.mark for one in drafts)
