"""日历, 日历 换, 日历 停: an address of one's own calendar is given, changed and taken away."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from sqlalchemy import delete, select

from bot.core.reads.orgs import names_of_orgs
from bot.core.rules.people import Actor, Role
from bot.core.rules.refusal import NotFound
from bot.core.rules.say import Say
from bot.features.feed.reads.feed import token_hash
from bot.features.feed.rules.feed import TOKEN_BYTES, WITHOUT_LINKS, FeedNoLinks, FeedNone, FeedOff
from bot.features.feed.tables import CalendarFeed
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class FeedAddress:
    """一个订阅地址: of one's own calendar, or of the organ with this name."""

    organ: str
    url: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class FeedGiven(Say):
    """The addresses, shown this once; ``kept``: those that were given before and still hold, by organ."""

    template: ClassVar[str] = "feed/given"
    addresses: tuple[FeedAddress, ...]
    kept: tuple[str, ...]
    renewed: bool


@dataclass(frozen=True, slots=True)
class FeedStopped(Say):
    """No address of this person opens anything any more."""

    template: ClassVar[str] = "feed/stopped"


async def give(unit: Unit, actor: Actor, base: str, channel: str) -> FeedGiven:
    """``日历``: an address for each calendar that this person may have and has none of yet."""
    _can_be_said(base, channel)
    there = {row.org_id for row in await _own(unit, actor)}
    return await _give(unit, actor, base, kept=there, renewed=False)


async def renew(unit: Unit, actor: Actor, base: str, channel: str) -> FeedGiven:
    """``日历 换``: new addresses; the old ones open nothing from now on."""
    _can_be_said(base, channel)
    await _end(unit, actor)
    return await _give(unit, actor, base, kept=set(), renewed=True)


async def stop(unit: Unit, actor: Actor) -> FeedStopped:
    """``日历 停``: also where no address could be given any more; refuses ``feed.none``."""
    if not await _end(unit, actor):
        raise FeedNone
    await unit.audit(actor, "feed.stopped")
    return FeedStopped()


def _can_be_said(base: str, channel: str) -> None:
    if not base:
        raise FeedOff
    if channel in WITHOUT_LINKS:
        raise FeedNoLinks


def _calendars(actor: Actor) -> Sequence[int | None]:
    """One's own where one is a cadre, and that of each organ one administers."""
    own: list[int | None] = [None] if actor.has(Role.CADRE) else []
    return [*own, *sorted(actor.orgs(Role.ORGAN_ADMIN))]


async def _own(unit: Unit, actor: Actor) -> Sequence[CalendarFeed]:
    rows = await unit.session.execute(select(CalendarFeed).where(CalendarFeed.person_id == actor.person_id))
    return rows.scalars().all()


async def _end(unit: Unit, actor: Actor) -> int:
    ended = await unit.session.execute(
        delete(CalendarFeed).where(CalendarFeed.person_id == actor.person_id).returning(CalendarFeed.id)
    )
    return len(ended.scalars().all())


async def _give(unit: Unit, actor: Actor, base: str, *, kept: set[int | None], renewed: bool) -> FeedGiven:
    if actor.person_id is None:
        raise NotFound
    calendars = _calendars(actor)
    names = await names_of_orgs(unit.session, [one for one in calendars if one is not None])
    said: list[FeedAddress] = []
    for org_id in calendars:
        if org_id in kept:
            continue
        token = secrets.token_urlsafe(TOKEN_BYTES)
        unit.session.add(
            CalendarFeed(
                person_id=actor.person_id,
                org_id=org_id,
                token_hash=token_hash(unit.vault, token),
                made_at=unit.now,
            )
        )
        said.append(FeedAddress(names[org_id] if org_id is not None else "", f"{base}/c/{token}.ics"))
    await unit.session.flush()
    if said:
        await unit.audit(actor, "feed.renewed" if renewed else "feed.made")
    shown = tuple(names[one] if one is not None else "" for one in calendars if one in kept)
    return FeedGiven(tuple(said), shown, renewed)
