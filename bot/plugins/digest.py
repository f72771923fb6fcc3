"""摘要 The digest of a morning: a digit begins what its line names."""

from bot.chat.args import read_args
from bot.chat.context import Context
from bot.chat.plugin import plugin_meta
from bot.chat.table import question, table
from bot.core.question import Asked
from bot.core.rules.refusal import NotAllowed
from bot.core.rules.say import Say
from bot.core.rules.text import plain_key
from bot.features.digest.acts.tell import DIGEST, chosen

__plugin_meta__ = plugin_meta("digest")


@question(DIGEST)
async def act(ctx: Context, asked: Asked, answer: str) -> Say | None:
    """As if the word of the line had been typed."""
    command = table.words[plain_key(chosen(asked, answer))]
    if not command.who.allows(ctx.actor):
        raise NotAllowed(needs=command.who.value, known=ctx.actor.known)
    return await command.handler(ctx, **read_args(command.args, ""))
