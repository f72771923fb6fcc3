"""What time brings to anonymous voices that are out: reminders, an end by silence, an end of keeping (6.4, P20)."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import ClassVar, Final

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.duty import holders_at, nearest_holders, org_name, parent_of
from bot.core.rules.people import Role
from bot.core.rules.say import Say
from bot.core.rules.workdays import Workdays
from bot.features.anonymous.rules.anonymous import AnonymousState
from bot.features.anonymous.tables import AnonymousVoice
from bot.features.voice.rules.voice import REMIND_AFTER, SILENCE, TELL_ABOVE_AFTER, VoiceOutcome
from bot.store.chat import RefNumber
from bot.store.unit import Unit

FROM_HOUR: Final = 9
TO_HOUR: Final = 18
"""Local hours of workdays between which somebody in office is reminded (requirements 7.3)."""
URGENT_AFTER: Final = 1
"""Workdays after which an urgent one that nobody has answered is brought to the organ's admins once more."""
UNANSWERED: Final = (AnonymousState.OPEN.value, AnonymousState.ESCALATED.value)
STALE: Final = timedelta(days=365)
"""After so long without anybody touching it an open one runs out as well, words and all."""


@dataclass(frozen=True, slots=True)
class AnonymousDue(Say):
    """To the organ's admins: these have waited for an answer for so many workdays."""

    template: ClassVar[str] = "anonymous/due"
    refs: tuple[int, ...]
    workdays: int


@dataclass(frozen=True, slots=True)
class AnonymousLate(Say):
    """To the organ above: an organ below has left anonymous voices unanswered; no number, no words."""

    template: ClassVar[str] = "anonymous/late"
    org: str
    workdays: int


@dataclass(frozen=True, slots=True)
class Duties:
    """What is due now: keys to remind of and to tell above by organ, and keys that silence closes."""

    remind: dict[tuple[int, int], list[bytes]]
    """By organ and by how many workdays they have waited at least."""
    above: dict[int, list[bytes]]
    silent: list[bytes]

    def __bool__(self) -> bool:
        return bool(self.remind or self.above or self.silent)


async def duties(session: AsyncSession, now: datetime, workdays: Workdays) -> Duties:
    """Look for what is due; counted from the day of the release, the hand-over or the reopening."""
    today, found = now.date(), Duties({}, {}, [])
    rows = await session.execute(
        select(AnonymousVoice).where(
            or_(
                and_(AnonymousVoice.state.in_(UNANSWERED), AnonymousVoice.reminded < 2),
                and_(
                    AnonymousVoice.state == AnonymousState.ANSWERED.value,
                    AnonymousVoice.answered_on <= today - SILENCE,
                ),
            )
        )
    )
    for voice in rows.scalars():
        if voice.state == AnonymousState.ANSWERED:
            if voice.said is None:  # else the writer's word closes it, with the next batch
                found.silent.append(voice.key)
        elif voice.held_since is not None and voice.said is None and _office_hours(now, workdays):
            waited = workdays.between(voice.held_since + timedelta(days=1), today)
            if waited >= TELL_ABOVE_AFTER and voice.reminded < 2:
                found.above.setdefault(voice.org_id, []).append(voice.key)
            elif waited >= (least := URGENT_AFTER if voice.urgent else REMIND_AFTER) and voice.reminded < 1:
                found.remind.setdefault((voice.org_id, least), []).append(voice.key)
    return found


def _office_hours(now: datetime, workdays: Workdays) -> bool:
    return FROM_HOUR <= now.hour < TO_HOUR and workdays.is_workday(now.date())


async def do_duties(unit: Unit, workdays: Workdays) -> int:
    """Remind, tell the organ above, close by silence; looked up anew, so that it happens once."""
    due = await duties(unit.session, unit.now, workdays)
    for (org_id, waited), keys in due.remind.items():
        voices = await _locked(unit, keys)
        say = AnonymousDue(tuple(sorted(v.ref for v in voices if v.ref is not None)), waited)
        for person_id in await holders_at(unit.session, org_id, Role.ORGAN_ADMIN, now=unit.now):
            await _push(unit, person_id, say)
        _set_reminded(voices, 1)
    for org_id, keys in due.above.items():
        above = await nearest_holders(
            unit.session, await parent_of(unit.session, org_id), Role.ORGAN_ADMIN, now=unit.now
        )
        say = AnonymousLate(await org_name(unit.session, org_id), TELL_ABOVE_AFTER)
        for person_id in above.people if above is not None else ():
            await _push(unit, person_id, say)
        _set_reminded(await _locked(unit, keys), 2)
    for voice in await _locked(unit, due.silent):
        voice.state, voice.outcome = AnonymousState.CLOSED.value, VoiceOutcome.NONE.value
        voice.closed_on = unit.now.date()
        await unit.audit(None, "anonymous.closed", role="system", ref=f"V{voice.ref}", outcome=voice.outcome)
    await unit.session.flush()
    return sum(map(len, (*due.remind.values(), *due.above.values(), due.silent)))


async def _push(unit: Unit, person_id: int, say: Say) -> None:
    """Nobody asked for it: not to people who want no reminders (P22)."""
    await unit.push_person(person_id, say, cls="O", unless_quiet=True)


def _set_reminded(voices: list[AnonymousVoice], told: int) -> None:
    for voice in voices:
        voice.reminded = told


async def _locked(unit: Unit, keys: list[bytes]) -> list[AnonymousVoice]:
    if not keys:
        return []
    rows = await unit.session.execute(select(AnonymousVoice).where(AnonymousVoice.key.in_(keys)).with_for_update())
    return list(rows.scalars())


async def expire_anonymous(unit: Unit, before: date, *, limit: int) -> int:
    """Delete what was closed before a day, and what nobody has touched for a year; returns how many."""
    rows = await unit.session.execute(
        select(AnonymousVoice)
        .where(
            or_(
                AnonymousVoice.closed_on < before,
                and_(AnonymousVoice.closed_on.is_(None), AnonymousVoice.held_since < unit.now.date() - STALE),
            )
        )
        .limit(limit)
    )
    gone = list(rows.scalars())
    for voice in gone:
        number = await unit.session.get(RefNumber, ("V", voice.ref))
        if number is not None:
            await unit.session.delete(number)
        await unit.session.delete(voice)
    unit.erased = unit.erased or bool(gone)
    return len(gone)
