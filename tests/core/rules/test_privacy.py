"""What should not be kept: private details, secrecy markings, sensitive matters."""

import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import bot
from bot.core.rules.privacy import (
    PrivateDetail,
    SensitiveMatter,
    SensitiveWords,
    private_details,
    secrecy_marking,
    sensitive_matters,
)
from tests.core.rules.test_text import steps

WORDS_FILE = Path(bot.__file__).parent / "templates" / "sensitive" / "words.toml"
WORDS = SensitiveWords.from_data(tomllib.loads(WORDS_FILE.read_text(encoding="utf-8")))
any_text = st.text(st.characters(exclude_categories=()), max_size=200)


@pytest.mark.rule("P24")
@pytest.mark.parametrize(
    "text",
    [
        "",
        "今天跑了 5000 米",
        "签到码 0417",
        "#W4821",
        "2026-11-28 19:00 在操场",
        "快递单号 7731 2345 6789 012",
        "QQ 群 123456789",
        "打 12355 或 12356",
        "打 110",
        "订单 20261128190012345",
        "一二三四五六七八九十",
        "一三五七九单周上课",
        "学校在人民路 12 号",
        "在 3 号楼 201 教室集合",
        "教学楼 5 栋 302 开会",
        "地点：团委活动室，建设路 8 号活动中心",
        "周六图书馆集合，学府路 2 栋 301 室",
        "我家在村里",
        "住在学校宿舍",
        "第 3 单元第 12 课",
        "圆周率 3.14159265358979",
        "138 页 1234 行",
        "1+1=2，11111111111",
        "身高 180 体重 60",
        "型号 138X1234X5678",
    ],
)
def test_everyday_numbers_and_places_are_no_private_details(text: str) -> None:
    assert private_details(text) == frozenset()


@pytest.mark.rule("P24")
@pytest.mark.parametrize(
    "text",
    [
        "13812345678",
        "我电话138 1234 5678",
        "138-1234-5678",
        "１３８１２３４５６７８",
        "+86 138 1234 5678",
        "+8613812345678",
        "加我微信同号13812345678哈",
        "一三八一二三四五六七八",
        "幺三八一二三四五六七八",
        "138.1234.5678",
        "13812345678 13912345678",
        "妈妈 139 8765 4321，爸爸 138 1234 5678",
        "家里 0371-65551234",
        "(010)82951234",
        "1\u200b3812345678",
    ],
)
def test_a_phone_number_is_seen_however_it_is_written(text: str) -> None:
    assert PrivateDetail.PHONE in private_details(text)


@pytest.mark.rule("P24")
@pytest.mark.parametrize(
    "text",
    ["11010120080101123X", "身份证 110101200801011237", "110101 20080101 123x", "１１０１０１２００８０１０１１２３Ｘ"],
)
def test_an_id_card_number_is_seen_and_is_no_bank_card(text: str) -> None:
    assert private_details(text) == {PrivateDetail.ID_CARD}


@pytest.mark.parametrize(
    "text", ["6222 0212 3456 7890 128", "卡号 6222021234567890123", "我的银行卡：6217001234567890"]
)
def test_a_bank_card_is_seen(text: str) -> None:
    assert PrivateDetail.BANK_CARD in private_details(text)


@pytest.mark.rule("P24")
@pytest.mark.parametrize(
    "text",
    [
        "我家住幸福路12号3单元402",
        "阳光小区5栋602",
        "寄到清河县建设路 18 号",
        "我住 3 栋 402",
        "家住和平村三组 12 号",
        "地址：新华街6号",
        "幸福家园8号楼2单元1101室",
        "我家在人民路 12 号",
    ],
)
def test_a_home_address_is_seen(text: str) -> None:
    assert PrivateDetail.ADDRESS in private_details(text)


def test_a_number_behind_a_long_text_is_seen() -> None:
    assert private_details("好" * 3_995 + "13812345678" + "好" * 5_000) == {PrivateDetail.PHONE}


@pytest.mark.rule("P37")
@pytest.mark.parametrize(
    "text",
    [
        "",
        "秘密花园这本书好看",
        "内部矛盾要内部解决",
        "告诉你一个秘密",
        "这是我们的秘密",
        "秘密武器",
        "机密大劫案",
        "公司内部推荐名额",
        "亲密关系",
        "密密麻麻",
        "密室逃脱",
        "保密",
        "学习保守国家秘密法",
        "秘密地准备生日惊喜",
        "绝密飞行",
        "班级内部活动",
        "团支部内部评议",
        "内部装修",
        "我的秘密\n不能说",
        "内部资料室几点开门",
    ],
)
def test_words_that_only_sound_secret_are_no_marking(text: str) -> None:
    assert not secrecy_marking(text)


@pytest.mark.rule("P37")
@pytest.mark.parametrize(
    "text",
    [
        "机密★",
        "秘密★10年",
        "绝密★启用前",
        "机密\n关于某事的通知",
        "【内部】会议材料",
        "（内部）",
        "[秘密]",
        "内部资料 注意保存",
        "内部资料，请勿外传",
        "内部文件，不得转发",
        "仅供内部使用",
        "密级：机密",
        "密级: 秘密",
        "机密文件如下",
        "〔机密〕",
        "《内部资料》",
        "秘密☆",
        "机密＊",
        "这是机密文件",
        "上面写着绝密字样",
        "通知\n  秘密  \n各单位",
        "机\u200b密★",
    ],
)
def test_a_secrecy_marking_is_seen(text: str) -> None:
    assert secrecy_marking(text)


@pytest.mark.rule("P9")
@pytest.mark.parametrize(
    "text",
    [
        "",
        "感冒了",
        "有点发烧请个假",
        "头疼",
        "吃了感冒药",
        "我有选择恐惧症",
        "拖延症晚期",
        "懒癌犯了",
        "网抑云",
        "禁毒日志愿活动",
        "防诈骗讲座",
        "预防艾滋病宣传",
        "远离校园贷",
        "反家暴知识",
        "佛系青年",
        "阿弥陀佛保佑我过",
        "圣诞节快乐",
        "同志们好",
        "借一本书",
        "欠你一杯奶茶",
        "想要一本 CAD 教程",
        "今天吃撑了",
        "偷懒",
        "抢课",
        "作业没写完",
        "失恋了",
        "喜欢一个男生",
        "和爸妈吵架",
        "近视又深了",
        "想学吉他",
        "刑法课好难",
    ],
)
def test_everyday_matters_are_not_sensitive(text: str) -> None:
    assert sensitive_matters(text, WORDS) == frozenset()


@pytest.mark.rule("P9")
@pytest.mark.parametrize(
    ("text", "matter"),
    [
        ("医生说我是重度抑郁症", "illness"),
        ("查出了甲状腺结节", "illness"),
        ("我有乙肝", "illness"),
        ("下周要做手术", "illness"),
        ("妈妈得了癌症", "illness"),
        ("去看了心理医生", "illness"),
        ("我怀孕了", "illness"),
        ("双相", "illness"),
        ("一直在吃抗抑郁药", "medicine"),
        ("偷偷停了药以后很难受", "medicine"),
        ("在吃舍曲林", "medicine"),
        ("我又自残了", "self_harm"),
        ("不想活了", "self_harm"),
        ("我爸老打我", "abuse"),
        ("被同学霸凌", "abuse"),
        ("他对我动手动脚", "abuse"),
        ("我可能是同性恋", "sexuality"),
        ("想跟爸妈出柜", "sexuality"),
        ("性取向", "sexuality"),
        ("我喜欢同性", "sexuality"),
        ("我家信基督教", "religion"),
        ("周日要去教会做礼拜", "religion"),
        ("我是穆斯林", "religion"),
        ("欠了网贷三万", "debt"),
        ("花呗还不上了", "debt"),
        ("借了同学好多钱", "debt"),
        ("天天被催收", "debt"),
        ("我偷了室友的钱", "crime"),
        ("爸爸在坐牢", "crime"),
        ("被警察带走了", "crime"),
        ("卖了银行卡", "crime"),
        ("他吸毒", "crime"),
        ("吃抗 抑 郁 藥", "medicine"),
    ],
)
def test_a_sensitive_matter_is_seen(text: str, matter: str) -> None:
    assert SensitiveMatter(matter) in sensitive_matters(text, WORDS)


@given(any_text | st.text(st.sampled_from("138路号栋单元室0 -x密★内部【】一二住在我家"), max_size=200))
def test_no_text_breaks_a_detector(text: str) -> None:
    private_details(text)
    assert isinstance(secrecy_marking(text), bool)
    sensitive_matters(text, WORDS)


@pytest.mark.parametrize("shape", ["我家住幸福路", "1", "13812345678 ", "内部资料", "3栋", "抑郁", "【", "a1 "])
def test_twice_the_text_is_at_most_twice_the_work(shape: str) -> None:
    for function in (private_details, secrecy_marking, lambda t: sensitive_matters(t, WORDS)):
        small, large = steps(function, shape * 500), steps(function, shape * 2_000)
        assert large <= small * 4.5 + 600
