"""Ticks of 查阅: looks in danger to life that nobody has reviewed in three days (P16)."""

from bot.core.feature import Tick
from bot.features.access.acts.review import reviews_overdue, tell_overdue

TICKS = (Tick("access.review_overdue", reviews_overdue, tell_overdue),)
