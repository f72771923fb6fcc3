"""玩具: 借玩具."""

from bot.features.toy.acts import lend as toys
from bot.features.toy.acts.gone import GONE
from bot.features.toy.acts.lend import BACK, ReturnData

from bot.chat.args import Rest
from bot.chat.context import Context
from bot.chat.plugin import plugin_meta
from bot.chat.table import Place, Who, command, question
from bot.core.acts.hand_over import HandOverData
from bot.core.question import Asked
from bot.core.rules.say import Say

__plugin_meta__ = plugin_meta("toy")


@command("toy.lend", "借玩具", who=Who.KNOWN, where=Place.PRIVATE, args=(Rest("what"),))
async def lend(ctx: Context, what: str) -> Say:
    """``借玩具 <什么>``."""
    return await toys.lend(ctx.unit, ctx.actor, ctx.me, what)


@question(BACK)
async def back(ctx: Context, asked: Asked[ReturnData], answer: str) -> Say:
    """Whether it is back."""
    return await toys.answer_back(ctx.unit, ctx.actor, asked, answer)


@question(GONE.question)
async def hand_over(ctx: Context, asked: Asked[HandOverData], answer: str) -> Say | None:
    """Whether who stands in looks after it now."""
    return await GONE.answer(ctx.unit, ctx.actor, asked, answer)
