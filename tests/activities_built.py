"""Builders for tests of activities: one that is to come or has begun, and youths who take part; each a transaction."""

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from bot.core.rules.five_ones import Slot
from bot.core.rules.people import Actor
from bot.features.activity.acts.announce import insert
from bot.features.activity.acts.sign_up import sign_up
from bot.features.activity.rules.activity import Plan
from bot.features.activity.tables import Activity, ActivityCode, ActivityPart
from bot.store.chat import Chat
from bot.store.people import OrgUnit
from bot.store.store import Store


async def make_activity(
    store: Store,
    cadre: Actor,
    chat: Chat | None = None,
    *,
    starts: timedelta = timedelta(days=4),
    lasts: timedelta = timedelta(hours=2),
    seats: int | None = None,
    kind: str = "volunteering",
    topic: str = "捡垃圾",
    place: str = "清溪社区",
    code: str = "",
) -> int:
    """An announced activity; returns its number. ``code``: a check-in code that is valid until long after."""
    async with store.unit() as unit:
        at = unit.now + starts
        plan = Plan(kind, at, at + lasts, place, topic, seats)
        there = await unit.session.get(Chat, chat.id) if chat is not None else None
        activity = await insert(unit, cadre, plan, at + lasts, there)
        activity.announced_at = unit.now if chat is not None else None
        if code:
            until = activity.ends_at + timedelta(hours=2)
            unit.session.add(ActivityCode(code=code, activity_id=activity.id, made_at=unit.now, until=until))
        return activity.ref


async def make_organ_activity(
    store: Store, admin: Actor, organ: OrgUnit, slot: Slot, *, starts: timedelta = timedelta(days=1)
) -> int:
    """An activity of an organ, announced nowhere; returns its number."""
    async with store.unit() as unit:
        at = unit.now + starts
        plan = Plan("open_day", at, at + timedelta(hours=2), "团县委", "走进团县委", None)
        activity = await insert(unit, admin, plan, at + timedelta(hours=2), None)
        activity.org_id, activity.slot = organ.id, slot.value
        return activity.ref


async def join(store: Store, ref: int, *youths: Actor) -> list[Any]:
    """These sign up, one after the other."""
    said: list[Any] = []
    for youth in youths:
        async with store.unit() as unit:
            said.append(await sign_up(unit, youth, ref, None, private=True))
    return said


async def activity_of(store: Store, ref: int) -> Activity:
    """The row as it is now."""
    async with store.read() as session:
        return (await session.execute(select(Activity).where(Activity.ref == ref))).scalar_one()


async def parts_of(store: Store, ref: int) -> dict[int | None, str]:
    """Who is in which state, in the order of sign-up."""
    async with store.read() as session:
        rows = await session.execute(
            select(ActivityPart.person_id, ActivityPart.state)
            .join(Activity, Activity.id == ActivityPart.activity_id)
            .where(Activity.ref == ref)
            .order_by(ActivityPart.position)
        )
        return {row.person_id: row.state for row in rows}
