"""Ticks of 暂缓删除 and 举报: holds that end, reports that nobody passed on (P21, P28)."""

from bot.core.feature import Tick
from bot.features.hold.acts.hold import end_hold, holds_due
from bot.features.hold.acts.report import remind_report, reports_due

TICKS = (
    Tick("hold.end", holds_due, end_hold),
    Tick("hold.reports", reports_due, remind_report),
)
