"""分两步说: the content of a command that was said alone."""

from bot.chat.args import BadArguments
from bot.chat.context import Context
from bot.chat.dictation import arguments
from bot.chat.plugin import plugin_meta
from bot.chat.replies import Usage
from bot.chat.table import question, table
from bot.chat.text import command_texts
from bot.core.acts.dictate import CONTENT, ContentData
from bot.core.question import Asked
from bot.core.rules.refusal import NotAllowed

__plugin_meta__ = plugin_meta("dictate")


@question(CONTENT)
async def content(ctx: Context, asked: Asked[ContentData], answer: str) -> object:
    """Carry the command out with it, as if it had been said in one message."""
    command = table.commands[asked.data.command]
    if not command.who.allows(ctx.actor):
        raise NotAllowed(needs=command.who.value, known=ctx.actor.known)
    try:
        values = arguments(command, asked.data.head, answer, table.words)
    except BadArguments:
        texts = command_texts()[command.id]
        return Usage(texts["usage"], texts["example"])
    return await command.handler(ctx, **values)
