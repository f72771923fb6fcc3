"""Scores times that people say: ``{"now", "say", "want"}``; wanted is an instant, ``{"repeat", "next"}`` or a word.

``exact`` is the one right reading; ``asked`` and ``refused`` are right where the label wants them; asking where it is
clear is half; an instant where the label wants a question, a refusal or another instant is a fault.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from bot.core.rules.when import Ambiguous, AmbiguousRepeat, Exact, Repeat, find_time, read_repeat
from bot.core.rules.workdays import Workdays

Verdict = Literal["right", "half", "refused", "fault"]
KEYS: Final = frozenset(("now", "say", "want"))
NEXT: Final = 3
WORKDAYS: Final = Workdays()
AMBIGUOUS, REFUSE, NONE = "ambiguous", "refuse", "none"


@dataclass(frozen=True, slots=True)
class Scored:
    """One line, what the rules made of it, and how that counts."""

    line: Mapping[str, Any]
    got: str
    verdict: Verdict

    @property
    def kind(self) -> str:
        """What the label wants."""
        want = self.line["want"]
        if isinstance(want, dict):
            return "repeat"
        return want if want in (AMBIGUOUS, REFUSE, NONE) else "one time"


def understood(say: str, now: datetime, want: Any = None) -> str:
    """What the rules make of a text: instants, or one of the words of the labels."""
    repeat = read_repeat(say, now, WORKDAYS)
    if isinstance(repeat, Repeat):
        wanted = len(want["next"]) if isinstance(want, dict) else NEXT
        return " ".join(one.at.replace(tzinfo=None).isoformat() for one in repeat.coming(now, WORKDAYS, wanted))
    found = find_time(say, now, WORKDAYS) if repeat is None else None
    reading = found.reading if found else repeat
    if reading is None:
        return NONE
    if isinstance(reading, Exact):
        return reading.at.replace(tzinfo=None).isoformat()
    return AMBIGUOUS if isinstance(reading, Ambiguous | AmbiguousRepeat) else REFUSE


def score(rows: Iterable[Mapping[str, Any]]) -> list[Scored]:
    """Every line with its verdict."""
    return [_scored(line) for line in rows]


def _scored(line: Mapping[str, Any]) -> Scored:
    want = line["want"]
    got = understood(line["say"], datetime.fromisoformat(line["now"]), want)
    right = " ".join(want["next"]) if isinstance(want, dict) else want
    verdict: Verdict
    if got == right or {got, right} == {REFUSE, NONE}:
        verdict = "right"
    elif got == AMBIGUOUS:
        verdict = "half"
    elif got in (REFUSE, NONE):
        verdict = "refused"
    else:
        verdict = "fault"
    return Scored(line, got, verdict)


def show(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Verdicts by what the labels want, what is not right, and the totals in the last line."""
    scored = score(rows)
    told = Counter((one.kind, one.verdict) for one in scored)
    verdicts = ("right", "half", "refused", "fault")
    for kind in sorted({one.kind for one in scored}):
        yield f"{kind:10}" + ", ".join(f"{verdict} {told[kind, verdict]}" for verdict in verdicts)
    for one in scored:
        if one.verdict != "right":
            yield f"{one.verdict}: {one.line['now'][:16]} {one.line['say']}: {one.got}, want {one.line['want']}"
    totals = Counter(one.verdict for one in scored)
    yield "; ".join(f"{verdict} {totals[verdict]} of {len(scored)}" for verdict in verdicts)
