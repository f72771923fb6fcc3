"""Words as people type them: what is kept, what is matched, what is never invented."""

import sys
import unicodedata
from collections.abc import Callable
from types import FrameType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.rules.text import (
    MAX_MARKS,
    after_slash,
    clean,
    first_word,
    match_word,
    nearest,
    plain_key,
    split_long,
    windows,
)

WORDS = {
    w: w
    for w in (
        "帮助", "我的谈心", "我的", "谈心", "谈心 开始", "谈心 结束", "提醒 新建", "提醒", "停", "心声", "许愿",
        "认领", "签到", "确认删除", "我是谁", "我的同意", "同意", "退出", "停止记录", "报名", "活动", "我的心愿",
        "心愿列表", "心愿池", "撤回心愿", "绑定",
    )
}  # fmt: skip
any_text = st.text(st.characters(exclude_categories=()), max_size=200)
marks = st.text(st.sampled_from("a\u0301\u0316\u0344e韓한\u1100\u1161"), max_size=200)


def steps(function: Callable[[str], object], text: str) -> int:
    """How many calls and lines of Python a function takes: a count of work that no busy machine changes."""
    count = 0

    def trace(_frame: FrameType, _event: str, _arg: object) -> object:
        nonlocal count
        count += 1
        return trace

    before = sys.gettrace()
    sys.settrace(trace)  # pyright: ignore[reportArgumentType]
    try:
        function(text)
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize(
    ("dirty", "kept"),
    [
        ("a\x00b", "ab"),
        ("a\x07\x1b[31mb\x7f\x85\x9f", "a[31mb"),
        ("\ud800好\udfff", "好"),
        ("\ufffe\uffff好", "好"),
        ("一\r\n二\r三\n四\t五", "一\n二\n三\n四\t五"),
        ("e\u0301", "é"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
        ("  两边  ", "  两边  "),
    ],
)
def test_clean_drops_what_no_store_takes_and_keeps_the_rest(dirty: str, kept: str) -> None:
    assert clean(dirty) == kept


@given(any_text | marks)
def test_clean_twice_is_clean_once(text: str) -> None:
    once = clean(text)
    assert clean(once) == once
    assert unicodedata.is_normalized("NFC", once)
    once.encode("utf-8")
    assert not [c for c in once if unicodedata.category(c) == "Cc" and c not in "\n\t"]


def test_a_tower_of_marks_is_cut_before_it_takes_quadratic_time() -> None:
    tower = "字" + "\u0301\u0316" * 5_000
    assert len(clean(tower)) == 1 + MAX_MARKS


@pytest.mark.parametrize("shape", ["我想许愿 ", "a\u0301", "\u200b", "：，", "🇨🇳", "\n", "1", "帮助"])
def test_twice_the_text_is_at_most_twice_the_work(shape: str) -> None:
    functions: list[Callable[[str], object]] = [
        clean, plain_key, after_slash, first_word,
        lambda t: match_word(t, WORDS), lambda t: nearest(t, WORDS),
        lambda t: split_long(t, 50), lambda t: list(windows(t)),
    ]  # fmt: skip
    for function in functions:
        small, large = steps(function, shape * 500), steps(function, shape * 2_000)
        assert large <= small * 4.5 + 400


@pytest.mark.parametrize(
    "text",
    [
        "帮助我", "我的谈心事", "谈心开始了", "停下来", "心声很乱", "签到了吗", "活动100人参加", "活动2026-11-28有吗",
        "确认删除？", "", "   ", "：帮助", "请帮助", "谈心开始", "报名ABC12345", "认领48", "认领W48", "认领4821007",
        "绑定K7PD93QX2", "绑定K7PD93QX2MA", "绑定K7PD93QX2M吗", "绑定k7pd-93qx-2m-", "退出来了", "我的\u200b朋友",
    ],
)  # fmt: skip
def test_words_that_only_begin_like_a_command_are_no_command(text: str) -> None:
    found = match_word(text, {k: v for k, v in WORDS.items() if k != "我的"})
    assert found is None


@pytest.mark.parametrize(
    ("text", "word", "rest"),
    [
        ("帮助", "帮助", ""),
        ("  帮助　", "帮助", ""),
        ("帮\u200b助 许愿", "帮助", "许愿"),
        ("我的谈心 小雨", "我的谈心", "小雨"),
        ("我的 谈心", "我的", "谈心"),
        ("谈心 开始 实习", "谈心 开始", "实习"),
        ("谈心　 　开始：实习  压力", "谈心 开始", "实习  压力"),
        ("谈心\n开始", "谈心", "开始"),
        ("谈心 开始了", "谈心", "开始了"),
        ("提醒 新建 每周五 20:00 交周报", "提醒 新建", "每周五 20:00 交周报"),
        ("心声：第一行\n\n第二行，还有  两个空格 ", "心声", "第一行\n\n第二行，还有  两个空格"),
        ("许愿， 想要一本 CAD 教程", "许愿", "想要一本 CAD 教程"),
        ("许愿 :想要", "许愿", "想要"),
        ("心声 ......", "心声", "......"),
        ("停止记录！！", "停止记录", ""),
        ("停止记录。", "停止记录", ""),
        ("认领W4821", "认领", "W4821"),
        ("认领＃ｗ４８２１", "认领", "＃ｗ４８２１"),
        ("签到0417", "签到", "0417"),
        ("认领482", "认领", "482"),
        ("认领W482", "认领", "W482"),
        ("认领#W482100", "认领", "#W482100"),
        ("绑定K7PD93QX2M", "绑定", "K7PD93QX2M"),
        ("绑定Ｋ７ＰＤ９３ＱＸ２Ｍ ", "绑定", "Ｋ７ＰＤ９３ＱＸ２Ｍ"),
        ("绑定k7pd9-3qx2m。", "绑定", "k7pd9-3qx2m。"),
        ("绑定ABCDEFGHJK", "绑定", "ABCDEFGHJK"),
        ("我的同意", "我的同意", ""),
    ],
)
def test_the_longest_known_word_is_found_and_the_rest_is_left_as_typed(text: str, word: str, rest: str) -> None:
    assert match_word(text, WORDS) == (word, rest)


@given(any_text, st.sampled_from(sorted(WORDS)), st.sampled_from([" ", "　", "：", "，", "\n", " : "]))
def test_what_follows_a_word_comes_back_whole(own: str, word: str, border: str) -> None:
    longer = match_word(word + border + own, WORDS)
    assert longer is not None
    if longer[0] == word:
        body = own.strip()
        # Only a mark or invisible characters right at the border may be the border's.
        assert body.endswith(longer[1])
        assert all(not c.strip() or c in ":,：，" or plain_key(c) == "" for c in body[: len(body) - len(longer[1])])


@given(any_text)
def test_match_word_never_invents(text: str) -> None:
    found = match_word(text, WORDS)
    if found is not None:
        assert plain_key(text).startswith(found[0])
        assert found[1] in text
    assert match_word(text, {}) is None


def test_the_words_after_the_slash_are_matched_like_any() -> None:
    told = after_slash("\u200b／谈心  开始 实习")
    assert told is not None
    assert match_word(told, WORDS) == ("谈心 开始", "实习")
    assert after_slash("谈心 / 开始") is None


@pytest.mark.parametrize("text", ["你好", "", "吃了吗", "😀", "好" * 5_000])
def test_nothing_like_it_gives_no_suggestion(text: str) -> None:
    assert nearest(text, WORDS) == ()


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("报明", "报名"),
        ("我的同义", "我的同意"),
        ("提醒新建", "提醒 新建"),
        ("心愿", "心愿列表"),
        ("有什么活动吗", "活动"),
        ("谈心 开", "谈心 开始"),
    ],
)
def test_the_nearest_words_come_first(text: str, first: str) -> None:
    found = nearest(text, WORDS)
    assert found[0] == first
    assert len(found) <= 3


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ("abcdef", ("abcdf", "abcxyf")),  # one too many typed, then two wrong
        ("abcdf", ("abcdef", "abxyf")),  # one forgotten, then two wrong
        ("abcdef", ("abcxef", "abcxyf")),
    ],
)
def test_fewer_typing_errors_come_first(told: str, words: tuple[str, str]) -> None:
    assert nearest(told, reversed(words)) == words


@given(any_text, st.integers(1, 60))
def test_parts_of_a_long_text_join_to_the_text(text: str, limit: int) -> None:
    parts = split_long(text, limit)
    assert "".join(parts) == text
    assert all(parts)
    assert all(len(p) <= limit for p in parts)


def test_long_text_is_cut_at_lines_then_sentences() -> None:
    assert split_long("第一行很长\n第二行也长\n三", 8) == ["第一行很长\n", "第二行也长\n三"]
    assert split_long("今天开会。明天放假了吗", 8) == ["今天开会。", "明天放假了吗"]
    assert split_long("", 8) == []


@pytest.mark.parametrize("cluster", ["e\u0301", "👍🏽", "👍🏿", "👍🏻", "👩\u200d💻", "🇨🇳", "❤\ufe0f", "1\ufe0f\u20e3"])
def test_no_cut_falls_inside_what_is_seen_as_one_sign(cluster: str) -> None:
    for limit in range(len(cluster), len(cluster) * 4):
        assert all(len(part) % len(cluster) == 0 for part in split_long(cluster * 20, limit))


def test_windows_miss_nothing_shorter_than_their_overlap() -> None:
    text = "".join(chr(0x4E00 + i) for i in range(9_000))
    pieces = list(windows(text))
    assert all(len(p) <= 4_000 for p in pieces)
    assert all(any(text[i : i + 64] in p for p in pieces) for i in range(0, len(text) - 64, 7))
    assert list(windows("短")) == ["短"]
