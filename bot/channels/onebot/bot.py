"""The NoneBot bot of this door: it calls no API while an event is handled, and sends by handing over (section 3)."""

from typing import Any, Protocol, cast

from nonebot.adapters.onebot.v11 import Bot as StockBot
from nonebot.adapters.onebot.v11 import Event, Message, MessageEvent, MessageSegment
from nonebot.adapters.onebot.v11.bot import _check_at_me, _check_nickname
from nonebot.message import handle_event
from typing_extensions import override

from bot.channels.onebot.convert import CHANNEL, to_onebot
from bot.channels.onebot.events import incoming_of
from bot.core.rules.message import Address, ChatKind, Mention, OutSegment, Quote, Text


class Enqueue(Protocol):
    """Takes what is to be sent and returns at once; the sender does the rest."""

    def __call__(self, address: Address, segments: tuple[OutSegment, ...]) -> None: ...


class Bot(StockBot):
    """One bot account behind its gateway."""

    enqueue: Enqueue | None = None
    """Set by the adapter; a class attribute because NoneBot takes unknown attributes for API calls."""

    @override
    async def handle_event(self, event: Event) -> None:
        """As stock, but without ``get_msg`` for a quoted message: its answer waits behind unread frames (trap 1)."""
        if isinstance(event, MessageEvent):
            event.message.reduce()
            _check_at_me(self, event)
            _check_nickname(self, event)
        await handle_event(self, event)

    @override
    async def send(self, event: Event, message: str | Message | MessageSegment, **kwargs: Any) -> None:
        """Hand an answer over to the sender and return at once (what ``finish`` calls).

        A string is words, never codes. Raises ValueError for what must not go out and RuntimeError without a sender.
        """
        if self.enqueue is None:
            raise RuntimeError("no sender was given to the adapter")
        address = self._address(event)
        segments: list[OutSegment] = []
        if kwargs.get("reply_message") and isinstance(event, MessageEvent):
            segments.append(Quote(str(event.message_id)))
        if kwargs.get("at_sender") and address.kind is ChatKind.GROUP:
            segments += [Mention(event.get_user_id()), Text(" ")]
        segments += out_segments(message)
        to_onebot(segments)  # refuses here, where the caller sees it
        self.enqueue(address, tuple(segments))

    def _address(self, event: Event) -> Address:
        incoming = incoming_of(event)
        if incoming is not None:
            return incoming.address
        group_id, user_id = getattr(event, "group_id", None), getattr(event, "user_id", None)
        if group_id is None and user_id is None:
            raise ValueError("this event has nobody to answer")
        kind = ChatKind.PRIVATE if group_id is None else ChatKind.GROUP
        return Address(CHANNEL, self.self_id, kind, str(user_id if group_id is None else group_id))


def out_segments(message: str | Message | MessageSegment) -> list[OutSegment]:
    """A NoneBot message as our segments; raises ValueError for kinds that this bot never sends (pictures, cards)."""
    if isinstance(message, str):
        return [Text(message)]
    parts = [message] if isinstance(message, MessageSegment) else list(message)
    return [_out_segment(part.type, cast(dict[str, Any], part.data)) for part in parts]


def _out_segment(kind: str, data: dict[str, Any]) -> OutSegment:
    match kind:
        case "text":
            return Text(str(data.get("text", "")))
        case "at":
            return Mention(str(data.get("qq")))
        case "reply":
            return Quote(str(data.get("id")))
        case _:
            raise ValueError("only words, mentions and quotes are sent")
