"""集中活动 Campaigns: what is on and what comes, who has what still missing, and which activity is part of one."""

from bot.chat.args import RefArg, Rest, Word, parse_ref
from bot.chat.context import Context
from bot.chat.plugin import plugin_meta
from bot.chat.table import Place, Who, command
from bot.core.reads.campaigns import known_campaigns
from bot.core.rules.refs import Ref
from bot.core.rules.say import Say
from bot.features.campaign.acts.tie import tie, untie
from bot.features.campaign.reads.show import list_campaigns, show_campaign
from bot.features.campaign.rules.campaign import CampaignActivity

__plugin_meta__ = plugin_meta("campaign")


@command(
    "campaign.show",
    "集中活动",
    who=Who.CADRE_OR_ORGAN,
    where=Place.PRIVATE,
    args=(Rest("name", required=False),),
    writes=False,
)
async def show(ctx: Context, name: str | None) -> Say:
    """What is on and what comes, or one of it."""
    campaigns, workdays = known_campaigns(ctx.services.installation), ctx.services.workdays
    if name is None:
        return await list_campaigns(ctx.session, ctx.actor, campaigns, workdays, ctx.now)
    return await show_campaign(ctx.session, ctx.actor, name, campaigns, workdays, ctx.now)


@command("campaign.tie", "集中活动 记", who=Who.CADRE_OR_ORGAN, where=Place.PRIVATE, args=(Word("one"), Rest("other")))
async def tie_(ctx: Context, one: str, other: str) -> Say:
    """An activity is part of it; the name and the reference stand in any order."""
    ref, name = parse_ref(other, "A"), one
    if ref is None:
        ref, name = parse_ref(one, "A"), other
    if ref is None:
        raise CampaignActivity
    campaigns, workdays = known_campaigns(ctx.services.installation), ctx.services.workdays
    return await tie(ctx.unit, ctx.actor, ref.number, name, campaigns, workdays)


@command("campaign.untie", "集中活动 撤", who=Who.CADRE_OR_ORGAN, where=Place.PRIVATE, args=(RefArg("ref", "A"),))
async def untie_(ctx: Context, ref: Ref) -> Say:
    """It is no part of any campaign."""
    return await untie(ctx.unit, ctx.actor, ref.number)
