"""What failed is tried again soon, then less and less often, so that it does not take the turns of what goes well."""

from collections.abc import Collection, Hashable
from datetime import datetime, timedelta
from typing import Final

FIRST_REST: Final = timedelta(seconds=40)
"""After the second failure in a row; the first may have been chance, and the next look tries it again."""
DOUBLINGS: Final = 16


class Backoff:
    """Items that failed in a row: each rests twice as long as the time before, at most ``longest``.

    It is remembered in memory only: after a start everything is tried.
    """

    def __init__(self, longest: timedelta) -> None:
        self._longest = longest
        self._failed: dict[Hashable, tuple[int, datetime]] = {}

    def __contains__(self, item: Hashable) -> bool:
        return item in self._failed

    def __len__(self) -> int:
        return len(self._failed)

    def failed(self, item: Hashable, now: datetime) -> None:
        """It failed, perhaps once more."""
        self._failed[item] = (self._failed.get(item, (0, now))[0] + 1, now)

    def went(self, item: Hashable) -> None:
        """It went well, so nothing is held against it."""
        self._failed.pop(item, None)

    def keep(self, due: Collection[Hashable]) -> None:
        """Forget what is no longer due."""
        self._failed = {item: failed for item, failed in self._failed.items() if item in due}

    def rests(self, item: Hashable, now: datetime) -> bool:
        """Whether it is left alone for now; a clock that was set back keeps nothing resting."""
        times, at = self._failed.get(item, (0, now))
        rest = FIRST_REST * 2 ** min(times - 2, DOUBLINGS) if times > 1 else timedelta()
        return timedelta() <= now - at < min(rest, self._longest)

    def any_ready(self, now: datetime) -> bool:
        """Whether something that failed should be tried again."""
        return any(not self.rests(item, now) for item in self._failed)
