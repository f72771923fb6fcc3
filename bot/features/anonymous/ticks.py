"""Ticks of anonymous voices: settle a batch, release it organ by organ, remind and close (13.3, 6.4)."""

from typing import Final

from bot.core.feature import Tick
from bot.features.anonymous.acts.release import batch_to_settle, release_unit, settle_batch, units_to_release
from bot.features.anonymous.acts.remind import do_duties, units_with_duties

TICKS: Final = (
    Tick("anonymous.settle", batch_to_settle, settle_batch),
    Tick("anonymous.release", units_to_release, release_unit),
    Tick("anonymous.remind", units_with_duties, do_duties),
)
