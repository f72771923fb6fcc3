"""拼好愿: youths of one cadre who wish the same share one wish; each says yes, and each confirms for themselves (6.5).

A shared wish stays its owner's own: it goes on as part of the first of them (``shared_into``) and comes back whenever
it is alone again. Nobody is told who the others are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from sqlalchemy import or_, select

from bot.core.acts.prompt import ask_person
from bot.core.acts.unshown import refuse_if_not_shown
from bot.core.question import Ask, Asked, Asks, Question, Unseen, as_long_as, ends
from bot.core.reads.people import name_of
from bot.core.rules.people import Actor, Role
from bot.core.rules.refs import take_ref
from bot.core.rules.refusal import Refusal
from bot.core.rules.say import Say
from bot.features.wish.acts.transition import change, mirror
from bot.features.wish.reads.wish import find_for_cadre, followers_of
from bot.features.wish.rules.wish import ASK_AGAIN_AFTER, WishAct, WishParty, WishState
from bot.features.wish.tables import Wish
from bot.store.base import new_id
from bot.store.people import Person
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class ShareData:
    """Whose wish may share with which others; ``batch``: those asked together."""

    cadre_id: int
    wishes: tuple[int, ...]
    wish_id: int
    ref: int
    batch: int | None = None


_MAY_SHARE: Final = (WishState.OPEN, WishState.CADRE_HELPING)
SHARE: Final = Question(
    "wish.share",
    Asks.YOUTH,
    ShareData,
    silence=ends,
    no="no",
    reason=as_long_as(Wish.id, Wish.state.in_(_MAY_SHARE)),
)
OPTIONS: Final = ("yes", "no")
MOST: Final = 10
"""Wishes named in one 拼心愿 at most."""


@dataclass(frozen=True, slots=True)
class ShareAsked(Say):
    """To the cadre: each owner is being asked."""

    template: ClassVar[str] = "wish/share_asked"
    refs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class ShareQuestion(Say):
    """To an owner: so many wish the same; together? Who they are is not said."""

    template: ClassVar[str] = "wish/share_question"
    ref: int
    others: int
    cadre: str


@dataclass(frozen=True, slots=True)
class ShareJoined(Say):
    """To an owner: theirs goes on together with others; each confirms for themselves."""

    template: ClassVar[str] = "wish/share_joined"
    ref: int
    waits: bool
    """Nobody else has said yes so far."""


@dataclass(frozen=True, slots=True)
class ShareDeclined(Say):
    """To an owner: theirs stays as it is."""

    template: ClassVar[str] = "wish/share_declined"
    ref: int


@dataclass(frozen=True, slots=True)
class ShareOver(Say):
    """To an owner: meanwhile there is nothing to share any more."""

    template: ClassVar[str] = "wish/share_over"
    ref: int


@dataclass(frozen=True, slots=True)
class ShareGrown(Say):
    """To the cadre: one more is part of this wish."""

    template: ClassVar[str] = "wish/share_grown"
    ref: int
    lead: int
    count: int


class ShareWhich(Refusal):
    """拼心愿 without at least two wishes, or with too many; field ``most``."""

    code = "wish.share_which"


class ShareNotPossible(Refusal):
    """One of them is not the own youths', is held by somebody else, in a pool, or of the same owner; field ``ref``."""

    code = "wish.share_not_possible"


class ShareAskedBefore(Refusal):
    """Its owner has been asked, or is being asked: once is enough, and the two look alike (P5); field ``ref``."""

    code = "wish.share_asked_before"


def read_share(text: str) -> tuple[int, ...]:
    """The wishes of ``拼心愿 W4821 W5932``; refuses ``wish.share_which``."""
    numbers: list[int] = []
    rest = text
    while rest and (taken := take_ref(rest, "W")) is not None:
        ref, rest = taken
        numbers.append(ref.number)
        rest = rest.lstrip("，,、 ")
    found = tuple(dict.fromkeys(numbers))
    if rest or not 2 <= len(found) <= MOST:
        raise ShareWhich(most=MOST)
    return found


async def share_wishes(unit: Unit, actor: Actor, numbers: Sequence[int]) -> ShareAsked:
    """``拼心愿 <W> <W> ...``: each owner is asked; only those who say yes share, others' wishes stay as they are."""
    wishes = [await _shareable(unit, actor, number) for number in numbers]
    owners = [wish.owner_id for wish in wishes]
    for wish in wishes:
        if owners.count(wish.owner_id) > 1:
            raise ShareNotPossible(ref=wish.ref)
    cadre = await name_of(unit.session, unit.vault, actor.person_id or 0)
    ids, batch = tuple(wish.id for wish in wishes), new_id()
    for wish in wishes:
        await refuse_if_not_shown(unit, SHARE, subject_id=wish.id, what=f"#W{wish.ref}")
        if not await _may_ask(unit, wish):
            raise ShareAskedBefore(ref=wish.ref)
    for wish in wishes:
        say = ShareQuestion(wish.ref, len(wishes) - 1, cadre)
        data = ShareData(actor.person_id or 0, ids, wish.id, wish.ref, batch)
        ask = Ask(SHARE, OPTIONS, say, data, wish.id)
        await ask_person(unit, wish.owner_id or 0, ask)
        ref = f"W{wish.ref}"
        await unit.audit(actor, "wish.share_asked", role=Role.CADRE, subject_id=wish.owner_id, ref=ref)
    return ShareAsked(tuple(wish.ref for wish in wishes))


async def _shareable(unit: Unit, actor: Actor, number: int) -> Wish:
    wish, parts = await find_for_cadre(unit.session, actor, number, itself=True)
    own = WishParty.CADRE in parts and wish.holder_id in (None, actor.person_id)
    reached = wish.owner_id is not None and await unit.account_of(wish.owner_id) is not None
    if not own or wish.state not in _MAY_SHARE or wish.asked_at is not None or not reached:
        raise ShareNotPossible(ref=wish.ref)
    if wish.agreed_level is not None or await followers_of(unit.session, wish):
        raise ShareNotPossible(ref=wish.ref)
    return wish


async def _may_ask(unit: Unit, wish: Wish) -> bool:
    """Once in 90 days, unless the answer was a yes (P5): a question that waits and a no look alike."""
    due = or_(Wish.share_asked_at.is_(None), Wish.share_asked_at <= unit.now - ASK_AGAIN_AFTER)
    return await unit.swap(Wish, Wish.id == wish.id, due, share_asked_at=unit.now) > 0


async def answer_share(unit: Unit, actor: Actor, question: Asked[ShareData], answer: str) -> Say:
    """The first who says yes waits for the others; everybody after that becomes part of theirs."""
    data = question.data
    if answer != "yes":
        await _unmark(unit, question)
        return ShareDeclined(data.ref)
    wish, lead = await _mine_and_lead(unit, question)
    if wish is None:
        return ShareOver(data.ref)
    if lead is None:
        wish.shared_into, wish.share_batch, wish.share_asked_at = wish.id, data.batch, None
        await unit.session.flush()
        return ShareJoined(wish.ref, waits=True)
    await change(unit, actor, wish, WishAct.JOIN, WishParty.OWNER, **_said_yes(lead, data))
    await mirror(unit, lead, wish)
    if await unit.session.get(Person, data.cadre_id) is not None:
        count = 1 + len(await followers_of(unit.session, lead))
        await unit.push_person(data.cadre_id, ShareGrown(wish.ref, lead.ref, count))
    return ShareJoined(wish.ref, waits=False)


def _said_yes(lead: Wish, data: ShareData) -> dict[str, Any]:
    return {"shared_into": lead.id, "share_batch": data.batch, "share_asked_at": None}


async def _unmark(unit: Unit, question: Asked[ShareData]) -> None:
    """A no takes back an earlier yes that nobody has joined."""
    wish = await unit.session.get(Wish, question.data.wish_id, with_for_update=True)
    if wish is None or wish.owner_id != question.person_id or wish.shared_into != wish.id:
        return
    if not await followers_of(unit.session, wish):
        wish.shared_into = wish.share_batch = None
        await unit.session.flush()


@SHARE.when_unshown
async def share_unshown(unit: Unit, question: Asked[ShareData], why: Unseen) -> None:
    """Who never saw it was never asked: it may be asked again."""
    if why is Unseen.OVER:
        await unit.swap(Wish, Wish.id == question.data.wish_id, share_asked_at=None)


async def _mine_and_lead(unit: Unit, question: Asked[ShareData]) -> tuple[Wish | None, Wish | None]:
    """The answering owner's wish, and the one that others of this question are part of; both locked, the lead first."""
    data = question.data
    rows = await unit.session.execute(
        select(Wish)
        .where(Wish.id.in_(data.wishes), Wish.cadre_id == data.cadre_id, Wish.state.in_(_MAY_SHARE))
        .order_by(Wish.shared_into.is_(None), Wish.ref)
        .with_for_update()
    )
    free = [w for w in rows.scalars().all() if w.asked_at is None and w.agreed_level is None]
    fit = [w for w in free if w.holder_id in (None, data.cadre_id)]
    wish = next((w for w in fit if w.id == data.wish_id and w.owner_id == question.person_id), None)
    if wish is not None and await followers_of(unit.session, wish):
        return None, None  # others are part of it already
    batch = data.batch or 0
    return wish, next((w for w in fit if w.shared_into == w.id and w.share_batch == batch and w is not wish), None)
