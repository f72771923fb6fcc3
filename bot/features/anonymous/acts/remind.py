"""What time brings to anonymous voices that are out: reminders, an end by silence, an end of keeping (6.4, P20)."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import ClassVar, Final

from sqlalchemy import and_, delete, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.feature import Look
from bot.core.reads.duty import holders_at, nearest_holders, org_name, parent_of
from bot.core.rules.people import Role
from bot.core.rules.retention import RetentionPeriods
from bot.core.rules.say import Say
from bot.features.anonymous.rules.anonymous import AnonymousState
from bot.features.anonymous.tables import AnonymousVoice
from bot.features.voice.rules.voice import REMIND_AFTER, SILENCE, TELL_ABOVE_AFTER, VoiceOutcome
from bot.store.chat import RefNumber
from bot.store.unit import Unit

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
    """What is due in one organ now: keys to remind of, to tell above of, and those that silence closes."""

    remind: dict[int, list[bytes]]
    """By how many workdays they have waited at least."""
    above: list[bytes]
    silent: list[bytes]


async def duties(session: AsyncSession, look: Look, org_id: int | None = None) -> dict[int, Duties]:
    """What is due by organ, of one or of all; counted from the day of the release, the hand-over or the reopening."""
    today = look.now.date()
    found: defaultdict[int, Duties] = defaultdict(lambda: Duties({}, [], []))
    for voice in await _perhaps_due(session, today, org_id):
        if voice.said is not None:
            continue  # the writer's word comes with the next batch
        if voice.state == AnonymousState.ANSWERED:
            found[voice.org_id].silent.append(voice.key)
        elif voice.held_since is not None and look.in_office_hours:
            waited = look.workdays.between(voice.held_since + timedelta(days=1), today)
            if waited >= TELL_ABOVE_AFTER:
                found[voice.org_id].above.append(voice.key)
            elif waited >= (least := URGENT_AFTER if voice.urgent else REMIND_AFTER) and voice.reminded < 1:
                found[voice.org_id].remind.setdefault(least, []).append(voice.key)
    return dict(found)


async def _perhaps_due(session: AsyncSession, today: date, org_id: int | None) -> Sequence[AnonymousVoice]:
    unanswered = and_(AnonymousVoice.state.in_(UNANSWERED), AnonymousVoice.reminded < 2)
    quiet = and_(AnonymousVoice.state == AnonymousState.ANSWERED.value, AnonymousVoice.answered_on <= today - SILENCE)
    of_organ = AnonymousVoice.org_id == org_id if org_id is not None else true()
    rows = await session.execute(select(AnonymousVoice).where(or_(unanswered, quiet), of_organ))
    return rows.scalars().all()


async def units_with_duties(session: AsyncSession, look: Look) -> list[int]:
    """Organs with something due."""
    return sorted(await duties(session, look))


async def do_duties(unit: Unit, org_id: int, look: Look) -> int:
    """Remind, tell the organ above, close by silence; looked up anew, so that it happens once."""
    due = (await duties(unit.session, look, org_id)).get(org_id)
    if due is None:
        return 0
    for waited, keys in due.remind.items():
        voices = await _locked(unit, keys)
        say = AnonymousDue(tuple(sorted(v.ref for v in voices if v.ref is not None)), waited)
        for person_id in await holders_at(unit.session, org_id, Role.ORGAN_ADMIN, now=unit.now):
            await _push(unit, person_id, say)
        _set_reminded(voices, 1)
    if due.above:
        above = await nearest_holders(
            unit.session, await parent_of(unit.session, org_id), Role.ORGAN_ADMIN, now=unit.now
        )
        say = AnonymousLate(await org_name(unit.session, org_id), TELL_ABOVE_AFTER)
        for person_id in above.people if above is not None else ():
            await _push(unit, person_id, say)
        _set_reminded(await _locked(unit, due.above), 2)
    for voice in await _locked(unit, due.silent):
        voice.state, voice.outcome = AnonymousState.CLOSED.value, VoiceOutcome.NONE.value
        voice.closed_on = unit.now.date()
        await unit.audit(None, "anonymous.closed", role="system", ref=f"V{voice.ref}", outcome=voice.outcome)
    await unit.session.flush()
    return sum(map(len, (*due.remind.values(), due.above, due.silent)))


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


async def expire_anonymous(unit: Unit, periods: RetentionPeriods, limit: int) -> int:
    """Delete what was closed long ago, and what nobody has touched for a year; returns how many."""
    today = unit.now.date()
    over = or_(
        AnonymousVoice.closed_on < today - periods.anonymous_voices,
        and_(AnonymousVoice.closed_on.is_(None), AnonymousVoice.held_since < today - STALE),
    )
    batch = select(AnonymousVoice.key).where(over).limit(limit)
    gone = await unit.session.execute(
        delete(AnonymousVoice)
        .where(AnonymousVoice.key.in_(batch))
        .returning(AnonymousVoice.ref)
        .execution_options(synchronize_session=False)
    )
    refs = list(gone.scalars())
    await unit.session.execute(
        delete(RefNumber)
        .where(RefNumber.letter == "V", RefNumber.number.in_(refs))
        .execution_options(synchronize_session=False)
    )
    unit.erased = unit.erased or bool(refs)
    return len(refs)
