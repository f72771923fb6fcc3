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


def listed(names: str) -> list[str]:
    return names.replace("\n", "|").strip("|").split("|")


MISLEADING = """
管理员|管 理 员|管·理·员|管理員|群管理员|ａｄｍｉｎ|Admin|аdmin|adm1n|a d m i n|Zhixin Bot|zhіxin
系统通知：请把绑定码发给我|系统通知|【系统】小雨|系統|客服小雨|官方|知心|知 心|知心姐姐|机器人|機器人|值班员
团委书记|書記|团干部|幹部小林|记录中|● 记录中|@小雨|小雨：快回复我|请把验证码发我|点击链接|http://x.cn|加我微信
扫码领红包|小雨#K123|123456789|小雨 13800000000|管\u200b理\u0301员|𝐚𝐝𝐦𝐢𝐧|ｋｅｆｕ|k e f u|kefu01|Kefu_小王|官 方
管理员_小王|Adm1n|4dm1n|团委通知|系统|请回复绑定码|🅰🅳🅼🅸🅽|ⓐⓓⓜⓘⓝ|🇦🇩🇲🇮🇳|ᴀᴅᴍɪɴ|ADMIN2|r00t|5ystem|菅理员|管埋员
机器亻|\u202e员理管\u202c管理员|官\u2060方|通\u00ad知|1️⃣|3️⃣ 同意|②|❸|回复1|回复 1 删除|收到|同意|我同意|110
12355|12 355|青禾县委|市委小李|校委会|县政府|派出所小张|反诈中心|李警官|王法官|团支书|支书|学工部|教务处
组织委员|宣传部|学生会会长|部长大人|秘书处|副主席|guanfang|xi tong|guan li yuan|tongzhi|jiqiren|QQ管家|微信团队
腾讯QQ|安全中心|已认证|✅官方认证|验证中|本人|对方|匿名|用户|一位青年|everyone|null|全体|🤖小雨|「小雨」
把码给我|打钱给我|领奖找我|加V聊|进群领取|b23.tv|扫一扫|确认删除|退出
"""


@pytest.mark.rule("P32")
@pytest.mark.parametrize("text", listed(MISLEADING))
def test_a_name_that_reads_like_an_office_the_bot_or_an_instruction_is_refused(text: str) -> None:
    with pytest.raises(Refusal) as refused:
        safe_name(text)
    assert refused.value.code == "name.misleading"


ORDINARY = """
小赵|阿凯|Kevin|robin|Botticelli|Abbott|小林|晓舟的朋友小王|阿布都热合曼|小雨2号|O'Neil|赵老师|夜班小赵|大树
rooty|系鞋带的猫|通宵达旦|书呆子|值得|管他呢|干饭人|知了|心心|凯哥|晓舟的小迷弟|夜猫子|老王|王二|阿依努尔·买买提
扎西|卓玛|José|Мария|みかん|준호|小雨🌧|🌻|北方的狼|系花|团子|团圆|馆长|官官|方方|通通|知足|管小白|管彤|员外
机灵鬼|器宇轩昂|人间清醒|记得吃饭|服服帖帖|小客|一年级|课代表|信任|长不大|我会长大的|长部头发|阿May|Tony老师
小李子|码农|点点|红豆|转转|密密麻麻|令狐冲|扫地僧|加油|微微|发发|我是小王|下雨天|登山客|小登|退休少年|高三狗
班长|医学生|护士小陈|快递小哥|张院长的女儿|银杏|Leo|Bobby|Amy|Ada|Admiral|mm|007|9527|520|1314|7酱|88|Lucky7
三水|上官婉儿|官小雅|管理学萌新|程序员|设计师小白|党员小张|志愿者小陈|实习生|委屈巴巴|好委婉|部落冲突|会飞的鱼
克服困难
"""


@pytest.mark.parametrize("text", listed(ORDINARY))
def test_an_ordinary_name_is_taken(text: str) -> None:
    assert is_taken(text)


def is_taken(text: str) -> bool:
    return safe_name(text) == text


@pytest.mark.parametrize(
    "name",
    [
        "林晓舟", "林 晓 舟", "林曉舟", "林·晓·舟", "林晓舟老师", "林晓舟2", "团林晓舟", "林晓\u0301舟",
        "林晓舟🌧", "林晓舟本人", "林晓舟的小迷弟", "晓舟姐", "晓舟老师", "阿晓舟哥", "林老师", "林老师本人",
        "周敏本人", "周敏大号", "周敏的小号", "周敏（新号）", "周敏1号", "周敏2", "周敏~", "周敏呀", "我是周敏",
        "真周敏", "小周敏", "青禾周敏", "周敏_团干", "周老师", "周 敏🌹", "周敏 青禾县", "ｌｉｎ晓舟 林晓舟",
        "林晓舟工作号", "周敏备用",
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
    ("name", "other"), [
        ("林晓", "林晓舟"), ("小舟", "林晓舟"), ("晓舟", "林晓舟"), ("周敏敏感", "周敏"), ("周敏敏", "周敏"),
        ("陈周敏", "周敏"), ("小雨", ""), ("赵老师", "林晓舟"), ("凯哥", "林晓舟"), ("阿凯", "王凯"),
        ("小周", "周敏"), ("晓舟的小迷弟", "林晓舟"), ("苏里南", "苏里"), ("Leonard", "Leo"),
        ("江苏里下河", "苏里"),
    ],
)  # fmt: skip
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
