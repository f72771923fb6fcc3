"""工作小组: an organ's groups with leader, people and tasks; only organs of provinces and cities (R2.12)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.orgs import Organ, organs_of
from bot.core.reads.people import name_to_choose
from bot.core.reads.unreadable import shown
from bot.core.rules.people import Actor
from bot.core.rules.say import Say
from bot.core.rules.text import plain_key
from bot.features.working_group.rules.working_group import (
    LEVELS,
    WorkingGroupLevel,
    WorkingGroupNotFound,
    WorkingGroupUnclear,
)
from bot.features.working_group.tables import WorkingGroup, WorkingGroupMember, WorkingGroupTask
from bot.store.sealing import Vault


@dataclass(frozen=True, slots=True)
class WorkingGroupLine:
    """One group."""

    name: str
    leader: str = field(repr=False)
    people: tuple[str, ...] = field(repr=False)
    tasks: tuple[str, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class WorkingGroups(Say):
    """``工作小组``: every group of the own organ."""

    template: ClassVar[str] = "working_group/list"
    groups: tuple[WorkingGroupLine, ...]


@dataclass(frozen=True, slots=True)
class NoWorkingGroups(Say):
    """``工作小组`` of a county organ: the notice asks none of it."""

    template: ClassVar[str] = "working_group/none"


async def organ_with_groups(session: AsyncSession, actor: Actor) -> Organ:
    """The province or city organ for which the actor answers; refuses ``working_group.level``."""
    organ = await _organ(session, actor)
    if organ is None:
        raise WorkingGroupLevel
    return organ


async def _organ(session: AsyncSession, actor: Actor) -> Organ | None:
    found = [organ for organ in await organs_of(session, actor) if organ.level in LEVELS]
    return min(found, key=lambda organ: (len(organ.path), organ.id), default=None)


async def groups_of(session: AsyncSession, organ: Organ) -> Sequence[WorkingGroup]:
    """The groups of an organ that have not ended, oldest first."""
    rows = await session.execute(
        select(WorkingGroup)
        .where(WorkingGroup.org_id == organ.id, WorkingGroup.ended_at.is_(None))
        .order_by(WorkingGroup.began_at, WorkingGroup.id)
    )
    return rows.scalars().all()


async def working_groups(session: AsyncSession, vault: Vault, actor: Actor) -> WorkingGroups | NoWorkingGroups:
    """``工作小组``."""
    organ = await _organ(session, actor)
    if organ is None:
        return NoWorkingGroups()
    lines: list[WorkingGroupLine] = []
    for group in await groups_of(session, organ):
        members = await session.execute(
            select(WorkingGroupMember.person_id)
            .where(WorkingGroupMember.group_id == group.id)
            .order_by(WorkingGroupMember.id)
        )
        tasks = await session.execute(
            select(WorkingGroupTask).where(WorkingGroupTask.group_id == group.id).order_by(WorkingGroupTask.added_at)
        )
        lines.append(
            WorkingGroupLine(
                await name_of_group(session, vault, group),
                await name_to_choose(session, vault, group.leader_id) if group.leader_id is not None else "",
                tuple([await name_to_choose(session, vault, person_id) for person_id in members.scalars()]),
                tuple(
                    [
                        await shown(session, vault, f"working_group_tasks:{task.id}:text", task.text)
                        for task in tasks.scalars()
                    ]
                ),
            )
        )
    return WorkingGroups(tuple(lines))


async def name_of_group(session: AsyncSession, vault: Vault, group: WorkingGroup) -> str:
    """What a group is called."""
    return await shown(session, vault, f"working_groups:{group.id}:name", group.name)


async def meant(session: AsyncSession, vault: Vault, organ: Organ, text: str) -> tuple[WorkingGroup, str]:
    """The group that begins these words, and what is left; the only one there is needs no name.

    Refuses ``working_group.not_found`` and ``working_group.unclear``.
    """
    groups = await groups_of(session, organ)
    if not groups:
        raise WorkingGroupNotFound
    names = [await name_of_group(session, vault, group) for group in groups]
    longest = sorted(zip(names, groups, strict=True), key=lambda pair: -len(pair[0]))
    for name, group in longest:
        head = text[: len(name)]
        if plain_key(head) == plain_key(name):
            return group, text[len(name) :].strip(" ：:，,")
    if len(groups) > 1:
        raise WorkingGroupUnclear(names=tuple(names))
    return groups[0], text.strip()
