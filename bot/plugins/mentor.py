"""结对 Mentoring: cadres of a county organ and the grassroots secretaries they guide (R2.14)."""

from bot.chat.args import Rest
from bot.chat.context import Context
from bot.chat.plugin import plugin_meta
from bot.chat.table import Place, Who, command
from bot.core.rules.say import Say
from bot.features.mentor.acts.link import link_secretary, unlink_secretary
from bot.features.mentor.reads.links import my_links

__plugin_meta__ = plugin_meta("mentor")


@command("mentor.link", "结对", who=Who.CADRE, where=Place.PRIVATE, args=(Rest("name"),))
async def link(ctx: Context, name: str) -> Say:
    """Guide a secretary; they are told."""
    return await link_secretary(ctx.unit, ctx.actor, name)


@command("mentor.unlink", "解除结对", who=Who.CADRE, where=Place.PRIVATE, args=(Rest("name"),))
async def unlink(ctx: Context, name: str) -> Say:
    """The link ends; they are told."""
    return await unlink_secretary(ctx.unit, ctx.actor, name)


@command("mentor.mine", "我的结对", who=Who.HOLDER, where=Place.PRIVATE, writes=False)
async def mine(ctx: Context) -> Say:
    """Whom one guides, and who guides one."""
    return await my_links(ctx.session, ctx.vault, ctx.actor, now=ctx.now)
