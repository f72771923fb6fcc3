"""What comes again: every next occurrence against a reckoning of its own, day by day over thirty years."""

import calendar
from collections.abc import Callable
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.clock import SHANGHAI
from bot.core.rules.lunar import lunar_day, new_years_eve, solar_term
from bot.core.rules.when import AmbiguousRepeat, NoTime, RefusedRepeat, Repeat, Why, find_repeat, read_repeat
from bot.core.rules.when.day_rules import (
    ALL_MONTHS,
    DayRule,
    EveryDays,
    EveryWorkday,
    FromEnd,
    Lunar,
    MonthDays,
    Monthly,
    NamedDay,
    NthWeekday,
    NthWorkday,
    Shift,
    Weekly,
)
from bot.core.rules.workdays import Certainty, DayInfo, DayKind, Workdays

WORKDAYS = Workdays()
DAY = timedelta(days=1)
NOW = datetime(2026, 11, 25, 10, tzinfo=SHANGHAI)  # a Wednesday
FIRST, LAST = date(2026, 1, 1), date(2055, 12, 31)


def last_of(day: date) -> int:
    return calendar.monthrange(day.year, day.month)[1]


def nth_workday(day: date, n: int) -> bool:
    days = [date(day.year, day.month, at) for at in range(1, last_of(day) + 1)]
    worked = [one for one in days if WORKDAYS.is_workday(one)]
    return day in worked and worked.index(day) == (n - 1 if n > 0 else len(worked) + n)


RULES: list[tuple[DayRule, Callable[[date], bool]]] = [
    (EveryDays(1, FIRST), lambda day: True),
    (EveryDays(3, FIRST), lambda day: (day - FIRST).days % 3 == 0),
    (EveryWorkday(), WORKDAYS.is_workday),
    (Weekly((0, 2, 4)), lambda day: day.weekday() in (0, 2, 4)),
    (Weekly((2,), 2, date(2026, 1, 5)), lambda day: day.weekday() == 2 and (day - date(2026, 1, 5)).days // 7 % 2 == 0),
    (Monthly(ALL_MONTHS, MonthDays((1, 15))), lambda day: day.day in (1, 15)),
    (Monthly(ALL_MONTHS, MonthDays((31,))), lambda day: day.day == last_of(day)),
    (Monthly(ALL_MONTHS, MonthDays((29,))), lambda day: day.day == min(29, last_of(day))),
    (Monthly((2,), MonthDays((29,))), lambda day: day.month == 2 and day.day == last_of(day)),
    (Monthly(ALL_MONTHS, FromEnd(2)), lambda day: day.day == last_of(day) - 1),
    (Monthly(ALL_MONTHS, NthWeekday(-1, 4)), lambda day: day.weekday() == 4 and day.day > last_of(day) - 7),
    (Monthly(ALL_MONTHS, NthWeekday(5, 0)), lambda day: day.weekday() == 0 and day.day > 28),
    (Monthly((3, 6, 9, 12), NthWeekday(-1, 0)), lambda day: day.weekday() == 0 and in_last_week_of_quarter(day)),
    (Monthly(ALL_MONTHS, NthWorkday(-1)), lambda day: nth_workday(day, -1)),
    (Monthly((1, 4, 7, 10), NthWorkday(3)), lambda day: day.month % 3 == 1 and nth_workday(day, 3)),
    (Lunar(None, (1, 15)), lambda day: lunar_day(day).day in (1, 15)),
    (Lunar(8, (15,)), lambda day: (lunar_day(day).month, lunar_day(day).day, lunar_day(day).leap) == (8, 15, False)),
    (NamedDay("除夕"), lambda day: day == new_years_eve(day.year)),
    (NamedDay("清明"), lambda day: day == solar_term(day.year, "清明")),
    (NamedDay("母亲节"), lambda day: day.month == 5 and day.weekday() == 6 and 8 <= day.day <= 14),
]


def in_last_week_of_quarter(day: date) -> bool:
    return day.month % 3 == 0 and day.day > last_of(day) - 7


@pytest.mark.parametrize(("rule", "falls"), RULES, ids=[str(rule) for rule, _ in RULES])
def test_thirty_years_of_occurrences_are_those_of_a_reckoning_day_by_day(
    rule: DayRule, falls: Callable[[date], bool]
) -> None:
    days = [FIRST + at * DAY for at in range((LAST - FIRST).days + 1)]
    wanted = [day for day in days if falls(day)]
    got: list[date] = []
    for day in rule.days(FIRST, WORKDAYS):
        if day > LAST:
            break
        got.append(day)
    assert got == wanted


@pytest.mark.parametrize("by", [-3, -1, 1, 3])
@pytest.mark.parametrize("workdays", [True, False])
def test_days_before_and_after_another_day_are_counted_one_by_one(by: int, workdays: bool) -> None:
    repeat = Repeat(Monthly((5,), MonthDays((4,))), time(9), NOW, Shift(by, workdays))
    moment = NOW
    for year in range(2027, 2057):
        day, left = date(year, 5, 4), abs(by)
        while left:
            day += DAY if by > 0 else -DAY
            left -= 1 if not workdays or WORKDAYS.is_workday(day) else 0
        found = repeat.after(moment, WORKDAYS)
        assert found is not None
        assert found.at == datetime.combine(day, time(9), tzinfo=SHANGHAI)
        moment = found.at


def test_the_next_is_strictly_later_also_at_its_very_minute() -> None:
    repeat = read_repeat("每周五 20:00", NOW, WORKDAYS)
    assert isinstance(repeat, Repeat)
    at = datetime(2026, 11, 27, 20, tzinfo=SHANGHAI)
    for moment, wanted in ((at - timedelta(seconds=1), at), (at, at + 7 * DAY), (at + DAY, at + 7 * DAY)):
        found = repeat.after(moment, WORKDAYS)
        assert found is not None
        assert found.at == wanted


@pytest.mark.parametrize(
    ("text", "count"), [("每天 9:00，共5次", 5), ("每天 9:00，到11月28日", 3), ("每天 9:00，到11月30日，共2次", 2)]
)
def test_it_ends(text: str, count: int) -> None:
    repeat = read_repeat(text, NOW, WORKDAYS)
    assert isinstance(repeat, Repeat)
    coming = repeat.coming(NOW, WORKDAYS, 10)
    assert len(coming) == count
    assert repeat.after(coming[-1].at, WORKDAYS) is None


@pytest.mark.parametrize("text", ["每月31日", "每年2月29日", "每月29号", "每月1号和30号", "农历每月三十"])
def test_what_some_months_lack_is_told(text: str) -> None:
    repeat = read_repeat(text, NOW, WORKDAYS)
    assert isinstance(repeat, Repeat)
    assert repeat.shortens
    assert not getattr(read_repeat("每月28号", NOW, WORKDAYS), "shortens", True)


def test_what_hangs_on_workdays_that_are_only_worked_out_says_so_and_follows_the_notice() -> None:
    repeat = read_repeat("每月最后一个工作日 9:00", NOW, WORKDAYS)
    assert isinstance(repeat, Repeat)
    assert [(one.at.date(), one.estimated) for one in repeat.coming(NOW, WORKDAYS, 3)] == [
        (date(2026, 11, 30), False),
        (date(2026, 12, 31), False),
        (date(2027, 1, 29), True),
    ]
    told = Workdays({date(2027, 1, 29): DayInfo(DayKind.REST, "春节", Certainty.OVERRIDE)})
    assert repeat.coming(NOW, told, 3)[2].at.date() == date(2027, 1, 28)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("每周八", NoTime.NO_SUCH_DAY),
        ("每周五25点", NoTime.NO_SUCH_HOUR),
        ("每月32号", NoTime.NO_SUCH_DAY),
        ("每年2月30日", NoTime.NO_SUCH_DAY),
        ("每分钟", NoTime.TOO_OFTEN),
        ("每4分钟", NoTime.TOO_OFTEN),
        ("每天早上20点", NoTime.CONTRADICTION),
        ("每天9点，到2026年11月24日", NoTime.PAST),
    ],
)
def test_what_cannot_be_is_refused(text: str, code: NoTime) -> None:
    reading = read_repeat(text, NOW, WORKDAYS)
    assert isinstance(reading, RefusedRepeat)
    assert reading.code is code


@pytest.mark.parametrize(
    ("text", "why", "readings"),
    [
        ("每隔两周的周一上午9点", Why.INTERVAL, 2),
        ("每隔三天9:00", Why.INTERVAL, 2),
        ("每周五8点", Why.HALF_OF_DAY, 2),
        ("每周一次", Why.DAY_MISSING, 0),
        ("每月 9:00", Why.DAY_MISSING, 0),
        ("每周末上午10点", Why.WEEKEND, 2),
        ("每周五晚上12点", Why.MIDNIGHT, 2),
        ("每年小年", Why.TWO_CUSTOMS, 2),
    ],
)
def test_what_has_two_readings_is_asked_with_both(text: str, why: Why, readings: int) -> None:
    reading = read_repeat(text, NOW, WORKDAYS)
    assert isinstance(reading, AmbiguousRepeat)
    assert (reading.why, len(reading.readings)) == (why, readings)


RESTS = {
    "每周五 20:00 交周报": "交周报",
    "提交材料 每月最后一个工作日 9:00": "提交材料",
    "每两周周三 19:00 团课，到12月31日": "团课",
}


def test_its_words_are_cut_out_of_a_longer_text() -> None:
    found = {text: find_repeat(text, NOW, WORKDAYS) for text in RESTS}
    assert {text: one.rest for text, one in found.items() if one and isinstance(one.reading, Repeat)} == RESTS


MOMENTS = st.integers(0, 24 * 365 * 24 * 60).map(lambda minutes: NOW + timedelta(minutes=minutes))


@given(st.sampled_from([rule for rule, _ in RULES]), st.times(), MOMENTS)
def test_every_next_occurrence_is_later(rule: DayRule, at: time, moment: datetime) -> None:
    found = Repeat(rule, at.replace(second=0, microsecond=0), moment).after(moment, WORKDAYS)
    assert found is not None
    assert found.at > moment
