"""Everything that happened in the sandbox, numbered, for those who watch and those who come back."""

from collections import deque
from collections.abc import Callable
from typing import Final

from bot.sandbox.values import Change, What

MAX_CHANGES: Final = 2000
"""Changes kept for pages that resume; an older page reads everything anew."""


class Journal:
    """变化日志: numbers each change without holes and tells the watchers, in order."""

    def __init__(self) -> None:
        self._changes: deque[Change] = deque(maxlen=MAX_CHANGES)
        self._count = 0
        self._watchers: list[Callable[[Change], None]] = []

    @property
    def last_change(self) -> int:
        """The number of the newest change, 0 before the first."""
        return self._count

    def subscribe(self, watcher: Callable[[Change], None]) -> Callable[[], None]:
        """Call ``watcher`` after each change, in order; the answer ends it."""
        self._watchers.append(watcher)

        def unsubscribe() -> None:
            if watcher in self._watchers:
                self._watchers.remove(watcher)

        return unsubscribe

    def changes_after(self, number: int) -> list[Change] | None:
        """The changes since ``number``; None if some are no longer kept, or were never made."""
        if number == self._count:
            return []
        if number > self._count or not self._changes or self._changes[0].number > number + 1:
            return None
        return [change for change in self._changes if change.number > number]

    def _emit(self, what: What) -> None:
        self._count += 1
        change = Change(self._count, what)
        self._changes.append(change)
        for watcher in tuple(self._watchers):
            watcher(change)
