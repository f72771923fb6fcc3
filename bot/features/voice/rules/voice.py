"""青年之声 Voice: kinds, the way from being said to being closed, and who alone may take which step (R2.5, R4.2, 6.4).

An item is closed only by its author's word or by seven days of silence after an answer; it goes up only by its author's
word; closed, it is opened again by its author alone.
"""

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Final

from bot.core.rules.checked import NOTHING, Forbidden, checked
from bot.core.rules.refusal import Refusal
from bot.core.rules.workdays import OFFICE_FROM, Workdays

MIN_CHARS: Final = 4
MAX_CHARS: Final = 2_000
"""Characters of what is said: fewer say nothing, more are not read in chat in one go."""
MAX_ANSWER: Final = 1_000
MAX_NOTE: Final = 500
"""Characters of what is noted when an item goes up."""
SILENCE: Final = timedelta(days=7)
"""An answer that its author says nothing about closes the item after this long (commands.md)."""
REMIND_AFTER: Final = 3
"""Workdays an item waits before its holder is reminded (6.4)."""
TELL_ABOVE_AFTER: Final = 5
"""Workdays an item waits before the organ above is told (commands.md)."""
REOPEN_WITHIN: Final = timedelta(days=30)
"""How long after closing its author may open it again."""
STALE_IF_LEFT: Final = timedelta(days=180)
"""The same, where its author has left."""
STALE_AFTER: Final = timedelta(days=365)
"""An item nobody has touched for so long ends by itself, so that its words run out too (P20)."""
SAME_WITHIN: Final = timedelta(minutes=10)
"""The same words again within this time ask first (reliability section 4)."""
_DAY: Final = timedelta(days=1)


class VoiceKind(StrEnum):
    """青年之声类型: what the item is, never what the person is (R4.2, P30)."""

    CONFUSION = "confusion"
    ISSUE = "issue"
    DIFFICULTY = "difficulty"
    SUGGESTION = "suggestion"
    COMPLAINT = "complaint"


TOLD_KINDS: Final = (VoiceKind.CONFUSION, VoiceKind.ISSUE, VoiceKind.DIFFICULTY)
"""The kinds among which the author of a 心声 chooses."""


class VoiceState(StrEnum):
    """青年之声状态: waits for its holder, answered and waits for its author, waits one level up, or closed."""

    OPEN = "open"
    ANSWERED = "answered"
    ESCALATED = "escalated"
    CLOSED = "closed"


class VoiceOutcome(StrEnum):
    """办结情况: what the author said to the answer, silence, or how it ended without one."""

    HELPFUL = "helpful"
    UNRATED = "unrated"
    NONE = "none"
    WITHDRAWN = "withdrawn"
    ERASED = "erased"
    DROPPED = "dropped"


class VoiceRating(StrEnum):
    """对回复的评价: it helped, it did not solve it, or nothing is said about that."""

    HELPFUL = "helpful"
    UNSOLVED = "unsolved"
    UNRATED = "unrated"


class VoiceAbout(StrEnum):
    """投诉对象: the linked cadre, the own organisation, or this system and everything else (K6)."""

    CADRE = "cadre"
    ORG = "org"
    OTHER = "other"


COUNTED: Final = frozenset({VoiceOutcome.HELPFUL, VoiceOutcome.UNRATED, VoiceOutcome.NONE})
"""Outcomes that count as done: there was an answer, and its author had the last word or the time for it."""


class VoiceTooShort(Refusal):
    """Too few words to answer; field ``least``."""

    code = "voice.too_short"


class VoiceTooLong(Refusal):
    """Too many words to read in one go; fields ``most``, ``length``."""

    code = "voice.too_long"


class VoiceClosed(Refusal):
    """The item is closed; only its author can open it again."""

    code = "voice.closed"


class AnsweredAlready(Refusal):
    """Somebody has answered already, and the author has not said yet whether it helped."""

    code = "voice.answered_already"


class NotAnswered(Refusal):
    """A rating where there is no answer to rate."""

    code = "voice.not_answered"


class NoWordFromAuthor(Refusal):
    """Going up without its author's yes."""

    code = "voice.no_word"


class NotClosed(Refusal):
    """Opening again what is not closed."""

    code = "voice.not_closed"


class ReopenTooLate(Refusal):
    """Closed longer ago than ``days``, or without anything left to open."""

    code = "voice.reopen_too_late"


@dataclass(frozen=True, slots=True)
class VoiceStanding:
    """办理情况: where an item stands; ``raised`` counts how often it went up."""

    state: VoiceState
    outcome: VoiceOutcome | None = None
    raised: int = 0

    @property
    def waits(self) -> bool:
        """Whether its holder owes an answer."""
        return self.state in (VoiceState.OPEN, VoiceState.ESCALATED)


def answered(standing: VoiceStanding, *, again: bool = False) -> VoiceStanding:
    """The holder answered, or dealt with it in person; ``again`` lets the same one add to their own answer."""
    _refuse_if_closed(standing)
    if standing.state is VoiceState.ANSWERED and not again:
        raise AnsweredAlready
    return replace(standing, state=VoiceState.ANSWERED)


def unanswered(standing: VoiceStanding) -> VoiceStanding:
    """What was answered did not arrive: it waits for its holder as before."""
    return _waiting_again(standing) if standing.state is VoiceState.ANSWERED else standing


def rated(standing: VoiceStanding, rating: VoiceRating) -> VoiceStanding:
    """The author's word on the answer: it closes the item, or 没解决 opens it again."""
    _refuse_if_closed(standing)
    if standing.state is not VoiceState.ANSWERED:
        raise NotAnswered
    if rating is VoiceRating.UNSOLVED:
        return _waiting_again(standing)
    return replace(standing, state=VoiceState.CLOSED, outcome=VoiceOutcome(rating.value))


def silent(
    standing: VoiceStanding, answered_at: datetime | None, now: datetime, *, heard: bool = True
) -> VoiceStanding:
    """Seven days without a word after an answer close the item; before that nothing changes.

    ``heard``: its author was shown the question whether it helped, and can be written to. Else nothing follows from
    their silence: it ends, and does not count.
    """
    if standing.state is not VoiceState.ANSWERED or answered_at is None or now - answered_at < SILENCE:
        return standing
    outcome = VoiceOutcome.NONE if heard else VoiceOutcome.DROPPED
    return replace(standing, state=VoiceState.CLOSED, outcome=outcome)


def escalated(standing: VoiceStanding, *, author_said_yes: bool) -> VoiceStanding:
    """One level up, by the author's word only."""
    _refuse_if_closed(standing)
    if not author_said_yes:
        raise NoWordFromAuthor
    return replace(standing, state=VoiceState.ESCALATED, raised=standing.raised + 1)


def reopened(standing: VoiceStanding, closed_at: datetime | None, now: datetime) -> VoiceStanding:
    """The author opens a closed item again, within thirty days, unless they had taken it back."""
    if standing.state is not VoiceState.CLOSED or closed_at is None:
        raise NotClosed
    if now - closed_at > REOPEN_WITHIN or standing.outcome in (VoiceOutcome.WITHDRAWN, VoiceOutcome.ERASED):
        raise ReopenTooLate(days=REOPEN_WITHIN.days)
    return _waiting_again(standing)


def ended(standing: VoiceStanding, outcome: VoiceOutcome) -> VoiceStanding:
    """Withdrawn or erased by its author, or over because nobody can carry it on; a closed one keeps its outcome.

    Only what its author takes back changes a closed one: it no longer counts.
    """
    gone = outcome in (VoiceOutcome.WITHDRAWN, VoiceOutcome.ERASED)
    if standing.state is VoiceState.CLOSED and not (gone and standing.outcome not in COUNTED):
        return standing
    return replace(standing, state=VoiceState.CLOSED, outcome=outcome)


def _waiting_again(standing: VoiceStanding) -> VoiceStanding:
    state = VoiceState.ESCALATED if standing.raised else VoiceState.OPEN
    return replace(standing, state=state, outcome=None)


def _refuse_if_closed(standing: VoiceStanding) -> None:
    if standing.state is VoiceState.CLOSED:
        raise VoiceClosed


def checked_voice(text: str, forbid: Forbidden = NOTHING, *, least: int = MIN_CHARS, most: int = MAX_CHARS) -> str:
    """The words of a voice, or of an answer or a note to one, if they may be kept."""
    return checked(text, least=(least, VoiceTooShort), most=(most, VoiceTooLong), forbid=forbid, names=None)


# --- time ------------------------------------------------------------------------------------------------------------


def next_morning(now: datetime, workdays: Workdays) -> datetime:
    """09:00 of the next workday: by then nobody can tell from a notice when something was said (S2.4)."""
    return _at(workdays.after(now.date(), 1), OFFICE_FROM, now)


def answer_due(held_since: datetime, workdays: Workdays) -> date:
    """The day by which a first answer is expected (6.4)."""
    return workdays.after(held_since.date(), REMIND_AFTER)


def held_before(now: datetime, n: int, workdays: Workdays) -> datetime:
    """The instant before which an item must have come to its holder to have waited ``n`` workdays by now."""
    day = now.date()
    left = n
    while left:
        left -= workdays.is_workday(day)
        day -= _DAY
    return _at(day + _DAY, time(0), now)


def _at(day: date, clock: time, now: datetime) -> datetime:
    return datetime.combine(day, clock, tzinfo=now.tzinfo)
