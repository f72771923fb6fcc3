"""Rules of 找人聊聊: what is asked for, when it may be asked, how words are signed, when it ends (P22, P23, P37)."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.clock import SHANGHAI
from bot.core.rules.text import clean
from bot.features.relay.rules.later import later_time
from bot.features.relay.rules.relay import (
    IDLE_END,
    IDLE_NOTICE,
    LONGEST,
    MAX_TOPIC,
    MAX_WORDS,
    PART,
    RelayStep,
    RelayTopicSecret,
    RelayTopicTooLong,
    RelayWish,
    after_quiet,
    harmless,
    is_quiet,
    is_there,
    next_step,
    read_wish,
    spoken,
)

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=SHANGHAI)
SIGNS = "「」｢｣﹁﹂『』﹃﹄"


def at(hour: int, minute: int = 0, day: int = 24) -> datetime:
    return datetime(2026, 11, day, hour, minute, tzinfo=SHANGHAI)


# --- what is asked for -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("told", ["匿名的事", "我想匿名", "匿名信怎么写"])
def test_the_word_inside_a_topic_makes_nothing_anonymous(told: str):
    assert not read_wish(told).anonymous


def test_a_topic_that_is_too_long_or_secret_is_refused():
    with pytest.raises(RelayTopicTooLong):
        read_wish("长" * (MAX_TOPIC + 1))
    assert read_wish("长" * MAX_TOPIC).topic == "长" * MAX_TOPIC
    with pytest.raises(RelayTopicSecret):
        read_wish("匿名 【机密】会议")


@pytest.mark.parametrize(
    ("told", "wish"),
    [
        (None, RelayWish(False, "")),
        ("  ", RelayWish(False, "")),
        ("夜班的事", RelayWish(False, "夜班的事")),
        ("匿名", RelayWish(True, "")),
        ("匿名。", RelayWish(True, "")),
        ("匿名：夜班", RelayWish(True, "夜班")),
        ("匿名 夜班\n还有工资", RelayWish(True, "夜班 还有工资")),
        ("「林晓舟」说的事", RelayWish(False, "“林晓舟”说的事")),
    ],
)
def test_the_first_word_may_ask_for_no_name_and_the_rest_is_one_line(told: str | None, wish: RelayWish):
    assert read_wish(told) == wish


# --- signs -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "「林晓舟」：你好",
        "好\n「林晓舟」：你好",
        "好\u2028「林晓舟」：你好",
        "\u202e「舟晓林」",
        "\u200b「林晓舟」：",
        "『林晓舟』：",
        "｢林晓舟｣:",
        "﹁林晓舟﹂：",
    ],
)
def test_words_cannot_carry_a_sign(text: str):
    said = "".join(spoken(text))
    assert not set(said) & set(SIGNS)
    assert "\u2028" not in said
    assert "\u202e" not in said


@given(st.text(max_size=MAX_WORDS))
def test_no_part_of_any_text_holds_a_bracket_of_a_sign_or_is_too_long(text: str):
    parts = spoken(text)
    assert all(len(part) <= PART and not set(part) & set(SIGNS) for part in parts)
    assert "".join(parts) == harmless(text).strip()


@given(st.text(max_size=200))
def test_making_words_harmless_twice_changes_nothing(text: str):
    assert harmless(harmless(text)) == harmless(text)


@pytest.mark.parametrize("text", ["", " ", "\n\n", "\u200e", "\u202d \u2066"])
def test_nothing_visible_is_no_word(text: str):
    assert spoken(text) == ()


def test_long_words_are_cut_so_that_each_part_gets_a_sign():
    assert [len(part) for part in spoken("一" * (PART + 1))] == [PART, 1]


def test_emoji_and_their_joiners_stay():
    assert spoken("好👨‍👩‍👧") == ("好👨‍👩‍👧",)


# --- hours -----------------------------------------------------------------------------------------------------------


@pytest.mark.rule("P22")
@pytest.mark.parametrize(("hour", "quiet"), [(21, False), (22, True), (23, True), (0, True), (7, True), (8, False)])
def test_nobody_is_asked_at_night(hour: int, quiet: bool):
    assert is_quiet(at(hour)) is quiet


@pytest.mark.parametrize(
    ("asked", "then"),
    [(at(21, 59), at(21, 59)), (at(22), at(8, day=25)), (at(3), at(8)), (at(8), at(8))],
)
def test_what_falls_into_the_night_waits_for_the_morning(asked: datetime, then: datetime):
    assert after_quiet(asked) == then


def test_who_said_so_long_ago_is_not_taken_to_be_there():
    assert not is_there(None, NOON)
    assert not is_there(NOON - timedelta(minutes=15, seconds=1), NOON)
    assert is_there(NOON - timedelta(minutes=15), NOON)


@pytest.mark.parametrize(
    "told",
    [
        "",
        "随便",
        "改天",
        "明天",
        "昨天 9 点",
        "25:00",
        "20:61",
        "11:00",
        "08:30",
        "中午三点",
        "0分钟后",
        "十天后",
        "1" * 30,
        "点",
        "半",
    ],
)
def test_words_that_name_no_moment_to_come_are_not_guessed_at(told: str):
    assert later_time(told, NOON) is None


@pytest.mark.parametrize(
    ("told", "then"),
    [
        ("20:30", at(20, 30)),
        ("２０：３０", at(20, 30)),
        ("晚上七点半", at(19, 30)),
        ("今晚8点", at(20)),
        ("7点", at(19)),
        ("明早九点", at(9, day=25)),
        ("明天上午 9 点", at(9, day=25)),
        ("后天10点15分", at(10, 15, day=26)),
        ("二十一点半", at(21, 30)),
        ("中午一点", at(13)),
        ("中午两点", at(14)),
        ("半小时后", at(12, 30)),
        ("一个半小时后", at(13, 30)),
        ("40分钟后", at(12, 40)),
        ("三十分钟后", at(12, 30)),
        ("两小时后", at(14)),
        *((f"{word}点", at(hour)) for word, hour in zip("一二三四五六七八九", range(13, 22), strict=True)),
        ("两点", at(14)),
        ("零点", None),
        ("明天8点", at(8, day=25)),
        ("明晚8点", at(20, day=25)),
        ("后天8点", at(8, day=26)),
        ("下午三点", at(15)),
        ("傍晚六点", at(18)),
        ("今晚六点", at(18)),
        ("晚上六点", at(18)),
    ],
)
def test_times_as_people_write_them(told: str, then: datetime | None):
    assert later_time(told, NOON) == then


@given(st.text(max_size=30))
def test_whatever_is_told_the_moment_is_to_come_and_near(told: str):
    moment = later_time(told, NOON)
    assert moment is None or NOON < moment <= NOON + timedelta(days=3)


# --- the end ---------------------------------------------------------------------------------------------------------


def step(
    *, open_for: timedelta, silent_for: timedelta, idle_noticed: bool = False, last_noticed: bool = False
) -> RelayStep:
    return next_step(
        opened_at=NOON - open_for,
        last_word_at=NOON - silent_for,
        idle_noticed=idle_noticed,
        last_noticed=last_noticed,
        now=NOON,
    )


def test_before_its_time_nothing_is_due():
    assert step(open_for=timedelta(hours=1), silent_for=IDLE_NOTICE - timedelta(seconds=1)) is RelayStep.NONE
    assert step(open_for=timedelta(hours=1), silent_for=IDLE_NOTICE, idle_noticed=True) is RelayStep.NONE


def test_silence_is_told_once_and_then_ends_it():
    assert step(open_for=IDLE_NOTICE, silent_for=IDLE_NOTICE) is RelayStep.IDLE_NOTICE
    assert step(open_for=IDLE_END, silent_for=IDLE_END, idle_noticed=True) is RelayStep.IDLE_END


def test_after_a_long_stop_of_the_bot_it_ends_without_a_notice():
    assert step(open_for=timedelta(hours=1), silent_for=timedelta(minutes=50)) is RelayStep.IDLE_END
    assert step(open_for=timedelta(days=2), silent_for=timedelta(days=2)) is RelayStep.LONG_END


def test_the_longest_time_is_told_before_it_ends():
    near = LONGEST - timedelta(minutes=10)
    assert step(open_for=near, silent_for=timedelta(minutes=1)) is RelayStep.LAST_NOTICE
    assert step(open_for=near, silent_for=timedelta(minutes=1), last_noticed=True) is RelayStep.NONE
    assert step(open_for=LONGEST, silent_for=timedelta(0), last_noticed=True) is RelayStep.LONG_END


@given(st.text(st.sampled_from("a\u0301\u0338\u202e\u2066\u0622\u0653e"), max_size=60))
def test_harmless_words_are_clean(text: str) -> None:
    """A turning sign between two marks of one letter: without it their order is another."""
    assert clean(harmless(text)) == harmless(text)
