"""留存与报告: holds, reports of harm and insult, and that they were passed on (P21, P25, P28)."""

from bot.chat.args import RefArg, Rest
from bot.chat.context import Context
from bot.chat.plugin import plugin_meta
from bot.chat.table import Place, Who, command, question
from bot.chat.text import labels
from bot.core.question import Asked
from bot.core.rules.refs import Ref
from bot.core.rules.say import Say
from bot.features.hold.acts import hold, report

__plugin_meta__ = plugin_meta("hold")
KINDS = "TVW"


@command(
    "hold.place",
    "暂缓删除",
    who=Who.PRIVACY,
    where=Place.PRIVATE,
    args=(RefArg("ref", KINDS), Rest("terms")),
    about_others=True,
)
async def place(ctx: Context, ref: Ref, terms: str) -> Say:
    """By a clause and until a day."""
    return await hold.place_hold(ctx.unit, ctx.actor, ref, terms)


@command("hold.release", "解除暂缓", who=Who.PRIVACY, where=Place.PRIVATE, args=(RefArg("ref", KINDS),))
async def release(ctx: Context, ref: Ref) -> Say:
    """What was due happens."""
    return await hold.release_hold(ctx.unit, ctx.actor, ref)


@command(
    "hold.report",
    "举报",
    who=Who.KNOWN,
    where=Place.PRIVATE,
    args=(RefArg("ref", KINDS), Rest("left_out", required=False)),
    never_relayed=True,
)
async def report_(ctx: Context, ref: Ref, left_out: str | None) -> Say:
    """Keeps what is there, and tells the responsible person; words behind the number are not kept."""
    return await report.report(ctx.unit, ctx.actor, ref, labels()["hold_clause"])


@command(
    "hold.reported",
    "已报告",
    who=Who.PRIVACY,
    where=Place.PRIVATE,
    args=(RefArg("ref", KINDS), Rest("authority")),
    about_others=True,
)
async def reported(ctx: Context, ref: Ref, authority: str) -> Say:
    """That it was reported, where and when."""
    return await report.reported(ctx.unit, ctx.actor, ref, authority, labels()["hold_clause"])


@question(report.REPORT)
async def handled(ctx: Context, asked: Asked, answer: str) -> Say:
    """Dealt with here."""
    return await report.answer_report(ctx.unit, ctx.actor, asked)
