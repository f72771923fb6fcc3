"""加入、退出, 别再提醒: how a youth comes, goes, and is left in peace."""

from bot.chat.args import Rest
from bot.chat.context import Context
from bot.chat.offer import Offer
from bot.chat.plugin import plugin_meta
from bot.chat.table import Narrows, Place, Who, command, question, table
from bot.chat.text import label
from bot.core.acts.join import Speaker, join, youth_name
from bot.core.acts.join_answers import AGE, NAME, answer_age, answer_name
from bot.core.acts.leave import DATA, WHICH, answer_data, answer_which, leave
from bot.core.acts.quiet import set_reminders
from bot.core.question import Asked
from bot.core.rules.message import ChatKind
from bot.core.rules.names import NameEmpty, NameMisleading, NameReserved, NameTooLong
from bot.core.rules.say import Say

__plugin_meta__ = plugin_meta("join")


@command(
    "join.join",
    "加入",
    who=Who.ANYONE,
    where=Place.LINKED,
    args=(Rest("name", required=False),),
    offer=Offer.GUESTS,
)
async def join_group(ctx: Context, name: str | None) -> Say:
    """``加入 [称呼]``."""
    if ctx.chat is None:
        raise RuntimeError("the router lets this through in linked groups only")
    incoming = ctx.incoming
    speaker = Speaker(incoming.channel, incoming.bot_id, incoming.sender_id, incoming.sender_anonymous)
    told = youth_name(name, table.reserved)
    return await join(ctx.unit, ctx.actor, ctx.account, ctx.chat, speaker, told, ctx.services.consent_texts)


@question(AGE)
async def age(ctx: Context, asked: Asked, answer: str) -> Say | None:
    """The age band."""
    return await answer_age(
        ctx.unit,
        ctx.actor,
        asked,
        answer,
        ctx.services.consent_texts,
        channel=ctx.incoming.channel,
        hotlines=ctx.services.hotlines,
        default_name=label("default", "youth_name"),
    )


@question(NAME)
async def name(ctx: Context, asked: Asked, answer: str) -> Say | None:
    """The 称呼, or the default."""
    default = label("default", "youth_name")
    try:
        chosen = default if answer in asked.options else youth_name(answer, table.reserved)
    except (NameEmpty, NameTooLong, NameReserved, NameMisleading):
        chosen = None
    return await answer_name(ctx.unit, ctx.actor, asked, chosen, default_name=default)


@command("join.leave", "退出", who=Who.ANYONE, where=Place.ANY, offer=Offer.YOUTHS, narrows=Narrows.ALONE)
async def leave_contact(ctx: Context) -> Say | None:
    """``退出``."""
    private = ctx.incoming.kind is ChatKind.PRIVATE
    return await leave(ctx.unit, ctx.actor, private=private, chat_id=ctx.chat.id if ctx.chat else None)


@question(WHICH)
async def which(ctx: Context, asked: Asked, answer: str) -> Say:
    """Which contact ends."""
    return await answer_which(ctx.unit, ctx.actor, asked, answer)


@question(DATA)
async def data(ctx: Context, asked: Asked, answer: str) -> Say:
    """Whether the data goes too."""
    return await answer_data(ctx.unit, ctx.actor, asked, answer)


@command("join.quiet", "别再提醒", who=Who.ANYONE, where=Place.ANY, offer=Offer.KNOWN, narrows=Narrows.AT_ONCE)
async def quiet(ctx: Context) -> Say:
    """``别再提醒``."""
    return await set_reminders(ctx.unit, ctx.actor, off=True)


@command("join.loud", "恢复提醒", who=Who.ANYONE, where=Place.ANY, offer=Offer.KNOWN)
async def loud(ctx: Context) -> Say:
    """``恢复提醒``."""
    return await set_reminders(ctx.unit, ctx.actor, off=False)
