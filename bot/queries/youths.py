"""我的青年: how many, of how many, who has not been spoken with for a while; names page by page, own youths only."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.domain.contact import PAGE, QUIET_LONG, QUIET_SOON, contact_target, is_quiet
from bot.domain.people import Actor, CadreKind, OrgLevel, Role
from bot.domain.refusal import Refusal
from bot.domain.say import Say
from bot.queries.contacts import youths_of
from bot.store.people import OrgUnit
from bot.store.sealing import Vault


@dataclass(frozen=True, slots=True)
class YouthLine:
    """One line: 称呼, and the K number where two have the same one (0: none needed)."""

    name: str
    ref: int


@dataclass(frozen=True, slots=True)
class MyYouths(Say):
    """The cadre's own numbers and one page of names."""

    template: ClassVar[str] = "contact/youths"
    count: int
    target: int
    quiet_soon: int
    quiet_long: int
    page: int
    pages: int
    youths: tuple[YouthLine, ...]


class NoSuchPage(Refusal):
    """A page that does not exist."""

    code = "contact.no_such_page"


async def my_youths(session: AsyncSession, vault: Vault, actor: Actor, page: int, *, now: datetime) -> MyYouths:
    """One page of the cadre's own youths; refuses ``contact.no_such_page``."""
    youths = await youths_of(session, vault, actor.person_id) if actor.person_id is not None else []
    pages = max(1, -(-len(youths) // PAGE))
    if not 1 <= page <= pages:
        raise NoSuchPage(pages=pages)
    shown = youths[(page - 1) * PAGE : page * PAGE]
    return MyYouths(
        count=len(youths),
        target=await target_of(session, actor),
        quiet_soon=sum(is_quiet(y.last_contact_at, now, QUIET_SOON) for y in youths),
        quiet_long=sum(is_quiet(y.last_contact_at, now, QUIET_LONG) for y in youths),
        page=page,
        pages=pages,
        youths=tuple(YouthLine(y.name, y.ref if y.same_name else 0) for y in shown),
    )


async def target_of(session: AsyncSession, actor: Actor) -> int:
    """The highest target of the actor's cadre roles; 0 for somebody who is no cadre."""
    kinds: dict[int, CadreKind | None] = {g.org_id: g.cadre_kind for g in actor.grants if g.role is Role.CADRE}
    rows = await session.execute(select(OrgUnit.id, OrgUnit.level).where(OrgUnit.id.in_(kinds)))
    return max((contact_target(kinds[org], OrgLevel(level)) for org, level in rows), default=0)
