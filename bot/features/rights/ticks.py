"""Ticks of data rights: the daily expiry, files that nobody fetched, requests past their due date (P7, P20)."""

from datetime import time, timedelta
from typing import Final

from bot.core.feature import Tick
from bot.features.rights.acts.expire import downloads_due, expire_kind, kinds_left
from bot.features.rights.acts.request import ask_late, remind_overdue, requests_overdue, requests_unasked
from bot.features.rights.acts.yearly import officers_of_audit, remind_of_audit

EXPIRY_FROM: Final = time(3, 0)
"""When the fewest people write."""

HOUR: Final = timedelta(hours=1)

TICKS: Final = (
    Tick("rights.expire_downloads", downloads_due, expire_kind, until_done=True),
    Tick("rights.yearly_audit", officers_of_audit, remind_of_audit, every=HOUR, office_hours=True),
    Tick("rights.ask_late", requests_unasked, ask_late, every=HOUR, office_hours=True),
    Tick("rights.remind_overdue", requests_overdue, remind_overdue),
    Tick("rights.expire", kinds_left, expire_kind, daily=EXPIRY_FROM, batch=True, until_done=True),
)
