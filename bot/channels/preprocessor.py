"""The gate in front of NoneBot's matchers, for events that did not come through our own door (other adapters)."""

from collections.abc import Awaitable, Callable

from nonebot.adapters import Event
from nonebot.exception import IgnoredException
from nonebot.message import event_preprocessor

from bot.channels.onebot.events import incoming_of, was_screened
from bot.core.rules.message import Incoming, Notice

Arrive = Callable[[Incoming | Notice], Awaitable[bool] | None]


def stand_before_matchers(arrive: Arrive) -> Callable[[Event], Awaitable[None]]:
    """Register the gate as NoneBot's event preprocessor; what is ours or plain never reaches a matcher."""

    @event_preprocessor
    async def gate(event: Event) -> None:
        incoming = incoming_of(event)
        if incoming is None or was_screened(event):
            return
        work = arrive(incoming)
        if work is None or not await work:
            raise IgnoredException("answered or plain chat")

    return gate
