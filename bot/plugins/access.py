"""查阅: an approved look at a minor's record, and a look in danger to life (P14, P16)."""

from bot.chat.args import RefArg, Rest
from bot.chat.context import Context
from bot.chat.plugin import plugin_meta
from bot.chat.table import Place, Who, command, question
from bot.core.question import Asked
from bot.core.reads.audited import Seen
from bot.core.rules.refs import Ref
from bot.core.rules.say import Say
from bot.features.access.acts import ask, decide, read, review

__plugin_meta__ = plugin_meta("access")
KINDS = "TVW"


@command(
    "access.ask",
    "申请查阅",
    who=Who.OFFICER,
    where=Place.PRIVATE,
    args=(RefArg("ref", KINDS), Rest("reason")),
    about_others=True,
)
async def ask_(ctx: Context, ref: Ref, reason: str) -> Say:
    """Asks the responsible person."""
    return await ask.ask_access(ctx.unit, ctx.actor, ref, reason)


@command(
    "access.approve",
    "批准",
    who=Who.PRIVACY,
    where=Place.PRIVATE,
    args=(RefArg("ref", KINDS), Rest("withheld", required=False)),
    about_others=True,
)
async def approve(ctx: Context, ref: Ref, withheld: str | None) -> Say:
    """At most 72 hours; the minor is told unless the officer says why not."""
    return await decide.approve(ctx.unit, ctx.actor, ref, withheld or "")


@command(
    "access.refuse",
    "不批",
    "不批准",
    who=Who.PRIVACY,
    where=Place.PRIVATE,
    args=(RefArg("ref", KINDS), Rest("reason", required=False)),
    about_others=True,
)
async def refuse(ctx: Context, ref: Ref, reason: str | None) -> Say:
    """The asker hears the reason."""
    return await decide.refuse(ctx.unit, ctx.actor, ref, reason or "")


@question(ask.DECIDE)
async def decided(ctx: Context, asked: Asked, answer: str) -> Say:
    """The question's own options."""
    return await decide.answer_decide(ctx.unit, ctx.actor, asked, answer)


@command("access.read", "查阅", who=Who.OFFICER, where=Place.PRIVATE, args=(RefArg("ref", KINDS),), audited=True)
async def read_(ctx: Context, ref: Ref) -> Seen:
    """What was approved, as long as that holds."""
    return await read.read_approved(ctx.session, ctx.vault, ctx.actor, ref, now=ctx.now)


@command(
    "access.break_glass",
    "紧急查阅",
    who=Who.DUTY,
    where=Place.PRIVATE,
    args=(RefArg("ref", KINDS), Rest("reason")),
    audited=True,
    about_others=True,
)
async def break_glass(ctx: Context, ref: Ref, reason: str) -> Seen:
    """In danger to life only; the responsible person is told at once."""
    return await read.break_glass(ctx.session, ctx.vault, ctx.actor, ref, reason, now=ctx.now)


@question(read.REVIEW)
async def reviewed(ctx: Context, asked: Asked, answer: str) -> Say:
    """Whether it was right."""
    return await review.answer_review(ctx.unit, ctx.actor, asked, answer)
