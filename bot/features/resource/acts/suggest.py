"""匹配 without wishes: those that may be meant by an offer, for a person to choose from; nobody is asked by it (S4)."""

from dataclasses import dataclass, field
from typing import ClassVar

from bot.core.rules.people import Actor, Role
from bot.core.rules.say import Say
from bot.features.resource.reads.resource import find_resource, unasked, words_of
from bot.features.resource.rules.resource import PAGE, ResourceClosed, ResourceState, likeness
from bot.features.wish.reads.pooled import PoolLine, lines_of
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class MatchSuggested(Say):
    """To the organ: waiting wishes that share words with the offer; none: see for yourself."""

    template: ClassVar[str] = "resource/suggested"
    resource: int
    left: int
    offer: str = field(repr=False)
    wishes: tuple[PoolLine, ...]


async def suggest_matches(unit: Unit, actor: Actor, number: int) -> MatchSuggested:
    """``匹配 <S>``: of the wishes this organ may read those most like the offer, as many as are left of it.

    Reading is logged for those that are shown (P15).
    """
    resource = await find_resource(unit.session, actor, number)
    left = resource.capacity - resource.used
    if resource.state != ResourceState.OPEN or left < 1:
        raise ResourceClosed(ref=resource.ref)
    offer = await words_of(unit.session, unit.vault, resource)
    rows = {wish.ref: wish for wish in await unasked(unit.session, actor, resource.id)}
    lines = await lines_of(unit.session, unit.vault, list(rows.values()), now=unit.now)
    alike = [(likeness(offer, line.words), line) for line in lines]
    best = sorted((found for found in alike if found[0]), key=lambda found: (-found[0], -found[1].days, found[1].ref))
    shown = tuple(line for _, line in best[: min(left, PAGE)])
    owners = {rows[line.ref].owner_id for line in shown}
    for owner_id in sorted(owner for owner in owners if owner is not None):
        await unit.audit(actor, "read.pool", role=Role.ORGAN_ADMIN, subject_id=owner_id)
    return MatchSuggested(resource.ref, left, offer, shown)
