"""A no is a no: what a yes may be read from, and what never."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.text import answers, option_words
from bot.core.feature import questions
from bot.core.rules.answer_forms import Answer, Form, Meant

CONSENT, ERASE = ("yes", "no"), ("confirm",)
STRICT = {
    "consent.scope": ("yes", "no"),
    "consent.second": ("yes", "no"),
    "consent.stored": ("delete", "keep"),
    "leave.data": ("delete", "keep"),
    "rights.erase": ("confirm",),
    "bind.unbind": ("yes", "no"),
    "anonymous.send": ("send", "edit", "drop"),
    "voice.up": ("named", "nameless", "no"),
}


def read(kind: str, options: tuple[str, ...], text: str) -> Answer:
    asked = questions()[kind]
    return answers().read(kind, options, option_words(kind), text, no=asked.no, cancel=asked.cancel)


@pytest.mark.rule("P2")
@pytest.mark.parametrize(
    "text",
    ["不同意", "不要", "不想", "先不要吧", "别", "算了", "不太想同意", "我不同意，谢谢", "不铜意", "同意不了", "莫记"],
)
def test_a_no_in_any_form_gives_no_consent(text: str):
    assert read("consent.scope", CONSENT, text) == Answer(Meant.OPTION, "no")


@pytest.mark.rule("P2")
@pytest.mark.parametrize(
    "text",
    [
        "嗯嗯",
        "好的",
        "行吧",
        "👌",
        "1？",
        "随便",
        "我妈说可以",
        "同意，但只记这一次",
        "如果只有她看我就同意",
        "不是不同意",
        "没有不同意",
    ],
)
def test_what_is_not_clear_gives_no_consent(text: str):
    assert read("consent.scope", CONSENT, text).value != "yes"


@pytest.mark.rule("P7")
@pytest.mark.parametrize(
    "text",
    [
        "1",
        "①",
        "确认",
        "好",
        "是的",
        "删吧",
        "确认不删除",
        "先别确认删除",
        "等我导出完再确认删除",
        "确认删除？",
        "我不确认删除",
    ],
)
def test_only_the_words_themselves_erase(text: str):
    assert read("rights.erase", ERASE, text).meant is not Meant.OPTION


@pytest.mark.parametrize(
    "text", ["确认删除一条", "确认删除我的心愿", "想了想确认删除", "确认删除确认删除", "要确认删除"]
)
def test_words_beside_them_erase_nothing(text: str):
    assert read("rights.erase", ERASE, text).meant is not Meant.OPTION


@pytest.mark.parametrize("text", ["确认删除", "确认删除。", "是的，确认删除", "确认删除，谢谢"])
def test_the_words_themselves_erase(text: str):
    assert read("rights.erase", ERASE, text) == Answer(Meant.OPTION, "confirm")


@pytest.mark.parametrize("kind", STRICT)
@pytest.mark.parametrize("no", ["算了", "取消", "不用了", "不了", "当我没说"])
def test_stopping_never_chooses_what_cannot_be_taken_back(kind: str, no: str):
    strict = answers().form(kind).strict
    assert read(kind, STRICT[kind], no).value not in strict


@pytest.mark.parametrize("kind", STRICT)
@given(data=st.data())
def test_a_negation_before_a_strict_option_never_chooses_it(kind: str, data: st.DataObject):
    form: Form = answers().form(kind)
    option = data.draw(st.sampled_from(sorted(form.strict)))
    word = data.draw(
        st.sampled_from(
            [w for w in form.say.get(option, ()) if "(" not in w and w[0] not in "不别没匿隐去"] or ["确认删除"]
        )
    )
    no = data.draw(st.sampled_from(["不", "别", "先别", "不要", "不想", "先不", "我不", "没说", "还是别", "暂时不"]))
    after = data.draw(st.sampled_from(["", "吧", "了", "，谢谢", "。", "！", "啊"]))
    assert read(kind, STRICT[kind], no + word + after).value != option


@given(text=st.text(max_size=80))
def test_any_words_are_read_and_no_strict_option_comes_out_of_noise(text: str):
    for kind, options in STRICT.items():
        found = read(kind, options, text)
        assert found.meant is not Meant.OPTION or found.value in options


BESIDE = [
    "取消{}",
    "{}。算了",
    "{}…还是算了",
    "他{}",
    "我妈{}",
    "你{}",
    "已经{}了",
    "先看看{}",
    "写{}",
    "“我”{}",
    "{}，后悔了",
]


@pytest.mark.parametrize("kind", STRICT)
@pytest.mark.parametrize("beside", BESIDE)
def test_what_stands_beside_a_strict_word_makes_it_unclear(kind: str, beside: str):
    strict = answers().form(kind).strict
    for option in strict:
        assert read(kind, STRICT[kind], beside.format(option_words(kind)[option])).value not in strict


@pytest.mark.parametrize("text", ["我要不同意", "要不带名字", "我要不删", "我要不发了"])
def test_a_no_behind_a_want_is_a_no(text: str):
    for kind, options in STRICT.items():
        assert read(kind, options, text).value not in answers().form(kind).strict - {"nameless"}
