"""个人权利请求: what a person may ask about their own data, and by when it is done (P7)."""

from datetime import timedelta
from enum import StrEnum
from typing import Final

from bot.core.rules.joining import read_age_band
from bot.core.rules.people import AgeBand
from bot.core.rules.refusal import Refusal
from bot.core.rules.text import plain_key

CONFIRM_LIFE: Final = timedelta(minutes=10)
"""A deletion is confirmed within this time; later the question is put anew."""
ANSWER_WITHIN: Final = timedelta(days=7)
"""By when the responsible person, or the cadre, has answered a request that only people can answer."""
MAX_ORG_TEXT: Final = 60
"""Characters of the organisation's name that a youth gives in a correction."""


class RightsKind(StrEnum):
    """个人权利请求类型: view, export, correct, delete, and a word with the responsible person."""

    VIEW = "view"
    EXPORT = "export"
    CORRECT = "correct"
    DELETE = "delete"
    CONTACT = "contact"


class RightsState(StrEnum):
    """请求状态: open, done, or past its due date and reported to those responsible."""

    OPEN = "open"
    DONE = "done"
    OVERDUE = "overdue"


class NothingToConfirm(Refusal):
    """确认删除 without a question, or after its ten minutes."""

    code = "rights.nothing_to_confirm"


class UnknownItem(Refusal):
    """更正 of something that is not 称呼, 年龄段 or 组织."""

    code = "rights.unknown_item"


class UnknownAge(Refusal):
    """更正 年龄段 with words that are no age band."""

    code = "rights.unknown_age"


class RosterName(Refusal):
    """The name of a cadre comes from the organisation's roster and is corrected there."""

    code = "rights.roster_name"


class NotAYouth(Refusal):
    """Age band and organisation of somebody who is a cadre only."""

    code = "rights.not_a_youth"


class OrgTextTooLong(Refusal):
    """An organisation's name of more than ``limit`` characters."""

    code = "rights.org_too_long"


_DASHES: Final = "-–—－~～至到"


def age_band_told(text: str) -> AgeBand | None:
    """The age band that ``text`` names: ``不满14``, ``14–17``, ``18以上``, ``18+``, or an age; None if none."""
    told = plain_key(text).replace(" ", "").replace("周岁", "").replace("岁", "")
    for dash in _DASHES:
        told = told.replace(dash, "-")
    named = {
        AgeBand.UNDER_14: ("不满14", "14以下", "<14", "小于14", "未满14", "不到14", "under_14"),
        AgeBand.MINOR: ("14-17", "14-18", "minor"),
        AgeBand.ADULT: ("18以上", "18及以上", "18+", "满18", "已满18", "成年", "adult"),
    }
    for band, words in named.items():
        if told in words:
            return band
    return read_age_band(text)
