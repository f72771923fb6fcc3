"""绑定码: what is read as a code, what is not, and when guessing ends (threat 5)."""

import random
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.clock import SHANGHAI
from bot.core.rules.bind import (
    ACCOUNT_LOCK,
    CODE_ALPHABET,
    CODE_LENGTH,
    MAX_WRONG_IN_ALL,
    MAX_WRONG_PER_ACCOUNT,
    is_frozen,
    locked_until,
    make_code,
    normalise_code,
)

START = datetime(2026, 11, 24, 10, 0, tzinfo=SHANGHAI)
MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "K7PDX93QX",
        "K7PDX93QXAB",
        "K7PDX93QXU",
        "K7PDX93QX!",
        "绑定码在这里一二三四五",
        "K7PDX93QX" + " " * 100 + "A",
    ],
)
def test_what_is_no_code_is_not_read_as_one(text: str) -> None:
    assert normalise_code(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "K7PD193Q0A",
        "k7pd193q0a",
        " K7PD1-93Q0A ",
        "Ｋ７ＰＤ１　９３Ｑ０Ａ",
        "K7PDI93QOA",
        "k7pdl93qoa",
        "K7PD1\u200b93Q0A",
        "K7PD1—93Q0A",
    ],
)
def test_a_code_is_read_however_it_was_typed(text: str) -> None:
    assert normalise_code(text) == "K7PD193Q0A"


@given(st.integers(0, 2**32))
def test_a_made_code_reads_back_as_itself_and_is_no_number(seed: int) -> None:
    code = make_code(random.Random(seed).getrandbits)
    assert normalise_code(code) == normalise_code(code.lower()) == code
    assert len(code) == CODE_LENGTH
    assert set(code) <= set(CODE_ALPHABET)
    assert not set(code) <= set("0123456789E"), "a spreadsheet would make a number of it"


def test_a_code_that_looks_like_a_number_is_drawn_again() -> None:
    digits = sum(1 << 5 * place for place in range(CODE_LENGTH))  # 1111111111
    draws = iter([digits, (1 << 50) - 1])
    assert make_code(lambda _bits: next(draws)) == "Z" * CODE_LENGTH


@given(st.text(max_size=80))
def test_any_text_is_a_code_or_none(text: str) -> None:
    code = normalise_code(text)
    assert code is None or (len(code) == CODE_LENGTH and set(code) <= set(CODE_ALPHABET))


def test_four_wrong_tries_lock_nobody_and_the_fifth_locks_for_an_hour() -> None:
    tries = [START + MINUTE * n for n in range(MAX_WRONG_PER_ACCOUNT)]
    assert locked_until(tries[:-1], tries[-1]) is None
    end = tries[-1] + ACCOUNT_LOCK
    assert locked_until(tries, tries[-1]) == end
    assert locked_until(list(reversed(tries)), end - timedelta(milliseconds=1)) == end
    assert locked_until(tries, end) is None


def test_tries_that_are_spread_over_more_than_an_hour_lock_nobody() -> None:
    tries = [START + timedelta(minutes=15) * n for n in range(12)]
    assert locked_until(tries, tries[-1]) is None


def test_the_installation_is_frozen_by_fifty_wrong_tries() -> None:
    assert not is_frozen(MAX_WRONG_IN_ALL - 1)
    assert is_frozen(MAX_WRONG_IN_ALL)
