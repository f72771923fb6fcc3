"""举报、已报告: what harms or insults somebody is kept, told to the responsible person, and reported (P25, P28)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Final

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.acts.prompt import ask_person, cancel
from bot.core.feature import Look
from bot.core.question import Ask, Asked, Asks, Duty, NoData, Question, as_long_as, ends
from bot.core.reads.duty import nearest_holders, org_name, parent_of
from bot.core.reads.holds import hold_on
from bot.core.reads.items import covers, find_item, is_above
from bot.core.rules.items import Item
from bot.core.rules.people import Actor, Role
from bot.core.rules.refs import Ref
from bot.core.rules.refusal import NotFound
from bot.core.rules.say import Say
from bot.core.rules.todo import TodoKind
from bot.features.hold.acts.keep import keep_copy
from bot.features.hold.rules.hold import (
    FIRST_HOLD,
    REPORT_WITHIN,
    REPORTED_HOLD,
    TELL_ABOVE_AFTER,
    ReportState,
    checked_authority,
)
from bot.features.hold.tables import HarmReport
from bot.store.people import OrgUnit
from bot.store.unit import Unit

REPORT: Final = Question(
    "hold.report",
    Asks.OFFICE,
    silence=ends,
    todo=Duty(TodoKind.REPORT, Role.PRIVACY_OFFICER, due=HarmReport.due_at),
    reason=as_long_as(HarmReport.id, HarmReport.state == ReportState.OPEN.value),
)
"""To the responsible persons: somebody reported something; 已报告 says where it went."""
HANDLED: Final = "handled"
LIFE: Final = timedelta(days=60)
CLAUSE_MINOR: Final = "minor"
CLAUSE_OTHER: Final = "other"
OFFICERS: Final = (Role.PRIVACY_OFFICER, Role.DUTY_OFFICER)


@dataclass(frozen=True, slots=True)
class ReportTaken(Say):
    """To who reported: what is kept, who knows, and what they may do now; ``org`` empty: nobody is in charge."""

    template: ClassVar[str] = "hold/report_taken"
    ref: str
    org: str
    minor: bool
    again: bool


@dataclass(frozen=True, slots=True)
class ReportCall(Say):
    """To the responsible person: which item, and what has to be done by when; not who said so and not what it is."""

    template: ClassVar[str] = "hold/report_call"
    ref: str
    org: str
    minor: bool
    due: datetime
    reminded: bool


@dataclass(frozen=True, slots=True)
class ReportOverdue(Say):
    """To the level above: nobody has said that it was reported."""

    template: ClassVar[str] = "hold/report_overdue"
    ref: str
    org: str


@dataclass(frozen=True, slots=True)
class ReportDone(Say):
    """To the responsible person: it is written down that it was reported, where and when."""

    template: ClassVar[str] = "hold/report_done"
    ref: str
    authority: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ReportHandled(Say):
    """To the responsible person: dealt with here; ``minor``: with a reminder of the duty."""

    template: ClassVar[str] = "hold/report_handled"
    ref: str
    minor: bool


async def report(unit: Unit, actor: Actor, ref: Ref, clauses: dict[str, str]) -> ReportTaken:
    """``举报 <号>``: whoever is a party to it, or an officer; nothing of it is said anywhere in public."""
    item = await find_item(unit.session, ref)
    if item is None or not (item.is_party(actor) or await covers(unit.session, actor, item, *OFFICERS)):
        raise NotFound
    holders = await nearest_holders(unit.session, item.org_id, Role.PRIVACY_OFFICER, now=unit.now)
    org = holders.org_name if holders is not None else ""
    if await hold_on(unit.session, ref, lock=True) is None:
        await keep_copy(
            unit,
            actor,
            item,
            clause=clauses[CLAUSE_MINOR if item.minor else CLAUSE_OTHER],
            until=unit.now + FIRST_HOLD,
            reason="",
            secret=True,
            sure=False,
        )
    if await _open(unit, ref) is not None:
        return ReportTaken(ref.code, org, item.minor, again=True)
    row = await _new(unit, item)
    say = ReportCall(ref.code, await org_name(unit.session, item.org_id), item.minor, row.due_at, reminded=False)
    for officer_id in holders.people if holders is not None else ():
        await ask_person(
            unit, officer_id, Ask(REPORT, (HANDLED,), say, subject_id=row.id, urgent=True, life=LIFE), kind="alert"
        )
    await unit.audit(None, "hold.reported", role="", ref=ref.code, minor=item.minor)
    return ReportTaken(ref.code, org, item.minor, again=False)


async def reported(unit: Unit, actor: Actor, ref: Ref, text: str, clauses: dict[str, str]) -> ReportDone:
    """``已报告 <号> <单位>``: that it was reported, where and when; what is kept for it stays for ninety days."""
    authority = checked_authority(text)
    row, item, hold = await _open(unit, ref), await find_item(unit.session, ref), await hold_on(unit.session, ref)
    org_id = item.org_id if item is not None else row.org_id if row is not None else None
    if org_id is None or not await _answers_for(unit, actor, item, org_id):
        raise NotFound
    if row is None and item is not None:
        row = await _new(unit, item)
    if row is None:
        raise NotFound
    org = await unit.session.get_one(OrgUnit, row.org_id)
    row.authority = await unit.seal(org.key_id, f"harm_reports:{row.id}:authority", authority)
    row.state, row.done_at = ReportState.REPORTED.value, unit.now
    await unit.session.flush()
    await cancel(unit, REPORT, subject_id=row.id)
    until = unit.now + REPORTED_HOLD
    if hold is None and item is not None:
        clause = clauses[CLAUSE_MINOR if item.minor else CLAUSE_OTHER]
        hold = await keep_copy(unit, actor, item, clause=clause, until=until, reason=authority, secret=True, sure=True)
    if hold is not None:
        hold.until, hold.sure = max(hold.until, until), True
        hold.placed_by = hold.placed_by or actor.person_id
        await unit.session.flush()
    await unit.audit(actor, "hold.passed_on", role=Role.PRIVACY_OFFICER, ref=ref.code)
    return ReportDone(ref.code, authority, unit.now)


async def answer_report(unit: Unit, actor: Actor, question: Asked[NoData]) -> Say:
    """已处理: dealt with here, without an authority; the first copy runs out by itself."""
    row = await unit.session.get(HarmReport, question.subject_id) if question.subject_id else None
    if row is None or row.state != ReportState.OPEN:
        raise NotFound
    row.state, row.done_at = ReportState.HANDLED.value, unit.now
    await unit.session.flush()
    await cancel(unit, REPORT, subject_id=row.id)
    ref = f"{row.letter}{row.number}"
    await unit.audit(actor, "hold.handled", role=Role.PRIVACY_OFFICER, ref=ref, minor=row.minor)
    return ReportHandled(ref, row.minor)


async def reports_due(session: AsyncSession, look: Look) -> Sequence[int]:
    """Reports of which nobody has said what became of them: reminded of each day, and told above once."""
    over = HarmReport.due_at <= look.now
    day_ago, above = look.now - REPORT_WITHIN, look.now - TELL_ABOVE_AFTER
    remind = and_(over, or_(HarmReport.reminded_at.is_(None), HarmReport.reminded_at <= day_ago))
    tell = and_(HarmReport.at <= above, HarmReport.told_above_at.is_(None))
    rows = await session.execute(
        select(HarmReport.id)
        .where(HarmReport.state == ReportState.OPEN.value, or_(remind, tell))
        .order_by(HarmReport.due_at)
        .limit(look.limit)
    )
    return rows.scalars().all()


async def remind_report(unit: Unit, row_id: int, _look: Look) -> bool:
    """The responsible persons once a day; after three days those above as well, once."""
    row = await unit.session.get(HarmReport, row_id, with_for_update=True)
    if row is None or row.state != ReportState.OPEN or row.due_at > unit.now:
        return False
    ref, org = f"{row.letter}{row.number}", await org_name(unit.session, row.org_id)
    holders = await nearest_holders(unit.session, row.org_id, Role.PRIVACY_OFFICER, now=unit.now)
    if row.reminded_at is None or row.reminded_at <= unit.now - REPORT_WITHIN:
        row.reminded_at = unit.now
        say = ReportCall(ref, org, row.minor, row.due_at, reminded=True)
        for person_id in holders.people if holders is not None else ():
            await unit.push_person(person_id, say, cls="L", kind="alert")
    if row.told_above_at is None and row.at <= unit.now - TELL_ABOVE_AFTER:
        row.told_above_at = unit.now
        above = await parent_of(unit.session, holders.org_id if holders is not None else row.org_id)
        higher = await nearest_holders(unit.session, above, Role.PRIVACY_OFFICER, now=unit.now)
        for person_id in higher.people if higher is not None else ():
            await unit.push_person(person_id, ReportOverdue(ref, org), cls="L", kind="alert")
        await unit.audit(None, "hold.report_overdue", role="system", ref=ref)
    return True


async def _open(unit: Unit, ref: Ref) -> HarmReport | None:
    found = await unit.session.execute(
        select(HarmReport)
        .where(
            HarmReport.number == ref.number,
            HarmReport.letter == ref.letter,
            HarmReport.state == ReportState.OPEN.value,
        )
        .with_for_update()
    )
    return found.scalars().first()


async def _new(unit: Unit, item: Item) -> HarmReport:
    row = HarmReport(
        letter=item.ref.letter,
        number=item.ref.number,
        org_id=item.org_id,
        minor=item.minor,
        state=ReportState.OPEN.value,
        at=unit.now,
        due_at=unit.now + REPORT_WITHIN,
    )
    unit.session.add(row)
    await unit.session.flush()
    return row


async def _answers_for(unit: Unit, actor: Actor, item: Item | None, org_id: int) -> bool:
    if item is not None:
        return await covers(unit.session, actor, item, Role.PRIVACY_OFFICER) is not None
    return await is_above(unit.session, actor, Role.PRIVACY_OFFICER, org_id)
