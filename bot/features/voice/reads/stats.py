"""心声统计: how many, how fast, how helpful; nothing that fewer than five people stand behind, no names (P30, P13)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.rules.people import Actor, Role
from bot.core.rules.say import Say
from bot.core.rules.small_numbers import published, published_median, published_share
from bot.features.voice.reads.voice import arrived, not_about
from bot.features.voice.rules.voice import VoiceOutcome, VoiceState
from bot.features.voice.tables import Voice
from bot.store.people import OrgUnit

SPAN: Final = timedelta(days=365)
UNTOLD: Final = "untold"
"""Of an item whose author has not said which kind it is."""
RATED: Final = (VoiceOutcome.UNRATED.value, VoiceOutcome.NONE.value)
Rows = Sequence[Any]


@dataclass(frozen=True, slots=True)
class KindCount:
    """One kind with how many items."""

    kind: str
    count: int


@dataclass(frozen=True, slots=True)
class Figures:
    """Figures of one scope; None: too few people behind it to be shown."""

    organ: bool
    total: int | None
    open: int | None
    median_days: float | None
    helpful_share: int | None
    kinds: tuple[KindCount, ...]
    rest: int


@dataclass(frozen=True, slots=True)
class VoiceStats(Say):
    """The figures of the last twelve months: of the own youths, of the organ and below, or both."""

    template: ClassVar[str] = "voice/stats"
    parts: tuple[Figures, ...]


async def voice_stats(session: AsyncSession, actor: Actor, *, now: datetime) -> VoiceStats:
    """``心声统计``; who or whose organisation is complained of does not find that in any number."""
    parts = []
    if actor.has(Role.CADRE):
        own = and_(Voice.cadre_id == actor.person_id, Voice.about.is_(None))
        parts.append(_figures(await _rows(session, own, now), organ=False))
    if actor.has(Role.ORGAN_ADMIN):
        parts.append(_figures(await _rows(session, await _below(session, actor, now), now), organ=True))
    return VoiceStats(tuple(parts))


async def _below(session: AsyncSession, actor: Actor, now: datetime) -> Any:
    """Items said in one's organs and below, and complaints that one's organs or those below have to deal with."""
    rows = await session.execute(select(OrgUnit.path).where(OrgUnit.id.in_(actor.orgs(Role.ORGAN_ADMIN))))
    below = select(OrgUnit.id).where(or_(*(OrgUnit.path.startswith(path, autoescape=True) for path in rows.scalars())))
    said = and_(Voice.about.is_(None), Voice.org_id.in_(below))
    complained = and_(Voice.about.is_not(None), Voice.holder_org_id.in_(below), arrived(now), not_about(actor))
    return or_(said, complained)


async def _rows(session: AsyncSession, scope: Any, now: datetime) -> Rows:
    found = await session.execute(
        select(
            Voice.author_id,
            Voice.kind,
            Voice.state,
            Voice.outcome,
            Voice.said_at,
            Voice.first_answer_at,
        ).where(
            scope,
            Voice.said_at > now - SPAN,
            or_(Voice.outcome.is_(None), Voice.outcome != VoiceOutcome.WITHDRAWN.value),
        )
    )
    return found.all()


def _figures(rows: Rows, *, organ: bool) -> Figures:
    kinds: dict[str, list[int | None]] = {}
    states: dict[str, list[int | None]] = {"open": [], "closed": []}
    days: dict[int, list[float]] = {}
    helpful: list[int | None] = []
    other: list[int | None] = []
    for row in rows:
        kinds.setdefault(row.kind or UNTOLD, []).append(row.author_id)
        states["closed" if row.state == VoiceState.CLOSED else "open"].append(row.author_id)
        if row.first_answer_at is not None and row.author_id is not None:
            waited = (row.first_answer_at - row.said_at) / timedelta(days=1)
            days.setdefault(row.author_id, []).append(waited)
        if row.outcome == VoiceOutcome.HELPFUL:
            helpful.append(row.author_id)
        elif row.outcome in RATED:
            other.append(row.author_id)
    by_kind, by_state = published(kinds), published(states)
    middle = published_median(days)
    return Figures(
        organ=organ,
        total=by_kind.total,
        open=by_state.cells.get("open"),
        median_days=round(middle, 1) if middle is not None else None,
        helpful_share=published_share(helpful, other) if helpful or other else None,
        kinds=tuple(KindCount(kind, count) for kind, count in sorted(by_kind.cells.items(), key=lambda k: -k[1])),
        rest=by_kind.rest,
    )
