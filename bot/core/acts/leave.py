"""退出: a contact ends because the youth wants it; leaving costs nothing and needs no reason (P5, P7)."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from sqlalchemy import ColumnElement, exists, select

from bot.core.acts.asking import ask_speaker
from bot.core.acts.consent import signal_chats, withdraw
from bot.core.acts.erase import erase_person
from bot.core.acts.forget import drop_joiner
from bot.core.acts.join_answers import AGE
from bot.core.acts.prompt import cancel
from bot.core.acts.react import happened
from bot.core.events import ContactEnded
from bot.core.question import Ask, Asked, Asks, NoData, Question, always, ends
from bot.core.reads.consent import active_consents
from bot.core.reads.contacts import Membership, memberships
from bot.core.rules.consent import ConsentScope
from bot.core.rules.people import Actor, Role
from bot.core.rules.say import Say
from bot.store.chat import Contact
from bot.store.delivery import Prompt
from bot.store.people import Person, RoleGrant
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class WhichData:
    """The contacts in the order shown."""

    ids: tuple[int, ...]


def _has_left(_now: datetime) -> ColumnElement[bool]:
    return exists().where(Person.id == Prompt.person_id, Person.is_youth.is_(False))


WHICH: Final = Question("leave.which", Asks.YOUTH, WhichData, silence=ends, reason=always)
DATA: Final = Question("leave.data", Asks.YOUTH, silence=ends, no="keep", cancel="keep", reason=_has_left)
ALL: Final = "all"
MOST_NAMED: Final = 8
"""Contacts that one question lists; the last option is always "all"."""


@dataclass(frozen=True, slots=True)
class LeaveWhichAsked(Say):
    """Several contacts: which one ends."""

    template: ClassVar[str] = "leave/which"
    contacts: tuple[Membership, ...]


@dataclass(frozen=True, slots=True)
class Left(Say):
    """A contact has ended; ``remaining`` others go on."""

    template: ClassVar[str] = "leave/left"
    remaining: int


@dataclass(frozen=True, slots=True)
class LeftNothing(Say):
    """There was no contact to end."""

    template: ClassVar[str] = "leave/nothing"


@dataclass(frozen=True, slots=True)
class LeftBeforeJoining(Say):
    """Joining was not finished: what was noted for it is gone."""

    template: ClassVar[str] = "leave/before_joining"


@dataclass(frozen=True, slots=True)
class AskedInPrivate(Say):
    """In a group: the question was put in private."""

    template: ClassVar[str] = "leave/in_private"


@dataclass(frozen=True, slots=True)
class LeaveDataAsked(Say):
    """Whether what is kept is to be deleted too."""

    template: ClassVar[str] = "leave/data"


@dataclass(frozen=True, slots=True)
class DataKept(Say):
    """Nothing is deleted now; how to do it later, and when it goes by itself."""

    template: ClassVar[str] = "leave/kept"


async def leave(unit: Unit, actor: Actor, *, private: bool, chat_id: int | None) -> Say | None:
    """``退出``: in a group the contact through it; in private the only one, or the question which."""
    if actor.person_id is None:
        return LeftNothing()
    person = await unit.session.get_one(Person, actor.person_id)
    if person.state == "pending":
        await drop_joiner(unit, person.id)
        return LeftBeforeJoining()
    contacts = [c for c in await memberships(unit.session, unit.vault, person.id) if not unit.came_after(c.since)]
    if not contacts:
        return LeftNothing()
    if not person.is_youth:
        return await _not_after_all(unit, actor, person.id)
    here = [c for c in contacts if chat_id is not None and c.chat_id == chat_id]
    if here or (private and len(contacts) == 1):
        return await _end(unit, actor, {c.contact_id for c in here or contacts})
    listed = tuple(contacts[:MOST_NAMED])
    options = (*(str(n) for n in range(1, len(listed) + 1)), ALL)
    data = WhichData(tuple(c.contact_id for c in listed))
    await ask_speaker(unit, actor, Ask(WHICH, options, LeaveWhichAsked(listed), data))
    return None if private else AskedInPrivate()


async def _not_after_all(unit: Unit, actor: Actor, person_id: int) -> Say:
    """Somebody of the roster who has not told the age band yet: nothing had begun, nothing is left of it."""
    await cancel(unit, AGE, subject_id=person_id)
    rows = await unit.session.execute(select(Contact).where(Contact.youth_id == person_id, Contact.ended_at.is_(None)))
    for contact in rows.scalars().all():
        contact.ended_at, contact.ended_why = unit.now, "not_joined"
    await unit.session.flush()
    await unit.audit(actor, "contact.ended", role=Role.YOUTH, subject_id=person_id, why="not_joined")
    return LeftBeforeJoining()


async def answer_which(unit: Unit, actor: Actor, question: Asked[WhichData], answer: str) -> Say:
    """End the contact that was chosen; if it has ended meanwhile, that is not treated as an error."""
    ids = question.data.ids
    if answer == ALL:
        living = await memberships(unit.session, unit.vault, question.person_id)
        return await _end(unit, actor, {c.contact_id for c in living})
    return await _end(unit, actor, {ids[int(answer) - 1]})


async def _end(unit: Unit, actor: Actor, ids: Collection[int]) -> Say:
    person_id = actor.person_id
    rows = await unit.session.execute(
        select(Contact).where(Contact.youth_id == person_id, Contact.ended_at.is_(None), Contact.id.in_(ids))
    )
    ended = rows.scalars().all()
    if person_id is None or not ended:
        return LeftNothing()
    for contact in ended:
        contact.ended_at, contact.ended_why = unit.now, "left"
        await unit.audit(actor, "contact.ended", role=Role.YOUTH, subject_id=person_id, why="left")
        if contact.chat_id is not None:
            await unit.session.flush()
            await withdraw(unit, person_id, ConsentScope.ORIGINAL_MESSAGES, contact.chat_id, actor=actor, why="left")
    await unit.session.flush()
    await signal_chats(unit, *(contact.chat_id for contact in ended))
    remaining = len(await memberships(unit.session, unit.vault, person_id))
    if not remaining:
        await _no_contact_left(unit, actor, person_id)  # whether all goes is asked first
    await happened(unit, ContactEnded(person_id))
    return Left(remaining)


async def _no_contact_left(unit: Unit, actor: Actor, person_id: int) -> None:
    """Nothing new may be kept of them: every consent but the base one ends; deleting is their own second choice."""
    person = await unit.session.get_one(Person, person_id)
    person.is_youth = False
    for consent in await active_consents(unit.session, person_id):
        scope = ConsentScope(consent.scope)
        if scope is not ConsentScope.PROFILE and consent.withdrawn_at is None:
            await withdraw(unit, person_id, scope, consent.chat_id, actor=actor, why="left")
    await unit.session.flush()
    if not await _holds_office(unit, person_id):
        await ask_speaker(unit, actor, Ask(DATA, ("delete", "keep"), LeaveDataAsked()))


async def _holds_office(unit: Unit, person_id: int) -> bool:
    found = await unit.session.execute(select(RoleGrant.id).where(RoleGrant.person_id == person_id).limit(1))
    return found.first() is not None


async def answer_data(unit: Unit, actor: Actor, question: Asked[NoData], answer: str) -> Say:
    """Delete everything now, or keep what retention allows."""
    if answer != "delete":
        return DataKept()
    return await erase_person(unit, question.person_id, actor=actor)
