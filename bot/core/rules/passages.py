"""Pasted passages: what somebody else said, copied word by word into one's own text (P3).

A chat's copy shows who speaks: a name and a colon, a name with the time of the message, a name in the bracket of a
quotation. Headings that end in a colon (``时间：``, ``下一步：``) are no speakers.
"""

import re
from collections.abc import Collection, Iterator
from typing import Final

LOOKED: Final = 8_000
"""Characters that are looked at; nothing of this kind that is kept is half as long."""
_COLON: Final = r"(?:[:：︰∶﹕]|->|→)"
_START: Final = r"(?:^|(?<=[\s。！？!?；;，,、…”」』）)\]】:：]))"
_NAME: Final = r"[^\s:：︰∶﹕→，,。；;！!？?「」『』“”\"()（）<>\[\]【】]{1,16}"
_DAYS: Final = r"(?:(?:[昨今前]天|星期.|周.|[上下]午|晚上|凌晨|早上|中午)[ \t]*)*"
_CLOCK: Final = (
    r"(?P<day>(?:\d{2,4}[-/年.])?\d{1,2}[-/月.]\d{1,2}日?\s*)?"
    rf"{_DAYS}(?P<hour>\d{{1,2}})[:：](?P<minute>[0-5]\d)(?P<second>[:：][0-5]\d)?"
)
_SIGN: Final = rf"[<\[【]?(?P<name>{_NAME})[>\]】]?(?:[（(](?P<id>[^()（）\n]{{3,40}})[)）])?"
_WORDS: Final = r"[ \t]*(?=(?P<words>[^\n]{0,200}))"
_SPOKEN: Final = re.compile(_START + _SIGN + r"\s*" + _COLON + _WORDS, re.MULTILINE)
_SIGNED: Final = re.compile(_START + rf"[<\[【](?P<name>{_NAME})[>\]】](?P<id>)" + _WORDS, re.MULTILINE)
_TIMED: Final = re.compile(_START + _SIGN + r"[ \t]+" + _CLOCK + rf"[ \t]*{_COLON}?" + _WORDS, re.MULTILINE)
_TIME_FIRST: Final = re.compile(
    r"^[ \t\[【]*" + _CLOCK + r"[\]】]?[ \t]+" + _SIGN + rf"[ \t]*{_COLON}?" + _WORDS, re.MULTILINE
)
_BRACKET: Final = re.compile(
    rf"[「『“\"]\s*(?P<name>{_NAME})\s*{_COLON}(?P<words>[^」』”\"]{{0,1000}})[」』”\"]?\n?(?:\s*[-—–－─ ]{{3,}}\n)?"
)
_SAID: Final = re.compile(
    rf"(?P<name>{_NAME}?)(?:说|讲|问|回|喊|写|发|表示|告诉我|跟我讲|吐槽|原话是?)道?"
    r"\s*[:：，,]?\s*[「『“\"](?P<words>[^」』”\"]{0,1000})[」』”\"]?"
)
_MARKS: Final = ':：︰∶﹕→>】]「『“"'
_OWN: Final = re.compile(r"我|俺|咱|人家|爸|妈|不想|\bI\b|\b[Mm]y\b")
"""Words of somebody who speaks of themselves."""
_HEADING: Final = re.compile(
    r"时间|地点|地址|主题|议题|话题|要点|内容|问题|困难|难处|需求|诉求|原因|措施|下一步|下步|建议|意见|备注|结果|情况|过程|目标|计划"
    r"|反馈|总结|小结|心愿|想法|打算|方案|事项|进展|安排|承诺|答复|回复|说明|提醒|背景|现状|收获|感受|感想|结论|重点|关键|补充|摘要"
    r"|方式|人数|对象|联系|电话|流程|步骤|任务|分工|要求|注意|记录|来源|形式|类别|名称|参加|共识|约定|跟进|待办|亮点|主持|附"
    r"|第.{1,3}$|^[\d一二三四五六七八九十]+[、.．)）]?$|^(?:注|一|其|另|如|即|比如|例如|包括|关于|https?|ps|qq|q|a|答|问|我|我们|本人)$",
    re.IGNORECASE,
)
_DAY: Final = re.compile(
    r"(?:这|下|上|每|本)?(?:周|星期|礼拜)[一二三四五六日天末]?|[今明后昨前]天|[今明昨]晚|[今明]早|[上下]午|中午|晚上|早上|傍晚|凌晨|每天"
    r"|.*[月日号点]|[\d\s./\\\-—–_]+"
)
_NOT_CALLED: Final = re.compile(r"小[组计区学时事贴程型孩朋]|老[家年板]|大[家学会概约致]|阿[里姨]")
_CALLED: Final = re.compile(
    r"[小阿老大][\u4e00-\u9fff]{1,2}|[\u4e00-\u9fff]{0,4}(?:哥|姐|叔|婶|姨|伯|爷|奶|爸|妈|父亲|母亲|弟|妹|同学|老师|师傅|班长|室友"
    r"|舍友|老板|主管|组长|家长|同事|领导|工友|店长|经理|书记|主任|朋友|女友|男友|老公|老婆|对象)"
)
_FULL_NAME: Final = re.compile(
    r"[赵钱孙李周吴郑王冯陈卫蒋沈韩杨朱秦许何吕张孔曹严华魏陶姜谢邹章苏潘范彭袁柳唐薛雷贺倪汤罗毕郝安常傅卞齐康伍余顾孟黄穆"
    r"萧尹姚邵汪祁毛禹狄贝明计伏成戴宋庞熊纪舒屈项祝董梁杜阮蓝闵季贾路江童颜郭梅盛林钟徐邱骆高夏蔡田樊胡凌霍虞万柯管卢莫"
    r"房缪解应宗丁宣邓郁单杭洪包诸左石崔吉龚程嵇邢裴陆荣翁荀惠曲封储靳焦谷车侯仰秋仲伊宫宁仇栾甘厉祖武符刘景詹龙叶"
    r"幸司黎薄白蒲邰从鄂索赖卓屠蒙池乔胥苍闻党翟谭贡姬申冉宰桑桂牛寿通边燕冀尚农温庄晏瞿阎连习艾鱼容向古易慎戈廖终居衡步"
    r"都耿满弘匡国文寇广东殴沃利蔚越隆师巩聂晁敖融冷阚那简饶曾沙丰关相查红游竺权盖益桓公][\u4e00-\u9fff](?![员生单图表会课班社区室楼厂部组队站点线力性度法率量化者事物日节月年周路街村镇县市校院所店馆场园])[\u4e00-\u9fff]"
)
"""Of three characters; a word of two that begins like a surname is a heading as often."""


def without_passages(text: str, names: Collection[str] = ()) -> str:
    """The text without what others said in it, unless they may be named: from who speaks to the end of their line."""
    if not any(mark in text for mark in _MARKS):
        return text
    gone = sorted(_passages(text[:LOOKED], names))
    if gone and len(text) > LOOKED:
        gone.append((LOOKED, len(text)))  # longer than anything that is kept: what was not looked at goes too
    kept: list[str] = []
    at = 0
    for begin, end in gone:
        if begin > at:
            kept.append(text[at:begin])
        at = max(at, end)
    return "".join([*kept, text[at:]]) if gone else text


def _passages(text: str, names: Collection[str]) -> Iterator[tuple[int, int]]:
    for match in _BRACKET.finditer(text):
        if _is_other(match["name"], names):
            yield match.span()
    for match in _SAID.finditer(text):
        if _is_called(match["name"]) and _is_other(match["name"], names):
            yield match.span()
    for form, is_spoken in (
        (_TIMED, _is_copied),
        (_TIME_FIRST, _is_copied),
        (_SPOKEN, _is_spoken),
        (_SIGNED, _is_spoken),
    ):
        end = 0
        for match in form.finditer(text):
            if match.start() >= end and _is_other(match["name"], names) and is_spoken(match):
                end = _end(text, match)
                yield match.start(), end


def _is_other(name: str, names: Collection[str]) -> bool:
    """Whether this is a speaker who may not be named, and no heading."""
    if any(name.startswith(one) for one in names if one):
        return False
    return not _HEADING.search(name) and not _DAY.fullmatch(name)


def _is_called(name: str) -> bool:
    """Whether people are called like this."""
    plain = name.strip()
    if _NOT_CALLED.match(plain):
        return False
    return _CALLED.fullmatch(plain) is not None or _FULL_NAME.fullmatch(plain) is not None


def _is_spoken(match: re.Match[str]) -> bool:
    """Whether a name and a colon, or a name in brackets, are a speaker: by a number behind it, the name, the words."""
    return bool(match["id"] or _is_called(match["name"]) or _OWN.search(match["words"]))


def _is_copied(match: re.Match[str]) -> bool:
    """Whether a name and a time are a message's head: appointments are at full fives, and nobody is called so."""
    exact = match["day"] or match["second"] or match["id"] or int(match["minute"]) % 5
    return bool(exact or _is_called(match["name"]) or _OWN.search(match["words"]))


def _end(text: str, match: re.Match[str]) -> int:
    """The end of what was said: of the line, or of those below it where its head stands alone."""
    end = text.find("\n" if match["words"].strip() else "\n\n", match.end())
    return len(text) if end < 0 else end
