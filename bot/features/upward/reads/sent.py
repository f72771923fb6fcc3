"""送上去的事: an organ's list of what waits and what was decided, and finding one of it (R1.4, R2.4, P13)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Final, TypeVar

from sqlalchemy import ColumnElement, case, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.orgs import names_of_orgs
from bot.core.reads.paging import paged
from bot.core.reads.people import names_of
from bot.core.reads.unreadable import shown
from bot.core.rules.people import Actor, Role
from bot.core.rules.say import Say
from bot.features.upward.rules.upward import UpwardNotFound, UpwardState
from bot.features.upward.tables import GoodPractice, SentUp, SupportRequest
from bot.store.sealing import Vault

Sent = TypeVar("Sent", bound=SentUp)
PAGE: Final = 6
LETTERS: Final[Mapping[type[SentUp], str]] = {GoodPractice: "E", SupportRequest: "H"}


@dataclass(frozen=True, slots=True)
class UpwardLine:
    """One thing that was sent up: by whom, from where, its words, and what the organ said."""

    ref: str
    state: UpwardState
    sent_at: datetime
    who: str = field(repr=False)
    org: str
    words: str = field(repr=False)
    reply: str = field(repr=False)
    kind: str = ""
    """Of what is recommended: ``PracticeKind``."""


@dataclass(frozen=True, slots=True)
class UpwardList(Say):
    """``经验列表`` or ``支持列表``: what waits first, oldest first; then what was decided, newest first."""

    template: ClassVar[str] = "upward/list"
    lists: ClassVar[tuple[str, ...]] = ("lines",)
    practices: bool
    total: int
    waiting: int
    page: int
    pages: int
    lines: tuple[UpwardLine, ...]


async def sent_up(session: AsyncSession, vault: Vault, actor: Actor, table: type[SentUp], page: int) -> UpwardList:
    """One page of the own organs' list, and of what one sent oneself; refuses ``page.none``."""
    within = or_(mine(actor, table), table.sender_id == actor.person_id)
    waits = table.state == UpwardState.RECEIVED.value
    ordered = (
        select(table)
        .where(within)
        .order_by(case((waits, 0), else_=1), case((waits, table.sent_at)), table.sent_at.desc(), table.id)
    )
    found = await paged(session, ordered, page, PAGE)
    waiting = (await session.execute(select(func.count()).select_from(table).where(within, waits))).scalar_one()
    who = await names_of(session, vault, [row.sender_id for row in found.rows if row.sender_id is not None])
    orgs = await names_of_orgs(session, [row.from_org_id for row in found.rows])
    name = table.__tablename__
    lines = [
        UpwardLine(
            ref=f"{LETTERS[table]}{row.ref}",
            state=UpwardState(row.state),
            sent_at=row.sent_at,
            who=who.get(row.sender_id or 0, ""),
            org=orgs.get(row.from_org_id, ""),
            words=await shown(session, vault, f"{name}:{row.id}:text", row.text),
            reply=await shown(session, vault, f"{name}:{row.id}:reply", row.reply),
            kind=row.kind if isinstance(row, GoodPractice) else "",
        )
        for row in found.rows
    ]
    return UpwardList(table is GoodPractice, found.total, waiting, page, found.pages, tuple(lines))


def mine(actor: Actor, table: type[SentUp]) -> ColumnElement[bool]:
    """What was sent to an organ of which the actor is an admin."""
    return table.org_id.in_(actor.orgs(Role.ORGAN_ADMIN))


async def find_sent(session: AsyncSession, actor: Actor, table: type[Sent], number: int) -> Sent:
    """One thing that was sent to the own organ, locked; refuses ``upward.not_found``."""
    found = await session.execute(select(table).where(table.ref == number, mine(actor, table)).with_for_update())
    row = found.scalar_one_or_none()
    if row is None:
        raise UpwardNotFound
    return row
