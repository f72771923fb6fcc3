"""心愿里的金额: sums of money named in a wish, in digits or Chinese numerals, and whether money itself is asked for.

``三年级``, ``1000 块拼图`` and ``跑 5k`` are no sums. A number without 元, 块, ¥ and the like counts only behind a word
such as 价格 or 预算. Works on ``plain_text``, in time linear in its length.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

_DIGITS: Final = (
    dict(zip("〇零一二三四五六七八九", (0, *range(10)), strict=True))
    | dict(zip("壹贰叁肆伍陆柒捌玖", range(1, 10), strict=True))
    | {"两": 2, "俩": 2, "仨": 3, "几": 3, "数": 3}
)
_TENS: Final = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1_000, "仟": 1_000}
_TEN_THOUSAND: Final = 10_000
_LATIN: Final = {"k": 1_000, "w": _TEN_THOUSAND}
_ABOUT: Final = "多来余把"
"""Marks of "about" inside a number (``三百来块``); what is left tells enough."""
_FOREIGN: Final = {"美元": 7, "美金": 7, "刀": 7, "usd": 7, "$": 7, "欧元": 8, "英镑": 9}
"""元 that one unit of other money is worth, roughly: enough to know that it is too much."""

_SPOKEN: Final = "".join((*_DIGITS, *_TENS, "万", _ABOUT))
_ARABIC: Final = rf"[0-9]{{1,9}}(?:,[0-9]{{3}}){{0,3}}(?:\.[0-9]{{1,4}})?(?: ?[kw](?![a-z])| ?[{_SPOKEN}]{{1,6}})?"
_UNITS: Final = "|".join(
    ("块大洋", "块钱", "元钱", "元", "圆", "块", "人民币", "rmb", "cny", "港币", *(u for u in _FOREIGN if u != "$"))
)
_SUM: Final = re.compile(rf"(?P<mark>[¥$])? ?(?P<number>{_ARABIC}|[{_SPOKEN}]{{1,12}}) ?(?P<unit>{_UNITS})?")
_REACH: Final = 12
"""Characters before and after a number that say what it counts."""
_PRICE_BEFORE: Final = re.compile(
    r"(?:价格|价钱|价位|[售标原定单总]价|价值|预算|卖到?|花费?|要花|花了|费用|值|大概要|大约要)"
    r"(?:大概|大约|差不多|在|是|为|约|要|个|[:, ]){0,3}$"
)
_SENT_BEFORE: Final = re.compile(r"(?:给我|帮我)[打转汇发] ?$|[转打借汇]我 ?$")
_COUNTS_OTHER: Final = re.compile(
    r" ?(?:[年级班个本字米人岁页次天分斤克里题词首张支双件套号楼点月日道步寸屏遍句下份位场节][^钱]?"
    r"|小时|公里|单词|[a-z])"
)
_PIECES: Final = re.compile(
    r" ?的?(?:拼图|积木|乐高|砖|地(?!铁)|腹肌|田|肥皂|糖|蛋糕|面包|饼|月饼|豆腐|木板|板|布|石|骨牌|电池|硬盘|手表)"
)
_NO_YUAN: Final = ("旦", "宵", "素", "音", "神", "气", "认")
"""``元旦`` and the like: 元 begins another word."""
_RUN_BEFORE: Final = re.compile(r"(?:跑步?|长跑|跑完|跑到|马拉松|徒步|走|骑|刷)(?:一?个|了|完)? ?$")
_RUN_AFTER: Final = re.compile(r" ?(?:[0-9]|屏|分辨|画质|长跑|跑|米|步|公里|马拉松|歌|线|色温|视频|配速)")
_ASKED: Final = re.compile(
    r"(?:[给发转打借]我|给我[打转汇发]|给|发|想?要|转|打|缺|差|支持|资助|赞助|补助|奖励|捐|凑|补贴)"
    r"(?:个|点|一笔|大概|大约| ){0,2}$"
)
_BORROWED: Final = re.compile(r"(?:借给?我?|赊|垫付?|先付|预支)(?:个|点|一点|一笔|大概|大约| ){0,2}$")
_A_PRICE: Final = re.compile(
    r" ?钱?(?:左右|上下|以内|以下|之内|出头|那种|价位)?"
    r"(?:的(?!现金|红包|话费|钱|补助|资助)|以内|左右|以下|一[本个支双件套条副盒把张台只])"
)
_CASH: Final = re.compile(r" ?的?(?:现金|红包|话费|钱(?!包|学)|购物卡|代金券|补助|资助)")
_ENDS: Final = re.compile(r"$|[ ,。!?;:、\n~吧啊呗哦呀来买用去交当做作应急救周充吃就]|可以")
"""What may follow a sum that is asked for; a thing that follows at once makes it that thing's price."""


@dataclass(frozen=True, slots=True)
class Sum:
    """一笔金额: how many 元 about, and whether the money itself is asked for, or to be lent."""

    yuan: float
    asked: bool
    borrowed: bool


def sums(plain: str) -> Iterator[Sum]:
    """The sums of money in a text in ``plain_text`` form."""
    for found in _SUM.finditer(plain):
        before = plain[max(0, found.start() - _REACH) : found.start()]
        after = plain[found.end() : found.end() + _REACH]
        value = number_of(found["number"]) if _is_money(found, before, after) else None
        if value is None:
            continue
        price = _A_PRICE.match(after) is not None
        ends = _ENDS.match(after) is not None
        yield Sum(
            value * _FOREIGN.get(found["unit"] or found["mark"] or "", 1),
            asked=_CASH.match(after) is not None or (_ASKED.search(before) is not None and ends and not price),
            borrowed=_BORROWED.search(before) is not None and not price,
        )


def _is_money(found: re.Match[str], before: str, after: str) -> bool:
    """Whether a number is a sum: by its mark, its unit, a bare ``2k``, or a price word before it."""
    number, unit = found["number"], found["unit"]
    if found["mark"]:
        return True
    if unit == "块" and _PIECES.match(after):
        return False
    if unit in ("元", "圆") and after.startswith(_NO_YUAN):
        return False
    if unit:
        return True
    if number.endswith("k"):
        return not _RUN_BEFORE.search(before) and not _RUN_AFTER.match(after)
    if number[0] in _DIGITS and after.startswith("的"):  # 三百五的鞋
        return any(char in "百千万" for char in number)
    told = _PRICE_BEFORE.search(before) or (_SENT_BEFORE.search(before) and len(number) > 1)
    return bool(told) and not _COUNTS_OTHER.match(after)


def number_of(told: str) -> float | None:
    """``1,299.5``, ``2k``, ``2千多``, ``三百五`` 350, ``两三百`` 300, ``几百`` 300; None when it is no number."""
    text = "".join(char for char in told if char not in _ABOUT and char not in ", ")
    digits = "".join(char for char in text if char.isascii() and char not in _LATIN)
    if not digits:
        return _spoken(text) if text else None
    value = float(digits)
    for char in text[len(digits) :]:
        value *= _LATIN.get(char) or _TENS.get(char) or (_TEN_THOUSAND if char == "万" else 1)
    return value


def _spoken(text: str) -> float | None:
    """A number in Chinese numerals; ``万`` splits it."""
    high, mark, low = text.rpartition("万")
    if not mark:
        return _below_ten_thousand(text)
    thousands, rest = _below_ten_thousand(high) if high else 1.0, _below_ten_thousand(low) if low else 0.0
    if thousands is None or rest is None:
        return None
    return thousands * _TEN_THOUSAND + (rest * 1_000 if len(low) == 1 and low in _DIGITS else rest)


def _below_ten_thousand(text: str) -> float | None:
    if text and all(char in _DIGITS for char in text):  # 二〇〇; of 两三 the larger is meant
        return (
            float("".join(str(_DIGITS[char]) for char in text)) if "〇" in text or "零" in text else _DIGITS[text[-1]]
        )
    total, digit, unit = 0.0, None, 0
    for char in text:
        if char in _TENS:
            unit = _TENS[char]
            total += (1 if digit is None else digit) * unit
            digit = None
        elif char in _DIGITS:
            unit = 1 if _DIGITS[char] == 0 else unit
            digit = _DIGITS[char]
        else:
            return None
    if digit is None:
        return total or None
    return total + digit * (unit // 10 if unit >= 100 else 1)
