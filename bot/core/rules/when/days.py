"""哪一天: the day that the words of a date say together, with what it would be if that is over (reminders.md)."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Final

from bot.core.rules.lunar import lunar_date, lunar_day
from bot.core.rules.when.festivals import TWO_DAYS, festival, lunar_in
from bot.core.rules.when.lexing import TimeWord
from bot.core.rules.when.numbers import number
from bot.core.rules.when.results import NoTime, Why
from bot.core.rules.workdays import DayKind, Workdays

DAY: Final = timedelta(days=1)
WEEK: Final = timedelta(days=7)
SUNDAY: Final = 6
SMALL_HOURS: Final = 4
"""Before this hour 明天 may be meant for the day that has begun."""
WEEKDAY: Final = {
    **dict(zip("一二三四五六日", range(7), strict=True)),
    "天": 6,
    **{str(n): n - 1 for n in range(1, 8)},
}
_RELATIVE: Final = {"今": 0, "当": 0, "明": 1, "后": 2, "昨": -1, "前": -2}
_PICKS: Final = frozenset(("work", "nth_wd", "last_week", "nth_week", "nth_day"))
RECENT: Final = timedelta(days=60)
"""A date without a year that is over for no longer than this is asked: next year's, or a slip?"""
LUNAR_MONTHS: Final = {"正": 1, "冬": 11, "腊": 12}


@dataclass(frozen=True, slots=True)
class Day:
    """哪一天: the days it may be, and ``then``, what it is if the first is over.

    ``why`` is set where it must be asked in any case; ``today`` where it must be asked if the hour is still ahead.
    """

    options: tuple[date, ...] = ()
    why: Why | None = None
    then: date | None = None
    today: bool = False
    refused: NoTime | None = None
    estimated: bool = False
    weekday: bool = False
    part: str | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """一段日子: a week, month, quarter or year in which a day is named."""

    first: date
    last: date
    then: Callable[[], "Scope"] | None = None
    """The next one, where it was not said which."""
    weak: bool = False


@dataclass(frozen=True, slots=True)
class DayReader:
    """读日期: reads the day words of one text for one moment."""

    now: datetime
    workdays: Workdays
    past: bool = False
    """Whether the day is over: 周五 is the last one, and ``then`` the one before it."""

    @property
    def today(self) -> date:
        return self.now.date()

    def read(self, words: Sequence[TimeWord]) -> Day | None:
        """The day of a run of day words, such as 下个月 + 第一个工作日; None if they say none."""
        day: Day | None = None
        scope: Scope | None = None
        from_edge: Scope | None = None
        year: int | None = None
        for word in words:
            if word.kind == "year":
                year = self._year(word.said)
                scope = Scope(date(year, 1, 1), date(year, 12, 31), weak=True)
            elif word.kind in ("month", "quarter", "week"):
                scope = self._scope(word, year)
                day = self._edge(word, scope) or day
            elif word.kind == "shift" and day is not None:
                if word["s_last"].startswith("最后") and from_edge is not None and word["s_u"] == "工作日":
                    day = replace(day, options=(self.workdays.last_on_or_before(from_edge.last),))
                    continue
                day = self._shifted(day, word)
            elif word.kind in _PICKS and (scope is not None or from_edge):
                day = self._one(word, scope or from_edge, year)
            elif word.kind == "nth_day" and word["e_n"] and day is not None:
                if word.said.startswith("头"):  # 元旦头一天: mostly the day before
                    day = replace(
                        day, options=tuple(one - n * DAY for one in day.options for n in (1, 0)), why=Why.SEVERAL
                    )
            elif word.kind == "edge":
                from_edge = self._edge_scope(word, scope, year)
                day = _at_edge(word["ed"], from_edge)
            elif word.kind == "limit" and day is not None:
                if word.said not in ("起", "开始"):
                    day = replace(day, why=Why.LIMIT)
            elif word.kind == "holiday":
                day = self._holiday(words)
            else:
                found = self._one(word, scope, year)
                day = found if day is None else _together(day, found)
        if day is None and scope is not None:
            return Day((), Why.DAY_MISSING)
        return day

    def stretch(self, words: Sequence[TimeWord]) -> Scope | None:
        """The week, month, quarter or year that a run of day words names last; None if they name none."""
        scope: Scope | None = None
        year: int | None = None
        for word in words:
            if word.kind == "year":
                year = self._year(word.said)
                scope = Scope(date(year, 1, 1), date(year, 12, 31))
            elif word.kind in ("month", "quarter", "week"):
                scope = self._scope(word, year)
        return scope

    # --- days of their own -------------------------------------------------------------------------------------------

    def _one(self, word: TimeWord, scope: Scope | None, year: int | None) -> Day:
        match word.kind:
            case "bad_day":
                return Day((self.today - self.today.weekday() * DAY + 6 * DAY,), refused=NoTime.NO_SUCH_DAY)
            case "relative":
                return self._relative(word.said)
            case "weekday":
                return self._weekday(word, scope)
            case "iso":
                return self._dated(int(word["i_y"]), int(word["i_m"]), int(word["i_d"]))
            case "md":
                return self._dated(year, int(word["m_m"]), int(word["m_d"]))
            case "ymd":
                return self._month_day(word)
            case "dom" if word["d_list"]:
                days = [self._day_of_month(number(one) or 0, scope) for one in days_listed(word)]
                return Day(tuple(at for one in days for at in one.options), Why.SEVERAL)
            case "dom":
                return self._day_of_month(number(word["d_n"]) or 0, scope)
            case "festival":
                return self._festival(word.said, year)
            case "lunar":
                return self._lunar(word, year)
            case "first_days" | "twenty":
                return self._lunar_day_alone(word)
            case "same_day":
                weeks = number(word["sd_n"]) if word["sd_n"] else word["sd"].count("下")
                return Day((self.today + (weeks or 0) * WEEK,))
            case "work":
                return self._workday(word, scope)
            case "nth_wd" | "last_week" | "nth_week" | "nth_day":
                return self._picked(word, scope)
            case _:
                return Day((), Why.DAY_MISSING)

    def _relative(self, said: str) -> Day:
        if said in ("今明两天", "今明天", "今明"):
            return Day((self.today, self.today + DAY), Why.SEVERAL)
        if said.startswith(("明后", "今后")):
            return Day((self.today + DAY, self.today + 2 * DAY), Why.SEVERAL)
        big = said.count("大")
        ahead = _RELATIVE[said.lstrip("大")[0]]
        ahead += big if ahead > 0 else -big
        part = {"晚": "晚", "夜": "夜", "早": "早", "晨": "晨"}.get(said[-1])
        day = self.today + ahead * DAY
        if ahead > 0 and self.now.hour < SMALL_HOURS:
            return Day((day - DAY, day), Why.AFTER_MIDNIGHT, part=part)
        return Day((day,), part=part)

    def _weekday(self, word: TimeWord, scope: Scope | None) -> Day:
        prefix = word["w_pre"]
        monday = self.today - self.today.weekday() * DAY
        weeks = prefix.count("下") - prefix.count("上")
        if scope is not None and not prefix and (scope.last - scope.first).days < 7:
            weeks, prefix = (scope.first - monday).days // 7, "这"
        days = self.weekdays_said(word)
        if word["w_end"]:
            return self._weekend(monday, weeks, prefix)
        if len(days) > 1:
            start = monday + weeks * WEEK
            options = [start + n * DAY for n in days]
            if not prefix:
                options = sorted(self._turned(one) for one in options)
            return Day(tuple(options), Why.SEVERAL)
        (wanted,) = days
        if not prefix:
            ahead = (wanted - self.today.weekday()) % 7 - (7 if self.past and wanted != self.today.weekday() else 0)
            day = self.today + ahead * DAY
            return Day((day,), then=day - WEEK if self.past else day + WEEK, today=ahead == 0, weekday=True)
        day = monday + weeks * WEEK + wanted * DAY
        if self.today.weekday() == SUNDAY and wanted != SUNDAY and not prefix.startswith("上"):
            return Day((day, day + WEEK), Why.WEEK)  # the week may be thought to begin today
        if prefix.startswith("下个") and word["w_w"] == "周" and wanted > self.today.weekday():
            return Day((day - WEEK, day), Why.WEEK)
        return Day((day,))

    def weekdays_said(self, word: TimeWord) -> list[int]:
        """The days of the week that one word says, 0 is Monday: 周一三五, 周六日, 周一到周五."""
        if word["w_end"]:
            return [5, 6]
        days = [WEEKDAY[word["w_d"]]]
        days += [WEEKDAY[char] for char in word["w_more"] if char in WEEKDAY]
        if word["w_to"]:
            last = WEEKDAY[word["w_last"]]
            days += [n % 7 for n in range(days[-1] + 1, (last if last > days[-1] else last + 7) + 1)]
        return list(dict.fromkeys(days))

    def _weekend(self, monday: date, weeks: int, prefix: str) -> Day:
        days = [monday + weeks * WEEK + n * DAY for n in (5, 6)]
        if not prefix:
            weeks = 1 if self.today.weekday() == SUNDAY else 0
            days = [one + (weeks - (1 if self.past and self.today.weekday() < 5 + weeks else 0)) * WEEK for one in days]
        return Day(tuple(days), Why.WEEKEND)

    # --- dates -------------------------------------------------------------------------------------------------------

    def _year(self, said: str) -> int:
        ahead = {"今": 0, "明": 1, "后": 2, "来": 1, "去": -1, "前": -2}.get(said[0])
        if ahead is not None:
            return self.today.year + ahead
        year = number(said.partition("年")[0]) or 0
        return year if year > 99 else 2000 + year

    def _dated(self, year: int | None, month: int, day: int) -> Day:
        if not 1 <= month <= 12 or day < 1:
            return Day(refused=NoTime.NO_SUCH_DAY)
        if year is not None:
            found = _date(year, month, day)
            return Day((found,)) if found else self._no_such(year, month, day)
        this = _date(self.today.year, month, day)
        if self.past:
            return self._last_dated(month, day)
        if (month, day) == (2, 29):
            return self._leap_day()
        if this is None:
            return self._no_such(self.today.year, month, day)
        following = date(this.year + 1, month, day)
        if this >= self.today:
            return Day((this,), then=following)
        return Day((following,), Why.YEAR if self.today - this <= RECENT else None)

    def _last_dated(self, month: int, day: int) -> Day:
        """The latest such date that is not to come."""
        found = [_date(self.today.year - ago, month, day) for ago in range(9)]
        over = [one for one in found if one is not None and one <= self.today]
        return Day((over[0],), then=over[1] if len(over) > 1 else None) if over else Day(refused=NoTime.NO_SUCH_DAY)

    def _turned(self, day: date) -> date:
        """A day of this week, or of the next or last one if it is over or to come."""
        if self.past:
            return day if day <= self.today else day - WEEK
        return day if day >= self.today else day + WEEK

    def _leap_day(self) -> Day:
        """29 February: where the next February has none, its end may be meant."""
        february = date(self.today.year, 2, 1)
        if _month_end(february) < self.today:
            february = date(self.today.year + 1, 2, 1)
        end = _month_end(february)
        if end.day == 29:
            return Day((end,))
        leap = next(year for year in range(end.year, end.year + 9) if _date(year, 2, 29))
        return Day((date(leap, 2, 29), end), Why.SHORT_MONTH)

    def _no_such(self, year: int, month: int, day: int) -> Day:
        last = _month_end(date(year, month, 1))
        if last < self.today:
            last = _month_end(date(year + 1, month, 1))
        near = (last, last + DAY) if day <= 31 else ()
        return Day(near, refused=NoTime.NO_SUCH_DAY)

    def _month_day(self, word: TimeWord) -> Day:
        month, day = number(word["y_m"]) or 0, number(word["y_d"]) or 0
        year = self._year(word["y"]) if word["y"] else None
        solar = self._dated(year, month, day)
        in_han = not any(char.isdigit() for char in word["y_m"] + word["y_d"]) and not word["y_u"]
        if in_han and not solar.refused and (word["y_d"].startswith("廿") or (month, day) in _ALSO_LUNAR):
            lunar = self._lunar_yearly(month, day, year)
            return Day((*lunar.options, *solar.options), Why.TWO_CALENDARS)
        return solar

    def _day_of_month(self, day: int, scope: Scope | None) -> Day:
        if not 1 <= day <= 31:
            return Day(refused=NoTime.NO_SUCH_DAY)
        if scope is not None and (scope.last - scope.first).days < 31:
            found = _date(scope.first.year, scope.first.month, day)
            return Day((found,)) if found else self._no_such(scope.first.year, scope.first.month, day)
        first = self.today.replace(day=1)
        found = _date(first.year, first.month, day)
        if self.past:
            firsts = [_months_before(first, ago) for ago in range(4)]
            over = [one for at in firsts if (one := _date(at.year, at.month, day)) and one <= self.today]
            return Day((over[0],), then=over[1])
        following = _month_end(first) + DAY
        if found is None and day > self.today.day:
            later = _date(following.year, following.month, day)
            return Day(tuple(one for one in (later, _month_end(first)) if one), Why.SHORT_MONTH)
        then = _date(following.year, following.month, day)
        if found is not None and found >= self.today:
            return Day((found,), then=then)
        if then is None:
            after = _month_end(following) + DAY
            options = (_date(after.year, after.month, day), _month_end(following))
            return Day(tuple(one for one in options if one), Why.SHORT_MONTH)
        return Day((then,))

    # --- stretches ---------------------------------------------------------------------------------------------------

    def _scope(self, word: TimeWord, year: int | None) -> Scope:
        if word.kind == "week":
            prefix = word["wk_pre"]
            weeks = prefix.count("下") - prefix.count("上")
            first = self.today - self.today.weekday() * DAY + weeks * WEEK
            return Scope(first, first + 6 * DAY)
        length, now_first = (
            (3, (self.today.month - 1) // 3 * 3) if word.kind == "quarter" else (1, self.today.month - 1)
        )
        named = word["q_n"] if word.kind == "quarter" else word["mo_n"]
        prefix = word["q_pre"] if word.kind == "quarter" else word["mo_pre"]
        if not named:
            return _stretch(self.today.year, now_first + length * (prefix.count("下") - prefix.count("上")), length)
        at = ((number(named) or 1) - 1) * length
        found = _stretch(year or self.today.year, at, length)
        if year is None and (found.first > self.today if self.past else found.last < self.today):
            found = _stretch(self.today.year + (-1 if self.past else 1), at, length)
        return found

    def _edge(self, word: TimeWord, scope: Scope) -> Day | None:
        names = ("mo_e", "mo_e2") if word.kind == "month" else ("q_e", "q_e2", "q_e3", "q_e4")
        edge = "" if word.kind == "week" else "".join(word[name] for name in names)
        return _at_edge(edge, scope) if edge else None

    def _edge_scope(self, word: TimeWord, scope: Scope | None, year: int | None) -> Scope:
        """The month or year at whose edge a day lies."""
        if word["ed_u"] == "年":
            return _stretch(year or self.today.year, 0, 12)
        within = scope if scope is not None and not scope.weak else None
        return within or _stretch(self.today.year, self.today.month - 1, 1)

    def _picked(self, word: TimeWord, scope: Scope | None) -> Day:
        if scope is None:
            return Day((), Why.DAY_MISSING)
        if word.kind == "nth_day":
            back = number(word["e_r"]) if word["e_r"] else 1
            day = scope.first if word["e_n"] else scope.last - ((back or 1) - 1) * DAY
            return Day((day,))
        if word.kind in ("last_week", "nth_week"):
            said = word["lw_d"] or word["nw_d"]
            if word.kind == "nth_week" or not said:
                return Day((), Why.DAY_MISSING)
            return Day((scope.last - (scope.last.weekday() - WEEKDAY[said]) % 7 * DAY,))
        wanted = WEEKDAY[word["n_d"]]
        days = [one for one in _days(scope.first, scope.last) if one.weekday() == wanted]
        return _nth(days, word["n_n"], word["n_r"], first=bool(word["n_first"]))

    def _workday(self, word: TimeWord, scope: Scope | None) -> Day:
        if word["p_next"] and scope is None:
            day = self.workdays.after(self.today, 1)
            return Day((day,), estimated=self.workdays.estimated(self.today, day))
        if scope is None:
            return Day((), Why.DAY_MISSING)
        days = [one for one in _days(scope.first, scope.last) if self.workdays.is_workday(one)]
        found = _nth(days, word["p_n"], word["p_r"], first=bool(word["p_first"]))
        return replace(found, estimated=self.workdays.estimated(scope.first, scope.last))

    def _shifted(self, day: Day, word: TimeWord) -> Day:
        """So many days or workdays before or after a named day."""
        if word["s_day"]:
            nth = number(word["s_day"]) or 0
            moved = tuple(one + (nth - 1) * DAY for one in day.options) if 0 < nth <= 31 else ()
            return replace(day, options=moved, then=None, today=False, weekday=False)
        count = number(word["s_n"]) if word["s_n"] else 1
        sign = 1 if word["s_to"] == "后" else -1
        if count is None or not 0 < count <= 366 or not day.options:
            return replace(day, why=Why.LIMIT)
        if word["s_u"] == "工作日":
            move = self._workdays_from
        else:
            unit = {"天": 1, "日": 1, "月": 30}.get(word["s_u"], 7)

            def move(start: date, n: int) -> date:
                return start + n * unit * DAY

        options = tuple(move(one, sign * count) for one in day.options)
        estimated = word["s_u"] == "工作日" and any(
            self.workdays.estimated(min(a, b), max(a, b)) for a, b in zip(day.options, options, strict=True)
        )
        then = move(day.then, sign * count) if day.then else None
        return replace(day, options=options, then=then, estimated=estimated, today=False, weekday=False)

    def _workdays_from(self, start: date, n: int) -> date:
        return self.workdays.after(start, n) if n > 0 else self.workdays.before(start, -n)

    # --- festivals and lunar days ------------------------------------------------------------------------------------

    def _festival(self, words: str, year: int | None) -> Day:
        part = "夜" if words.endswith("夜") else None
        return replace(self._named(words, year), part=part)

    def _named(self, words: str, year: int | None) -> Day:
        named = words.split("假")[0].removesuffix("结束")
        if named in TWO_DAYS:
            days = [self._dated(year, *day).options[0] for day in TWO_DAYS[named]]
            return Day(tuple(sorted(days)), Why.SEVERAL)
        found = festival(_festival_words(named))
        if found is None:
            north, south = self._lunar_yearly(12, 23, year), self._lunar_yearly(12, 24, year)
            if words.startswith(("北", "南")):
                return north if words.startswith("北") else south
            return Day((*north.options, *south.options), Why.TWO_CUSTOMS)
        if year is not None:
            return Day((found.day(year),))
        days = [found.day(self.today.year + n) for n in (-2, -1, 0, 1)]
        if self.past:
            over = [one for one in days if one <= self.today]
            return Day((over[-1],), then=over[-2])
        coming = [one for one in days if one >= self.today]
        return Day((coming[0],), then=coming[1] if len(coming) > 1 else None)

    def _holiday(self, words: Sequence[TimeWord]) -> Day:
        """节前, 节后: the holiday that is, or the next one to come; 节后 counts from its last day."""
        after = any(word.kind == "shift" and word["s_to"] == "后" for word in words) or any(
            word.kind == "limit" and "后" in word.said for word in words
        )
        first = self.today if after else self.today + DAY
        for ahead in range(400):
            day = first + ahead * DAY
            if self.workdays.day(day).kind is DayKind.STATUTORY:
                last = day
                while after and not self.workdays.is_workday(last + DAY):
                    last += DAY
                return Day((last if after else day,))
        return Day((), Why.DAY_MISSING)

    def _lunar(self, word: TimeWord, year: int | None) -> Day:
        said_month = word["l_m"] or word["l_m2"] or word["l_m3"] or "正"
        day = number(word["l_d"] or word["l_d2"] or word["l_d3"] or word["l_d4"]) or 0
        month = LUNAR_MONTHS.get(said_month) or number(said_month) or 0
        said_year = word["l_y"] or word["l_y2"] or word["l_y3"]
        if not 1 <= month <= 12 or not 1 <= day <= 30 or word["l_leap"] or word["l_leap3"]:
            return Day(refused=NoTime.NO_SUCH_DAY)
        return self._lunar_yearly(month, day, self._year(said_year) if said_year else year)

    def _lunar_yearly(self, month: int, day: int, year: int | None) -> Day:
        if year is not None:
            found = lunar_in(year, month, day)
            return Day((found,)) if found else Day(refused=NoTime.NO_SUCH_DAY)
        lunar_year = lunar_day(self.today).year
        if self.past:
            over = [lunar_date(lunar_year - ago, month, day) for ago in range(9)]
            found = [one for one in over if one is not None and one <= self.today]
            return Day((found[0],), then=found[1] if len(found) > 1 else None)
        years = range(lunar_year, lunar_year + 9)
        coming = [one for one in (lunar_date(at, month, day) for at in years) if one is not None and one >= self.today]
        if not coming:
            return Day(refused=NoTime.NO_SUCH_DAY)
        ends = [lunar_date(at, month, 29) for at in years]
        end = next(one for one in ends if one is not None and one >= self.today)
        if day == 30 and end + DAY < coming[0]:
            return Day((end, coming[0]), Why.SHORT_MONTH)  # this year's month has 29 days
        return Day((coming[0],), then=coming[1] if len(coming) > 1 else None)

    def _lunar_day_alone(self, word: TimeWord) -> Day:
        """初五: of 正月 where that is near; else it is asked. 廿八: the lunar day or that of the month."""
        day = number(word["fd"] or word["tw"]) or 0
        here = lunar_day(self.today)
        if word["fd"] and (here.month, here.day >= 15) in ((12, True), (1, False)):
            return self._lunar_yearly(1, day, None)
        month_here = lunar_date(here.year, here.month, day, leap=here.leap)
        ahead = [one for one in (month_here, self._lunar_yearly(1, day, None).options[0]) if one and one >= self.today]
        if word["tw"]:
            ahead = [*self._day_of_month(day, None).options[:1], *ahead[:1]]
        return Day(tuple(dict.fromkeys(ahead)), Why.TWO_CALENDARS)


_ALSO_LUNAR: Final = frozenset(
    ((8, 15), (7, 7), (9, 9), (2, 2), (5, 5), (7, 15), (12, 8), (12, 23), (12, 24), (12, 30))
)
"""Festivals of the lunar calendar, by their month and day."""


def days_listed(word: TimeWord) -> list[str]:
    """The days of 1、15号."""
    return [one for one in re.split("[、,和及日号]+", word.said) if one]


def _festival_words(words: str) -> str:
    for tail in ("放", "长", "小长"):
        words = words.removesuffix(tail)
    return words


def _nth(days: list[date], n: str, back: str, *, first: bool) -> Day:
    at = 0 if first else (number(n) or 0) - 1 if n else -(number(back) or 1 if back else 1)
    if not -len(days) <= at < len(days):
        return Day(refused=NoTime.NO_SUCH_DAY)
    return Day((days[at],))


def _at_edge(edge: str, scope: Scope) -> Day:
    if edge in ("底", "末"):
        return Day((scope.last,))
    return Day((scope.first,) if edge == "初" else (), Why.VAGUE)


def _together(day: Day, other: Day) -> Day:
    """A date and its weekday, or two days that do not fit each other."""
    if other.weekday and day.options and len(day.options) == 1 and day.why is None:
        (at,) = day.options
        wanted = other.options[0].weekday()
        if at.weekday() == wanted:
            return day
        return Day((at, at + (wanted - at.weekday()) * DAY), Why.CONFLICT)
    if day.weekday and other.options and not other.weekday:
        return _together(other, day)
    if day.options == other.options:
        return day
    return Day(tuple(dict.fromkeys((*day.options, *other.options))), Why.SEVERAL)


def _stretch(year: int, month0: int, length: int) -> Scope:
    """``length`` months from the one that is ``month0`` months after January."""
    first = date(year + month0 // 12, month0 % 12 + 1, 1)
    end = month0 + length - 1
    return Scope(first, _month_end(date(year + end // 12, end % 12 + 1, 1)))


def _days(first: date, last: date) -> list[date]:
    return [first + n * DAY for n in range((last - first).days + 1)]


def _month_end(day: date) -> date:
    return (day.replace(day=28) + 4 * DAY).replace(day=1) - DAY


def _months_before(first: date, ago: int) -> date:
    """The first day of the month so many months before."""
    for _ in range(ago):
        first = (first - DAY).replace(day=1)
    return first


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
