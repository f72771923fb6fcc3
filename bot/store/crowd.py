"""How many notices one person has caused for another lately: counted in memory, without a statement."""

from collections import OrderedDict, deque
from collections.abc import Hashable
from datetime import datetime, timedelta
from typing import Final

ONE_BY_ONE: Final = ((3, timedelta(minutes=10)), (10, timedelta(days=1)))
"""Within this time so many notices of one kind from one person to another go out one by one."""
REMEMBERED: Final = 10_000
"""Pairs remembered at once; the one heard longest ago is forgotten first."""


class Crowd:
    """Counts notices; a restart forgets the count, so a few more may pass."""

    def __init__(self) -> None:
        self._times: OrderedDict[Hashable, deque[datetime]] = OrderedDict()

    def full(self, key: Hashable, at: datetime) -> bool:
        """Whether the limit is reached; if not, this notice is counted."""
        times = self._times.setdefault(key, deque(maxlen=max(most for most, _ in ONE_BY_ONE)))
        self._times.move_to_end(key)
        if len(self._times) > REMEMBERED:
            self._times.popitem(last=False)
        if any(sum(time > at - span for time in times) >= most for most, span in ONE_BY_ONE):
            return True
        times.append(at)
        return False
