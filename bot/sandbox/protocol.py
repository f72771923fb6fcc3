"""The OneBot 11 side of the sandbox: what happened in the world, as the events a gateway would send."""

from typing import Any, Final

from bot.clock import Clock
from bot.core.rules.message import ChatKind, Media
from bot.sandbox.codes import to_codes, to_wire
from bot.sandbox.roster import Group
from bot.sandbox.values import Change, FriendAsked, FriendChanged, Joined, Left, Line, Recalled, Said, SystemCode
from bot.sandbox.world import World

Event = dict[str, Any]

FONT: Final = 14
"""A field of OneBot 11 that means nothing any more, always the same."""


def sender_of(world: World, number: int, group: Group | None) -> Event:
    """``sender``: nickname, and in a group card and role."""
    sender: Event = {
        "user_id": number,
        "nickname": world.roster.nickname(number),
        "card": "",
        "sex": "unknown",
        "age": 0,
    }
    if group is not None:
        sender |= {
            "card": group.cards.get(number, ""),
            "role": group.role(number),
            "level": "1",
            "title": "",
            "area": "",
        }
    return sender


def message_of(world: World, line: Line) -> Event:
    """A message as ``get_msg`` and the history tell it.

    As in NapCat ``message_seq`` is the message's id and ``real_seq`` the counter of the conversation.
    """
    group = world.roster.groups.get(line.chat.number) if line.chat.kind is ChatKind.GROUP else None
    told: Event = {
        "time": int(line.at.timestamp()),
        "self_id": world.roster.bot_number,
        "message_type": line.chat.kind.value,
        "message_id": line.id,
        "message_seq": line.id,
        "real_id": line.id,
        "real_seq": str(line.seq),
        "user_id": line.sender,
        "sender": sender_of(world, line.sender, group),
        "message": to_wire(line.segments),
        "message_format": "array",
        "raw_message": to_codes(line.segments),
        "font": FONT,
    }
    if group is not None:
        return told | {"group_id": group.number, "sub_type": "normal"}
    if line.chat.number in world.roster.friends:
        return told | {"sub_type": "friend"}
    shared = world.roster.shared_groups(line.chat.number)
    if shared:  # a temporary chat names the group through which it came
        told["sender"]["group_id"] = shared[0].number
        told["group_id"] = shared[0].number
    return told | {"sub_type": "group" if shared else "other"}


class EventMaker:
    """Turns changes into events and makes the two meta events."""

    def __init__(self, world: World, clock: Clock) -> None:
        self._world = world
        self._clock = clock

    def lifecycle(self) -> Event:
        """``lifecycle.connect``, the first frame of every connection."""
        return self._event("meta_event") | {"meta_event_type": "lifecycle", "sub_type": "connect"}

    def heartbeat(self, interval: float) -> Event:
        """A sign of life every ``interval`` seconds."""
        status = {"online": True, "good": True}
        return self._event("meta_event") | {
            "meta_event_type": "heartbeat",
            "status": status,
            "interval": int(interval * 1000),
        }

    def of(self, change: Change) -> Event | None:
        """The event of a change, or None if a gateway would say nothing about it to this bot."""
        match change.what:
            case Said(line):
                return self._said(line)
            case Recalled(line, operator):
                return self._recalled(line, operator)
            case Joined(line, operator):
                return self._membership(
                    "group_increase", line, operator, "approve" if operator == line.sender else "invite"
                )
            case Left(line, operator, kicked):
                return self._left(line, operator, kicked)
            case FriendAsked(line, flag):
                return self._event("request", line) | {
                    "request_type": "friend",
                    "user_id": line.sender,
                    "comment": "",
                    "flag": flag,
                }
            case FriendChanged(line) if line.system is SystemCode.FRIEND_ADDED:
                return self._notice("friend_add", line) | {"user_id": line.sender}
            case _:
                return None

    def _said(self, line: Line) -> Event | None:
        if line.sender == self._bot or not self._hears(line):
            return None
        if line.chat.kind is ChatKind.GROUP and line.segments == (Media("file"),):
            file = {"id": f"sandbox-{line.id}", "name": "sandbox-file", "size": 1, "busid": 102}
            return self._notice("group_upload", line) | {
                "group_id": line.chat.number,
                "user_id": line.sender,
                "file": file,
            }
        return {"post_type": "message"} | message_of(self._world, line)

    def _recalled(self, line: Line, operator: int) -> Event | None:
        if not self._hears(line):
            return None
        told = {"user_id": line.sender, "message_id": line.id}
        if line.chat.kind is ChatKind.PRIVATE:
            return self._notice("friend_recall", line) | told
        return self._notice("group_recall", line) | told | {"group_id": line.chat.number, "operator_id": operator}

    def _left(self, line: Line, operator: int, kicked: bool) -> Event | None:
        if line.sender == self._bot:
            return self._membership("group_decrease", line, operator, "kick_me" if kicked else "leave")
        return self._membership("group_decrease", line, operator, "kick" if kicked else "leave")

    def _membership(self, notice: str, line: Line, operator: int, sub_type: str) -> Event | None:
        if line.sender != self._bot and not self._hears(line):
            return None
        return self._notice(notice, line) | {
            "sub_type": sub_type,
            "group_id": line.chat.number,
            "operator_id": operator,
            "user_id": line.sender,
        }

    @property
    def _bot(self) -> int:
        return self._world.roster.bot_number

    def _hears(self, line: Line) -> bool:
        """A bot outside a group hears nothing of it."""
        if line.chat.kind is ChatKind.PRIVATE:
            return True
        return self._bot in self._world.roster.group(line.chat.number).members

    def _notice(self, kind: str, line: Line) -> Event:
        return self._event("notice", line) | {"notice_type": kind}

    def _event(self, post_type: str, line: Line | None = None) -> Event:
        # A recall happens now, not when the message was written.
        at = self._clock.now() if line is None or line.recalled_by is not None else line.at
        return {"time": int(at.timestamp()), "self_id": self._bot, "post_type": post_type}
