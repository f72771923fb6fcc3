"""加入: reading the age band that somebody gives (P6, P10)."""

import re
from typing import Final

from bot.core.rules.people import AgeBand
from bot.core.rules.text import plain_key

LEAGUE_AGE: Final = 14
ADULT_AGE: Final = 18
_LONGEST: Final = 24
_OLDEST: Final = 120
_TENS: Final = {c: n for n, c in enumerate("十一二三四五六七八九")}
_NUMBER: Final = r"(?P<n>\d{1,3}|[一二三四五六七八九]?十[一二三四五六七八九]?)"
_AGE: Final = re.compile(
    r"(?P<soon>(?:我|本人|要|再|得|等|到|嗯)*(?:下个?月|下下个?月|下周|明年|后年|年底|年后|过几天|过两天|再过[一二两三几半\d]+个?[天周月年]|明天|后天|大后天|过完年))?"
    r"(?:早|早就|早过|我|本人|嗯|哦|啊|今年|现在|已经|已|其实|应该|是|的|满|刚|刚刚|刚过|刚过完|过了|过|都|就|才|要|会|能|到|快到|周岁|今天|了)*?"
    r"(?P<less>不满|未满|没满|还没满|还没到|没到|不到|小于|低于|快|快要|差几个月|差一点|差[一两几半]?个?月|差[一两几]天|马上|即将|就要|下个月才|明年才|年底才|过几天才|下周才|<)?(?:满|到)?"
    + _NUMBER
    + r"(?:周)?岁?半?(?P<under>以下|以内|不到|还没到|差一点|还差)?"
    r"(?P<more>以上|及以上|多|出头|好几|\+)?(?:了|啦|啊|呀|哈|哦|的|吧|呢|整|多|嘿|周岁|岁|生日|[。.!！~～])*"
)
_SOON: Final = ("快", "快要", "马上", "即将", "就要", "下个月才", "明年才", "年底才", "过几天才", "下周才")
_SPAN: Final = re.compile(
    r"(?:我|在|是|介于|大概)*(?P<a>\d\d|十[四五六七])(?:周?岁)?(?:-|--|到|至|~|和|—)(?P<b>\d\d|十[五六七八])(?:周?岁)?(?:之间|中间|这个|那个|的|吧|了|间|区间|段)*"
)
_GROWN: Final = re.compile(r"(?:我|已经|已|早|早就|都|是)*(?:成年|成年人|大人|成年了|满十八)(?:了|啦|啊|的|人)*")


def age_band_told(text: str) -> AgeBand | None:
    """The age band that ``text`` names: stored value, ``不满14``, ``14–17``, ``我16岁啦``, ``快14了``; None if none.

    未成年 alone is none: it may be 13 or 17. A year of birth is none either: the months are missing.
    """
    bands = {band for clause in re.split(r"[,，.。;；!！~～\n]+", text[: _LONGEST * 4]) if (band := _told(clause))}
    return bands.pop() if len(bands) == 1 else None


def _told(clause: str) -> AgeBand | None:
    told = plain_key(clause).replace(" ", "")
    if told in tuple(AgeBand):
        return AgeBand(told)
    if len(told) > _LONGEST:
        return None
    told = told.translate(str.maketrans("–—－～至", "-----"))
    span = _SPAN.fullmatch(told)
    if span:
        low, high = _years(span["a"]), _years(span["b"])
        return AgeBand.MINOR if LEAGUE_AGE <= low < high <= ADULT_AGE else None
    if _GROWN.fullmatch(told):
        return AgeBand.ADULT
    found = _AGE.fullmatch(told)
    return _band(found) if found else None


def _band(found: re.Match[str]) -> AgeBand | None:
    years = _years(found["n"])
    if not len(AgeBand) < years <= _OLDEST:
        return None  # 1 to 3 are the options' numbers
    if found["less"] or found["under"] or found["soon"]:
        years -= 1
        if not found["soon"] and found["less"] not in _SOON and years not in (LEAGUE_AGE - 1,):
            return None if years >= LEAGUE_AGE else AgeBand.UNDER_14
    elif found["more"] == "以上" and years < ADULT_AGE:
        return None  # 14 以上 may be 20
    if years < LEAGUE_AGE:
        return AgeBand.UNDER_14
    return AgeBand.MINOR if years < ADULT_AGE else AgeBand.ADULT


def _years(told: str) -> int:
    if told.isdigit():
        return int(told)
    tens, _, ones = told.partition("十")
    return (_TENS[tens] if tens else 1) * 10 + (_TENS[ones] if ones else 0)
