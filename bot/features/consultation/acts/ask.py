"""问计: asking in a group, of one's own youths or in an organ's groups (R4.4, P22)."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Final

from sqlalchemy import select

from bot.core.acts.asking import ask_speaker
from bot.core.question import Ask, Asked, Asks, Question, always, ends
from bot.core.reads.chats import is_host
from bot.core.reads.unsolicited import may_be_written_to
from bot.core.rules.people import Actor, Role
from bot.core.rules.refusal import Refusal
from bot.core.rules.say import Say
from bot.core.rules.small_numbers import LEAST_PEOPLE
from bot.features.consultation.acts.send import ConsultationPut, put, send_batch
from bot.features.consultation.reads.consultation import groups_of, youth_ids
from bot.features.consultation.rules.consultation import (
    OPEN_FOR,
    ConsultationReach,
    ConsultationState,
    checked_question,
)
from bot.features.consultation.tables import Consultation
from bot.store.base import new_id
from bot.store.chat import Chat
from bot.store.people import OrgUnit, Person
from bot.store.refs import new_ref
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class ReachData:
    """The question that is to be put to many."""

    text: str = field(repr=False)


REACH: Final = Question("consultation.reach", Asks.OFFICE, ReachData, silence=ends, reason=always)
LETTER: Final = "Q"


@dataclass(frozen=True, slots=True)
class ConsultationAsked(Say):
    """To the asker: to how many it goes, and how many are not written to; None below five: it might tell who."""

    template: ClassVar[str] = "consultation/asked"
    ref: int
    reach: ConsultationReach
    written: int
    left_out: int | None
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class ReachAsked(Say):
    """Somebody who is both: of the own youths, or in the organ's groups."""

    template: ClassVar[str] = "consultation/reach"
    youths: int
    groups: int


class NotHost(Refusal):
    """A group that somebody else looks after."""

    code = "consultation.not_host"


@dataclass(frozen=True, slots=True)
class NobodyToAsk(Say):
    """No youth and no group to put it to: nothing was asked."""

    template: ClassVar[str] = "consultation/nobody"


async def ask_in_group(unit: Unit, actor: Actor, chat: Chat | None, text: str) -> ConsultationPut:
    """``/问计 <问题>`` in a group one looks after: the answer of the bot is the post."""
    words = checked_question(text)
    if actor.person_id is None or chat is None or not await is_host(unit.session, chat.id, actor.person_id):
        raise NotHost
    consultation = await _new(unit, actor, words, ConsultationReach.CHAT, chat.org_id, chat.id)
    consultation.written = 1
    await unit.session.flush()
    return await put(unit, consultation, private=False)


async def ask_in_private(unit: Unit, actor: Actor, text: str) -> Say | None:
    """``问计 <问题>`` in private: of one's own youths, or in the groups of one's organ; who may do both is asked."""
    words = checked_question(text)
    youths = await youth_ids(unit.session, actor.person_id or 0) if actor.has(Role.CADRE) else []
    organ = await _organ(unit, actor)
    groups = await groups_of(unit.session, organ.id) if organ is not None else []
    if youths and groups:
        options = (ConsultationReach.YOUTHS.value, ConsultationReach.ORGS.value)
        await ask_speaker(unit, actor, Ask(REACH, options, ReachAsked(len(youths), len(groups)), ReachData(words)))
        return None
    if not youths and not groups:
        return NobodyToAsk()
    return await _ask(unit, actor, words, ConsultationReach.YOUTHS if youths else ConsultationReach.ORGS)


async def answer_reach(unit: Unit, actor: Actor, question: Asked[ReachData], answer: str) -> Say:
    """Where it goes; rights are looked up again now."""
    reach = ConsultationReach(answer)
    needed = Role.CADRE if reach is ConsultationReach.YOUTHS else Role.ORGAN_ADMIN
    if not actor.has(needed):
        return NobodyToAsk()
    return await _ask(unit, actor, question.data.text, reach)


async def _ask(unit: Unit, actor: Actor, words: str, reach: ConsultationReach) -> Say:
    organ = await _organ(unit, actor)
    person = await unit.session.get_one(Person, actor.person_id)
    left_out = 0
    if reach is ConsultationReach.YOUTHS:
        youths = await youth_ids(unit.session, person.id)
        written = len(await may_be_written_to(unit.session, youths, unit.now))
        left_out = len(youths) - written
        org_id = next(iter(sorted(actor.orgs(Role.CADRE))), person.org_id)
    else:
        org_id = organ.id if organ is not None else None
        written = len(await groups_of(unit.session, org_id)) if org_id is not None else 0
    if org_id is None:
        return NobodyToAsk()
    consultation = await _new(unit, actor, words, reach, org_id, None)
    consultation.written, consultation.cursor = written, 0
    await unit.session.flush()
    await send_batch(unit, consultation)
    told = left_out if not 0 < left_out < LEAST_PEOPLE else None
    return ConsultationAsked(consultation.ref, reach, written, told, consultation.ends_at)


async def _new(
    unit: Unit, actor: Actor, words: str, reach: ConsultationReach, org_id: int, chat_id: int | None
) -> Consultation:
    consultation_id = new_id()
    organ = await unit.session.get_one(OrgUnit, org_id)
    consultation = Consultation(
        id=consultation_id,
        ref=await new_ref(unit, LETTER),
        asker_id=actor.person_id,
        org_id=org_id,
        reach=reach.value,
        chat_id=chat_id,
        key_id=organ.key_id,
        text=await unit.seal(organ.key_id, f"consultations:{consultation_id}:text", words),
        state=ConsultationState.OPEN.value,
        asked_at=unit.now,
        ends_at=unit.now + OPEN_FOR,
    )
    unit.session.add(consultation)
    await unit.session.flush()
    role = Role.ORGAN_ADMIN if reach is ConsultationReach.ORGS else Role.CADRE
    await unit.audit(actor, "consultation.asked", role=role, ref=f"{LETTER}{consultation.ref}", reach=reach.value)
    return consultation


async def _organ(unit: Unit, actor: Actor) -> OrgUnit | None:
    """The highest organisation this actor administers."""
    rows = await unit.session.execute(select(OrgUnit).where(OrgUnit.id.in_(actor.orgs(Role.ORGAN_ADMIN))))
    return min(rows.scalars().all(), key=lambda org: (org.path.count("/"), org.code), default=None)
