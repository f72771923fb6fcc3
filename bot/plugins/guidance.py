"""指导基层 Guidance: whom a cadre is linked with, this year's committee and branch, and what was done there."""

from bot.chat.args import RefArg, Rest
from bot.chat.context import Context
from bot.chat.plugin import plugin_meta
from bot.chat.table import Place, Who, command
from bot.core.reads.campaigns import known_campaigns
from bot.core.rules.campaign import Campaigns
from bot.core.rules.refs import Ref
from bot.core.rules.say import Say
from bot.core.shipped import labels
from bot.features.guidance.acts.choose import choose_guidance
from bot.features.guidance.acts.enter import enter_guidance
from bot.features.guidance.acts.fill import fill_slot
from bot.features.guidance.acts.link import link_grassroots, unlink_grassroots
from bot.features.guidance.reads.grassroots import my_grassroots
from bot.features.guidance.reads.progress import guidance

__plugin_meta__ = plugin_meta("guidance")


def _campaigns(ctx: Context) -> Campaigns:
    return known_campaigns(ctx.services.installation)


@command("guidance.link", "联系基层", who=Who.CADRE, where=Place.PRIVATE, args=(Rest("org", required=False),))
async def link(ctx: Context, org: str | None) -> Say:
    """Link a committee of the own tree; alone: those one is linked with."""
    if org is None:
        return await my_grassroots(ctx.session, ctx.actor)
    return await link_grassroots(ctx.unit, ctx.actor, org)


@command("guidance.unlink", "解除基层", who=Who.CADRE, where=Place.PRIVATE, args=(Rest("org"),))
async def unlink(ctx: Context, org: str) -> Say:
    """End a link; what was entered stays."""
    return await unlink_grassroots(ctx.unit, ctx.actor, org)


@command("guidance.show", "指导", who=Who.CADRE, where=Place.PRIVATE, writes=False)
async def show(ctx: Context) -> Say:
    """This year's checklist."""
    return await guidance(ctx.session, ctx.vault, ctx.actor, now=ctx.now, campaigns=_campaigns(ctx))


@command("guidance.choose", "指导 选", who=Who.CADRE, where=Place.PRIVATE, args=(Rest("org"),))
async def choose(ctx: Context, org: str) -> Say:
    """The one committee of this year, and one branch of it."""
    return await choose_guidance(ctx.unit, ctx.actor, org, _campaigns(ctx))


@command("guidance.enter", "指导 记", who=Who.CADRE, where=Place.PRIVATE, args=(Rest("words"),))
async def enter(ctx: Context, words: str) -> Say:
    """An item of the checklist was done."""
    return await enter_guidance(ctx.unit, ctx.actor, words, _campaigns(ctx))


@command(
    "guidance.fill",
    "指导 计入",
    who=Who.ORGAN,
    where=Place.PRIVATE,
    args=(RefArg("ref", "A"), Rest("slot", required=False)),
)
async def fill(ctx: Context, ref: Ref, slot: str | None) -> Say:
    """What a cadre of the own organ did for the grassroots fills one of the organ's five."""
    return await fill_slot(ctx.unit, ctx.actor, ref.number, slot or "", labels()["slot"])
