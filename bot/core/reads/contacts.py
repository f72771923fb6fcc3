"""直接联系: a cadre's youths, a youth's cadres, and finding a youth by 称呼 or K number."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.office import serves
from bot.core.reads.people import name_to_choose
from bot.core.reads.unreadable import unreadable
from bot.core.rules.contact import NameAmbiguous
from bot.core.rules.people import AgeBand
from bot.core.rules.refs import parse_ref
from bot.core.rules.refusal import NotFound
from bot.core.rules.text import plain_key
from bot.store.chat import Chat, Contact
from bot.store.people import Person
from bot.store.sealing import Vault

NAME_WORDS: Final = 3
"""The most words that a 称呼 with spaces has."""


@dataclass(frozen=True, slots=True)
class Youth:
    """One of a cadre's youths; ``ref`` is the K number, ``same_name`` says that another one has the same 称呼.

    ``group`` is the number of the linked group through which they came; empty when there is none any more.
    """

    person_id: int
    name: str
    ref: int
    age_band: AgeBand | None
    since: datetime
    last_contact_at: datetime
    group: str = ""
    same_name: bool = False


@dataclass(frozen=True, slots=True)
class Membership:
    """One contact as the youth sees it: with whom, and through which group, if they are in it and it is linked."""

    contact_id: int
    cadre_id: int
    cadre: str
    chat_id: int | None
    group: str
    since: datetime
    serving: bool = True
    """Whether the cadre is in office, can be written to and is not away."""


def _alive():
    return (
        select(Contact, Person, Chat.native_id)
        .join(Person, Person.id == Contact.youth_id)
        .outerjoin(Chat, (Chat.id == Contact.chat_id) & (Chat.state == "linked"))
        .where(Contact.ended_at.is_(None), Person.state == "active", Person.is_youth.is_(True))
    )


async def youths_of(session: AsyncSession, vault: Vault, cadre_id: int) -> list[Youth]:
    """The cadre's youths, each once, in the order in which they joined."""
    rows = (
        await session.execute(_alive().where(Contact.cadre_id == cadre_id).order_by(Contact.since, Contact.id))
    ).all()
    await vault.ready(session, *(person.key_id for _, person, _ in rows))
    found: dict[int, Youth] = {}
    for contact, person, through in rows:
        known = found.get(person.id)
        opened = vault.open(f"people:{person.id}:name", person.name)
        name = unreadable() if opened is None else opened
        last = max(known.last_contact_at, contact.last_contact_at) if known else contact.last_contact_at
        band = AgeBand(person.age_band) if person.age_band else None
        ref, since = (known.ref, known.since) if known else (contact.ref, contact.since)
        group = known.group if known and known.group else through or ""
        found[person.id] = Youth(person.id, name, ref, band, since, last, group)
    counted: dict[str, int] = {}
    for youth in found.values():
        counted[plain_key(youth.name)] = counted.get(plain_key(youth.name), 0) + 1
    return [replace(youth, same_name=counted[plain_key(youth.name)] > 1) for youth in found.values()]


def choices(found: Sequence[Youth]) -> list[tuple[str, int, datetime, str]]:
    """How youths of one name are told apart: K number, since when, through which group; nothing about themselves."""
    return [(youth.name, youth.ref, youth.since, youth.group) for youth in found]


async def find_youths(session: AsyncSession, vault: Vault, cadre_id: int, told: str) -> list[Youth]:
    """The cadre's own youths whom ``told`` names: by 称呼, or by K number (``K4821``, ``#K4821``).

    None: nobody of this name among one's own, which is also the answer for another cadre's youth. Several: ask, with
    their K numbers.
    """
    youths = await youths_of(session, vault, cadre_id)
    named = [y for y in youths if plain_key(y.name) == plain_key(told)]
    if named:
        return named
    ref = parse_ref(told, "K")
    return [y for y in youths if ref is not None and y.ref == ref.number]


async def address_youth(session: AsyncSession, vault: Vault, cadre_id: int, name: str, words: str) -> tuple[Youth, str]:
    """The one youth meant, by 称呼 (also one with spaces in it) or K number, and the words that are left.

    Refuses ``not_found``, or ``contact.name_ambiguous`` with the K numbers to choose from.
    """
    told, left = name, words.split(" ")
    for _ in range(NAME_WORDS):
        found = await find_youths(session, vault, cadre_id, told)
        if len(found) > 1:
            raise NameAmbiguous(choices=choices(found))
        if found:
            return found[0], " ".join(left)
        if len(left) < 2:
            break
        told, left = f"{told} {left[0]}", left[1:]
    raise NotFound


async def memberships(
    session: AsyncSession, vault: Vault, youth_id: int, *, now: datetime | None = None
) -> list[Membership]:
    """The youth's contacts that have not ended, oldest first; also those still waiting for the age band.

    With ``now`` each says whether its cadre serves at this moment, else that is not asked.
    """
    serving = literal(True) if now is None else serves(Contact.cadre_id, now)
    rows = await session.execute(
        select(Contact, Person, Chat, serving)
        .join(Person, Person.id == Contact.cadre_id)
        .outerjoin(Chat, (Chat.id == Contact.chat_id) & (Chat.state == "linked"))
        .where(Contact.youth_id == youth_id, Contact.ended_at.is_(None))
        .order_by(Contact.since, Contact.id)
    )
    found = []
    for contact, cadre, chat, here in rows.all():
        name = await name_to_choose(session, vault, cadre.id)
        chat_id, group = (chat.id, chat.native_id) if chat is not None else (None, "")
        found.append(Membership(contact.id, cadre.id, name, chat_id, group, contact.since, bool(here)))
    return found


async def is_in_chat(session: AsyncSession, youth_id: int, chat_id: int) -> bool:
    """Whether the youth has a living contact through this group and the group is linked."""
    found = await session.execute(
        _alive().where(Contact.youth_id == youth_id, Contact.chat_id == chat_id, Chat.state == "linked").limit(1)
    )
    return found.first() is not None


async def in_contact(session: AsyncSession, cadre_id: int, youth_id: int) -> bool:
    """Whether this cadre and this youth are in contact now."""
    found = await session.execute(
        select(Contact.id)
        .where(Contact.cadre_id == cadre_id, Contact.youth_id == youth_id, Contact.ended_at.is_(None))
        .limit(1)
    )
    return found.first() is not None
