"""名单: who signed up and who waits, for the organiser; the reading is logged. Never who did not come (P38)."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Final

from sqlalchemy import case, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.audited import Logged, Seen, seen
from bot.core.reads.paging import paged
from bot.core.reads.people import names_of
from bot.core.rules.people import Actor, Role
from bot.core.rules.refusal import Refusal
from bot.core.rules.say import Say
from bot.features.activity.reads.activity import ActivityLine, find_organised, line_of
from bot.features.activity.rules.activity import COMING, ActivityState, PartState
from bot.features.activity.tables import ActivityPart
from bot.store.sealing import Vault

NAMES: Final = 50
"""Names on one page."""


@dataclass(frozen=True, slots=True)
class PartList(Say):
    """One page: those with a seat in the order of sign-up, then those who wait in theirs; not who has checked in."""

    template: ClassVar[str] = "activity/list"
    line: ActivityLine
    seated: tuple[str, ...] = field(repr=False)
    waiting: tuple[str, ...] = field(repr=False)
    first_waiting: int
    total: int
    page: int
    pages: int


class ListOver(Refusal):
    """After the end there is no list: nobody reads off it who did not come; field ``ref``."""

    code = "activity.list_over"


async def list_parts(
    session: AsyncSession, vault: Vault, actor: Actor, number: int, page: int, *, now: datetime
) -> Seen:
    """``名单 <A>``."""
    activity = await find_organised(session, actor, number)
    if activity.state != ActivityState.OPEN:
        raise ListOver(ref=number)
    waits = case((ActivityPart.state == PartState.WAITING, 1), else_=0)
    there = (
        ActivityPart.activity_id == activity.id,
        ActivityPart.state.in_(COMING),
        ActivityPart.person_id.is_not(None),
    )
    found = await paged(session, select(ActivityPart).where(*there).order_by(waits, ActivityPart.position), page, NAMES)
    people = [part.person_id for part in found.rows if part.person_id is not None]
    names = await names_of(session, vault, people)
    line = await line_of(session, vault, activity, now)
    split: dict[bool, list[str]] = {True: [], False: []}
    for part in found.rows:
        split[part.state == PartState.WAITING].append(names.get(part.person_id or 0, ""))
    before = max(0, (page - 1) * NAMES - (found.total - line.waiting))
    say = PartList(line, tuple(split[False]), tuple(split[True]), before + 1, found.total, page, found.pages)
    logged = [Logged("read.activity", Role.CADRE, person_id, f"A{number}") for person_id in people]
    return await seen(session, say, logged, select(ActivityPart.id, ActivityPart.state).where(*there))
