"""Where somebody is in a long text that comes page by page: in memory only, a restart begins at the first one."""

from collections import OrderedDict
from collections.abc import Hashable
from typing import Final

REMEMBERED: Final = 1_000
"""People whose place is held; the oldest is forgotten first."""


class Pages:
    """The next page of each, 0 where nothing is left."""

    def __init__(self) -> None:
        self._next: OrderedDict[Hashable, int] = OrderedDict()

    def put(self, who: Hashable, page: int) -> None:
        """This page comes next."""
        self._next.pop(who, None)
        self._next[who] = page
        while len(self._next) > REMEMBERED:
            self._next.popitem(last=False)

    def next(self, who: Hashable, otherwise: int) -> int:
        """Which page comes next; ``otherwise`` where nobody knows."""
        return self._next.get(who, otherwise)
