"""S15: what somebody else said, pasted into one's own text, goes unless they may be named (P3)."""

from time import perf_counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.rules.mentions import without_strangers
from bot.core.rules.passages import LOOKED, without_passages

TOLD = ("爸打", "不想干", "孩子不", "别怕")
PASTED = (
    "阿凯：我爸打我",
    "「阿凯：我爸打我」",
    "小赵 20:31:我爸打我",
    "聊了夜班 阿凯：我爸打我",
    "聊了夜班。阿凯:我爸打我",
    "聊了夜班\n小赵 2026/12/1 20:31:05\n我爸打我\n\n下周再聊",
    "夜猫子：我爸打我",
    "夜猫子 20:31：不想干了",
    "[20:31] 阿凯: 我爸打我",
    "2026-12-01 20:31:15 阿凯(12345)\n我爸打我",
    "阿凯说：“我爸打我”",
    "阿凯:\n我爸打我",
    "【阿凯】：我爸打我",
    "<Kai> 我爸打我",
    "Kai: 我爸打我",
    "“阿凯：我爸打我”还说了别的",
    "阿凯(202)：我爸打我",
    "王小明：我爸打我",
    "他妈妈：孩子不听话",
    "转发：\n阿凯：我爸打我\n小赵：别怕",
    "> 阿凯：我爸打我",
    "阿凯 20:31 我爸打我",
    "阿凯 昨天 20:31\n我爸打我",
    "阿凯 下午8:31\n我爸打我",
    "🌙：我爸打我",
    "阿凯︰我爸打我",
    "阿凯∶我爸打我",
    "阿凯﹕我爸打我",
    "阿凯 ：我爸打我",
    "阿凯->我爸打我",
    "1. 阿凯：我爸打我",
    "- 阿凯：我爸打我",
    "阿凯：“我爸打我”",
    "阿凯 12-01 20:31:05\n我爸打我",
    "聊天记录：阿凯：我爸打我",
    "[阿凯] 我爸打我",
    "阿凯 20:31:05：我爸打我",
    "20:31 阿凯：我爸打我",
    "阿凯问“我爸打我怎么办”",
    "王明：我爸打我",
)
OWN = (
    "聊了夜班，时间：周五 20:00",
    "周五 20:00：打篮球",
    "清溪社区 20:00：集合",
    "下一步：我帮他问问班次",
    "问题：夜班连上；需求：调班",
    "他说最近睡不好",
    "建议：我们下周再聊",
    "主题：五四精神",
    "答复：我问过了，12月1日恢复热水",
    "比例 3:1",
    "https://a.b/c",
    "小组：每周三活动",
    "小结：聊得不错",
    "困难：爸妈不同意他换工作",
    "今晚7:30：夜跑",
    "第一：我来联系车间",
    "备注：爸妈在外地",
    "“我的青春我做主”主题团课",
    "聊了“躺平”：我觉得要引导",
    "结果：我已经联系了厂里",
    "参加了“我和我的祖国”快闪",
    "大家：辛苦了",
    "夜班的事：已经问了",
    "班次：每周两次",
    "程序员：加班多",
    "安全员：已到位",
    "高中生：压力大",
    "[图片]",
    "【五四】主题团日",
    "看了<平凡的世界>",
    "时间 12-01 20:00",
    "篮球 12:30",
    "提醒小赵：明天开会",
    "对方 20:00 到",
    "比赛3:2赢了",
    "方式：线上",
    "他说“还行”",
    "聊了夜班和家里，小赵想换班",
    "关于小赵的班次：已经问了车间",
    "团员：12人",
    "活动：爬山",
    "团课：党的二十大",
    "地点：老张家楼下",
    "老家：四川",
)


@pytest.mark.rule("P3")
@pytest.mark.parametrize("text", PASTED)
def test_words_of_others_are_cut_however_a_chat_shows_them(text: str) -> None:
    assert not any(words in without_strangers(text) for words in TOLD)


@pytest.mark.parametrize("text", OWN)
def test_headings_times_and_reports_stay(text: str) -> None:
    assert without_passages(text) == text


ALLOWED = ("小赵：我想换班", "小赵 20:31:我想换班", "「小赵：我想换班」", "小赵说：“我想换班”")


@pytest.mark.parametrize("text", ALLOWED)
def test_words_of_somebody_who_may_be_named_stay(text: str) -> None:
    assert without_strangers(text, ("小赵",)) == text
    assert without_strangers(text, ("阿凯",)) != text


def test_what_stands_around_a_passage_stays() -> None:
    before, after = "聊了夜班", "下周再聊"
    text = f"{before}\n阿凯 2026/12/1 20:31:05\n我爸打我\n别怕\n\n{after}"
    assert without_passages(text).split() == [before, after]


@given(st.text(alphabet="阿凯小我说:：「」“”<>[]() 0123\n@a", max_size=200))
def test_whatever_is_cut_nothing_is_added(text: str) -> None:
    left = iter(text)
    assert all(char in left for char in without_passages(text))


@pytest.mark.parametrize("piece", ["a:", "阿凯：我", "小赵 20:31 ", "「a:", "x说“", "[a]", "1"])
def test_a_long_text_costs_no_more_than_its_beginning(piece: str) -> None:
    begun = perf_counter()
    cut = without_passages(piece * 150_000 + "：")
    assert perf_counter() - begun < 0.5
    assert len(cut) <= LOOKED or cut == piece * 150_000 + "："
