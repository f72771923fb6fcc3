"""晚点: when a cadre who cannot talk now says that they can, in the words people use for it."""

import re
from datetime import datetime, time, timedelta
from typing import Final

from bot.core.rules.text import plain_key

LATEST: Final = timedelta(days=3)
"""Further away nobody promises a talk."""
MOST_AHEAD: Final = LATEST + timedelta(hours=10)
"""With the night that may come between."""
SHORTEST: Final = timedelta(minutes=1)
MAX_TOLD: Final = 20
EVENING_BELOW: Final = 10
"""A bare hour below this that is over is meant for the evening."""

_DIGITS: Final = {"零": 0, "一": 1, "二": 2, "两": 2, "三": 3, "四": 4, "五": 5, "六": 6, "七": 7, "八": 8, "九": 9}
_NUM: Final = "[0-9]{1,2}|[二三四五六七八九]?十[一二三四五六七八九]?|[零一二两三四五六七八九]"
_SPAN: Final = re.compile(rf"(?:(?:过|再过)?(半|{_NUM})个?(半)?(小时|钟头|分钟|分)(半)?(?:以后|之后|后)?)")
_CLOCK: Final = re.compile(
    rf"(今天|明天|后天|今晚|明晚|明早)?(早上|上午|中午|下午|晚上|傍晚)?({_NUM})(?:[:点时])(?:(半)|({_NUM})分?)?(?:整|吧)?"
)
_DAYS: Final = {"明天": 1, "明晚": 1, "明早": 1, "后天": 2}
_LATE: Final = ("下午", "晚上", "傍晚", "今晚", "明晚")


def later_time(told: str, now: datetime) -> datetime | None:
    """The moment that ``told`` names: ``20:30``, ``晚上七点半``, ``明天9点``, ``40分钟后``; None if none to come."""
    key = plain_key(told).replace(" ", "")
    if len(key) > MAX_TOLD:
        return None
    at = _after_span(key, now) or _at_clock(key, now)
    return at if at is not None and SHORTEST <= at - now <= LATEST else None


def _after_span(key: str, now: datetime) -> datetime | None:
    found = _SPAN.fullmatch(key)
    if found is None:
        return None
    hours = found[3] in ("小时", "钟头")
    unit = timedelta(hours=1) if hours else timedelta(minutes=1)
    half = unit / 2 if hours and (found[2] or found[4]) else timedelta()
    return now + (unit / 2 if found[1] == "半" else unit * _number(found[1])) + half


def _at_clock(key: str, now: datetime) -> datetime | None:
    found = _CLOCK.fullmatch(key)
    if found is None:
        return None
    day, part = found[1] or "", found[2] or ""
    hour = _number(found[3])
    minute = 30 if found[4] else _number(found[5]) if found[5] else 0
    if hour < 12 and (day in _LATE or part in _LATE or (part == "中午" and hour < 3)):
        hour += 12
    if hour > 23 or minute > 59:
        return None
    at = datetime.combine(now.date() + timedelta(days=_DAYS.get(day, 0)), time(hour, minute), tzinfo=now.tzinfo)
    if at <= now and not day and not part and hour < EVENING_BELOW and not key.startswith("0"):
        at += timedelta(hours=12)  # 7 点 said at noon is this evening
    return at


def _number(word: str) -> int:
    if word.isdigit():
        return int(word)
    tens, ten, ones = word.rpartition("十")
    if not ten:
        return _DIGITS[word]
    return (_DIGITS[tens] if tens else 1) * 10 + (_DIGITS[ones] if ones else 0)
