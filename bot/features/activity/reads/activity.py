"""Finding an activity within somebody's own scope, and who takes part; what is foreign is not found."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.unreadable import shown
from bot.core.rules.people import Actor, Role
from bot.core.rules.when import Exact, say_exact
from bot.features.activity.rules.activity import (
    SEATED,
    ActivityNotFound,
    ActivityState,
    PartState,
    WhichOwn,
    seats_left,
)
from bot.features.activity.tables import Activity, ActivityCadre, ActivityPart
from bot.store.chat import Chat, ChatHost, Contact
from bot.store.people import RoleGrant
from bot.store.sealing import Vault

WORDS: Final = ("place", "topic", "process", "reason", "explained")
"""Columns that are sealed under the activity's key."""


def place_of(activity_id: int, column: str) -> str:
    """Where a sealed text of an activity stands."""
    return f"activities:{activity_id}:{column}"


def announcement_key(activity_id: int) -> str:
    """The outbox key of an announcement: by it a message that quotes it is told."""
    return f"activity:{activity_id}:announced"


def organised_by(actor: Actor) -> ColumnElement[bool]:
    """Own activities of a cadre: those they organise, and those of groups they look after."""
    hosted = select(ChatHost.chat_id).where(ChatHost.person_id == actor.person_id)
    if not actor.has(Role.CADRE) and not actor.has(Role.ORGAN_ADMIN):
        return Activity.id.is_(None)
    if not actor.has(Role.CADRE):  # what passed to the organ, and nothing else
        return Activity.cadre_id == actor.person_id
    return or_(Activity.cadre_id == actor.person_id, Activity.chat_id.in_(hosted))


def open_to(person_id: int | None) -> ColumnElement[bool]:
    """Activities a youth may come to: of a cadre they are in contact with, announced in a group they joined, or of the
    organ of their cadre (R2.2).
    """
    joint = select(ActivityCadre.person_id).where(ActivityCadre.activity_id == Activity.id).correlate(Activity)
    of_the_organ = (
        exists()
        .where(
            Activity.slot.is_not(None),
            RoleGrant.org_id == Activity.org_id,
            RoleGrant.person_id == Contact.cadre_id,
            RoleGrant.role == Role.CADRE.value,
        )
        .correlate(Activity, Contact)
    )
    contact = exists().where(
        Contact.youth_id == person_id,
        Contact.ended_at.is_(None),
        or_(
            Contact.cadre_id == Activity.cadre_id,
            Contact.chat_id == Activity.chat_id,
            Contact.cadre_id.in_(joint),
            of_the_organ,
        ),
    )
    mine = exists().where(ActivityPart.activity_id == Activity.id, ActivityPart.person_id == person_id)
    return or_(contact, mine)


async def find_organised(session: AsyncSession, actor: Actor, number: int, *, lock: bool = False) -> Activity:
    """One of a cadre's own; refuses ``not_found``."""
    return await _one(session, and_(Activity.ref == number, organised_by(actor)), lock=lock)


async def only_organised(session: AsyncSession, actor: Actor, *where: ColumnElement[bool]) -> int:
    """The number of the only one of a cadre's own that is meant; refuses ``activity.which_own``."""
    rows = await session.execute(
        select(Activity.ref).where(organised_by(actor), *where).order_by(Activity.starts_at.desc()).limit(2)
    )
    found = rows.scalars().all()
    if len(found) != 1:
        raise WhichOwn(refs=list(found))
    return found[0]


async def find_joinable(session: AsyncSession, actor: Actor, number: int, *, lock: bool = False) -> Activity:
    """One that a youth may come to; refuses ``not_found``."""
    return await _one(session, and_(Activity.ref == number, open_to(actor.person_id)), lock=lock)


async def find_visible(session: AsyncSession, actor: Actor, number: int) -> Activity:
    """One of one's own, in either part; refuses ``not_found``."""
    return await _one(session, and_(Activity.ref == number, or_(organised_by(actor), open_to(actor.person_id))))


async def locked(session: AsyncSession, activity_id: int | None) -> Activity | None:
    """The row, held until the end of the unit: whoever takes or gives a seat holds it first."""
    rows = select(Activity).where(Activity.id == activity_id).with_for_update()
    return (await session.execute(rows.execution_options(populate_existing=True))).scalar_one_or_none()


async def _one(session: AsyncSession, where: ColumnElement[bool], *, lock: bool = False) -> Activity:
    rows = select(Activity).where(where)
    if lock:  # by the same statement: whoever waited for the row reads it as it is then
        rows = rows.with_for_update(of=Activity).execution_options(populate_existing=True)
    found = (await session.execute(rows)).scalar_one_or_none()
    if found is None:
        raise ActivityNotFound
    return found


async def part_of(session: AsyncSession, activity_id: int, person_id: int | None) -> ActivityPart | None:
    """Somebody's part, if they have one."""
    mine = (ActivityPart.activity_id == activity_id, ActivityPart.person_id == person_id)
    return (await session.execute(select(ActivityPart).where(*mine))).scalar_one_or_none()


async def counts_of(session: AsyncSession, activity_id: int) -> dict[PartState, int]:
    """How many parts are in each state."""
    rows = await session.execute(
        select(ActivityPart.state, func.count())
        .where(ActivityPart.activity_id == activity_id)
        .group_by(ActivityPart.state)
    )
    found = {PartState(state): count for state, count in rows}
    return {state: found.get(state, 0) for state in PartState}


def seated(counts: dict[PartState, int]) -> int:
    """How many seats are taken."""
    return sum(counts[state] for state in SEATED)


async def upcoming(session: AsyncSession, *where: ColumnElement[bool], now: datetime, most: int) -> Sequence[Activity]:
    """Announced activities that have not begun, the next first."""
    rows = await session.execute(
        select(Activity)
        .where(Activity.state == ActivityState.OPEN, Activity.starts_at > now, *where)
        .order_by(Activity.starts_at, Activity.id)
        .limit(most)
    )
    return rows.scalars().all()


@dataclass(frozen=True, slots=True)
class ActivityLine:
    """活动 as everybody reads it: what, when, where, and seats as numbers; no name of anybody."""

    ref: int
    kind: str
    state: ActivityState
    starts_at: datetime
    ends_at: datetime
    when: str
    """11月28日 周六 14:00–16:00."""
    place: str
    topic: str
    capacity: int | None
    left: int | None
    waiting: int


def when_of(activity: Activity, now: datetime) -> str:
    """The whole meaning of its time, in words."""
    return say_exact(Exact(activity.starts_at, end=activity.ends_at), now)


async def line_of(
    session: AsyncSession,
    vault: Vault,
    activity: Activity,
    now: datetime,
    counts: dict[PartState, int] | None = None,
) -> ActivityLine:
    """What may be shown of an activity to whoever may come; ``counts`` where they are known already."""
    counts = counts or await counts_of(session, activity.id)
    return ActivityLine(
        ref=activity.ref,
        kind=activity.kind,
        state=ActivityState(activity.state),
        starts_at=activity.starts_at,
        ends_at=activity.ends_at,
        when=when_of(activity, now),
        place=await words_of(session, vault, activity, "place"),
        topic=await words_of(session, vault, activity, "topic"),
        capacity=activity.capacity,
        left=seats_left(activity.capacity, seated(counts)),
        waiting=counts[PartState.WAITING],
    )


async def words_of(session: AsyncSession, vault: Vault, activity: Activity, column: str) -> str:
    """A sealed text of an activity, opened; empty where there is none any more."""
    sealed: bytes | None = getattr(activity, column)
    return await shown(session, vault, place_of(activity.id, column), sealed) if sealed is not None else ""


async def chats_of(session: AsyncSession, actor: Actor) -> Sequence[Chat]:
    """The linked groups a cadre looks after, the longest first."""
    rows = await session.execute(
        select(Chat)
        .join(ChatHost, ChatHost.chat_id == Chat.id)
        .where(ChatHost.person_id == actor.person_id, Chat.state == "linked")
        .order_by(ChatHost.since, Chat.id)
    )
    return rows.scalars().all()


async def organisers(session: AsyncSession, activity: Activity) -> set[int]:
    """Who organises it: their own word that it took place counts for nothing (P39)."""
    joint = select(ActivityCadre.person_id).where(ActivityCadre.activity_id == activity.id)
    found = {activity.cadre_id, *(await session.execute(joint)).scalars()}
    if activity.chat_id is not None:
        hosts = await session.execute(select(ChatHost.person_id).where(ChatHost.chat_id == activity.chat_id))
        found |= set(hosts.scalars())
    return found
