"""Ticks of the pools: a level up after 15 days, numbers once a week, what stands beside once a day (R2.6, R2.7)."""

from datetime import time, timedelta
from typing import Final

from bot.core.feature import Tick
from bot.features.pool.acts.climb import climb, climbs_due, idle_pools, set_beside, stale_beside, tell_idle
from bot.features.pool.acts.enter import all_said, enter_late

EVERY: Final = timedelta(minutes=5)
"""Nothing about pools is due to the second, and looking for it costs a reader."""
TOLD_FROM: Final = time(9, 0)
"""When organs are told their numbers, on the first workday of a week: the key of the message holds the week."""
LOOKED_FROM: Final = time(3, 30)
"""When what stands beside pooled wishes is looked at again."""

TICKS: Final = (
    Tick("pool.enter_late", all_said, enter_late, every=EVERY),
    Tick("pool.climb", climbs_due, climb, every=EVERY),
    Tick("pool.tell_idle", idle_pools, tell_idle, daily=TOLD_FROM, office_hours=True, batch=True),
    Tick("pool.set_beside", stale_beside, set_beside, daily=LOOKED_FROM, batch=True),
)
