"""Due work of what was sent up: nothing waits where nobody is in office."""

from datetime import timedelta

from bot.core.feature import Tick
from bot.features.upward.acts.hand_on import hand_on, organs_with_waiting

TICKS = (Tick("upward.hand_on", organs_with_waiting, hand_on, every=timedelta(hours=1), office_hours=True, batch=True),)
