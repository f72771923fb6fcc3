"""What people and the platform do at the fake gateway: the events it tells the bot."""

from collections.abc import Iterable
from typing import Any, Protocol

from tests.gateway_log import Json, group, private
from tests.gateway_platform import Platform


class People(Protocol):
    """Events, written on the wire of the class that inherits this."""

    self_id: int | str
    platform: Platform
    sequence: int
    with_sequence: bool

    def now(self) -> int: ...

    def new_id(self) -> int: ...

    async def tell(self, event: Json) -> Json: ...

    async def event(self, **fields: Any) -> Json: ...

    async def group_message(
        self,
        group_id: int | str,
        user_id: int | str,
        message: str | Iterable[Json],
        *,
        message_id: int | str | None = None,
        time: int | None = None,
        at_bot: bool = False,
        seq: int | None = None,
        role: str = "member",
        **more: Any,
    ) -> Json:
        """Somebody writes in a group; returns the event as it was sent."""
        segments = [{"type": "at", "data": {"qq": str(self.self_id)}}] if at_bot else []
        segments += [{"type": "text", "data": {"text": message}}] if isinstance(message, str) else list(message)
        self.sequence += 1
        event = self._message("group", user_id, segments, message_id, time)
        event |= {"group_id": group_id, "sub_type": "normal", "anonymous": None}
        if self.with_sequence:
            event |= {"real_seq": str(self.sequence if seq is None else seq)}
        event["sender"] |= {"role": role}
        self.platform.remember(group(group_id), event | more)
        return await self.tell(event | more)

    async def private_message(
        self,
        user_id: int | str,
        message: str | Iterable[Json],
        *,
        message_id: int | str | None = None,
        time: int | None = None,
        via_group: int | str | None = None,
        **more: Any,
    ) -> Json:
        """Somebody writes to the bot in private; ``via_group`` makes it a temporary session of that group."""
        segments = [{"type": "text", "data": {"text": message}}] if isinstance(message, str) else list(message)
        event: Json = self._message("private", user_id, segments, message_id, time) | {"sub_type": "friend"}
        if via_group is not None:
            event |= {"sub_type": "group"}
            event["sender"] |= {"group_id": via_group}
        self.platform.remember(private(user_id), event | more)
        return await self.tell(event | more)

    async def recall(
        self,
        group_id: int | str | None,
        user_id: int | str,
        message_id: int | str,
        *,
        operator_id: int | str | None = None,
    ) -> Json:
        """A message is taken back; without a group in the private chat with that person."""
        fields: Json = {"post_type": "notice", "user_id": user_id, "message_id": message_id}
        if group_id is None:
            return await self.event(notice_type="friend_recall", **fields)
        operator = user_id if operator_id is None else operator_id
        return await self.event(notice_type="group_recall", group_id=group_id, operator_id=operator, **fields)

    async def member_left(self, group_id: int | str, user_id: int | str, *, sub_type: str = "leave") -> Json:
        """Somebody leaves a group or (``kick``) is put out."""
        fields: Json = {"notice_type": "group_decrease", "sub_type": sub_type, "group_id": group_id, "user_id": user_id}
        return await self.event(post_type="notice", operator_id=0, **fields)

    async def bot_kicked(self, group_id: int | str) -> Json:
        """The bot itself is put out; sending there is refused from now on."""
        self.platform.left.add(str(group_id))
        return await self.member_left(group_id, self.self_id, sub_type="kick_me")

    async def muted(self, group_id: int | str, user_id: int | str = 0, *, seconds: int = 600) -> Json:
        """A member (0: everybody) is muted; 0 seconds lifts it."""
        fields: Json = {"notice_type": "group_ban", "sub_type": "ban" if seconds else "lift_ban", "duration": seconds}
        return await self.event(post_type="notice", group_id=group_id, user_id=user_id, operator_id=1, **fields)

    async def friend_added(self, user_id: int | str) -> Json:
        """Somebody has become the bot's friend."""
        return await self.event(post_type="notice", notice_type="friend_add", user_id=user_id)

    async def heartbeat(self) -> Json:
        """The gateway says that it is alive."""
        status = {"online": True, "good": True}
        return await self.event(post_type="meta_event", meta_event_type="heartbeat", status=status, interval=5000)

    def _message(
        self, kind: str, user_id: int | str, segments: list[Json], message_id: int | str | None, time: int | None
    ) -> Json:
        return {
            "time": self.now() if time is None else time,
            "self_id": self.self_id,
            "post_type": "message",
            "message_type": kind,
            "message_id": self.new_id() if message_id is None else message_id,
            "user_id": user_id,
            "message": segments,
            "raw_message": "".join(str(part["data"].get("text", "")) for part in segments),
            "message_format": "array",
            "font": 14,
            "sender": {"user_id": user_id, "nickname": f"U{user_id}", "card": ""},
        }
