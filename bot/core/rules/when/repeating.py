"""读重复的时间: how often, on which day, at which hour and until when, out of what somebody writes in any order."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Final

from bot.core.rules.when.clock import clock_time, hours, same_part
from bot.core.rules.when.cycles import Cycle, Cyclic, find_cycle, lunar_days
from bot.core.rules.when.days import LUNAR_MONTHS, WEEKDAY, DayReader, days_listed
from bot.core.rules.when.drafting import DAY_KINDS, GLUE, MAX_CHARS, spans_of
from bot.core.rules.when.festivals import festival
from bot.core.rules.when.lexing import TimeText, TimeWord, time_words, words_of
from bot.core.rules.when.numbers import number
from bot.core.rules.when.repeats import (
    ALL_MONTHS,
    MAX_COUNT,
    AmbiguousRepeat,
    DayRule,
    EveryDays,
    EveryWorkday,
    FoundRepeat,
    FromEnd,
    Interval,
    Lunar,
    MonthDays,
    Monthly,
    MonthPick,
    NamedDay,
    NthWeekday,
    NthWorkday,
    RefusedRepeat,
    Repeat,
    RepeatReading,
    Shift,
    Weekly,
    lunar_yearly,
)
from bot.core.rules.when.results import HourGiven, NoTime, Why
from bot.core.rules.workdays import Workdays

SHORTEST: Final = 5
"""Minutes between two occurrences, at least (reminders.md)."""
LONGEST: Final = 366
DAY: Final = timedelta(days=1)
_MONTHS: Final = ("month", "ymd")
_QUARTERS: Final = {"一": 1, "首": 1, "头": 1, "1": 1, "二": 2, "2": 2, "中": 2, "三": 3, "3": 3, "最": 3, "末": 3}


class _Unreadable(Exception):
    """What was said of the day is asked or refused."""

    def __init__(self, reading: AmbiguousRepeat | RefusedRepeat) -> None:
        super().__init__()
        self.reading = reading


@dataclass
class _Said:
    """The words of one text, by what they are for."""

    picks: list[TimeWord] = field(default_factory=list[TimeWord])
    since: list[TimeWord] = field(default_factory=list[TimeWord])
    until: list[TimeWord] = field(default_factory=list[TimeWord])
    part: TimeWord | None = None
    parts: int = 0
    clocks: list[TimeWord] = field(default_factory=list[TimeWord])
    count: int | None = None
    used: list[TimeWord] = field(default_factory=list[TimeWord])


def read_repeat(text: str, now: datetime, workdays: Workdays) -> RepeatReading | None:
    """What comes again and again, as a text says it; None if the text does not say that anything does."""
    found = find_repeat(text, now, workdays)
    return found.reading if found else None


def find_repeat(text: str, now: datetime, workdays: Workdays) -> FoundRepeat | None:
    """What comes again in a longer text, and where its words stand; None if nothing does."""
    whole = time_words(text[:MAX_CHARS])
    cyclic = find_cycle(whole.text)
    if cyclic is None:
        return None
    rest = _blanked(whole, cyclic)
    said = _sorted(rest)
    if cyclic.doubled and not (said.picks or said.clocks or said.part):
        return None
    spans = spans_of(rest, said.used, cyclic.spans)
    return FoundRepeat(_Reader(now, workdays, cyclic, said).reading(), spans, text)


def _blanked(whole: TimeText, cyclic: Cyclic) -> TimeText:
    """The text without the words that say how often, so that 每周五 leaves 周五."""
    plain = whole.text
    for start, end in cyclic.spans:
        plain = plain[:start] + " " * (end - start) + plain[end:]
    return TimeText(plain, whole.places, tuple(words_of(plain)))


def _sorted(rest: TimeText) -> _Said:
    said = _Said()
    before: TimeWord | None = None
    here = said.picks
    for word in rest.words:
        adjacent = before is not None and bool(GLUE.fullmatch(rest.between(before, word)))
        if word.kind == "upto":
            before, here = word, said.until
            said.used.append(word)
            continue
        if not adjacent:
            here = said.picks
        if word.kind in DAY_KINDS:
            if rest.text[: word.start].endswith(("从", "自")):
                here = said.since
            here.append(word)
        elif word.kind == "limit" and adjacent and word.said in ("起", "开始", "以后", "之后"):
            if here is said.picks:
                said.since, said.picks = said.picks, []
            here = said.picks
        elif word.kind == "part" and here is not said.until:
            said.parts += 1
            said.part = said.part or word
        elif word.kind == "clock" and here is not said.until:
            said.clocks.append(word)
        elif word.kind == "times" and said.count is None:
            said.count = number(word["t_n"])
        elif word.kind not in ("part", "clock", "limit"):
            continue
        said.used.append(word)
        before = word
    return said


class _Reader:
    """One text at one moment."""

    def __init__(self, now: datetime, workdays: Workdays, cyclic: Cyclic, said: _Said) -> None:
        self.now = now
        self.workdays = workdays
        self.cyclic = cyclic
        self.said = said
        self.days = DayReader(now, workdays)

    def reading(self) -> RepeatReading:
        """What the text says."""
        try:
            if self.cyclic.cycle is Cycle.MINUTES:
                return self._ended(self._interval())
            return self._at_hours()
        except _Unreadable as unread:
            return unread.reading

    # --- the hour ----------------------------------------------------------------------------------------------------

    def _at_hours(self) -> RepeatReading:
        clocks = [clock_time(word) for word in self.said.clocks]
        part = self.said.part.said if self.said.part else self.cyclic.part or None
        told = hours(part, clocks[0] if clocks else None)
        if clocks and clocks[0] is None:
            return RefusedRepeat(NoTime.NO_SUCH_HOUR)
        if told.refused:
            return RefusedRepeat(told.refused)
        if self.cyclic.part and part and not same_part(self.cyclic.part, part):
            return RefusedRepeat(NoTime.CONTRADICTION)
        readings: list[Repeat] = []
        for minutes in told.minutes:
            at = time(minutes // 60 % 24, minutes % 60)
            late = minutes >= 24 * 60 and self.cyclic.cycle is not Cycle.DAYS
            readings += self._on_days(at, told.given, 1 if late else 0)
        readings = list(dict.fromkeys(readings))
        why = told.why
        if (len(clocks) > 1 or self.said.parts > 1) and not self._is_range():
            why = Why.SEVERAL
        if self.cyclic.strict or self.cyclic.asked:
            why = Why.INTERVAL
        if self.cyclic.bare and not (clocks or part):
            why = Why.HOUR_MISSING
        if why in (Why.MIDNIGHT, Why.NIGHT) and len(readings) == 1:
            why = None
        if why is not None or len(readings) != 1:
            return AmbiguousRepeat(tuple(readings), why or Why.SEVERAL)
        return self._ended(readings[0])

    def _is_range(self) -> bool:
        return any(word.kind == "upto" for word in self.said.used)

    def _on_days(self, at: time, given: HourGiven, late: int) -> list[Repeat]:
        """The readings at this hour, ``late`` days after the day that was named: 周五晚上12点."""
        rule, shift = self._rule(at)
        if late and isinstance(rule, Weekly):
            rule = replace(rule, weekdays=tuple(sorted((day + late) % 7 for day in rule.weekdays)))
        elif late:
            shift = shift or Shift(late)
        repeat = Repeat(rule, at, self.now, shift, self._since(), hour=given)
        if not self.cyclic.strict:
            return [self._anchored(repeat)]
        if not isinstance(rule, EveryDays | Weekly):
            return []
        loose = replace(repeat, rule=replace(rule, every=self.cyclic.every - 1))  # 每隔两周 is mostly every two
        return [self._anchored(loose), self._anchored(repeat)]

    def _anchored(self, repeat: Repeat) -> Repeat:
        """Every second week and the like begin with the next one to come."""
        rule, start = repeat.rule, self.now
        if repeat.since is not None:
            start = datetime.combine(repeat.since, time(), tzinfo=self.now.tzinfo) - timedelta(minutes=1)
        if isinstance(rule, EveryDays) and rule.every > 1:
            first = replace(repeat, rule=EveryDays(1, start.date())).after(start, self.workdays)
            return replace(repeat, rule=EveryDays(rule.every, first.at.date() if first else rule.since), since=None)
        if isinstance(rule, Weekly) and rule.every > 1:
            first = replace(repeat, rule=Weekly(rule.weekdays)).after(start, self.workdays)
            day = first.at.date() if first else self.now.date()
            monday = day - day.weekday() * DAY
            return replace(repeat, rule=Weekly(rule.weekdays, rule.every, monday), since=None)
        return repeat

    # --- the day -----------------------------------------------------------------------------------------------------

    def _rule(self, at: time) -> tuple[DayRule, Shift | None]:
        cyclic = self.cyclic
        if cyclic.every > LONGEST or cyclic.every < 1:
            raise _Unreadable(RefusedRepeat(NoTime.TOO_FAR))
        match cyclic.cycle:
            case Cycle.DAYS:
                if any(word.kind == "weekday" for word in self.said.picks):
                    return self._weekly(at), None
                return EveryDays(cyclic.every, self.now.date()), None
            case Cycle.WORKDAYS:
                return EveryWorkday(), self._shift()
            case Cycle.WEEKS:
                return self._weekly(at), None
            case Cycle.LUNAR_MONTHS:
                return self._lunar_monthly(), self._shift()
            case _:
                return self._monthly(at)

    def _asked(self, why: Why = Why.DAY_MISSING, readings: Sequence[Repeat] = ()) -> _Unreadable:
        return _Unreadable(AmbiguousRepeat(tuple(readings), why))

    def _refused(self, code: NoTime, at: time, *nearest: DayRule) -> _Unreadable:
        return _Unreadable(RefusedRepeat(code, tuple(Repeat(rule, at, self.now) for rule in nearest)))

    def _weekly(self, at: time) -> Weekly:
        if self.cyclic.bad_day:
            raise self._refused(NoTime.NO_SUCH_DAY, at, Weekly((6,)), Weekly((0,)))
        said = [word for word in self.said.picks if word.kind == "weekday"]
        days = sorted({day for word in said for day in self.days.weekdays_said(word)})
        if any(word["w_end"] for word in said):
            raise self._asked(Why.WEEKEND, [Repeat(Weekly((day,)), at, self.now) for day in (5, 6)])
        if not days:
            raise self._asked()
        return Weekly(tuple(days), self.cyclic.every)

    def _lunar_monthly(self) -> Lunar:
        said = lunar_days(self.cyclic.lunar_day)
        said = said or [word["fd"] or word["tw"] for word in self.said.picks if word["fd"] or word["tw"]]
        days = sorted({number(one) or 0 for one in said})
        if not days:
            raise self._asked()
        if not all(1 <= day <= 30 for day in days):
            raise _Unreadable(RefusedRepeat(NoTime.NO_SUCH_DAY))
        return Lunar(None, tuple(days))

    def _months(self) -> tuple[int, ...]:
        cyclic = self.cyclic
        match cyclic.cycle:
            case Cycle.QUARTERS:
                at = _QUARTERS.get(cyclic.months.removeprefix("第")[:1], 0)
                return tuple(range(at, 13, 3)) if at else ()
            case Cycle.YEARS:
                named = {number(word["mo_n"] or word["y_m"]) or 0 for word in self.said.picks if word.kind in _MONTHS}
                return tuple(sorted(named))
            case _:
                if cyclic.months:
                    return tuple(range(1 if cyclic.months in "单奇" else 2, 13, 2))
                return ALL_MONTHS

    def _monthly(self, at: time) -> tuple[DayRule, Shift | None]:
        cyclic = self.cyclic
        shift = self._shift()
        if cyclic.cycle is Cycle.YEARS:
            if cyclic.every != 1:
                raise self._asked(Why.INTERVAL)
            yearly = self._yearly(at)
            if yearly is not None:
                return yearly, shift
        pick = self._pick(at)
        months = self._months()
        if cyclic.cycle is Cycle.QUARTERS and not months:
            months = (1, 4, 7, 10) if self._from_start(pick) else (3, 6, 9, 12)
            if isinstance(pick, MonthDays) and pick.days != (1,):
                raise self._asked()
        if not months or not all(1 <= month <= 12 for month in months):
            raise self._asked() if not months else self._refused(NoTime.NO_SUCH_DAY, at)
        if cyclic.every > 1:
            months = self._every_months(Monthly(months, pick), at)
        return Monthly(months, pick), shift

    def _from_start(self, pick: MonthPick) -> bool:
        return (isinstance(pick, NthWorkday | NthWeekday) and pick.n > 0) or isinstance(pick, MonthDays)

    def _every_months(self, rule: Monthly, at: time) -> tuple[int, ...]:
        """Every second or third month, from the next one to come."""
        every = self.cyclic.every
        if 12 % every:
            raise self._asked(Why.INTERVAL)
        first = Repeat(rule, at, self.now, since=self._since()).after(self.now, self.workdays)
        month = first.at.month if first else self.now.month
        return tuple(one for one in ALL_MONTHS if (one - month) % every == 0)

    def _pick(self, at: time) -> MonthPick:
        """Which days of a month are meant."""
        if self.cyclic.edge:
            if self.cyclic.edge == "初":
                raise self._asked(Why.VAGUE)
            narrower = [word for word in self.said.picks if word.kind in ("work", "nth_wd", "nth_day")]
            if not narrower:
                return FromEnd(1)
        dates = [word for word in self.said.picks if word.kind == "dom"]
        days = [number(one) or 0 for word in dates for one in days_listed(word)]
        days += [number(word["y_d"]) or 0 for word in self.said.picks if word.kind == "ymd"]
        if days:
            if not all(1 <= day <= 31 for day in days):
                raise self._refused(NoTime.NO_SUCH_DAY, at, Monthly(ALL_MONTHS, FromEnd(1)))
            return MonthDays(tuple(sorted(set(days))))
        for word in sorted(self.said.picks, key=lambda word: word.kind == "edge"):  # 月底最后一个工作日
            if word.kind == "last_week" and self.cyclic.cycle is not Cycle.QUARTERS:
                raise self._asked(Why.WEEK)
            pick = self._picked(word)
            if pick is not None:
                return pick
        raise self._asked()

    def _picked(self, word: TimeWord) -> MonthPick | None:
        match word.kind:
            case "edge":
                return FromEnd(1) if word["ed"] in ("底", "末") else None
            case "nth_day":
                return MonthDays((1,)) if word["e_n"] else FromEnd(number(word["e_r"] or "一") or 1)
            case "nth_wd":
                n = (
                    1
                    if word["n_first"]
                    else number(word["n_n"])
                    if word["n_n"]
                    else -(number(word["n_r"] or "一") or 1)
                )
                return NthWeekday(n or 0, WEEKDAY[word["n_d"]]) if n and abs(n) <= 5 else None
            case "last_week" if word["lw_d"]:
                return NthWeekday(-1, WEEKDAY[word["lw_d"]])
            case "work" if not word["p_next"]:
                n = (
                    1
                    if word["p_first"]
                    else number(word["p_n"])
                    if word["p_n"]
                    else -(number(word["p_r"] or "一") or 1)
                )
                return NthWorkday(n) if n and abs(n) <= 15 else None
            case _:
                return None

    def _yearly(self, at: time) -> DayRule | None:
        """A day that comes once a year; None where a month and a day in it were said apart."""
        found: list[DayRule] = []
        for word in self.said.picks:
            if word.kind == "ymd":
                month, day = number(word["y_m"]) or 0, number(word["y_d"]) or 0
                found.append(self._dated(month, day, at))
            elif word.kind == "md":
                found.append(self._dated(int(word["m_m"]), int(word["m_d"]), at))
            elif word.kind == "lunar":
                found.append(self._lunar_day(word))
            elif word.kind == "festival":
                named = festival(word.said)
                if named is None:
                    raise self._asked(Why.TWO_CUSTOMS, [Repeat(Lunar(12, (day,)), at, self.now) for day in (23, 24)])
                if named.solar:
                    found.append(Monthly((named.solar[0],), MonthDays((named.solar[1],))))
                else:
                    found.append(Lunar(named.lunar[0], (named.lunar[1],)) if named.lunar else NamedDay(named.name))
            elif word.kind == "edge" and word["ed_u"] == "年" and word["ed"] in ("底", "末"):
                found.append(Monthly((12,), FromEnd(1)))
        if any(word["mo_n"] for word in self.said.picks):
            return None
        if len(set(found)) > 1:
            raise self._asked(Why.SEVERAL, [Repeat(rule, at, self.now) for rule in found])
        return found[0] if found else None

    def _dated(self, month: int, day: int, at: time) -> Monthly:
        if not 1 <= month <= 12 or not 1 <= day <= 31 or day > _longest(month):
            near = (Monthly((month,), FromEnd(1)),) if 1 <= month <= 12 else ()
            raise self._refused(NoTime.NO_SUCH_DAY, at, *near)
        return Monthly((month,), MonthDays((day,)))

    def _lunar_day(self, word: TimeWord) -> Lunar:
        said_month = word["l_m"] or word["l_m2"] or word["l_m3"] or "正"
        month = LUNAR_MONTHS.get(said_month) or number(said_month) or 0
        day = number(word["l_d"] or word["l_d2"] or word["l_d3"] or word["l_d4"]) or 0
        if not 1 <= month <= 12 or not 1 <= day <= 30 or not lunar_yearly(month, day):
            raise _Unreadable(RefusedRepeat(NoTime.NO_SUCH_DAY))
        return Lunar(month, (day,))

    def _shift(self) -> Shift | None:
        word = next((word for word in self.said.picks if word.kind == "shift"), None)
        if word is None:
            return None
        count = number(word["s_n"]) if word["s_n"] else 1
        unit = {"工作日": 1, "天": 1, "日": 1}.get(word["s_u"], 0 if word["s_u"] == "月" else 7)
        if not count or count > LONGEST or not unit:
            raise self._asked(Why.LIMIT)
        return Shift((count if word["s_to"] == "后" else -count) * unit, word["s_u"] == "工作日")

    # --- from when, until when ---------------------------------------------------------------------------------------

    def _interval(self) -> Repeat:
        minutes = self.cyclic.every
        if minutes < SHORTEST:
            raise self._refused(NoTime.TOO_OFTEN, time(), EveryDays(1, self.now.date()))
        first = (self.now + timedelta(minutes=minutes)).replace(second=0, microsecond=0)
        if self.said.clocks:
            said = clock_time(self.said.clocks[0])
            if said is None or not said.of_24:
                raise self._asked(Why.HALF_OF_DAY)
            day = self._since() or self.now.date()
            first = datetime.combine(day, time(said.hour % 24, said.minute), tzinfo=self.now.tzinfo)
            first = first if first > self.now else first + DAY
        return Repeat(Interval(minutes, first), time(), self.now)

    def _since(self) -> date | None:
        return self._bound(self.said.since, first=True)

    def _bound(self, words: list[TimeWord], *, first: bool) -> date | None:
        if not words:
            return None
        day = self.days.read(words)
        if day is not None and len(day.options) == 1 and day.why is None:
            return day.options[0]
        scope = self.days.stretch(words)
        if scope is None or (day is not None and day.refused):
            raise self._asked(Why.LIMIT)
        return scope.first if first else scope.last

    def _ended(self, repeat: Repeat) -> RepeatReading:
        until = self._bound(self.said.until, first=False)
        count = self.said.count
        if count is not None and not 1 <= count <= MAX_COUNT:
            return RefusedRepeat(NoTime.TOO_FAR)
        ended = replace(repeat, until=until, count=count)
        if ended.after(self.now, self.workdays) is None:
            return RefusedRepeat(NoTime.PAST, (repeat,) if until is not None else ())
        return ended


def _longest(month: int) -> int:
    return 29 if month == 2 else 30 if month in (4, 6, 9, 11) else 31
