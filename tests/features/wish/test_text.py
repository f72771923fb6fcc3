"""What a wish may ask for: money, dear things, illness and private details are refused, everyday wishes not (P36)."""

import time
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.text import sensitive_words
from bot.core.rules.refusal import Refusal
from bot.features.wish.reads.words import wish_words
from bot.features.wish.rules.text import WishFlaw, WishTooDear, WishWords, check_wish, flaw_of
from bot.features.wish.rules.value import number_of, sums
from bot.features.wish.rules.wish import MAX_TEXT, VALUE_CAP

SENTENCES: dict[str, list[str]] = tomllib.loads(
    Path(__file__).with_name("wish_sentences.toml").read_text(encoding="utf-8")
)
FINE = SENTENCES.pop("fine")
LETTERS = "abcdefghijklmnopqrstuvwxyz"
BAD = [(flaw, text) for flaw, texts in SENTENCES.items() for text in texts]


def flaw(text: str, cap: int = VALUE_CAP) -> WishFlaw | None:
    return flaw_of(text, wish_words(), sensitive_words(), cap)


@pytest.mark.rule("P36")
@pytest.mark.parametrize(("wanted", "text"), BAD)
def test_what_a_wish_may_not_ask_for_is_found(wanted: str, text: str) -> None:
    assert flaw(text) == wanted


@pytest.mark.parametrize("text", FINE)
def test_an_everyday_wish_is_taken(text: str) -> None:
    assert flaw(text) is None


def test_every_flaw_but_the_length_has_sentences() -> None:
    assert set(SENTENCES) == set(WishFlaw) - {WishFlaw.TOO_LONG}


@pytest.mark.rule("P36")
def test_every_flaw_has_a_refusal_of_its_own() -> None:
    codes = set()
    for text in [*(texts[0] for texts in SENTENCES.values()), "字" * (MAX_TEXT + 1)]:
        with pytest.raises(Refusal) as refused:
            check_wish(text, wish_words(), sensitive_words())
        codes.add(refused.value.code)
    assert len(codes) == len(WishFlaw)


def test_a_wish_as_long_as_allowed_is_taken_and_one_longer_is_not() -> None:
    assert flaw("书" * MAX_TEXT) is None
    assert flaw("书" * (MAX_TEXT + 1)) is WishFlaw.TOO_LONG


@pytest.mark.rule("P36")
def test_a_lower_cap_refuses_what_the_usual_one_takes_and_is_named() -> None:
    assert flaw("150 元的书") is None
    assert flaw("150 元的书", cap=100) is WishFlaw.TOO_DEAR
    with pytest.raises(WishTooDear) as refused:
        check_wish("150 元的书", wish_words(), sensitive_words(), 100)
    assert refused.value.details == {"cap": 100}


def test_a_wish_that_is_wrong_twice_is_refused_for_what_matters_most() -> None:
    assert flaw("手术费还差 5000 块，打我电话 13812345678") is WishFlaw.PRIVATE
    assert flaw("手术费还差 5000 块，发个红包") is WishFlaw.LARGE
    assert flaw("借我 5000 块买 iPhone") is WishFlaw.LOAN


@pytest.mark.parametrize(
    ("told", "number"),
    [
        ("三百五", 350), ("两三百", 300), ("一千零五十", 1050), ("几百", 300), ("一百二", 120), ("十五", 15), ("五", 5),
        ("二〇〇", 200), ("三百零五", 305), ("千", 1000), ("2千多", 2000), ("1,299.5", 1299.5), ("2k", 2000),
        ("1.5k", 1500), ("3万", 30000), ("一万五", 15000), ("三五百", 500), ("多", None), ("来余", None),
        ("一千二百三十四", 1234), ("五千六百七十八", 5678), ("九百零二", 902), ("〇", 0), ("零", 0),
        ("壹仟贰佰叁拾肆", 1234), ("伍仟陆佰柒拾捌", 5678), ("玖佰", 900), ("俩", 2), ("仨", 3), ("数千", 3000),
        ("两", 2), ("2w", 20000), ("2百", 200), ("3十", 30), ("2佰", 200), ("2仟", 2000),
    ],
)  # fmt: skip
def test_numbers_are_read_as_people_write_them(told: str, number: float | None) -> None:
    assert number_of(told) == number


@given(st.integers(min_value=1, max_value=99_999))
def test_a_sum_in_digits_is_read_as_it_stands(yuan: int) -> None:
    assert [s.yuan for s in sums(f"想买{yuan}元的东西")] == [yuan]


@given(st.text(alphabet=st.sampled_from("零一二三四五六七八九十百千万两几多来把块元钱的¥$借给我,. 0123456789kw书")))
def test_whatever_is_written_the_search_for_sums_ends_without_a_fault(text: str) -> None:
    assert all(told.yuan >= 0 for told in sums(text))


@pytest.mark.parametrize("char", ["1", "一", "百", "块", "借", "¥1,", "1k ", "教", "教转", "给我", LETTERS])
def test_no_text_makes_the_check_slow(char: str) -> None:
    text = (char * MAX_TEXT)[:MAX_TEXT]
    began = time.thread_time()
    flaw(text)
    assert time.thread_time() - began < 0.25


def test_a_word_file_with_an_unreadable_phrase_stops_the_start() -> None:
    data = {name: {"phrases": ["红包"]} for name in ("idioms", "money", "loan", "large", "dear")}
    with pytest.raises(ValueError, match="phrase"):
        WishWords.from_data({"replace": {}, **data, "money": {"phrases": ["("]}})
