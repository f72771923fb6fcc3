"""多久一次: the words that say how often, 每周 or 隔天 or 单月, found apart from the day and the hour beside them."""

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from bot.core.rules.when.numbers import NUMBER, number
from bot.core.rules.when.patterns import WD, W

N: Final = NUMBER


class Cycle(StrEnum):
    """多久一次: the unit in which something comes again."""

    MINUTES = "minutes"
    DAYS = "days"
    WORKDAYS = "workdays"
    WEEKS = "weeks"
    MONTHS = "months"
    LUNAR_MONTHS = "lunar_months"
    QUARTERS = "quarters"
    YEARS = "years"


@dataclass(frozen=True, slots=True)
class Cyclic:
    """多久一次的话: how often, what it says of the day already, and where it stands."""

    cycle: Cycle
    every: int
    spans: tuple[tuple[int, int], ...]
    strict: bool = False
    """隔: every two, or every three? Asked from two on."""
    edge: str = ""
    months: str = ""
    """单月 or 双月; the month of a quarter."""
    part: str = ""
    doubled: bool = False
    """天天: said of much that is no reminder, so it takes a day or an hour beside it."""
    lunar_day: str = ""
    asked: bool = False
    """每半年: it was not said from which month on."""
    bare: bool = False
    """工作日 without 每: every one only where an hour is said too."""
    bad_day: str = ""
    """每周八."""


_LUNAR_DAY: Final = (
    r"(?:初[一二三四五六七八九十]|廿[一二三四五六七八九]?|(?:三十|二?十[一二三四五六七八九]?)(?![一二三四五六七八九]?[点时])"
    r"|\d{1,2}(?![\d:点]))"
)
_EACH: Final = "(?:每逢|每到|每|逢)"
_WORDS: Final = {
    Cycle.MINUTES: rf"每隔?(?:(?P<mi_half>半)|(?P<mi_n>{N}))?个?(?P<mi_h>半)?(?P<mi_u>分钟?|刻钟|小时|钟头)",
    Cycle.WORKDAYS: r"每一?个?(?:工作日|上班日)(?:每天)?|(?<![个\d一二三四五六七八九十])工作日的?(?:每天|都)?",
    Cycle.DAYS: (
        rf"每(?P<d_part>晚|早)上?|每一?[天日](?:都)?|天天|日日"
        rf"|每(?P<d_gap>隔)?(?P<d_n>{N})[天日]|隔(?P<d_gap2>{N})?[天日]|每隔[天日]"
    ),
    Cycle.LUNAR_MONTHS: (
        rf"(?:(?:农历|阴历|旧历)的?每个?月|每个?月的?(?:农历|阴历|旧历)|每个?(?:农历|阴历)月)的?(?P<lm_d>(?:{_LUNAR_DAY}[、,和及]?){{1,4}})?[日号]?"
    ),
    Cycle.WEEKS: (
        rf"{_EACH}?个?{W}(?P<w_times>[一二两三四五六七1-7]次)|{_EACH}{W}(?P<w_bad>[八九十零〇089])(?![点:\d个])"
        rf"|{_EACH}个?(?={W}(?:{WD}|[1-7末]))|{_EACH}个?{W}(?:的|都要?)?|(?<![一二两三四个后下上本这])周周(?![一二三四五六日天末])"
        rf"|每(?P<w_gap>隔)?(?P<w_n>{N})个?{W}(?:的|一次)?|(?:每隔|隔)(?={W}{WD}(?!{WD}))|隔(?P<w_gap2>{N})?个?{W}(?:的|一次)?|每隔{W}的?"
    ),
    Cycle.MONTHS: (
        rf"每(?P<m_half>半)年的?|(?:{_EACH}个?)?(?P<m_odd>单月|双月|奇数月|偶数月|单数月|双数月)(?:份)?的?|每一?个?月份?(?P<m_once>[一二两1-3]次)?的?(?P<m_e>月?[底末]|月?初)?"
        rf"|(?<![个上下这本])月月(?![底末初])|每(?P<m_gap>隔)?(?P<m_n>{N})个月的?|隔(?P<m_gap2>{N})?个?月的?"
    ),
    Cycle.QUARTERS: (
        r"每一?个?季度?(?:里|内)?的?(?:(?P<q_m>第[一二三1-3]个月|首月|首个月|头一?个月|最后一?个月|末月|中间一?个月)的?|(?P<q_e>季?度?[末底初]))?"
    ),
    Cycle.YEARS: rf"每一?年的?|年年|每(?P<y_gap>隔)?(?P<y_n>{N})年的?",
}
_CYCLE: Final = re.compile("|".join(f"(?P<{cycle}>{words})" for cycle, words in _WORDS.items()))


def find_cycle(text: str) -> Cyclic | None:
    """How often something comes again; None if the text does not say so."""
    found = list(_CYCLE.finditer(text))
    if not found:
        return None
    first = found[0]
    cycle = Cycle(first.lastgroup or "")
    for other in found[1:]:
        # 工作日每天 is workdays; 周五…每周都要 is said once more.
        if other.lastgroup == Cycle.WORKDAYS and cycle is Cycle.DAYS:
            first, cycle = other, Cycle.WORKDAYS
    doubled = first[0] in ("天天", "日日", "周周", "月月", "年年")
    spans = tuple(one.span() for one in found if one.lastgroup in (cycle, Cycle.DAYS, first.lastgroup))
    return replace(_cyclic(cycle, first, spans), doubled=doubled)


def _cyclic(cycle: Cycle, found: re.Match[str], spans: tuple[tuple[int, int], ...]) -> Cyclic:
    def said(name: str) -> str:
        return found[name] or ""

    match cycle:
        case Cycle.MINUTES:
            return Cyclic(cycle, _minutes(found), spans)
        case Cycle.DAYS:
            gap = said("d_gap") or "隔" in found[0]
            n = number(said("d_n") or said("d_gap2") or "一") or 1
            return Cyclic(cycle, n + 1 if gap else n, spans, strict=bool(gap and n > 1), part=said("d_part"))
        case Cycle.WEEKS:
            gap = said("w_gap") or "隔" in found[0]
            n = number(said("w_n") or said("w_gap2") or "一") or 1
            return Cyclic(cycle, n + 1 if gap else n, spans, strict=bool(gap and n > 1), bad_day=said("w_bad"))
        case Cycle.MONTHS:
            gap = said("m_gap") or "隔" in found[0]
            n = number(said("m_n") or said("m_gap2") or "一") or 1
            odd = said("m_odd")[:1]
            if said("m_half"):
                return Cyclic(cycle, 6, spans, asked=True)
            return Cyclic(
                cycle, n + 1 if gap else n, spans, strict=bool(gap and n > 1), edge=said("m_e")[-1:], months=odd
            )
        case Cycle.QUARTERS:
            return Cyclic(cycle, 1, spans, edge=said("q_e")[-1:], months=said("q_m"))
        case Cycle.YEARS:
            return Cyclic(cycle, number(said("y_n") or "一") or 1, spans, strict=bool(said("y_gap")))
        case Cycle.LUNAR_MONTHS:
            return Cyclic(cycle, 1, spans, lunar_day=said("lm_d"))
        case Cycle.WORKDAYS:
            return Cyclic(cycle, 1, spans, bare="每" not in found[0] and len(spans) == 1)


def _minutes(found: re.Match[str]) -> int:
    unit = {"小时": 60, "钟头": 60, "刻钟": 15}.get(found["mi_u"], 1)
    count = 0.5 if found["mi_half"] else float(number(found["mi_n"] or "一") or 0)
    return int(unit * (count + (0.5 if found["mi_h"] else 0)))


def lunar_days(said: str) -> list[str]:
    """The days of 初一十五, without 初."""
    return [one.removeprefix("初") for one in re.findall(_LUNAR_DAY, said)]
