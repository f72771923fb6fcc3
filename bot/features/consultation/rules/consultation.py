"""问计于青年: how long a question is open and what its asker owes afterwards (R4.4)."""

import re
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from bot.core.rules.privacy import SensitiveWords, private_details, secrecy_marking, sensitive_matters
from bot.core.rules.refusal import Refusal
from bot.core.rules.text import windows

OPEN_FOR: Final = timedelta(days=30)
"""After this no more answers are taken and the asker is reminded to tell what was adopted."""
MIN_CHARS: Final = 4
MAX_QUESTION: Final = 500
"""Characters of a question or of a result: they are read in a group, in one go."""
MAX_ANSWER: Final = 1_000
_LINK: Final = re.compile(r"https?:|www[.]", re.IGNORECASE)


class ConsultationReach(StrEnum):
    """问计范围: one linked group, a cadre's own youths, or the linked groups of an organ and below."""

    CHAT = "chat"
    YOUTHS = "youths"
    ORGS = "orgs"


class ConsultationState(StrEnum):
    """问计状态: answers are taken; its time is over and the result is still due; the result was told."""

    OPEN = "open"
    ENDED = "ended"
    CLOSED = "closed"


class ConsultationTooShort(Refusal):
    """Too few words; ``least`` characters."""

    code = "consultation.too_short"


class ConsultationTooLong(Refusal):
    """More than ``limit`` characters."""

    code = "consultation.too_long"


class ConsultationSecret(Refusal):
    """A secrecy marking (P37)."""

    code = "consultation.secret"


class ConsultationPrivate(Refusal):
    """A phone, identity or bank number or an address."""

    code = "consultation.private"


class ConsultationLink(Refusal):
    """A link: the bot posts none (channels.md)."""

    code = "consultation.link"


class AnswerTooPrivate(Refusal):
    """A sensitive matter in an answer that stands among others: 心声 asks first what is kept (P9)."""

    code = "consultation.too_private"


class ConsultationOver(Refusal):
    """An answer after its time, or after the result was told."""

    code = "consultation.over"


class ResultTold(Refusal):
    """The result of this consultation was told already."""

    code = "consultation.result_told"


def taking(state: ConsultationState, ends_at: datetime, now: datetime) -> bool:
    """Whether answers are still taken."""
    return state is ConsultationState.OPEN and now < ends_at


def answered(state: ConsultationState, ends_at: datetime, now: datetime) -> None:
    """Refuse an answer that comes too late."""
    if not taking(state, ends_at, now):
        raise ConsultationOver


def told(state: ConsultationState) -> ConsultationState:
    """The asker told what was adopted: closed, once."""
    if state is ConsultationState.CLOSED:
        raise ResultTold
    return ConsultationState.CLOSED


def checked_question(text: str) -> str:
    """The words of a question or a result, if the bot may post them."""
    plain = _checked(text, MAX_QUESTION)
    if any(_LINK.search(piece) for piece in windows(plain)):
        raise ConsultationLink
    return plain


def checked_answer(text: str, words: SensitiveWords) -> str:
    """The words of an answer, if they may be kept beside those of others."""
    plain = _checked(text, MAX_ANSWER, least=1)
    if sensitive_matters(plain, words):
        raise AnswerTooPrivate
    return plain


def _checked(text: str, limit: int, least: int = MIN_CHARS) -> str:
    plain = text.strip()
    if len(plain) < least:
        raise ConsultationTooShort(least=least)
    if len(plain) > limit:
        raise ConsultationTooLong(limit=limit, length=len(plain))
    if secrecy_marking(plain):
        raise ConsultationSecret
    if private_details(plain):
        raise ConsultationPrivate
    return plain
