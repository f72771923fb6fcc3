"""What was read of a group's history so far, page by page from the newest backwards; it outlives a broken line."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from bot.domain.message import Incoming

PAGE: Final = 50
"""Messages asked for at once."""
MOST: Final = 20 * PAGE
"""Messages that one talk is worth; what lies before them is told as a gap."""

_Id = tuple[str, str, int]


@dataclass(slots=True)
class Tail:
    """Messages back to the second ``edge``, none twice.

    Each page hangs on the message it was asked from. What an earlier look has read is not asked for again: from a
    message that is known the way goes on at the oldest one of its page.
    """

    edge: int
    found: dict[_Id, Incoming] = field(default_factory=dict)
    ended: bool = False
    """Whether nothing older is wanted, or there."""
    _lower: dict[_Id, _Id] = field(default_factory=dict)
    _from: Incoming | None = None

    @property
    def until(self) -> str:
        """The message up to which the next page is wanted; empty: the newest page."""
        return self._from.message_id if self._from is not None else ""

    def begin(self) -> None:
        """A new look, from the newest message on."""
        self.ended, self._from = False, None

    def add(self, page: Sequence[Incoming]) -> None:
        """Take the page that was asked for, and go on to the next message nobody has looked behind."""
        known, asked_from = len(self.found), self._from
        self.found |= {_id(one): one for one in page}
        if page:
            oldest = min(page, key=_place)
            for one in page:
                if self._lower.get(_id(one), _id(one)) == _id(one):
                    self._lower[_id(one)] = _id(oldest)
            self._from = self._frontier(oldest)
        repeats = len(self.found) == known and asked_from is not None and self._from == asked_from
        reached = self._from is not None and self._from.sent_at <= self.edge
        self.ended = len(page) < PAGE or repeats or reached or self._enough()

    def _enough(self) -> bool:
        """As many as one talk is worth, and no hole between them."""
        return len(self.found) >= MOST and self._from == min(self.found.values(), key=_place)

    def _frontier(self, one: Incoming) -> Incoming:
        at = _id(one)
        while (below := self._lower.get(at, at)) != at:
            at = below
        return self.found[at]


def _id(one: Incoming) -> _Id:
    return one.message_id, one.sender_id, one.sent_at


def _place(one: Incoming) -> tuple[int, int]:
    return one.sent_at, one.sequence or 0
