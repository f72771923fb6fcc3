"""Words that narrow or protect: heard in any courtesy, spacing and quotation; not where they are negated."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.text import courtesy
from bot.core.rules.narrowing import Narrowing, made_of
from bot.core.rules.text import nearest, negated

WORDS: Narrowing[str] = Narrowing(courtesy())
WORDS.add("stop", ["停止记录", "别再记录"], at_once=True)
WORDS.add("withdraw", ["撤回", "撤回同意"], ["原话", "要点", "聊天记录"], at_once=True)
WORDS.add("quiet", ["别再提醒"], at_once=True)
WORDS.add("leave", ["退出"], at_once=False)
WORDS.add("erase", ["删除我的数据", "删除"], at_once=False)
WORDS.add("close", ["谈心 结束"], at_once=False)
WORDS.add("abandon", ["谈心 放弃"], at_once=False)
WORDS.add("unlink", ["解除关联"], at_once=False)


@pytest.mark.rule("P7")
@pytest.mark.parametrize(
    "text",
    [
        *(
            "停止记录吧，谢谢",
            "停止记录吧",
            "请帮我停止记录",
            "「停止记录」",
            "“停止记录”。",
            "停 止 记 录",
            "停止记录！！！",
        ),
        *(
            "停止纪录",
            "停止記錄",
            "🙏停止记录🙏",
            "[微笑]停止记录[抱拳]",
            "@某某 停止记录",
            "@某某 @另一个 停止记录",
            "停止记录？",
        ),
        *(
            "能不能停止记录？",
            "可以停止记录吗",
            "停止记录谢谢晓舟姐",
            "停止记录\n谢谢",
            "停止记录停止记录",
            "我累了，停止记录",
        ),
        *("停止记录，我不想被记录了", "谢谢，/停止记录", "ＳＴＯＰ，停止记录", "别再记录我了"),
    ],
)
def test_stopping_is_heard_however_it_is_said(text: str) -> None:
    assert WORDS.heard(text) == ("stop", "")


@pytest.mark.parametrize(
    "text",
    [
        *(
            "撤回原话",
            "撤回“原话”",
            "撤回 原话，谢谢",
            "麻烦撤回 原话 谢谢",
            "撤回我的原话",
            "撤回对原话的同意",
            "撤回同意原话",
        ),
        *("把原话撤回吧", "请把我的原话撤回，谢谢", "撤回《原话》", "撤回：原话", "撤回原话吧！"),
    ],
)
def test_the_scope_is_heard_wherever_it_stands(text: str) -> None:
    assert WORDS.heard(text) == ("withdraw", "原话")


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        *(("我要退出", "leave"), ("退出吧", "leave"), ("我想退出，谢谢", "leave"), ("请别再提醒我了", "quiet")),
        *(
            ("删除我的数据吧", "erase"),
            ("请删除我的数据", "erase"),
            ("谈心结束，谢谢", "close"),
            ("谈心放弃吧", "abandon"),
        ),
        *(("解除关联本群", "unlink"), ("麻烦解除关联", "unlink"), ("先别再提醒", "quiet")),
    ],
)
def test_every_such_word_takes_courtesy(text: str, meant: str) -> None:
    assert WORDS.heard(text) == (meant, "")


@pytest.mark.parametrize(
    "text",
    [
        *(
            "先别停止记录",
            "不停止记录",
            "别停止记录",
            "不要停止记录",
            "不要撤回原话",
            "我不退出",
            "不解除关联",
            "别删除我的数据",
        ),
        *(
            "停止记录，先不要",
            "停止记录，算了",
            "停止记录是什么意思",
            "怎么停止记录",
            "停止记录了吗",
            "大家说停止记录",
            "退出？",
        ),
        *("他要停止记录", "谈心 放弃了很多", "退出群聊以后呢", "停止记录" + "的事" * 40, "", "，。", "谢谢"),
    ],
)
def test_what_is_negated_asked_or_about_somebody_else_is_no_order(text: str) -> None:
    assert WORDS.heard(text) is None


@pytest.mark.rule("P7")
@given(
    st.lists(st.sampled_from(sorted(courtesy().before)), max_size=4),
    st.lists(st.sampled_from(sorted(courtesy().behind)), max_size=4),
    st.sampled_from(["", " ", "，", "！", "~", "🙏", "”", "\u200b"]),
)
def test_courtesy_never_hides_the_word(before: list[str], behind: list[str], mark: str) -> None:
    assert WORDS.heard(mark.join([*before, "停止记录", *behind]), ordered=True) in {("stop", "")}


@given(st.sampled_from("不别没勿莫"), st.sampled_from(["停止记录", "撤回原话", "退出", "解除关联", "谈心结束"]))
def test_a_no_before_the_word_makes_it_no_order(no: str, word: str) -> None:
    for text in (no + word, f"先{no}{word}", f"我{no}想{word}", f"{no}要{word}吧", f"还是{no}{word}了，谢谢"):
        assert WORDS.heard(text, ordered=True) is None


@given(st.text(max_size=200))
def test_any_text_is_looked_at_without_a_surprise(text: str) -> None:
    WORDS.heard(text)


def test_the_time_for_a_row_of_pieces_grows_with_its_length_alone() -> None:
    assert made_of("我要" * 2_000, {"我", "我要", "要"})


@pytest.mark.parametrize(
    ("told", "known"),
    [
        ("不同意", "同意"),
        ("不解绑", "解绑"),
        ("先别停止记录", "停止记录"),
        ("不停止纪录", "停止记录"),
        ("没收到", "收到"),
    ],
)
def test_the_word_that_was_negated_is_not_suggested(told: str, known: str) -> None:
    assert negated(told, known)
    assert nearest(told, [known]) == ()


def test_a_word_that_says_no_itself_is_suggested() -> None:
    quiet, loud = "别再提醒", "提醒"
    assert nearest("别在提醒", [quiet, loud]) == (quiet,)
