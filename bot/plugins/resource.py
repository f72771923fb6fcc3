"""资源 Resource: what an organ has to give, and bringing it together with wishes; every owner is asked first."""

from bot.chat.args import RefArg, Rest, Word
from bot.chat.context import Context
from bot.chat.plugin import plugin_meta
from bot.chat.table import Place, Who, command, question
from bot.chat.text import pool_words, resource_words
from bot.core.question import Asked
from bot.core.rules.refs import Ref
from bot.core.rules.say import Say
from bot.features.resource.acts import answer_match as match_answers
from bot.features.resource.acts import match as matches
from bot.features.resource.acts import register as resources
from bot.features.resource.acts.balance import MATCH, OFFER
from bot.features.resource.acts.register import KIND
from bot.features.resource.acts.suggest import suggest_matches
from bot.features.resource.reads.resource import resources as list_resources

__plugin_meta__ = plugin_meta("resource")


@command("resource.offer", "登记资源", who=Who.ORGAN, where=Place.PRIVATE, args=(Rest("text"),), private_only=True)
async def offer(ctx: Context, text: str) -> Say | None:
    """Goods, time or services; never money."""
    return await resources.offer_resource(ctx.unit, ctx.actor, text, resource_words(), pool_words())


@command(
    "resource.list",
    "资源列表",
    who=Who.ORGAN,
    where=Place.PRIVATE,
    args=(Word("page", required=False),),
    writes=False,
    private_only=True,
)
async def list_(ctx: Context, page: str | None) -> Say:
    """What the own organ has, and what is left."""
    number = 1 if page is None else int(page) if page.isdecimal() and len(page) < 5 else 0
    return await list_resources(ctx.session, ctx.vault, ctx.actor, number)


@command(
    "resource.close", "停用资源", who=Who.ORGAN, where=Place.PRIVATE, args=(RefArg("ref", "S"),), private_only=True
)
async def close(ctx: Context, ref: Ref) -> Say:
    """Nothing new is matched with it."""
    return await resources.close_resource(ctx.unit, ctx.actor, ref.number)


@command("resource.match", "匹配", who=Who.ORGAN, where=Place.PRIVATE, args=(Rest("refs"),), private_only=True)
async def match(ctx: Context, refs: str) -> Say:
    """Asks the owners of these wishes; with a resource alone, suggests some."""
    wishes, resource = matches.read_match(refs)
    if not wishes:
        return await suggest_matches(ctx.unit, ctx.actor, resource)
    return await matches.match_wishes(ctx.unit, ctx.actor, wishes, resource, pool_words())


# --- answers ---------------------------------------------------------------------------------------------------------


@question(KIND)
async def kind(ctx: Context, asked: Asked, answer: str) -> Say:
    """Goods, time or service."""
    return await resources.answer_kind(ctx.unit, ctx.actor, asked, answer, pool_words())


@question(MATCH)
async def wanted(ctx: Context, asked: Asked, answer: str) -> Say:
    """Whether the owner would like what is offered."""
    return await match_answers.answer_match(ctx.unit, ctx.actor, asked, answer)


@question(OFFER)
async def given(ctx: Context, asked: Asked, answer: str) -> Say:
    """Whether the provider gives it."""
    return await match_answers.answer_offer(ctx.unit, ctx.actor, asked, answer)
