"""许愿: a youth's wish, checked, addressed to the linked cadre, and entered only by its owner (R2.5, P36, 6.5)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, ClassVar, Final

from sqlalchemy import or_, select

from bot.core.acts.asking import ask_speaker
from bot.core.acts.prompt import AT_ONCE
from bot.core.question import Ask, Asked, Asks, Question, always, ends
from bot.core.reads.contacts import Membership, memberships
from bot.core.reads.people import name_of
from bot.core.rules.consent import may_be_recorded
from bot.core.rules.people import Actor
from bot.core.rules.privacy import PrivateDetail, SensitiveWords, private_details
from bot.core.rules.refusal import Refusal
from bot.core.rules.say import Say
from bot.core.rules.text import plain_key
from bot.features.wish.acts.arrive import arrived
from bot.features.wish.acts.gone import GONE
from bot.features.wish.acts.name_kind import ask_kind
from bot.features.wish.acts.transition import post
from bot.features.wish.reads.wish import OPENISH, words_of
from bot.features.wish.rules.text import WishFlaw, WishWords, check_wish, flaw_of
from bot.features.wish.rules.wish import MAX_OPEN, MAX_TEXT, SAME_WITHIN, VALUE_CAP
from bot.features.wish.tables import Wish
from bot.store.chat import Chat
from bot.store.people import Person
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class AgainData:
    """The wish's words, and the group they were said in."""

    text: str = field(repr=False)
    chat_id: int | None


@dataclass(frozen=True, slots=True)
class CadreData:
    """The wish's words, and the cadres in the order shown."""

    text: str = field(repr=False)
    cadres: tuple[int, ...]


AGAIN: Final = Question("wish.again", Asks.YOUTH, AgainData, silence=ends, no="no", cancel="no", reason=always)
CADRE: Final = Question("wish.cadre", Asks.YOUTH, CadreData, silence=ends, reason=always)
DRAFT_LIFE: Final = timedelta(hours=1)
"""How long a question before the wish exists waits: until then the draft lives in it."""
MOST_CADRES: Final = 9
"""Cadres that one question lists."""


@dataclass(frozen=True, slots=True)
class WishRules:
    """What a wish is checked by: the words, and the cap this organ has set."""

    words: WishWords
    sensitive: SensitiveWords
    cap: int = VALUE_CAP


@dataclass(frozen=True, slots=True)
class WishMade(Say):
    """To the owner in private: entered, and with whom it is now."""

    template: ClassVar[str] = "wish/made"
    ref: int
    cadre: str
    gone: bool = False
    """The cadre cannot take it now: nobody has it yet."""


@dataclass(frozen=True, slots=True)
class WishMadeInGroup(Say):
    """In a group: entered; nothing of what was wished, and of nobody the name."""

    template: ClassVar[str] = "wish/made_in_group"
    ref: int


@dataclass(frozen=True, slots=True)
class WishMoreInPrivate(Say):
    """In a group: what follows is between the owner and the bot."""

    template: ClassVar[str] = "wish/more_in_private"


@dataclass(frozen=True, slots=True)
class WishAgainAsked(Say):
    """To the owner: the same was said a moment ago; once more?"""

    template: ClassVar[str] = "wish/again"
    ref: int


@dataclass(frozen=True, slots=True)
class WishCadreAsked(Say):
    """To an owner with several cadres: which one is to help."""

    template: ClassVar[str] = "wish/which_cadre"
    cadres: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WishDropped(Say):
    """To the owner: nothing was entered."""

    template: ClassVar[str] = "wish/dropped"


@dataclass(frozen=True, slots=True)
class WishFlawTold(Say):
    """To the owner in private, for a wish that was typed in a group: why it was not entered."""

    template: ClassVar[str] = "wish/flaw_told"
    flaw: WishFlaw
    cap: int
    most: int
    length: int
    details: tuple[PrivateDetail, ...] = field(default=())


class WishNoCadre(Refusal):
    """Nobody is in contact with this youth, so nobody could help."""

    code = "wish.no_cadre"


class WishUnder14(Refusal):
    """Under 14 nothing is kept of anybody (P10)."""

    code = "wish.under_14"


class WishTooMany(Refusal):
    """Many wait already; field ``most``."""

    code = "wish.too_many"


async def make_wish(
    unit: Unit,
    actor: Actor,
    content: str,
    chat: Chat | None,
    rules: WishRules,
    kinds: Sequence[str],
    *,
    private: bool,
    danger: bool = False,
) -> Say | None:
    """``许愿 <内容>``; in a group every word about it but the receipt goes to private.

    ``danger``: the crisis card has just answered these words; a sentence about why it is no wish would be one too many.
    """
    if not may_be_recorded(actor.age_band):
        raise WishUnder14
    text = content.strip()
    flaw = flaw_of(text, rules.words, rules.sensitive, rules.cap)
    if danger and flaw is WishFlaw.SENSITIVE:
        return None if private else WishMoreInPrivate()
    if flaw is not None and not private:
        return await _tell_aside(unit, actor, text, flaw, rules)
    check_wish(text, rules.words, rules.sensitive, rules.cap)
    same = await _same_just_now(unit, text, await _waiting(unit, actor))
    if same is not None:
        data = AgainData(text, chat.id if chat is not None else None)
        ask = Ask(AGAIN, ("yes", "no"), WishAgainAsked(same), data, life=DRAFT_LIFE)
        return await _asked_aside(unit, actor, ask, private=private)
    return await _address(unit, actor, text, chat.id if chat is not None else None, kinds, private=private)


async def answer_again(
    unit: Unit, actor: Actor, question: Asked[AgainData], answer: str, kinds: Sequence[str]
) -> Say | None:
    """Whether the owner means it a second time."""
    if answer != "yes":
        return WishDropped()
    await _must_have_room(unit, actor)
    return await _address(unit, actor, question.data.text, question.data.chat_id, kinds, private=True)


async def answer_cadre(unit: Unit, actor: Actor, question: Asked[CadreData], answer: str, kinds: Sequence[str]) -> Say:
    """Which cadre; the contact is looked up again now."""
    wanted = question.data.cadres[int(answer) - 1]
    living = await memberships(unit.session, unit.vault, question.person_id, now=unit.now)
    found = next((m for m in living if m.cadre_id == wanted), None)
    if found is None:
        raise WishNoCadre
    await _must_have_room(unit, actor)
    return await _enter(unit, actor, found, question.data.text, kinds, private=True)


async def _address(
    unit: Unit, actor: Actor, text: str, chat_id: int | None, kinds: Sequence[str], *, private: bool
) -> Say | None:
    """To the cadre of this group, to the only one, or to the one the owner names."""
    contacts = await memberships(unit.session, unit.vault, actor.person_id or 0, now=unit.now)
    here = [m for m in contacts if chat_id is not None and m.chat_id == chat_id]
    if not here and len(contacts) > 1:
        contacts = [m for m in contacts if m.serving] or contacts
    cadres = {m.cadre_id: m for m in here or contacts}
    if not cadres:
        raise WishNoCadre
    if len(cadres) == 1:
        return await _enter(unit, actor, next(iter(cadres.values())), text, kinds, private=private)
    listed = list(cadres)[:MOST_CADRES]
    options = tuple(str(n) for n in range(1, len(listed) + 1))
    say = WishCadreAsked(tuple(cadres[cadre_id].cadre for cadre_id in listed))
    ask = Ask(CADRE, options, say, CadreData(text, tuple(listed)), life=DRAFT_LIFE)
    return await _asked_aside(unit, actor, ask, private=private)


async def _enter(
    unit: Unit, actor: Actor, to: Membership, text: str, kinds: Sequence[str], *, private: bool
) -> WishMade | WishMadeInGroup:
    owner = await unit.session.get_one(Person, actor.person_id)
    wish = await post(unit, actor, owner, to.cadre_id, text)
    if to.serving:
        await arrived(unit, wish)
        await ask_kind(unit, actor, wish, kinds)
    else:
        await GONE.ask_if_gone(unit, wish, **AT_ONCE)
    if not private:
        return WishMadeInGroup(wish.ref)
    return WishMade(wish.ref, await name_of(unit.session, unit.vault, to.cadre_id), not to.serving)


async def _asked_aside(unit: Unit, actor: Actor, ask: Ask[Any], *, private: bool) -> Say | None:
    await ask_speaker(unit, actor, ask)
    return None if private else WishMoreInPrivate()


async def _tell_aside(unit: Unit, actor: Actor, text: str, flaw: WishFlaw, rules: WishRules) -> WishMoreInPrivate:
    """The reason would tell the whole group what was wished, so it is said in private (P24)."""
    found = private_details(text)
    details = tuple(kind for kind in PrivateDetail if kind in found)
    say = WishFlawTold(flaw, rules.cap, MAX_TEXT, len(text), details)
    await unit.push_person(actor.person_id or 0, say)
    return WishMoreInPrivate()


async def _must_have_room(unit: Unit, actor: Actor) -> None:
    await _waiting(unit, actor)


async def _waiting(unit: Unit, actor: Actor) -> Sequence[Wish]:
    """The owner's wishes that wait, or were made within ten minutes; refused when too many wait."""
    recent = Wish.made_at > unit.now - SAME_WITHIN
    found = await unit.session.execute(
        select(Wish).where(Wish.owner_id == actor.person_id, or_(Wish.state.in_(OPENISH), recent))
    )
    wishes = found.scalars().all()
    if sum(wish.state in OPENISH for wish in wishes) >= MAX_OPEN:
        raise WishTooMany(most=MAX_OPEN)
    return wishes


async def _same_just_now(unit: Unit, text: str, wishes: Sequence[Wish]) -> int | None:
    """The number of the same wish made within ten minutes (reliability section 4)."""
    for wish in wishes:
        recent = wish.made_at > unit.now - SAME_WITHIN
        if recent and plain_key(await words_of(unit.session, unit.vault, wish)) == plain_key(text):
            return wish.ref
    return None
