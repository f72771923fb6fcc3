"""References as people type them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.rules.refs import Ref, parse_ref, take_ref

REF_LETTERS = "TVWARSKQ"


@pytest.mark.parametrize(
    ("text", "kinds"),
    [
        ("V4821", "W"), ("4821", "WV"), ("W48", "W"), ("W4821567", "W"), ("W4821 5", "W"), ("", "W"), ("#", "W"),
        ("W０", "W"), ("X4821", "W"), ("W0482", "W"), ("W4821a", "W"), ("一二三四", "W"), ("W" * 50, "W"),
        ("4821你好", "W"),
    ],
)  # fmt: skip
def test_what_is_no_reference_of_that_kind_is_none(text: str, kinds: str) -> None:
    assert parse_ref(text, kinds) is None


@pytest.mark.parametrize(
    "text", ["W4821", "#W4821", "＃ｗ4821", "w4821", "4821", " #Ｗ４８２１　", "#4821", "W 4821", "#\u200bW4821"]
)
def test_every_way_of_typing_a_reference_means_the_same(text: str) -> None:
    assert parse_ref(text, "W") == Ref("W", 4821)


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("V4821：你好", "你好"), ("V4821你好", "你好"), ("#v4821  两行\n都要 ", "两行\n都要"), ("４８２１，好", "好"),
        ("V4821 ：你好", "你好"),
        ("4821", ""),
    ],
)  # fmt: skip
def test_the_words_after_a_reference_are_left_as_typed(text: str, rest: str) -> None:
    assert take_ref(text, ["V"]) == (Ref("V", 4821), rest)


@given(st.sampled_from(REF_LETTERS), st.integers(100, 999_999))
def test_what_a_receipt_shows_can_be_typed_back(letter: str, number: int) -> None:
    assert parse_ref(str(Ref(letter, number)), REF_LETTERS) == Ref(letter, number)


@given(st.text(st.characters(exclude_categories=()), max_size=100))
def test_no_text_breaks_the_reading(text: str) -> None:
    taken = take_ref(text, REF_LETTERS)
    assert taken is None or taken[1] in text


@pytest.mark.parametrize(("letter", "number"), [("x", 4821), ("W", 99), ("W", 1_000_000), ("", 4821), ("WT", 4821)])
def test_a_reference_that_nobody_could_type_is_not_made(letter: str, number: int) -> None:
    with pytest.raises(ValueError, match="reference"):
        Ref(letter, number)
