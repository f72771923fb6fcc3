"""Due work of guidance: the reminders of a cadre, each once (R1.2, R1.9)."""

from datetime import timedelta
from typing import Final

from bot.core.feature import Tick
from bot.features.guidance.acts.remind import cadres_to_remind, remind

TICKS: Final = (
    Tick("guidance.remind", cadres_to_remind, remind, every=timedelta(hours=1), office_hours=True, batch=True),
)
