"""入池: after the cadre has tried, the owner says how far up their wish may go, and sees what would be shown (R2.6)."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import ClassVar, Final

from sqlalchemy import or_, select

from bot.core.acts.asking import ask_speaker
from bot.core.acts.prompt import ask_person
from bot.core.acts.unshown import refuse_if_not_shown
from bot.core.question import Ask, Asked, Asks, Question, Unseen, as_long_as
from bot.core.reads.orgs import ids_in, ladder_of, names_of_orgs
from bot.core.reads.people import name_of
from bot.core.rules.ladder import Rung
from bot.core.rules.people import Actor, OrgLevel, Role
from bot.core.rules.refusal import Refusal
from bot.core.rules.say import Say
from bot.features.pool.acts.enter import PoolEntered, PoolOver, ask_along, enter_pool, tell_cadre
from bot.features.pool.rules.deidentify import Deidentified, KnownNames, deidentify
from bot.features.pool.rules.pool import EDIT, NONE, PoolRules, tried_note
from bot.features.pool.rules.words import Blank, PoolWords
from bot.features.wish.acts.make import WishRules
from bot.features.wish.reads.wish import find_for_cadre, words_of
from bot.features.wish.rules.text import check_wish
from bot.features.wish.rules.wish import ASK_AGAIN_AFTER, WishNotHeld, WishNotPossible, WishParty, WishState
from bot.features.wish.tables import Wish
from bot.store.chat import Contact
from bot.store.people import OrgUnit, Person
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class PoolData:
    """The wish, who asked, what they had tried, and the words as a pool would show them."""

    wish_id: int
    ref: int
    cadre_id: int
    tried: str = field(repr=False)
    words: str = field(repr=False)


_HELPED: Final = as_long_as(Wish.id, Wish.state == WishState.CADRE_HELPING.value, Wish.agreed_level.is_(None))
POOL: Final = Question("wish.pool", Asks.YOUTH, PoolData, no="none", reason=_HELPED)
POOL_TEXT: Final = Question("wish.pool_text", Asks.YOUTH, PoolData, cancel="back", reason=_HELPED)
BACK: Final = "back"


@dataclass(frozen=True, slots=True)
class PoolWaits(Say):
    """To the owner who said yes: those who share the wish are asked too, then it goes into the pool."""

    template: ClassVar[str] = "pool/waits"
    ref: int
    others: int


@dataclass(frozen=True, slots=True)
class PoolAsked(Say):
    """To the cadre: the owner is being asked; nothing is in a pool so far."""

    template: ClassVar[str] = "pool/asked"
    ref: int


@dataclass(frozen=True, slots=True)
class PoolLevel:
    """One answer: up to this level, whose organ is called so."""

    level: str
    organ: str


@dataclass(frozen=True, slots=True)
class PoolQuestion(Say):
    """To the owner, once: what a pool would show, letter for letter, and how far up it may go."""

    template: ClassVar[str] = "pool/question"
    ref: int
    cadre: str
    tried: str = field(repr=False)
    words: str = field(repr=False)
    blanks: tuple[Blank, ...]
    levels: tuple[PoolLevel, ...]
    days: int


@dataclass(frozen=True, slots=True)
class PoolTextAsked(Say):
    """To the owner: write it anew; what is shown now."""

    template: ClassVar[str] = "pool/text_asked"
    ref: int
    words: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PoolDeclined(Say):
    """To the owner: it stays with their cadre."""

    template: ClassVar[str] = "pool/declined"
    ref: int


class PoolNone(Refusal):
    """No organisation above the owner's has a pool."""

    code = "pool.none"


class PoolAskedBefore(Refusal):
    """The owner has been asked, or is being asked: once is enough (P5); field ``ref``."""

    code = "pool.asked_before"


class PoolUnreachable(Refusal):
    """An owner who cannot be asked cannot agree; field ``ref``."""

    code = "pool.unreachable"


class PoolTextBlank(Refusal):
    """New words of which only blanks are left."""

    code = "pool.text_blank"


@dataclass(frozen=True, slots=True)
class PoolTable:
    """What the pools go by here: numbers, words for de-identifying, and what a wish may hold."""

    rules: PoolRules
    words: PoolWords
    wishes: WishRules


async def pool_wish(unit: Unit, actor: Actor, number: int, tried: str | None, table: PoolTable) -> PoolAsked:
    """``入池 <W> <已做的努力>``: only who helps, after trying; the question is put to the owner, who alone decides."""
    wish, parts = await find_for_cadre(unit.session, actor, number)
    if WishParty.HOLDER not in parts and wish.state == WishState.OPEN:
        raise WishNotHeld(ref=wish.ref)
    if (
        parts != frozenset({WishParty.CADRE, WishParty.HOLDER})
        or wish.state != WishState.CADRE_HELPING
        or wish.owner_id is None
    ):
        raise WishNotPossible(ref=wish.ref, state=wish.state)
    note = tried_note(tried, table.rules)
    ladder = await ladder_of(unit.session, wish.org_id)
    if not ladder:
        raise PoolNone
    if await unit.account_of(wish.owner_id) is None:
        raise PoolUnreachable(ref=wish.ref)
    await refuse_if_not_shown(unit, POOL, subject_id=wish.id, what=f"#W{wish.ref}")
    if not await _may_ask(unit, wish):
        raise PoolAskedBefore(ref=wish.ref)
    words = await words_of(unit.session, unit.vault, wish)
    shown = deidentify(words, await known_names(unit, wish), table.words)
    data = PoolData(wish.id, wish.ref, actor.person_id or 0, note, shown.text)
    await ask_person(unit, wish.owner_id, await _question(unit, data, shown, ladder, table.rules))
    await unit.audit(actor, "wish.pool_asked", role=Role.CADRE, subject_id=wish.owner_id, ref=f"W{wish.ref}")
    return PoolAsked(wish.ref)


async def _may_ask(unit: Unit, wish: Wish) -> bool:
    """Once in 90 days (P5); of two cadres or two messages at once one asks."""
    helped = (Wish.id == wish.id, Wish.state == WishState.CADRE_HELPING.value)
    due = or_(Wish.pool_asked_at.is_(None), Wish.pool_asked_at <= unit.now - ASK_AGAIN_AFTER)
    return await unit.swap(Wish, *helped, due, pool_asked_at=unit.now) > 0


async def answer_pool(unit: Unit, actor: Actor, question: Asked[PoolData], answer: str, table: PoolTable) -> Say | None:
    """How far up, not at all, or "let me reword it"."""
    data = question.data
    wish = await _still_waiting(unit, question)
    if wish is None:
        return PoolOver(data.ref)
    if answer == NONE:
        await tell_cadre(unit, data.cadre_id, data.ref, "")
        return PoolDeclined(data.ref)
    if answer == EDIT:
        ask = Ask(POOL_TEXT, (BACK,), PoolTextAsked(data.ref, data.words), data, wish.id, takes_text=True)
        await ask_speaker(unit, actor, ask)
        return None
    return await _agree(unit, actor, wish, OrgLevel(answer), data, table)


async def answer_text(unit: Unit, actor: Actor, question: Asked[PoolData], answer: str, table: PoolTable) -> Say | None:
    """The owner's own words, cut again and shown again; what a wish may not hold is refused and may be tried again."""
    data = question.data
    wish = await _still_waiting(unit, question)
    if wish is None:
        return PoolOver(data.ref)
    words = data.words
    if answer != BACK:
        check_wish(answer, table.wishes.words, table.wishes.sensitive, table.wishes.cap)
        words = answer
    shown = deidentify(words, await known_names(unit, wish), table.words)
    if shown.empty and answer != BACK:
        raise PoolTextBlank
    ladder = await ladder_of(unit.session, wish.org_id)
    await ask_speaker(unit, actor, await _question(unit, data, shown, ladder, table.rules))
    return None


@POOL.when_silent
@POOL_TEXT.when_silent
async def pool_silent(unit: Unit, question: Asked[PoolData]) -> None:
    """A week without an answer is a no."""
    if await _still_waiting(unit, question) is not None:
        await tell_cadre(unit, question.data.cadre_id, question.data.ref, "")


@POOL.when_unshown
async def pool_unshown(unit: Unit, question: Asked[PoolData], why: Unseen) -> None:
    """Who never saw it was never asked: it may be asked again."""
    if why is Unseen.OVER:
        await unit.swap(Wish, Wish.id == question.data.wish_id, Wish.agreed_level.is_(None), pool_asked_at=None)


async def known_names(unit: Unit, wish: Wish) -> KnownNames:
    """Whatever the tables call the owner, their cadres, and their organisations up to the province."""
    contacts = await unit.session.execute(select(Contact.cadre_id).where(Contact.youth_id == wish.owner_id))
    people = {wish.owner_id, wish.cadre_id, *contacts.scalars()} - {None}
    own = select(Person.org_id).where(Person.id.in_(people))
    paths = await unit.session.execute(
        select(OrgUnit.path).where(OrgUnit.id.in_(own) | (OrgUnit.id == wish.org_id)).distinct()
    )
    orgs = await names_of_orgs(unit.session, {org_id for path in paths.scalars() for org_id in ids_in(path)})
    names = [await name_of(unit.session, unit.vault, person_id) for person_id in sorted(filter(None, people))]
    return KnownNames(tuple(filter(None, names)), tuple(sorted(orgs.values())))


async def _question(
    unit: Unit, data: PoolData, shown: Deidentified, ladder: Sequence[Rung], rules: PoolRules
) -> Ask[PoolData]:
    """The question to the owner; where nothing but blanks is left it can only be reworded."""
    names = await names_of_orgs(unit.session, [rung.org_id for rung in ladder])
    levels = () if shown.empty else tuple(PoolLevel(rung.level.value, names[rung.org_id]) for rung in ladder)
    say = PoolQuestion(
        ref=data.ref,
        cadre=await name_of(unit.session, unit.vault, data.cadre_id),
        tried=data.tried,
        words=shown.text,
        blanks=tuple(blank for blank in Blank if blank in shown.blanks),
        levels=levels,
        days=_days(ladder[0], rules),
    )
    options = (*(level.level for level in levels), NONE, EDIT)
    return Ask(POOL, options, say, replace(data, words=shown.text), data.wish_id)


async def _still_waiting(unit: Unit, question: Asked[PoolData]) -> Wish | None:
    """The wish, if the cadre who asked still helps with it and its owner is who was asked."""
    wish = await unit.session.get(Wish, question.data.wish_id, with_for_update=True)
    if wish is None or wish.owner_id != question.person_id or wish.holder_id != question.data.cadre_id:
        return None
    return wish if wish.state == WishState.CADRE_HELPING else None


async def _agree(unit: Unit, actor: Actor, wish: Wish, agreed: OrgLevel, data: PoolData, table: PoolTable) -> Say:
    """The owner's yes: kept with the wish; then whoever shares it is asked, or it goes into the pool at once."""
    ladder = await ladder_of(unit.session, wish.org_id)
    if agreed not in {rung.level for rung in ladder}:  # organisations moved meanwhile: nothing that was agreed to
        return PoolOver(wish.ref)
    owner = await unit.session.get_one(Person, wish.owner_id)
    wish.tried = await unit.seal(owner.key_id, f"wishes:{wish.id}:tried", data.tried)
    wish.pool_text = await unit.seal(owner.key_id, f"wishes:{wish.id}:pool_text", data.words)
    wish.agreed_level = agreed.value
    await unit.session.flush()
    waiting = await ask_along(unit, wish, data.words, ladder[0])
    if waiting:
        return PoolWaits(wish.ref, waiting)
    organ = await enter_pool(unit, actor, wish, table.rules)
    climbs = _days(ladder[0], table.rules) if len(ladder) > 1 and agreed is not ladder[0].level else 0
    return PoolEntered(wish.ref, organ, agreed.value, climbs)


def _days(rung: Rung, rules: PoolRules) -> int:
    """Days that a wish waits in this pool before it goes up; 0: it does not."""
    wait = rules.waits.get(rung.level)
    return wait.days if wait is not None else 0
