"""同意 Consent: scopes, texts, and when a question may be put (P1, P2, P5, P8, P10)."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from bot.core.rules.people import AgeBand

ASK_AGAIN_AFTER: Final = timedelta(days=90)
"""A no is not asked again for this long (P5)."""


class ConsentScope(StrEnum):
    """同意范围: one yes or no each; never bundled (P2)."""

    PROFILE = "profile"
    TALK_NOTES = "talk_notes"
    ORIGINAL_MESSAGES = "original_messages"
    PHONE_CHECK = "phone_check"
    NAMED_USE = "named_use"
    SENSITIVE = "sensitive"


PER_CHAT: Final = frozenset({ConsentScope.ORIGINAL_MESSAGES})
"""Scopes that hold for one group only: consent in one group opens no other (channels.md section 5)."""


@dataclass(frozen=True, slots=True)
class ConsentText:
    """同意文本: the words a person said yes to; ``hash`` goes onto the receipt (P8)."""

    version: str
    text: str

    @property
    def hash(self) -> str:
        """SHA-256 of the text, hexadecimal."""
        return hashlib.sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class ConsentTexts:
    """同意文本集: the text in force of every scope."""

    by_scope: Mapping[ConsentScope, ConsentText]

    def of(self, scope: ConsentScope) -> ConsentText:
        """The text of one scope."""
        return self.by_scope[scope]


def may_ask(*, decided: bool, refused_at: datetime | None, now: datetime) -> bool:
    """Whether the bot may put the question: not decided yet, and no refusal within 90 days."""
    return not decided and (refused_at is None or now - refused_at >= ASK_AGAIN_AFTER)


def needs_second_yes(age_band: AgeBand | None) -> bool:
    """A minor confirms once more, in simple words (P10a)."""
    return age_band is AgeBand.MINOR


def may_be_recorded(age_band: AgeBand | None) -> bool:
    """Under 14 nothing is recorded and no profile is kept (P10); without a known age band neither."""
    return age_band in (AgeBand.MINOR, AgeBand.ADULT)
