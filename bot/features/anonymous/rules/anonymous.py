"""匿名留言: who may ever be told of it, when it comes out, and the code that opens its answer (P23, reliability 13.3).

Nothing here knows who wrote. Every rule is there so that the time at which a voice becomes visible says nothing about
the time at which it was written.
"""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Final

from bot.core.rules.bind import CODE_ALPHABET, MISREAD, SEPARATORS
from bot.core.rules.refusal import Refusal
from bot.core.rules.text import fold
from bot.features.voice.rules.voice import VoiceOutcome, VoiceState

CODE_CHARS: Final = 16
"""80 bits in base 32: nobody guesses a code, and its keyed hash tells nothing."""
CODE_GROUP: Final = 4
MISSED_AFTER: Final = timedelta(hours=2)
"""A batch that could not be closed by then waits for the next one."""
MAX_BATCHES: Final = 2
"""Days of the week with a batch, at most: more often would be closer to the moment of writing."""
WEEK: Final = timedelta(days=7)
_BITS: Final = 5  # of one character


class AnonymousState(StrEnum):
    """匿名留言状态: waits for its batch; then as a voice: waits for an answer, answered, handed up, closed."""

    WAITING = "waiting"
    OPEN = "open"
    ANSWERED = "answered"
    ESCALATED = "escalated"
    CLOSED = "closed"


RELEASED: Final = tuple(AnonymousState(state.value) for state in VoiceState)
"""States in which the organ can see it."""


class AuthorsWord(StrEnum):
    """取件人的话: what the holder of the code says; it becomes visible with the next batch only."""

    HELPFUL = "helpful"
    UNSOLVED = "unsolved"
    UNSOLVED_UP = "unsolved_up"
    UNRATED = "unrated"
    ERASED = "erased"


class RulesTooLoose(ValueError):
    """A setting that would make anonymous voices easier to attribute than the rule allows."""


class AnonymousNobody(Refusal):
    """No organisation above has anybody who could read it: nothing is taken."""

    code = "anonymous.nobody"


class AnonymousSecrecy(Refusal):
    """Words marked as secret are not stored (P37)."""

    code = "anonymous.secrecy"


class AnonymousEnough(Refusal):
    """So many from one account within a day would drown the others in a batch; ``most``."""

    code = "anonymous.enough"


class ChooseFirst(Refusal):
    """Other words while the draft waits for one of ``options`` answers: nothing of them is taken."""

    code = "anonymous.choose"


class CodeUnknown(Refusal):
    """No voice has this code: mistyped, deleted or expired, which are answered alike."""

    code = "anonymous.code_unknown"


class CodesLocked(Refusal):
    """Too many wrong codes from one account; ``minutes`` until the next try."""

    code = "anonymous.codes_locked"


class NothingToRate(Refusal):
    """A word on an answer where there is none, or the voice is closed for good."""

    code = "anonymous.nothing_to_rate"


class AnswerFirst(Refusal):
    """办结 of an anonymous voice nobody has answered: its author cannot be dealt with in person."""

    code = "anonymous.answer_first"


class NobodyAbove(Refusal):
    """上报 where no organisation above can take it."""

    code = "anonymous.nobody_above"


@dataclass(frozen=True, slots=True)
class AnonymousRules:
    """匿名规则: when voices come out, and from how many on anything is shown; an organ may only make them stricter."""

    batch_days: tuple[int, ...] = (0, 3)
    """Weekdays of the batches, 0 is Monday."""
    batch_hour: int = 18
    closing_hours: int = 1
    """What arrives in the last hours before a batch waits for the next one."""
    smallest_batch: int = 3
    after_days: int = 14
    small_unit: int = 10
    """Linked youths below which a unit's voices are shown one level up."""
    smallest_count: int = 5
    round_to: int = 5
    draft_minutes: int = 30
    per_day: int = 5
    """Voices one account may send in a day; counted in memory only."""
    wrong_codes: int = 5
    """Wrong codes of one account in an hour; counted in memory only."""

    def __post_init__(self) -> None:
        for name in ("smallest_batch", "after_days", "small_unit", "smallest_count", "round_to", "closing_hours"):
            least = type(self).__dataclass_fields__[name].default
            if getattr(self, name) < least:
                raise RulesTooLoose(f"{name}: at least {least}")
        for name in ("draft_minutes", "per_day", "wrong_codes"):
            most = type(self).__dataclass_fields__[name].default
            if not 1 <= getattr(self, name) <= most:
                raise RulesTooLoose(f"{name}: 1 to {most}")
        if not 1 <= len(set(self.batch_days)) <= MAX_BATCHES or not set(self.batch_days) <= set(range(7)):
            raise RulesTooLoose(f"batch_days: one or {MAX_BATCHES} of 0 (Monday) to 6")
        if not self.closing_hours <= self.batch_hour <= 21:
            raise RulesTooLoose("batch_hour: after closing_hours, before the quiet hours")

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "AnonymousRules":
        """The parsed ``rules.toml``; ``RulesTooLoose`` names what would make voices less anonymous."""
        known = {field.name for field in fields(cls)}
        odd = [name for name, value in data.items() if name not in known or (name != "batch_days" and _not_int(value))]
        if odd:
            raise RulesTooLoose(f"not a setting, or not a whole number: {', '.join(sorted(odd))}")
        days = data.get("batch_days", cls.__dataclass_fields__["batch_days"].default)
        if type(days) not in (list, tuple) or any(map(_not_int, days)):
            raise RulesTooLoose("batch_days: a list of whole numbers")
        checked: dict[str, Any] = {**data, "batch_days": tuple(sorted(set(days)))}
        return cls(**checked)

    @property
    def closing(self) -> timedelta:
        """How long before a batch what waits for it is settled."""
        return timedelta(hours=self.closing_hours)


def _not_int(value: object) -> bool:
    return not isinstance(value, int) or isinstance(value, bool)


# --- when a voice comes out ------------------------------------------------------------------------------------------


def week_of(day: date) -> date:
    """The Monday of a day's week: all that is kept of the time of writing."""
    return day - timedelta(days=day.weekday())


def batch_to_close(now: datetime, rules: AnonymousRules) -> datetime | None:
    """The batch whose contents are to be settled by now, if any: from an hour before it to two hours after it."""
    at = datetime.combine(now.date(), time(rules.batch_hour), now.tzinfo)
    in_time = at - rules.closing <= now < at + MISSED_AFTER
    return at if in_time and at.weekday() in rules.batch_days else None


def comes_out_at(batch: datetime, closed_at: datetime, rules: AnonymousRules) -> datetime:
    """When a settled batch is released; one that was closed late waits just as long as any other."""
    return max(batch, closed_at + rules.closing)


def next_batches(now: datetime, rules: AnonymousRules, count: int = 1) -> tuple[datetime, ...]:
    """The next batches that still take what is written now."""
    found: list[datetime] = []
    day = now.date()
    while len(found) < count:
        at = datetime.combine(day, time(rules.batch_hour), now.tzinfo)
        if day.weekday() in rules.batch_days and at - rules.closing > now:
            found.append(at)
        day += timedelta(days=1)
    return tuple(found)


def has_waited(week: date, today: date, rules: AnonymousRules) -> bool:
    """Whether a voice has waited its days for company, whichever day of its week it was written on."""
    return today >= week + WEEK + timedelta(days=rules.after_days)


def released_now(weeks: Sequence[date], today: date, rules: AnonymousRules) -> tuple[int, ...]:
    """Which of a unit's waiting voices (by place) a batch takes: all when they are enough, else those that waited."""
    if len(weeks) >= rules.smallest_batch:
        return tuple(range(len(weeks)))
    return tuple(place for place, week in enumerate(weeks) if has_waited(week, today, rules))


def rounded(count: int, rules: AnonymousRules) -> int | None:
    """A count as it may be shown: to the nearest step, and nothing at all for a few (P23, P30)."""
    if count < rules.smallest_count:
        return None
    return max(rules.round_to, (count + rules.round_to // 2) // rules.round_to * rules.round_to)


# --- pick-up codes ---------------------------------------------------------------------------------------------------


def make_pickup_code(random_bits: Callable[[int], int] = secrets.randbits) -> str:
    """取件码: 16 characters without look-alikes."""
    number = random_bits(CODE_CHARS * _BITS)
    return "".join(CODE_ALPHABET[number >> place * _BITS & 31] for place in range(CODE_CHARS))


def grouped(code: str) -> str:
    """A code as people see it: ``K7M2-QXP9-3RTV-8WZA``."""
    return "-".join(code[start : start + CODE_GROUP] for start in range(0, len(code), CODE_GROUP))


def read_pickup_code(text: str) -> tuple[str, str] | None:
    """The code at the head of ``text`` and the words after it; None where there is no whole code.

    Half width, upper case, without spaces and dashes, O read as 0, I and L as 1.
    """
    code = ""
    for index, char in enumerate(text[: CODE_CHARS * 6]):
        piece = fold(char)
        if piece in SEPARATORS or not piece:
            continue
        piece = piece.upper().translate(MISREAD)
        if piece not in CODE_ALPHABET:
            return None
        code += piece
        if len(code) == CODE_CHARS:
            following = fold(text[index + 1 : index + 2]) if index + 1 < len(text) else ""
            if following and following.isascii() and following.isalnum():
                return None
            return code, text[index + 1 :].strip(" \u3000\n:：,，。.")
    return None


def outcome_of(word: AuthorsWord) -> VoiceOutcome | None:
    """How a voice ends by its author's word; None: it does not end."""
    ends = {
        AuthorsWord.HELPFUL: VoiceOutcome.HELPFUL,
        AuthorsWord.UNRATED: VoiceOutcome.UNRATED,
        AuthorsWord.ERASED: VoiceOutcome.WITHDRAWN,
    }
    return ends.get(word)
