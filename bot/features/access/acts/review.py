"""紧急查阅 afterwards: the responsible person says within three days whether it was right (P16)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.acts.prompt import cancel
from bot.core.feature import Look
from bot.core.question import Asked, NoData
from bot.core.reads.duty import nearest_holders, org_name, parent_of
from bot.core.rules.people import Actor, Role
from bot.core.rules.refs import Ref
from bot.core.rules.refusal import NotFound
from bot.core.rules.say import Say
from bot.features.access.acts.read import REVIEW, RIGHT
from bot.features.access.rules.break_glass import BreakGlassState
from bot.features.access.tables import BreakGlass
from bot.store.unit import Unit

OPEN: Final = (BreakGlassState.LOOKED.value, BreakGlassState.BY_TWO.value)


@dataclass(frozen=True, slots=True)
class Reviewed(Say):
    """To the responsible person: what they found is written down."""

    template: ClassVar[str] = "access/reviewed"
    ref: str
    right: bool


@dataclass(frozen=True, slots=True)
class ReviewTold(Say):
    """To the duty officer who looked: what the review found."""

    template: ClassVar[str] = "access/review_told"
    ref: str
    right: bool


@dataclass(frozen=True, slots=True)
class ReviewOverdue(Say):
    """To the level above: a look in danger to life that nobody has reviewed, or that was found wrong (``wrong``)."""

    template: ClassVar[str] = "access/review_overdue"
    ref: str
    org: str
    wrong: bool


async def answer_review(unit: Unit, actor: Actor, question: Asked[NoData], answer: str) -> Say:
    """The other responsible persons are released; what was found wrong is told to the level above."""
    row = await unit.session.get(BreakGlass, question.subject_id) if question.subject_id else None
    if row is None or row.reviewed_at is not None:
        raise NotFound
    right, ref = answer == RIGHT, Ref(row.letter, row.number)
    row.state = (BreakGlassState.RIGHT if right else BreakGlassState.WRONG).value
    row.reviewed_at = unit.now
    await unit.session.flush()
    await cancel(unit, REVIEW, subject_id=row.id)
    if row.officer_id is not None:
        await unit.push_person(row.officer_id, ReviewTold(ref.code, right), cls="L")
    if not right:
        await _tell_above(unit, row, wrong=True)
    await unit.audit(
        actor, "access.reviewed", role=Role.PRIVACY_OFFICER, subject_id=row.subject_id, ref=ref.code, right=right
    )
    return Reviewed(ref.code, right)


async def reviews_overdue(session: AsyncSession, look: Look) -> Sequence[int]:
    """Looks that nobody has reviewed in time and of which the level above does not know."""
    rows = await session.execute(
        select(BreakGlass.id)
        .where(BreakGlass.state.in_(OPEN), BreakGlass.due_at <= look.now, BreakGlass.told_above_at.is_(None))
        .order_by(BreakGlass.due_at)
        .limit(look.limit)
    )
    return rows.scalars().all()


async def tell_overdue(unit: Unit, row_id: int, _look: Look) -> bool:
    """Once; the question stays."""
    row = await unit.session.get(BreakGlass, row_id, with_for_update=True)
    if row is None or row.state not in OPEN or row.told_above_at is not None or row.due_at > unit.now:
        return False
    row.told_above_at = unit.now
    await _tell_above(unit, row, wrong=False)
    ref = f"{row.letter}{row.number}"
    await unit.audit(None, "access.review_overdue", role="system", subject_id=row.subject_id, ref=ref)
    return True


async def _tell_above(unit: Unit, row: BreakGlass, *, wrong: bool) -> None:
    """The responsible persons above those who were asked; where nobody is above, those at the top."""
    but = frozenset((row.officer_id,)) if row.officer_id is not None else frozenset[int]()
    nearest = await nearest_holders(unit.session, row.org_id, Role.PRIVACY_OFFICER, now=unit.now, but=but)
    above = await parent_of(unit.session, nearest.org_id) if nearest is not None else None
    holders = await nearest_holders(unit.session, above, Role.PRIVACY_OFFICER, now=unit.now, but=but) or nearest
    say = ReviewOverdue(f"{row.letter}{row.number}", await org_name(unit.session, row.org_id), wrong)
    for person_id in holders.people if holders is not None else ():
        await unit.push_person(person_id, say, cls="L", kind="alert", idem_key=f"review:{row.id}:{wrong}:{person_id}")
