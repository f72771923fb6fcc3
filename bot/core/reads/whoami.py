"""我是谁、我的同意: what the bot knows about the person who asks; nobody else can ask it."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.consent import active_consents
from bot.core.reads.contacts import Membership, memberships
from bot.core.reads.people import name_of
from bot.core.rules.consent import PER_CHAT, ConsentScope
from bot.core.rules.people import Actor, AgeBand, Role
from bot.core.rules.say import Say
from bot.store.chat import Chat, ChatHost
from bot.store.people import Account, OrgUnit, Person
from bot.store.sealing import Vault


@dataclass(frozen=True, slots=True)
class Office:
    """A role and the organisation it is held for."""

    role: Role
    org: str


@dataclass(frozen=True, slots=True)
class WhoAmI(Say):
    """Name, roles, organisation, accounts and chats of the person who asks; ``joining``: no age band told yet."""

    template: ClassVar[str] = "people/who_am_i"
    name: str
    org: str
    offices: tuple[Office, ...]
    age_band: AgeBand | None
    accounts: int
    groups: tuple[str, ...]
    contacts: tuple[Membership, ...]
    joining: bool


@dataclass(frozen=True, slots=True)
class Nobody(Say):
    """A stranger: nothing is stored about them."""

    template: ClassVar[str] = "people/nobody"


@dataclass(frozen=True, slots=True)
class ScopeState:
    """One scope: when and in which words it was given; ``since`` None when it is not given. ``group`` only for 原话."""

    scope: ConsentScope
    since: datetime | None
    version: str
    cadre: str
    group: str


@dataclass(frozen=True, slots=True)
class MyConsents(Say):
    """Every scope, given or not."""

    template: ClassVar[str] = "consent/mine"
    scopes: tuple[ScopeState, ...]


async def who_am_i(session: AsyncSession, vault: Vault, actor: Actor) -> Say:
    """``我是谁``."""
    person = await session.get(Person, actor.person_id) if actor.person_id is not None else None
    if person is None:
        return Nobody()
    orgs = select(OrgUnit.id, OrgUnit.name).where(OrgUnit.id.in_({g.org_id for g in actor.grants} | {person.org_id}))
    names = {row.id: row.name for row in await session.execute(orgs)}
    accounts = select(func.count()).select_from(Account).where(Account.person_id == person.id)
    groups = (
        select(Chat.native_id)
        .join(ChatHost, ChatHost.chat_id == Chat.id)
        .where(ChatHost.person_id == person.id, Chat.state == "linked")
        .order_by(Chat.linked_at)
    )
    contacts = await memberships(session, vault, person.id)
    return WhoAmI(
        name=await name_of(session, vault, person.id),
        org=names.get(person.org_id or 0, ""),
        offices=tuple(Office(g.role, names[g.org_id]) for g in actor.grants),
        age_band=actor.age_band,
        accounts=(await session.execute(accounts)).scalar_one(),
        groups=tuple((await session.execute(groups)).scalars()),
        contacts=tuple(contacts),
        joining=bool(contacts) and not person.is_youth,
    )


async def my_consents(session: AsyncSession, vault: Vault, actor: Actor) -> Say:
    """``我的同意``: a line for each scope, and one for each group where 原话 is possible or given."""
    if actor.person_id is None:
        return Nobody()
    given = {(ConsentScope(c.scope), c.chat_id): c for c in await active_consents(session, actor.person_id)}
    groups = {m.chat_id: m for m in await memberships(session, vault, actor.person_id) if m.chat_id is not None}
    lines: list[ScopeState] = []
    for scope in ConsentScope:
        chats: list[int | None] = [*groups] if scope in PER_CHAT else [None]
        for chat_id in chats or [None]:
            consent, group = given.get((scope, chat_id)), groups.get(chat_id or 0)
            lines.append(
                ScopeState(
                    scope,
                    consent.given_at if consent else None,
                    consent.text_version if consent else "",
                    group.cadre if group else "",
                    group.group if group else "",
                )
            )
    return MyConsents(tuple(lines))
