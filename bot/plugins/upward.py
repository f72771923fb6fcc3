"""好经验和支持: what a cadre recommends or asks for, and the organ's word on it (R1.4, R2.4)."""

from bot.chat.args import PageArg, RefArg, Rest
from bot.chat.context import Context
from bot.chat.plugin import plugin_meta
from bot.chat.table import Place, Who, command
from bot.core.rules.refs import Ref
from bot.core.rules.say import Say
from bot.core.shipped import labels
from bot.features.upward.acts.decide import decide
from bot.features.upward.acts.send import send_up
from bot.features.upward.reads.sent import sent_up
from bot.features.upward.rules.upward import UpwardState, practice_said
from bot.features.upward.tables import GoodPractice, SupportRequest

__plugin_meta__ = plugin_meta("upward")


@command("upward.recommend", "推荐经验", who=Who.CADRE, where=Place.PRIVATE, args=(Rest("text"),))
async def recommend(ctx: Context, text: str) -> Say:
    """A good practice or a model, to the organ."""
    kind, words = practice_said(text, labels()["practice_kind"])
    return await send_up(ctx.unit, ctx.actor, GoodPractice, words, kind)


@command("upward.practices", "经验列表", who=Who.CADRE_OR_ORGAN, where=Place.PRIVATE, args=(PageArg(),), writes=False)
async def practices(ctx: Context, page: int) -> Say:
    """What was recommended to the own organ, and what one recommended oneself."""
    return await sent_up(ctx.session, ctx.vault, ctx.actor, GoodPractice, page)


@command(
    "upward.adopt",
    "采用",
    who=Who.ORGAN,
    where=Place.PRIVATE,
    args=(RefArg("ref", "E"), Rest("note", required=False)),
)
async def adopt(ctx: Context, ref: Ref, note: str | None) -> Say:
    """The organ takes it up."""
    return await decide(ctx.unit, ctx.actor, GoodPractice, ref.number, UpwardState.ADOPTED, note)


@command(
    "upward.not_adopt",
    "没采用",
    who=Who.ORGAN,
    where=Place.PRIVATE,
    args=(RefArg("ref", "E"), Rest("note", required=False)),
)
async def not_adopt(ctx: Context, ref: Ref, note: str | None) -> Say:
    """The organ does not take it up, and says why."""
    return await decide(ctx.unit, ctx.actor, GoodPractice, ref.number, UpwardState.NOT_ADOPTED, note)


@command("upward.request", "申请支持", who=Who.CADRE, where=Place.PRIVATE, args=(Rest("text"),))
async def request(ctx: Context, text: str) -> Say:
    """A venue, funds or people for the work with youths."""
    return await send_up(ctx.unit, ctx.actor, SupportRequest, text)


@command("upward.requests", "支持列表", who=Who.CADRE_OR_ORGAN, where=Place.PRIVATE, args=(PageArg(),), writes=False)
async def requests(ctx: Context, page: int) -> Say:
    """What the own organ was asked for, and what one asked for oneself."""
    return await sent_up(ctx.session, ctx.vault, ctx.actor, SupportRequest, page)


@command("upward.answer", "答复支持", who=Who.ORGAN, where=Place.PRIVATE, args=(RefArg("ref", "H"), Rest("text")))
async def answer(ctx: Context, ref: Ref, text: str) -> Say:
    """The organ's answer."""
    return await decide(ctx.unit, ctx.actor, SupportRequest, ref.number, UpwardState.ANSWERED, text)
