"""De-identification: what could tell who wished becomes a blank, what is wished for stays."""

import time
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.text import labels
from bot.core.rules.privacy import private_details
from bot.features.pool.reads.words import pool_words
from bot.features.pool.rules.deidentify import KnownNames, deidentify
from bot.features.pool.rules.words import Blank, PoolWords

SENTENCES = tomllib.loads(Path(__file__).with_name("deidentify_sentences.toml").read_text(encoding="utf-8"))
WORDS = pool_words()
NAMES = KnownNames(
    ("陈一诺", "小赵", "林晓舟", "雨", "Tom", "小伙伴"),
    ("清河县团委", "甘泉市团委", "机电2301团支部", "清河一中团委"),
)
PARTS = [*SENTENCES["cut"], *SENTENCES["kept"], "138", "1234", "5678", "、", " ", "-", "〔某", "人〕", "3 栋", "301 室"]
composed = st.lists(st.sampled_from(PARTS), max_size=8).map("".join)
any_text = st.text(st.characters(exclude_categories=()), max_size=120)


def cut(text: str) -> str:
    return deidentify(text, NAMES, WORDS).text


@pytest.mark.parametrize(("text", "left"), SENTENCES["cut"].items())
def test_what_could_tell_who_wished_becomes_a_visible_blank(text: str, left: str) -> None:
    assert cut(text) == left


@pytest.mark.parametrize("text", SENTENCES["kept"])
def test_what_says_nothing_of_anybody_stays(text: str) -> None:
    assert cut(text) == text


def test_nobody_known_leaves_a_trace_however_they_are_written() -> None:
    for name in ("陈一诺", "一诺", "晓舟", "清河", "甘泉", "2301"):
        for around in ("{}想要书", "想要书，{}", "我和{}还有大家", "{}老师好", "小{}的书", "（{}）", "我是{}的"):
            assert name not in cut(around.format(name))
            assert name not in cut(around.format("​".join(name)))  # with zero-width spaces between


def test_the_name_that_everybody_has_by_default_is_no_name() -> None:
    assert cut("小伙伴想要书") == "小伙伴想要书"


def test_whoever_is_known_after_a_name_of_everybody_is_found_all_the_same() -> None:
    left = deidentify("小伙伴和 Tom 想要书", KnownNames(("小伙伴", "Tom"), ()), WORDS).text
    assert "小伙伴" in left
    assert "Tom" not in left


@pytest.mark.parametrize("word", ["A4", "CET4", "abcdefgh1", "a1b2c", "a123"])
def test_a_short_word_with_few_digits_is_no_account_and_any_other_is(word: str) -> None:
    short = len(word) <= 5 and sum(c.isdigit() for c in word) <= 2
    assert (word in cut(f"想要 {word} 的那种")) is short


def test_a_name_of_one_letter_does_not_tear_words_apart() -> None:
    assert cut("下雨天想要一把雨伞") == "下雨天想要一把雨伞"
    assert "雨" not in cut("我叫雨，想要书")
    assert "雨" not in cut("雨同学想要书")


@pytest.mark.parametrize("text", ["13812345678", "陈一诺", "在清河县", "", "。。。"])
def test_when_nothing_but_blanks_is_left_it_says_so(text: str) -> None:
    assert deidentify(text, NAMES, WORDS).empty


def test_the_kinds_of_blanks_are_named() -> None:
    found = deidentify("陈一诺 16 岁，第一中学，13812345678", NAMES, WORDS)
    assert found.blanks == {Blank.PERSON, Blank.NUMBER, Blank.SCHOOL}
    assert not deidentify("想要一本书", NAMES, WORDS).blanks


@pytest.mark.rule("P12")
@given(composed | any_text)
def test_no_private_detail_ever_comes_out(text: str) -> None:
    assert private_details(cut(text)) == frozenset()


@given(composed | any_text)
def test_a_second_time_changes_nothing(text: str) -> None:
    once = cut(text)
    assert cut(once) == once


@pytest.mark.rule("P12")
@given(composed)
def test_no_known_name_ever_comes_out(text: str) -> None:
    left = cut(text)
    assert [name for name in ("陈一诺", "林晓舟", "晓舟", "清河", "甘泉") if name in left] == []


def test_what_cannot_be_built_is_named_at_the_start() -> None:
    with pytest.raises(KeyError):
        PoolWords.from_data({}, labels()["blank"])
    with pytest.raises(ValueError, match="every blank"):
        PoolWords.from_data({}, {"person": "〔某人〕"})


@pytest.mark.parametrize(
    "text", ["县", "1、", "张", "小", "·", "A-", "〔某", "一", "大学", "号1楼", "13812345678", "雨同学"]
)
def test_a_long_row_of_anything_takes_no_time(text: str) -> None:
    begun = time.thread_time()
    deidentify(text * 4_000, NAMES, WORDS)
    assert time.thread_time() - begun < 1
