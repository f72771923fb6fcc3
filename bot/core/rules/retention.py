"""保存期限: how long each kind is kept at most; shorter may be chosen, longer not (P20)."""

from dataclasses import dataclass, fields
from datetime import timedelta


class RetentionTooLong(ValueError):
    """A period longer than the rule allows."""


@dataclass(frozen=True, slots=True)
class RetentionPeriods:
    """保存期限: the defaults are the longest ones; a deploying organ may shorten each."""

    original_messages: timedelta = timedelta(days=90)
    talk_notes: timedelta = timedelta(days=365)
    """After the talk was closed."""
    talks: timedelta = timedelta(days=3 * 365)
    """After closing: that it took place, without any words (activity records, 3 years)."""
    consent_receipts: timedelta = timedelta(days=3 * 366)
    """A minimum: receipts prove what was agreed to and are kept at least three years."""
    event_keys: timedelta = timedelta(days=90)
    answered_prompts: timedelta = timedelta(days=7)
    """Their words are gone with the answer; the bare row is kept this long for questions of who was asked."""
    bind_codes: timedelta = timedelta(days=7)
    """After the code expired."""
    bind_attempts: timedelta = timedelta(hours=2)
    """A lock looks back an hour from the last wrong code, so attempts live two (threat 5)."""
    left: timedelta = timedelta(days=90)
    """Somebody who left and let their data be kept: after the last contact and the end of what was still open."""
    pending_joins: timedelta = timedelta(days=7)
    """Somebody who said 加入 and never gave the age band (P10: no profile without it)."""
    voices: timedelta = timedelta(days=365)
    """After closing: words, answers and author; what is left is a number."""
    consultations: timedelta = timedelta(days=365)
    """After the result was told or the time for answers was over: the answers."""
    wishes: timedelta = timedelta(days=365)
    """After closing, or without any contact of its owner: words and owner; what is left is a number."""
    ended_matches: timedelta = timedelta(days=90)
    """A match that did not happen serves only so that nobody is asked again too soon (P5)."""
    anonymous_voices: timedelta = timedelta(days=365)
    """After closing."""
    activities: timedelta = timedelta(days=365)
    """After the end: names, process and every other word."""
    activity_figures: timedelta = timedelta(days=3 * 365)
    """After the end: that it took place, with its numbers."""
    ended_reminders: timedelta = timedelta(days=90)
    """After the end of a reminder, and of each of its occurrences: what became of it."""
    outbox: timedelta = timedelta(days=30)
    crises: timedelta = timedelta(days=365)
    """After closing."""
    rights_requests: timedelta = timedelta(days=3 * 366)
    consent_refusals: timedelta = timedelta(days=90)
    """A no serves only so that the question is not put again too soon (P5)."""
    relay_blocks: timedelta = timedelta(days=365)
    """屏蔽 ends by itself: the tag stands for a person, though nobody can read whom."""
    retention_runs: timedelta = timedelta(days=3 * 366)

    def __post_init__(self) -> None:
        for field in fields(self):
            chosen, longest = getattr(self, field.name), field.default
            if field.name == "consent_receipts":
                if chosen < longest:
                    raise RetentionTooLong(f"{field.name}: at least {longest} are kept")
            elif chosen > longest or chosen < timedelta():
                raise RetentionTooLong(f"{field.name}: at most {longest}")
