"""What was read of a group's history so far, page by page from the newest backwards; it outlives a broken line."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from bot.core.rules.message import MADE_UP, Incoming

PAGE: Final = 50
"""Messages asked for at once."""
MOST: Final = 20 * PAGE
"""Messages that one talk is worth; what lies before them is told as a gap."""

_NEVER: Final = 2**62
_Id = tuple[str, str, int]


@dataclass(slots=True)
class Tail:
    """Messages back to before the second ``edge``, none twice.

    A second is known whole only once something older was read: a page may begin in the middle of it.

    Each page hangs on the message it was asked from. What an earlier look has read is not asked for again: from a
    message that is known the way goes on at the oldest one of its page. However long a line goes on breaking, no more
    is held than one talk is worth, and what was handed on once is not handed on again: a look that began with
    everything its forerunners had read would take ever longer, and end ever more rarely.
    """

    edge: int
    found: dict[_Id, Incoming] = field(default_factory=dict)
    ended: bool = False
    """Whether nothing older is wanted, or there."""
    oldest_there: bool = False
    """Whether the last page that was read was the last one there is."""
    _lower: dict[_Id, _Id] = field(default_factory=dict)
    _handed: set[_Id] = field(default_factory=set)
    _from: Incoming | None = None

    @property
    def until(self) -> str:
        """The message up to which the next page is wanted; empty: the newest page, or no id of theirs names it."""
        named = self._from is not None and not self._from.message_id.startswith(MADE_UP)
        return self._from.message_id if named and self._from is not None else ""

    def reaches(self, second: int) -> bool:
        """Whether everything was read from here back to what was said in this second."""
        if self._from is None:
            return False
        return self._from.sent_at < second or (self.oldest_there and self._from.sent_at == second)

    @property
    def whole_from(self) -> int:
        """The first second of which everything that is still there was read."""
        if self._from is None:
            return _NEVER
        return self._from.sent_at + (not self.oldest_there)

    def begin(self) -> None:
        """A new look, from the newest message on."""
        self.ended = self.oldest_there = False
        self._from = None
        if len(self.found) > MOST:
            self._forget()

    def left(self) -> Sequence[Incoming]:
        """What nobody was handed yet, oldest first."""
        return sorted((one for at, one in self.found.items() if at not in self._handed), key=_place)

    def handed(self, one: Incoming) -> None:
        """This one has arrived."""
        self._handed.add(_id(one))

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
        self.oldest_there = 0 < len(page) < PAGE
        self.ended = len(page) < PAGE or repeats or not self.until or self.reaches(self.edge) or self._enough()

    def _forget(self) -> None:
        """Keep the newest. A way that led to a forgotten message ends at the oldest kept: all between them was read."""
        self.found = {_id(one): one for one in sorted(self.found.values(), key=_place)[-MOST:]}
        oldest = next(iter(self.found))
        lower = {at: below for at, below in self._lower.items() if at in self.found}
        self._lower = {at: below if below in self.found else oldest for at, below in lower.items()}
        self._handed &= self.found.keys()

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
