"""谈心谈话: the holes in what was recorded, each told once: when the talk closes (P39)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from bot.features.talk.tables import Gap
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class GapLine:
    """One hole in what was recorded: from, to (None: unknown), how many are missing (None: unknown)."""

    from_at: datetime
    to_at: datetime | None
    missing: int | None


async def tell_gaps(unit: Unit, talk_id: int) -> tuple[GapLine, ...]:
    """Holes that were not filled again; each is told once, here."""
    rows = await unit.session.execute(
        select(Gap).where(Gap.talk_id == talk_id, Gap.told_at.is_(None)).order_by(Gap.from_at, Gap.id)
    )
    lines: list[GapLine] = []
    for gap in rows.scalars().all():
        gap.told_at = unit.now
        left = None if gap.missing is None else gap.missing - gap.recovered
        if left is None or left > 0:
            lines.append(GapLine(gap.from_at, gap.to_at, left))
    return tuple(lines)
