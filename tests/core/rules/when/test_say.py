"""What the bot says of a time, read again, is the same time: parse, say, parse is the identity (reminders.md)."""

import json
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from typing import Any

from hypothesis import example, given
from hypothesis import strategies as st

from bot.clock import SHANGHAI
from bot.core.rules.lunar import TERMS
from bot.core.rules.when import (
    Ambiguous,
    AmbiguousRepeat,
    Exact,
    Refused,
    Repeat,
    find_repeat,
    find_time,
    read_repeat,
    read_time,
    say_exact,
    say_repeat,
    say_time,
)
from bot.core.rules.when.day_rules import (
    ALL_MONTHS,
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
from bot.core.rules.when.repeats import Interval
from bot.core.rules.workdays import Workdays
from tests.speech.labelled import DATA

WORKDAYS = Workdays()
NOW = datetime(2026, 11, 25, 10, tzinfo=SHANGHAI)
START = datetime(2020, 1, 1, tzinfo=SHANGHAI)
MINUTE = timedelta(minutes=1)


def lines() -> Iterator[dict[str, Any]]:
    for name in ("times.jsonl", "times_more.jsonl", "times_other.jsonl"):
        yield from map(json.loads, (DATA / name).read_text(encoding="utf-8").splitlines())


SAID_TIMES = {
    datetime(2026, 11, 28, 19, tzinfo=SHANGHAI): "11月28日 周六 19:00",
    datetime(2027, 1, 4, 9, 5, tzinfo=SHANGHAI): "2027年1月4日 周一 9:05",
}
SAID_REPEATS = {
    "每周一三五 7:30": "每周一、三、五 7:30",
    "单月15号上午9点": "单月15号 9:00",
    "每季度最后一周周一 9:00": "每季度最后一周周一 9:00",
    "每年五四前三个工作日": "每年5月4号前3个工作日 9:00",
    "农历每月廿三": "农历每月廿三 9:00",
    "每两周周三 19:00": "每2周周三 19:00 从2026年11月23日起",
}


def test_a_time_is_said_with_its_weekday_and_with_the_year_where_it_is_another() -> None:
    assert {at: say_time(at, NOW) for at in SAID_TIMES} == SAID_TIMES


def test_a_repetition_is_said_in_full() -> None:
    repeats = {text: read_repeat(text, NOW, WORKDAYS) for text in SAID_REPEATS}
    assert {text: say_repeat(one) for text, one in repeats.items() if isinstance(one, Repeat)} == SAID_REPEATS


def test_whatever_was_read_of_the_labelled_phrases_is_read_again_from_what_is_said() -> None:
    other: list[str] = []
    for line in lines():
        now = datetime.fromisoformat(line["now"])
        repeated = read_repeat(line["say"], now, WORKDAYS)
        repeats = [repeated] if isinstance(repeated, Repeat) else getattr(repeated, "readings", ())
        other += [line["say"] for one in repeats if read_repeat(say_repeat(one), now, WORKDAYS) != one]
        reading = read_time(line["say"], now, WORKDAYS)
        for one in exacts(reading):
            again = read_time(say_exact(one, now), now, WORKDAYS)
            if not isinstance(again, Exact) or (again.at, again.end) != (one.at, one.end):
                other.append(line["say"])
    assert other == []


def exacts(reading: object) -> tuple[Exact, ...]:
    if isinstance(reading, Exact):
        return (reading,)
    if isinstance(reading, Ambiguous):
        return reading.readings
    return reading.nearest if isinstance(reading, Refused) else ()


MOMENTS = st.integers(0, 40 * 365 * 24 * 60 * 60).map(lambda seconds: START + timedelta(seconds=seconds))
TIMES = st.builds(time, st.integers(0, 23), st.integers(0, 59))
MONTHS = st.one_of(
    st.just(ALL_MONTHS),
    st.sampled_from([tuple(range(first, 13, step)) for step in (2, 3, 4, 6) for first in range(1, step + 1)]),
    st.integers(1, 12).map(lambda month: (month,)),
)
SOME_DAYS = st.sets(st.integers(1, 31), min_size=1, max_size=3).map(lambda days: tuple(sorted(days)))
PICKS = st.one_of(
    SOME_DAYS.map(MonthDays),
    st.integers(1, 20).map(FromEnd),
    st.builds(NthWeekday, st.sampled_from([1, 2, 3, 4, 5, -1, -2]), st.integers(0, 6)),
    st.sampled_from([*range(1, 13), -1, -2, -3]).map(NthWorkday),
)
WEEKDAYS = st.sets(st.integers(0, 6), min_size=1, max_size=7).map(lambda days: tuple(sorted(days)))


@st.composite
def rules(draw: st.DrawFn, now: datetime) -> Any:
    kind = draw(st.integers(0, 7))
    coming = now.date() + timedelta(days=draw(st.integers(1, 20)))
    match kind:
        case 0:
            every = draw(st.integers(1, 30))
            return EveryDays(every, coming if every > 1 else now.date())
        case 1:
            return EveryWorkday()
        case 2:
            every = draw(st.integers(1, 8))
            monday = coming - timedelta(days=coming.weekday())
            return Weekly(draw(WEEKDAYS), every, monday) if every > 1 else Weekly(draw(WEEKDAYS))
        case 3:
            month = draw(st.none() | st.integers(1, 12))
            days = draw(st.sets(st.integers(1, 30), min_size=1, max_size=1 if month else 3))
            return Lunar(month, tuple(sorted(days)))
        case 4:
            return NamedDay(draw(st.sampled_from(["除夕", "母亲节", "父亲节", *TERMS])))
        case 5:
            return Interval(draw(st.integers(5, 600)), now.replace(second=0, microsecond=0) + 7 * MINUTE)
        case _:
            months = draw(MONTHS)
            pick = draw(PICKS)
            if len(months) == 1 and isinstance(pick, MonthDays):
                pick = MonthDays((min(pick.days[0], 28),))
            return Monthly(months, pick)


@given(MOMENTS, st.data())
def test_any_repetition_said_and_read_again_is_the_same(now: datetime, data: st.DataObject) -> None:
    rule = data.draw(rules(now))
    at = time() if isinstance(rule, Interval) else data.draw(TIMES)
    shift = data.draw(st.none() | st.builds(Shift, st.sampled_from([-5, -1, 1, 3]), st.booleans()))
    anchored = isinstance(rule, Interval | EveryDays | Weekly)
    until = data.draw(st.none() | st.integers(20_500, 25_000).map(lambda days: now.date() + timedelta(days=days)))
    count = data.draw(st.none() | st.integers(1, 1000))
    since = None if anchored else data.draw(st.none() | st.just(now.date() + timedelta(days=40)))
    repeat = Repeat(rule, at, now, None if anchored else shift, since, until, count)
    assert read_repeat(say_repeat(repeat), now, WORKDAYS) == repeat


@given(MOMENTS, st.integers(1, 60 * 24 * 3000), st.none() | st.integers(1, 60 * 48))
def test_any_time_said_and_read_again_is_the_same(now: datetime, ahead: int, lasts: int | None) -> None:
    at = now.replace(second=0, microsecond=0) + ahead * MINUTE
    exact = Exact(at, end=None if lasts is None else at + lasts * MINUTE)
    if at > now:
        again = read_time(say_exact(exact, now), now, WORKDAYS)
        assert isinstance(again, Exact)
        assert (again.at, again.end) == (exact.at, exact.end)


WORDS = st.lists(
    st.sampled_from(
        (
            "今天", "明天", "后天", "周五", "下周三", "周末", "每", "每周", "每月", "隔", "单月", "农历",
            "正月", "十五", "初五", "除夕", "冬至", "国庆", "前", "后", "3", "三", "两", "半", "个", "工作日",
            "最后一", "第", "天", "日", "号", "月", "年", "季度", "底", "晚上", "早上", "下午", "半夜", "点",
            ":", "30", "12", "25", "0", "刻", "差", "到", "-", "从", "起", "共", "次", "小时", "分钟", "，",
            " ", "不对", "或", "2月30日", "99", "9999", "廿", "一百", "过", "内", "开始", "节", "闰", "打球",
            "🙂", "\u0000", "\u200b", "\n",
        )
    ),
    max_size=12,
).map("".join)  # fmt: skip


@given(WORDS | st.text(max_size=60), MOMENTS)
@example("9999年12月31日24点", NOW)
@example("9998年农历腊月三十", NOW)
@example("0天后", NOW)
@example("9999年后", NOW)
@example("每9999天", NOW)
@example("每0天", NOW)
@example("国庆后9999天", NOW)
def test_no_text_raises_and_what_is_exact_is_still_to_come(text: str, now: datetime) -> None:
    found = find_time(text, now, WORKDAYS)
    if found is not None:
        assert all(one.at > now for one in exacts(found.reading))
        assert isinstance(found.rest, str)
    again = find_repeat(text, now, WORKDAYS)
    reading = again.reading if again else None
    for repeat in (
        [reading] if isinstance(reading, Repeat) else reading.readings if isinstance(reading, AmbiguousRepeat) else []
    ):
        one = repeat.after(now, WORKDAYS)
        assert one is None or one.at > now
