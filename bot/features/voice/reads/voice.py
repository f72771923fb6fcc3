"""青年之声: whose an item is, who holds it and who may read it; every look-up begins with who is looking (P13)."""

from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, exists, false, or_, select, true
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.office import serves
from bot.core.reads.people import name_of, name_to_choose
from bot.core.rules.people import Actor, Role
from bot.features.voice.rules.voice import VoiceOutcome, VoiceStanding, VoiceState
from bot.features.voice.tables import Voice, VoiceAnswer
from bot.store.chat import Contact
from bot.store.people import OrgUnit, Person
from bot.store.sealing import Vault

SERVERS: Final = (Role.CADRE, Role.ORGAN_ADMIN)
"""Offices in which somebody may stand in for a cadre."""
WAITING: Final = (VoiceState.OPEN.value, VoiceState.ESCALATED.value)


def with_a_cadre() -> ColumnElement[bool]:
    """What waits for a cadre's answer, and not for an organ's."""
    return and_(
        Voice.state.in_(WAITING),
        Voice.holder_org_id.is_(None),
        Voice.about.is_(None),
        Voice.author_id.is_not(None),
        Voice.cadre_id.is_not(None),
    )


def cadre_serves(now: datetime) -> ColumnElement[bool]:
    """That whoever an item is with serves: the linked cadre as a cadre, who stands in also as an admin."""
    stands_in = and_(Voice.handed_named.is_not(None), serves(Voice.cadre_id, now, *SERVERS))
    return or_(serves(Voice.cadre_id, now), stands_in)


def held_by(actor: Actor, now: datetime) -> Any:
    """What this actor has to deal with: a cadre's own youths' items, or what lies with an organ they administer.

    What a person or their organisation is complained of does not exist for them, whatever office they hold besides.
    """
    return or_(_own_youths(actor, Voice.holder_org_id.is_(None)), _organ(actor, now))


def readable_by(actor: Actor, now: datetime) -> Any:
    """What this actor may read: what they hold, and as the linked cadre also what was handed up."""
    return or_(_own_youths(actor), _organ(actor, now))


def _own_youths(actor: Actor, *which: Any) -> Any:
    if actor.person_id is None or not (actor.has(Role.CADRE) or actor.has(Role.ORGAN_ADMIN)):
        return false()
    living = exists().where(
        Contact.cadre_id == actor.person_id, Contact.youth_id == Voice.author_id, Contact.ended_at.is_(None)
    )
    handed = Voice.handed_named.is_not(None)  # to an admin too; the own youths' need the cadre's office
    mine = or_(handed, living) if actor.has(Role.CADRE) else handed
    return and_(*which, Voice.cadre_id == actor.person_id, Voice.about.is_(None), mine)


def _organ(actor: Actor, now: datetime) -> Any:
    organs = actor.orgs(Role.ORGAN_ADMIN)
    if actor.person_id is None or not organs:
        return false()
    return and_(Voice.holder_org_id.in_(organs), arrived(now), not_about(actor), not_by(actor))


def arrived(now: datetime) -> Any:
    """A complaint is not there before the morning of its notice: who looks often would learn its hour (S2.4)."""
    return or_(Voice.about.is_(None), Voice.held_since <= now)


def not_by(actor: Actor) -> Any:
    """Not said by this actor."""
    return or_(Voice.author_id.is_(None), Voice.author_id != actor.person_id)


def not_about(actor: Actor) -> Any:
    """No complaint about this actor or about an organisation in which they hold an office."""
    offices = {grant.org_id for grant in actor.grants if grant.role is not Role.YOUTH}
    return and_(
        or_(Voice.about_id.is_(None), Voice.about_id != actor.person_id),
        or_(Voice.about_org_id.is_(None), Voice.about_org_id.not_in(offices)),
    )


async def find_held(
    session: AsyncSession, actor: Actor, ref: int, *, now: datetime, lock: bool = False
) -> Voice | None:
    """The item with this reference if the actor holds it; with ``lock`` one at a time (two answers at once)."""
    return await _find(session, held_by(actor, now), ref, lock=lock)


async def find_readable(session: AsyncSession, actor: Actor, ref: int, *, now: datetime) -> Voice | None:
    """The item with this reference if the actor may read it."""
    return await _find(session, readable_by(actor, now), ref, lock=False)


async def find_own(session: AsyncSession, person_id: int, ref: int, *, lock: bool = False) -> Voice | None:
    """The item with this reference if this person said it."""
    return await _find(session, Voice.author_id == person_id, ref, lock=lock)


async def _find(session: AsyncSession, scope: Any, ref: int, *, lock: bool) -> Voice | None:
    statement = select(Voice).where(Voice.ref == ref, scope)
    if lock:
        statement = statement.with_for_update().execution_options(populate_existing=True)
    return (await session.execute(statement)).scalar_one_or_none()


async def locked(session: AsyncSession, voice_id: int) -> Voice | None:
    """An item by its id, for an answer to a question about it: one at a time."""
    statement = select(Voice).where(Voice.id == voice_id).with_for_update()
    return (await session.execute(statement.execution_options(populate_existing=True))).scalar_one_or_none()


def standing_of(voice: Voice) -> VoiceStanding:
    """The row as the rules see it."""
    outcome = VoiceOutcome(voice.outcome) if voice.outcome else None
    return VoiceStanding(VoiceState(voice.state), outcome, voice.raised)


async def words_of(session: AsyncSession, vault: Vault, voice: Voice) -> str | None:
    """What was said; None when there are no words or their key is gone."""
    return await vault.read(session, f"voices:{voice.id}:text", voice.text)


async def cadres_of(
    session: AsyncSession, vault: Vault, youth_id: int, *, serving_at: datetime | None = None, ever: bool = False
) -> list[tuple[int, str]]:
    """The linked cadres of a youth with their names, each once, oldest contact first.

    ``serving_at``: those who are gone at that moment only where nobody else is there. ``ever``: also those with whom
    the contact has ended, for whoever has left may complain of them.
    """
    rows = await session.execute(
        select(Contact.cadre_id, true() if serving_at is None else serves(Contact.cadre_id, serving_at))
        .join(Person, Person.id == Contact.cadre_id)
        .where(Contact.youth_id == youth_id, true() if ever else Contact.ended_at.is_(None), Person.state == "active")
        .order_by(Contact.since, Contact.id)
    )
    found = {cadre_id: bool(serving) for cadre_id, serving in rows}
    ids = [cadre_id for cadre_id, serving in found.items() if serving] or list(found)
    return [(cadre_id, await name_to_choose(session, vault, cadre_id)) for cadre_id in ids]


async def cadre_in_chat(session: AsyncSession, youth_id: int, chat_id: int) -> int | None:
    """The cadre with whom this youth is in contact through this group."""
    return await session.scalar(
        select(Contact.cadre_id)
        .where(Contact.youth_id == youth_id, Contact.chat_id == chat_id, Contact.ended_at.is_(None))
        .order_by(Contact.since)
        .limit(1)
    )


async def answers_of(session: AsyncSession, voice_id: int) -> list[VoiceAnswer]:
    """Every answer to an item, oldest first."""
    rows = await session.execute(
        select(VoiceAnswer).where(VoiceAnswer.voice_id == voice_id).order_by(VoiceAnswer.at, VoiceAnswer.id)
    )
    return list(rows.scalars().all())


async def holder_name(session: AsyncSession, vault: Vault, voice: Voice) -> str:
    """Who has it now, as its author is told: the organ, or the linked cadre."""
    if voice.holder_org_id is not None:
        org = await session.get(OrgUnit, voice.holder_org_id)
        return org.name if org is not None else ""
    return await name_of(session, vault, voice.cadre_id) if voice.cadre_id is not None else ""
