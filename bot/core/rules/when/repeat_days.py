"""重复在哪天: the rule of days that the words of a repetition say together."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Final

from bot.core.rules.when.cycles import Cycle, Cyclic, lunar_days
from bot.core.rules.when.day_rules import (
    ALL_MONTHS,
    DayRule,
    EveryDays,
    EveryWorkday,
    FromEnd,
    Lunar,
    MonthDays,
    Monthly,
    MonthPick,
    NamedDay,
    NthWeekday,
    NthWorkday,
    Shift,
    Weekly,
    lunar_yearly,
)
from bot.core.rules.when.days import WEEKDAY, DayReader, days_listed
from bot.core.rules.when.festivals import festival
from bot.core.rules.when.lexing import TimeWord
from bot.core.rules.when.lunar_days import LUNAR_MONTHS
from bot.core.rules.when.numbers import number
from bot.core.rules.when.repeats import AmbiguousRepeat, RefusedRepeat, Repeat
from bot.core.rules.when.results import NoTime, Why
from bot.core.rules.workdays import Workdays

LONGEST: Final = 366
_MONTHS: Final = ("month", "ymd")
_QUARTERS: Final = {"一": 1, "首": 1, "头": 1, "1": 1, "二": 2, "2": 2, "中": 2, "三": 3, "3": 3, "最": 3, "末": 3}


class Unreadable(Exception):
    """What was said of the day is asked or refused."""

    def __init__(self, reading: AmbiguousRepeat | RefusedRepeat) -> None:
        super().__init__()
        self.reading = reading


@dataclass
class RepeatWords:
    """The words of one text, by what they are for."""

    picks: list[TimeWord] = field(default_factory=list[TimeWord])
    since: list[TimeWord] = field(default_factory=list[TimeWord])
    until: list[TimeWord] = field(default_factory=list[TimeWord])
    part: TimeWord | None = None
    parts: int = 0
    clocks: list[TimeWord] = field(default_factory=list[TimeWord])
    count: int | None = None
    used: list[TimeWord] = field(default_factory=list[TimeWord])


class RuleReader:
    """读重复的日子: the rule that one text says, for one moment."""

    def __init__(self, now: datetime, workdays: Workdays, cyclic: Cyclic, said: RepeatWords) -> None:
        self.now = now
        self.workdays = workdays
        self.cyclic = cyclic
        self.said = said
        self.days = DayReader(now, workdays)

    def _rule(self, at: time) -> tuple[DayRule, Shift | None]:
        cyclic = self.cyclic
        if cyclic.every > LONGEST or cyclic.every < 1:
            raise Unreadable(RefusedRepeat(NoTime.TOO_FAR))
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

    def _asked(self, why: Why = Why.DAY_MISSING, readings: Sequence[Repeat] = ()) -> Unreadable:
        return Unreadable(AmbiguousRepeat(tuple(readings), why))

    def _refused(self, code: NoTime, at: time, *nearest: DayRule) -> Unreadable:
        return Unreadable(RefusedRepeat(code, tuple(Repeat(rule, at, self.now) for rule in nearest)))

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
            raise Unreadable(RefusedRepeat(NoTime.NO_SUCH_DAY))
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
        if not 1 <= month <= 12 or not 1 <= day <= 31 or day > longest(month):
            near = (Monthly((month,), FromEnd(1)),) if 1 <= month <= 12 else ()
            raise self._refused(NoTime.NO_SUCH_DAY, at, *near)
        return Monthly((month,), MonthDays((day,)))

    def _lunar_day(self, word: TimeWord) -> Lunar:
        said_month = word["l_m"] or word["l_m2"] or word["l_m3"] or "正"
        month = LUNAR_MONTHS.get(said_month) or number(said_month) or 0
        day = number(word["l_d"] or word["l_d2"] or word["l_d3"] or word["l_d4"]) or 0
        if not 1 <= month <= 12 or not 1 <= day <= 30 or not lunar_yearly(month, day):
            raise Unreadable(RefusedRepeat(NoTime.NO_SUCH_DAY))
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


def longest(month: int) -> int:
    """The days of a month in a leap year."""
    return 29 if month == 2 else 30 if month in (4, 6, 9, 11) else 31
