"""同办, 邀请: cadres who hold one activity together, and an organ's activity told in their groups (A3, R2.2, R2.11).

Whoever organises it names who takes part; nobody claims an activity for themselves.
"""

from dataclasses import dataclass, field
from typing import ClassVar

from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.linked import is_host
from bot.core.reads.officers import Officer, OfficerNotFound, named, officers
from bot.core.reads.orgs import ids_in
from bot.core.reads.people import name_of
from bot.core.rules.people import Actor, Role
from bot.core.rules.refusal import Refusal
from bot.core.rules.say import Say
from bot.features.activity.acts.announce import ActivityNotHost
from bot.features.activity.reads.activity import ActivityLine, chats_of, find_organised, line_of
from bot.features.activity.rules.activity import ActivityNotFound, ActivityOver, ActivityState, can_join
from bot.features.activity.tables import Activity, ActivityCadre
from bot.store.chat import Chat
from bot.store.people import OrgUnit
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class JointSaid(Say):
    """To whoever organises it: this cadre takes part now, did already (``again``), or no longer does (``out``)."""

    template: ClassVar[str] = "activity/joint"
    ref: int
    name: str = field(repr=False)
    again: bool = False
    out: bool = False


@dataclass(frozen=True, slots=True)
class JointTold(Say):
    """To the cadre who takes part, or to whoever organises it: who named or left what; ``out``: no longer."""

    template: ClassVar[str] = "activity/joint_told"
    line: ActivityLine
    by: str
    out: bool = False


@dataclass(frozen=True, slots=True)
class OrganInvites(Say):
    """Into a cadre's group: the organ's activity, and that nobody has to come (R2.2, P38)."""

    template: ClassVar[str] = "activity/invited"
    line: ActivityLine
    organ: str


@dataclass(frozen=True, slots=True)
class InvitedIn(Say):
    """To the cadre in private: told in this group."""

    template: ClassVar[str] = "activity/invited_in"
    ref: int
    group: str


class InviteWhere(Refusal):
    """Several groups, or none: said in the group it is meant for; field ``ref``."""

    code = "activity.invite_where"


class JointOneself(Refusal):
    """Whoever organises a cadre's own activity takes part anyway; field ``ref``."""

    code = "activity.joint_oneself"


async def add_cadre(unit: Unit, actor: Actor, number: int, name: str) -> JointSaid:
    """``同办 <A> <干部>``: of the same tree of organisations, up or down; it counts once for each."""
    activity = await find_organised(unit.session, actor, number, lock=True)
    if activity.state == ActivityState.CANCELLED:
        raise ActivityOver(ref=number, state=activity.state)
    one = named(await _near(unit, activity), name)
    if one.person_id == activity.cadre_id and activity.slot is None:
        raise JointOneself(ref=number)
    if await unit.session.get(ActivityCadre, (activity.id, one.person_id)) is not None:
        return JointSaid(number, one.name, again=True)
    unit.session.add(ActivityCadre(activity_id=activity.id, person_id=one.person_id, starts_at=activity.starts_at))
    await unit.session.flush()
    await unit.audit(actor, "activity.joint", subject_id=one.person_id, ref=f"A{number}")
    if one.person_id != actor.person_id:
        line = await line_of(unit.session, unit.vault, activity, unit.now)
        told = JointTold(line, await name_of(unit.session, unit.vault, actor.person_id or 0))
        await unit.push_person(one.person_id, told)
    return JointSaid(number, one.name)


async def drop_cadre(unit: Unit, actor: Actor, number: int, name: str | None) -> JointSaid:
    """``退出同办 <A>``: oneself; with a name whoever organises it takes somebody out."""
    if name is None:
        return await _leave(unit, actor, number)
    activity = await find_organised(unit.session, actor, number, lock=True)
    there = (await unit.session.execute(_of(activity.id))).scalars().all()
    one = named([cadre for cadre in await _near(unit, activity) if cadre.person_id in there], name)
    await _out(unit, actor, activity, one.person_id)
    line = await line_of(unit.session, unit.vault, activity, unit.now)
    if one.person_id != actor.person_id:
        told = JointTold(line, await name_of(unit.session, unit.vault, actor.person_id or 0), out=True)
        await unit.push_person(one.person_id, told)
    return JointSaid(number, one.name, out=True)


async def _leave(unit: Unit, actor: Actor, number: int) -> JointSaid:
    mine = select(Activity).join(ActivityCadre, ActivityCadre.activity_id == Activity.id)
    rows = await unit.session.execute(
        mine.where(Activity.ref == number, ActivityCadre.person_id == actor.person_id).with_for_update(of=Activity)
    )
    activity = rows.scalar_one_or_none()
    if activity is None or actor.person_id is None:
        raise ActivityNotFound
    await _out(unit, actor, activity, actor.person_id)
    name = await name_of(unit.session, unit.vault, actor.person_id)
    if activity.cadre_id != actor.person_id:
        line = await line_of(unit.session, unit.vault, activity, unit.now)
        await unit.push_person(activity.cadre_id, JointTold(line, name, out=True))
    return JointSaid(number, name, out=True)


async def _out(unit: Unit, actor: Actor, activity: Activity, person_id: int) -> None:
    gone = delete(ActivityCadre).where(ActivityCadre.activity_id == activity.id, ActivityCadre.person_id == person_id)
    if not (await unit.session.execute(gone.returning(ActivityCadre.person_id))).all():
        raise OfficerNotFound
    await unit.audit(actor, "activity.joint_ended", subject_id=person_id, ref=f"A{activity.ref}")


def _of(activity_id: int):
    return select(ActivityCadre.person_id).where(ActivityCadre.activity_id == activity_id)


async def _near(unit: Unit, activity: Activity) -> list[Officer]:
    """Cadres of the activity's organisation, below it, and of those above it."""
    path = (await unit.session.get_one(OrgUnit, activity.org_id)).path
    below = await officers(unit.session, unit.vault, [path], (Role.CADRE,), now=unit.now)
    here = OrgUnit.id.in_(ids_in(path)[:-1])
    above = await officers(unit.session, unit.vault, ["/"], (Role.CADRE,), here, now=unit.now)
    return [*below, *above]


async def invite(unit: Unit, actor: Actor, number: int, chat: Chat | None, *, private: bool) -> Say | None:
    """``邀请 <A>``: an activity of the own organ, told in a group one looks after."""
    activity, organ = await _of_own_organ(unit.session, actor, number)
    if not can_join(ActivityState(activity.state), activity.starts_at, unit.now):
        raise ActivityOver(ref=number, state=activity.state)
    if private:
        chats = await chats_of(unit.session, actor)
        if len(chats) != 1:
            raise InviteWhere(ref=number)
        chat = chats[0]
    elif chat is None or chat.state != "linked" or not await is_host(unit.session, chat.id, actor):
        raise ActivityNotHost
    line = await line_of(unit.session, unit.vault, activity, unit.now)
    await unit.push_chat(
        chat,
        OrganInvites(line, organ),
        instead=actor.person_id if private else None,
        expires_at=activity.starts_at,
    )
    await unit.audit(actor, "activity.invited", role=Role.CADRE, ref=f"A{number}")
    return InvitedIn(number, chat.native_id) if private else None


async def _of_own_organ(session: AsyncSession, actor: Actor, number: int) -> tuple[Activity, str]:
    """An organ's activity, for cadres of the organ itself; refuses ``activity.not_found``."""
    rows = await session.execute(
        select(Activity, OrgUnit.name)
        .join(OrgUnit, OrgUnit.id == Activity.org_id)
        .where(Activity.ref == number, Activity.slot.is_not(None), Activity.org_id.in_(actor.orgs(Role.CADRE)))
    )
    found = rows.first()
    if found is None:
        raise ActivityNotFound
    return found[0], found[1]
