"""变动 of wishes, told to whoever declared a reaction, in the unit of the change (``core.events``)."""

from dataclasses import dataclass

from bot.features.wish.rules.wish import WishAct
from bot.features.wish.tables import Wish


@dataclass(frozen=True, slots=True)
class WishMoved:
    """A wish went on by this act: the row is as the database has it now, and locked."""

    wish: Wish
    act: WishAct


@dataclass(frozen=True, slots=True)
class WishHandedOn:
    """A shared wish is over for its own owner; ``other`` of those who share it takes its place."""

    wish: Wish
    other: Wish
