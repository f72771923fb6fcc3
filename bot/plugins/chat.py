"""关联本群、解除关联、我的青年: a cadre's groups and people."""

from bot.chat.args import PageArg
from bot.chat.context import Context
from bot.chat.offer import Offer
from bot.chat.plugin import plugin_meta
from bot.chat.table import Narrows, Place, Who, command
from bot.core.acts.chat import link_chat, unlink_chat
from bot.core.reads.audited import Seen
from bot.core.reads.youths import my_youths
from bot.core.rules.say import Say

__plugin_meta__ = plugin_meta("chat")


@command("chat.link", "关联本群", who=Who.CADRE, where=Place.GROUP, offer=Offer.LINKERS)
async def link(ctx: Context) -> Say:
    """``关联本群``."""
    incoming = ctx.incoming
    return await link_chat(
        ctx.unit,
        ctx.actor,
        ctx.chat,
        channel=incoming.channel,
        bot_id=incoming.bot_id,
        native_id=incoming.chat_id,
    )


@command("chat.unlink", "解除关联", who=Who.CADRE, where=Place.GROUP, offer=Offer.HOSTS, narrows=Narrows.ALONE)
async def unlink(ctx: Context) -> Say:
    """``解除关联``."""
    return await unlink_chat(ctx.unit, ctx.actor, ctx.chat)


@command("chat.youths", "我的青年", who=Who.CADRE, where=Place.PRIVATE, args=(PageArg(),), audited=True)
async def youths(ctx: Context, page: int) -> Seen:
    """``我的青年 [页]``: names, so each youth on the page can see that it was read (P15)."""
    return await my_youths(ctx.session, ctx.vault, ctx.actor, page, now=ctx.now)
