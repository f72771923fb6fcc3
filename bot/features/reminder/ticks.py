"""Ticks of reminders: what is due goes out."""

from datetime import time, timedelta
from typing import Final

from bot.core.feature import Tick
from bot.features.reminder.acts.carry_out import due_now, give_up, never_told, send_due
from bot.features.reminder.acts.moved import settle, settled

TICKS: Final = (
    Tick("reminder.due", due_now, send_due),
    Tick("reminder.give_up", never_told, give_up, every=timedelta(hours=1)),
    Tick("reminder.moved", settled, settle, daily=time(9)),
)
