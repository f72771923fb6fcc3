"""五个一: 进度."""

from bot.chat.args import RefArg
from bot.chat.context import Context
from bot.chat.plugin import plugin_meta
from bot.chat.table import Place, Who, command
from bot.core.rules.five_ones import FiveOnesLeast
from bot.core.rules.refs import Ref
from bot.core.rules.say import Say
from bot.features.five_ones.reads.progress import one_of, progress

__plugin_meta__ = plugin_meta("five_ones")


@command(
    "five_ones.progress",
    "进度",
    who=Who.CADRE,
    where=Place.PRIVATE,
    args=(RefArg("ref", "A", required=False),),
    writes=False,
)
async def show(ctx: Context, ref: Ref | None) -> Say:
    """``进度 [A]``."""
    if ref is not None:
        return await one_of(ctx.session, ctx.vault, ctx.actor, ref, ctx.now)
    here = ctx.services.installation
    return await progress(ctx.session, ctx.actor, here.workdays, now=ctx.now, least=here.of(FiveOnesLeast).count)
