"""问计于青年: how long a question is open and what its asker owes afterwards (R4.4)."""

import re
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from bot.core.rules.checked import Forbidden, checked
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
    """Too few words; field ``least``."""

    code = "consultation.too_short"


class ConsultationTooLong(Refusal):
    """Too many words; fields ``most``, ``length``."""

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
    return _checked(text, MIN_CHARS, MAX_QUESTION, {_links: ConsultationLink})


def checked_answer(text: str, words: SensitiveWords) -> str:
    """The words of an answer, if they may be kept beside those of others."""
    return _checked(text, 1, MAX_ANSWER, {lambda plain: sensitive_matters(plain, words): AnswerTooPrivate})


def _checked(text: str, least: int, most: int, forbid: Forbidden) -> str:
    always: Forbidden = {secrecy_marking: ConsultationSecret, private_details: ConsultationPrivate}
    least_of, most_of = (least, ConsultationTooShort), (most, ConsultationTooLong)
    return checked(text, least=least_of, most=most_of, forbid={**always, **forbid})


def _links(plain: str) -> bool:
    return any(_LINK.search(piece) for piece in windows(plain))
