"""入池, the step itself: with its owner's yes kept on the wish, and the yes of everybody who shares it (R2.6, P12)."""

from dataclasses import dataclass, field
from typing import ClassVar, Final

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from bot.core.acts.prompt import ask_person, cancel
from bot.core.feature import Look
from bot.core.question import Ask, Asked, Asks, Question, Unseen, as_long_as
from bot.core.reads.orgs import ladder_of, names_of_orgs
from bot.core.reads.questions import WAITING, waiting
from bot.core.rules.ladder import Rung
from bot.core.rules.people import Actor
from bot.core.rules.say import Say
from bot.features.pool.reads.look_alikes import beside_of
from bot.features.pool.rules.pool import PoolRules
from bot.features.wish.acts.transition import change
from bot.features.wish.reads.wish import followers_of
from bot.features.wish.rules.wish import WishAct, WishParty, WishState
from bot.features.wish.tables import Wish
from bot.store.delivery import Prompt
from bot.store.people import Person
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class AlongData:
    """The wish that is to go into a pool, the asked owner's part of it, and the words the pool would show."""

    lead_id: int
    wish_id: int
    ref: int
    words: str = field(repr=False)


_AGREED: Final = as_long_as(
    Wish.id,
    Wish.state == WishState.CADRE_HELPING.value,
    Wish.agreed_level.is_not(None),
    Wish.pool_org_id.is_(None),
)
ALONG: Final = Question("wish.pool_along", Asks.YOUTH, AlongData, no="no", reason=_AGREED)
OPTIONS: Final = ("yes", "no")
STRICT: Final = 1_000_000
"""k where this place's own is not at hand: nothing stands beside a wish until the nightly look."""


@dataclass(frozen=True, slots=True)
class AlongQuestion(Say):
    """To who shares a wish that is to go into a pool: what it would show, and how far up it may go; along with it?"""

    template: ClassVar[str] = "pool/along"
    ref: int
    organ: str
    agreed: str
    words: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class AlongAnswered(Say):
    """To who shares it: theirs goes along, or stays with the cadre."""

    template: ClassVar[str] = "pool/along_answered"
    ref: int
    along: bool


@dataclass(frozen=True, slots=True)
class PoolEntered(Say):
    """To the owner: in the pool of this organ, as far up as they said."""

    template: ClassVar[str] = "pool/entered"
    ref: int
    organ: str
    agreed: str
    days: int


@dataclass(frozen=True, slots=True)
class PoolOver(Say):
    """To the owner: meanwhile there is nothing to decide any more."""

    template: ClassVar[str] = "pool/over"
    ref: int


@dataclass(frozen=True, slots=True)
class PoolSettled(Say):
    """To the cadre: it is in a pool, or it stays with them; nothing is said about why."""

    template: ClassVar[str] = "pool/settled"
    ref: int
    organ: str


async def enter_pool(unit: Unit, actor: Actor | None, wish: Wish, rules: PoolRules) -> str:
    """Into the nearest pool on the way up; the name of its organ. Only called once ``agreed_level`` is the owner's."""
    ladder = await ladder_of(unit.session, wish.org_id)
    first, cadre_id = ladder[0], wish.holder_id
    for follower in await followers_of(unit.session, wish):
        if follower.pool_text is None:  # no yes of their own to this pool
            await change(unit, None, follower, WishAct.PART, WishParty.CLOCK)
    beside = await beside_of(unit.session, wish.age_band, wish.kind, ladder, first, rules.k)
    await change(
        unit,
        actor,
        wish,
        WishAct.POOL,
        WishParty.OWNER,
        pool_level=first.level.value,
        pool_org_id=first.org_id,
        pooled_at=unit.now,
        waiting_since=unit.now,
        shown_area_id=beside.area,
        shown_age=beside.age,
        shown_kind=beside.kind,
    )
    organ = (await names_of_orgs(unit.session, [first.org_id]))[first.org_id]
    if cadre_id is not None:
        await tell_cadre(unit, cadre_id, wish.ref, organ)
    return organ


async def tell_cadre(unit: Unit, cadre_id: int, ref: int, organ: str) -> None:
    """In a pool, or (no organ) still with them; nothing is said of why."""
    if await unit.session.get(Person, cadre_id) is not None:
        await unit.push_person(cadre_id, PoolSettled(ref, organ))


# --- those who share it ----------------------------------------------------------------------------------------------


async def ask_along(unit: Unit, wish: Wish, words: str, first: Rung) -> int:
    """Ask everybody who shares the wish whether theirs goes along; whoever cannot be asked stays with the cadre."""
    organ = (await names_of_orgs(unit.session, [first.org_id]))[first.org_id]
    waiting = 0
    for follower in await followers_of(unit.session, wish):
        if follower.owner_id is None or await unit.account_of(follower.owner_id) is None:
            await change(unit, None, follower, WishAct.PART, WishParty.CLOCK)
            continue
        follower.pool_text = None  # a yes to an earlier pool is none to this one
        say = AlongQuestion(follower.ref, organ, wish.agreed_level or "", words)
        data = AlongData(wish.id, follower.id, follower.ref, words)
        await ask_person(unit, follower.owner_id, Ask(ALONG, OPTIONS, say, data, wish.id))
        waiting += 1
    return waiting


async def answer_along(unit: Unit, actor: Actor, question: Asked[AlongData], answer: str, rules: PoolRules) -> Say:
    """Along with it, or back to the cadre; with the last answer the wish goes into the pool."""
    lead, follower = await _both(unit, question)
    if lead is None:
        return PoolOver(question.data.ref)
    if follower is not None and answer == "yes":
        owner = await unit.session.get_one(Person, follower.owner_id)
        place = f"wishes:{follower.id}:pool_text"
        follower.pool_text = await unit.seal(owner.key_id, place, question.data.words)
        await unit.session.flush()
    elif follower is not None:
        await change(unit, actor, follower, WishAct.PART, WishParty.OWNER)
    await _enter_if_all_said(unit, lead, rules)
    if follower is None:
        return PoolOver(question.data.ref)
    return AlongAnswered(question.data.ref, answer == "yes")


@ALONG.when_silent
async def along_silent(unit: Unit, question: Asked[AlongData]) -> None:
    """A week without an answer: back to the cadre, and the others go on."""
    lead, follower = await _both(unit, question)
    if follower is not None:
        await change(unit, None, follower, WishAct.PART, WishParty.CLOCK)
    if lead is not None:
        await _enter_if_all_said(unit, lead, PoolRules(k=STRICT))


@ALONG.when_unshown
async def along_unshown(unit: Unit, question: Asked[AlongData], why: Unseen) -> None:
    """Given up: theirs stays with the cadre, and the others go on."""
    if why is Unseen.OVER:
        await along_silent(unit, question)


async def _both(unit: Unit, question: Asked[AlongData]) -> tuple[Wish | None, Wish | None]:
    """The wish that is to go into a pool, and the asked owner's part of it, as far as they still are what they were."""
    lead = await unit.session.get(Wish, question.data.lead_id, with_for_update=True)
    follower = await unit.session.get(Wish, question.data.wish_id, with_for_update=True)
    if lead is None or not _waits(lead):
        return None, None
    if follower is None or follower.owner_id != question.person_id:
        return lead, None
    if follower.state != WishState.SHARED or follower.shared_into != lead.id:
        return lead, None
    return lead, follower


def _waits(lead: Wish) -> bool:
    """Whether its owner has agreed to a pool that it has not entered."""
    return lead.state == WishState.CADRE_HELPING and lead.agreed_level is not None and lead.pool_org_id is None


async def all_said(session: AsyncSession, look: Look) -> list[int]:
    """Wishes that still wait although nobody who shares them is being asked: whoever was is gone meanwhile."""
    part = aliased(Wish)
    being_asked = exists().where(
        Prompt.kind == ALONG.kind,
        Prompt.subject_id == Wish.id,
        WAITING,
        part.shared_into == Wish.id,
        part.state == WishState.SHARED.value,
        part.owner_id == Prompt.person_id,
    )
    rows = await session.execute(
        select(Wish.id)
        .where(
            Wish.state == WishState.CADRE_HELPING.value,
            Wish.agreed_level.is_not(None),
            Wish.pool_org_id.is_(None),
            Wish.owner_id.is_not(None),
            ~being_asked,
        )
        .limit(look.limit)
    )
    return list(rows.scalars())


async def enter_late(unit: Unit, wish_id: int, _look: Look) -> bool:
    """Into the pool with a wish for which nobody is being asked any more."""
    lead = await unit.session.get(Wish, wish_id, with_for_update=True)
    return lead is not None and _waits(lead) and await _enter_if_all_said(unit, lead, PoolRules(k=STRICT))


async def _enter_if_all_said(unit: Unit, lead: Wish, rules: PoolRules) -> bool:
    owners = [follower.owner_id for follower in await followers_of(unit.session, lead)]
    more = await unit.session.execute(waiting(ALONG, subject_id=lead.id).where(Prompt.person_id.in_(owners)).limit(1))
    if more.first() is not None or not await ladder_of(unit.session, lead.org_id):
        return False
    agreed = lead.agreed_level or ""
    organ = await enter_pool(unit, None, lead, rules)
    await cancel(unit, ALONG, subject_id=lead.id, skip_busy=True)
    if lead.owner_id is not None:
        await unit.push_person(lead.owner_id, PoolEntered(lead.ref, organ, agreed, 0))
    return True
