"""哪一天: the day that the words of a date say together, with what it would be if that is over (reminders.md)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from bot.core.rules.when.dates import DAY, WEEK, Day, Scope, at_edge, days_of, nth, stretch, together
from bot.core.rules.when.lexing import TimeWord
from bot.core.rules.when.lunar_days import LunarReader
from bot.core.rules.when.numbers import number
from bot.core.rules.when.results import NoTime, Why

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


@dataclass(frozen=True, slots=True)
class DayReader(LunarReader):
    """读哪一天: reads the day words of one text for one moment."""

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
                day = at_edge(word["ed"], from_edge)
            elif word.kind == "limit" and day is not None:
                if word.said not in ("起", "开始"):
                    day = replace(day, why=Why.LIMIT)
            elif word.kind == "holiday":
                day = self._holiday(words)
            else:
                found = self._one(word, scope, year)
                day = found if day is None else together(day, found)
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
            return stretch(self.today.year, now_first + length * (prefix.count("下") - prefix.count("上")), length)
        at = ((number(named) or 1) - 1) * length
        found = stretch(year or self.today.year, at, length)
        if year is None and (found.first > self.today if self.past else found.last < self.today):
            found = stretch(self.today.year + (-1 if self.past else 1), at, length)
        return found

    def _edge(self, word: TimeWord, scope: Scope) -> Day | None:
        names = ("mo_e", "mo_e2") if word.kind == "month" else ("q_e", "q_e2", "q_e3", "q_e4")
        edge = "" if word.kind == "week" else "".join(word[name] for name in names)
        return at_edge(edge, scope) if edge else None

    def _edge_scope(self, word: TimeWord, scope: Scope | None, year: int | None) -> Scope:
        """The month or year at whose edge a day lies."""
        if word["ed_u"] == "年":
            return stretch(year or self.today.year, 0, 12)
        within = scope if scope is not None and not scope.weak else None
        return within or stretch(self.today.year, self.today.month - 1, 1)

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
        days = [one for one in days_of(scope.first, scope.last) if one.weekday() == wanted]
        return nth(days, word["n_n"], word["n_r"], first=bool(word["n_first"]))

    def _workday(self, word: TimeWord, scope: Scope | None) -> Day:
        if word["p_next"] and scope is None:
            day = self.workdays.after(self.today, 1)
            return Day((day,), estimated=self.workdays.estimated(self.today, day))
        if scope is None:
            return Day((), Why.DAY_MISSING)
        days = [one for one in days_of(scope.first, scope.last) if self.workdays.is_workday(one)]
        found = nth(days, word["p_n"], word["p_r"], first=bool(word["p_first"]))
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


def days_listed(word: TimeWord) -> list[str]:
    """The days of 1、15号."""
    return [one for one in re.split("[、,和及日号]+", word.said) if one]
