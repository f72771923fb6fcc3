"""资源对接, the books: how much of a resource is taken, and what becomes of a match when its wish moves (R2.7).

Every change of ``ResourceMatch.state`` and ``Resource.used`` is made here, each as one statement that compares and
sets: whatever people do at the same time, no resource is given more often than it has.

Locks are taken in one order: a question, its wish (several by their numbers), the match, the resource, an account.
"""

from dataclasses import dataclass
from typing import Any, ClassVar, Final

from sqlalchemy import select, update

from bot.core.acts.prompt import cancel
from bot.core.question import Asks, Question
from bot.core.rules.say import Say
from bot.features.resource.rules.resource import ASKING, RESERVED, MatchState, ResourceState, may_match_step
from bot.features.resource.tables import Resource, ResourceMatch
from bot.features.wish.rules.wish import WishAct
from bot.features.wish.tables import Wish
from bot.store.base import new_id
from bot.store.people import Person
from bot.store.unit import Unit

MATCH: Final = Question("wish.match", Asks.YOUTH, dict[str, Any], no="no")
OFFER: Final = Question("wish.match_offer", Asks.OFFICE, dict[str, Any], no="no")
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
    done = await unit.session.execute(
        update(Resource)
        .where(
            Resource.id == resource_id,
            Resource.state == ResourceState.OPEN.value,
            Resource.used + count <= Resource.capacity,
        )
        .values(used=Resource.used + count)
        .returning(Resource.id)
        .execution_options(synchronize_session=False)
    )
    return done.scalar_one_or_none() is not None


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
    done = await unit.session.execute(
        update(ResourceMatch)
        .where(ResourceMatch.id == match.id, ResourceMatch.state == before.value)
        .values(state=after.value, settled_at=settled)
        .returning(ResourceMatch.id)
        .execution_options(synchronize_session=False)
    )
    won = done.scalar_one_or_none() is not None
    await unit.session.refresh(match)
    if won and before in RESERVED and after not in RESERVED:
        await unit.session.execute(
            update(Resource)
            .where(Resource.id == match.resource_id)
            .values(used=Resource.used - 1)
            .execution_options(synchronize_session=False)
        )
    return won


async def settle_matches(unit: Unit, wish: Wish, act: WishAct) -> None:
    """What a wish's own way means for its matches: called with every change of a wish, after it is won."""
    if act in _ENDS_ASKING:
        for match in await _of_wish(unit, wish.id, *ASKING):
            await end_asking(unit, match)
    if act is WishAct.FULFIL:
        await _move_all(unit, wish.id, MatchState.CLAIMED, MatchState.DONE)
    if act is WishAct.REOPEN:  # 收到 taken back
        await _move_all(unit, wish.id, MatchState.DONE, MatchState.CLAIMED)
    if act in _ENDS_CLAIM or (act is WishAct.REOPEN and wish.holder_id is None):
        await _move_all(unit, wish.id, MatchState.CLAIMED, MatchState.ENDED)


async def hand_match_on(unit: Unit, wish: Wish, other: Wish) -> None:
    """What a resource gives for a shared wish goes to who shares it, when its first owner is out of it."""
    for match in await _of_wish(unit, wish.id, MatchState.CLAIMED):
        match.wish_id = other.id
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
