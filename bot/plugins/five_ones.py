"""五个一: 进度, 机关进度, waivers, and what is said to demands for more than the notice asks."""

from dataclasses import replace
from typing import cast

from bot.chat.args import PageArg, RefArg, Rest
from bot.chat.context import Context
from bot.chat.offer import Offer
from bot.chat.plugin import plugin_meta
from bot.chat.table import Place, Who, command
from bot.core.rules.refs import Ref
from bot.core.rules.say import Say
from bot.features.anonymous.acts.draft import SendAsked, ask_to_send
from bot.features.anonymous.reads.anonymous import recipient_of
from bot.features.anonymous.rules.anonymous import AnonymousRules
from bot.features.five_ones.acts.target import refuse_target
from bot.features.five_ones.acts.waive import undo_waiver, waive
from bot.features.five_ones.reads.organ import organ_progress
from bot.features.five_ones.reads.pressed import Pressed, holds_office, windows_of
from bot.features.five_ones.reads.progress import one_of, progress
from bot.features.five_ones.reads.waivers import waivers
from bot.features.five_ones.rules.pressure import asks_for_another_number, tells_of_a_demand

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
    return await progress(ctx.session, ctx.actor, ctx.services.workdays, now=ctx.now)


@command(
    "five_ones.organ",
    "机关进度",
    who=Who.ORGAN,
    where=Place.PRIVATE,
    args=(PageArg(),),
    writes=False,
)
async def organ(ctx: Context, page: int) -> Say:
    """The own organ's five of this quarter, and the organs below."""
    return await organ_progress(ctx.session, ctx.actor, ctx.services.workdays, page, now=ctx.now)


@command("five_ones.waive", "免除", "豁免", who=Who.ORGAN, where=Place.PRIVATE, args=(Rest("words"),))
async def waive_(ctx: Context, words: str) -> Say:
    """One cadre's window asks for fewer, for a reason."""
    return await waive(ctx.unit, ctx.actor, words)


@command("five_ones.unwaive", "恢复要求", "取消免除", who=Who.ORGAN, where=Place.PRIVATE, args=(Rest("name"),))
async def unwaive(ctx: Context, name: str) -> Say:
    """The notice's number holds again."""
    return await undo_waiver(ctx.unit, ctx.actor, name)


@command("five_ones.waivers", "免除列表", "豁免列表", who=Who.ORGAN, where=Place.PRIVATE, writes=False)
async def waivers_(ctx: Context) -> Say:
    """What is waived now, of the own organ and below."""
    return await waivers(ctx.session, ctx.vault, ctx.actor, now=ctx.now)


@command(
    "five_ones.target",
    "改指标",
    who=Who.HOLDER,
    where=Place.PRIVATE,
    args=(Rest("words", required=False),),
    offer=Offer.NOBODY,
    shape=asks_for_another_number,
    gives_way=True,
)
async def target(ctx: Context, words: str | None) -> Say:
    """Another number than the notice's is refused, and that is logged."""
    return await refuse_target(ctx.unit, ctx.actor)


@command(
    "five_ones.pressed",
    "加码",
    who=Who.ANYONE,
    where=Place.PRIVATE,
    args=(Rest("words", required=False),),
    writes=False,
    nameless=True,
    offer=Offer.NOBODY,  # whoever tells of a demand is told of it; a menu need not invite one
    shape=tells_of_a_demand,
    gives_way=True,
)
async def pressed(ctx: Context, words: str | None) -> Say:
    """A demand for more than the notice asks: the clause, and an offer to pass the words on without a name.

    The offer lives in memory like every anonymous draft; nothing is sent before it is chosen.
    """
    rules, services = ctx.services.installation.of(AnonymousRules), ctx.services
    to = await recipient_of(ctx.session, ctx.actor, rules, now=ctx.now)
    told = (words or "").strip()
    said = Pressed(windows_of(ctx.actor), holds_office(ctx.actor), "", None, ())
    account = (ctx.incoming.channel, ctx.incoming.sender_id)
    if to is None or not told or services.nameless.sent.count(account, services.clock.monotonic()) >= rules.per_day:
        return said
    ask = ask_to_send(ctx.now, to, told, None, rules, urgent=False, known=True)
    services.nameless.passing.put(
        (ctx.incoming.channel, ctx.incoming.bot_id, ctx.incoming.sender_id),
        ask.question,
        ask.options,
        data=ask.data,
        takes_text=ask.takes_text,
        until=services.clock.monotonic() + ask.life.total_seconds(),
        place=services.store.position(),
    )
    asked = cast("SendAsked", ask.say)
    return replace(said, org=to.name, out_on=asked.out_on, details=asked.details)
