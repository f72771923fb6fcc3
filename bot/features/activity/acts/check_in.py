"""签到码、签到: said on the spot; no position and no photo. Pressing again is 已签到; capacity is no door (P41)."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from sqlalchemy import delete, func, select

from bot.core.rules.people import Actor, AgeBand, Role
from bot.core.rules.refusal import Refusal
from bot.core.rules.say import Say
from bot.core.rules.when import say_time
from bot.features.activity.reads.activity import (
    ActivityLine,
    find_organised,
    line_of,
    locked,
    only_organised,
    open_to,
    part_of,
)
from bot.features.activity.rules.activity import (
    CODE_AFTER,
    CODE_BEFORE,
    TRIES,
    TRIES_WITHIN,
    ActivityState,
    PartState,
    can_check_in,
    code_from,
    code_until,
    renews,
)
from bot.features.activity.tables import Activity, ActivityAttempt, ActivityCode, ActivityPart
from bot.store.dialect import insert_ignore
from bot.store.unit import Unit

DRAWS: Final = 200
CODES: Final = 10_000


@dataclass(frozen=True, slots=True)
class CodeShown(Say):
    """To the organiser: the code to say on the spot, and until when it is valid."""

    template: ClassVar[str] = "activity/code"
    line: ActivityLine
    code: str
    until: str


@dataclass(frozen=True, slots=True)
class CheckedIn(Say):
    """Here; ``again``: that was known already."""

    template: ClassVar[str] = "activity/checked_in"
    together: ClassVar[str] = "activity/together"
    line: ActivityLine
    again: bool


@dataclass(frozen=True, slots=True)
class CodeWrong(Say):
    """No valid code of an activity that this person may come to; foreign and unknown ones read alike."""

    template: ClassVar[str] = "activity/code_wrong"
    paused: bool


class CodesPaused(Refusal):
    """Too many wrong codes within ten minutes; field ``minutes``."""

    code = "activity.codes_paused"


class CodeNotNow(Refusal):
    """Too early or too late for a code; fields ``ref``, ``since``, ``until``."""

    code = "activity.code_not_now"


class NoCodesLeft(Exception):
    """Ten thousand codes are valid at this moment."""


async def show_code(unit: Unit, actor: Actor, number: int | None) -> CodeShown:
    """``签到码 <A>``: a new one every ten minutes on request; the one before stays valid until its end."""
    if number is None:
        inside = (Activity.starts_at <= unit.now + CODE_BEFORE, Activity.ends_at >= unit.now - CODE_AFTER)
        number = await only_organised(unit.session, actor, Activity.state != ActivityState.CANCELLED, *inside)
    activity = await find_organised(unit.session, actor, number, lock=True)
    if not can_check_in(ActivityState(activity.state), activity.starts_at, activity.ends_at, unit.now):
        since, until = code_from(activity.starts_at), code_until(activity.ends_at)
        raise CodeNotNow(ref=activity.ref, since=say_time(since, unit.now), until=say_time(until, unit.now))
    rows = await unit.session.execute(
        select(ActivityCode)
        .where(ActivityCode.activity_id == activity.id, ActivityCode.until >= unit.now)
        .order_by(ActivityCode.made_at.desc())
        .limit(1)
    )
    newest = rows.scalar_one_or_none()
    until = code_until(activity.ends_at)
    if newest is None or renews(newest.made_at, unit.now):
        code = await _new_code(unit, activity, until)
        await unit.audit(actor, "activity.code_made", role=Role.CADRE, ref=f"A{activity.ref}")
    else:
        code, until = newest.code, newest.until
    line = await line_of(unit.session, unit.vault, activity, unit.now)
    return CodeShown(line, code, say_time(until, unit.now))


async def _new_code(unit: Unit, activity: Activity, until: datetime) -> str:
    """One that no other activity uses now: the column is unique, and what has run out makes room."""
    await unit.session.execute(delete(ActivityCode).where(ActivityCode.until < unit.now))
    for _ in range(DRAWS):
        code = f"{secrets.randbelow(CODES):04}"
        done = await unit.session.execute(
            insert_ignore(unit.session, ActivityCode)
            .values(code=code, activity_id=activity.id, made_at=unit.now, until=until)
            .returning(ActivityCode.code)
        )
        if done.scalar_one_or_none() is not None:
            return code
    raise NoCodesLeft


async def check_in(unit: Unit, actor: Actor, code: str) -> Say:
    """``签到 <码>``, with sign-up or without, full or not."""
    await _must_not_be_paused(unit, actor)
    activity = await _activity_of(unit, actor, code)
    if activity is None:
        return await _wrong(unit, actor)
    part = await part_of(unit.session, activity.id, actor.person_id)
    again = part is not None and part.state in (PartState.CHECKED_IN, PartState.CONFIRMED)
    if not again and actor.age_band is not AgeBand.UNDER_14:
        if part is None:
            part = ActivityPart(activity_id=activity.id, person_id=actor.person_id, position=unit.position())
            part.since = unit.now
            unit.session.add(part)
        part.state, part.hold_until = PartState.CHECKED_IN, None
        await unit.session.flush()
        me = actor.person_id
        await unit.audit(actor, "activity.checked_in", role=Role.YOUTH, subject_id=me, ref=f"A{activity.ref}")
    return CheckedIn(await line_of(unit.session, unit.vault, activity, unit.now), again)


async def _activity_of(unit: Unit, actor: Actor, code: str) -> Activity | None:
    """The activity of a valid code, if this person may come to it; its row is held."""
    rows = await unit.session.execute(
        select(Activity)
        .join(ActivityCode, ActivityCode.activity_id == Activity.id)
        .where(ActivityCode.code == code, ActivityCode.until >= unit.now, open_to(actor.person_id))
    )
    found = rows.scalar_one_or_none()
    activity = await locked(unit.session, found.id) if found is not None else None
    if activity is None:
        return None
    open_now = can_check_in(ActivityState(activity.state), activity.starts_at, activity.ends_at, unit.now)
    return activity if open_now else None


async def _must_not_be_paused(unit: Unit, actor: Actor) -> None:
    if await _tries(unit, actor) >= TRIES:
        raise CodesPaused(minutes=int(TRIES_WITHIN.total_seconds() // 60))


async def _tries(unit: Unit, actor: Actor) -> int:
    wrong = select(func.count()).where(
        ActivityAttempt.account_id == actor.account_id, ActivityAttempt.at > unit.now - TRIES_WITHIN
    )
    return (await unit.session.execute(wrong)).scalar_one()


async def _wrong(unit: Unit, actor: Actor) -> CodeWrong:
    """Written down, so that nobody can go through all ten thousand."""
    if actor.account_id is not None:
        unit.session.add(ActivityAttempt(account_id=actor.account_id, at=unit.now))
        await unit.session.flush()
    return CodeWrong(paused=await _tries(unit, actor) >= TRIES)
