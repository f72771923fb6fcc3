"""匹配, the answers: the owner says yes, then the provider, and it is claimed; a no is only "it did not happen"."""

from dataclasses import dataclass, field
from typing import ClassVar

from bot.core.acts.prompt import ask_person
from bot.core.question import Ask, Asked, Unseen
from bot.core.reads.duty import holders_at
from bot.core.rules.people import Actor, Role
from bot.core.rules.say import Say
from bot.features.resource.acts.balance import MATCH, OFFER, MatchData, end_asking, move_match
from bot.features.resource.rules.resource import ResourceState
from bot.features.resource.tables import Resource
from bot.features.wish.acts.tell_pickup import ToDeliver, tell_pickup
from bot.features.wish.acts.transition import change
from bot.features.wish.rules.match import MatchState
from bot.features.wish.rules.wish import WishAct, WishParty
from bot.features.wish.tables import ResourceMatch, Wish
from bot.store.people import Person
from bot.store.unit import Unit

OPTIONS = ("yes", "no")


@dataclass(frozen=True, slots=True)
class OfferQuestion(Say):
    """To the provider: the owner would like it; the words are the pool's."""

    template: ClassVar[str] = "resource/offer_question"
    ref: int
    resource: int
    words: str = field(repr=False)
    offer: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class MatchAgreed(Say):
    """To the owner: now the other side is asked."""

    template: ClassVar[str] = "resource/agreed"
    ref: int


@dataclass(frozen=True, slots=True)
class MatchDeclined(Say):
    """To whoever said no: nothing happens; the wish waits on."""

    template: ClassVar[str] = "resource/declined"
    ref: int


@dataclass(frozen=True, slots=True)
class MatchOver(Say):
    """To whoever answers too late: the wish went another way, or the offer is closed."""

    template: ClassVar[str] = "resource/over"
    ref: int


@dataclass(frozen=True, slots=True)
class MatchMade(Say):
    """To the owner: it is coming; their cadre will bring it."""

    template: ClassVar[str] = "resource/made"
    ref: int
    offer: str = field(repr=False)


async def answer_match(unit: Unit, actor: Actor, question: Asked[MatchData], answer: str) -> Say:
    """The owner: ① 要 ② 不用."""
    found = await _live(unit, question, MatchState.OWNER_ASKED)
    ref = question.data.ref
    if found is None or found[1].owner_id != question.person_id:
        return MatchOver(ref)
    match, wish, resource = found
    provider = await _provider(unit, resource) if answer == "yes" else None
    if provider is None:
        await end_asking(unit, match, but=question.person_id)
        return MatchDeclined(ref) if answer != "yes" else MatchOver(ref)
    await move_match(unit, match, MatchState.PROVIDER_ASKED)
    words = await unit.open(f"wishes:{wish.id}:pool_text", wish.pool_text) or ""
    say = OfferQuestion(ref, resource.ref, words, question.data.offer)
    await ask_person(unit, provider, Ask(OFFER, OPTIONS, say, question.data, wish.id))
    await unit.audit(actor, "wish.match_agreed", role=Role.YOUTH, subject_id=wish.owner_id, ref=f"W{ref}")
    return MatchAgreed(ref)


async def answer_offer(unit: Unit, actor: Actor, question: Asked[MatchData], answer: str) -> Say:
    """The provider: with this second yes the wish is claimed, and place and number go to both sides."""
    found = await _live(unit, question, MatchState.PROVIDER_ASKED)
    ref = question.data.ref
    if found is None or found[2].org_id not in actor.orgs(Role.ORGAN_ADMIN):
        return MatchOver(ref)
    match, wish, _ = found
    if answer != "yes":
        await end_asking(unit, match, but=question.person_id)
        return MatchDeclined(ref)
    await move_match(unit, match, MatchState.CLAIMED)
    await change(unit, actor, wish, WishAct.CLAIM, WishParty.HELPER, role=Role.ORGAN_ADMIN)
    owner = await unit.session.get(Person, wish.owner_id) if wish.owner_id is not None else None
    if owner is not None:
        await unit.push_person(owner.id, MatchMade(ref, question.data.offer))
    place = await tell_pickup(unit, wish, question.data.offer)
    return ToDeliver(ref, place)


@MATCH.when_silent
@OFFER.when_silent
async def match_silent(unit: Unit, question: Asked[MatchData]) -> None:
    """A week without an answer, of either side, is a no."""
    expected = MatchState.OWNER_ASKED if question.question is MATCH else MatchState.PROVIDER_ASKED
    found = await _live(unit, question, expected)
    if found is not None:
        await end_asking(unit, found[0])


@MATCH.when_unshown
@OFFER.when_unshown
async def match_unshown(unit: Unit, question: Asked[MatchData], why: Unseen) -> None:
    """Given up: what it took of the resource is free again."""
    if why is Unseen.OVER:
        await match_silent(unit, question)


async def _live(
    unit: Unit, question: Asked[MatchData], state: MatchState
) -> tuple[ResourceMatch, Wish, Resource] | None:
    """Match, wish and resource, if this question still is the one that is open about them. The wish is locked first."""
    match = await unit.session.get(ResourceMatch, question.data.match_id)
    if match is None:
        return None
    wish = await unit.session.get(Wish, match.wish_id, with_for_update=True)
    await unit.session.refresh(match)
    resource = await unit.session.get(Resource, match.resource_id)
    if wish is None or resource is None or match.state != state:
        return None
    if resource.state != ResourceState.OPEN:  # closed in the moment in which it was matched
        await end_asking(unit, match)
        return None
    return match, wish, resource


async def _provider(unit: Unit, resource: Resource) -> int | None:
    """Who registered the resource, if they still answer for the organ and can be written to; else who does."""
    holders = await holders_at(unit.session, resource.org_id, Role.ORGAN_ADMIN, now=unit.now)
    if resource.offered_by in holders:
        return resource.offered_by
    return holders[0] if holders else None
