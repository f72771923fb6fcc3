"""谈心谈话 Talk: stopping, closing and abandoning a talk in a linked group, and what time brings (P1, P3, P4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy import delete, select

from bot.core.acts.consent import signal_chats
from bot.core.events import HostLeaving, LinkEnding
from bot.core.rules.people import Actor, Role
from bot.core.rules.privacy import SensitiveWords
from bot.core.rules.refusal import Refusal
from bot.core.rules.say import Say
from bot.features.talk.acts.close import TalkClosed, checked_notes, count_messages, finish
from bot.features.talk.acts.delete import delete_talk
from bot.features.talk.acts.gaps import GapLine
from bot.features.talk.acts.notice import StillRecording, chat_muted, chat_unmuted, repeat_notice, take_back_notice
from bot.features.talk.acts.open import (
    ChatNotLinked,
    NotHost,
    TalkAlreadyOpen,
    TalkOpened,
    TopicSecret,
    TopicTooLong,
    current_talk,
    hosted,
    open_talk,
)
from bot.features.talk.acts.said_after import began_after, drop_after
from bot.features.talk.reads.talk import Speaker, TalkWatch, message_index
from bot.features.talk.rules.talk import (
    CloseReason,
    NotStored,
    SpeakerRole,
    TalkState,
    is_idle,
)
from bot.features.talk.tables import Talk, TalkMessage
from bot.store.chat import Chat
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class TalkStopped(Say):
    """Nothing is recorded any more, but the talk still waits for its 要点."""

    template: ClassVar[str] = "talk/stopped"
    aside: ClassVar[bool] = True
    ref: int
    stored: int
    not_stored: int


@dataclass(frozen=True, slots=True)
class TalkAbandoned(Say):
    """The talk and all that was stored of it are gone; this cannot be undone."""

    template: ClassVar[str] = "talk/abandoned"
    aside: ClassVar[bool] = True
    ref: int
    deleted: int


@dataclass(frozen=True, slots=True)
class NotStoredTold(Say):
    """Privately to a speaker: this was not stored, why, and what can be done (P9, P24, P37)."""

    template: ClassVar[str] = "talk/not_stored"
    reason: NotStored
    ref: int
    youth: bool


class NoTalkOpen(Refusal):
    """Ending or abandoning where nothing is being recorded."""

    code = "talk.none_open"


# --- ending ----------------------------------------------------------------------------------------------------------


async def stop_talk(unit: Unit, actor: Actor, chat: Chat | None) -> TalkStopped | None:
    """``谈心 结束`` without 要点: recording ends at once, the 要点 may follow; None when it had been stopped before."""
    chat = await hosted(unit, actor, chat)
    talk = await _talk(unit, chat, TalkState.OPEN)
    if talk is None:
        if await _talk(unit, chat, TalkState.STOPPED) is None:
            raise NoTalkOpen
        return None
    talk.state, talk.closed_at = TalkState.STOPPED, max(unit.moment, talk.opened_at)
    await take_back_notice(unit, talk.id)
    await unit.session.flush()
    await drop_after(unit, talk)
    await unit.audit(actor, "talk.stopped", role=Role.CADRE, ref=f"T{talk.ref}")
    await signal_chats(unit, chat.id)
    return TalkStopped(talk.ref, await count_messages(unit, talk.id), talk.not_stored)


async def end_talk(unit: Unit, actor: Actor, chat: Chat | None, notes: str, words: SensitiveWords) -> TalkClosed:
    """``谈心 结束 <要点>``: closes what is open, or gives a stopped talk its 要点; asks for co-signing."""
    chat = await hosted(unit, actor, chat)
    talk = await _talk(unit, chat, TalkState.OPEN) or await _talk(unit, chat, TalkState.STOPPED)
    if talk is None:
        raise NoTalkOpen
    await drop_after(unit, talk)
    return await finish(unit, talk, CloseReason.ENDED, actor=actor, notes=checked_notes(notes), words=words)


async def abandon_talk(unit: Unit, actor: Actor, chat: Chat | None) -> TalkAbandoned:
    """``谈心 放弃``: nothing of the talk is left, not even that it took place."""
    chat = await hosted(unit, actor, chat)
    talk = await _talk(unit, chat, TalkState.OPEN) or await _talk(unit, chat, TalkState.STOPPED)
    if talk is None:
        raise NoTalkOpen
    ref, deleted = talk.ref, await count_messages(unit, talk.id)
    await take_back_notice(unit, talk.id)
    await delete_talk(unit, talk)
    await unit.audit(actor, "talk.abandoned", role=Role.CADRE, ref=f"T{ref}", n=deleted)
    await signal_chats(unit, chat.id)
    return TalkAbandoned(ref, deleted)


async def _talk(unit: Unit, chat: Chat, state: TalkState) -> Talk | None:
    """The talk these words are about; one that was opened after they were said is another."""
    talk = await current_talk(unit, chat, state)
    return None if talk is None or began_after(talk, unit.said) else talk


# --- by itself -------------------------------------------------------------------------------------------------------


async def close_idle(unit: Unit, talk_id: int) -> TalkClosed | None:
    """Close a talk in which nobody spoke for two hours, and say so in its group; co-signing is asked as ever."""
    talk = await _locked(unit, talk_id, TalkState.OPEN)
    if talk is None or not is_idle(talk.last_activity_at, unit.now):
        return None
    return await finish(unit, talk, CloseReason.IDLE)


async def close_stopped(unit: Unit, talk_id: int) -> TalkClosed | None:
    """Finish a stopped talk whose 要点 never came."""
    talk = await _locked(unit, talk_id, TalkState.STOPPED)
    return await finish(unit, talk, CloseReason.NO_NOTES) if talk is not None else None


async def link_ending(unit: Unit, event: LinkEnding) -> TalkClosed | None:
    """The group is unlinked: what is open or stopped in it ends now, and the group is told.

    If the bot was put out of the group, the talk's cadre is told privately.
    """
    return await _close_all(unit, event.chat, CloseReason.LOST if event.lost else CloseReason.UNLINKED, event.actor)


async def host_leaving(unit: Unit, event: HostLeaving) -> TalkClosed | None:
    """A talk that the leaving cadre has open ends; the owner's goes on."""
    talk = await current_talk(unit, event.chat, TalkState.OPEN)
    if talk is None or talk.cadre_id != event.person_id:
        return None
    return await _close_all(unit, event.chat, CloseReason.UNLINKED, event.actor)


async def _close_all(unit: Unit, chat: Chat, why: CloseReason, actor: Actor | None) -> TalkClosed | None:
    closed = None
    for state in (TalkState.STOPPED, TalkState.OPEN):
        talk = await current_talk(unit, chat, state)
        if talk is not None:
            await drop_after(unit, talk)
            closed = await finish(unit, talk, why, actor=actor)
    return closed


async def _locked(unit: Unit, talk_id: int, state: TalkState) -> Talk | None:
    found = await unit.session.execute(select(Talk).where(Talk.id == talk_id, Talk.state == state).with_for_update())
    return found.scalar_one_or_none()


# --- single messages -------------------------------------------------------------------------------------------------


async def recall_message(unit: Unit, chat: tuple[str, str, str], message_id: str) -> bool:
    """A message was taken back on its platform: it goes from the talk too; nobody is told and nothing is counted.

    A platform that does not say in which group is believed for every group of that bot: the id names the message.
    """
    channel, bot_id, group = chat
    here = select(Chat.native_id).where(Chat.channel == channel, Chat.bot_id == bot_id)
    groups = [group] if group else (await unit.session.execute(here)).scalars().all()
    indices = [message_index(unit.vault, (channel, bot_id, one), message_id) for one in groups]
    rows = await unit.session.execute(select(TalkMessage).where(TalkMessage.native_index.in_(indices)))
    found = rows.scalars().all()
    for message in found:
        await unit.session.delete(message)
    if found:
        await unit.session.flush()
        unit.erased = True
    return bool(found)


async def drop_recalled(unit: Unit, ids: Sequence[int]) -> None:
    """Messages that were taken back while the bot was away; nobody is told and nothing is counted."""
    await unit.session.execute(
        delete(TalkMessage).where(TalkMessage.id.in_(ids)).execution_options(synchronize_session=False)
    )
    unit.erased = True


async def tell_not_stored(unit: Unit, watch: TalkWatch, speaker: Speaker, reason: NotStored) -> bool:
    """Tell a speaker privately that something was not stored, at most once a talk and reason; True when told."""
    account = await unit.account_of(speaker.person_id)
    if account is None:
        return False
    row = await unit.push(
        await unit.private_address(account),
        NotStoredTold(reason, watch.ref, speaker.role is SpeakerRole.YOUTH),
        # Hashed: the key stays readable in the row, and that somebody said something sensitive must not be.
        idem_key="unstored:" + unit.vault.mac("dedup", "unstored", watch.talk_id, speaker.person_id, reason).hex(),
        kind="reply",
        person_id=speaker.person_id,
        key_id=speaker.key_id,
    )
    return await unit.is_new(row)


__all__ = [
    "ChatNotLinked",
    "GapLine",
    "NoTalkOpen",
    "NotHost",
    "NotStoredTold",
    "StillRecording",
    "TalkAbandoned",
    "TalkAlreadyOpen",
    "TalkClosed",
    "TalkOpened",
    "TalkStopped",
    "TopicSecret",
    "TopicTooLong",
    "abandon_talk",
    "chat_muted",
    "chat_unmuted",
    "close_idle",
    "close_stopped",
    "drop_recalled",
    "end_talk",
    "host_leaving",
    "link_ending",
    "open_talk",
    "recall_message",
    "repeat_notice",
    "stop_talk",
    "tell_not_stored",
]
