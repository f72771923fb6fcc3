"""待答问题: how an answer is recognised, in whichever way a hand or a keyboard writes a number."""

import pytest

from bot.core.rules.answers import match_option, number_shown

OPTIONS = ("first", "second", "third")
WORDS = {"first": "同意", "second": "先不要", "third": "三个都要"}


@pytest.mark.parametrize(
    "told",
    [
        *("3", "３", "③", "⑶", "⒊", "❸", "➂", "➌", "㊂", "㈢", "Ⅲ", "ⅲ", "³", "𝟑", "٣", "3️⃣", "3\u20e3", "3️⃣。"),
        *(
            "三",
            "叁",
            "參",
            "第三个",
            "第3项",
            "选3",
            "我选三",
            "选项3",
            "3号",
            "（3）",
            "【三】",
            "3、",
            " 3 吧",
            "3！",
        ),
    ],
)
def test_a_number_is_an_answer_in_every_form(told: str) -> None:
    assert match_option(told, OPTIONS, WORDS) == "third"


@pytest.mark.parametrize("told", ["4", "0", "④", "①②", "12", "1️⃣2️⃣", "🔟", "½", "三楼", "三个人", "33", "2026", ""])
def test_what_is_no_number_of_an_option_is_no_answer(told: str) -> None:
    assert match_option(told, OPTIONS, WORDS) is None


def test_a_word_of_an_option_goes_before_the_number_in_it() -> None:
    assert match_option("三个", ("one", "two", "three"), {"one": "三个"}) == "one"
    assert match_option("三个都要", OPTIONS, WORDS) == "third"


def test_ten_options_have_a_tenth() -> None:
    options = tuple(map(str, range(1, 11)))
    assert [match_option(told, options, {}) for told in ("🔟", "⑩", "10", "十", "拾")] == ["10"] * 5


@pytest.mark.parametrize("told", ["三", "晚上8点", "", "好", "1 2", "①②"])
def test_only_a_mark_alone_shows_a_number(told: str) -> None:
    assert number_shown(told) is None
