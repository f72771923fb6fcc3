"""在任的人 Officers: people who hold a role within a tree, and the one whom a name means (R2.12, R2.14)."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.office import in_force
from bot.core.reads.people import name_to_choose
from bot.core.rules.namesakes import split_note
from bot.core.rules.people import Role
from bot.core.rules.refusal import NotFound, Refusal
from bot.core.rules.text import plain_key
from bot.store.people import OrgUnit, RoleGrant
from bot.store.sealing import Vault

MOST_NAMED: Final = 6
"""People who are named where several fit."""


class OfficerNotFound(NotFound):
    """Nobody of that name in office there, or in another tree: the same words."""

    code = "officer.not_found"


class OfficerAmbiguous(Refusal):
    """Several people of that name; field ``names``: each with 备注 and organisation."""

    code = "officer.ambiguous"


@dataclass(frozen=True, slots=True)
class Officer:
    """Somebody in office: the name with 备注, and for which organisation."""

    person_id: int
    name: str = field(repr=False)
    org: str
    org_id: int


async def officers(
    session: AsyncSession,
    vault: Vault,
    paths: Collection[str],
    roles: Collection[Role],
    *where: ColumnElement[bool],
    now: datetime,
) -> list[Officer]:
    """Everybody who holds one of the roles now in an organisation below one of these paths, by organisation."""
    within = or_(False, *(OrgUnit.path.startswith(path, autoescape=True) for path in paths))
    rows = await session.execute(
        select(RoleGrant.person_id, OrgUnit.name, OrgUnit.id)
        .join(OrgUnit, OrgUnit.id == RoleGrant.org_id)
        .where(RoleGrant.role.in_([role.value for role in roles]), in_force(now), within, *where)
        .order_by(OrgUnit.path, RoleGrant.person_id)
    )
    seen: dict[int, tuple[str, int]] = {}
    for person_id, org, org_id in rows:
        seen.setdefault(person_id, (org, org_id))
    return [
        Officer(person_id, await name_to_choose(session, vault, person_id), org, org_id)
        for person_id, (org, org_id) in seen.items()
    ]


def named(people: Sequence[Officer], typed: str) -> Officer:
    """The one of these who is meant; refuses ``officer.not_found`` and ``officer.ambiguous``."""
    wanted = plain_key(typed).replace(" ", "")
    exact = [one for one in people if wanted and wanted in (_bare(one.name), _bare(one.org + one.name))]
    found = exact or [one for one in people if wanted and wanted in _looser(one)]
    if not found:
        raise OfficerNotFound
    if len(found) > 1:
        raise OfficerAmbiguous(names=tuple(f"{one.org} {one.name}" for one in found[:MOST_NAMED]))
    return found[0]


def _looser(one: Officer) -> tuple[str, str]:
    """What people type when the name is told apart by a note."""
    name = split_note(one.name)[0]
    return _bare(name), _bare(one.org + name)


def _bare(name: str) -> str:
    return plain_key(name).replace(" ", "")
