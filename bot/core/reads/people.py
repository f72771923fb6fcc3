"""The actor and the group: the first read of every command."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import and_, bindparam, exists, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.office import in_force
from bot.core.reads.questions import PUT, WAITING
from bot.core.reads.unreadable import shown, unreadable
from bot.core.rules import namesakes
from bot.core.rules.people import STRANGER, Actor, AgeBand, CadreKind, Grant, Role
from bot.store.chat import Chat
from bot.store.delivery import Prompt
from bot.store.people import Account, Person, RoleGrant
from bot.store.sealing import Vault, key_of


@dataclass(frozen=True, slots=True)
class Identity:
    """The actor together with the account that speaks."""

    actor: Actor
    account: Account | None
    person: Person | None = None
    """Kept here so that the session finds this person again (name, key) without a statement."""
    asked: bool = True
    """Whether a question to this account may wait for an answer."""

    @property
    def key_id(self) -> int | None:
        """The person's data key: it seals what the bot says to them, and its deletion makes that unreadable."""
        return self.person.key_id if self.person is not None else None


def account_index(vault: Vault, channel: str, scope: str, native_id: str) -> bytes:
    """The blind index by which an account is found."""
    return vault.mac("index", "account", channel, scope, native_id)


# Built once: every command starts with one of these statements.
_ASKED: Final = exists().where(Prompt.account_id == Account.id, WAITING).correlate(Account)
_WHO: Final = (
    select(Account, Person, RoleGrant.role, RoleGrant.org_id, RoleGrant.cadre_kind, _ASKED.label("asked"))
    .join(Person, Person.id == Account.person_id)
    .outerjoin(
        RoleGrant,
        and_(
            RoleGrant.person_id == Account.person_id,
            in_force(bindparam("now", type_=RoleGrant.until.type)),
        ),
    )
    .where(
        Account.channel == bindparam("channel"),
        Account.scope == bindparam("scope"),
        Account.native_index == bindparam("native_index"),
    )
    .order_by(RoleGrant.id)
)
_WHO_ASKED: Final = _WHO.add_columns(Prompt).outerjoin(
    Prompt, and_(Prompt.account_id == Account.id, Prompt.state == PUT)
)


async def identify(
    session: AsyncSession, vault: Vault, *, channel: str, scope: str, native_id: str, now: datetime
) -> Identity:
    """The speaker, from our own tables only; a stranger when nobody has bound or joined with this account."""
    values = _speaker(vault, channel, scope, native_id, now)
    return _identity((await session.execute(_WHO, values)).all())


async def identify_asked(
    session: AsyncSession, vault: Vault, *, channel: str, scope: str, native_id: str, now: datetime
) -> tuple[Identity, Prompt | None]:
    """The speaker and the question that is open for this account, in one statement."""
    rows = (await session.execute(_WHO_ASKED, _speaker(vault, channel, scope, native_id, now))).all()
    return _identity(rows), rows[0][-1] if rows else None


def _speaker(vault: Vault, channel: str, scope: str, native_id: str, now: datetime) -> dict[str, Any]:
    index = account_index(vault, channel, scope, native_id)
    return {"channel": channel, "scope": scope, "native_index": index, "now": now}


def _identity(rows: Sequence[Any]) -> Identity:
    if not rows:
        return Identity(STRANGER, None)
    account, person = rows[0][:2]
    grants = [Grant(Role(role), org, CadreKind(kind) if kind else None) for _, _, role, org, kind, *_ in rows if role]
    return Identity(_actor(person, account.id, grants), account, person, bool(rows[0].asked))


def _actor(person: Person, account_id: int | None, grants: list[Grant]) -> Actor:
    """The person's rights at this moment: grants that have not ended, plus youth if they joined."""
    if person.is_youth and person.org_id is not None:
        grants.append(Grant(Role.YOUTH, person.org_id))
    band = AgeBand(person.age_band) if person.age_band else None
    return Actor(person.id, account_id, tuple(grants), band)


async def accounts_by(session: AsyncSession, vault: Vault, channel: str, bot_id: str, *, most: int) -> list[str]:
    """The platform ids of people to whom this bot speaks, those who came last first."""
    found = await session.execute(
        select(Account.id, Account.native)
        .where(Account.channel == channel, Account.scope == "")
        .where(or_(Account.bot_id == bot_id, (" " + Account.other_bots + " ").contains(f" {bot_id} ", autoescape=True)))
        .order_by(Account.bound_at.desc())
        .limit(most)
    )
    told = [await vault.read(session, f"accounts:{row.id}:native", row.native) for row in found.all()]
    return [native for native in told if native]


async def find_chat(session: AsyncSession, *, channel: str, bot_id: str, native_id: str) -> Chat | None:
    """The group's row, linked or not; None when nobody has ever linked it."""
    found = await session.execute(
        select(Chat).where(Chat.channel == channel, Chat.bot_id == bot_id, Chat.native_id == native_id)
    )
    return found.scalar_one_or_none()


async def name_of(session: AsyncSession, vault: Vault, person_id: int) -> str:
    """称呼 or name of a person; empty when there is no such person any more."""
    person = await session.get(Person, person_id)
    if person is None:
        return ""
    return await shown(session, vault, f"people:{person.id}:name", person.name)


async def name_to_choose(session: AsyncSession, vault: Vault, person_id: int) -> str:
    """The name with 备注, for lists to choose from: the note distinguishes two people of one name."""
    person = await session.get(Person, person_id)
    if person is None:
        return ""
    name = await shown(session, vault, f"people:{person.id}:name", person.name)
    return namesakes.shown(name, await shown(session, vault, f"people:{person.id}:note", person.note))


async def names_of(session: AsyncSession, vault: Vault, person_ids: Sequence[int]) -> dict[int, str]:
    """称呼 of several people at once."""
    rows = (await session.execute(select(Person).where(Person.id.in_(set(person_ids))))).scalars().all()
    await vault.ready(session, *(key_of(p.name) for p in rows))
    opened = {p.id: vault.open(f"people:{p.id}:name", p.name) for p in rows}
    return {person_id: unreadable() if name is None else name for person_id, name in opened.items()}
