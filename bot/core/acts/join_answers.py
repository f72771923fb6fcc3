"""加入, second half: the age band, the 称呼, and the one message that explains the consents (P2, P6, P10)."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ClassVar, Final

from sqlalchemy import select

from bot.core.acts.consent import give, signal_chats
from bot.core.acts.crisis import on_card
from bot.core.acts.forget import drop_joiner
from bot.core.acts.prompt import ask_account
from bot.core.question import Ask, Asked, Asks, NoData, Question, always, ends
from bot.core.reads.duty import nearest_holders
from bot.core.reads.offices import names_in_office
from bot.core.reads.people import name_of
from bot.core.rules.consent import ConsentScope, ConsentText, ConsentTexts
from bot.core.rules.crisis import Hotline
from bot.core.rules.joining import age_band_told
from bot.core.rules.likeness import passes_for
from bot.core.rules.people import Actor, AgeBand, Role
from bot.core.rules.say import Say
from bot.store.chat import Chat, Contact
from bot.store.people import Account, Person
from bot.store.unit import Unit

AGE: Final = Question("join.age", Asks.YOUTH, reason=always)
NAME: Final = Question("join.name", Asks.YOUTH, silence=ends, reason=always)
PENDING_LIFE: Final = timedelta(days=7)
"""Whoever has not given the age band by then is forgotten, as if they had never written."""
BANDS: Final = tuple(band.value for band in AgeBand)
NAME_OPTIONS: Final = ("default",)
OFFERED: Final = (
    ConsentScope.TALK_NOTES,
    ConsentScope.ORIGINAL_MESSAGES,
    ConsentScope.PHONE_CHECK,
    ConsentScope.NAMED_USE,
    ConsentScope.SENSITIVE,
)
"""Scopes explained after joining; each needs its own yes (P2)."""


@dataclass(frozen=True, slots=True)
class AgeAsked(Say):
    """The age band, and what joining would keep: answering is joining."""

    template: ClassVar[str] = "join/age"
    name: str
    cadre: str
    org: str
    text: str


@dataclass(frozen=True, slots=True)
class AgeAgain(Say):
    """The answer was none of the three; the question once more, short."""

    template: ClassVar[str] = "join/age_again"


@dataclass(frozen=True, slots=True)
class ScopeText:
    """One scope with its whole text."""

    scope: ConsentScope
    text: str


@dataclass(frozen=True, slots=True)
class Joined(Say):
    """Welcome, the receipt of the base consent, and every scope with the words that give it."""

    template: ClassVar[str] = "join/joined"
    name: str
    cadre: str
    receipt: str
    scopes: tuple[ScopeText, ...]


@dataclass(frozen=True, slots=True)
class SecondGroup(Say):
    """A second contact: what it changes, and that 原话 of one group does not hold in another."""

    template: ClassVar[str] = "join/second_group"
    cadre: str
    text: str


@dataclass(frozen=True, slots=True)
class NameAsked(Say):
    """How to be called; a default is ready."""

    template: ClassVar[str] = "join/name"
    default: str


@dataclass(frozen=True, slots=True)
class NameTaken(Say):
    """The 称呼 is set."""

    template: ClassVar[str] = "join/named"
    name: str


@dataclass(frozen=True, slots=True)
class NameNotUsable(Say):
    """These words cannot be a 称呼; the question is put again."""

    template: ClassVar[str] = "join/name_not_usable"
    default: str


@dataclass(frozen=True, slots=True)
class JoinUnder14(Say):
    """Nothing is kept of somebody under 14: numbers to call, and who may be asked."""

    template: ClassVar[str] = "join/under_14"
    hotlines: tuple[Hotline, ...]


@dataclass(frozen=True, slots=True)
class Under14Told(Say):
    """To the privacy officer: somebody under 14 wanted to join; no name, no group."""

    template: ClassVar[str] = "join/under_14_told"


@dataclass(frozen=True, slots=True)
class JoinOver(Say):
    """The group was unlinked, or they left it, before the answer."""

    template: ClassVar[str] = "join/over"


async def answer_age(
    unit: Unit,
    actor: Actor,
    question: Asked[NoData],
    told: str,
    texts: ConsentTexts,
    *,
    channel: str,
    hotlines: tuple[Hotline, ...],
    default_name: str,
) -> Say | None:
    """The age band was given. Under 14 everything just made is erased; otherwise the contact begins now."""
    band = age_band_told(told)
    if band is None:
        account = await unit.session.get_one(Account, question.account_id)
        await ask_account(unit, account, age_question(question.person_id, AgeAgain()))
        return None
    person = await unit.session.get_one(Person, question.person_id)
    chats = await _open_contacts(unit, person.id)
    if band is AgeBand.UNDER_14:
        await _forget_child(unit, person, chats)
        return JoinUnder14(on_card(hotlines))
    if not chats:
        await _drop(unit, person)
        return JoinOver()
    text = texts.of(ConsentScope.PROFILE)
    person.state, person.is_youth, person.age_band = "active", True, band.value
    person.org_id = person.org_id or chats[0].org_id
    number = await give(unit, person.id, ConsentScope.PROFILE, None, text, channel=channel, actor=actor)
    for chat in chats:
        await unit.audit(actor, "contact.begun", role=Role.YOUTH, subject_id=person.id, chat=chat.id)
    await signal_chats(unit, *(chat.id for chat in chats))
    name = await name_of(unit.session, unit.vault, person.id)
    if not name:
        await _set_name(unit, person, default_name)
        account = await unit.session.get_one(Account, question.account_id)
        await ask_account(unit, account, Ask(NAME, NAME_OPTIONS, NameAsked(default_name), takes_text=True))
    return Joined(
        name,
        await name_of(unit.session, unit.vault, chats[0].owner_id),
        number,
        tuple(ScopeText(scope, texts.of(scope).text) for scope in OFFERED),
    )


def age_question(person_id: int, say: Say) -> Ask[Any]:
    """The question for the age band; an age in years is understood too, nothing else of the words is kept."""
    return Ask(AGE, BANDS, say, subject_id=person_id, takes_text=True, life=PENDING_LIFE)


async def answer_name(
    unit: Unit, actor: Actor, question: Asked[NoData], name: str | None, *, default_name: str
) -> Say | None:
    """The 称呼 was given; None: the words could not be one, so the question is put again, as for another's name."""
    person = await unit.session.get_one(Person, question.person_id)
    in_office = await names_in_office(unit.session, unit.vault, person.org_id, now=unit.now)
    if name is None or passes_for(name, in_office):
        account = await unit.session.get_one(Account, question.account_id)
        await ask_account(unit, account, Ask(NAME, NAME_OPTIONS, NameNotUsable(default_name), takes_text=True))
        return None
    await _set_name(unit, person, name)
    await unit.audit(actor, "person.named", role=Role.YOUTH, subject_id=person.id)
    return NameTaken(name)


@AGE.when_silent
async def age_unanswered(unit: Unit, question: Asked[NoData]) -> None:
    """Silence for 7 days: as if ``加入`` had never been typed."""
    person = await unit.session.get(Person, question.person_id)
    if person is not None:
        await _drop(unit, person)


async def explain_second_group(unit: Unit, person_id: int, cadre: str, text: ConsentText) -> None:
    """Tell somebody who joined through a second group what it means."""
    await unit.push_person(person_id, SecondGroup(cadre, text.text))


async def _open_contacts(unit: Unit, person_id: int) -> list[Chat]:
    """Groups through which the person joins and which are still linked."""
    rows = await unit.session.execute(
        select(Chat)
        .join(Contact, Contact.chat_id == Chat.id)
        .where(Contact.youth_id == person_id, Contact.ended_at.is_(None), Chat.state == "linked")
        .order_by(Contact.since)
    )
    return list(rows.scalars())


async def _forget_child(unit: Unit, person: Person, chats: list[Chat]) -> None:
    org_id = person.org_id or (chats[0].org_id if chats else None)
    await _drop(unit, person)
    officers = await nearest_holders(unit.session, org_id, Role.PRIVACY_OFFICER, now=unit.now)
    for officer in officers.people if officers is not None else ():
        await unit.push_person(officer, Under14Told())
    await unit.audit(None, "join.under_14")


async def _drop(unit: Unit, person: Person) -> None:
    """Erase a pending person; of somebody known for another reason only the contacts that waited are ended."""
    if person.state == "pending":
        await drop_joiner(unit, person.id)
        return
    if person.is_youth:
        return
    rows = await unit.session.execute(select(Contact).where(Contact.youth_id == person.id, Contact.ended_at.is_(None)))
    for contact in rows.scalars().all():
        contact.ended_at, contact.ended_why = unit.now, "not_joined"
    await unit.session.flush()


async def _set_name(unit: Unit, person: Person, name: str) -> None:
    person.name = await unit.seal(person.key_id, f"people:{person.id}:name", name)
    await unit.session.flush()
