"""The OneBot 11 actions of the sandbox: what a bot asks of its gateway, carried out in the world."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from bot.core.rules.message import ChatKind
from bot.sandbox.codes import BadMessage, decode_file, read, to_wire
from bot.sandbox.protocol import Event, message_of, sender_of
from bot.sandbox.roster import Group
from bot.sandbox.values import Chat, Line, WorldError
from bot.sandbox.world import World

OK: Final = 0
ASYNC: Final = 1
REFUSED: Final = 1200
"""The platform said no (not a friend, not in the group ...)."""
BAD_PARAMETERS: Final = 1400
UNKNOWN_ACTION: Final = 1404
MAX_HISTORY: Final = 100
"""Messages told at most in one history answer."""

Params = Mapping[str, Any]


class BadParameter(ValueError):
    """A parameter is missing or of a wrong kind."""


class Calls:
    """Answers action frames. Actions touch the world only, so each is done before the next is looked at."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._actions: Final[dict[str, Callable[[Params], Any]]] = {
            "send_msg": self._send_msg,
            "send_group_msg": self._send_group,
            "send_private_msg": self._send_private,
            "delete_msg": self._delete,
            "get_msg": lambda p: message_of(world, world.find(number(p, "message_id"))),
            "get_login_info": lambda p: {"user_id": world.roster.bot_number, "nickname": world.roster.bot_name},
            "get_status": lambda p: {"online": True, "good": True},
            "get_version_info": lambda p: {
                "app_name": "zhixin-sandbox",
                "app_version": "1.0.0",
                "protocol_version": "v11",
            },
            "get_friend_list": self._friends,
            "get_stranger_info": lambda p: sender_of(world, number(p, "user_id"), None),
            "get_group_list": self._groups,
            "get_group_info": lambda p: group_info(world.roster.group(number(p, "group_id"))),
            "get_group_member_info": self._member,
            "get_group_member_list": self._members,
            "get_group_msg_history": lambda p: self._history(Chat(ChatKind.GROUP, number(p, "group_id")), p),
            "get_friend_msg_history": lambda p: self._history(Chat(ChatKind.PRIVATE, number(p, "user_id")), p),
            "upload_private_file": self._upload_private,
            "upload_group_file": self._upload_group,
            "set_friend_add_request": self._answer_friend,
            "set_group_leave": lambda p: world.leave_group(world.roster.bot_number, number(p, "group_id")),
            "can_send_image": lambda p: {"yes": True},
            "can_send_record": lambda p: {"yes": False},
            "mark_msg_as_read": lambda p: None,
        }

    def answer(self, frame: Any) -> Event:
        """Carry out one action frame; never raises for what the other side wrote."""
        if not isinstance(frame, Mapping) or not isinstance(frame.get("action"), str):
            return _failed(BAD_PARAMETERS, "bad_frame", {})
        echo = {"echo": frame["echo"]} if "echo" in frame else {}
        name, detached = frame["action"], frame["action"].endswith("_async")
        action = self._actions.get(name.removesuffix("_async") if detached else name)
        if action is None:
            return _failed(UNKNOWN_ACTION, "unknown_action", echo)
        params = frame.get("params") or {}
        if not isinstance(params, Mapping):
            return _failed(BAD_PARAMETERS, "bad_parameters", echo)
        try:
            data = action(params)
        except (BadParameter, BadMessage):
            return _failed(BAD_PARAMETERS, "bad_parameters", echo)
        except WorldError as error:
            return _failed(REFUSED, error.code, echo)
        if detached:
            return {"status": "async", "retcode": ASYNC, "data": None, **echo}
        return {"status": "ok", "retcode": OK, "data": data, "message": "", "wording": "", **echo}

    def _send_msg(self, params: Params) -> Event:
        kind = params.get("message_type") or ("group" if params.get("group_id") else "private")
        if kind not in ("group", "private"):
            raise BadParameter
        return self._send_group(params) if kind == "group" else self._send_private(params)

    def _send_group(self, params: Params) -> Event:
        return self._say(Chat(ChatKind.GROUP, number(params, "group_id")), params, None)

    def _send_private(self, params: Params) -> Event:
        via = number(params, "group_id") if params.get("group_id") else None
        return self._say(Chat(ChatKind.PRIVATE, number(params, "user_id")), params, via)

    def _say(self, chat: Chat, params: Params, via_group: int | None) -> Event:
        pieces = read(
            params.get("message"),
            auto_escape=params.get("auto_escape") in (True, "true"),
            keep=lambda name, content, picture: self._world.store_file(chat, name, content, picture=picture),
        )
        return {"message_id": self._world.say_as_bot(chat, pieces, via_group=via_group).id}

    def _delete(self, params: Params) -> None:
        self._world.recall(self._world.roster.bot_number, number(params, "message_id"))

    def _friends(self, _params: Params) -> list[Event]:
        return [
            {"user_id": n, "nickname": self._world.roster.nickname(n), "remark": ""}
            for n in sorted(self._world.roster.friends)
        ]

    def _groups(self, _params: Params) -> list[Event]:
        roster = self._world.roster
        return [group_info(group) for group in roster.groups.values() if roster.bot_number in group.members]

    def _member(self, params: Params) -> Event:
        user = number(params, "user_id")
        return self._member_info(self._world.roster.require_member(user, number(params, "group_id")), user)

    def _members(self, params: Params) -> list[Event]:
        group = self._world.roster.group(number(params, "group_id"))
        return [self._member_info(group, user) for user in group.members]

    def _member_info(self, group: Group, user: int) -> Event:
        joined = int(group.members[user].timestamp())
        return sender_of(self._world, user, group) | {
            "group_id": group.number,
            "join_time": joined,
            "last_sent_time": joined,
            "unfriendly": False,
            "title_expire_time": 0,
            "card_changeable": False,
            "shut_up_timestamp": 0,
        }

    def _history(self, chat: Chat, params: Params) -> Event:
        """The newest messages, or those up to ``message_seq`` (an id). Empty is a failure, as with NapCat."""
        if chat.kind is ChatKind.GROUP:
            self._world.roster.require_member(self._world.roster.bot_number, chat.number)
        count = min(max(number(params, "count"), 1), MAX_HISTORY) if params.get("count") else 20
        until = number(params, "message_seq") if params.get("message_seq") not in (None, "", 0, "0") else None
        lines: list[Line] = self._world.history(chat, count=count, until=until)
        if not lines:
            raise WorldError("no_history")
        return {"messages": [message_of(self._world, line) for line in lines]}

    def _upload_private(self, params: Params) -> Event:
        user, content = number(params, "user_id"), decode_file(params.get("file"))
        return _uploaded(self._world.upload_private_file(user, str(params.get("name") or "file"), content))

    def _upload_group(self, params: Params) -> Event:
        group, content = number(params, "group_id"), decode_file(params.get("file"))
        return _uploaded(self._world.upload_group_file(group, str(params.get("name") or "file"), content))

    def _answer_friend(self, params: Params) -> None:
        approve = params.get("approve", True) not in (False, "false")
        self._world.answer_friend(str(params.get("flag", "")), approve=approve)


def number(params: Params, name: str) -> int:
    """A whole number, also when written as text, as gateways take it."""
    value = params.get(name)
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 20:
        return int(value)
    raise BadParameter


def group_info(group: Group) -> Event:
    """``get_group_info``."""
    return {
        "group_id": group.number,
        "group_name": group.name,
        "member_count": len(group.members),
        "max_member_count": 500,
    }


def _uploaded(line: Line) -> Event:
    return {"file_id": to_wire(line.segments)[0]["data"]["file_id"], "message_id": line.id}


def _failed(retcode: int, reason: str, echo: Event) -> Event:
    return {"status": "failed", "retcode": retcode, "data": None, "message": reason, "wording": reason, **echo}
