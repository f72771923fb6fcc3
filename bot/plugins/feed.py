"""日历: addresses at which a cadre's and an organ's calendar is subscribed to."""

from bot.chat.context import Context
from bot.chat.plugin import plugin_meta
from bot.chat.table import Place, Who, command
from bot.core.rules.say import Say
from bot.features.feed.acts import address

__plugin_meta__ = plugin_meta("feed")


@command("feed.give", "日历", who=Who.CADRE_OR_ORGAN, where=Place.PRIVATE)
async def give(ctx: Context) -> Say:
    """The address, shown once."""
    return await address.give(ctx.unit, ctx.actor, ctx.services.feed_url, ctx.incoming.channel)


@command("feed.renew", "日历 换", who=Who.CADRE_OR_ORGAN, where=Place.PRIVATE)
async def renew(ctx: Context) -> Say:
    """Another one; the old one is dead."""
    return await address.renew(ctx.unit, ctx.actor, ctx.services.feed_url, ctx.incoming.channel)


@command("feed.stop", "日历 停", who=Who.CADRE_OR_ORGAN, where=Place.PRIVATE)
async def stop(ctx: Context) -> Say:
    """None any more."""
    return await address.stop(ctx.unit, ctx.actor)
