"""同意、撤回、停止记录、我的同意: the person's own yes and no."""

from functools import lru_cache

from bot.chat.args import Rest
from bot.chat.context import Context
from bot.chat.offer import Offer
from bot.chat.plugin import plugin_meta
from bot.chat.table import Narrows, Place, Who, command, question
from bot.chat.text import labels
from bot.core.acts.consent import QUESTION, SECOND
from bot.core.acts.consent_answers import answer_scope
from bot.core.acts.consent_which import GIVE, WITHDRAW, answer_give, answer_withdraw, give_scope, take_back_scope
from bot.core.acts.withdrawal import STORED, answer_stored, stop_recording
from bot.core.question import Asked
from bot.core.reads.whoami import my_consents
from bot.core.rules.consent import ConsentScope
from bot.core.rules.message import ChatKind
from bot.core.rules.refusal import Refusal
from bot.core.rules.say import Say
from bot.core.rules.text import plain_key

__plugin_meta__ = plugin_meta("consent")


class NoSuchScope(Refusal):
    """A word that names no scope."""

    code = "consent.no_such_scope"


@lru_cache(maxsize=1)
def _scope_words() -> dict[str, ConsentScope]:
    """Every way of naming a scope, from ``labels.toml``."""
    words = labels()["consent_words"]
    return {plain_key(word): ConsentScope(scope) for scope, told in words.items() for word in told.split()}


def _scope(told: str | None) -> ConsentScope:
    scope = _scope_words().get(plain_key(told or "").strip("。.!,，~<>《》「」"))
    if scope is None:
        raise NoSuchScope
    return scope


@command("consent.mine", "我的同意", who=Who.ANYONE, where=Place.PRIVATE, writes=False, offer=Offer.YOUTHS)
async def mine(ctx: Context) -> Say:
    """``我的同意``."""
    return await my_consents(ctx.session, ctx.vault, ctx.actor)


@command(
    "consent.give",
    "同意",
    who=Who.KNOWN,
    where=Place.PRIVATE,
    args=(Rest("scope", required=False),),
    offer=Offer.YOUTHS,
)
async def give(ctx: Context, scope: str | None) -> Say | None:
    """``同意 <范围>``; the bare word is the answer to the question for a scope while that is open."""
    texts = ctx.services.consent_texts
    return await give_scope(ctx.unit, ctx.actor, _scope(scope), texts, channel=ctx.incoming.channel)


@command(
    "consent.withdraw",
    "撤回",
    "撤回同意",
    who=Who.ANYONE,
    where=Place.PRIVATE,
    args=(Rest("scope", required=False),),
    offer=Offer.YOUTHS,
    narrows=Narrows.AT_ONCE,
    fillings=_scope_words,
)
async def withdraw(ctx: Context, scope: str | None) -> Say | None:
    """``撤回 <范围>``."""
    return await take_back_scope(ctx.unit, ctx.actor, _scope(scope))


@command(
    "consent.stop",
    "停止记录",
    who=Who.ANYONE,
    never_relayed=True,
    where=Place.ANY,
    offer=Offer.YOUTHS,
    narrows=Narrows.AT_ONCE,
)
async def stop(ctx: Context) -> Say:
    """``停止记录``, in the middle of a talk too."""
    return await stop_recording(ctx.unit, ctx.actor, private=ctx.incoming.kind is ChatKind.PRIVATE)


@question(QUESTION)
async def scope_answered(ctx: Context, asked: Asked, answer: str) -> Say | None:
    """A yes or no to one scope."""
    texts = ctx.services.consent_texts
    return await answer_scope(ctx.unit, ctx.actor, asked, answer, texts, channel=ctx.incoming.channel)


@question(SECOND)
async def second_answered(ctx: Context, asked: Asked, answer: str) -> Say | None:
    """The second yes or no of somebody of 14 to 17."""
    texts = ctx.services.consent_texts
    return await answer_scope(ctx.unit, ctx.actor, asked, answer, texts, channel=ctx.incoming.channel)


@question(GIVE)
async def give_which(ctx: Context, asked: Asked, answer: str) -> Say | None:
    """For which group 原话 is given."""
    texts = ctx.services.consent_texts
    return await answer_give(ctx.unit, ctx.actor, asked, answer, texts, channel=ctx.incoming.channel)


@question(WITHDRAW)
async def withdraw_which(ctx: Context, asked: Asked, answer: str) -> Say:
    """For which group 原话 ends."""
    return await answer_withdraw(ctx.unit, ctx.actor, asked, answer)


@question(STORED)
async def stored(ctx: Context, asked: Asked, answer: str) -> Say:
    """Whether what was stored goes too."""
    return await answer_stored(ctx.unit, ctx.actor, asked, answer)
