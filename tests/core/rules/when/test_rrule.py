"""What comes again, from the words to thirty years of instants, beside the rules of RFC 5545 as dateutil reckons."""

from datetime import datetime, timedelta

import pytest
from dateutil import rrule

from bot.clock import SHANGHAI
from bot.core.rules.when import Repeat, read_repeat, say_repeat
from bot.core.rules.workdays import Workdays

WORKDAYS = Workdays()
NOW = datetime(2026, 11, 25, 10, tzinfo=SHANGHAI)  # a Wednesday
UNTIL = datetime(2056, 11, 25, tzinfo=SHANGHAI)
LAST_DAY = "BYMONTHDAY=28,29,30,31;BYSETPOS=-1"
"""As we say it: shorter months take their last day."""

RULES = [
    ("每天8:30", "FREQ=DAILY;BYHOUR=8;BYMINUTE=30"),
    ("每周五20:00", "FREQ=WEEKLY;BYDAY=FR;BYHOUR=20;BYMINUTE=0"),
    ("每周一三五7:30", "FREQ=WEEKLY;BYDAY=MO,WE,FR;BYHOUR=7;BYMINUTE=30"),
    ("每周一到周五8点半早上", "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR;BYHOUR=8;BYMINUTE=30"),
    ("每月1日9:00", "FREQ=MONTHLY;BYMONTHDAY=1;BYHOUR=9;BYMINUTE=0"),
    ("每月1号和15号9:00", "FREQ=MONTHLY;BYMONTHDAY=1,15;BYHOUR=9;BYMINUTE=0"),
    ("每月最后一天9:00", "FREQ=MONTHLY;BYMONTHDAY=-1;BYHOUR=9;BYMINUTE=0"),
    ("每月31日9:00", f"FREQ=MONTHLY;{LAST_DAY};BYHOUR=9;BYMINUTE=0"),
    ("每月30号9:00", "FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1;BYHOUR=9;BYMINUTE=0"),
    ("每月29号9:00", "FREQ=MONTHLY;BYMONTHDAY=28,29;BYSETPOS=-1;BYHOUR=9;BYMINUTE=0"),
    ("每年2月29日9:00", "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=28,29;BYSETPOS=-1;BYHOUR=9;BYMINUTE=0"),
    ("每年3月5日9:00", "FREQ=YEARLY;BYMONTH=3;BYMONTHDAY=5;BYHOUR=9;BYMINUTE=0"),
    ("每月最后一个周五20:00", "FREQ=MONTHLY;BYDAY=-1FR;BYHOUR=20;BYMINUTE=0"),
    ("每月第一个周一9:00", "FREQ=MONTHLY;BYDAY=1MO;BYHOUR=9;BYMINUTE=0"),
    ("每月第五个周二9:00", "FREQ=MONTHLY;BYDAY=5TU;BYHOUR=9;BYMINUTE=0"),
    ("每季度最后一周周一9:00", "FREQ=MONTHLY;BYMONTH=3,6,9,12;BYDAY=-1MO;BYHOUR=9;BYMINUTE=0"),
    ("每季度第一天9:00", "FREQ=MONTHLY;BYMONTH=1,4,7,10;BYMONTHDAY=1;BYHOUR=9;BYMINUTE=0"),
    ("每年母亲节9:00", "FREQ=YEARLY;BYMONTH=5;BYDAY=2SU;BYHOUR=9;BYMINUTE=0"),
]


def ours(text: str) -> Repeat:
    found = read_repeat(text, NOW, WORKDAYS)
    assert isinstance(found, Repeat), found
    return found


@pytest.mark.parametrize(("text", "rule"), RULES)
def test_thirty_years_are_those_of_the_rule(text: str, rule: str) -> None:
    naive = NOW.replace(tzinfo=None)
    wanted = rrule.rrulestr(rule, dtstart=naive).between(naive, UNTIL.replace(tzinfo=None))
    repeat, moment, got = ours(text), NOW, list[datetime]()
    while (one := repeat.after(moment, WORKDAYS)) is not None and one.at < UNTIL:
        assert one.at > moment
        got.append(one.at.replace(tzinfo=None, second=0, microsecond=0))
        moment = one.at
    assert got == [one.replace(second=0) for one in wanted]
    assert len(got) > 9


@pytest.mark.parametrize(("text", "rule"), RULES)
def test_what_is_said_of_it_reads_as_the_same_rule(text: str, rule: str) -> None:
    repeat = ours(text)
    again = read_repeat(say_repeat(repeat), NOW, WORKDAYS)
    assert isinstance(again, Repeat)
    assert again.coming(NOW, WORKDAYS, 40) == repeat.coming(NOW, WORKDAYS, 40)


def test_every_second_week_keeps_its_beat_over_every_new_year() -> None:
    asked = ours("每两周周三19:00")
    naive = NOW.replace(tzinfo=None)
    first = asked.coming(NOW, WORKDAYS, 1)[0].at.replace(tzinfo=None)
    rule = rrule.rrule(rrule.WEEKLY, interval=2, dtstart=first, until=UNTIL.replace(tzinfo=None))
    moment, got = NOW, list[datetime]()
    while (one := asked.after(moment, WORKDAYS)) is not None and one.at < UNTIL:
        got.append(one.at.replace(tzinfo=None))
        moment = one.at
    assert got == list(rule)
    assert first - naive < timedelta(days=14)


def test_so_many_times_and_until_a_day_end_where_the_rule_does() -> None:
    naive = NOW.replace(tzinfo=None)
    for text, rule in (
        ("每周五20:00共5次", "FREQ=WEEKLY;COUNT=5;BYDAY=FR;BYHOUR=20;BYMINUTE=0;BYSECOND=0"),
        ("每周五20:00到12月31日", "FREQ=WEEKLY;UNTIL=20261231T235959;BYDAY=FR;BYHOUR=20;BYMINUTE=0;BYSECOND=0"),
    ):
        wanted = list(rrule.rrulestr(rule, dtstart=naive))
        assert [one.at.replace(tzinfo=None) for one in ours(text).coming(NOW, WORKDAYS, 99)] == wanted
