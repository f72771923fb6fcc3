"""节日: the named days that people use for dates; the statutory ones among them are known to ``workdays``."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache, partial
from typing import Final

from bot.core.rules.lunar import TERMS, lunar_date, new_years_eve, solar_term

_BEYOND: Final = r"(?![\d个人块元号班年路中楼比军厂点时月%]|广场|大道|公司|小区)"
_APART: Final = r"(?<![\d零一二三四五六七八九十第周期拜])"

_NO_SURNAME: Final = "(?<![李王张刘陈杨赵周吴徐孙胡朱高林何郭马罗])"
_DIRECTLY: Final = "放假|假期|长假|黄金周|当天"

_SOLAR: Final = {
    "元旦|新年第一天": (1, 1),
    "情人节": (2, 14),
    "学雷锋(?:纪念)?日|雷锋日|中国青年志愿者服务日|青年志愿者服务日": (3, 5),
    f"三八(?:妇女)?节|国际妇女节|妇女节|女神节|{_APART}三八{_BEYOND}": (3, 8),
    "植树节": (3, 12),
    "愚人节": (4, 1),
    "全民国家安全教育日|国家安全教育日|国家安全日": (4, 15),
    "世界读书日|读书日": (4, 23),
    f"五一(?:国际)?(?:劳动)?节|劳动节|{_APART}五一{_BEYOND}": (5, 1),
    f"五四(?:青年)?节|青年节|{_APART}五四{_BEYOND}": (5, 4),
    "建团(?:纪念)?[日节]": (5, 5),
    "护士节": (5, 12),
    "(?:全国)?大学生心理健康日|心理健康日": (5, 25),
    f"六一(?:国际)?(?:儿童)?节|儿童节|{_APART}六一{_BEYOND}": (6, 1),
    "高考(?=第一天|首日|当天|前|后)|高考首日": (6, 7),
    "国际禁毒日|禁毒日": (6, 26),
    f"七一(?:建党)?节|建党(?:纪念)?[日节]|党的生日|{_APART}七一{_BEYOND}": (7, 1),
    f"八一(?:建军)?节|建军[日节]|{_APART}八一{_BEYOND}": (8, 1),
    "抗战胜利(?:纪念)?日": (9, 3),
    "教师节": (9, 10),
    "九一八(?:纪念日)?|九·一八": (9, 18),
    "烈士纪念日": (9, 30),
    f"{_NO_SURNAME}国庆节?|{_APART}十一(?={_DIRECTLY}|节?[前后](?:第|最后|一天|\\d|[一二三四五六七八九]))": (
        10,
        1,
    ),
    "世界精神卫生日|精神卫生日": (10, 10),
    "(?:少先队)?建队(?:纪念)?日": (10, 13),
    "双十一|光棍节": (11, 11),
    "世界艾滋病日|艾滋病日": (12, 1),
    "国家宪法日|宪法日": (12, 4),
    "国际志愿者日|国际志愿人员日": (12, 5),
    f"一二[·・]?九(?:运动)?(?:纪念日)?{_BEYOND}": (12, 9),
    "双十二": (12, 12),
    "国家公祭日|公祭日": (12, 13),
    "平安夜": (12, 24),
    "圣诞节?": (12, 25),
    "跨年夜": (12, 31),
}
_LUNAR: Final = {
    "春节|大年初一|农历新年|过大年": (1, 1),
    "元宵节?|灯节": (1, 15),
    "龙抬头": (2, 2),
    "端午节?": (5, 5),
    "七夕节?": (7, 7),
    "中元节": (7, 15),
    "中秋节?": (8, 15),
    "重阳节?": (9, 9),
    "腊八节?": (12, 8),
}
_WEEKS: Final = {"母亲节": (5, 2), "父亲节": (6, 3)}
"""Month, and which of its Sundays."""
EVE: Final = "除夕"
LITTLE_NEW_YEAR: Final = "小年"
"""23rd of 腊月 in the north, 24th in the south (requirements 7.2)."""
_EVE_WORDS: Final = "除夕夜?|大年夜|大年三十|(?<![\\d二])年三十"
_LITTLE: Final = r"(?:北方|南方)?小年(?:夜)?(?!轻|级|龄|糕|青)"
WEAK: Final = frozenset(("雨水", "小满", "小雪", "大雪", "白露", "霜降", "小寒", "大寒", "芒种", "谷雨"))
"""Names that are other things too: a date only where nothing else is said or a time stands beside them."""
_TERM_TAIL: Final = "(?:节气|那天|当天|这天)?"


@dataclass(frozen=True, slots=True)
class Festival:
    """节日: its day in a calendar year; a solar or lunar month and day, or a name by which ``named_day`` knows it."""

    day: Callable[[int], date]
    solar: tuple[int, int] | None = None
    lunar: tuple[int, int] | None = None
    name: str = ""
    weak: bool = False


def _nth_sunday(month: int, n: int) -> Callable[[int], date]:
    def day(year: int) -> date:
        first = date(year, month, 1)
        return first + timedelta(days=(6 - first.weekday()) % 7 + 7 * (n - 1))

    return day


def lunar_in(year: int, month: int, day: int) -> date | None:
    """The date in this calendar year of a lunar day that counts yearly: leap months do not."""
    for lunar_year in (year, year - 1):
        found = lunar_date(lunar_year, month, day)
        if found is not None and found.year == year:
            return found
    return None


def _lunar(month: int, day: int) -> Callable[[int], date]:
    def of_year(year: int) -> date:
        found = lunar_in(year, month, day)
        return found if found is not None else lunar_in(year + 1, month, day) or date(year, 12, 31)

    return of_year


def named_day(name: str, year: int) -> date:
    """The day of 除夕, 母亲节, 父亲节 or a solar term in this calendar year."""
    if name == EVE:
        return new_years_eve(year)
    return _nth_sunday(*_WEEKS[name])(year) if name in _WEEKS else solar_term(year, name)


def _all() -> list[tuple[str, Festival]]:
    found: list[tuple[str, Festival]] = [(_EVE_WORDS, Festival(new_years_eve, name=EVE))]
    for words, (month, day) in _SOLAR.items():
        found.append((words, Festival(partial(date, month=month, day=day), solar=(month, day))))
    for words, (month, day) in _LUNAR.items():
        weak = words.startswith("元宵")
        found.append((f"{_NO_SURNAME}(?:{words})", Festival(_lunar(month, day), lunar=(month, day), weak=weak)))
    named = {**dict.fromkeys(_WEEKS, ""), **dict.fromkeys(TERMS, _TERM_TAIL)}
    found += [(n + tail, Festival(partial(named_day, n), name=n, weak=n in WEAK)) for n, tail in named.items()]
    return found


_ABOUT: Final = (
    "月饼|粽子|晚会|快乐|安康|礼[物品]|贺卡|主题|活动|团课|联欢|特别|专场|诗?[诵朗]|征文|系列"
    "|慰问|节目|知识|文化|习俗|传统|合唱"
)
"""Behind a festival: then it is what something is about, and no date."""
TWO_DAYS: Final = {"志愿者日": ((3, 5), (12, 5))}
"""Names that two days of the year have."""
_ALL: Final = _all()
FESTIVAL: Final = (
    rf"(?:{'|'.join((*(words for words, _ in _ALL), _LITTLE, *TWO_DAYS))})(?!老师|同学|书记|主任|[哥姐]|{_ABOUT})"
)
"""A pattern for the words of every named day."""
FESTIVAL_STARTS: Final = (
    "[元新情学雷中青三国妇女植愚全世读五劳建护大心六儿高禁七党八抗教九烈十精少双光艾宪一公平圣跨"
    "春农过灯龙端重腊除年母父小立雨惊清谷夏芒处白秋寒霜冬北南志]"
)
"""What these may begin with."""
_READ: Final = [(re.compile(words), festival) for words, festival in _ALL]


@lru_cache(maxsize=256)
def festival(words: str) -> Festival | None:
    """The named day that these words, found by ``FESTIVAL``, say; None for 小年, which has two."""
    if re.fullmatch(_LITTLE, words):
        return None
    # What must or must not stand behind some names was seen when they were found.
    matches = ((pattern.match(words) or pattern.match(words + "前第"), found) for pattern, found in _READ)
    return max(((match.end(), found) for match, found in matches if match), key=lambda pair: pair[0])[1]
