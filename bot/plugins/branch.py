"""支部工作 Branch routine: 三会两制一课 of one's branch, for secretaries (6.3)."""

from bot.chat.args import Rest
from bot.chat.context import Context
from bot.chat.plugin import plugin_meta
from bot.chat.table import Place, Who, command
from bot.core.rules.say import Say
from bot.features.branch.acts.enter import enter_meeting
from bot.features.branch.reads.routine import branch_routine

__plugin_meta__ = plugin_meta("branch")


@command("branch.show", "支部", who=Who.SECRETARY, where=Place.PRIVATE, writes=False)
async def show(ctx: Context) -> Say:
    """What was held, and what is due."""
    return await branch_routine(ctx.session, ctx.actor, now=ctx.now)


@command("branch.enter", "记支部", who=Who.SECRETARY, where=Place.PRIVATE, args=(Rest("words"),))
async def enter(ctx: Context, words: str) -> Say:
    """A meeting, a lesson or a review was held."""
    return await enter_meeting(ctx.unit, ctx.actor, words, ctx.services.installation.workdays)
