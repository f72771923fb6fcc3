"""心愿池 WishPool: into it, with the owner's yes; what waits in it; what was shared; and the numbers."""

from bot.chat.args import RefArg, Rest
from bot.chat.context import Context
from bot.chat.plugin import plugin_meta
from bot.chat.replies import Usage
from bot.chat.table import Place, Who, command, question
from bot.chat.text import command_texts, labels, pool_words, wish_words
from bot.core.question import Asked
from bot.core.rules.refs import Ref
from bot.core.rules.say import Say
from bot.core.rules.text import first_word, plain_key
from bot.features.pool.acts import ask_owner as pools
from bot.features.pool.acts.ask_owner import POOL, POOL_TEXT, PoolTable
from bot.features.pool.acts.enter import ALONG, answer_along
from bot.features.pool.acts.view import read_pool
from bot.features.pool.reads.pool import pool_shown
from bot.features.wish.acts import share as shares
from bot.features.wish.acts.make import WishRules
from bot.features.wish.acts.share import SHARE
from bot.features.wish.reads.figures import wish_figures

__plugin_meta__ = plugin_meta("pool")


def table_of(ctx: Context) -> PoolTable:
    """What pools go by here."""
    rules = WishRules(wish_words(), ctx.services.sensitive_words, ctx.services.wish_cap)
    return PoolTable(ctx.services.pool_rules, pool_words(), rules)


def kind_and_page(told: str) -> tuple[str, int] | None:
    """``学习进步 2``, ``全部``, ``2``: the kind (empty: all) and the page; None when it is neither."""
    word, rest = first_word(told)
    kinds = {plain_key(label): kind for kind, label in labels()["wish_kind"].items()} | {
        plain_key(labels()["pool_all"]["all"]): ""
    }
    kind = kinds.get(plain_key(word))
    if kind is None:
        kind, rest = "", told
    if not rest:
        return kind, 1
    return (kind, int(rest)) if rest.isdecimal() and len(rest) < 5 else None


@command(
    "pool.enter",
    "入池",
    who=Who.CADRE,
    where=Place.PRIVATE,
    args=(RefArg("ref", "W"), Rest("tried", required=False)),
    private_only=True,
)
async def enter(ctx: Context, ref: Ref, tried: str | None) -> Say:
    """Asks the owner how far up it may go; the note of what was tried comes first."""
    return await pools.pool_wish(ctx.unit, ctx.actor, ref.number, tried, table_of(ctx))


@command(
    "pool.share",
    "拼心愿",
    "拼好愿",
    who=Who.CADRE,
    where=Place.PRIVATE,
    args=(Rest("refs"),),
    private_only=True,
)
async def share(ctx: Context, refs: str) -> Say:
    """Asks each owner whether theirs goes together with the others."""
    return await shares.share_wishes(ctx.unit, ctx.actor, shares.read_share(refs))


@command(
    "pool.shown",
    "心愿池",
    who=Who.ORGAN,
    where=Place.PRIVATE,
    args=(Rest("told", required=False),),
    private_only=True,
)
async def shown(ctx: Context, told: str | None) -> Say:
    """What waits, in numbers; on request the words their owners agreed to."""
    if told is None:
        return await pool_shown(ctx.session, ctx.vault, ctx.actor, ctx.services.pool_rules, now=ctx.now)
    wanted = kind_and_page(told)
    if wanted is None:
        texts = command_texts()["pool.shown"]
        return Usage(texts["usage"], texts["example"])
    return await read_pool(ctx.unit, ctx.actor, *wanted)


@command("pool.figures", "心愿统计", who=Who.CADRE_OR_ORGAN, where=Place.PRIVATE, writes=False, private_only=True)
async def figures(ctx: Context) -> tuple[Say, ...]:
    """How wishes fare; nothing about fewer than five people."""
    return await wish_figures(ctx.session, ctx.actor, now=ctx.now)


# --- answers ---------------------------------------------------------------------------------------------------------


@question(POOL)
async def how_far(ctx: Context, asked: Asked, answer: str) -> Say | None:
    """How far up the owner's wish may go."""
    return await pools.answer_pool(ctx.unit, ctx.actor, asked, answer, table_of(ctx))


@question(POOL_TEXT)
async def own_words(ctx: Context, asked: Asked, answer: str) -> Say | None:
    """What the pool is to show, in the owner's own words."""
    return await pools.answer_text(ctx.unit, ctx.actor, asked, answer, table_of(ctx))


@question(SHARE)
async def together(ctx: Context, asked: Asked, answer: str) -> Say:
    """Whether the owner's wish goes together with others."""
    return await shares.answer_share(ctx.unit, ctx.actor, asked, answer)


@question(ALONG)
async def along(ctx: Context, asked: Asked, answer: str) -> Say:
    """Whether a shared wish goes into a pool along with the others."""
    return await answer_along(ctx.unit, ctx.actor, asked, answer, ctx.services.pool_rules)
