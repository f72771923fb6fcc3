"""待办: everything that waits for this person, from every feature."""

from bot.chat.args import PageArg
from bot.chat.context import Context
from bot.chat.plugin import plugin_meta
from bot.chat.table import Place, Who, command
from bot.core.rules.say import Say
from bot.features.todo.reads.list import todo

__plugin_meta__ = plugin_meta("todo")


@command(
    "todo.list",
    "待办",
    who=Who.HOLDER,
    where=Place.PRIVATE,
    args=(PageArg(),),
    writes=False,
)
async def show(ctx: Context, page: int) -> Say:
    """``待办 [页]``."""
    return await todo(ctx.session, ctx.vault, ctx.actor, page, now=ctx.now)
