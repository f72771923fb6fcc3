"""A platform's notices: which of them concern the bot, and what makes two of them the same."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from bot.channels.onebot.shape import Unfamiliar, Unreadable, native_id, number, somebody, usable_id
from bot.core.rules.message import Notice, NoticeKind

_STABLE: Final = ("time", "notice_type", "sub_type", "group_id", "user_id", "operator_id", "message_id", "duration")
_EVERYBODY: Final = "0"


def read_notice(raw: Mapping[str, Any], bot_id: str, *, channel: str) -> Notice | None:
    """The notice as a plain value, or None when nothing of ours depends on it.

    Raises ``Unreadable`` when it names nothing that could be acted on.
    """
    kind = _kind(raw, bot_id)
    if kind is None:
        return None
    if kind is NoticeKind.RECALLED:
        return _recall(raw, bot_id, channel)
    in_group = kind is not NoticeKind.FRIEND_ADDED
    subject = bot_id if kind is NoticeKind.BOT_REMOVED else native_id(raw, "user_id")
    return Notice(
        kind=kind,
        channel=channel,
        bot_id=bot_id,
        chat_id=native_id(raw, "group_id") if in_group else subject,
        subject_id=subject,
        sent_at=number(raw.get("time")) or 0,
        fingerprint=_fingerprint(raw, bot_id),
    )


def _recall(raw: Mapping[str, Any], bot_id: str, channel: str) -> Notice:
    """What was taken back is named by its id alone; who took it back, and where, may be left out."""
    message_id = usable_id(raw.get("message_id"))
    if message_id in (None, "0"):
        raise Unreadable("message_id")
    in_group = raw.get("notice_type") == "group_recall"
    subject = somebody(raw.get("user_id"))
    return Notice(
        kind=NoticeKind.RECALLED,
        channel=channel,
        bot_id=bot_id,
        chat_id=somebody(raw.get("group_id")) if in_group else subject,
        subject_id=subject,
        message_id=message_id or "",
        sent_at=number(raw.get("time")) or 0,
        fingerprint=_fingerprint(raw, bot_id),
    )


def _kind(raw: Mapping[str, Any], bot_id: str) -> NoticeKind | None:
    match raw.get("notice_type"):
        case "group_recall" | "friend_recall":
            return NoticeKind.RECALLED
        case "group_decrease":
            gone = raw.get("sub_type") in ("kick_me", "disband") or usable_id(raw.get("user_id")) == bot_id
            return NoticeKind.BOT_REMOVED if gone else NoticeKind.MEMBER_LEFT
        case "group_ban":
            return _mute(raw, bot_id)
        case "friend_add":
            return NoticeKind.FRIEND_ADDED
        case str():
            return None
        case _:
            raise Unfamiliar("notice_type")


def _mute(raw: Mapping[str, Any], bot_id: str) -> NoticeKind | None:
    """Only what keeps the bot itself from writing: a mute of the bot or of everybody."""
    if usable_id(raw.get("user_id")) not in (bot_id, _EVERYBODY):
        return None
    lifted = raw.get("sub_type") == "lift_ban" or raw.get("duration") == 0
    return NoticeKind.CHAT_UNMUTED if lifted else NoticeKind.CHAT_MUTED


def _fingerprint(raw: Mapping[str, Any], bot_id: str) -> str:
    """Notices have no id: a digest of the fields that a redelivery repeats (reliability section 4)."""
    stable = {name: str(raw[name]) for name in _STABLE if isinstance(raw.get(name), str | int)} | {"bot": bot_id}
    return hashlib.sha256(json.dumps(stable, sort_keys=True).encode()).hexdigest()
