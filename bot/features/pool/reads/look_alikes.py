"""What may stand beside a pooled wish: the finest combination that at least k youths share (P12)."""

from collections.abc import Sequence

from sqlalchemy import exists, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.rules.ladder import Rung
from bot.features.pool.rules.pool import Beside, safe_beside, steps
from bot.features.wish.rules.wish import WishKind
from bot.features.wish.tables import Wish
from bot.store.people import OrgUnit, Person


async def beside_of(
    session: AsyncSession, age_band: str, kind: str, ladder: Sequence[Rung], at: Rung, k: int
) -> Beside:
    """Area, age band and kind to show for a wish in the pool ``at``, coarsened as far as needed."""
    areas = [rung.org_id for rung in ladder[ladder.index(at) :]]
    coarser = steps(areas, age_band, kind)
    crowd: dict[Beside, int] = {}
    for step in coarser[:-1]:
        crowd[step] = await _how_many(session, step, k)
        if crowd[step] >= k:
            break
    return safe_beside(coarser, crowd, k)


async def _how_many(session: AsyncSession, step: Beside, k: int) -> int:
    """Youths who share this, counted up to ``k``: more is of no interest, and counting a province takes long."""
    path = (await session.execute(select(OrgUnit.path).where(OrgUnit.id == step.area))).scalar_one_or_none()
    if path is None:
        return 0
    below = select(OrgUnit.id).where(OrgUnit.path.startswith(path, autoescape=True))
    youths = select(Person.id).where(Person.org_id.in_(below), Person.is_youth.is_(True), Person.state == "active")
    if step.age is not None:
        youths = youths.where(Person.age_band == step.age)
    if step.kind != WishKind.OTHER:
        youths = youths.where(exists().where(Wish.owner_id == Person.id, Wish.kind == step.kind))
    found = await session.execute(select(func.count()).select_from(youths.limit(k).subquery()))
    return found.scalar_one()
