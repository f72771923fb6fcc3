"""问计于青年: cadres and organs ask, youths answer in private, and hear what was adopted (R4.4)."""

from bot.chat.args import PageArg, RefArg, Rest
from bot.chat.context import Context
from bot.chat.offer import Offer
from bot.chat.plugin import plugin_meta
from bot.chat.table import Place, Who, command, question
from bot.core.question import Asked
from bot.core.reads.audited import Seen
from bot.core.rules.message import ChatKind
from bot.core.rules.refs import Ref
from bot.core.rules.say import Say
from bot.features.consultation.acts import answer as consultation_answer
from bot.features.consultation.acts import ask as consultation
from bot.features.consultation.acts.tell_result import tell_result
from bot.features.consultation.reads.consultation import my_consultations

__plugin_meta__ = plugin_meta("consultation")


@command(
    "consultation.ask",
    "问计",
    who=Who.CADRE_OR_ORGAN,
    where=Place.PRIVATE | Place.LINKED,
    args=(Rest("text"),),
    offer=Offer.OWN_GROUP,
)
async def ask(ctx: Context, text: str) -> Say | None:
    """In a group the answer is the post itself; in private it goes to the own youths or the organ's groups."""
    if ctx.incoming.kind is ChatKind.GROUP:
        return await consultation.ask_in_group(ctx.unit, ctx.actor, ctx.chat, text)
    return await consultation.ask_in_private(ctx.unit, ctx.actor, text)


@command(
    "consultation.answer",
    "答",
    who=Who.YOUTH,
    where=Place.PRIVATE,
    args=(RefArg("ref", "Q"), Rest("text")),
)
async def answer(ctx: Context, ref: Ref, text: str) -> Say:
    """One answer, without a name for whoever asked."""
    return await consultation_answer.answer(ctx.unit, ctx.actor, ref.number, text, ctx.services.sensitive_words)


@command(
    "consultation.take_back",
    "撤回回答",
    who=Who.KNOWN,
    where=Place.PRIVATE,
    args=(RefArg("ref", "Q"),),
    offer=Offer.YOUTHS,
)
async def take_back(ctx: Context, ref: Ref) -> Say:
    """The own answer goes."""
    return await consultation_answer.take_back(ctx.unit, ctx.actor, ref.number)


@command(
    "consultation.view",
    "查看问计",
    who=Who.CADRE_OR_ORGAN,
    where=Place.PRIVATE,
    args=(RefArg("ref", "Q"), PageArg()),
    audited=True,
)
async def view(ctx: Context, ref: Ref, page: int) -> Seen:
    """The answers; the reading is logged."""
    return await consultation_answer.view(ctx.session, ctx.vault, ctx.actor, ref.number, page)


@command(
    "consultation.mine",
    "我的问计",
    who=Who.CADRE_OR_ORGAN,
    where=Place.PRIVATE,
    args=(PageArg(),),
    writes=False,
)
async def mine(ctx: Context, page: int) -> Say:
    """Own questions."""
    return await my_consultations(ctx.session, ctx.vault, ctx.actor, page)


@command(
    "consultation.result",
    "问计结果",
    who=Who.CADRE_OR_ORGAN,
    where=Place.PRIVATE,
    args=(RefArg("ref", "Q"), Rest("text")),
)
async def result(ctx: Context, ref: Ref, text: str) -> Say:
    """What was adopted, told to those who answered."""
    return await tell_result(ctx.unit, ctx.actor, ref.number, text)


@question(consultation.REACH)
async def reach(ctx: Context, asked: Asked, answer: str) -> Say:
    """Whom it goes to."""
    return await consultation.answer_reach(ctx.unit, ctx.actor, asked, answer)
