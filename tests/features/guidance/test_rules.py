"""指导清单: which item is meant, what is due next, and nothing without its process (R1.2 to R1.11, R6.5)."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.rules.campaign_file import read_campaigns
from bot.core.rules.refusal import Refusal
from bot.features.guidance.reads.data import checklist_of
from bot.features.guidance.rules.checklist import (
    Checklist,
    GuidanceGroup,
    GuidanceItemUnknown,
    GuidanceProcessMissing,
    groups_of,
    read_checklist,
    take_item,
)
from bot.features.guidance.rules.process import GuidancePrivate, GuidanceSecret, GuidanceTooLong, checked_process

YEAR = checklist_of(2026)


@pytest.mark.parametrize(
    ("typed", "key", "rest"),
    [
        ("主题团课 讲了团史", "lesson", "讲了团史"),
        ("团课：讲了团史", "lesson", "讲了团史"),
        ("一起志愿服务，清溪社区", "volunteering", "清溪社区"),
        ("志愿服务 清溪社区", "volunteering", "清溪社区"),
        ("一起参与网络主题团日 线上答题", "theme_day", "线上答题"),
        ("指导组织生活会 看了材料", "guide_meeting", "看了材料"),
        ("组织生活会 一起开", "org_life_meeting", "一起开"),
        ("1 写了方案", "work_plan", "写了方案"),
        ("１２ 定了制度", "routine", "定了制度"),
        ("创建团员先锋岗（队） 挂牌", "guide_posts", "挂牌"),
        ("三会两制一课", "routine", ""),
    ],
)
def test_an_item_is_found_by_its_name_a_word_for_it_or_its_number(typed: str, key: str, rest: str):
    item, left = take_item(YEAR, typed)
    assert (item.key, left) == (key, rest)


@pytest.mark.parametrize("typed", ["", "打球", "0 什么", "99 什么", "13", "一", "三会"])
def test_words_that_begin_with_no_item_are_refused_with_the_list(typed: str):
    with pytest.raises(GuidanceItemUnknown) as refused:
        take_item(YEAR, typed)
    assert len(refused.value.details["names"]) == len(YEAR.items)


@given(st.text(max_size=60))
def test_whatever_is_typed_is_an_item_or_a_refusal(typed: str):
    try:
        _, rest = take_item(YEAR, typed)
    except GuidanceItemUnknown:
        return
    assert len(rest) < len(typed)


def test_the_notice_is_in_every_years_list():
    for year in (2017, 2026, 2031):
        groups = {group: all_ for group, _, all_ in groups_of(checklist_of(year), ())}
        assert groups[GuidanceGroup.TOGETHER] == 5, "the five 一起 (R1.7)"
        assert groups[GuidanceGroup.GUIDE] == 4, "the four guided items (R1.8)"
        assert groups[GuidanceGroup.LESSON] == 1, "one lesson (R1.9)"
        assert groups[GuidanceGroup.PLAN] == 1, "the work plan (R1.3)"
        assert groups[GuidanceGroup.ROUTINE] == 1, "the lasting routine (R1.5)"


def test_2017_has_its_required_steps_and_its_title():
    then = checklist_of(2017)
    assert then.title != checklist_of(2026).title
    assert GuidanceGroup.STEP in {group for group, _, _ in groups_of(then, ())}
    assert (then.first, then.last, then.lesson_by) == (date(2017, 3, 1), date(2017, 9, 30), date(2017, 8, 31))


def test_the_lesson_is_due_first_until_the_end_of_august_then_the_rest_until_the_end_of_september():
    assert due(YEAR, (), date(2026, 3, 2)) == ("lesson", date(2026, 8, 31))
    assert due(YEAR, (), date(2026, 9, 1)) == ("work_plan", date(2026, 9, 30))
    assert due(YEAR, ("lesson",), date(2026, 3, 2)) == ("work_plan", date(2026, 9, 30))
    assert YEAR.next_due([item.key for item in YEAR.items], date(2026, 3, 2)) is None


def due(checklist: Checklist, done: tuple[str, ...], today: date) -> tuple[str, date] | None:
    found = checklist.next_due(done, today)
    return (found[0].key, found[1]) if found is not None else None


def test_a_key_that_stands_twice_stops_the_start():
    item = {"key": "a", "group": "plan", "name": "一"}
    told = {"name": "学习", "basis": "本县", "who": "guide", "from": "03-01", "until": "09-30", "lesson_by": "08-31"}
    [campaign] = read_campaigns([("mine", told | {"item": [item, item]})]).all
    with pytest.raises(ValueError, match="twice"):
        read_checklist(campaign, 2026)


@pytest.mark.parametrize(
    ("text", "refusal"),
    [
        ("", GuidanceProcessMissing),
        ("做了", GuidanceProcessMissing),
        ("。。。。。。。。。。", GuidanceProcessMissing),
        ("讲" * 501, GuidanceTooLong),
        ("【机密】讲了三份文件的内容", GuidanceSecret),
        ("请小赵讲的，他电话 13800138000", GuidancePrivate),
    ],
)
def test_a_process_without_content_or_with_what_no_record_holds_is_refused(text: str, refusal: type[Refusal]):
    with pytest.raises(refusal):
        checked_process(text)


def test_a_process_is_kept_as_one_line():
    typed = " 清溪社区\n讲团史  12 人 "
    assert checked_process(typed) == " ".join(typed.split())
