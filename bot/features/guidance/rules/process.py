"""过程: what was done, in words that a record may hold (R6.5, P37)."""

from typing import Final

from bot.core.rules.checked import Forbidden, checked
from bot.core.rules.privacy import private_details, secrecy_marking
from bot.core.rules.refusal import Refusal
from bot.features.guidance.rules.checklist import GuidanceProcessMissing

LEAST: Final = 8
"""Characters of a process at least: when, where and what do not fit into fewer."""
MOST: Final = 500


class GuidanceTooLong(Refusal):
    """Too many words; fields ``most``, ``length``."""

    code = "guidance.too_long"


class GuidanceSecret(Refusal):
    """A secrecy marking (P37)."""

    code = "guidance.secret"


class GuidancePrivate(Refusal):
    """A phone, identity or bank number or an address of somebody."""

    code = "guidance.private"


def checked_process(text: str) -> str:
    """The words of a process, if a record may hold them."""
    plain = " ".join(text.split())
    if sum(char.isalnum() for char in plain) < LEAST:
        raise GuidanceProcessMissing(least=LEAST)
    forbid: Forbidden = {secrecy_marking: GuidanceSecret, private_details: GuidancePrivate}
    return checked(plain, most=(MOST, GuidanceTooLong), forbid=forbid)
