"""登记资源: what an organ has to give, understood or asked about, and taken out of use again (R2.7, P36)."""

from dataclasses import dataclass, field
from typing import ClassVar, Final

from sqlalchemy import select

from bot.core.acts.asking import ask_speaker
from bot.core.question import Ask, Asked, Asks, Question, always, ends
from bot.core.reads.orgs import organs_of
from bot.core.rules.people import Actor, Role
from bot.core.rules.refusal import NotAllowed
from bot.core.rules.say import Say
from bot.features.pool.rules.words import PoolWords
from bot.features.resource.acts.balance import end_asking
from bot.features.resource.acts.match import shown_offer
from bot.features.resource.reads.resource import find_resource
from bot.features.resource.rules.resource import Offer, ResourceKind, ResourceState, ResourceWords, read_offer
from bot.features.resource.tables import Resource
from bot.features.wish.rules.match import ASKING
from bot.features.wish.tables import ResourceMatch, Wish
from bot.store.base import new_id
from bot.store.people import OrgUnit
from bot.store.refs import new_ref
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class OfferData:
    """What was offered, until its kind is known."""

    text: str = field(repr=False)
    capacity: int


KIND: Final = Question("resource.kind", Asks.OFFICE, OfferData, silence=ends, reason=always)


@dataclass(frozen=True, slots=True)
class ResourceOffered(Say):
    """To the organ: registered; ``shown`` is what an owner would read of it."""

    template: ClassVar[str] = "resource/offered"
    ref: int
    kind: str
    capacity: int
    shown: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ResourceKindAsked(Say):
    """To the organ: goods, time or service? Nothing is registered so far."""

    template: ClassVar[str] = "resource/kind_asked"
    kinds: tuple[ResourceKind, ...]


@dataclass(frozen=True, slots=True)
class ResourceClosedNow(Say):
    """To the organ: nothing new is matched with it; what is under way goes on, what was being asked has ended."""

    template: ClassVar[str] = "resource/closed_now"
    ref: int
    ended: int
    again: bool


async def offer_resource(
    unit: Unit, actor: Actor, text: str, words: ResourceWords, pool_words: PoolWords
) -> ResourceOffered | None:
    """``登记资源 <内容>``; None when the kind is asked first."""
    offer = read_offer(text, words)
    if offer.kind is not None:
        return await _enter(unit, actor, offer, offer.kind, pool_words)
    kinds = tuple(ResourceKind)
    await ask_speaker(unit, actor, Ask(KIND, kinds, ResourceKindAsked(kinds), OfferData(offer.text, offer.capacity)))
    return None


async def answer_kind(unit: Unit, actor: Actor, question: Asked[OfferData], answer: str, pool_words: PoolWords) -> Say:
    """What is offered; the right to offer is looked at again now."""
    offer = Offer(question.data.text, question.data.capacity, None)
    return await _enter(unit, actor, offer, ResourceKind(answer), pool_words)


async def close_resource(unit: Unit, actor: Actor, number: int) -> ResourceClosedNow:
    """``停用资源 <S>``: questions about it are taken back; claimed wishes are still to be fulfilled."""
    resource = await find_resource(unit.session, actor, number)
    ended = await _end_all(unit, actor, resource)
    still_open = (Resource.id == resource.id, Resource.state == ResourceState.OPEN.value)
    if not await unit.swap(Resource, *still_open, state=ResourceState.CLOSED.value):
        return ResourceClosedNow(number, 0, again=True)
    await unit.audit(actor, "resource.closed", role=Role.ORGAN_ADMIN, ref=f"S{number}", n=ended)
    return ResourceClosedNow(number, ended, again=False)


async def _end_all(unit: Unit, actor: Actor, resource: Resource) -> int:
    """End what is being asked about; a colleague who matched it hears that it did not happen.

    What is matched at this very moment is not seen here; its answer finds the resource closed.
    """
    about = select(ResourceMatch.wish_id).where(
        ResourceMatch.resource_id == resource.id, ResourceMatch.state.in_(ASKING)
    )
    await unit.session.execute(select(Wish.id).where(Wish.id.in_(about)).order_by(Wish.ref).with_for_update())
    rows = await unit.session.execute(
        select(ResourceMatch).where(ResourceMatch.resource_id == resource.id, ResourceMatch.state.in_(ASKING))
    )
    return sum([await end_asking(unit, match, but=actor.person_id) for match in rows.scalars().all()])


async def _enter(unit: Unit, actor: Actor, offer: Offer, kind: ResourceKind, pool_words: PoolWords) -> ResourceOffered:
    """Under the key of the organ the actor answers for; of several, the highest one's."""
    organs = sorted(await organs_of(unit.session, actor), key=lambda organ: (len(organ.path), organ.id))
    if not organs or actor.person_id is None:
        raise NotAllowed(needs="organ", known=actor.known)
    org = await unit.session.get_one(OrgUnit, organs[0].id)
    resource_id = new_id()
    resource = Resource(
        id=resource_id,
        ref=await new_ref(unit, "S"),
        org_id=org.id,
        offered_by=actor.person_id,
        kind=kind.value,
        text=await unit.seal(org.key_id, f"resources:{resource_id}:text", offer.text),
        capacity=offer.capacity,
        state=ResourceState.OPEN.value,
        offered_at=unit.now,
    )
    unit.session.add(resource)
    await unit.session.flush()
    await unit.audit(actor, "resource.offered", role=Role.ORGAN_ADMIN, ref=f"S{resource.ref}", n=offer.capacity)
    return ResourceOffered(resource.ref, kind.value, offer.capacity, await shown_offer(unit, resource, pool_words))
