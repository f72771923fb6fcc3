"""Ticks of activities: calendar entries, seats kept for whom nobody reaches, confirmations to ask for, their end."""

from datetime import timedelta
from typing import Final

from bot.core.feature import Tick
from bot.features.activity.acts.entry import entries_due, hand_entry
from bot.features.activity.acts.promote import held_too_long, pass_on
from bot.features.activity.acts.settle import ask_rest, settle, to_ask, to_settle

EVERY: Final = timedelta(minutes=5)

TICKS: Final = (
    Tick("activity.entries", entries_due, hand_entry, batch=True),
    Tick("activity.pass_on", held_too_long, pass_on),
    Tick("activity.ask", to_ask, ask_rest, until_done=True, batch=True),
    Tick("activity.settle", to_settle, settle, every=EVERY),
)
