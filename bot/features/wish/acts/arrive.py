"""微心愿: telling the cadre a wish is now with."""

from dataclasses import dataclass
from typing import ClassVar

from bot.core.acts.arrivals import tell_arrival
from bot.core.reads.people import name_of
from bot.core.rules.say import Say
from bot.features.wish.tables import Wish
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class WishArrived(Say):
    """To the cadre: one of their youths wishes something; not what (reading it is logged, P15)."""

    template: ClassVar[str] = "wish/arrived"
    ref: int
    name: str


async def arrived(unit: Unit, wish: Wish) -> None:
    """Tell the cadre a wish is now with."""
    if wish.cadre_id is not None and wish.owner_id is not None:
        name = "" if wish.handed_named is False else await name_of(unit.session, unit.vault, wish.owner_id)
        await tell_arrival(unit, wish.cadre_id, WishArrived(wish.ref, name), of="wish")
