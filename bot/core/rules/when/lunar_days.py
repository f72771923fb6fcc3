"""节日和农历: festivals, solar terms and lunar days as people name them, for one moment."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from bot.core.rules.lunar import lunar_date, lunar_day
from bot.core.rules.when.dates import DAY, DateReader, Day
from bot.core.rules.when.festivals import TWO_DAYS, festival, lunar_in
from bot.core.rules.when.lexing import TimeWord
from bot.core.rules.when.numbers import number
from bot.core.rules.when.results import NoTime, Why
from bot.core.rules.workdays import DayKind

LUNAR_MONTHS: Final = {"正": 1, "冬": 11, "腊": 12}
_ALSO_LUNAR: Final = frozenset(
    ((8, 15), (7, 7), (9, 9), (2, 2), (5, 5), (7, 15), (12, 8), (12, 23), (12, 24), (12, 30))
)
"""Festivals of the lunar calendar, by their month and day."""


@dataclass(frozen=True, slots=True)
class LunarReader(DateReader):
    """读农历: reads festivals and lunar days for one moment."""

    def _month_day(self, word: TimeWord) -> Day:
        month, day = number(word["y_m"]) or 0, number(word["y_d"]) or 0
        year = self._year(word["y"]) if word["y"] else None
        solar = self._dated(year, month, day)
        in_han = not any(char.isdigit() for char in word["y_m"] + word["y_d"]) and not word["y_u"]
        if in_han and not solar.refused and (word["y_d"].startswith("廿") or (month, day) in _ALSO_LUNAR):
            lunar = self._lunar_yearly(month, day, year)
            return Day((*lunar.options, *solar.options), Why.TWO_CALENDARS)
        return solar

    def _festival(self, words: str, year: int | None) -> Day:
        part = "夜" if words.endswith("夜") else None
        return replace(self._named(words, year), part=part)

    def _named(self, words: str, year: int | None) -> Day:
        named = words.split("假")[0].removesuffix("结束")
        if named in TWO_DAYS:
            days = [self._dated(year, *day).options[0] for day in TWO_DAYS[named]]
            return Day(tuple(sorted(days)), Why.SEVERAL)
        found = festival(festival_words(named))
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


def festival_words(words: str) -> str:
    """The words of a festival without those of its holiday."""
    for tail in ("放", "长", "小长"):
        words = words.removesuffix(tail)
    return words
