"""帮许愿: a cadre suggests a wish they heard of; it exists only after its owner's yes (S2.5, 6.5)."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import ClassVar, Final

from sqlalchemy import select

from bot.core.acts.prompt import ask_person
from bot.core.question import Ask, Asked, Asks, Question, in_touch
from bot.core.reads.contacts import address_youth, in_contact
from bot.core.reads.people import name_of
from bot.core.reads.questions import asked, waiting
from bot.core.rules.consent import may_be_recorded
from bot.core.rules.contact import YouthUnreachable
from bot.core.rules.mentions import without_strangers
from bot.core.rules.people import Actor, AgeBand, Role
from bot.core.rules.refusal import NotFound, Refusal
from bot.core.rules.say import Say
from bot.core.rules.text import plain_key
from bot.features.wish.acts.make import WishMade, WishNoCadre, WishRules, WishUnder14
from bot.features.wish.acts.transition import post
from bot.features.wish.rules.text import check_wish
from bot.store.delivery import Prompt
from bot.store.people import Person
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class SuggestedData:
    """The wish as the cadre put it."""

    cadre_id: int
    text: str = field(repr=False)


SUGGESTED: Final = Question("wish.suggested", Asks.YOUTH, SuggestedData, no="no", reason=in_touch)
OPTIONS: Final = ("post", "no")
ONE_A_WEEK: Final = timedelta(days=7)
"""A youth is asked about one suggestion in this time: nobody of theirs had asked for the message (P22)."""


@dataclass(frozen=True, slots=True)
class WishSuggested(Say):
    """To the cadre: the youth is being asked; nothing is kept so far."""

    template: ClassVar[str] = "wish/suggested"
    name: str


@dataclass(frozen=True, slots=True)
class WishSuggestedAsked(Say):
    """To the youth: what would be entered, word for word, and what happens then."""

    template: ClassVar[str] = "wish/suggested_asked"
    cadre: str
    words: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class WishSuggestionPosted(Say):
    """To the cadre: the youth entered it."""

    template: ClassVar[str] = "wish/suggestion_posted"
    ref: int
    name: str


@dataclass(frozen=True, slots=True)
class WishSuggestionOver(Say):
    """To the cadre: settled without a wish; silence and no read alike (P5)."""

    template: ClassVar[str] = "wish/suggestion_over"
    name: str


@dataclass(frozen=True, slots=True)
class WishSuggestionDropped(Say):
    """To the youth: nothing is entered."""

    template: ClassVar[str] = "wish/suggestion_dropped"


class WishSuggestionWaiting(Refusal):
    """The same is with the youth already; field ``name``."""

    code = "wish.suggestion_waiting"


class WishSuggestionLater(Refusal):
    """Not now: one such question a week, and none to who wants no messages, which looks the same (P5, P22)."""

    code = "wish.suggestion_later"


async def suggest_wish(unit: Unit, actor: Actor, name: str, content: str, rules: WishRules) -> WishSuggested:
    """``帮许愿 <称呼> <内容>``: puts the question to the youth; until the answer the words live in it alone."""
    if actor.person_id is None:
        raise NotFound
    youth, words = await address_youth(unit.session, unit.vault, actor.person_id, name, content)
    if not may_be_recorded(youth.age_band):
        raise WishUnder14
    text = without_strangers(words, (youth.name,)).strip()
    check_wish(text, rules.words, rules.sensitive, rules.cap)
    if await _waits_already(unit, actor, youth.person_id, text):
        raise WishSuggestionWaiting(name=youth.name)
    if await _not_now(unit, youth.person_id):
        raise WishSuggestionLater(name=youth.name)
    cadre = await name_of(unit.session, unit.vault, actor.person_id)
    data = SuggestedData(actor.person_id, text)
    ask = Ask(SUGGESTED, OPTIONS, WishSuggestedAsked(cadre, text), data, subject_id=actor.person_id)
    if not await ask_person(unit, youth.person_id, ask):
        raise YouthUnreachable
    await unit.audit(actor, "wish.suggested", role=Role.CADRE, subject_id=youth.person_id)
    return WishSuggested(youth.name)


async def _waits_already(unit: Unit, actor: Actor, youth_id: int, text: str) -> bool:
    rows = await unit.session.execute(waiting(SUGGESTED, person_id=youth_id, subject_id=actor.person_id, now=unit.now))
    for prompt in rows.scalars().all():
        suggested = await asked(unit.session, unit.vault, prompt)
        if suggested.data is not None and plain_key(suggested.data.text) == plain_key(text):
            return True
    return False


async def _not_now(unit: Unit, youth_id: int) -> bool:
    """Whether the youth was asked within a week, by whomever, or has said 别再提醒."""
    found = await unit.session.execute(
        select(Prompt.id)
        .where(Prompt.kind == SUGGESTED.kind, Prompt.person_id == youth_id, Prompt.asked_at > unit.now - ONE_A_WEEK)
        .limit(1)
    )
    return found.first() is not None or (await unit.session.get_one(Person, youth_id)).reminders_off


async def answer_suggested(unit: Unit, actor: Actor, question: Asked[SuggestedData], answer: str) -> Say:
    """① 登记: now it is the youth's wish; ② 不用: nothing is kept, and no row says that they did not want it."""
    cadre_id = question.data.cadre_id
    owner = await unit.session.get_one(Person, question.person_id)
    if answer != "post":
        await _settle(unit, question)
        return WishSuggestionDropped()
    if not owner.age_band or not may_be_recorded(AgeBand(owner.age_band)):
        raise WishUnder14
    if not await in_contact(unit.session, cadre_id, owner.id):
        raise WishNoCadre
    wish = await post(unit, actor, owner, cadre_id, question.data.text)
    name = await name_of(unit.session, unit.vault, owner.id)
    await unit.push_person(cadre_id, WishSuggestionPosted(wish.ref, name))
    return WishMade(wish.ref, await name_of(unit.session, unit.vault, cadre_id))


@SUGGESTED.when_silent
async def suggestion_silent(unit: Unit, question: Asked[SuggestedData]) -> None:
    """Silence for a week: as ②."""
    await _settle(unit, question)


async def _settle(unit: Unit, question: Asked[SuggestedData]) -> None:
    unit.erased = True  # the words were in the question, and go with it
    cadre_id = question.data.cadre_id
    if await unit.session.get(Person, cadre_id) is not None:
        name = await name_of(unit.session, unit.vault, question.person_id)
        await unit.push_person(cadre_id, WishSuggestionOver(name))
