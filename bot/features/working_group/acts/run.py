"""工作小组: make one, add people and tasks, take somebody out, end it (R2.12)."""

from dataclasses import dataclass, field
from typing import ClassVar

from sqlalchemy import delete, func, select

from bot.core.reads.officers import Officer, named, officers
from bot.core.reads.orgs import Organ
from bot.core.rules.people import Actor, Role
from bot.core.rules.say import Say
from bot.core.rules.text import first_word
from bot.features.working_group.reads.groups import groups_of, meant, name_of_group, organ_with_groups
from bot.features.working_group.rules.working_group import (
    MOST_GROUPS,
    MOST_MEMBERS,
    MOST_TASKS,
    WorkingGroupExists,
    WorkingGroupFull,
    WorkingGroupLeader,
    checked_name,
    checked_task,
)
from bot.features.working_group.tables import WorkingGroup, WorkingGroupMember, WorkingGroupTask
from bot.store.base import new_id
from bot.store.people import OrgUnit, RoleGrant
from bot.store.unit import Unit

IN_OFFICE = (Role.CADRE, Role.ORGAN_ADMIN, Role.SECRETARY, Role.REPORTER)


@dataclass(frozen=True, slots=True)
class WorkingGroupMade(Say):
    """To the organ: there is a new group, and who leads it; ``told``: whether the leader could be told."""

    template: ClassVar[str] = "working_group/made"
    name: str
    leader: str = field(repr=False)
    told: bool


@dataclass(frozen=True, slots=True)
class WorkingGroupChanged(Say):
    """To the organ: somebody was added or taken out (``person``), or a task was taken on (``task``)."""

    template: ClassVar[str] = "working_group/changed"
    name: str
    person: str = field(default="", repr=False)
    task: str = field(default="", repr=False)
    out: bool = False
    again: bool = False


@dataclass(frozen=True, slots=True)
class WorkingGroupEnded(Say):
    """To the organ: the group has ended."""

    template: ClassVar[str] = "working_group/ended"
    name: str


@dataclass(frozen=True, slots=True)
class WorkingGroupTold(Say):
    """To somebody who leads a group or works in it from now on."""

    template: ClassVar[str] = "working_group/told"
    name: str
    organ: str
    leads: bool


async def make_group(unit: Unit, actor: Actor, text: str) -> WorkingGroupMade:
    """``工作小组 新建 <名> <组长>``; the leader is of the leadership or heads a department."""
    organ = await organ_with_groups(unit.session, actor)
    head, rest = first_word(text)
    name = checked_name(head)
    groups = await groups_of(unit.session, organ)
    if len(groups) >= MOST_GROUPS:
        raise WorkingGroupFull(most=MOST_GROUPS)
    if name in [await name_of_group(unit.session, unit.vault, group) for group in groups]:
        raise WorkingGroupExists(name=name)
    leader = named(await _people(unit, organ), rest)
    if not await _leads(unit, leader.person_id):
        raise WorkingGroupLeader(name=leader.name)
    group_id = new_id()
    org = await unit.session.get_one(OrgUnit, organ.id)
    unit.session.add(
        WorkingGroup(
            id=group_id,
            org_id=organ.id,
            name=await unit.seal(org.key_id, f"working_groups:{group_id}:name", name),
            leader_id=leader.person_id,
            began_at=unit.now,
        )
    )
    await unit.session.flush()
    await unit.audit(actor, "working_group.made", role=Role.ORGAN_ADMIN)
    return WorkingGroupMade(name, leader.name, await _tell(unit, actor, leader, name, org.name, leads=True))


async def add_person(unit: Unit, actor: Actor, text: str) -> WorkingGroupChanged:
    """``工作小组 加 [组名] <人>``."""
    organ = await organ_with_groups(unit.session, actor)
    group, rest = await meant(unit.session, unit.vault, organ, text)
    one = named(await _people(unit, organ), rest)
    name = await name_of_group(unit.session, unit.vault, group)
    there = await _members(unit, group)
    if one.person_id in there:
        return WorkingGroupChanged(name, person=one.name, again=True)
    if len(there) >= MOST_MEMBERS:
        raise WorkingGroupFull(most=MOST_MEMBERS)
    unit.session.add(WorkingGroupMember(id=new_id(), group_id=group.id, person_id=one.person_id))
    await unit.session.flush()
    await unit.audit(actor, "working_group.changed", role=Role.ORGAN_ADMIN)
    org = await unit.session.get_one(OrgUnit, organ.id)
    await _tell(unit, actor, one, name, org.name, leads=False)
    return WorkingGroupChanged(name, person=one.name)


async def take_out(unit: Unit, actor: Actor, text: str) -> WorkingGroupChanged:
    """``工作小组 移出 [组名] <人>``."""
    organ = await organ_with_groups(unit.session, actor)
    group, rest = await meant(unit.session, unit.vault, organ, text)
    there = await _members(unit, group)
    one = named([person for person in await _people(unit, organ) if person.person_id in there], rest)
    await unit.session.execute(
        delete(WorkingGroupMember).where(
            WorkingGroupMember.group_id == group.id, WorkingGroupMember.person_id == one.person_id
        )
    )
    await unit.audit(actor, "working_group.changed", role=Role.ORGAN_ADMIN)
    return WorkingGroupChanged(await name_of_group(unit.session, unit.vault, group), person=one.name, out=True)


async def add_task(unit: Unit, actor: Actor, text: str) -> WorkingGroupChanged:
    """``工作小组 事项 [组名] <内容>``."""
    organ = await organ_with_groups(unit.session, actor)
    group, rest = await meant(unit.session, unit.vault, organ, text)
    task = checked_task(rest)
    counted = select(func.count()).select_from(WorkingGroupTask).where(WorkingGroupTask.group_id == group.id)
    if (await unit.session.execute(counted)).scalar_one() >= MOST_TASKS:
        raise WorkingGroupFull(most=MOST_TASKS)
    task_id = new_id()
    org = await unit.session.get_one(OrgUnit, organ.id)
    sealed = await unit.seal(org.key_id, f"working_group_tasks:{task_id}:text", task)
    unit.session.add(WorkingGroupTask(id=task_id, group_id=group.id, text=sealed, added_at=unit.now))
    await unit.session.flush()
    await unit.audit(actor, "working_group.changed", role=Role.ORGAN_ADMIN)
    return WorkingGroupChanged(await name_of_group(unit.session, unit.vault, group), task=task)


async def end_group(unit: Unit, actor: Actor, text: str) -> WorkingGroupEnded:
    """``工作小组 解散 <组名>``."""
    organ = await organ_with_groups(unit.session, actor)
    group, _ = await meant(unit.session, unit.vault, organ, text)
    await unit.swap(WorkingGroup, WorkingGroup.id == group.id, WorkingGroup.ended_at.is_(None), ended_at=unit.now)
    await unit.audit(actor, "working_group.ended", role=Role.ORGAN_ADMIN)
    return WorkingGroupEnded(await name_of_group(unit.session, unit.vault, group))


async def _people(unit: Unit, organ: Organ) -> list[Officer]:
    return await officers(unit.session, unit.vault, [organ.path], IN_OFFICE, now=unit.now)


async def _leads(unit: Unit, person_id: int) -> bool:
    """Whether somebody is of the leadership or heads a department, as the roster says (班子成员)."""
    found = await unit.session.execute(
        select(RoleGrant.id).where(RoleGrant.person_id == person_id, RoleGrant.is_leadership).limit(1)
    )
    return found.first() is not None


async def _members(unit: Unit, group: WorkingGroup) -> set[int]:
    rows = await unit.session.execute(
        select(WorkingGroupMember.person_id).where(WorkingGroupMember.group_id == group.id)
    )
    return set(rows.scalars())


async def _tell(unit: Unit, actor: Actor, one: Officer, name: str, organ: str, *, leads: bool) -> bool:
    if one.person_id == actor.person_id:
        return True
    return await unit.push_person(one.person_id, WorkingGroupTold(name, organ, leads))
