"""资源对接, the books: how much of a resource is taken, and what becomes of a match when its wish moves (R2.7).

Every change of ``ResourceMatch.state`` and ``Resource.used`` is made here, each as one statement that compares and
sets: whatever people do at the same time, no resource is given more often than it has.

Locks are taken in one order: a question, its wish (several by their numbers), the match, the resource, an account.
"""

from dataclasses import dataclass, field
from typing import ClassVar, Final

from sqlalchemy import select

from bot.core.acts.prompt import cancel
from bot.core.question import Asks, Question, Reason, as_long_as
from bot.core.rules.say import Say
from bot.features.resource.rules.resource import ResourceState
from bot.features.resource.tables import Resource
from bot.features.wish.events import WishHandedOn, WishMoved
from bot.features.wish.rules.match import ASKING, RESERVED, MatchState, may_match_step
from bot.features.wish.rules.wish import WishAct
from bot.features.wish.tables import ResourceMatch, Wish
from bot.store.base import new_id
from bot.store.people import Person
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class MatchData:
    """The match that both sides are asked about: numbers of wish and resource, and the offer as the owner read it."""

    match_id: int
    ref: int
    resource: int
    offer: str = field(repr=False)


def _asked_in(state: MatchState) -> Reason:
    return as_long_as(ResourceMatch.wish_id, ResourceMatch.state == state.value)


MATCH: Final = Question("wish.match", Asks.YOUTH, MatchData, no="no", reason=_asked_in(MatchState.OWNER_ASKED))
OFFER: Final = Question(
    "wish.match_offer", Asks.OFFICE, MatchData, no="no", reason=_asked_in(MatchState.PROVIDER_ASKED)
)
_ENDS_ASKING: Final = frozenset({WishAct.CLAIM, WishAct.WITHDRAW, WishAct.LEAVE_POOL, WishAct.DECLINE})
_ENDS_CLAIM: Final = frozenset({WishAct.RELEASE, WishAct.WITHDRAW, WishAct.DECLINE})


@dataclass(frozen=True, slots=True)
class MatchEnded(Say):
    """To the organ that matched: it did not happen, and what it took is free again. Never why, never whose no."""

    template: ClassVar[str] = "resource/ended"
    ref: int
    resource: int


async def reserve(unit: Unit, resource_id: int, count: int) -> bool:
    """Take ``count`` of a resource, all of them or none."""
    still_open = (Resource.id == resource_id, Resource.state == ResourceState.OPEN.value)
    enough = Resource.used + count <= Resource.capacity
    return await unit.swap(Resource, *still_open, enough, used=Resource.used + count) > 0


async def begin_match(unit: Unit, resource_id: int, wish_id: int, matched_by: int) -> ResourceMatch:
    """Enter a match for which one of the resource has been taken."""
    match = ResourceMatch(
        id=new_id(),
        wish_id=wish_id,
        resource_id=resource_id,
        matched_by=matched_by,
        state=MatchState.OWNER_ASKED.value,
        asked_at=unit.now,
    )
    unit.session.add(match)
    await unit.session.flush()
    return match


async def move_match(unit: Unit, match: ResourceMatch, after: MatchState) -> bool:
    """Move a match on, or end it and give back what it took; False when it has moved meanwhile."""
    before = MatchState(match.state)
    if not may_match_step(before, after):
        return False
    settled = None if after in ASKING else unit.now
    still = (ResourceMatch.id == match.id, ResourceMatch.state == before.value)
    won = await unit.swap(ResourceMatch, *still, state=after.value, settled_at=settled) > 0
    await unit.session.refresh(match)
    if won and before in RESERVED and after not in RESERVED:
        await unit.swap(Resource, Resource.id == match.resource_id, used=Resource.used - 1)
    return won


async def settle_matches(unit: Unit, event: WishMoved) -> None:
    """What a wish's own way means for its matches: called with every change of a wish, after it is won."""
    wish, act = event.wish, event.act
    if act in _ENDS_ASKING:
        for match in await _of_wish(unit, wish.id, *ASKING):
            await end_asking(unit, match)
    if act is WishAct.FULFIL:
        await _move_all(unit, wish.id, MatchState.CLAIMED, MatchState.DONE)
    if act is WishAct.REOPEN:  # 收到 taken back
        await _move_all(unit, wish.id, MatchState.DONE, MatchState.CLAIMED)
    if act in _ENDS_CLAIM or (act is WishAct.REOPEN and wish.holder_id is None):
        await _move_all(unit, wish.id, MatchState.CLAIMED, MatchState.ENDED)


async def hand_match_on(unit: Unit, event: WishHandedOn) -> None:
    """What a resource gives for a shared wish goes to who shares it, when its first owner is out of it."""
    for match in await _of_wish(unit, event.wish.id, MatchState.CLAIMED):
        match.wish_id = event.other.id
    await unit.session.flush()


async def end_asking(unit: Unit, match: ResourceMatch, *, but: int | None = None) -> bool:
    """End a match that is being asked about, take its question back, and tell the organ, whatever the reason, alike.

    ``but`` has just done it and need not be told. No audit row: whoever said no is nobody's business (P5).
    """
    if not await move_match(unit, match, MatchState.ENDED):
        return False
    await cancel(unit, MATCH, OFFER, subject_id=match.wish_id, skip_busy=True)
    by = match.matched_by
    if by is not None and by != but and await unit.session.get(Person, by) is not None:
        wish = await unit.session.get_one(Wish, match.wish_id)
        resource = await unit.session.get_one(Resource, match.resource_id)
        await unit.push_person(by, MatchEnded(wish.ref, resource.ref))
    return True


async def _move_all(unit: Unit, wish_id: int, before: MatchState, after: MatchState) -> None:
    for match in await _of_wish(unit, wish_id, before):
        await move_match(unit, match, after)


async def _of_wish(unit: Unit, wish_id: int, *states: MatchState) -> list[ResourceMatch]:
    rows = await unit.session.execute(
        select(ResourceMatch).where(ResourceMatch.wish_id == wish_id, ResourceMatch.state.in_(states))
    )
    return list(rows.scalars().all())
