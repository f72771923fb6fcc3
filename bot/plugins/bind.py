"""绑定、解绑、我是谁: which account is whose."""

from dataclasses import dataclass
from typing import ClassVar

from bot.chat.args import Rest
from bot.chat.context import Context
from bot.chat.offer import Offer
from bot.chat.plugin import plugin_meta
from bot.chat.table import Place, Who, command, question
from bot.core.acts.bind import UNBIND, answer_unbind, ask_unbind, bind
from bot.core.question import Asked
from bot.core.reads.whoami import who_am_i
from bot.core.rules.say import Say

__plugin_meta__ = plugin_meta("bind", commands="people")


@dataclass(frozen=True, slots=True)
class NotNeededHere(Say):
    """On this channel an account is the same in every group: nothing has to be proved."""

    template: ClassVar[str] = "bind/not_needed"


@command(
    "people.bind",
    "绑定",
    who=Who.ANYONE,
    never_relayed=True,
    where=Place.PRIVATE,
    args=(Rest("code"),),
    offer=Offer.STRANGERS,
)
async def bind_account(ctx: Context, code: str) -> Say:
    """``绑定 <码>``."""
    incoming = ctx.incoming
    return await bind(
        ctx.unit,
        ctx.actor,
        code,
        channel=incoming.channel,
        bot_id=incoming.bot_id,
        native_id=incoming.sender_id,
    )


@command("people.unbind", "解绑", who=Who.ANYONE, where=Place.PRIVATE, offer=Offer.NOT_YOUTHS)
async def unbind(ctx: Context) -> None:
    """``解绑``: asks first."""
    await ask_unbind(ctx.unit, ctx.actor, ctx.account)


@question(UNBIND)
async def unbind_answered(ctx: Context, asked: Asked, answer: str) -> Say:
    """Yes or no to letting the account go."""
    return await answer_unbind(ctx.unit, ctx.actor, asked, answer)


@command("people.me", "我是谁", who=Who.ANYONE, where=Place.PRIVATE, writes=False)
async def me(ctx: Context) -> Say:
    """``我是谁``."""
    return await who_am_i(ctx.session, ctx.vault, ctx.actor)


@command("people.in_group", "在群里是我", who=Who.ANYONE, where=Place.PRIVATE, writes=False, offer=Offer.NOBODY)
async def in_group(ctx: Context) -> Say:
    """``在群里是我``: for channels whose member ids differ from group to group."""
    return NotNeededHere()


@command(
    "people.claim",
    "认我",
    who=Who.ANYONE,
    where=Place.GROUP,
    args=(Rest("code", required=False),),
    writes=False,
    offer=Offer.NOBODY,
)
async def claim(ctx: Context, code: str | None) -> Say:
    """``认我 <码>``: the group's half of ``在群里是我``."""
    return NotNeededHere()
