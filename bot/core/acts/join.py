"""加入: a youth joins the cadre of a linked group (P1, P2, P6, P10).

Between ``加入`` and the age band the person is *pending*: nothing but the question is kept, for 7 days at most.
"""

from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy import select

from bot.core.acts.consent import signal_chats
from bot.core.acts.forget import CONTACT_LETTER
from bot.core.acts.join_answers import AGE, AgeAsked, age_question, explain_second_group
from bot.core.acts.prompt import ask_account, cancel
from bot.core.reads.chats import cadres_in_office
from bot.core.reads.offices import names_in_office
from bot.core.reads.people import account_index, name_of
from bot.core.rules.consent import ConsentScope, ConsentTexts
from bot.core.rules.message import Address, ChatKind
from bot.core.rules.names import NameReserved, nobody_elses, safe_name
from bot.core.rules.people import Actor, Role
from bot.core.rules.refs import parse_ref
from bot.core.rules.refusal import Refusal
from bot.core.rules.say import Say
from bot.store.base import new_id
from bot.store.chat import Chat, ChatHost, Contact
from bot.store.outbox import Words
from bot.store.people import Account, OrgUnit, Person
from bot.store.refs import new_ref
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who writes in which group: what ``加入`` needs of the incoming message."""

    channel: str
    bot_id: str
    native_id: str
    anonymous: bool


@dataclass(frozen=True, slots=True)
class JoinBegun(Say):
    """In the group: the rest is asked in private."""

    template: ClassVar[str] = "join/begun"


@dataclass(frozen=True, slots=True)
class JoinUnreachable(Say):
    """In the group, when the private message did not go out: how to open the private chat. Names nobody."""

    template: ClassVar[str] = "join/unreachable"


@dataclass(frozen=True, slots=True)
class JoinedBefore(Say):
    """In the group: joined already."""

    template: ClassVar[str] = "join/before"


@dataclass(frozen=True, slots=True)
class JoinedAgain(Say):
    """In the group: a further contact of somebody who is a youth already; what this means is told in private."""

    template: ClassVar[str] = "join/again"
    cadre: str


class JoinAnonymous(Refusal):
    """Written under a platform's anonymous mask: there is no account to answer."""

    code = "join.anonymous"


class JoinOwnGroup(Refusal):
    """A cadre cannot be a youth of a group they look after themselves."""

    code = "join.own_group"


class JoinNoCadre(Refusal):
    """The group's owner is no longer a cadre: there is nobody to join."""

    code = "join.no_cadre"


def youth_name(told: str | None, reserved: frozenset[str]) -> str | None:
    """A usable 称呼, None if none was told; one that reads like a K number would let its owner pass for another."""
    if told is None:
        return None
    name = safe_name(told, reserved)
    if parse_ref(name, CONTACT_LETTER) is not None:
        raise NameReserved
    return name


async def join(
    unit: Unit,
    actor: Actor,
    account: Account | None,
    chat: Chat,
    speaker: Speaker,
    name: str | None,
    texts: ConsentTexts,
) -> Say:
    """``加入 [称呼]`` in a linked group; ``name`` has passed ``youth_name``. The age band is asked in private."""
    if speaker.anonymous:
        raise JoinAnonymous
    if actor.person_id is not None and await unit.session.get(ChatHost, (chat.id, actor.person_id)) is not None:
        raise JoinOwnGroup
    if chat.owner_id not in await cadres_in_office(unit.session, chat, now=unit.now):
        raise JoinNoCadre
    known = await unit.session.get(Person, account.person_id) if account is not None else None
    if name is not None and (known is None or known.state == "pending"):  # who is known keeps the name they have
        nobody_elses(name, await names_in_office(unit.session, unit.vault, chat.org_id, now=unit.now))
    if account is None:
        account = await _new_person(unit, chat, speaker, name)
    person = await unit.session.get_one(Person, account.person_id)
    if person.state == "pending" and name is not None:
        person.name = await unit.seal(person.key_id, f"people:{person.id}:name", name)
    fresh = await _begin_contact(unit, chat, person)
    if person.is_youth and person.state == "active":
        if not fresh:
            return JoinedBefore()
        account.via_group = account.via_group or chat.native_id
        await unit.audit(actor, "contact.begun", role=Role.YOUTH, subject_id=person.id, chat=chat.id)
        await signal_chats(unit, chat.id)
        cadre = await name_of(unit.session, unit.vault, chat.owner_id)
        await explain_second_group(unit, person.id, cadre, texts.of(ConsentScope.ORIGINAL_MESSAGES))
        return JoinedAgain(cadre)
    account.via_group = chat.native_id
    await unit.session.flush()
    await _ask_age(unit, account, person, chat, texts)
    return JoinBegun()


async def _new_person(unit: Unit, chat: Chat, speaker: Speaker, name: str | None) -> Account:
    person_id, account_id = new_id(), new_id()
    key_id = await unit.vault.new_key(unit.session, f"person:{person_id}")
    unit.session.add(
        Person(
            id=person_id,
            state="pending",
            name=await unit.seal(key_id, f"people:{person_id}:name", name or ""),
            org_id=chat.org_id,
            is_youth=False,
            key_id=key_id,
            created_at=unit.now,
        )
    )
    await unit.session.flush()
    account = Account(
        id=account_id,
        person_id=person_id,
        channel=speaker.channel,
        native=await unit.seal(key_id, f"accounts:{account_id}:native", speaker.native_id),
        native_index=account_index(unit.vault, speaker.channel, "", speaker.native_id),
        bot_id=speaker.bot_id,
        via_group=chat.native_id,
        bound_at=unit.now,
    )
    unit.session.add(account)
    await unit.session.flush()
    return account


async def _begin_contact(unit: Unit, chat: Chat, person: Person) -> bool:
    """The contact with the group's cadre through this group; False if it was there. One that had ended begins anew."""
    rows = await unit.session.execute(
        select(Contact).where(Contact.cadre_id == chat.owner_id, Contact.youth_id == person.id)
    )
    contacts = rows.scalars().all()
    here = next((c for c in contacts if c.chat_id == chat.id), None)
    if here is None:
        here = next((c for c in contacts if c.chat_id is None and c.ended_at is None), None)
        if here is not None:  # had left the group, not the cadre
            here.chat_id = chat.id
            await unit.session.flush()
            return True
    if here is None:
        here = Contact(
            cadre_id=chat.owner_id, youth_id=person.id, chat_id=chat.id, ref=await new_ref(unit, CONTACT_LETTER)
        )
        unit.session.add(here)
    elif here.ended_at is None:
        return False
    here.since, here.last_contact_at, here.ended_at, here.ended_why = unit.now, unit.now, None, None
    await unit.session.flush()
    return True


async def _ask_age(unit: Unit, account: Account, person: Person, chat: Chat, texts: ConsentTexts) -> None:
    """Ask in private, with what joining keeps; if it cannot go out, the group hears how to open the private chat."""
    await cancel(unit, AGE, subject_id=person.id)
    org = await unit.session.get_one(OrgUnit, chat.org_id)
    text = texts.of(ConsentScope.PROFILE)
    question = AgeAsked(
        name=await name_of(unit.session, unit.vault, person.id),
        cadre=await name_of(unit.session, unit.vault, chat.owner_id),
        org=org.name,
        text=text.text,
    )
    group = Address(chat.channel, chat.bot_id, ChatKind.GROUP, chat.native_id)
    await ask_account(
        unit,
        account,
        age_question(person.id, question),
        fallback=(group, Words.of(JoinUnreachable())),
    )
