"""What a private chat was shown last: the lines of a list and the entries named; in memory only, for half an hour."""

from collections import OrderedDict
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Final

from bot.chat.nameless import HELD, Who

LIFE: Final = 1_800.0
"""Seconds for which a bare digit opens a line, and 刚才那个 means an entry."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A command that was offered, and the words that would stand behind it."""

    command: str
    words: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Listed:
    """The numbered lines of a list: their references, empty where a line has none, and what opens them."""

    refs: tuple[str, ...]
    opened_by: str
    place: int
    """When it was shown, in the order of everything that goes out: a digit answers what was shown last."""
    choices: tuple[Choice, ...] = ()
    """Instead of lines: what was offered, and after it the number of ``都不是``."""


@dataclass(slots=True)
class _Of:
    listed: Listed | None = None
    named: list[str] = field(default_factory=list[str])
    until: float = 0.0


class Recent:
    """Of each private chat the last list and the last entry of every kind; the oldest chat is forgotten first."""

    def __init__(self) -> None:
        self._chats: OrderedDict[Who, _Of] = OrderedDict()

    def shows(self, who: Who, refs: tuple[str, ...], opened_by: str, *, place: int, at: float) -> None:
        """A list is shown now."""
        self._fresh(who, at).listed = Listed(refs, opened_by, place)

    def offers(self, who: Who, choices: tuple[Choice, ...], *, place: int, at: float) -> None:
        """Commands are offered now; once one is chosen, or none, the offer is over."""
        self._fresh(who, at).listed = Listed((), "", place, choices)

    def over(self, who: Who) -> None:
        """What was offered was taken or refused."""
        if who in self._chats:
            self._chats[who].listed = None

    def names(self, who: Who, ref: str, *, at: float) -> None:
        """An entry is shown or named in a receipt now (``W4821``)."""
        chat = self._fresh(who, at)
        chat.named = [ref, *(one for one in chat.named if one[0] != ref[0])]

    def listed(self, who: Who, at: float) -> Listed | None:
        """The list that a digit may mean."""
        chat = self._chats.get(who)
        return chat.listed if chat is not None and at < chat.until else None

    def named(self, who: Who, letters: Collection[str], at: float) -> str:
        """The entry of these kinds that was spoken of last; empty: none was."""
        chat = self._chats.get(who)
        if chat is None or at >= chat.until:
            return ""
        return next((ref for ref in chat.named if ref[0] in letters), "")

    def _fresh(self, who: Who, at: float) -> _Of:
        chat = self._chats.pop(who, None)
        if chat is None or at >= chat.until:
            chat = _Of()
        chat.until = at + LIFE
        self._chats[who] = chat
        while len(self._chats) > HELD:
            self._chats.popitem(last=False)
        return chat
