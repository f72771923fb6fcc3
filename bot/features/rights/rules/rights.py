"""个人权利请求: what a person may ask about their own data, and by when it is done (P7)."""

from datetime import timedelta
from enum import StrEnum
from typing import Final

from bot.core.rules.refusal import Refusal

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


class OrgTooOften(Refusal):
    """更正 组织 several times in a few minutes: each is put to the cadres."""

    code = "rights.org_too_often"


class OrgTextTooLong(Refusal):
    """An organisation's name that is too long; field ``most``."""

    code = "rights.org_too_long"
