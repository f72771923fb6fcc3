"""Questions that are held in memory: a question's row would say who is asked what (13.3)."""

from datetime import timedelta
from typing import Any, Final

from sqlalchemy import select

from bot.chat.context import Context, Services
from bot.chat.nameless import LONGEST
from bot.core.question import Ask
from bot.core.rules.say import Say
from bot.store.delivery import EventKey
from bot.store.latest import latest_written


def ask_in_memory(ctx: Context, ask: Ask[Any]) -> Say:
    """Put a question to the private chat that has just spoken, once its transaction is done; what it says."""
    services, incoming = ctx.services, ctx.incoming
    until, place = services.clock.monotonic() + ask.life.total_seconds(), services.store.position()
    who = (incoming.channel, incoming.bot_id, incoming.sender_id)

    def put() -> None:
        services.nameless.passing.put(
            who, ask.question, ask.options, data=ask.data, takes_text=ask.takes_text, until=until, place=place
        )

    ctx.unit.after_commit(put)
    return ask.say


YESTERDAY: Final = timedelta(days=1)


async def begin_anew(services: Services) -> None:
    """At a start: whether the bot served somebody so lately that a question held in memory may have been lost with it.

    Nothing was kept of it, so nobody knows whose: everybody is taken for one who may have been asked.
    """
    now = services.clock.now()
    async with services.store.look() as session:
        last = await latest_written(session)
        served = select(EventKey.key).where(EventKey.day >= (now - YESTERDAY).date()).limit(1)
        if last is None or now - last > timedelta(seconds=LONGEST) or (await session.scalar(served)) is None:
            return
    services.nameless.lost.begin(services.store.position(), services.clock.monotonic())
