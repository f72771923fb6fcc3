"""● 记录中: recording is never silent. Nothing is stored before the notice is out, nor while it cannot be seen (P4)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final

from sqlalchemy import select, update

from bot.core.acts.consent import signal_chats
from bot.core.rules.say import Say
from bot.features.talk.rules.talk import NOTICE_EVERY, SHOWN_AGAIN_AFTER, NotShown, TalkState, is_quiet, notice_due
from bot.features.talk.tables import Talk
from bot.store.chat import Chat
from bot.store.delivery import OutboxMessage
from bot.store.outbox import TAKEN_BACK
from bot.store.unit import Unit

NOTICE: Final = "talk.notice"
"""What a notice is about (``Standing``): the talk, as long as it is open."""
QUIET: Final = "quiet"
"""Topic of the signal that a notice which was out is not to be seen any more: of which talk."""
URGENT: Final = 0
"""Place in the sender's queue of what must be seen while it is true: ● 记录中 (P4)."""


@dataclass(frozen=True, slots=True)
class StillRecording(Say):
    """● 记录中 once more: after 30 minutes of activity, and when it can be shown again."""

    template: ClassVar[str] = "talk/still_recording"
    ref: int
    since: datetime


@dataclass(frozen=True, slots=True)
class RecordingPaused(Say):
    """To the cadre, in private: ● 记录中 cannot be shown, so nothing is stored until it is."""

    template: ClassVar[str] = "talk/paused"
    ref: int
    why: NotShown


async def take_back_notice(unit: Unit, talk_id: int) -> None:
    """A notice that still waits, or would be sent once more, is not: it is over or another one comes."""
    await unit.session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.idem_key.startswith(_key(talk_id), autoescape=True), OutboxMessage.state.in_(TAKEN_BACK))
        .values(state="cancelled", payload=None)
        .execution_options(synchronize_session=False)
    )


def _key(talk_id: int) -> str:
    return f"notice:{talk_id}:"


async def announce(unit: Unit, chat: Chat, talk: Talk, say: Say, *, priority: int = URGENT) -> None:
    """Put the notice into the group, in place of one that still waits."""
    if talk.last_notice_at != unit.now:  # else it has just been opened
        await take_back_notice(unit, talk.id)
    talk.last_notice_at = unit.now
    await unit.session.flush()
    # At once even late in the evening: people are talking, and recording is never silent (P4).
    await unit.push_chat(
        chat,
        say,
        priority=priority,
        expires_at=unit.now + NOTICE_EVERY,
        idem_key=f"{_key(talk.id)}{unit.position()}",
        about=(NOTICE, talk.id),
    )


async def repeat_notice(unit: Unit, talk_id: int) -> bool:
    """Say ● 记录中 again if that is due now, or could perhaps be shown again; exactly once, whoever asks first."""
    talk = await _open_talk(unit, Talk.id == talk_id)
    if talk is None:
        return False
    quiet = is_quiet(talk.quiet_since, talk.shown_at)
    again = quiet and unit.now - talk.last_notice_at >= SHOWN_AGAIN_AFTER
    if not again and not notice_due(talk.last_notice_at, talk.last_activity_at, unit.now):
        return False
    return await _say_again(unit, talk)


async def _say_again(unit: Unit, talk: Talk) -> bool:
    chat = await unit.session.get_one(Chat, talk.chat_id)
    if chat.state != "linked":
        return False
    await announce(unit, chat, talk, StillRecording(talk.ref, talk.opened_at))
    await signal_chats(unit, chat.id)
    return True


async def notice_became(unit: Unit, talk_id: int, seen: bool) -> None:
    """The notice is out, and what is said from now on may be stored; or it cannot be shown, and nothing is."""
    talk = await _open_talk(unit, Talk.id == talk_id)
    if talk is None:
        return
    if not seen:
        await _pause(unit, talk, NotShown.REFUSED)
    elif is_quiet(talk.quiet_since, talk.shown_at) and not _is_older(talk):
        talk.shown_at = unit.now
        await unit.session.flush()
        await signal_chats(unit, talk.chat_id)


def _is_older(talk: Talk) -> bool:
    """Whether the last notice was put before the pause began: that it is found now shows nothing."""
    return talk.quiet_since is not None and talk.last_notice_at < talk.quiet_since


async def chat_muted(unit: Unit, where: tuple[str, str, str]) -> None:
    """The bot may not write in a group: whatever is being recorded there pauses."""
    talk = await _open_talk(unit, *_in(where))
    if talk is not None:
        await _pause(unit, talk, NotShown.MUTED)


async def chat_unmuted(unit: Unit, where: tuple[str, str, str]) -> None:
    """The bot may write again: a paused recording goes on once its notice is out."""
    talk = await _open_talk(unit, *_in(where))
    if talk is not None and is_quiet(talk.quiet_since, talk.shown_at):
        await _say_again(unit, talk)


async def _pause(unit: Unit, talk: Talk, why: NotShown) -> None:
    """Nothing is stored from now on; the cadre is told once a pause."""
    if not is_quiet(talk.quiet_since, talk.shown_at):
        talk.quiet_since, talk.shown_at = unit.now, None
        await unit.session.flush()
    unit.signal(QUIET, talk.id)
    await signal_chats(unit, talk.chat_id)
    since = int((talk.quiet_since or unit.now).timestamp())
    said = RecordingPaused(talk.ref, why)
    await unit.push_person(talk.cadre_id, said, idem_key=f"paused:{talk.id}:{since}", priority=URGENT)


def _in(where: tuple[str, str, str]) -> tuple[Any, ...]:
    channel, bot_id, native_id = where
    chats = select(Chat.id).where(Chat.channel == channel, Chat.bot_id == bot_id, Chat.native_id == native_id)
    return (Talk.chat_id.in_(chats),)


async def _open_talk(unit: Unit, *where: Any) -> Talk | None:
    found = await unit.session.execute(
        select(Talk).where(Talk.state == TalkState.OPEN, *where).limit(1).with_for_update()
    )
    return found.scalar_one_or_none()
