"""Nothing that people write makes the bot call everybody (P22, K4)."""

import re

import pytest

from bot.chat.text import calls_nobody

CALLS = re.compile(r"[@＠]\s*(全体成员|all|everyone)", re.IGNORECASE)


@pytest.mark.rule("P22")
@pytest.mark.parametrize(
    "words",
    [
        "@全体成员",
        "＠全体成员 开会",
        "@ all",
        "@ALL",
        "@@everyone",
        "@＠ @all",
        "@\n@@全体成员",
        "x@@@everyonez",
        "@@@@@ @ all",
    ],
)
def test_every_sign_before_everybody_goes(words: str) -> None:
    assert not CALLS.search(calls_nobody(words))


@pytest.mark.parametrize("words", ["@小赵 明天见", "a@b.cn", "@", "全体成员请注意", "all@once"])
def test_other_words_stay(words: str) -> None:
    assert calls_nobody(words) == words
