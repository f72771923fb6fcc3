"""几点: the hour that a part of the day and a number of hours say together (reminders.md, conventions)."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

from bot.core.rules.when.lexing import TimeWord
from bot.core.rules.when.numbers import number
from bot.core.rules.when.results import HourGiven, NoTime, Why

NOON: Final = 12
MIDNIGHT: Final = 24
DEFAULT: Final = time(9)
_AFTERNOON: Final = range(1, 6)
"""Bare hours that are meant for the afternoon."""
_ASKED: Final = range(6, 9)
"""Bare hours that are asked: morning or evening."""

DAWN, EARLY, MORNING, FORENOON, MIDDAY, AFTERNOON, DUSK, EVENING, NIGHT = (
    "dawn", "early", "morning", "forenoon", "midday", "afternoon", "dusk", "evening", "night",
)  # fmt: skip
PARTS: Final = {
    **dict.fromkeys(("凌晨",), DAWN),
    **dict.fromkeys(("清晨", "清早", "大清早", "一大早", "一早", "晨"), EARLY),
    **dict.fromkeys(("早上", "大早上", "早晨", "早间", "早"), MORNING),
    **dict.fromkeys(("上午",), FORENOON),
    **dict.fromkeys(("中午", "正午", "晌午", "午间"), MIDDAY),
    **dict.fromkeys(("午后", "下午"), AFTERNOON),
    **dict.fromkeys(("傍晚", "黄昏"), DUSK),
    **dict.fromkeys(("晚上", "大晚上", "晚间", "夜晚", "晚"), EVENING),
    **dict.fromkeys(("夜里", "夜间", "深夜", "半夜", "大半夜", "午夜", "夜"), NIGHT),
}
_ALONE: Final = {MORNING: time(9), FORENOON: time(9), MIDDAY: time(12), DUSK: time(18), EVENING: time(20)}
"""Hours of a part of the day that is said with a day and without an hour; the others are asked."""
_OFFERED: Final = {DAWN: (time(5),), EARLY: (time(6), time(7)), AFTERNOON: (time(14), time(15)), NIGHT: (time(23),)}

_HOURS: Final = {
    # What each part makes of the hours 0 to 12: the hour of the day; 24 and more belong to the day that follows.
    DAWN: {0: 0, 12: 0, **{h: h for h in range(1, 7)}},
    EARLY: {h: h for h in range(3, 12)},
    MORNING: {h: h for h in range(3, 12)},
    FORENOON: {h: h for h in range(5, 13)},
    MIDDAY: {11: 11, 12: 12, 1: 13, 2: 14},
    AFTERNOON: {12: 12, **{h: h + 12 for h in range(1, 8)}},
    DUSK: {h: h + 12 for h in range(4, 9)},
    EVENING: {12: 24, 0: 24, **{h: h + 12 for h in range(5, 12)}, **{h: h + 24 for h in range(1, 4)}},
    NIGHT: {12: 24, 0: 24, **{h: h + 12 for h in range(7, 12)}, **{h: h + 24 for h in range(1, 6)}},
}
_LATE: Final = {
    DAWN: range(0, 7), EARLY: range(3, 12), MORNING: range(3, 12), FORENOON: range(5, 13), MIDDAY: range(11, 15),
    AFTERNOON: range(12, 20), DUSK: range(16, 21), EVENING: range(17, 25), NIGHT: range(20, 25),
}  # fmt: skip
"""Which hours of the 24-hour clock fit a part of the day."""


@dataclass(frozen=True, slots=True)
class ClockTime:
    """钟点: an hour as said, of 24 if a colon or a number above 12 says so."""

    hour: int
    minute: int
    of_24: bool = False
    vague: bool = False


@dataclass(frozen=True, slots=True)
class Hours:
    """一天里的时间: minutes after the named day begins, the more usual reading first; may lie in the day after."""

    minutes: tuple[int, ...] = ()
    why: Why | None = None
    given: HourGiven = HourGiven.SAID
    refused: NoTime | None = None

    def on(self, day: date, minutes: int, now: datetime) -> datetime:
        """The instant on this day."""
        return datetime.combine(day, time(), tzinfo=now.tzinfo) + timedelta(minutes=minutes)


def clock_time(word: TimeWord) -> ClockTime | None:
    """What a clock word says; None where its hour or minute does not exist."""
    if word["bad"]:
        return None
    if word["a_h"]:
        hour, minute = int(word["a_h"]), 0
        hour = hour % NOON + (NOON if word["a_half"] == "pm" else 0) if 0 < hour <= NOON else None
    elif word["r_h"]:
        hour, minute = number(word["r_h"]), 30 if word["r_half"] else 0
    elif word["k_h"]:
        hour, minute = int(word["k_h"]), int(word["k_m"])
        if word["k_half"]:
            hour = hour % NOON + (NOON if word["k_half"] == "pm" else 0)
    elif word["c_pair"]:
        hour, minute = number(word["c_pair"][:-1]), _minute(word)
    else:
        hour, minute = number(word["c_h"]), _minute(word)
    less = word["c_to"] or word["c_less"]
    if hour is None or minute is None or hour > MIDNIGHT or minute > 59 or (hour == MIDNIGHT and minute):
        return None
    if less:
        before = 15 if less == "一刻" else number(less)
        if before is None or not 0 < before < 60:
            return None
        hour, minute = (hour or MIDNIGHT) - 1, 60 - before
    padded = (word["c_h"] or "").startswith("0") and len(word["c_h"]) > 1
    of_24 = bool(word["k_h"] or word["a_h"]) or hour > NOON or hour == 0 or padded
    return ClockTime(hour, minute, of_24, bool(word["c_more"]))


def _minute(word: TimeWord) -> int | None:
    if word["c_half"]:
        return 30
    if word["c_q"]:
        return 15 * (number(word["c_q"]) or 0)
    return number(word["c_m"] or word["c_m2"] or "零")


def hours(part: str | None, clock: ClockTime | None) -> Hours:
    """The readings of a part of the day and an hour, of which either may be missing."""
    kind = PARTS[part] if part else None
    if clock is None and part == "午夜":
        clock = ClockTime(NOON, 0)
    if clock is None:
        return _without_hour(kind)
    if kind is not None:
        return _within(kind, clock)
    at = clock.hour * 60 + clock.minute
    if clock.of_24 or clock.hour in range(9, 13):
        return Hours((at,))
    if clock.hour in _AFTERNOON:
        return Hours((at + NOON * 60,))
    return Hours((at, at + NOON * 60), Why.HALF_OF_DAY)


def small_hours(told: Hours) -> Hours:
    """今晚凌晨1点: after the evening of that day, or before that day begins."""
    (minutes,) = told.minutes
    return Hours((minutes + MIDNIGHT * 60, minutes), Why.NIGHT)


def is_dawn(part: str | None) -> bool:
    """Whether these words are the hours after midnight."""
    return part is not None and PARTS[part] == DAWN


def _without_hour(kind: str | None) -> Hours:
    if kind is None:
        return Hours((DEFAULT.hour * 60,), given=HourGiven.DEFAULT)
    if kind in _ALONE:
        given = HourGiven.SAID if kind == MIDDAY else HourGiven.PART
        return Hours((_ALONE[kind].hour * 60,), given=given)
    return Hours(tuple(one.hour * 60 for one in _OFFERED[kind]), Why.HOUR_MISSING, HourGiven.PART)


def _within(kind: str, clock: ClockTime) -> Hours:
    """An hour in a part of the day: 晚上7点 is 19:00, 早上20点 is none."""
    if clock.of_24 and clock.hour in _LATE[kind]:
        at = clock.hour
    elif clock.hour in _HOURS[kind]:
        at = _HOURS[kind][clock.hour]
    else:
        return Hours(refused=NoTime.CONTRADICTION)
    minutes = at * 60 + clock.minute
    if at < MIDNIGHT:
        return Hours((minutes,))
    if at == MIDNIGHT:
        return Hours((minutes, minutes - MIDNIGHT * 60), Why.MIDNIGHT)
    return Hours((minutes, minutes - MIDNIGHT * 60), Why.NIGHT)


def fits_later(part: str | None, hour: int) -> bool:
    """Whether a part of the day still has hours after this one."""
    return part is not None and hour + 1 in _LATE[PARTS[part]]


def same_part(one: str, other: str) -> bool:
    """Whether two words say the same part of the day: 晚 and 晚上."""
    return PARTS[one] == PARTS[other]
