"""What should not be kept: private details (P24), secrecy markings (P37), sensitive matters (P9); in linear time."""

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from itertools import islice
from typing import Any, Final

from bot.core.rules.phrases import Phrases, plain_text, see
from bot.core.rules.text import windows

OVERLAP: Final = 96
"""Characters that two windows share: longer than any number, address or marking looked for."""


class PrivateDetail(StrEnum):
    """个人隐私信息: details that a youth is asked to recall and that are not stored (P24)."""

    PHONE = "phone"
    ID_CARD = "id_card"
    BANK_CARD = "bank_card"
    ADDRESS = "address"


class SensitiveMatter(StrEnum):
    """敏感事项: matters of which nothing is kept before a separate yes (P9)."""

    ILLNESS = "illness"
    MEDICINE = "medicine"
    SELF_HARM = "self_harm"
    ABUSE = "abuse"
    SEXUALITY = "sexuality"
    RELIGION = "religion"
    DEBT = "debt"
    CRIME = "crime"


# --- private details -------------------------------------------------------------------------------------------------

_DIGITS: Final = dict(zip("〇零一二三四五六七八九幺壹贰叁肆伍陆柒捌玖", "001234567891123456789", strict=True))
_BETWEEN: Final = " -._·~/\t"
MAX_BETWEEN: Final = 2
"""Spaces or dashes that may stand between two digits of one number."""

_MOBILE: Final = re.compile(r"(?:00)?(?:86)?1[3-9][0-9]{9}")
_ID_CARD: Final = re.compile(r"[1-9][0-9]{5}(?:19|20)[0-9]{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])[0-9]{3}[0-9x]")
_LANDLINE: Final = re.compile(r"(?<![0-9])[(]?0[1-9][0-9]{1,2}[)-][ ]?[2-9][0-9]{6,7}(?![0-9])")
_CARD_WORDS: Final = ("卡号", "银行卡", "储蓄卡", "账号", "户头", "打到卡")
_CARD_WORD_REACH: Final = 16


def private_details(text: str) -> frozenset[PrivateDetail]:
    """The kinds of private details in a text; the details themselves leave this module nowhere."""
    found: set[PrivateDetail] = set()
    for piece in windows(plain_text(text, {}), overlap=OVERLAP):
        for start, number in _numbers(piece):
            found.update(_kinds_of(number, piece[max(0, start - _CARD_WORD_REACH) : start]))
        if _LANDLINE.search(piece):
            found.add(PrivateDetail.PHONE)
        if _is_address(piece):
            found.add(PrivateDetail.ADDRESS)
    return frozenset(found)


def _numbers(text: str) -> Iterator[tuple[int, str]]:
    """Every row of digits with where it begins: ``138 1234-5678``, also in Chinese digits, with a last X."""
    number: list[str] = []
    start = between = 0
    for index, char in enumerate(text):
        digit = char if char.isascii() and char.isdigit() else _DIGITS.get(char)
        if digit is None and char == "x" and len(number) == 17:
            digit = "x"
        if digit is not None:
            start = start if number else index
            number.append(digit)
            between = 0
        elif number:
            between += 1
            if char not in _BETWEEN or between > MAX_BETWEEN:
                yield start, "".join(number)
                number = []
    if number:
        yield start, "".join(number)


def _kinds_of(number: str, before: str) -> Iterator[PrivateDetail]:
    """What a row of digits is; also two to four mobile numbers in a row, as in ``13812345678 13912345678``."""
    in_a_row = len(number) in (22, 33, 44) and all(
        _MOBILE.fullmatch(number, i, i + 11) for i in range(0, len(number), 11)
    )
    if _MOBILE.fullmatch(number) or in_a_row:
        yield PrivateDetail.PHONE
    if _ID_CARD.fullmatch(number):
        # The check digit is not asked for: a mistyped number still says who somebody is.
        yield PrivateDetail.ID_CARD
        return
    told = any(word in before for word in _CARD_WORDS)
    if 16 <= len(number) <= 19 and number.isdigit() and (told or (number[0] in "3456" and _luhn(number))):
        yield PrivateDetail.BANK_CARD


def _luhn(number: str) -> bool:
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


_NUM: Final = "[0-9a-z一二三四五六七八九十百]{1,6}"
_DOOR: Final = re.compile(
    rf"(?<![0-9a-z]){_NUM} ?(?:栋|幢|座|号楼|#楼|单元) ?-? ?{_NUM} ?(?:单元|门|层|楼|室|号|户|房|-)?"
    r" ?-?[0-9]{0,5} ?(?:室|户|房|号)?"
)
_FULL_DOOR: Final = re.compile(r"(?:栋|幢|座|号楼|#楼).{0,12}(?:单元|门).{0,4}[0-9]{3,4}|单元.{0,6}[0-9]{3,4}")
_PLACE: Final = "路|街|大道|巷|弄|胡同|村|庄|屯|镇|乡|小区|花园|公寓|家园|新村|社区"
_STREET: Final = re.compile(
    rf"[\u4e00-\u9fff]{{2}}(?:{_PLACE})[\u4e00-\u9fff]{{0,6}} ?{_NUM} ?(?:号|弄|组|队|栋|幢|户)"
)
_BEHIND_PLACE: Final = re.compile(rf"(?:{_PLACE}|苑|城|庭|府|宿舍|院|里)[^。,;!?]{{0,6}}$")
_AT_HOME: Final = re.compile(r"我家|家住|住在|我住|住址|地址|寄到|寄给|收货|快递到|来我这|家在|门牌")
_PUBLIC: Final = re.compile(
    r"教室|会议室|办公室|报告厅|活动室|实验室|集合|中心|教学楼|图书馆|食堂|团委|机房|操场|签到|讲座|开会|上课"
)
_HOME_REACH: Final = 12
MAX_DOORS: Final = 50
"""Doors looked at in one window of text; a list of more is no home."""
_PUBLIC_REACH: Final = 8


def _is_address(text: str) -> bool:
    """A home address, cautiously: a door (栋, 单元, 室) behind a street or said to be home, or a street number said so.

    A door or number of a public room (``3 号楼 201 教室``) is a meeting place.
    """
    for found in islice(_DOOR.finditer(text), MAX_DOORS):
        before = text[max(0, found.start() - 2 * _HOME_REACH) : found.start()]
        told = (
            _AT_HOME.search(before[-_HOME_REACH:]) or _BEHIND_PLACE.search(before) or _FULL_DOOR.search(found.group())
        )
        if told and not _is_public(text, found):
            return True
    return any(
        _AT_HOME.search(text, max(0, found.start() - _HOME_REACH), found.start() + 3) and not _is_public(text, found)
        for found in islice(_STREET.finditer(text), MAX_DOORS)
    )


def _is_public(text: str, found: re.Match[str]) -> bool:
    return _PUBLIC.search(text, max(0, found.start() - _PUBLIC_REACH), found.end() + _PUBLIC_REACH) is not None


# --- secrecy markings ------------------------------------------------------------------------------------------------

_GRADE: Final = "(?:绝密|机密|秘密)"
_MARKINGS: Final = re.compile(
    rf"{_GRADE} ?[★☆*]"
    rf"|[【\[(〔《<「] ?(?:{_GRADE}|密|内部|涉密|密件|内部文件|内部资料|内部使用|内部材料) ?[】\])〕》>」]"
    rf"|密级 ?:? ?(?:{_GRADE}|内部)"
    rf"|(?m:^ *(?:{_GRADE}|密件|内部文件|内部资料|内部材料|内部使用)(?: *(?:[0-9]+年|长期|件))? *$)"
    r"|内部(?:资料|文件|材料|使用|传阅|参考|刊物)[^。\n]{0,10}(?:注意保存|注意保密|不得|请勿|严禁|勿|妥善保管|禁止|切勿|不要)(?:外传|转发|传播|泄露|翻印|复印|外泄|公开|扩散)?"
    r"|(?:仅供|仅限|限)[^。\n]{0,4}内部(?:使用|传阅|参考|交流|人员)"
    rf"|(?:这是|属于|标着|标有|标注|上面写着|盖着|盖了)[^。\n]{{0,6}}{_GRADE}(?:文件|级|章|件|资料|材料|字样|的?文)"
    rf"|{_GRADE}(?:文件|级文件|件)(?:如下|内容|全文|扫描|照片|给你|发你|别外传|不要外传)"
)


def secrecy_marking(text: str) -> bool:
    """Whether a text is marked 密, 秘密, 机密, 绝密 or 内部 (P37); ``秘密花园`` and ``内部矛盾`` are only words."""
    return any(_MARKINGS.search(piece) for piece in windows(plain_text(text, {}), overlap=OVERLAP))


# --- sensitive matters -----------------------------------------------------------------------------------------------


class SensitiveWords:
    """敏感词表: the phrases of ``templates/sensitive/words.toml``, read once at start."""

    def __init__(self, replace: Mapping[int, str], idioms: Phrases, phrases: Phrases) -> None:
        self.replace = replace
        self.idioms = idioms
        self.phrases = phrases

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "SensitiveWords":
        """Build the words from the parsed data file; raises ``ValueError`` or ``KeyError`` naming what is wrong."""
        replace = {ord(char): plain for plain, chars in data["replace"].items() for char in chars}
        return cls(
            replace,
            Phrases({"idiom": data["idioms"]["phrases"]}, replace),
            Phrases({matter: data[matter]["phrases"] for matter in SensitiveMatter}, replace),
        )


def sensitive_matters(text: str, words: SensitiveWords) -> frozenset[SensitiveMatter]:
    """The sensitive matters a text touches; it describes the text, never the person (P30).

    The caller who also looks for crisis words adds what they found: ``SensitiveMatter(sign.kind)`` where it exists.
    """
    plain = plain_text(text, words.replace)
    return frozenset(map(SensitiveMatter, words.phrases.labels(see(words.idioms.without(plain)))))
