"""What the fake gateway's platform knows: who has left, who is a friend, and the history of each conversation."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from tests.gateway_log import Call, Json, Shown, group, private

NAPCAT_TIMEOUT = "Error: Timeout: NTEvent serviceAndMethod:NodeIKernelMsgService/sendMsg"


def ok(data: Any) -> Json:
    """A result as OneBot 11 words success."""
    return {"status": "ok", "retcode": 0, "data": data, "message": "", "wording": ""}


def failed(retcode: int, words: str) -> Json:
    """A result as OneBot 11 words failure."""
    return {"status": "failed", "retcode": retcode, "data": None, "message": words, "wording": words}


@dataclass(slots=True)
class Platform:
    """The little of QQ that the tests need."""

    bot_id: str = ""
    friends: set[str] | None = None
    """Whom a private message reaches without a group; None: everybody."""
    left: set[str] = field(default_factory=set)
    """Groups the bot is no longer in."""
    history_limit: int | None = None
    """How many messages the history tells: None all, 0 the error NapCat gives for an empty one."""
    pages: bool = True
    """Whether the history goes on from ``message_seq``; else it always tells the newest."""
    missing_actions: set[str] = field(default_factory=set)
    history: dict[str, list[Json]] = field(default_factory=lambda: defaultdict(list))

    def remember(self, conversation: str, event: Json) -> None:
        """Keep a message for the history."""
        self.history[conversation].append(event)

    def show(self, call: Call, message_id: int, now: int) -> Shown | str:
        """Show what a sending call carries; a string says why it is refused."""
        params = call.params
        user, group_id = params.get("user_id"), params.get("group_id")
        to_group = call.action == "send_group_msg" or (
            call.action == "send_msg" and params.get("message_type") == "group"
        )
        if to_group and str(group_id) in self.left:
            return "not in the group"
        if not to_group and group_id is None and self.friends is not None and str(user) not in self.friends:
            return "not a friend"
        conversation = group(str(group_id)) if to_group else private(str(user))
        segments, as_string = _segments(call)
        event: Json = {"time": now, "self_id": self.bot_id, "message_id": message_id, "user_id": self.bot_id}
        event |= {"post_type": "message_sent", "message_type": "group" if to_group else "private", "message": segments}
        event |= {"sender": {"user_id": self.bot_id, "nickname": "bot"}, "group_id": group_id}
        self.remember(conversation, event)
        via = "" if to_group or group_id is None else str(group_id)
        return Shown(conversation, message_id, tuple(segments), as_string, via)

    def answer(self, call: Call) -> Json:
        """Answer anything that is not a sending."""
        params = call.params
        if call.action in self.missing_actions:
            return failed(1404, "unsupported action")
        match call.action:
            case "get_login_info":
                return ok({"user_id": int(self.bot_id), "nickname": "bot"})
            case "get_group_info":
                return ok({"group_id": params.get("group_id"), "group_name": "test group", "member_count": 3})
            case "get_group_member_info":
                return ok({"group_id": params.get("group_id"), "user_id": params.get("user_id"), "role": "member"})
            case "get_friend_list":
                return ok([{"user_id": one, "nickname": f"U{one}", "remark": ""} for one in sorted(self.friends or ())])
            case "get_group_msg_history":
                return self._history(group(str(params.get("group_id"))), params)
            case "get_friend_msg_history":
                return self._history(private(str(params.get("user_id"))), params)
            case "delete_msg" | "set_friend_add_request" | "set_group_add_request" | "set_group_leave":
                return ok(None)
            case "get_status":
                return ok({"online": True, "good": True})
            case _:
                return failed(1404, "unsupported action")

    def _history(self, conversation: str, params: Json) -> Json:
        kept = self.history[conversation]
        if self.history_limit is not None:
            kept = kept[len(kept) - min(len(kept), self.history_limit) :]
        until = params.get("message_seq")
        if until and self.pages:  # as NapCat: an id, and that message itself comes along
            places = [place for place, event in enumerate(kept) if str(event["message_id"]) == str(until)]
            kept = kept[: places[0] + 1] if places else []
        if not kept:
            return failed(1200, "no such message")
        return ok({"messages": kept[-int(params.get("count") or 20) :]})


def _segments(call: Call) -> tuple[list[Json], bool]:
    if call.action == "upload_private_file":
        data = {"name": call.params.get("name"), "file": call.params.get("file")}
        return [{"type": "file", "data": data}], False
    message = call.params.get("message")
    if isinstance(message, str):
        return [{"type": "text", "data": {"text": message}}], True
    return [message] if isinstance(message, dict) else list(message or ()), False
