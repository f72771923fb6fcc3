"""Sending and the history through one connection, with the outcomes of the port (channels.md section 6)."""

import base64
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from nonebot.adapters.onebot.v11 import ApiNotAvailable

from bot.channels.onebot.connection import Connection
from bot.channels.onebot.convert import NO_GROUP, read_message, to_onebot
from bot.channels.onebot.results import CallRefused, OutcomeUnknown
from bot.channels.onebot.shape import Unfamiliar, Unreadable, as_mapping, number, somebody
from bot.channels.port import Delivery, Outcome
from bot.core.rules.message import MADE_UP, Address, ChatKind, FileOut, Incoming, OutSegment

NOT_CONNECTED: Final = Delivery(Outcome.RETRY_LATER, error="not_connected")
_GROUP_CHAT: Final = 2
_SAFE_INTEGER: Final = 2**53
"""From here on a gateway written in JavaScript would round a number; such ids go out as text."""


def call_for(address: Address, segments: Sequence[OutSegment]) -> tuple[str, dict[str, Any]]:
    """The one API call for one delivery; raises ValueError for what cannot go out."""
    target: dict[str, Any]
    if address.kind is ChatKind.GROUP:
        target = {"group_id": _id(address.native_id)}
    else:
        target = {"user_id": _id(address.native_id)}
    match segments:
        case []:
            raise ValueError("nothing to send")
        case [FileOut(name, content)]:
            if address.kind is ChatKind.GROUP:
                raise ValueError("files are handed over in private chats only")
            file = "base64://" + base64.b64encode(content).decode()
            return "upload_private_file", target | {"file": file, "name": name}
        case _:
            message = to_onebot(segments)
    if address.kind is ChatKind.GROUP:
        return "send_group_msg", target | {"message": message}
    if address.via_group and address.via_group not in NO_GROUP:
        target |= {"group_id": _id(address.via_group)}
    return "send_private_msg", target | {"message": message}


async def deliver(
    connection: Connection | None, address: Address, segments: Sequence[OutSegment], *, timeout: float
) -> Delivery:
    """Send once and say what became of it; never raises for what a gateway does."""
    if connection is None or not connection.open:
        return NOT_CONNECTED
    try:
        action, params = call_for(address, segments)
    except ValueError:
        return Delivery(Outcome.FAILED, error="bad_parameters")
    try:
        data = await connection.call(action, params, timeout=timeout)
    except ApiNotAvailable:
        return NOT_CONNECTED
    except CallRefused as error:
        return Delivery(Outcome.FAILED, error=error.code)
    except OutcomeUnknown as error:
        return Delivery(Outcome.UNKNOWN, error=error.code)
    return Delivery(Outcome.SENT, native_id=_native_id(data))


async def history(
    connection: Connection | None, chat_id: str, *, count: int, timeout: float, until: str = ""
) -> Sequence[Incoming] | None:
    """The latest messages of a group, or those up to ``until``, the bot's own included; None when it cannot tell them.

    ``message_seq`` is an id to NapCat; a gateway to which it is something else tells nothing older, and that is seen.
    """
    more: dict[str, Any] = {"count": count}
    if until:
        more["message_seq"] = int(until) if until.removeprefix("-").isdigit() else until
    known = {"post_type": "message", "message_type": "group", "group_id": chat_id}
    return await _told(connection, "get_group_msg_history", {"group_id": chat_id} | more, known, timeout)


async def private_history(
    connection: Connection | None, user_id: str, *, count: int, timeout: float
) -> Sequence[Incoming] | None:
    """The latest messages that this account wrote to the bot; None when the gateway cannot tell them."""
    known = {"post_type": "message", "message_type": "private"}
    asked = {"user_id": user_id, "count": count}
    told = await _told(connection, "get_friend_msg_history", asked, known, timeout)
    return None if told is None else [one for one in told if one.sender_id == user_id]


async def wrote_last(connection: Connection | None, *, count: int, timeout: float) -> Sequence[str] | None:
    """Who has a private chat with the bot, newest first; None when the gateway cannot tell (an extension of NapCat)."""
    chats = await _listed(connection, "get_recent_contact", {"count": count}, timeout)
    newest = sorted(chats or (), key=lambda one: -(number(one.get("msgTime")) or 0))
    told = [somebody(one.get("peerUin")) for one in newest if one.get("chatType") != _GROUP_CHAT]
    return None if chats is None else [who for who in told if who]


async def groups(connection: Connection | None, *, timeout: float) -> Sequence[str] | None:
    """In which groups the bot is; None when the gateway cannot tell."""
    told = await _listed(connection, "get_group_list", {}, timeout)
    return None if told is None else [group for one in told if (group := somebody(one.get("group_id")))]


async def _listed(
    connection: Connection | None, action: str, params: dict[str, Any], timeout: float
) -> Sequence[Mapping[str, Any]] | None:
    if connection is None or not connection.open:
        return None
    try:
        told = await connection.call(action, params, timeout=timeout)
    except (ApiNotAvailable, CallRefused, OutcomeUnknown):
        return None
    return [as_mapping(one) for one in told] if isinstance(told, list) else None


async def _told(
    connection: Connection | None, action: str, asked: dict[str, Any], known: dict[str, str], timeout: float
) -> list[Incoming] | None:
    if connection is None or not connection.open:
        return None
    try:
        params = {name: _id(value) if name.endswith("_id") else value for name, value in asked.items()}
        data = await connection.call(action, params, timeout=timeout)
    except (ValueError, ApiNotAvailable, CallRefused, OutcomeUnknown):
        return None
    told = data.get("messages") if isinstance(data, dict) else None
    if not isinstance(told, list):
        return None
    return list(_numbered(one for raw in told if (one := _read(raw, known, connection.self_id)) is not None))


def _read(raw: object, known: dict[str, str], bot_id: str) -> Incoming | None:
    try:
        told = read_message(raw | known, bot_id, from_history=True) if isinstance(raw, dict) else None
    except (Unfamiliar, Unreadable):
        return None  # the hole it leaves is found by the gap detection
    return told if isinstance(told, Incoming) and told.sender_id else None


def _numbered(page: Iterable[Incoming]) -> Iterator[Incoming]:
    """Messages to which the gateway gives no id are told apart by how often the same was said in the same second."""
    seen: Counter[tuple[str, str, int]] = Counter()
    for one in page:
        same = (one.message_id, one.sender_id, one.sent_at)
        seen[same] += 1
        again = one.message_id.startswith(MADE_UP) and seen[same] > 1
        yield replace(one, message_id=f"{one.message_id}.{seen[same]}") if again else one


def _native_id(data: object) -> str:
    told = data.get("message_id") if isinstance(data, dict) else None
    return str(told)[:64] if isinstance(told, str | int) and not isinstance(told, bool) else ""


def _id(native: str) -> int | str:
    if not native.isascii() or not native.isdigit() or len(native) > 32:
        raise ValueError("an address needs a number")
    return int(native) if int(native) < _SAFE_INTEGER else native
