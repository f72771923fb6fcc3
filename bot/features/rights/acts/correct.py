"""更正: a person sets their own 称呼 and age band right; under 14 everything stops and goes (P6, P7, P10)."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Final

from sqlalchemy import select

from bot.core.acts.consent import signal_chats, withdraw
from bot.core.acts.erase import erase_person, is_rostered
from bot.core.acts.prompt import ask_account
from bot.core.acts.react import happened
from bot.core.events import AgeBandChanged
from bot.core.question import Ask, Asked, Asks, NoData, Question, always, ends
from bot.core.reads.consent import active_consents
from bot.core.reads.duty import nearest_holders
from bot.core.reads.offices import names_in_office
from bot.core.rules.consent import ConsentScope
from bot.core.rules.crisis import Hotline
from bot.core.rules.joining import age_band_told
from bot.core.rules.names import NameReserved, nobody_elses, safe_name
from bot.core.rules.people import Actor, AgeBand, Role
from bot.core.rules.refs import parse_ref
from bot.core.rules.say import Say
from bot.features.rights.rules.rights import CONFIRM_LIFE, NotAYouth, RosterName, UnknownAge
from bot.store.chat import Contact
from bot.store.people import Account, Person
from bot.store.unit import Unit

UNDER_14: Final = Question("rights.under_14", Asks.YOUTH, silence=ends, no="no", reason=always)
OPTIONS: Final = ("yes", "no")


@dataclass(frozen=True, slots=True)
class NameCorrected(Say):
    """称呼 changed."""

    template: ClassVar[str] = "rights/name_corrected"
    name: str


@dataclass(frozen=True, slots=True)
class AgeCorrected(Say):
    """年龄段 changed; ``ended``: consents that have to be given anew, with the second simple question."""

    template: ClassVar[str] = "rights/age_corrected"
    age_band: AgeBand
    ended: tuple[ConsentScope, ...]


@dataclass(frozen=True, slots=True)
class AgeKnown(Say):
    """The age band was this already."""

    template: ClassVar[str] = "rights/age_known"
    age_band: AgeBand


@dataclass(frozen=True, slots=True)
class Under14Asked(Say):
    """Under 14 nothing may be kept: asked once before everything goes."""

    template: ClassVar[str] = "rights/under_14_asked"
    minutes: int


@dataclass(frozen=True, slots=True)
class Under14Kept(Say):
    """The person took it back: the age band stays what it was."""

    template: ClassVar[str] = "rights/under_14_kept"


@dataclass(frozen=True, slots=True)
class Under14Erased(Say):
    """Everything is gone; whom a child can turn to."""

    template: ClassVar[str] = "rights/under_14_erased"
    receipt: str
    hotlines: tuple[Hotline, ...]


@dataclass(frozen=True, slots=True)
class Under14Reported(Say):
    """To the responsible persons: somebody under 14 was in the records and is not any more. No name."""

    template: ClassVar[str] = "rights/under_14_reported"


async def correct_name(unit: Unit, actor: Actor, told: str, reserved: Collection[str]) -> NameCorrected:
    """``更正 称呼``."""
    if actor.person_id is None:
        raise NotAYouth
    if await is_rostered(unit.session, actor.person_id):
        raise RosterName
    name = safe_name(told, reserved)
    if parse_ref(name, "K") is not None:
        raise NameReserved  # a name that reads like a number would let its owner pass for somebody else
    person = await unit.session.get_one(Person, actor.person_id)
    nobody_elses(name, await names_in_office(unit.session, unit.vault, person.org_id, now=unit.now))
    person.name = await unit.seal(person.key_id, f"people:{person.id}:name", name)
    await unit.session.flush()
    await unit.audit(actor, "person.corrected", role=Role.YOUTH, subject_id=person.id, item="name")
    await signal_chats(unit, *(await _chats(unit, person.id)))
    return NameCorrected(name)


async def correct_age(unit: Unit, actor: Actor, account: Account | None, told: str) -> Say | None:
    """``更正 年龄段``; to under 14 only after one more question."""
    if actor.person_id is None or account is None or not actor.has(Role.YOUTH):
        raise NotAYouth
    band = age_band_told(told)
    if band is None:
        raise UnknownAge
    if band is actor.age_band:
        return AgeKnown(band)
    if band is AgeBand.UNDER_14:
        say = Under14Asked(int(CONFIRM_LIFE.total_seconds() // 60))
        await ask_account(unit, account, Ask(UNDER_14, OPTIONS, say, urgent=True, life=CONFIRM_LIFE))
        return None
    person = await unit.session.get_one(Person, actor.person_id)
    person.age_band = band.value
    await unit.session.flush()
    ended: list[ConsentScope] = []
    if band is AgeBand.MINOR:
        # What was given as an adult lacks the second, simple yes (P10a): it is asked for anew.
        for consent in await active_consents(unit.session, person.id):
            scope = ConsentScope(consent.scope)
            if scope is not ConsentScope.PROFILE and scope not in ended:
                await withdraw(unit, person.id, scope, actor=actor, why="age")
                ended.append(scope)
    await unit.audit(actor, "person.corrected", role=Role.YOUTH, subject_id=person.id, item="age_band")
    await signal_chats(unit, *(await _chats(unit, person.id)))
    await happened(unit, AgeBandChanged(person.id, band))
    return AgeCorrected(band, tuple(ended))


async def answer_under_14(
    unit: Unit,
    actor: Actor,
    question: Asked[NoData],
    answer: str,
    *,
    hotlines: tuple[Hotline, ...],
    tombstones: Path | None = None,
) -> Say:
    """Under 14, said twice: recording stops, everything goes, and the responsible person learns that it happened."""
    if answer != "yes":
        return Under14Kept()
    person = await unit.session.get_one(Person, question.person_id)
    holders = await nearest_holders(unit.session, person.org_id, Role.PRIVACY_OFFICER, now=unit.now)
    erased = await erase_person(unit, person.id, actor=actor, tombstones=tombstones)
    for officer_id in holders.people if holders else ():
        await unit.push_person(officer_id, Under14Reported(), cls="L", kind="alert")
    return Under14Erased(erased.receipt, tuple(line for line in hotlines if line.on_card and not line.regions))


async def _chats(unit: Unit, person_id: int) -> list[int]:
    rows = await unit.session.execute(
        select(Contact.chat_id).where(Contact.youth_id == person_id, Contact.chat_id.is_not(None)).distinct()
    )
    return [chat_id for chat_id in rows.scalars().all() if chat_id is not None]
