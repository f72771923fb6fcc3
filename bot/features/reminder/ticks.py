"""Ticks of reminders: what is due goes out."""

from typing import Final

from bot.core.feature import Tick
from bot.features.reminder.acts.carry_out import due_now, send_due

TICKS: Final = (Tick("reminder.due", due_now, send_due),)
