"""提醒的说法: when and what, in any order, out of what somebody writes (commands.md, Reminders)."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from bot.core.rules.when import (
    Ambiguous,
    AmbiguousRepeat,
    Exact,
    HourGiven,
    Refused,
    RefusedRepeat,
    Repeat,
    find_repeat,
    find_time,
    read_repeat,
    say_exact,
    say_repeat,
)
from bot.core.rules.workdays import Workdays
from bot.features.reminder.rules.reminder import Timing

MOST_READINGS: Final = 4
_LEAD: Final = re.compile(r"^(?:请|麻烦)?(?:帮忙?)?(?:提醒|叫)(?:我们|我|大家|一下|他们|群里)*[\s:：,，]*(?=\S)")
_END: Final = re.compile(r"(?:(?:一?直?到|截?至)\S*(?:\d|[一二三四五六七八九十])\S*[日号月年底]|共?\S{1,3}次)$")
"""A word that says when a repetition ends."""
_EDGES: Final = " \u3000,，、。;；:："


@dataclass(frozen=True, slots=True)
class When:
    """读出的时间: exactly one meaning, or what is to be asked: ``why`` and the readings to choose from.

    All empty: no time was said.
    """

    timing: Timing | None = None
    hour: HourGiven = HourGiven.SAID
    why: str = ""
    offered: tuple[Timing, ...] = ()


def read_reminder(text: str, now: datetime, workdays: Workdays) -> tuple[When, str]:
    """What the time reads as, and the words that are left for the reminder itself.

    Where a space parts them, words of time in what is to be said stay in it: 每周五20:00 今晚一起看团课.
    """
    whole, parts = _read(text, now, workdays), text.split()
    if not whole[1]:
        return whole
    for at in range(len(parts) - 1, 0, -1):
        for time_words, words in ((parts[:at], parts[at:]), (parts[-at:], parts[:-at])):
            when, rest = _read(" ".join(time_words), now, workdays)
            if not rest and (when.timing is not None or when.why):
                ends = [word for word in words if _END.match(word)]  # 工作日8:30 晨读 到12月31日
                if ends:
                    when, _rest = _read(" ".join([*time_words, *ends]), now, workdays)
                return when, _words(" ".join(word for word in words if word not in ends))
    return whole


def _read(text: str, now: datetime, workdays: Workdays) -> tuple[When, str]:
    repeated = find_repeat(text, now, workdays)
    if repeated is not None:
        return _repeated(repeated.reading), _words(repeated.rest)
    once = find_time(text, now, workdays)
    if once is not None:
        return _once(once.reading), _words(once.rest)
    return When(), _words(text)


def said_again(said: str, begins_at: datetime, workdays: Workdays) -> Timing:
    """The timing of a stored row: a repetition from its words, else once."""
    if not said:
        return Timing(begins_at)
    read = read_repeat(said, begins_at, workdays)
    if not isinstance(read, Repeat):
        raise ValueError("what was said of a reminder reads differently now")
    return Timing(begins_at, read)


def said_of(timing: Timing) -> str:
    """The stored words of a timing; empty: once."""
    return say_repeat(timing.repeat) if timing.repeat is not None else ""


def shown(timing: Timing, now: datetime) -> str:
    """A timing as a receipt and an option say it."""
    return said_of(timing) or say_exact(Exact(timing.begins_at), now)


def _words(rest: str) -> str:
    told = rest.strip(_EDGES)
    return _LEAD.sub("", told).strip(_EDGES) if _LEAD.match(told) else told


def _repeated(reading: Repeat | AmbiguousRepeat | RefusedRepeat) -> When:
    match reading:
        case Repeat():
            return When(Timing(reading.begins, reading), reading.hour)
        case AmbiguousRepeat():
            return When(why=f"two_{reading.why.value}", offered=_timings(reading.readings))
        case RefusedRepeat():
            return When(why=f"no_{reading.code.value}", offered=_timings(reading.nearest))


def _timings(repeats: tuple[Repeat, ...]) -> tuple[Timing, ...]:
    return tuple(Timing(one.begins, one) for one in repeats)[:MOST_READINGS]


def _once(reading: Exact | Ambiguous | Refused) -> When:
    match reading:
        case Exact():
            return When(Timing(reading.at), reading.hour)
        case Ambiguous():
            return When(why=f"two_{reading.why.value}", offered=tuple(Timing(one.at) for one in reading.readings))
        case Refused():
            return When(why=f"no_{reading.code.value}", offered=tuple(Timing(one.at) for one in reading.nearest))
