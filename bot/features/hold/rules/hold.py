"""暂缓删除 and 举报: by which clause, until when, what is refused, and when somebody is reminded (P21, P25, P28)."""

import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final

from bot.core.rules.access import checked_reason, told_or_not
from bot.core.rules.privacy import private_details, secrecy_marking
from bot.core.rules.refusal import Refusal
from bot.core.rules.text import clean, fold

MAX_HOLD: Final = timedelta(days=365)
"""The longest a hold lasts; a further one is a further decision."""
FIRST_HOLD: Final = timedelta(days=7)
"""How long a report keeps what it is about before a responsible person has said anything."""
REPORTED_HOLD: Final = timedelta(days=90)
"""How long what was reported to an authority is kept for it."""
REPORT_WITHIN: Final = timedelta(hours=24)
TELL_ABOVE_AFTER: Final = timedelta(days=3)
MAX_CLAUSE: Final = 40
MIN_CLAUSE: Final = 2
MAX_AUTHORITY: Final = 40
MIN_AUTHORITY: Final = 2


class ReportState(StrEnum):
    """举报状态: waits for the responsible person, was reported to an authority, or was dealt with here."""

    OPEN = "open"
    REPORTED = "reported"
    HANDLED = "handled"


class NoClause(Refusal):
    """暂缓删除 without a clause, a day or a reason that can be read."""

    code = "hold.no_clause"


class HoldTooLong(Refusal):
    """A day that is over, or further away than ``days``."""

    code = "hold.too_long"


class NoAuthority(Refusal):
    """已报告 without a place of ``least`` to ``most`` characters, or with a story, a number or an address in it."""

    code = "hold.no_authority"


@dataclass(frozen=True, slots=True)
class HoldWords:
    """暂缓删除的内容: the clause, the last day, whether its person is told, and why."""

    clause: str
    until: datetime
    secret: bool
    reason: str


_SPAN: Final = re.compile(r"([0-9]{1,3}) ?(天|日|个星期|周|个月|年)(?:后|内)?(?![0-9])")
_ISO: Final = re.compile(r"(20[0-9]{2})[-./年]([0-9]{1,2})[-./月]([0-9]{1,2})日?")
_DAY: Final = re.compile(r"([0-9]{1,2})月([0-9]{1,2})[日号]")
_DAYS_OF: Final = {"天": 1, "日": 1, "个星期": 7, "周": 7, "个月": 30, "年": 365}
_EDGE: Final = " ，,：:;；、"


def read_hold(text: str, now: datetime) -> HoldWords:
    """``<条款> <到期> <缘由>``: the first day in it parts the clause from the reason."""
    plain = " ".join(clean(text).split())
    folded = "".join(fold(char) if len(fold(char)) == 1 else char for char in plain)
    found = _first_day(folded, now)
    if found is None:
        raise NoClause
    start, end, day = found
    clause, rest = plain[:start].strip(_EDGE), plain[end:].strip(_EDGE)
    if not MIN_CLAUSE <= len(clause) <= MAX_CLAUSE:
        raise NoClause
    if day is None or not now.date() < day <= (now + MAX_HOLD).date():
        raise HoldTooLong(days=MAX_HOLD.days)
    secret, reason = told_or_not(rest)
    until = datetime.combine(day, time(23, 59), tzinfo=now.tzinfo)
    return HoldWords(clause, until, secret, checked_reason(reason))


def _first_day(text: str, now: datetime) -> tuple[int, int, date | None] | None:
    """Where the first day stands, and which it is; None for one that is in no calendar."""
    places: list[tuple[int, int, date | None]] = []
    if (iso := _ISO.search(text)) is not None:
        places.append((*iso.span(), _date(int(iso[1]), int(iso[2]), int(iso[3]))))
    elif (day := _DAY.search(text)) is not None:
        this = _date(now.year, int(day[1]), int(day[2]))
        gone = this is not None and this <= now.date()
        places.append((*day.span(), _date(now.year + 1, int(day[1]), int(day[2])) if gone else this))
    if (span := _SPAN.search(text)) is not None:
        places.append((*span.span(), now.date() + timedelta(days=int(span[1]) * _DAYS_OF[span[2]])))
    return min(places, key=lambda place: place[0], default=None)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def checked_authority(text: str) -> str:
    """The name of the authority in one line: where it was reported, and no more."""
    plain = " ".join(clean(text).split())
    if not MIN_AUTHORITY <= len(plain) <= MAX_AUTHORITY or private_details(plain) or secrecy_marking(plain):
        raise NoAuthority(least=MIN_AUTHORITY, most=MAX_AUTHORITY)
    return plain
