"""称呼: what may be a name."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.rules.likeness import passes_for
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


@pytest.mark.rule("P32")
@pytest.mark.parametrize(
    "text",
    [
        "管理员", "管 理 员", "管·理·员", "管理員", "群管理员", "ａｄｍｉｎ", "Admin", "аdmin", "adm1n",
        "a d m i n", "Zhixin Bot", "zhіxin", "系统通知：请把绑定码发给我", "系统通知", "【系统】小雨", "系統",
        "客服小雨", "官方", "知心", "知 心", "知心姐姐", "机器人", "機器人", "值班员", "团委书记", "書記",
        "团干部", "幹部小林", "记录中", "● 记录中", "@小雨", "小雨：快回复我", "请把验证码发我", "点击链接",
        "http://x.cn", "加我微信", "扫码领红包", "小雨#K123", "123456789", "小雨 13800000000",
        "管\u200b理\u0301员", "𝐚𝐝𝐦𝐢𝐧",
    ],
)  # fmt: skip
def test_a_name_that_reads_like_an_office_the_bot_or_an_instruction_is_refused(text: str) -> None:
    with pytest.raises(Refusal) as refused:
        safe_name(text)
    assert refused.value.code == "name.misleading"


@pytest.mark.parametrize(
    "text",
    [
        "小赵", "阿凯", "Kevin", "robin", "Botticelli", "Abbott", "小林", "晓舟的朋友小王", "阿布都热合曼",
        "小雨2号", "O'Neil", "赵老师", "夜班小赵", "大树", "rooty", "系鞋带的猫", "通宵达旦", "书呆子", "值得",
        "管他呢", "干饭人", "知了", "心心",
    ],
)  # fmt: skip
def test_an_ordinary_name_is_taken(text: str) -> None:
    assert is_taken(text)


def is_taken(text: str) -> bool:
    return safe_name(text) == text


@pytest.mark.parametrize(
    "name",
    [
        "林晓舟", "林 晓 舟", "林曉舟", "林·晓·舟", "林晓舟老师", "林晓舟2", "团林晓舟", "林晓\u0301舟",
        "林晓舟🌧", "林晓舟本人",
    ],
)  # fmt: skip
def test_a_name_that_is_a_cadres_to_the_eye_is_anothers(name: str) -> None:
    assert passes_for(name, ["周敏", "林晓舟"])


@pytest.mark.parametrize(
    ("name", "other"),
    [("周敏姐", "周敏"), ("周 敏", "周敏"), ("Lеe", "Lee"), ("1ee", "Lee"), ("阿依努尔买买提", "阿依努尔·买买提")],
)
def test_short_and_foreign_names_too(name: str, other: str) -> None:
    assert passes_for(name, [other])


@pytest.mark.parametrize(
    ("name", "other"), [("林晓", "林晓舟"), ("小舟", "林晓舟"), ("周敏敏感", "周敏"), ("小雨", "")]
)
def test_another_name_is_nobodys(name: str, other: str) -> None:
    assert not passes_for(name, [other])


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
