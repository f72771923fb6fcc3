"""匿名留言: which organ one goes to, what the organ sees of those that are out, and what a pick-up code opens (P23).

Nothing here is looked up by a person but the organ; what waits for its batch is shown, listed and counted nowhere.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, ClassVar, Final

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.duty import nearest_holders, org_name, parent_of, top_holders
from bot.core.reads.office import in_force
from bot.core.reads.unreadable import unreadable
from bot.core.rules.people import Actor, Role
from bot.core.rules.say import Say
from bot.features.anonymous.rules.anonymous import (
    RELEASED,
    AnonymousRules,
    AnonymousState,
    AuthorsWord,
    grouped,
    next_batches,
    rounded,
)
from bot.features.anonymous.tables import AnonymousVoice, code_hash, code_hash_out, place_of
from bot.store.people import OrgUnit, Person, RoleGrant
from bot.store.sealing import Vault

OPEN_STATES: Final = (AnonymousState.OPEN, AnonymousState.ESCALATED, AnonymousState.ANSWERED)
"""Out and not closed."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """The organ that will answer, and the key under which the words are sealed."""

    org_id: int
    name: str
    key_id: int


@dataclass(frozen=True, slots=True)
class AnonymousLine:
    """One line of the organ's list; no words, and no time but the day of the release."""

    ref: int
    state: AnonymousState
    urgent: bool
    held_since: date
    answered_on: date | None


@dataclass(frozen=True, slots=True)
class AnonymousAnswer:
    """One answer as the holder of the code reads it."""

    org: str
    on: date
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class PickedUp(Say):
    """What a code opens; ``said`` is the word that its holder has given and that comes out with the next batch."""

    template: ClassVar[str] = "anonymous/picked_up"
    code: str
    state: AnonymousState
    org: str
    out_on: date
    answers: tuple[AnonymousAnswer, ...]
    said: AuthorsWord | None
    may_rate: bool
    numbers: bool


# --- where to --------------------------------------------------------------------------------------------------------


async def recipient_of(
    session: AsyncSession, actor: Actor, rules: AnonymousRules, *, now: datetime
) -> Recipient | None:
    """The organ that reads what this actor writes; None when nobody could read it.

    A youth's own organisation, one level up when it has few linked youths; of somebody who holds an office the level
    above; of a stranger the highest organ. In each case the nearest from there that has an admin with an account.
    """
    start = await _start(session, actor, rules)
    holders = await nearest_holders(session, start, Role.ORGAN_ADMIN, now=now)
    org_id = holders.org_id if holders is not None else await _highest(session, now)
    return None if org_id is None else await recipient(session, org_id)


async def recipient(session: AsyncSession, org_id: int) -> Recipient:
    """An organ with its name and key."""
    org = await session.get_one(OrgUnit, org_id)
    return Recipient(org.id, org.name, org.key_id)


async def recipient_above(session: AsyncSession, org_id: int, *, now: datetime) -> Recipient | None:
    """The nearest organ above that can take it over."""
    holders = await nearest_holders(session, await parent_of(session, org_id), Role.ORGAN_ADMIN, now=now)
    return None if holders is None else await recipient(session, holders.org_id)


async def _start(session: AsyncSession, actor: Actor, rules: AnonymousRules) -> int | None:
    offices = sorted(g.org_id for g in actor.grants if g.role is not Role.YOUTH)
    if offices:
        return await parent_of(session, offices[0]) or offices[0]
    for org_id in actor.orgs(Role.YOUTH):
        if await linked_youths(session, org_id) >= rules.small_unit:
            return org_id
        return await parent_of(session, org_id) or org_id
    return None


async def linked_youths(session: AsyncSession, org_id: int) -> int:
    """Youths who have joined, of an organisation and everything below it."""
    org = await session.get_one(OrgUnit, org_id)
    below = select(OrgUnit.id).where(OrgUnit.path.startswith(org.path, autoescape=True))
    found = await session.execute(
        select(func.count())
        .select_from(Person)
        .where(Person.org_id.in_(below), Person.is_youth, Person.state == "active")
    )
    return found.scalar_one()


async def _highest(session: AsyncSession, now: datetime) -> int | None:
    """The highest organ with an admin who can be written to; of several the one with the most below it."""
    top = await top_holders(session, Role.ORGAN_ADMIN, now=now)
    rows = await session.execute(
        select(OrgUnit.id, OrgUnit.path)
        .join(RoleGrant, RoleGrant.org_id == OrgUnit.id)
        .where(
            RoleGrant.person_id.in_(top),
            RoleGrant.role == Role.ORGAN_ADMIN.value,
            in_force(now),
        )
        .distinct()
    )
    found = [(path.count("/"), -await linked_youths(session, org_id), org_id) for org_id, path in rows.all()]
    return min(found)[2] if found else None


# --- what the organ sees ---------------------------------------------------------------------------------------------


async def listed(
    session: AsyncSession, actor: Actor, states: Collection[AnonymousState] = OPEN_STATES, *, now: datetime
) -> Select[AnonymousVoice]:
    """What is out in these states, oldest first: for the admins of its organ and, when urgent, those on duty."""
    there = AnonymousVoice.state.in_([state.value for state in states])
    mine = AnonymousVoice.org_id.in_(actor.orgs(Role.ORGAN_ADMIN))
    if actor.has(Role.DUTY_OFFICER):
        organs = await session.execute(select(AnonymousVoice.org_id).where(there, AnonymousVoice.urgent).distinct())
        called = [org_id for org_id in organs.scalars().all() if await _is_called(session, actor, org_id, now)]
        mine = or_(mine, and_(AnonymousVoice.urgent, AnonymousVoice.org_id.in_(called)))
    return select(AnonymousVoice).where(there, mine).order_by(AnonymousVoice.held_since, AnonymousVoice.ref)


async def _is_called(session: AsyncSession, actor: Actor, org_id: int, now: datetime) -> bool:
    """Whether this actor is one of those on duty for an organ."""
    duty = await nearest_holders(session, org_id, Role.DUTY_OFFICER, now=now)
    return duty is not None and actor.person_id in duty.people


def line_of(row: AnonymousVoice) -> AnonymousLine:
    """A voice that is out, as a list shows it."""
    if row.ref is None or row.held_since is None:
        raise RuntimeError("a voice that is out has a reference and its day")
    return AnonymousLine(row.ref, AnonymousState(row.state), row.urgent, row.held_since, row.answered_on)


async def may_see(session: AsyncSession, actor: Actor, row: AnonymousVoice, *, now: datetime) -> bool:
    """Admins of the organ that has it; an urgent one also those on duty who were called."""
    if row.org_id in actor.orgs(Role.ORGAN_ADMIN):
        return True
    return row.urgent and actor.has(Role.DUTY_OFFICER) and await _is_called(session, actor, row.org_id, now)


async def find_released(
    session: AsyncSession, actor: Actor, number: int, *, now: datetime, lock: bool = False
) -> AnonymousVoice | None:
    """A voice that is out, by its reference, within what this actor may see."""
    wanted = select(AnonymousVoice).where(
        AnonymousVoice.ref == number, AnonymousVoice.state.in_([state.value for state in RELEASED])
    )
    found = (await session.execute(wanted.with_for_update() if lock else wanted)).scalar_one_or_none()
    return found if found is not None and await may_see(session, actor, found, now=now) else None


async def counted(session: AsyncSession, org_ids: frozenset[int], since: date, rules: AnonymousRules) -> int | None:
    """How many came out since a day, rounded; None for a few. Only batches change it, never an arrival."""
    found = await session.execute(
        select(func.count()).where(AnonymousVoice.org_id.in_(org_ids), AnonymousVoice.released_on >= since)
    )
    return rounded(found.scalar_one(), rules)


# --- what a code opens -----------------------------------------------------------------------------------------------


async def by_code(session: AsyncSession, vault: Vault, code: str, *, lock: bool = False) -> AnonymousVoice | None:
    """The voice of a pick-up code."""
    waiting = code_hash(vault, code)
    hashed = AnonymousVoice.code_hash.in_((waiting, code_hash_out(vault, waiting)))
    wanted = select(AnonymousVoice).where(hashed)
    return (await session.execute(wanted.with_for_update() if lock else wanted)).scalar_one_or_none()


async def picked_up(
    session: AsyncSession, vault: Vault, code: str, rules: AnonymousRules, *, now: datetime, numbers: bool
) -> PickedUp | None:
    """What the holder of a code may read; ``numbers``: a bare ``1`` will be understood as an answer."""
    row = await by_code(session, vault, code)
    if row is None:
        return None
    state = AnonymousState(row.state)
    said = AuthorsWord(row.said) if row.said else None
    may_rate = state is AnonymousState.ANSWERED
    return PickedUp(
        grouped(code),
        state,
        await org_name(session, row.org_id),
        next_batches(now, rules)[0].date(),
        tuple(await answers_of(session, vault, row)),
        said,
        may_rate,
        numbers and may_rate,
    )


async def answers_of(session: AsyncSession, vault: Vault, row: AnonymousVoice) -> list[AnonymousAnswer]:
    """The answers so far, oldest first; in place of those that cannot be opened one that says so."""
    text = await vault.read(session, place_of(row.key, "answers"), row.answers)
    if text is None and row.answers:
        return [AnonymousAnswer(await org_name(session, row.org_id), row.answered_on or row.week, unreadable())]
    plain: list[dict[str, Any]] = json.loads(text) if text else []
    return [AnonymousAnswer(a["org"], date.fromisoformat(a["on"]), a["text"]) for a in plain]
