"""发起的说法: the parts of an announcement in any order: kind, time, place, topic, seats (commands.md)."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from bot.core.rules.when import Exact, Reading, find_ahead
from bot.core.rules.when.numbers import number
from bot.core.rules.workdays import Workdays
from bot.features.activity.rules.activity import MOST_SEATS, ActivityWrongSeats, Plan

_NUMBER: Final = r"[0-9０-９零〇一二两三四五六七八九十百千]+"
_SEATS: Final = re.compile(rf"(?:限额?|最多|名额)\s*[:：]?\s*(-?(?:{_NUMBER}))\s*(?:个?人|位|名|个)?$")
_UNLIMITED: Final = ("不限", "不限人", "不限人数", "人数不限")
_LASTING: Final = re.compile(rf"(?:共|时长|大概|大约|约)?({_NUMBER}|半)(?:个)?(半)?(小时|钟头|分钟)(半)?$")
_PLACE: Final = (
    "(?:社区|小区|广场|中心|[大中小]学|学校|公园|馆|室|食堂|宿舍|礼堂|[操球]场|车间|工厂|医院|车站|地铁站|街道?|[村镇楼厅路桥院]"
    "|[居村]委会|服务站|驿站|之家|基地|园区|大厦|门口|[河湖江海]边|团委)"
)
_PLACES: Final = re.compile(f"{_PLACE}$")
_AT: Final = re.compile(f"在(.{{1,20}}?{_PLACE})(?!{_PLACE})(.+)")
"""在清溪社区打球: the place and what is done there, in one word."""
_ONLINE: Final = ("线上", "网上", "腾讯会议", "群里", "直播")


def looks_like_place(words: str) -> bool:
    """Whether a place is more likely than a topic: 清溪社区, 在车间, 线上."""
    return words.startswith(("在", "地点")) or words in _ONLINE or _PLACES.search(words) is not None


def said_kind(words: str, kinds: Mapping[str, str]) -> str | None:
    """The kind that these words name, with courtesy or 活动 around it; None: none of them."""
    told = "".join(words.split())
    if told in kinds:
        return kinds[told]
    found = {kind for word, kind in kinds.items() if word in told}
    return found.pop() if len(found) == 1 else None


def seats_said(words: str) -> int | None:
    """``10人``, ``十人``; None for ``不限``; refuses ``activity.wrong_seats``: none, a negative one, too many."""
    bare = re.sub(r"(?:个?人|位|名|个)$", "", words.strip())
    if bare in _UNLIMITED or bare == "不限":
        return None
    told = number(bare)
    if told is None or not 1 <= told <= MOST_SEATS:
        raise ActivityWrongSeats(most=MOST_SEATS)
    return told


def lasting(words: str) -> timedelta | None:
    """``两小时``, ``一个半小时``, ``90分钟``: how long it lasts."""
    found = _LASTING.fullmatch(words)
    if found is None:
        return None
    told, half, unit, after = found.groups()
    count = 0.5 if told == "半" else number(told)
    if count is None or count <= 0:
        return None
    count += 0.5 if half or after else 0
    return timedelta(minutes=count) if unit == "分钟" else timedelta(hours=count)


def read_plan(text: str, kinds: Mapping[str, str], now: datetime, workdays: Workdays) -> tuple[Plan, Reading | None]:
    """What an announcement says, and how its time reads: whoever asks decides what is done about two readings."""
    found = find_ahead(text, now, workdays)
    reading = found.reading if found is not None else None
    tokens = (found.rest if found is not None else text).split()
    kind: str | None = None
    seats: int | None = None
    length: timedelta | None = None
    left: list[str] = []
    for token in tokens:
        if kind is None and token in kinds:
            kind = kinds[token]
        elif seats is None and (told := _SEATS.fullmatch(token)):
            seats = seats_said(told[1])
        elif token in _UNLIMITED:
            continue
        elif length is None and (lasts := lasting(token)) is not None:
            length = lasts
        else:
            left.append(token)
    starts_at = ends_at = None
    if isinstance(reading, Exact):
        starts_at = reading.at
        ends_at = reading.end or (reading.at + length if length is not None else None)
    return _worded(Plan(kind, starts_at, ends_at, seats=seats), left), reading


def _worded(plan: Plan, left: list[str]) -> Plan:
    """Of the words left the first is the place and the others the topic, unless another one looks more like a place."""
    if not left:
        return plan
    if len(left) == 1 and (both := _AT.fullmatch(left[0])):
        return replace(plan, place=both[1], topic=both[2])
    if len(left) == 1:
        [only] = left
        return replace(plan, place=_bare(only)) if looks_like_place(only) else replace(plan, topic=only)
    place = next((words for words in left if looks_like_place(words)), left[0])
    topic = [words for words in left if words is not place]
    return replace(plan, place=_bare(place), topic=" ".join(topic))


def _bare(place: str) -> str:
    """Without the word that led to it."""
    return re.sub(r"^(?:地点[:：]?|在)(?=.)", "", place)
