"""查阅 and 紧急查阅: the item whole, for who was allowed to read it, or in danger to life (P14, P16)."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import ClassVar, Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.acts.prompt import ask_person
from bot.core.question import Ask, Asks, Duty, Question, as_long_as, ends
from bot.core.reads.access import approval, approved
from bot.core.reads.audited import Logged, Seen, seen
from bot.core.reads.duty import nearest_holders, org_name
from bot.core.reads.items import covers, find_item, lines_of, mark_of
from bot.core.reads.people import name_of
from bot.core.rules.access import REVIEW_WITHIN, SECOND_WITHIN, NoApproval, checked_reason
from bot.core.rules.items import Item, ItemLine
from bot.core.rules.people import Actor, Role
from bot.core.rules.refs import Ref
from bot.core.rules.refusal import NotFound
from bot.core.rules.say import Say
from bot.core.rules.todo import TodoKind
from bot.core.tables import AccessRequest
from bot.features.access.acts.ask import ASKERS
from bot.features.access.rules.break_glass import BreakGlassState
from bot.features.access.tables import BreakGlass
from bot.store.base import new_id
from bot.store.people import Person
from bot.store.sealing import Vault
from bot.store.unit import Unit

REVIEW: Final = Question(
    "access.review",
    Asks.OFFICE,
    silence=ends,
    todo=Duty(TodoKind.BREAK_GLASS, Role.PRIVACY_OFFICER, due=BreakGlass.due_at),
    reason=as_long_as(BreakGlass.id, BreakGlass.reviewed_at.is_(None)),
)
"""To the responsible persons: was it right that somebody looked?"""
RIGHT: Final = "right"
WRONG: Final = "wrong"
REVIEW_LIFE: Final = timedelta(days=60)
"""It is asked for until somebody answers; whether that is late, the due date says."""
_SHOWN: Final = (AccessRequest.id, AccessRequest.due_at, AccessRequest.withheld)
SAME_LOOK: Final = timedelta(hours=1)
"""Looking again within this time is the same look: logged again, not told again."""


@dataclass(frozen=True, slots=True)
class ItemShown(Say):
    """One item, whole; ``until``: as long as the approval holds; None: in danger to life."""

    template: ClassVar[str] = "access/item"
    ref: str
    until: datetime | None
    responsible: str
    lines: tuple[ItemLine, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class SecondNeeded(Say):
    """To a duty officer: nobody responsible can be told, so another duty officer says the same first."""

    template: ClassVar[str] = "access/second_needed"
    ref: str
    minutes: int


@dataclass(frozen=True, slots=True)
class BreakGlassCall(Say):
    """To the responsible person, at once: who looked at what and why; to be reviewed by that day."""

    template: ClassVar[str] = "access/break_glass"
    ref: str
    name: str
    org: str
    reason: str
    due: datetime


async def read_approved(session: AsyncSession, vault: Vault, actor: Actor, ref: Ref, *, now: datetime) -> Seen:
    """``查阅 <号>``: with an approval in force, and as long as the office is held; each reading is logged.

    A reading that the officer said to keep from the minor is logged where the minor does not see it.
    """
    request = await approved(session, actor, ref, now)
    item = await find_item(session, ref) if request is not None else None
    role = await covers(session, actor, item, *ASKERS) if item is not None else None
    if request is None or item is None or role is None:
        raise NoApproval
    say = ItemShown(ref.code, request.due_at, "", await lines_of(session, vault, ref))
    logged = Logged("read.access", role, request.subject_id, ref.code)
    if request.withheld:
        logged = Logged("access.read_withheld", role, ref=ref.code)
    return await seen(session, say, [logged], mark_of(ref), approval(actor, ref, now).with_only_columns(*_SHOWN))


async def break_glass(session: AsyncSession, vault: Vault, actor: Actor, ref: Ref, text: str, *, now: datetime) -> Seen:
    """``紧急查阅 <号> <缘由>``: the responsible person is told in the same moment, or a second officer says it too."""
    reason = checked_reason(text)
    item = await find_item(session, ref)
    if item is None or await covers(session, actor, item, Role.DUTY_OFFICER) is None or actor.person_id is None:
        raise NotFound
    but = frozenset((actor.person_id,))
    holders = await nearest_holders(session, item.org_id, Role.PRIVACY_OFFICER, now=now, but=but)
    if holders is None and await _other_officer(session, actor, ref, now) is None:
        return await seen(session, None, [], mark_of(ref), then=partial(_wait_for_second, actor, item, reason))
    say = ItemShown(ref.code, None, holders.org_name if holders else "", await lines_of(session, vault, ref))
    logged = [Logged("read.break_glass", Role.DUTY_OFFICER, one, ref.code) for one in sorted(item.subjects)]
    people = holders.people if holders is not None else ()
    return await seen(session, say, logged, mark_of(ref), then=partial(_looked, actor, item, reason, people))


async def _other_officer(session: AsyncSession, actor: Actor, ref: Ref, now: datetime) -> BreakGlass | None:
    """A look that waits for a second officer: of somebody else, and not long ago."""
    found = await session.execute(
        select(BreakGlass)
        .where(
            BreakGlass.number == ref.number,
            BreakGlass.letter == ref.letter,
            BreakGlass.state.in_((BreakGlassState.ALONE.value, BreakGlassState.BY_TWO.value)),
            BreakGlass.at > now - SECOND_WITHIN,
        )
        .order_by(BreakGlass.at.desc())
    )
    for row in found.scalars():
        if row.state == BreakGlassState.BY_TWO:
            if actor.person_id in (row.officer_id, row.second_id):
                return row
        elif row.officer_id != actor.person_id:
            return row
    return None


async def _wait_for_second(actor: Actor, item: Item, reason: str, unit: Unit) -> Say:
    await _row(unit, actor, item, reason, BreakGlassState.ALONE)
    await unit.audit(actor, "access.second_asked", role=Role.DUTY_OFFICER, ref=item.ref.code)
    return SecondNeeded(item.ref.code, int(SECOND_WITHIN.total_seconds() // 60))


async def _looked(actor: Actor, item: Item, reason: str, officers: tuple[int, ...], unit: Unit) -> None:
    """Write down that somebody looked, and tell who is responsible; within the hour it is the same look."""
    if not officers:
        first = await _other_officer(unit.session, actor, item.ref, unit.now)
        if first is not None and first.state == BreakGlassState.ALONE:
            first.state, first.second_id = BreakGlassState.BY_TWO.value, actor.person_id
        return
    if await _same_look(unit, actor, item.ref):
        return
    row = await _row(unit, actor, item, reason, BreakGlassState.LOOKED)
    org = await org_name(unit.session, item.org_id)
    name = await name_of(unit.session, unit.vault, actor.person_id or 0)
    say = BreakGlassCall(item.ref.code, name, org, reason, row.due_at)
    for officer_id in officers:
        ask = Ask(REVIEW, (RIGHT, WRONG), say, subject_id=row.id, urgent=True, life=REVIEW_LIFE)
        await ask_person(unit, officer_id, ask, kind="alert")
    await unit.audit(actor, "access.break_glass", role=Role.DUTY_OFFICER, ref=item.ref.code)


async def _same_look(unit: Unit, actor: Actor, ref: Ref) -> bool:
    found = await unit.session.execute(
        select(BreakGlass.id)
        .where(
            BreakGlass.number == ref.number,
            BreakGlass.letter == ref.letter,
            BreakGlass.officer_id == actor.person_id,
            BreakGlass.state == BreakGlassState.LOOKED.value,
            BreakGlass.at > unit.now - SAME_LOOK,
        )
        .limit(1)
    )
    return found.first() is not None


async def _row(unit: Unit, actor: Actor, item: Item, reason: str, state: BreakGlassState) -> BreakGlass:
    row_id, subject_id = new_id(), min(item.subjects)
    person = await unit.session.get_one(Person, subject_id)
    row = BreakGlass(
        id=row_id,
        letter=item.ref.letter,
        number=item.ref.number,
        org_id=item.org_id,
        subject_id=subject_id,
        officer_id=actor.person_id,
        state=state.value,
        reason=await unit.seal(person.key_id, f"break_glass:{row_id}:reason", reason),
        at=unit.now,
        due_at=unit.now + REVIEW_WITHIN,
    )
    unit.session.add(row)
    await unit.session.flush()
    return row
