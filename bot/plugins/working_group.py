"""工作小组 Working groups of province and city organs (R2.12)."""

from bot.chat.args import Rest
from bot.chat.context import Context
from bot.chat.plugin import plugin_meta
from bot.chat.table import Place, Who, command
from bot.core.rules.say import Say
from bot.features.working_group.acts.run import add_person, add_task, end_group, make_group, take_out
from bot.features.working_group.reads.groups import working_groups

__plugin_meta__ = plugin_meta("working_group")


@command("working_group.list", "工作小组", who=Who.ORGAN, where=Place.PRIVATE, writes=False)
async def list_(ctx: Context) -> Say:
    """The groups of the own organ."""
    return await working_groups(ctx.session, ctx.vault, ctx.actor)


@command("working_group.make", "工作小组 新建", who=Who.ORGAN, where=Place.PRIVATE, args=(Rest("words"),))
async def make(ctx: Context, words: str) -> Say:
    """A new group and its leader."""
    return await make_group(ctx.unit, ctx.actor, words)


@command("working_group.add", "工作小组 加", who=Who.ORGAN, where=Place.PRIVATE, args=(Rest("words"),))
async def add(ctx: Context, words: str) -> Say:
    """Somebody works in it from now on."""
    return await add_person(ctx.unit, ctx.actor, words)


@command("working_group.take_out", "工作小组 移出", who=Who.ORGAN, where=Place.PRIVATE, args=(Rest("words"),))
async def out(ctx: Context, words: str) -> Say:
    """Somebody works in it no longer."""
    return await take_out(ctx.unit, ctx.actor, words)


@command("working_group.task", "工作小组 事项", who=Who.ORGAN, where=Place.PRIVATE, args=(Rest("words"),))
async def task(ctx: Context, words: str) -> Say:
    """Something the group takes on."""
    return await add_task(ctx.unit, ctx.actor, words)


@command("working_group.end", "工作小组 解散", who=Who.ORGAN, where=Place.PRIVATE, args=(Rest("words"),))
async def end(ctx: Context, words: str) -> Say:
    """The group ends."""
    return await end_group(ctx.unit, ctx.actor, words)
