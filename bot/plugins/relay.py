"""找人聊聊 Relay: asking, answering, ending, blocking; the words themselves come from the router."""

from bot.chat.args import RefArg, Rest
from bot.chat.context import Context
from bot.chat.held import ask_in_memory
from bot.chat.plugin import plugin_meta
from bot.chat.table import Place, Who, command, question
from bot.core.question import Ask, Asked
from bot.core.rules.refs import Ref
from bot.core.rules.say import Say
from bot.features.relay.acts import answer as relay_answer
from bot.features.relay.acts import ask as relay
from bot.features.relay.acts import block as relay_block
from bot.features.relay.acts import end as relay_end
from bot.features.relay.acts import instead as relay_instead
from bot.features.relay.acts import keep as relay_keep

__plugin_meta__ = plugin_meta("relay")


@command(
    "relay.ask",
    "找人聊聊",
    who=Who.YOUTH,
    where=Place.PRIVATE,
    args=(Rest("told", required=False),),
)
async def ask(ctx: Context, told: str | None) -> Say | None:
    """``找人聊聊 [匿名] [话题]``."""
    return _told(ctx, await relay.ask_relay(ctx.unit, ctx.actor, told, hotlines=ctx.services.hotlines))


def _told(ctx: Context, told: relay.Told) -> Say | None:
    return ask_in_memory(ctx, told) if isinstance(told, Ask) else told


@command("relay.stop", "结束聊天", who=Who.KNOWN, where=Place.PRIVATE)
async def stop(ctx: Context) -> Say:
    """``结束聊天``, by either side; a request that waits is taken back."""
    return await relay_end.stop(ctx.unit, ctx.actor)


@command(
    "relay.block", "屏蔽", who=Who.CADRE_OR_ORGAN, where=Place.PRIVATE, args=(RefArg("ref", "TVW", required=False),)
)
async def block(ctx: Context, ref: Ref | None) -> Say:
    """``屏蔽``: nobody learns who it is; with the number of an item, what can be done about it."""
    if ref is not None:
        return relay_block.RelayBlockOffered(ref.code)
    return await relay_block.block(ctx.unit, ctx.actor)


@command("relay.unblock", "取消屏蔽", who=Who.CADRE_OR_ORGAN, where=Place.PRIVATE)
async def unblock(ctx: Context) -> Say | None:
    """``取消屏蔽``."""
    return await relay_block.ask_unblock(ctx.unit, ctx.actor)


# --- answers ---------------------------------------------------------------------------------------------------------


@question(relay.WHICH)
async def which(ctx: Context, asked: Asked, answer: str) -> Say | None:
    """Which cadre."""
    return _told(ctx, await relay.answer_which(ctx.unit, ctx.actor, asked, answer, hotlines=ctx.services.hotlines))


@question(relay.GUESS)
async def guess(ctx: Context, asked: Asked, answer: str) -> Say | None:
    """Anonymous although the cadre may guess."""
    return _told(ctx, await relay.answer_guess(ctx.unit, ctx.actor, asked, answer, hotlines=ctx.services.hotlines))


@question(relay_instead.INSTEAD)
async def instead(ctx: Context, asked: Asked, answer: str) -> Say | None:
    """Whether who stands in for a cadre who is gone is asked."""
    return _told(ctx, await relay.answer_instead(ctx.unit, ctx.actor, asked, answer, hotlines=ctx.services.hotlines))


@question(relay_end.REQUEST)
async def request(ctx: Context, asked: Asked, answer: str) -> Say | None:
    """The cadre's answer."""
    return await relay_answer.answer_request(ctx.unit, ctx.actor, asked, answer, hotlines=ctx.services.hotlines)


@question(relay_end.LATER)
async def later(ctx: Context, asked: Asked, answer: str) -> Say:
    """When the cadre has time."""
    return await relay_answer.answer_later(ctx.unit, asked, answer)


@question(relay_end.READY)
async def ready(ctx: Context, asked: Asked, answer: str) -> Say | None:
    """Whether the youth is still there."""
    return await relay_answer.answer_ready(ctx.unit, ctx.actor, asked, answer)


@question(relay_end.KEEP)
async def keep(ctx: Context, asked: Asked, answer: str) -> Say:
    """Whether it is kept that the two have talked."""
    return await relay_keep.answer_keep(ctx.unit, ctx.actor, asked, answer)


@question(relay_block.UNBLOCK)
async def unblocked(ctx: Context, asked: Asked, answer: str) -> Say:
    """Which block is lifted."""
    return await relay_block.answer_unblock(ctx.unit, ctx.actor, asked, answer)
