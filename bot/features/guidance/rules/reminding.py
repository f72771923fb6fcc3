"""指导的提醒: at its start, in its middle, of the lesson, a month before its end (R1.2, R1.9)."""

from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from bot.features.guidance.rules.checklist import Checklist

FOUND_LATE: Final = timedelta(days=6)
"""A bot that was off on the day itself still reminds within this time; a rest day passes in it."""
MONTH: Final = timedelta(days=30)


class GuidanceStage(StrEnum):
    """提醒的时候: who has not chosen yet; who has something open; whose lesson is open."""

    START = "start"
    MIDDLE = "middle"
    LAST_MONTH = "last_month"
    LESSON = "lesson"


def stage_of(checklist: Checklist, today: date) -> GuidanceStage | None:
    """The reminder of this day, if it is one's; the later one where two meet."""
    middle = checklist.first + (checklist.last - checklist.first) / 2
    days = {
        GuidanceStage.START: checklist.first,
        GuidanceStage.MIDDLE: middle,
        GuidanceStage.LESSON: checklist.lesson_by - FOUND_LATE,
        GuidanceStage.LAST_MONTH: checklist.last - MONTH,
    }
    on = [stage for stage, day in days.items() if day <= today <= day + FOUND_LATE]
    return max(on, key=lambda stage: days[stage], default=None)
