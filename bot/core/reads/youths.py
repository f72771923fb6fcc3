"""我的青年: number, target, how many had no contact lately, and the names by page; a cadre sees own youths only."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.audited import Logged, Seen, seen
from bot.core.reads.contacts import youths_of
from bot.core.rules.contact import PAGE, QUIET_LONG, QUIET_SOON, contact_target, is_quiet
from bot.core.rules.paging import pages_of
from bot.core.rules.people import Actor, CadreKind, OrgLevel, Role
from bot.core.rules.say import Say
from bot.store.chat import Chat, ChatHost, Contact
from bot.store.people import OrgUnit
from bot.store.sealing import Vault


@dataclass(frozen=True, slots=True)
class YouthLine:
    """One line: 称呼, and the K number where two youths share a 称呼 (``ref`` 0 when they do not)."""

    name: str
    ref: int
    since: datetime
    group: str


@dataclass(frozen=True, slots=True)
class MyYouths(Say):
    """The cadre's own numbers and one page of names; ``groups`` and ``co_hosted`` count the groups they look after."""

    template: ClassVar[str] = "contact/youths"
    count: int
    target: int
    quiet_soon: int
    quiet_long: int
    page: int
    pages: int
    youths: tuple[YouthLine, ...]
    groups: int
    co_hosted: int


async def my_youths(session: AsyncSession, vault: Vault, actor: Actor, page: int, *, now: datetime) -> Seen:
    """One page of the cadre's own youths, logged for who is on it; refuses ``page.none``."""
    youths = await youths_of(session, vault, actor.person_id) if actor.person_id is not None else []
    pages = pages_of(len(youths), page, PAGE)
    shown = youths[(page - 1) * PAGE : page * PAGE]
    owned, hosted = await _groups(session, actor.person_id)
    said = MyYouths(
        count=len(youths),
        target=await target_of(session, actor),
        quiet_soon=sum(is_quiet(y.last_contact_at, now, QUIET_SOON) for y in youths),
        quiet_long=sum(is_quiet(y.last_contact_at, now, QUIET_LONG) for y in youths),
        page=page,
        pages=pages,
        youths=tuple(YouthLine(y.name, y.ref if y.same_name else 0, y.since, y.group) for y in shown),
        groups=owned,
        co_hosted=hosted - owned,
    )
    people = [y.person_id for y in shown]
    living = (Contact.cadre_id == actor.person_id, Contact.youth_id.in_(people), Contact.ended_at.is_(None))
    logged = [Logged("read.youths", Role.CADRE, youth_id) for youth_id in people]
    return await seen(session, said, logged, select(Contact.id).where(*living))


async def _groups(session: AsyncSession, cadre_id: int | None) -> tuple[int, int]:
    """How many linked groups are this cadre's own, and how many they look after in all."""
    rows = await session.execute(
        select(Chat.owner_id)
        .join(ChatHost, ChatHost.chat_id == Chat.id)
        .where(ChatHost.person_id == cadre_id, Chat.state == "linked")
    )
    owners = rows.scalars().all()
    return sum(owner == cadre_id for owner in owners), len(owners)


async def target_of(session: AsyncSession, actor: Actor) -> int:
    """The highest target of the actor's cadre roles; 0 for somebody who is no cadre."""
    kinds: dict[int, CadreKind | None] = {g.org_id: g.cadre_kind for g in actor.grants if g.role is Role.CADRE}
    rows = await session.execute(select(OrgUnit.id, OrgUnit.level).where(OrgUnit.id.in_(kinds)))
    return max((contact_target(kinds[org], OrgLevel(level)) for org, level in rows), default=0)
