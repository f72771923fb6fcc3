"""匹配: an organ brings wishes and a resource together; each owner is asked first, then the provider (S4, R2.7)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from sqlalchemy import exists, select

from bot.core.acts.expire import drop_batch
from bot.core.acts.prompt import ask_person
from bot.core.question import Ask
from bot.core.reads.people import name_of
from bot.core.rules.people import Actor, Role
from bot.core.rules.refs import Ref, take_ref
from bot.core.rules.retention import RetentionPeriods
from bot.core.rules.say import Say
from bot.features.pool.reads.pool import find_in_pool
from bot.features.pool.rules.deidentify import KnownNames, deidentify
from bot.features.pool.rules.words import PoolWords
from bot.features.resource.acts.balance import MATCH, MatchData, begin_match, reserve
from bot.features.resource.reads.resource import find_resource, words_of
from bot.features.resource.rules.resource import (
    MATCHED_AT_ONCE,
    MatchNotPossible,
    MatchWords,
    ResourceClosed,
    ResourceState,
    ResourceUsedUp,
)
from bot.features.resource.tables import Resource
from bot.features.wish.rules.match import MatchState
from bot.features.wish.rules.wish import WishState
from bot.features.wish.tables import ResourceMatch, Wish
from bot.store.unit import Unit

OPTIONS = ("yes", "no")


@dataclass(frozen=True, slots=True)
class MatchesAsked(Say):
    """To the organ: so many owners are being asked, so much is left."""

    template: ClassVar[str] = "resource/asked"
    refs: tuple[int, ...]
    resource: int
    left: int


@dataclass(frozen=True, slots=True)
class MatchQuestion(Say):
    """To the owner: what somebody offers for their wish; who it is from stays out, as they do."""

    template: ClassVar[str] = "resource/question"
    ref: int
    kind: str
    offer: str = field(repr=False)


def read_match(text: str) -> tuple[tuple[int, ...], int]:
    """The wishes and the one resource of ``匹配 W4821 W5932 S377``; without wishes some are suggested.

    Refuses ``resource.match_words``.
    """
    wishes: list[int] = []
    resources: list[int] = []
    rest = text
    while rest and (taken := take_ref(rest, ("W", "S"))) is not None:
        ref, rest = taken
        _list_of(ref, wishes, resources).append(ref.number)
        rest = rest.lstrip("，,、 ")
    if rest or len(resources) != 1 or len(wishes) > MATCHED_AT_ONCE:
        raise MatchWords(most=MATCHED_AT_ONCE)
    return tuple(dict.fromkeys(wishes)), resources[0]


def _list_of(ref: Ref, wishes: list[int], resources: list[int]) -> list[int]:
    return wishes if ref.letter == "W" else resources


async def match_wishes(unit: Unit, actor: Actor, numbers: Sequence[int], offer: int, words: PoolWords) -> MatchesAsked:
    """Take one for each wish and ask each owner: all of them or, when one is not possible, none."""
    resource = await find_resource(unit.session, actor, offer)
    wishes = [await find_in_pool(unit.session, actor, number) for number in sorted(numbers)]
    if resource.state != ResourceState.OPEN:
        raise ResourceClosed(ref=resource.ref)
    for wish in wishes:
        await _must_be_free(unit, wish, resource)
    if not await reserve(unit, resource.id, len(wishes)):
        await unit.session.refresh(resource)
        raise ResourceUsedUp(ref=resource.ref, left=resource.capacity - resource.used, wanted=len(wishes))
    shown = await shown_offer(unit, resource, words)
    for wish in wishes:
        await _ask_owner(unit, actor, wish, resource, shown)
    await unit.session.refresh(resource)
    return MatchesAsked(tuple(wish.ref for wish in wishes), resource.ref, resource.capacity - resource.used)


async def shown_offer(unit: Unit, resource: Resource, words: PoolWords) -> str:
    """What the owner reads of an offer: the same blanks as in a pool, so that nobody is written to past the bot."""
    provider = await name_of(unit.session, unit.vault, resource.offered_by or 0)
    text = await words_of(unit.session, unit.vault, resource)
    return deidentify(text, KnownNames((provider,) if provider else ()), words).text


async def _must_be_free(unit: Unit, wish: Wish, resource: Resource) -> None:
    """Waiting in a pool, not being asked about anything, and not about this very offer before."""
    live = exists().where(
        ResourceMatch.wish_id == wish.id,
        (ResourceMatch.resource_id == resource.id) | ResourceMatch.settled_at.is_(None),
    )
    taken = (await unit.session.execute(select(live))).scalar_one()
    if wish.state != WishState.POOLED or taken or await unit.account_of(wish.owner_id or 0) is None:
        raise MatchNotPossible(ref=wish.ref)


async def _ask_owner(unit: Unit, actor: Actor, wish: Wish, resource: Resource, offer: str) -> None:
    match = await begin_match(unit, resource.id, wish.id, actor.person_id or 0)
    data = MatchData(match.id, wish.ref, resource.ref, offer)
    ask = Ask(MATCH, OPTIONS, MatchQuestion(wish.ref, resource.kind, offer), data, wish.id)
    await ask_person(unit, wish.owner_id or 0, ask)
    ref = f"W{wish.ref}"
    await unit.audit(actor, "wish.match_asked", role=Role.ORGAN_ADMIN, subject_id=wish.owner_id, ref=ref)


async def expire_matches(unit: Unit, periods: RetentionPeriods, limit: int) -> int:
    """Matches that did not happen, once nobody would be asked again too soon; returns how many went."""
    ended, before = ResourceMatch.state == MatchState.ENDED.value, unit.now - periods.ended_matches
    return await drop_batch(unit, ResourceMatch, ResourceMatch.id, limit, ended, ResourceMatch.settled_at < before)
