"""Finding an activity within somebody's own scope, and who takes part; what is foreign is not found."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Select, bindparam, exists, func, or_, select
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


def open_to(person_id: int | ColumnElement[int] | None) -> ColumnElement[bool]:
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


def _held(rows: Select[Activity]) -> Select[Activity]:
    """By the same statement: whoever waited for the row reads it as it is then."""
    return rows.with_for_update(of=Activity).execution_options(populate_existing=True)


# What every sign-up asks is put together once: the database is not what takes the time here.
_JOINABLE: Final = select(Activity).where(Activity.ref == bindparam("number"), open_to(bindparam("person")))
_JOINABLE_HELD: Final = _held(_JOINABLE)
_PART: Final = select(ActivityPart).where(
    ActivityPart.activity_id == bindparam("activity"), ActivityPart.person_id == bindparam("person")
)
_COUNTS: Final = (
    select(ActivityPart.state, func.count())
    .where(ActivityPart.activity_id == bindparam("activity"))
    .group_by(ActivityPart.state)
)


async def find_organised(session: AsyncSession, actor: Actor, number: int, *, lock: bool = False) -> Activity:
    """One of a cadre's own; refuses ``not_found``."""
    rows = select(Activity).where(Activity.ref == number, organised_by(actor))
    return await _one(session, _held(rows) if lock else rows)


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
    rows = _JOINABLE_HELD if lock else _JOINABLE
    return await _one(session, rows, number=number, person=actor.person_id)


async def find_visible(session: AsyncSession, actor: Actor, number: int) -> Activity:
    """One of one's own, in either part; refuses ``not_found``."""
    mine = or_(organised_by(actor), open_to(actor.person_id))
    return await _one(session, select(Activity).where(Activity.ref == number, mine))


async def locked(session: AsyncSession, activity_id: int | None) -> Activity | None:
    """The row, held until the end of the unit: whoever takes or gives a seat holds it first."""
    rows = select(Activity).where(Activity.id == activity_id).with_for_update()
    return (await session.execute(rows.execution_options(populate_existing=True))).scalar_one_or_none()


async def _one(session: AsyncSession, rows: Select[Activity], **values: int | None) -> Activity:
    found = (await session.execute(rows, values)).scalar_one_or_none()
    if found is None:
        raise ActivityNotFound
    return found


async def part_of(session: AsyncSession, activity_id: int, person_id: int | None) -> ActivityPart | None:
    """Somebody's part, if they have one."""
    return (await session.execute(_PART, {"activity": activity_id, "person": person_id})).scalar_one_or_none()


async def counts_of(session: AsyncSession, activity_id: int) -> dict[PartState, int]:
    """How many parts are in each state."""
    rows = await session.execute(_COUNTS, {"activity": activity_id})
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
