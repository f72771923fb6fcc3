"""What is remembered of those who write anonymously: in memory only, and for minutes (reliability 13.3).

A row about a question names the account that is asked. Where that would tie an account to an anonymous voice, and for
people who have no account here at all, the question is held in memory; a restart loses it and nothing else, and whoever
may have lost one is told so.
"""

from collections import OrderedDict, deque
from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any, Final

from bot.core.question import Asked, Question

HELD: Final = 5_000
"""Questions and accounts remembered at once; the oldest is forgotten first."""
LONGEST: Final = 1_800.0
"""Seconds for which a question is held in memory at most."""
HOUR: Final = 3_600.0
DAY: Final = 24 * HOUR

Who = tuple[str, str, str]
"""Channel, bot and account: one private chat."""


class Passing:
    """Questions that live in memory; one to a private chat, the newest."""

    def __init__(self) -> None:
        self._held: OrderedDict[Who, tuple[Asked, float]] = OrderedDict()
        self._places: dict[Who, int] = {}

    def put(
        self,
        who: Who,
        question: Question[Any],
        options: tuple[str, ...],
        *,
        data: Any,
        takes_text: bool,
        until: float,
        place: int = 0,
    ) -> None:
        """Wait for an answer until then (monotonic seconds); ``place``: when it was put, in the order of everything."""
        self._held.pop(who, None)
        self._places[who] = place
        self._held[who] = (Asked(0, 0, question, options, takes_text, 0, 0, None, data), until)
        if len(self._held) > HELD:
            self._places.pop(self._held.popitem(last=False)[0], None)

    def place(self, who: Who) -> int:
        """When it was put: what was shown later is what a number answers."""
        return self._places.get(who, 0) if who in self._held else 0

    def open(self, who: Who, at: float) -> Asked | None:
        """The question this chat is being asked."""
        held = self._held.get(who)
        if held is not None and at >= held[1]:
            self.close(who)
            return None
        return held[0] if held is not None else None

    def until(self, who: Who) -> float:
        """Until when it waits."""
        held = self._held.get(who)
        return held[1] if held is not None else 0.0

    def close(self, who: Who) -> None:
        """It is over."""
        self._held.pop(who, None)
        self._places.pop(who, None)

    def put_back(self, who: Who, question: Asked, until: float, place: int) -> None:
        """Its answer could not be carried out: it waits again, unless something newer is asked."""
        if who not in self._held:
            self._held[who], self._places[who] = (question, until), place


class Tally:
    """How often something happened lately, by account."""

    def __init__(self, within: float) -> None:
        self._within = within
        self._times: OrderedDict[Hashable, deque[float]] = OrderedDict()

    def add(self, who: Hashable, at: float) -> None:
        """It happened once more."""
        self._times.setdefault(who, deque()).append(at)
        self._times.move_to_end(who)
        if len(self._times) > HELD:
            self._times.popitem(last=False)

    def count(self, who: Hashable, at: float) -> int:
        """How often within the time."""
        times = self._times.get(who)
        if times is None:
            return 0
        while times and at - times[0] >= self._within:
            times.popleft()
        return len(times)

    def wait(self, who: Hashable, at: float) -> float:
        """Seconds until the oldest of them no longer counts."""
        return self._within - (at - self._times[who][0]) if self.count(who, at) else 0.0


class Ended:
    """Where a question that leaves no trace ended, by account: a second tap on it must not answer what comes next."""

    def __init__(self) -> None:
        self._places: OrderedDict[int, int] = OrderedDict()

    def note(self, account_id: int, place: int) -> None:
        """It is over now."""
        self._places[account_id] = place
        self._places.move_to_end(account_id)
        if len(self._places) > HELD:
            self._places.popitem(last=False)

    def place(self, account_id: int) -> int:
        """Words that came before this place were meant for it."""
        return self._places.get(account_id, 0)


class Lost:
    """What a restart may have lost: for as long as a question is held in memory, a chat that was not told yet may still
    be answering one that is gone.
    """

    def __init__(self) -> None:
        self._since: tuple[int, float] | None = None
        self._told: OrderedDict[Who, None] = OrderedDict()

    def begin(self, place: int, at: float) -> None:
        """The bot begins now, and remembers nothing."""
        self._since = place, at

    def may_be(self, who: Who, shown: int, at: float) -> bool:
        """Whether this chat's words may be meant for something lost: what waits now was shown before the restart."""
        if self._since is None or at - self._since[1] >= LONGEST or who in self._told:
            return False
        return shown < self._since[0]

    def tell(self, who: Who) -> None:
        """It is told now, once."""
        self._told[who] = None
        if len(self._told) > HELD:
            self._told.popitem(last=False)


@dataclass(frozen=True, slots=True)
class Nameless:
    """All of it, one for a running bot."""

    passing: Passing = field(default_factory=Passing)
    ended: Ended = field(default_factory=Ended)
    lost: Lost = field(default_factory=Lost)
    sent: Tally = field(default_factory=lambda: Tally(DAY))
    wrong: Tally = field(default_factory=lambda: Tally(HOUR))
