"""称呼: what may be a name."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.rules.names import MAX_NAME, safe_name
from bot.core.rules.refusal import Refusal


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "name.empty"), (" \n　", "name.empty"), ("\u200b\u202e\ufeff", "name.empty"),
        ("\u3164\u2800", "name.empty"),
        ("\u0301", "name.empty"), ("好" * 21, "name.too_long"), ("a" * 100_000, "name.too_long"),
        ("全部", "name.reserved"), ("全\u200b部", "name.reserved"),
    ],
)  # fmt: skip
def test_a_name_that_cannot_be_used_is_refused_with_its_reason(text: str, code: str) -> None:
    with pytest.raises(Refusal) as refused:
        safe_name(text, reserved={"全部"})
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("小雨", "小雨"), (" 小\u200b雨\n", "小雨"), ("\u202e雨小\u202c", "雨小"), ("小\n雨", "小 雨"),
        ("e\u0301va", "éva"),
        ("阿依努尔·买买提", "阿依努尔·买买提"), ("🌧小雨", "🌧小雨"), ("好" * 20, "好" * 20), ("小雨\ufe0f", "小雨"),
    ],
)  # fmt: skip
def test_a_name_is_one_visible_line(text: str, name: str) -> None:
    assert safe_name(text) == name


@given(st.text(st.characters(exclude_categories=()), max_size=30))
def test_a_name_that_passed_passes_again_unchanged(text: str) -> None:
    try:
        name = safe_name(text)
    except Refusal:
        return
    assert safe_name(name) == name
    assert 1 <= len(name) <= MAX_NAME
    assert unicodedata.is_normalized("NFC", name)
    assert "\n" not in name
