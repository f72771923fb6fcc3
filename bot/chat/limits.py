"""How many commands one account and one group may send: over it, one notice, then silence (threat 16)."""

from collections import OrderedDict, deque
from collections.abc import Hashable
from enum import Enum
from typing import Final

USER_PER_MINUTE: Final = 20
GROUP_PER_MINUTE: Final = 120
CARDS_PER_MINUTE: Final = 5
"""Crisis cards to one account: the numbers to call stand above already, and a flood must not keep others waiting."""
RELAYED_PER_MINUTE: Final = 30
"""Words one side of a relay may say to the other: two who type without a pause take half of a bot's answers."""
MINUTE: Final = 60.0
DAY: Final = 86_400.0
REMEMBERED: Final = 20_000
"""Accounts and groups remembered at once; the one heard longest ago is forgotten first."""


class Verdict(Enum):
    """What becomes of one more command."""

    GO = "go"
    TELL = "tell"
    DROP = "drop"


class Limits:
    """Sliding windows in memory; nothing is written for a message that is over the limit."""

    def __init__(self, *, on: bool = True, per_user: int = USER_PER_MINUTE) -> None:
        self._on = on
        self._per_user = per_user
        self._seen: OrderedDict[Hashable, deque[float]] = OrderedDict()
        self._told: dict[Hashable, float] = {}
        self.dropped = 0

    def check(self, at: float, user: Hashable, group: Hashable | None) -> Verdict:
        """Count one command at ``at`` (monotonic seconds)."""
        if not self._on:
            return Verdict.GO
        for key, most in ((user, self._per_user), (group, GROUP_PER_MINUTE)):
            if key is not None and self._over(key, most, at):
                self.dropped += 1
                if at - self._told.get(key, -MINUTE) >= MINUTE:
                    self._told[key] = at
                    return Verdict.TELL
                return Verdict.DROP
        return Verdict.GO

    def _over(self, key: Hashable, most: int, at: float) -> bool:
        window = self._seen.setdefault(key, deque())
        self._seen.move_to_end(key)
        while window and at - window[0] >= MINUTE:
            window.popleft()
        if len(self._seen) > REMEMBERED:
            gone, _ = self._seen.popitem(last=False)
            self._told.pop(gone, None)
        if len(window) >= most:
            return True
        window.append(at)
        return False


class OnceADay:
    """What one account gets at most once in 24 hours; the marks are in memory only and go with a restart."""

    def __init__(self) -> None:
        self._marks: OrderedDict[Hashable, float] = OrderedDict()

    def mark(self, user: Hashable, at: float) -> None:
        """Note that it was given at ``at`` (monotonic seconds), or that something took its place."""
        self._marks[user] = at
        self._marks.move_to_end(user)
        if len(self._marks) > REMEMBERED:
            self._marks.popitem(last=False)

    def may(self, user: Hashable, at: float) -> bool:
        """Whether a day has passed since the last mark."""
        return at - self._marks.get(user, at - DAY) >= DAY
