"""谈心: what may be kept of a message, and what time brings about."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.text import media_words, sensitive_words
from bot.clock import SHANGHAI
from bot.core.rules.message import Media, Mention, Quote, Segment, Text
from bot.core.rules.pages import split_pages
from bot.features.talk.rules.talk import (
    IDLE_AFTER,
    NOTICE_EVERY,
    NotesFate,
    NotStored,
    is_idle,
    notes_fate,
    notice_due,
    refuse_reason,
    storable,
    worded,
)

NOW = datetime(2026, 11, 24, 19, 0, tzinfo=SHANGHAI)
ALLOWED = {"20001": "小赵"}


def kept(*segments: Segment) -> str:
    return worded(storable(segments, ALLOWED.get, ALLOWED.values()), media_words())


@pytest.mark.rule("P3")
def test_an_at_of_somebody_without_consent_is_cut_out():
    assert kept(Mention("66666"), Text(" 你说呢")) == "你说呢"


@pytest.mark.parametrize(
    "segments",
    [
        (Text("今天 "), Mention("66666"), Text(" 没来")),
        (Text("今天 @阿凯 没来"),),
        (Text("今天 @阿凯 @老周 没来"),),
        (Text("今天 "), Mention("66666"), Mention("77777"), Text("\u2005没来")),
        (Text("今天 @阿凯\u2005没来"),),
        (Text("今天 "), Mention("66666"), Text("没来")),
        (Text("今天"), Mention("66666"), Text(" 没来")),
    ],
)
def test_cutting_somebody_out_of_the_middle_leaves_one_space(segments: tuple[Segment, ...]):
    assert kept(*segments).replace("\u2005", " ") == "今天 没来"


def test_spaces_that_were_typed_stay():
    assert kept(Text("今天  没来")) == "今天  没来"
    assert kept(Text("一行 @阿凯\n 二行")) == "一行 \n 二行"


def test_an_at_of_somebody_who_may_be_recorded_becomes_their_name():
    assert kept(Mention("20001"), Text(" 你说呢")).split() == ["@小赵", "你说呢"]


def test_only_an_at_of_somebody_without_consent_leaves_nothing():
    assert kept(Mention("66666")) == ""
    assert kept(Quote("7"), Mention("66666"), Text("  ")) == ""


def test_an_at_typed_as_words_is_cut_out_too_but_not_an_address():
    assert kept(Text("@阿凯 明天来吗")) == "明天来吗"
    assert kept(Text("好的＠阿凯，明天见")) == "好的，明天见"
    assert kept(Text("@小赵 明天来吗")) == "@小赵 明天来吗"
    assert kept(Text("发到 zhao@example.org 就行")) == "发到 zhao@example.org 就行"


@pytest.mark.rule("P3")
def test_a_quotation_in_plain_text_is_cut_out():
    assert kept(Text("「阿凯：我不想说」\n- - - - - - - - -\n我懂")) == "我懂"
    assert kept(Text("「春天」这首歌好听\n真的")) == "「春天」这首歌好听\n真的"


@pytest.mark.rule("P26")
def test_of_a_medium_only_its_kind_is_kept():
    assert kept(Media("image"), Text("看")) == "〔图片〕看"
    assert kept(Media("never-heard-of")) == "〔其他内容〕"


@pytest.mark.rule("P3")
@given(
    st.lists(st.sampled_from([Text("阿凯"), Mention("66666"), Quote("9"), Media("file"), Text("@阿凯 ")]), max_size=8)
)
def test_no_at_and_no_quote_of_a_stranger_ever_stays(segments):
    assert "@" not in kept(*segments)
    assert "66666" not in kept(*segments)


@pytest.mark.rule("P37")
@pytest.mark.parametrize("text", ["【机密】会议安排", "身份是绝密★一年"])
def test_a_secrecy_marking_is_never_stored(text):
    assert refuse_reason(text, minor=False, sensitive_ok=True, words=sensitive_words()) is NotStored.SECRECY


@pytest.mark.rule("P24")
def test_a_phone_number_is_not_stored_of_a_minor_and_is_of_an_adult():
    text = "我电话 13812345678"
    assert refuse_reason(text, minor=True, sensitive_ok=True, words=sensitive_words()) is NotStored.PRIVATE
    assert refuse_reason(text, minor=False, sensitive_ok=False, words=sensitive_words()) is None


@pytest.mark.rule("P9")
def test_a_sensitive_matter_needs_the_separate_consent():
    text = "我得了抑郁症在吃药"
    assert refuse_reason(text, minor=False, sensitive_ok=False, words=sensitive_words()) is NotStored.SENSITIVE
    assert refuse_reason(text, minor=False, sensitive_ok=True, words=sensitive_words()) is None


def test_notes_are_kept_only_with_every_yes():
    assert notes_fate([], None) is NotesFate.NOBODY
    assert notes_fate([True, False], None) is NotesFate.HELD
    assert notes_fate([True, True], None) is NotesFate.KEPT
    assert notes_fate([True, True], NotStored.SENSITIVE) is NotesFate.SENSITIVE


@pytest.mark.rule("P4")
def test_the_notice_is_repeated_after_half_an_hour_of_activity_and_not_of_silence():
    later = NOW + NOTICE_EVERY
    assert not notice_due(NOW, later, later - timedelta(seconds=1))
    assert not notice_due(NOW, NOW, later)
    assert notice_due(NOW, later - timedelta(minutes=1), later)
    assert not notice_due(NOW, NOW + timedelta(minutes=1), NOW + timedelta(minutes=1) + IDLE_AFTER)


def test_two_hours_of_silence_end_a_talk():
    assert not is_idle(NOW, NOW + IDLE_AFTER - timedelta(seconds=1))
    assert is_idle(NOW, NOW + IDLE_AFTER)


@given(st.lists(st.integers(0, 4_000), max_size=60), st.integers(1, 2_000))
def test_pages_hold_every_line_once_and_in_order(sizes, limit):
    pages = split_pages(sizes, limit)
    assert [i for page in pages for i in page] == list(range(len(sizes)))
    assert all(sum(sizes[i] for i in page) <= limit or len(page) == 1 for page in pages)
