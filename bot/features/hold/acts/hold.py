"""暂缓删除、解除暂缓: a privacy officer keeps one item from being deleted, by a clause and until a day (P21)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.feature import Look
from bot.core.reads.holds import hold_on
from bot.core.reads.items import covers, find_item, is_above
from bot.core.rules.people import Actor, Role
from bot.core.rules.refs import Ref
from bot.core.rules.refusal import NotFound
from bot.core.rules.say import Say
from bot.core.tables import LegalHold
from bot.features.hold.acts.keep import destroy, keep_copy, people_of
from bot.features.hold.rules.hold import read_hold
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class HoldPlaced(Say):
    """To the officer: it is kept; ``again``: it had been, and has these terms now; ``told``: its person is told."""

    template: ClassVar[str] = "hold/placed"
    ref: str
    clause: str
    until: datetime
    told: bool
    again: bool


@dataclass(frozen=True, slots=True)
class HoldTold(Say):
    """To whose it is: one thing is kept, by which clause and until when."""

    template: ClassVar[str] = "hold/told"
    ref: str
    clause: str
    until: datetime


@dataclass(frozen=True, slots=True)
class HoldOver(Say):
    """To the officer, and to whose it was: it is kept no longer, and what was due has happened."""

    template: ClassVar[str] = "hold/over"
    ref: str


async def place_hold(unit: Unit, actor: Actor, ref: Ref, text: str) -> HoldPlaced:
    """``暂缓删除 <号> <条款> <到期> <缘由>``; said again it has the new terms, and the copy as it was."""
    words = read_hold(text, unit.now)
    hold = await hold_on(unit.session, ref, lock=True)
    item = await find_item(unit.session, ref)
    if not await _may(unit, actor, ref, hold) or (hold is None and item is None):
        raise NotFound
    again = hold is not None
    if hold is None and item is not None:
        hold = await keep_copy(
            unit,
            actor,
            item,
            clause=words.clause,
            until=words.until,
            reason=words.reason,
            secret=words.secret,
            sure=True,
        )
    if hold is None:
        raise NotFound
    told_before = again and hold.sure and not hold.secret
    hold.clause, hold.until, hold.secret = words.clause, words.until, words.secret and not told_before
    hold.sure, hold.placed_by = True, actor.person_id
    hold.reason = await unit.seal(hold.key_id, f"legal_holds:{hold.id}:reason", words.reason)
    await unit.session.flush()
    people = await people_of(unit, hold)
    if not hold.secret:
        for person_id in people:
            await unit.push_person(person_id, HoldTold(ref.code, hold.clause, hold.until), cls="L")
    for subject_id in _named(people, hold.secret):
        await unit.audit(
            actor,
            "hold.placed",
            role=Role.PRIVACY_OFFICER,
            subject_id=subject_id,
            ref=ref.code,
            clause=hold.clause,
            until=hold.until.date().isoformat(),
        )
    return HoldPlaced(ref.code, hold.clause, hold.until, not hold.secret and bool(people), again)


async def release_hold(unit: Unit, actor: Actor, ref: Ref) -> HoldOver:
    """``解除暂缓 <号>``."""
    hold = await hold_on(unit.session, ref, lock=True)
    if hold is None or not await _may(unit, actor, ref, hold):
        raise NotFound
    for subject_id in await _end(unit, hold):
        await unit.audit(actor, "hold.released", role=Role.PRIVACY_OFFICER, subject_id=subject_id, ref=ref.code)
    return HoldOver(ref.code)


async def holds_due(session: AsyncSession, look: Look) -> Sequence[int]:
    """Holds whose last day is over."""
    rows = await session.execute(
        select(LegalHold.id).where(LegalHold.until <= look.now).order_by(LegalHold.until).limit(look.limit)
    )
    return rows.scalars().all()


async def end_hold(unit: Unit, hold_id: int, _look: Look) -> bool:
    """The copy goes; the officer who placed it hears of it."""
    hold = await unit.session.get(LegalHold, hold_id, with_for_update=True)
    if hold is None or hold.until > unit.now:
        return False
    placed_by, ref = hold.placed_by, f"{hold.letter}{hold.number}"
    for subject_id in await _end(unit, hold):
        await unit.audit(None, "hold.ended", role="system", subject_id=subject_id, ref=ref)
    if placed_by is not None:
        await unit.push_person(placed_by, HoldOver(ref), cls="L")
    return True


async def _end(unit: Unit, hold: LegalHold) -> list[int] | list[None]:
    """Destroy the copy and tell whose it was; in whose name it is written down."""
    ref, untold = f"{hold.letter}{hold.number}", hold.secret or not hold.sure
    people = await people_of(unit, hold)
    await destroy(unit, hold)
    for person_id in () if untold else people:
        await unit.push_person(person_id, HoldOver(ref), cls="L")
    return _named(people, untold)


def _named(people: list[int], secret: bool) -> list[int] | list[None]:
    """Whose data it is, for the audit that they can see; nobody's where they are not told."""
    return people if people and not secret else [None]


async def _may(unit: Unit, actor: Actor, ref: Ref, hold: LegalHold | None) -> bool:
    """Whether this actor answers for the item's organisation; of what is gone, for the one that the hold names."""
    item = await find_item(unit.session, ref)
    if item is not None:
        return await covers(unit.session, actor, item, Role.PRIVACY_OFFICER) is not None
    return hold is not None and await is_above(unit.session, actor, Role.PRIVACY_OFFICER, hold.org_id)
