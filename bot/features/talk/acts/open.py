"""谈心 开始: opening the one talk of a linked group, and asking those who have not decided (P1, P3, P4)."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from sqlalchemy import exists, select

from bot.core.acts.consent import ask_scope, signal_chats
from bot.core.rules.checked import checked
from bot.core.rules.consent import ConsentScope, ConsentTexts
from bot.core.rules.mentions import without_strangers
from bot.core.rules.people import Actor, Role
from bot.core.rules.privacy import secrecy_marking
from bot.core.rules.refusal import Refusal
from bot.core.rules.say import Say
from bot.core.tables import Consent
from bot.features.talk.acts.close import finish
from bot.features.talk.acts.notice import announce
from bot.features.talk.reads.talk import may_be_named
from bot.features.talk.rules.talk import MAX_TOPIC, CloseReason, SpeakerRole, TalkState, is_idle
from bot.features.talk.tables import Talk, TalkPart
from bot.store.base import new_id
from bot.store.chat import Chat, ChatHost, Contact
from bot.store.dialect import insert_ignore
from bot.store.people import Person
from bot.store.refs import new_ref
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class TalkOpened(Say):
    """● 记录中: since when, what is stored and of whom, and how to stop; no names (P4)."""

    template: ClassVar[str] = "talk/opened"
    ref: int
    topic: str
    at: datetime


class TalkAlreadyOpen(Refusal):
    """A second talk in a group where one is being recorded."""

    code = "talk.already_open"


class NotHost(Refusal):
    """A cadre with whom this group is not linked."""

    code = "talk.not_host"
    denial = True


class ChatNotLinked(Refusal):
    """A group that is not linked, or no longer."""

    code = "talk.not_linked"


class TopicTooLong(Refusal):
    """A 话题 that is too long; field ``most``."""

    code = "talk.topic_too_long"


class TopicSecret(Refusal):
    """A 话题 with a secrecy marking (P37)."""

    code = "talk.topic_secret"


async def open_talk(unit: Unit, actor: Actor, chat: Chat | None, topic: str | None, texts: ConsentTexts) -> TalkOpened:
    """Open the one talk of a linked group. Youths of it who have not decided on 原话 get one private question.

    Its notice is put into the group here; nothing is stored until that is out.
    """
    chat = await hosted(unit, actor, chat)
    one_line = " ".join((topic or "").split())
    topic = checked(one_line, most=(MAX_TOPIC, TopicTooLong), forbid={secrecy_marking: TopicSecret}, names=None)
    await _finish_leftovers(unit, chat)
    talk = await _insert(unit, actor, chat)
    topic = without_strangers(topic, await may_be_named(unit.session, unit.vault, talk, unit.now)).strip()
    talk.topic = await unit.seal(talk.key_id, f"talks:{talk.id}:topic", topic) if topic else None
    unit.session.add(TalkPart(talk_id=talk.id, person_id=talk.cadre_id, role=SpeakerRole.CADRE))
    await unit.session.flush()
    for person_id in await _undecided(unit, chat):
        await ask_scope(unit, person_id, ConsentScope.ORIGINAL_MESSAGES, chat.id, texts)
    await unit.audit(actor, "talk.opened", role=Role.CADRE, ref=f"T{talk.ref}")
    await signal_chats(unit, chat.id)
    opened = TalkOpened(talk.ref, topic, unit.now)
    await announce(unit, chat, talk, opened, priority=1)
    return opened


async def hosted(unit: Unit, actor: Actor, chat: Chat | None) -> Chat:
    """The linked group, if this cadre is its owner or a co-host; looked up now, not remembered (threat 7)."""
    if chat is None or chat.state != "linked":
        raise ChatNotLinked
    if not actor.has(Role.CADRE):
        raise NotHost
    if chat.owner_id != actor.person_id:
        host = await unit.session.get(ChatHost, (chat.id, actor.person_id))
        if host is None:
            raise NotHost
    return chat


async def _finish_leftovers(unit: Unit, chat: Chat) -> None:
    """Talks that are only waiting for their end do not stand in the way of a new one."""
    rows = await unit.session.execute(
        select(Talk)
        .where(Talk.chat_id == chat.id, Talk.state.in_((TalkState.OPEN, TalkState.STOPPED)))
        .with_for_update()
    )
    for talk in rows.scalars().all():
        if talk.state == TalkState.STOPPED:
            await finish(unit, talk, CloseReason.NO_NOTES)
        elif is_idle(talk.last_activity_at, unit.now):
            await finish(unit, talk, CloseReason.IDLE)


async def _insert(unit: Unit, actor: Actor, chat: Chat) -> Talk:
    """The row; of two who open in the same moment the database lets one through."""
    talk_id = new_id()
    key_id = await unit.vault.new_key(unit.session, f"talk:{talk_id}")
    taken = await unit.session.execute(
        insert_ignore(unit.session, Talk)
        .values(
            id=talk_id,
            ref=await new_ref(unit, "T"),
            chat_id=chat.id,
            cadre_id=actor.person_id,
            state=TalkState.OPEN,
            key_id=key_id,
            opened_at=unit.now,
            last_activity_at=unit.now,
            last_notice_at=unit.now,
            quiet_since=unit.now,
        )
        .returning(Talk.id)
    )
    if taken.scalar_one_or_none() is None:
        other = await current_talk(unit, chat, TalkState.OPEN)
        unit.vault.forget(key_id)
        raise TalkAlreadyOpen(ref=other.ref if other else None, since=other.opened_at if other else unit.now)
    return await unit.session.get_one(Talk, talk_id)


async def _undecided(unit: Unit, chat: Chat) -> list[int]:
    """Youths of this group without 原话 for it who may be written to; the rest is up to ``ask_scope``."""
    given = exists().where(
        Consent.person_id == Person.id,
        Consent.scope == ConsentScope.ORIGINAL_MESSAGES,
        Consent.chat_id == chat.id,
        Consent.withdrawn_at.is_(None),
    )
    rows = await unit.session.execute(
        select(Person.id)
        .join(Contact, Contact.youth_id == Person.id)
        .where(
            Contact.chat_id == chat.id,
            Contact.ended_at.is_(None),
            Person.state == "active",
            Person.is_youth.is_(True),
            Person.reminders_off.is_(False),
            ~given,
        )
        .distinct()
        .order_by(Person.id)
    )
    return list(rows.scalars())


async def current_talk(unit: Unit, chat: Chat, state: TalkState) -> Talk | None:
    """The group's newest talk in this state, locked for the rest of the transaction."""
    found = await unit.session.execute(
        select(Talk)
        .where(Talk.chat_id == chat.id, Talk.state == state)
        .order_by(Talk.opened_at.desc())
        .limit(1)
        .with_for_update()
    )
    return found.scalar_one_or_none()
