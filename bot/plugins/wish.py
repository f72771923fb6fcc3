"""微心愿 Wish: commands of youths and cadres, and the answers to what is asked about a wish; pools have their own."""

from bot.chat.args import PageArg, RefArg, Rest, Word
from bot.chat.context import Context
from bot.chat.offer import Offer
from bot.chat.plugin import plugin_meta
from bot.chat.table import Place, Who, command, question
from bot.chat.text import wish_kinds
from bot.core.question import Asked
from bot.core.reads.audited import Seen
from bot.core.rules.message import ChatKind
from bot.core.rules.refs import Ref
from bot.core.rules.say import Say
from bot.features.wish.acts import claim as wish_cadre
from bot.features.wish.acts import confirm as wish_owner
from bot.features.wish.acts import make as wishes
from bot.features.wish.acts import suggest as wish_suggest
from bot.features.wish.acts.confirm import DECLINED, RECEIVED
from bot.features.wish.acts.gone import GONE
from bot.features.wish.acts.leaving import LEAVING, answer_leaving
from bot.features.wish.acts.make import AGAIN, CADRE, WishRules
from bot.features.wish.acts.name_kind import KIND, answer_kind
from bot.features.wish.acts.suggest import SUGGESTED
from bot.features.wish.reads.list import my_wishes
from bot.features.wish.reads.words import wish_words
from bot.features.wish.rules.wish import WishCap

__plugin_meta__ = plugin_meta("wish")


def rules(ctx: Context) -> WishRules:
    """What a wish is checked by here."""
    return WishRules(wish_words(), ctx.services.sensitive_words, ctx.services.installation.of(WishCap).yuan)


# --- youths ----------------------------------------------------------------------------------------------------------


@command("wish.make", "许愿", who=Who.YOUTH, where=Place.ANY, args=(Rest("content"),))
async def make(ctx: Context, content: str) -> Say | None:
    """A wish, to the linked cadre."""
    private = ctx.incoming.kind is ChatKind.PRIVATE
    return await wishes.make_wish(
        ctx.unit,
        ctx.actor,
        content,
        ctx.chat,
        rules(ctx),
        wish_kinds(),
        private=private,
        danger=ctx.danger is not None,
    )


@command(
    "wish.mine",
    "我的心愿",
    who=Who.KNOWN,
    where=Place.PRIVATE,
    args=(PageArg(),),
    writes=False,
    offer=Offer.YOUTHS,
)
async def mine(ctx: Context, page: int) -> Say:
    """Own wishes, those not over first."""
    return await my_wishes(ctx.session, ctx.vault, ctx.actor, page, now=ctx.now)


@command(
    "wish.withdraw",
    "撤回心愿",
    who=Who.KNOWN,
    where=Place.PRIVATE,
    args=(RefArg("ref", "W"),),
    offer=Offer.YOUTHS,
)
async def withdraw(ctx: Context, ref: Ref) -> Say:
    """Taken back; asks nothing."""
    return await wish_owner.withdraw_wish(ctx.unit, ctx.actor, ref.number)


@command(
    "wish.received",
    "收到",
    who=Who.KNOWN,
    where=Place.PRIVATE,
    args=(RefArg("ref", "W", required=False),),
    offer=Offer.YOUTHS,
)
async def received(ctx: Context, ref: Ref | None) -> Say:
    """The owner has it; without a number the one that is asked about."""
    return await wish_owner.receive(ctx.unit, ctx.actor, ref.number if ref is not None else None)


@command(
    "wish.not_received",
    "没收到",
    who=Who.KNOWN,
    where=Place.PRIVATE,
    args=(RefArg("ref", "W", required=False), Rest("note", required=False)),
    offer=Offer.YOUTHS,
)
async def not_received(ctx: Context, ref: Ref | None, note: str | None) -> Say:
    """The owner has it not; the wish is open again."""
    return await wish_owner.not_received(ctx.unit, ctx.actor, ref.number if ref is not None else None, note)


# --- cadres ----------------------------------------------------------------------------------------------------------


@command(
    "wish.list",
    "心愿列表",
    who=Who.CADRE,
    where=Place.PRIVATE,
    args=(PageArg(),),
    audited=True,
)
async def list_(ctx: Context, page: int) -> Seen:
    """Own youths' wishes, then what may be claimed from pools in reach; the reading is logged."""
    return await wish_cadre.list_wishes(ctx.session, ctx.vault, ctx.actor, page, now=ctx.now)


@command(
    "wish.view",
    "查看心愿",
    who=Who.KNOWN,
    where=Place.PRIVATE,
    args=(RefArg("ref", "W"),),
    audited=True,
)
async def view(ctx: Context, ref: Ref) -> Say | Seen:
    """One wish, whole; a cadre's reading is logged."""
    return await wish_cadre.view_wish(ctx.session, ctx.vault, ctx.actor, ref.number)


@command("wish.claim", "认领", who=Who.CADRE_OR_ORGAN, where=Place.PRIVATE, args=(RefArg("ref", "W"),))
async def claim(ctx: Context, ref: Ref) -> Say:
    """Takes a wish; once more keeps it."""
    return await wish_cadre.claim_wish(ctx.unit, ctx.actor, ref.number)


@command("wish.release", "放弃", who=Who.CADRE_OR_ORGAN, where=Place.PRIVATE, args=(RefArg("ref", "W"),))
async def release(ctx: Context, ref: Ref) -> Say:
    """Gives it back to where it was claimed."""
    return await wish_cadre.release_wish(ctx.unit, ctx.actor, ref.number)


@command(
    "wish.done",
    "完成",
    who=Who.CADRE_OR_ORGAN,
    where=Place.PRIVATE,
    args=(RefArg("ref", "W"), Rest("how")),
    about_others=True,
)
async def done(ctx: Context, ref: Ref, how: str) -> Say:
    """Asks the owner whether it arrived."""
    return await wish_cadre.report_done(ctx.unit, ctx.actor, ref.number, how)


@command(
    "wish.decline",
    "婉拒",
    who=Who.CADRE,
    where=Place.PRIVATE,
    args=(RefArg("ref", "W"), Rest("reason")),
    about_others=True,
)
async def decline(ctx: Context, ref: Ref, reason: str) -> Say:
    """Cannot be helped with; the owner reads why."""
    return await wish_cadre.decline_wish(ctx.unit, ctx.actor, ref.number, reason)


@command(
    "wish.suggest",
    "帮许愿",
    who=Who.CADRE,
    where=Place.PRIVATE,
    args=(Word("name"), Rest("content")),
    about_others=True,
)
async def suggest(ctx: Context, name: str, content: str) -> Say:
    """A wish the cadre heard of: its youth decides."""
    return await wish_suggest.suggest_wish(ctx.unit, ctx.actor, name, content, rules(ctx))


# --- answers ---------------------------------------------------------------------------------------------------------


@question(AGAIN)
async def again(ctx: Context, asked: Asked, answer: str) -> Say | None:
    """Whether the owner means it a second time."""
    return await wishes.answer_again(ctx.unit, ctx.actor, asked, answer, wish_kinds())


@question(CADRE)
async def which_cadre(ctx: Context, asked: Asked, answer: str) -> Say:
    """Which cadre is to help."""
    return await wishes.answer_cadre(ctx.unit, ctx.actor, asked, answer, wish_kinds())


@question(KIND)
async def kind(ctx: Context, asked: Asked, answer: str) -> Say:
    """What kind it is."""
    return await answer_kind(ctx.unit, ctx.actor, asked, answer)


@question(SUGGESTED)
async def suggested(ctx: Context, asked: Asked, answer: str) -> Say:
    """Whether what the cadre suggested becomes a wish."""
    return await wish_suggest.answer_suggested(ctx.unit, ctx.actor, asked, answer)


@question(RECEIVED)
async def has_arrived(ctx: Context, asked: Asked, answer: str) -> Say:
    """收到, 没收到 or 不需要了."""
    return await wish_owner.answer_received(ctx.unit, ctx.actor, asked, answer)


@question(LEAVING)
async def leaving(ctx: Context, asked: Asked, answer: str) -> Say | None:
    """Whether what is open goes on although its youth has left."""
    return await answer_leaving(ctx.unit, ctx.actor, asked, answer)


@question(GONE.question)
async def hand_over(ctx: Context, asked: Asked, answer: str) -> Say | None:
    """Whether what a cadre who is gone has goes to who stands in."""
    return await GONE.answer(ctx.unit, ctx.actor, asked, answer)


@question(DECLINED)
async def declined(ctx: Context, asked: Asked, answer: str) -> Say:
    """知道了, or open again."""
    return await wish_owner.answer_declined(ctx.unit, ctx.actor, asked, answer)
