"""查阅申请 and 紧急查阅: how long each lasts, and what is refused (P14, P16)."""

from datetime import timedelta
from enum import StrEnum
from typing import Final

from bot.core.rules.refusal import Refusal
from bot.core.rules.text import clean

ACCESS_LIFE: Final = timedelta(hours=72)
"""The longest time for which an approval lets somebody read."""
DECIDE_WITHIN: Final = timedelta(days=7)
"""What nobody has approved by then is refused."""
REVIEW_WITHIN: Final = timedelta(days=3)
SECOND_WITHIN: Final = timedelta(minutes=30)
"""Where nobody responsible can be told, another duty officer says the same within this time."""
MIN_REASON: Final = 4
MAX_REASON: Final = 200


class AccessState(StrEnum):
    """查阅申请状态: asked, approved, refused, or over without an answer."""

    ASKED = "asked"
    APPROVED = "approved"
    REFUSED = "refused"
    LAPSED = "lapsed"


class AccessNeeded(Refusal):
    """A minor's record that carries their name, read by others than their cadre without an approval (P14)."""

    code = "access.needed"
    denial = True


class NoReason(Refusal):
    """A reason of fewer than ``least`` or more than ``most`` characters."""

    code = "access.no_reason"


class TalksAreClosed(Refusal):
    """申请查阅 of a talk, whichever: only those who took part read it (P11)."""

    code = "access.talk"


class NobodyToApprove(Refusal):
    """No responsible person is there to be asked."""

    code = "access.nobody"


class NoApproval(Refusal):
    """查阅 without an approval in force; also for what does not exist."""

    code = "access.none"


_WITHHELD: Final = ("先不告知本人", "不告知本人", "不告诉本人", "先不告知", "不告知", "不告诉")
"""With which an officer says, before the reason, that the person is not told."""


def told_or_not(text: str) -> tuple[bool, str]:
    """Whether the officer's words say that the person is not told, and what is left of them: the reason."""
    plain = " ".join(clean(text).split())
    for word in _WITHHELD:
        if plain.startswith(word):
            return True, plain.removeprefix(word).lstrip(" ：:，,。")
    return False, plain


def checked_reason(text: str) -> str:
    """The reason in one line; refuses one that says nothing or too much."""
    plain = " ".join(clean(text).split())
    if not MIN_REASON <= len(plain) <= MAX_REASON:
        raise NoReason(least=MIN_REASON, most=MAX_REASON)
    return plain
