"""青年之声 on the clock: three workdays remind, five tell the organ above, seven days of silence close (6.4)."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from sqlalchemy import select

from bot.core.feature import Look
from bot.core.reads.office import has_contact, in_contact
from bot.core.reads.questions import is_waiting, still_waits
from bot.core.rules.say import Say
from bot.core.rules.workdays import Workdays
from bot.features.voice.acts.escalate import CLOCK, ask_up
from bot.features.voice.acts.transition import LEAVING, RATING, cancel_about, write
from bot.features.voice.reads.holders import holders_of
from bot.features.voice.reads.route import next_holder
from bot.features.voice.reads.voice import locked, standing_of
from bot.features.voice.rules.voice import (
    REMIND_AFTER,
    STALE_AFTER,
    STALE_IF_LEFT,
    TELL_ABOVE_AFTER,
    VoiceOutcome,
    ended,
    held_before,
    silent,
)
from bot.features.voice.tables import Voice
from bot.store.delivery import Prompt
from bot.store.people import OrgUnit
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class VoiceWaits(Say):
    """To the holder, once: this has waited for three workdays."""

    template: ClassVar[str] = "voice/waits"
    ref: int
    days: int


@dataclass(frozen=True, slots=True)
class VoiceLate(Say):
    """To the organ above, once: kind, age, reference and with which organisation it is; no word of it and no name."""

    template: ClassVar[str] = "voice/late"
    org: str
    ref: int
    kind: str
    days: int


@dataclass(frozen=True, slots=True)
class VoiceDropped(Say):
    """To the author: nobody goes on with it, since the contact has ended (or, ``stale``, after a year)."""

    template: ClassVar[str] = "voice/dropped"
    ref: int
    stale: bool


async def tick_voice(unit: Unit, voice_id: int, look: Look) -> bool:
    """What the clock has to say about one item now; whether that was anything."""
    workdays = look.workdays
    voice = await locked(unit.session, voice_id)
    if voice is None or voice.closed_at is not None:
        return False
    standing = standing_of(voice)
    if not standing.waits:
        return await _close(unit, voice)
    handed = voice.handed_named is not None
    if await is_waiting(unit.session, LEAVING, subject_id=voice.id):
        return False  # its author, who has left, is being asked
    if (
        voice.holder_org_id is None
        and not handed
        and not await in_contact(unit.session, voice.cadre_id, voice.author_id)
    ):
        return await drop_voice(unit, voice, stale=False)
    left = voice.author_id is not None and not await has_contact(unit.session, voice.author_id)
    if unit.now - voice.held_since >= (STALE_IF_LEFT if left else STALE_AFTER):
        return await drop_voice(unit, voice, stale=True)
    if not look.in_office_hours:
        return False
    told = await _remind(unit, voice, workdays)
    return await _tell_above(unit, voice, workdays) or told


async def _close(unit: Unit, voice: Voice) -> bool:
    before = standing_of(voice)
    rating = await _rating_of(unit, voice)
    if rating is not None and still_waits(rating):
        return False
    reached = voice.author_id is not None and await unit.account_of(voice.author_id) is not None
    heard = rating is not None and rating.shown_at is not None and reached
    after = silent(before, voice.answered_at, unit.now, heard=heard)
    if after == before:
        return False
    write(voice, after, unit.now)
    await unit.session.flush()
    await cancel_about(unit, voice)
    await unit.audit(None, "voice.silent", role="system", subject_id=voice.author_id, ref=f"V{voice.ref}")
    return True


async def _rating_of(unit: Unit, voice: Voice) -> Prompt | None:
    """The question whether the newest answer helped."""
    found = await unit.session.execute(
        select(Prompt)
        .where(Prompt.kind == RATING.kind, Prompt.subject_id == voice.id)
        .order_by(Prompt.asked_at.desc(), Prompt.id)
        .limit(1)
    )
    return found.scalar_one_or_none()


async def drop_voice(unit: Unit, voice: Voice, *, stale: bool, tell: bool = True) -> bool:
    """Its author and its cadre are no longer in contact, so that nobody can see it any more; or a year is over."""
    write(voice, ended(standing_of(voice), VoiceOutcome.DROPPED), unit.now)
    await unit.session.flush()
    await cancel_about(unit, voice)
    await unit.audit(None, "voice.dropped", role="system", subject_id=voice.author_id, ref=f"V{voice.ref}")
    if tell and voice.author_id is not None:
        await unit.push_person(voice.author_id, VoiceDropped(voice.ref, stale), cls="L")
    return True


async def _remind(unit: Unit, voice: Voice, workdays: Workdays) -> bool:
    if voice.reminded_at is not None or voice.held_since >= held_before(unit.now, REMIND_AFTER, workdays):
        return False
    voice.reminded_at = unit.now
    for person_id in await holders_of(unit.session, voice, now=unit.now):
        await unit.push_person(
            person_id,
            VoiceWaits(voice.ref, _age(voice, unit.now, workdays)),
            idem_key=f"{_key(voice)}:3:{person_id}",
            cls="L",
        )
    return True


async def _tell_above(unit: Unit, voice: Voice, workdays: Workdays) -> bool:
    """Five workdays: the organ above hears of it, and the author is asked whether it should go there (R6.6)."""
    if voice.told_above_at is not None or voice.held_since >= held_before(unit.now, TELL_ABOVE_AFTER, workdays):
        return False
    voice.told_above_at = unit.now
    route = await next_holder(unit.session, voice, now=unit.now)
    if route is None:
        return True
    org = await unit.session.get_one(OrgUnit, voice.holder_org_id or voice.org_id)
    say = VoiceLate(org.name, voice.ref, voice.kind or "", _age(voice, unit.now, workdays))
    for person_id in route.people:
        await unit.push_person(person_id, say, idem_key=f"{_key(voice)}:5:{person_id}", cls="L")
    await unit.audit(
        None, "voice.late", role="system", subject_id=voice.author_id, ref=f"V{voice.ref}", told=len(route.people)
    )
    if not voice.up_refused:
        await ask_up(unit, voice, route, CLOCK)
    return True


def _key(voice: Voice) -> str:
    """One occurrence for each term in which it waits for one holder."""
    return f"voice:{voice.id}:wait:{int(voice.held_since.timestamp())}"


def _age(voice: Voice, now: datetime, workdays: Workdays) -> int:
    """Workdays that have passed since it came to its holder."""
    return workdays.between(voice.held_since.date(), now.date()) - workdays.is_workday(voice.held_since.date())
