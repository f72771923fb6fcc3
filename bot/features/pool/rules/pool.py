"""心愿池 WishPool: how far up a wish goes, when, and what may be told of who wished it (R2.6, R2.7, 6.5, P12)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from bot.core.rules.checked import Forbidden, checked
from bot.core.rules.ladder import LADDER, Rung
from bot.core.rules.people import OrgLevel
from bot.core.rules.privacy import private_details, secrecy_marking
from bot.core.rules.refusal import Refusal
from bot.features.wish.rules.wish import WishKind

NONE, EDIT = "none", "edit"
"""Answers to the owner's question beside the levels: 不入池, and 改一改."""
LEAST_K: Final = 5
"""Youths who share what is shown beside a wish, at least (P12: configurable only higher)."""
MAX_TRIED: Final = 300
"""Characters of a note of what was tried, at most."""


class TriedMissing(Refusal):
    """入池 without the note of what was tried, or with one that says nothing (R2.6); field ``least``."""

    code = "pool.tried_missing"


class TriedTooLong(Refusal):
    """A note longer than it needs to be; field ``most``."""

    code = "pool.tried_too_long"


class TriedPrivate(Refusal):
    """A note with a phone, identity or bank number, an address or a secrecy marking (P6, P37)."""

    code = "pool.tried_private"


class PoolRulesWrong(ValueError):
    """A number of the table of pools that the rules do not allow."""


@dataclass(frozen=True, slots=True)
class PoolRules:
    """心愿池规则: every number of the pools; a deploying organ may change them within what the rules allow."""

    waits: Mapping[OrgLevel, timedelta] = field(default_factory=lambda: dict.fromkeys(LADDER[:-1], timedelta(days=15)))
    """How long a wish waits in the pool of a level before it is offered to the next one."""
    idle: timedelta = timedelta(days=30)
    """Wishes waiting longer are told to the organ, as a number (R2.7)."""
    k: int = LEAST_K
    tried_least: int = 8
    """Letters of a note of what was tried, at least."""

    def __post_init__(self) -> None:
        if set(self.waits) != set(LADDER[:-1]):
            raise PoolRulesWrong("waits: one for county and one for city")
        if any(not timedelta(days=1) <= wait <= timedelta(days=90) for wait in self.waits.values()):
            raise PoolRulesWrong("waits: 1 to 90 days")
        if not timedelta(days=1) <= self.idle <= timedelta(days=90):
            raise PoolRulesWrong("idle: 1 to 90 days")
        if self.k < LEAST_K:
            raise PoolRulesWrong(f"k: {LEAST_K} or more")
        if not 4 <= self.tried_least <= 50:
            raise PoolRulesWrong("tried_least: 4 to 50")

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "PoolRules":
        """Read the parsed table; raises ``PoolRulesWrong`` for what is missing, unknown or not allowed."""
        try:
            waits = {OrgLevel(level): timedelta(days=int(days)) for level, days in data["wait_days"].items()}
            numbers = {name: int(data[name]) for name in ("idle_days", "k", "tried_least")}
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise PoolRulesWrong(f"cannot be read: {type(error).__name__}") from None
        unknown = set(data) - {"wait_days", *numbers}
        if unknown:
            raise PoolRulesWrong(f"unknown: {', '.join(sorted(unknown))}")
        return cls(waits, timedelta(days=numbers["idle_days"]), numbers["k"], numbers["tried_least"])


def next_rung(ladder: Sequence[Rung], at: OrgLevel, agreed: OrgLevel) -> Rung | None:
    """Where a wish in the pool of level ``at`` goes next; None at the top and where its owner's yes ends."""
    for rung in ladder:
        if LADDER.index(rung.level) > LADDER.index(at):
            return rung if LADDER.index(rung.level) <= LADDER.index(agreed) else None
    return None


def climb_due(pooled_at: datetime, at: OrgLevel, rules: PoolRules, now: datetime) -> bool:
    """Whether a wish has waited long enough in the pool of this level."""
    wait = rules.waits.get(at)
    return wait is not None and now - pooled_at >= wait


def tried_note(text: str | None, rules: PoolRules) -> str:
    """The cadre's note of what was tried, checked (R2.6): it must say something, and nothing private."""
    note = " ".join((text or "").split())
    letters = [char for char in note if char.isalpha()]
    if len(letters) < rules.tried_least or len(set(letters)) < rules.tried_least // 2:
        raise TriedMissing(least=rules.tried_least)
    forbid: Forbidden = {private_details: TriedPrivate, secrecy_marking: TriedPrivate}
    return checked(note, most=(MAX_TRIED, TriedTooLong), forbid=forbid)


# --- what is told of who wished it -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Beside:
    """池中标注: what stands beside a pooled wish: area, age band and kind; ``None`` and 其他 say nothing."""

    area: int | None
    age: str | None
    kind: str


def steps(areas: Sequence[int], age: str, kind: str) -> tuple[Beside, ...]:
    """From the finest to nothing at all: kind, then age, then the area one level up, and so on (P12)."""
    other = WishKind.OTHER.value
    finest = Beside(areas[0], age, kind) if areas else Beside(None, None, other)
    coarser = [finest, Beside(finest.area, finest.age, other), *(Beside(area, None, other) for area in areas)]
    return tuple(dict.fromkeys((*coarser, Beside(None, None, other))))


def safe_beside(coarser: Sequence[Beside], crowd: Mapping[Beside, int], k: int) -> Beside:
    """The finest step that at least ``k`` youths share; the last one says nothing and is always safe."""
    if k < LEAST_K:
        raise PoolRulesWrong(f"k: {LEAST_K} or more")
    return next((step for step in coarser[:-1] if crowd.get(step, 0) >= k), coarser[-1])
