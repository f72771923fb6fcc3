"""送上去的事 What cadres send up: a good practice waits for a yes or no, a request for support for an answer."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from bot.core.rules.privacy import private_details, secrecy_marking
from bot.core.rules.refusal import NotFound, Refusal
from bot.core.rules.text import first_word

LEAST: Final = 6
MOST: Final = 500
"""Characters: it is read on a phone, in one go."""
MOST_WAITING: Final = 10
"""Things of one kind that may wait of one cadre: more are no longer read with care (S9)."""


class UpwardState(StrEnum):
    """送上去的状态: received, a practice adopted or not adopted, a request answered."""

    RECEIVED = "received"
    ADOPTED = "adopted"
    NOT_ADOPTED = "not_adopted"
    ANSWERED = "answered"


class PracticeKind(StrEnum):
    """经验的类别: what is recommended: an experience, a way of doing things, a model (R1.4)."""

    EXPERIENCE = "experience"
    METHOD = "method"
    MODEL = "model"


def practice_said(text: str, names: Mapping[str, str]) -> tuple[PracticeKind, str]:
    """Its kind, where the words begin with the name of one, and what is left; an experience where they do not."""
    head, rest = first_word(text.strip())
    for kind in PracticeKind:
        if rest.strip() and head.rstrip("：:，,") == names[kind.value]:
            return kind, rest.strip()
        named = (names[kind.value] + "：", names[kind.value] + ":")
        if text.strip().startswith(named):
            return kind, text.strip()[len(named[0]) :].strip()
    return PracticeKind.EXPERIENCE, text


class UpwardNotFound(NotFound):
    """No such thing, or another organ's: the same words."""

    code = "upward.not_found"


class UpwardDone(Refusal):
    """The organ has said its word on this already; fields ``ref``, ``state``."""

    code = "upward.done"


class UpwardTooMany(Refusal):
    """So many of this cadre wait already; field ``most``."""

    code = "upward.too_many"


class UpwardTooShort(Refusal):
    """Too few words; field ``least``."""

    code = "upward.too_short"


class UpwardTooLong(Refusal):
    """More than ``most`` characters."""

    code = "upward.too_long"


class UpwardSecret(Refusal):
    """A secrecy marking (P37)."""

    code = "upward.secret"


class UpwardPrivate(Refusal):
    """A phone, identity or bank number or an address of somebody (P12)."""

    code = "upward.private"


def checked_text(text: str, *, least: int = LEAST) -> str:
    """The words, if they may be sent up or back."""
    plain = " ".join(text.split())
    if sum(char.isalnum() for char in plain) < least:
        raise UpwardTooShort(least=least)
    if len(plain) > MOST:
        raise UpwardTooLong(most=MOST, length=len(plain))
    if secrecy_marking(plain):
        raise UpwardSecret
    if private_details(plain):
        raise UpwardPrivate
    return plain


def may_send(waiting: int) -> None:
    """Refuse one more while so many wait."""
    if waiting >= MOST_WAITING:
        raise UpwardTooMany(most=MOST_WAITING)


def decided(ref: str, state: UpwardState) -> None:
    """Refuse a second word on the same thing."""
    if state is not UpwardState.RECEIVED:
        raise UpwardDone(ref=ref, state=state)
