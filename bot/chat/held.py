"""Questions that are held in memory: a question's row would say who is asked what (13.3)."""

from typing import Any

from bot.chat.context import Context
from bot.core.question import Ask
from bot.core.rules.say import Say


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
