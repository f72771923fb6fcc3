"""读一个时间: one time out of what somebody writes, in any order of its parts, or the question that is left.

A part that is corrected (``明天…哦不，后天``) is replaced by what follows. What is said twice differently is asked.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Final

from bot.core.rules.when.clock import MIDNIGHT, Hours, clock_time, fits_later, hours
from bot.core.rules.when.days import Day, DayReader
from bot.core.rules.when.lexing import TimeText, TimeWord, time_words
from bot.core.rules.when.numbers import number
from bot.core.rules.when.results import Ambiguous, Exact, Found, HourGiven, NoTime, Reading, Refused, Why
from bot.core.rules.workdays import Workdays

MAX_CHARS: Final = 600
"""Characters in which a time is looked for."""
FURTHEST: Final = 60
"""Years ahead that a time may lie."""
DAY: Final = timedelta(days=1)
_DAYS: Final = frozenset(
    [
        "relative",
        "weekday",
        "iso",
        "md",
        "ymd",
        "dom",
        "edge",
        "festival",
        "lunar",
        "first_days",
        "twenty",
        "same_day",
        "work",
        "nth_wd",
        "last_week",
        "nth_week",
        "nth_day",
        "year",
        "month",
        "quarter",
        "week",
        "shift",
        "holiday",
    ]
)
_MAIN: Final = _DAYS - {"year", "shift", "month", "holiday"} | {"part", "clock", "vague", "never", "offset"}
_GLUE: Final = re.compile(
    r"[\s,，、的在()（）就那吧是约:;；。…~啊呢嘛呀于从自当天左右大概的左近嗯呃]*(?:时间|日期|定在|改在|那天|当天|左右|大概|大约)?[\s,，的是在:]*"
)
_FILLER: Final = re.compile(
    r"[\s,，、。.!！?？~…吧呗啊呢嘛哦噢嗯呃那就好的行了去见在是左右大概约可以时候我们我要想开始整]*"
)


@dataclass
class _Draft:
    """What one text has said so far."""

    days: list[TimeWord] = field(default_factory=list[TimeWord])
    others: list[list[TimeWord]] = field(default_factory=list[list[TimeWord]])
    """Further days that were offered: 周五或周六."""
    part: TimeWord | None = None
    clock: TimeWord | None = None
    offset: TimeWord | None = None
    end_days: list[TimeWord] = field(default_factory=list[TimeWord])
    end_part: TimeWord | None = None
    end_clock: TimeWord | None = None
    lasts: timedelta | None = None
    limit: bool = False
    several: list[TimeWord] = field(default_factory=list[TimeWord])
    """Further hours that were offered."""
    vague: Why | None = None
    never: bool = False
    repeats: bool = False

    @property
    def empty(self) -> bool:
        return not (self.days or self.part or self.clock or self.offset or self.vague or self.never or self.repeats)


def read_time(text: str, now: datetime, workdays: Workdays) -> Reading | None:
    """The one time that a text says; None if there is none in it."""
    found = find_time(text, now, workdays)
    return found.reading if found else None


def find_time(text: str, now: datetime, workdays: Workdays) -> Found | None:
    """The time in a longer text, and where its words stand; None if there is none in it."""
    words = time_words(text[:MAX_CHARS])
    kept = _kept(words)
    if not kept:
        return None
    draft, used = _drafted(words, kept)
    if draft.empty:
        return None
    reading = _Resolver(now, workdays, draft).reading()
    return Found(reading, _spans(words, used), text) if reading is not None else None


# --- which words are meant -------------------------------------------------------------------------------------------


def _kept(words: TimeText) -> list[TimeWord]:
    """The words of times without those that only look like one."""
    strong = [word for word in words.words if word.kind in _MAIN and not _weak(word)]
    kept: list[TimeWord] = []
    whole = _is_whole(words)
    for at, word in enumerate(words.words):
        if not _weak(word) or whole or _beside(words, at, strong):
            kept.append(word)
    if not any(word.kind in _MAIN or word.kind == "repeat" or (whole and word.kind in _DAYS) for word in kept):
        return []
    return kept


def _weak(word: TimeWord) -> bool:
    """Whether a word is a time only beside another, or alone."""
    said = word.said
    match word.kind:
        case "md":
            return not word["m_u"]
        case "festival":
            return said in ("元宵", "雨水", "小满", "小雪", "大雪", "白露", "霜降", "小寒", "大寒", "芒种", "谷雨")
        case "first_days" | "twenty" | "month" | "year" | "quarter" | "vague" | "never" | "holiday":
            return True
        case "dom":
            return word["d_u"] == "日" and len(word["d_n"]) == 1 and not word["d_n"].isdigit()
        case "clock":
            return said in ("一点", "1点")
        case "part":
            return len(said) == 1
        case "offset":
            return not (word["o_in"] or word["o_to"])
        case _:
            return False


def _is_whole(words: TimeText) -> bool:
    rest: list[str] = []
    last = 0
    for word in words.words:
        rest.append(words.text[last : word.start])
        last = word.end
    rest.append(words.text[last:])
    return bool(_FILLER.fullmatch("".join(rest)))


def _beside(words: TimeText, at: int, strong: list[TimeWord]) -> bool:
    """Whether a weak word stands beside one that is not."""
    chain = words.words
    for step in (1, -1):
        here = at
        while 0 <= here + step < len(chain):
            one, other = sorted((chain[here], chain[here + step]), key=lambda word: word.start)
            if not _GLUE.fullmatch(words.between(one, other)):
                break
            here += step
            if chain[here] in strong:
                return True
    return False


# --- what they say together ------------------------------------------------------------------------------------------


def _drafted(words: TimeText, kept: list[TimeWord]) -> tuple[_Draft, list[TimeWord]]:
    draft = _Draft()
    used: list[TimeWord] = []
    mark = ""
    before: TimeWord | None = None
    ending = False
    for word in kept:
        adjacent = before is not None and bool(_GLUE.fullmatch(words.between(before, word)))
        if word.kind in ("fix", "alt", "upto", "not"):
            mark, before = word.kind, word
            used.append(word)
            continue
        if mark == "fix":
            draft, ending = _corrected(draft, word), False
        if mark == "upto":
            ending = adjacent and not draft.empty
        elif not adjacent:
            ending = False
        if _take(draft, word, mark, ending=ending, adjacent=adjacent):
            used.append(word)
            before = word
        mark = ""
    return draft, _meant(used)


def _meant(used: list[TimeWord]) -> list[TimeWord]:
    """Without marks that stand beside no word of a time."""
    return [
        word for at, word in enumerate(used) if word.kind not in ("alt", "upto", "not", "fix") or 0 < at < len(used) - 1
    ]


def _corrected(draft: _Draft, word: TimeWord) -> _Draft:
    """What stays of a draft when ``word`` begins what is said instead."""
    if word.kind in _DAYS:
        draft.days, draft.others = [], []
    elif word.kind in ("part", "clock"):
        draft.part = None if word.kind == "part" else draft.part
        draft.clock, draft.several = None, []
    draft.offset = None
    return draft


def _take(draft: _Draft, word: TimeWord, mark: str, *, ending: bool, adjacent: bool) -> bool:
    """Put a word where it belongs; whether it was used."""
    kind = word.kind
    if kind in _DAYS:
        if ending:
            draft.end_days.append(word)
        elif (mark == "alt" and draft.days) or (draft.days and not adjacent and kind not in ("shift",)):
            draft.others.append([word])
        elif draft.others:
            draft.others[-1].append(word)
        else:
            draft.days.append(word)
    elif kind == "limit":
        if not adjacent:
            return False
        draft.limit = draft.limit or word.said not in ("起", "开始")
    elif kind == "part":
        if ending:
            draft.end_part = word
        elif draft.part is None:
            draft.part = word
        else:
            draft.several.append(word)
    elif kind == "clock":
        if ending:
            draft.end_clock = draft.end_clock or word
        elif draft.clock is None:
            draft.clock = word
        else:
            draft.several.append(word)
    elif kind == "offset":
        return _take_offset(draft, word)
    elif kind == "vague":
        draft.vague = Why.VAGUE
    elif kind == "never":
        draft.never = True
    elif kind == "repeat":
        draft.repeats = draft.repeats or adjacent or not (draft.days or draft.clock)
    return True


def _take_offset(draft: _Draft, word: TimeWord) -> bool:
    if word["o_in"] or word["o_to"]:
        draft.offset = draft.offset or word
        return True
    length = _length(word)
    if length is None or draft.lasts is not None:
        return False
    draft.lasts = length
    return True


def _length(word: TimeWord) -> timedelta | None:
    """How long ``两个半小时`` is; None for units that are no length."""
    unit = word["o_u"]
    count = 0.5 if word["o_half"] else float(number(word["o_n"]) or 0)
    count += 0.5 if word["o_h"] or word["o_h2"] else 0
    if not count:
        return None
    match unit:
        case "分" | "分钟":
            return timedelta(minutes=count)
        case "刻钟":
            return timedelta(minutes=15 * count)
        case "小时" | "钟头":
            return timedelta(hours=count)
        case "天" | "日":
            return timedelta(days=count) if count == int(count) else None
        case "周" | "星期" | "礼拜":
            return timedelta(weeks=count) if count == int(count) else None
        case "月":
            return timedelta(days=15) if count == 0.5 else None
        case _:
            return None


def _spans(words: TimeText, used: Iterable[TimeWord]) -> tuple[tuple[int, int], ...]:
    """Where the used words stand, those beside each other as one."""
    spans: list[tuple[int, int]] = []
    for word in used:
        start, end = word.start, word.end
        if spans and _GLUE.fullmatch(words.text[spans[-1][1] : start]):
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    return tuple(words.span(start, end) for start, end in spans)


# --- what it comes to ------------------------------------------------------------------------------------------------


class _Resolver:
    """One draft at one moment."""

    def __init__(self, now: datetime, workdays: Workdays, draft: _Draft) -> None:
        self.now = now
        self.workdays = workdays
        self.draft = draft
        self.reader = DayReader(now, workdays)

    def reading(self) -> Reading | None:
        draft = self.draft
        if draft.repeats:
            return Refused(NoTime.REPEATS)
        if draft.offset is not None:
            return self._after(draft.offset)
        if not (draft.days or draft.part or draft.clock):
            if draft.vague:
                return Ambiguous((), draft.vague)
            return Refused(NoTime.NOT_SAID) if draft.never else None
        day = self._day()
        if day is not None and day.refused:
            near = tuple(self._exact(one, self._hours(day)) for one in day.options)
            return Refused(day.refused, tuple(one for one in near if one and one.at > self.now))
        told = self._hours(day)
        if told.refused:
            return Refused(told.refused)
        reading = self._combined(day, told)
        return self._with_end(reading)

    def _day(self) -> Day | None:
        day = self.reader.read(self.draft.days) if self.draft.days else None
        others = [self.reader.read(words) for words in self.draft.others]
        options = [one for other in others if other for one in other.options]
        if day is not None and options:
            return Day(tuple(dict.fromkeys((*day.options, *options))), Why.SEVERAL)
        return day

    def _hours(self, day: Day | None) -> Hours:
        said = clock_time(self.draft.clock) if self.draft.clock else None
        if self.draft.clock is not None and said is None:
            return Hours(refused=NoTime.NO_SUCH_HOUR)
        part = self.draft.part.said if self.draft.part else day.part if day else None
        told = hours(part, said)
        if said is not None and said.vague and not told.refused:
            return Hours(told.minutes, Why.VAGUE, told.given)
        if self.draft.limit and not told.refused:
            return Hours(told.minutes, Why.LIMIT, told.given)
        if self.draft.several and not told.refused:
            return Hours(told.minutes, Why.SEVERAL, told.given)
        return told

    def _exact(self, day: date, told: Hours) -> Exact | None:
        if told.refused or not told.minutes:
            return None
        return Exact(told.on(day, told.minutes[0], self.now), told.given)

    def _combined(self, day: Day | None, told: Hours) -> Reading:
        if day is None:
            return self._next_to_come(told)
        if not day.options:
            return Ambiguous((), day.why or Why.DAY_MISSING)
        if max(day.options).year > self.now.year + FURTHEST:
            return Refused(NoTime.TOO_FAR)
        both = [(one, minutes) for one in day.options for minutes in told.minutes]
        coming = [at for at in (told.on(one, minutes, self.now) for one, minutes in both) if at > self.now]
        readings = tuple(Exact(at, told.given, estimated=day.estimated) for at in dict.fromkeys(coming))
        why = day.why or told.why
        if not readings:
            return self._over(day, told, why)
        if why is not None and not (len(readings) == 1 and why in (Why.MIDNIGHT, Why.NIGHT)):
            return Ambiguous(readings, why)
        if day.today:
            later = self._exact(day.options[0] + 7 * DAY, told)
            return Ambiguous((*readings, later) if later else readings, Why.WEEKDAY_TODAY)
        return readings[0] if len(readings) == 1 else Ambiguous(readings, why or Why.SEVERAL)

    def _over(self, day: Day, told: Hours, why: Why | None) -> Reading:
        """The hour of the day is over: the next such day, or a question, or a refusal with what would do."""
        then = [told.on(day.then, minutes, self.now) for minutes in told.minutes] if day.then else []
        later = tuple(Exact(at, told.given, estimated=day.estimated) for at in then if at > self.now)
        is_today = self.now.date() in day.options
        if is_today and self._still_open(told, day):
            return Ambiguous(later, Why.WEEKDAY_TODAY if day.today else Why.HOUR_MISSING)
        if later and why is None:
            return later[0] if len(later) == 1 else Ambiguous(later, Why.SEVERAL)
        if later:
            return Ambiguous(later, why or Why.SEVERAL)
        at = told.on(day.options[-1], told.minutes[0], self.now)
        near = at
        while near <= self.now:
            near = near + (DAY if self.now - near < DAY else 7 * DAY if self.now - near < 15 * DAY else 365 * DAY)
        return Refused(NoTime.PAST, (Exact(near, told.given),))

    def _still_open(self, told: Hours, day: Day) -> bool:
        """Whether of today, said without an hour, the usual hour is over and a later one is not."""
        if told.given is HourGiven.SAID:
            return False
        part = self.draft.part.said if self.draft.part else day.part
        return told.given is HourGiven.DEFAULT or fits_later(part, self.now.hour)

    def _next_to_come(self, told: Hours) -> Reading:
        today = self.now.date()
        found: list[datetime] = []
        for minutes in told.minutes:
            at = told.on(today, minutes % (MIDNIGHT * 60), self.now)
            found.append(at if at > self.now else at + DAY)
        readings = tuple(Exact(at, told.given) for at in sorted(set(found)))
        if told.given is not HourGiven.SAID:
            return Ambiguous(readings, Why.DAY_MISSING)
        if told.why in (Why.VAGUE, Why.LIMIT, Why.SEVERAL) or len(readings) > 1:
            return Ambiguous(readings, told.why or Why.SEVERAL)
        return next(iter(readings))

    # --- after a while -----------------------------------------------------------------------------------------------

    def _after(self, word: TimeWord) -> Reading:
        to = word["o_to"]
        if "前" in to:
            return Refused(NoTime.PAST)
        count = number(word["o_n"]) if word["o_n"] else None
        if word["o_u"] == "工作日" and count is not None and 0 < count <= 366:
            day = self.workdays.after(self.now.date(), count)
            return self._on_day(day, "内" in to, estimated=self.workdays.estimated(self.now.date(), day))
        if word["o_u"] in ("月", "年") and count is not None and not word["o_h"]:
            months = count * (12 if word["o_u"] == "年" else 1)
            if months > FURTHEST * 12:
                return Refused(NoTime.TOO_FAR)
            return self._on_day(_months_on(self.now.date(), months), "内" in to)
        length = _length(word)
        if length is None:
            return Ambiguous((), Why.VAGUE)
        if length > FURTHEST * 365 * DAY:
            return Refused(NoTime.TOO_FAR)
        if word["o_u"] in ("天", "日", "周", "星期", "礼拜", "月"):
            vague = word["o_in"] and word["o_n"] in ("两", "俩") and word["o_u"] == "天"
            return self._on_day(self.now.date() + length, "内" in to, why=Why.VAGUE if vague else None)
        at = (self.now + length).replace(second=0, microsecond=0)
        at = at if at > self.now else at + timedelta(minutes=1)
        return Ambiguous((Exact(at),), Why.LIMIT) if "内" in to else self._with_end(Exact(at))

    def _on_day(self, day: date, limit: bool, *, why: Why | None = None, estimated: bool = False) -> Reading:
        found = Day((day,), Why.LIMIT if limit else why, estimated=estimated)
        told = self._hours(found)
        return Refused(told.refused) if told.refused else self._with_end(self._combined(found, told))

    # --- until -------------------------------------------------------------------------------------------------------

    def _with_end(self, reading: Reading) -> Reading:
        draft = self.draft
        if not (draft.end_clock or draft.end_days or draft.end_part or draft.lasts):
            return reading
        if isinstance(reading, Exact):
            return self._ended(reading)
        if isinstance(reading, Ambiguous):
            ended = [self._ended(one) for one in reading.readings]
            return Ambiguous(tuple(one for one in ended if isinstance(one, Exact)), reading.why)
        return reading

    def _ended(self, exact: Exact) -> Reading:
        draft = self.draft
        if draft.end_clock is None:
            if draft.lasts is None:
                return Ambiguous((exact,), Why.LIMIT)
            return Exact(exact.at, exact.hour, exact.at + draft.lasts, exact.estimated)
        said = clock_time(draft.end_clock)
        if said is None:
            return Refused(NoTime.NO_SUCH_HOUR)
        days = [exact.at.date(), exact.at.date() + DAY]
        if draft.end_days:
            day = DayReader(exact.at, self.workdays).read(draft.end_days)
            days = list(day.options) if day else []
        if draft.end_part:
            told = hours(draft.end_part.said, said)
            if told.refused:
                return Refused(told.refused)
            minutes = told.minutes
        else:
            at = said.hour * 60 + said.minute
            minutes = (at,) if said.hour > 12 else (at, at + 12 * 60)
        ends = [Hours().on(day, one, exact.at) for day in days for one in minutes]
        ends = sorted(one for one in ends if one > exact.at)
        if not ends:
            return Refused(NoTime.CONTRADICTION)
        return Exact(exact.at, exact.hour, ends[0], exact.estimated)


def _months_on(day: date, months: int) -> date:
    """The same day so many months later; the last of a shorter month."""
    at = day.year * 12 + day.month - 1 + months
    first = date(at // 12, at % 12 + 1, 1)
    last = ((first.replace(day=28) + 4 * DAY).replace(day=1) - DAY).day
    return first.replace(day=min(day.day, last))
