"""问计于青年: how long a question is open and what its asker owes afterwards (R4.4)."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from bot.domain.refusal import Refusal

OPEN_FOR: Final = timedelta(days=30)
"""After this no more answers are taken and the asker is reminded to tell what was adopted."""
MIN_CHARS: Final = 4
MAX_QUESTION: Final = 500
"""Characters of a question or of a result: they are read in a group, in one go."""
MAX_ANSWER: Final = 1_000


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
