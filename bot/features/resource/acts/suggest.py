"""匹配 without wishes: those that may be meant by an offer, for a person to choose from; nobody is asked by it (S4)."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.audited import Logged, Seen, seen
from bot.core.rules.people import Actor, Role
from bot.core.rules.say import Say
from bot.features.resource.reads.resource import find_resource, unasked, words_of
from bot.features.resource.rules.resource import PAGE, ResourceClosed, ResourceState, likeness
from bot.features.wish.reads.pooled import PoolLine, lines_of, shown_to_organ
from bot.store.sealing import Vault


@dataclass(frozen=True, slots=True)
class MatchSuggested(Say):
    """To the organ: waiting wishes that share words with the offer; none: see for yourself."""

    template: ClassVar[str] = "resource/suggested"
    resource: int
    left: int
    offer: str = field(repr=False)
    wishes: tuple[PoolLine, ...]


async def suggest_matches(session: AsyncSession, vault: Vault, actor: Actor, number: int, *, now: datetime) -> Seen:
    """``匹配 <S>``: of the wishes this organ may read those most like the offer, as many as are left of it.

    Reading is logged for those that are shown (P15).
    """
    resource = await find_resource(session, actor, number)
    left = resource.capacity - resource.used
    if resource.state != ResourceState.OPEN or left < 1:
        raise ResourceClosed(ref=resource.ref)
    offer = await words_of(session, vault, resource)
    rows = {wish.ref: wish for wish in await unasked(session, actor, resource.id)}
    lines = await lines_of(session, vault, list(rows.values()), now=now)
    alike = [(likeness(offer, line.words), line) for line in lines]
    best = sorted((found for found in alike if found[0]), key=lambda found: (-found[0], -found[1].days, found[1].ref))
    shown = tuple(line for _, line in best[: min(left, PAGE)])
    owners = {rows[line.ref].owner_id for line in shown}
    return await seen(
        session,
        MatchSuggested(resource.ref, left, offer, shown),
        [Logged("read.pool", Role.ORGAN_ADMIN, owner) for owner in sorted(o for o in owners if o is not None)],
        await shown_to_organ(session, actor, [rows[line.ref] for line in shown]),
    )
