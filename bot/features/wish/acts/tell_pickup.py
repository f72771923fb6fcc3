"""取件点: who gives learns a place and a number, the owner's cadre fetches it there and hands it over (6.5, P12)."""

from dataclasses import dataclass, field
from typing import ClassVar

from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.orgs import ladder_of, names_of_orgs
from bot.core.reads.people import name_of
from bot.core.rules.say import Say
from bot.features.wish.tables import Wish
from bot.store.people import Person
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class ToPickUp(Say):
    """To the owner's cadre: what comes for one of their youths, where, and under which number."""

    template: ClassVar[str] = "pool/to_pick_up"
    ref: int
    name: str
    place: str
    what: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ToDeliver(Say):
    """To who gives: to which place, with which number; never to whom."""

    template: ClassVar[str] = "pool/to_deliver"
    ref: int
    place: str


async def place_of(session: AsyncSession, wish: Wish) -> str:
    """The pick-up point: the organ of the first pool on the way up, which thousands live under."""
    ladder = await ladder_of(session, wish.org_id)
    if not ladder:
        return ""
    return (await names_of_orgs(session, [ladder[0].org_id])).get(ladder[0].org_id, "")


async def tell_pickup(unit: Unit, wish: Wish, what: str = "") -> str:
    """After a claim from a pool: the owner's cadre hears place and number, and ``what`` comes; not from whom.

    Returns the place, for whoever has claimed it.
    """
    place = await place_of(unit.session, wish)
    if wish.cadre_id is not None and wish.cadre_id != wish.holder_id:
        nameless = wish.handed_named is False
        name = "" if nameless else await name_of(unit.session, unit.vault, wish.owner_id or 0)
        if await unit.session.get(Person, wish.cadre_id) is not None:
            await unit.push_person(wish.cadre_id, ToPickUp(wish.ref, name, place, what))
    return place
