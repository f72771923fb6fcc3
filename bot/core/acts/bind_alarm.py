"""绑定: who hears that somebody guesses at codes: the admins of those whose invitations are at stake (threat 5)."""

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import select

from bot.core.reads.duty import nearest_holders, top_holders
from bot.core.rules.people import Actor, Role
from bot.core.rules.say import Say
from bot.store.people import BindCode, OrgUnit, Person
from bot.store.unit import Unit


async def tell_of_lock(unit: Unit, actor: Actor, codes: Sequence[str], say: Say) -> None:
    """One account is locked. ``codes``: what it typed last; even a used or expired code says whom it was for."""
    await _tell(unit, await _orgs_at_stake(unit, actor, codes), actor, say)


async def tell_of_freeze(unit: Unit, actor: Actor, say: Say) -> None:
    """Binding is frozen in the whole installation: tell the topmost admins."""
    await _tell(unit, (), actor, say)


async def _tell(unit: Unit, org_ids: Sequence[int], actor: Actor, say: Say) -> None:
    """The nearest admins above all of these who can be written to; where there are none, the topmost ones."""
    itself = frozenset((actor.person_id,)) if actor.person_id is not None else frozenset[int]()
    found = await nearest_holders(
        unit.session, await _above_all(unit, org_ids), Role.ORGAN_ADMIN, now=unit.now, but=itself
    )
    people = found.people if found else await top_holders(unit.session, Role.ORGAN_ADMIN, now=unit.now)
    for person_id in people:
        await unit.push_person(person_id, say, kind="alert", priority=1)


async def _orgs_at_stake(unit: Unit, actor: Actor, codes: Sequence[str]) -> Sequence[int]:
    """The organisation of whose account it is, else of whom the code invited, else of all who are invited now."""
    if actor.person_id is not None:
        own = [grant.org_id for grant in actor.grants]
        return own or await _orgs_of(unit, select(Person.org_id).where(Person.id == actor.person_id))
    invited = select(Person.org_id).join(BindCode, BindCode.person_id == Person.id)
    if codes:
        hashes = [unit.vault.mac("codes", code) for code in codes]
        meant = await _orgs_of(unit, invited.where(BindCode.code_hash.in_(hashes)))
        if meant:
            return meant
    return await _orgs_of(unit, invited.where(BindCode.used_at.is_(None), BindCode.expires_at > unit.now))


async def _orgs_of(unit: Unit, statement: Any) -> list[int]:
    rows = await unit.session.execute(statement.distinct())
    return [org_id for org_id in rows.scalars() if org_id is not None]


async def _above_all(unit: Unit, org_ids: Iterable[int]) -> int | None:
    """The lowest organisation that has all of these below it, or is the only one of them."""
    rows = await unit.session.execute(select(OrgUnit.path).where(OrgUnit.id.in_(set(org_ids))))
    shared = 0
    for here in zip(*(path.strip("/").split("/") for path in rows.scalars()), strict=False):
        if len(set(here)) > 1:
            break
        shared = int(here[0])
    return shared or None
