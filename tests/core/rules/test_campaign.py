"""集中活动 as data: windows by calendar, moon, sun and workdays, and clear faults for a bad file (R1, R3)."""

import itertools
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.reads.campaigns import campaigns, shipped_campaigns
from bot.core.rules.campaign import Campaign, CampaignDuty
from bot.core.rules.campaign_days import DayRule, DayWrong
from bot.core.rules.campaign_file import CampaignsWrong, read_campaigns
from bot.core.rules.lunar import solar_term
from bot.core.rules.people import OrgLevel
from bot.core.rules.windows import Window, service_month, stories_due
from bot.core.rules.workdays import Certainty, DayInfo, DayKind, Workdays

DAYS = Workdays()
SAID = ["05-04", "除夕", "清明", "农历01-15", "12-20", "11-30工作日"]
NO_DAYS = ["", "五四", "5-4", "13-01", "04-31", "农历13-01", "农历01-31", "05-04 前后", "05-04工作日-3天", "清明节"]
TOLD: dict[str, Any] = {"name": "读书月", "basis": "本县", "who": "cadre", "from": "04-01", "until": "04-30"}


def shipped(key: str) -> Campaign:
    return next(one for one in shipped_campaigns().all if one.key == key)


def one(**changed: Any) -> Campaign:
    return read_campaigns([("mine", TOLD | changed)]).all[0]


# --- days ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "year", "day"),
    [
        ("05-04", 2026, date(2026, 5, 4)),
        ("2027-03-01", 2030, date(2030, 3, 1)),
        ("农历01-15", 2027, date(2027, 2, 20)),
        ("农历12-08", 2026, date(2027, 1, 15)),
        ("农历12-30", 2026, date(2027, 2, 5)),
        ("除夕", 2027, date(2027, 2, 5)),
        ("除夕-14天", 2027, date(2027, 1, 22)),
        ("清明", 2027, date(2027, 4, 5)),
        ("冬至+1天", 2026, date(2026, 12, 23)),
        ("11-30工作日", 2025, date(2025, 11, 28)),
        ("11-30-2天工作日", 2026, date(2026, 11, 27)),
        ("02-29", 2027, date(2027, 2, 28)),
    ],
)
def test_a_day_is_said_by_the_calendar_the_moon_the_sun_or_workdays(said: str, year: int, day: date) -> None:
    assert DayRule.read(said).on(year, DAYS) == day


@pytest.mark.parametrize(
    "said",
    [
        "",
        "五四",
        "5-4",
        "13-01",
        "04-31",
        "农历13-01",
        "农历01-31",
        "05-04 前后",
        "05-04工作日-3天",
        "清明节",
        504,
        None,
    ],
)
def test_what_is_no_day_is_refused(said: object) -> None:
    with pytest.raises(DayWrong):
        DayRule.read(said)


@given(st.sampled_from(SAID), st.dates(date(2010, 1, 1), date(2070, 1, 1)))
def test_the_first_such_day_from_a_day_on_is_never_before_it_and_within_fourteen_months(said: str, first: date) -> None:
    day = DayRule.read(said).from_on(first, DAYS)
    assert first <= day <= first + timedelta(days=425)


# --- windows ---------------------------------------------------------------------------------------------------------


@pytest.mark.rule("R3.5")
@pytest.mark.parametrize("year", range(2020, 2045))
def test_the_service_month_goes_over_new_year_to_the_lantern_festival(year: int) -> None:
    assert shipped("service-month").window(year, DAYS) == service_month(date(year, 12, 25))


@pytest.mark.rule("R3.3", "R3.4")
@pytest.mark.parametrize("year", [2024, 2025, 2026, 2027])
def test_stories_go_up_level_by_level_and_the_province_is_due_on_the_last_workday_of_november(year: int) -> None:
    spans = shipped("stories").spans(year, DAYS)
    assert [step.level for step, _ in spans] == [
        *(OrgLevel.COUNTY, OrgLevel.CITY, OrgLevel.PROVINCE, OrgLevel.CENTRAL),
    ]
    assert [window.last for step, window in spans if step.level is OrgLevel.PROVINCE] == [stories_due(year, DAYS)]
    assert all(before.last < after.first for (_, before), (_, after) in itertools.pairwise(spans))
    assert (spans[0][1].first, spans[-1][1].last) == (date(year, 7, 1), date(year, 12, 31))


def test_a_day_that_hangs_on_a_workday_nobody_has_announced_is_told_as_estimated() -> None:
    assert not shipped("stories").unsure(2026, DAYS)
    assert shipped("stories").unsure(2028, DAYS)
    told = Workdays({date(2028, 11, 30): DayInfo(DayKind.WORKDAY, "", Certainty.OVERRIDE)})
    assert not shipped("stories").unsure(2028, told)
    assert not shipped("open-day").unsure(2028, DAYS)


@pytest.mark.rule("R3.1")
def test_the_open_day_is_around_the_fourth_of_may_which_may_be_a_rest_day() -> None:
    window = shipped("open-day").window(2026, DAYS)
    assert window is not None
    assert date(2026, 5, 4) in window
    assert not DAYS.is_workday(date(2026, 5, 4))


@pytest.mark.rule("R3.2")
def test_the_briefings_of_2017_come_in_no_other_year() -> None:
    briefing = shipped("briefing-2017")
    assert briefing.duty is CampaignDuty.CADRE
    assert briefing.window(2026, DAYS) is None
    assert briefing.window(2017, DAYS) == Window(date(2017, 10, 25), date(2017, 12, 31))


@pytest.mark.rule("R1.1")
@pytest.mark.parametrize(("year", "key"), [(2017, "guidance-2017"), (2026, "guidance"), (2040, "guidance")])
def test_guidance_is_a_campaign_of_any_year_and_2017_has_its_own(year: int, key: str) -> None:
    found = shipped_campaigns().guide(year)
    assert found is not None
    assert found.key == key
    keys = [one.campaign.key for one in shipped_campaigns().held(date(year, 5, 1), DAYS)]
    assert [one for one in keys if one.startswith("guidance")] == [key]


@pytest.mark.parametrize(
    ("day", "keys"),
    [
        (date(2026, 11, 25), ["stories", "service-month", "guidance"]),
        (date(2027, 2, 20), ["service-month", "guidance", "open-day"]),
        (date(2027, 2, 21), ["guidance", "open-day"]),
    ],
)
def test_what_is_on_and_what_comes_within_four_months_is_told_the_earliest_first(day: date, keys: list[str]) -> None:
    assert [one.campaign.key for one in shipped_campaigns().held(day, DAYS)] == keys


@given(st.dates(date(2005, 1, 1), date(2060, 12, 31)))
def test_no_day_has_a_window_that_is_over_and_each_campaign_stands_once(day: date) -> None:
    held = shipped_campaigns().held(day, DAYS)
    assert all(one.window.first <= one.window.last >= day for one in held)
    assert len({one.campaign.key for one in held}) == len(held)


@pytest.mark.parametrize("said", ["开放日", "机关 开放日", "服务月", "会议精神宣讲", "最美青春故事"])
def test_a_campaign_is_found_by_any_of_its_names_also_long_after_it(said: str) -> None:
    assert shipped_campaigns().named(said, date(2026, 11, 25), DAYS) is not None


def test_an_unknown_name_is_none() -> None:
    assert shipped_campaigns().named("春耕", date(2026, 11, 25), DAYS) is None


# --- an organ's own file ---------------------------------------------------------------------------------------------


OWN = """
["读书月"]
name = "清溪读书月"
words = ["读书月"]
basis = "县里 2027 年的安排"
who = "cadre"
levels = ["county"]
kinds = ["league_lesson", "sharing"]
from = "清明"
until = "04-23"

[briefing-2017]
off = true

[open-day]
name = "开放周"
basis = "县里"
who = "organ"
from = "04-28"
until = "05-10"
"""


def test_an_own_file_adds_replaces_and_leaves_out(tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_bytes(b"\xef\xbb\xbf" + OWN.encode())
    found = {one.key: one for one in campaigns(path).all}
    assert set(found) == {one.key for one in shipped_campaigns().all} - {"briefing-2017"} | {"读书月"}
    assert found["open-day"].window(2027, DAYS) == Window(date(2027, 4, 28), date(2027, 5, 10))
    assert found["open-day"].levels[-1] is OrgLevel.COUNTY
    assert found["读书月"].window(2027, DAYS) == Window(solar_term(2027, "清明"), date(2027, 4, 23))


@pytest.mark.parametrize(
    ("changed", "part", "fault"),
    [
        ({"name": ""}, "name", "missing"),
        ({"name": "很" * 21}, "name", "too_long"),
        ({"basis": None}, "basis", "missing"),
        ({"who": "everybody"}, "who", "unknown_word"),
        ({"from": "4-31"}, "from", "no_day"),
        ({"until": "04-31"}, "until", "no_day"),
        ({"until": "2027-04-01"}, "from", "no_day_of_a_year"),
        ({"from": "2027-05-01", "until": "2027-04-01"}, "until", "before"),
        ({"kinds": ["party"]}, "kinds", "unknown_word"),
        ({"kinds": "sharing"}, "kinds", "no_list"),
        ({"levels": ["branch"]}, "levels", "no_organ"),
        ({"years": ["2027"]}, "years", "no_years"),
        ({"target": 9}, "target", "unknown"),
        ({"quota": 6}, "quota", "unknown"),
        ({"photo": True}, "photo", "unknown"),
        ({"step": [{"name": "一", "from": "04-01"}]}, "until", "missing"),
        ({"step": [{"name": "一", "from": "04-01", "until": "04-02", "must": 1}]}, "step.must", "unknown"),
        ({"step": ["一"]}, "step", "no_table"),
    ],
)
def test_a_bad_file_is_refused_with_the_campaign_the_part_and_the_fault(
    changed: dict[str, Any], part: str, fault: str
) -> None:
    with pytest.raises(CampaignsWrong) as refused:
        one(**changed)
    assert (refused.value.campaign, refused.value.part, refused.value.fault) == ("mine", part, fault)


def test_two_of_one_name_and_what_is_no_table_are_refused() -> None:
    with pytest.raises(CampaignsWrong, match="twice"):
        read_campaigns([("a", TOLD), ("b", TOLD)])
    assert len(read_campaigns([("a", TOLD | {"years": [2026]}), ("b", TOLD | {"years": [2027]})]).all) == 2
    with pytest.raises(CampaignsWrong, match="no_table"):
        read_campaigns([("a", "读书月")])


@pytest.mark.parametrize(("content", "fault"), [(b"name = ", "no_toml"), ("读书月".encode("gb18030"), "no_utf8")])
def test_a_file_that_cannot_be_read_is_named(tmp_path: Path, content: bytes, fault: str) -> None:
    path = tmp_path / "own.toml"
    path.write_bytes(content)
    with pytest.raises(CampaignsWrong) as refused:
        campaigns(path)
    assert (refused.value.campaign, refused.value.fault) == ("own.toml", fault)
    with pytest.raises(CampaignsWrong, match="unreadable"):
        campaigns(tmp_path / "none.toml")
