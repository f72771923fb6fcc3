"""青年之声: what youths say, what cadres and organs answer, and what becomes of it (R2.5, R4.2, 6.4, K6)."""

from bot.chat.args import PageArg, RefArg, Rest
from bot.chat.context import Context
from bot.chat.plugin import plugin_meta
from bot.chat.table import Place, Who, command, question
from bot.core.question import Asked
from bot.core.reads.audited import Seen
from bot.core.rules.message import ChatKind
from bot.core.rules.refs import Ref
from bot.core.rules.say import Say
from bot.features.anonymous.acts import answer as anonymous_answer
from bot.features.anonymous.reads.held import held_voices
from bot.features.anonymous.rules.anonymous import AnonymousRules
from bot.features.voice.acts import answer as voice_answer
from bot.features.voice.acts import escalate as voice_escalate
from bot.features.voice.acts import make as voice
from bot.features.voice.acts import rate as voice_rating
from bot.features.voice.acts import view as voice_view
from bot.features.voice.acts import withdraw as voice_rights
from bot.features.voice.acts.ask_first import ABOUT, AGAIN, CADRE, SENSITIVE
from bot.features.voice.acts.gone import GONE
from bot.features.voice.acts.leaving import answer_leaving
from bot.features.voice.acts.transition import HAND_OVER, KIND, LEAVING, NAMED, RATING, UP, UP_NAMELESS
from bot.features.voice.reads.list import my_voice as show_mine
from bot.features.voice.reads.list import my_voices as list_mine
from bot.features.voice.reads.stats import voice_stats
from bot.features.voice.rules.category import VoiceCategories
from bot.features.voice.rules.voice import VoiceKind

__plugin_meta__ = plugin_meta("voice")


def _tools(ctx: Context) -> voice.Tools:
    return voice.Tools(ctx.services.sensitive_words, ctx.services.hotlines, ctx.services.workdays)


def _categories(ctx: Context) -> VoiceCategories:
    return ctx.services.installation.of(VoiceCategories)


# --- youths ----------------------------------------------------------------------------------------------------------


@command("voice.say", "心声", who=Who.YOUTH, never_relayed=True, where=Place.PRIVATE, args=(Rest("text"),))
async def say(ctx: Context, text: str) -> Say | None:
    """To the linked cadre."""
    return await voice.submit(ctx.unit, ctx.actor, text, None, _tools(ctx), chat_id=None, aloud=False)


@command("voice.suggest", "建议", who=Who.YOUTH, where=Place.ANY, args=(Rest("text"),))
async def suggest(ctx: Context, text: str) -> Say | None:
    """A suggestion; in a group too."""
    aloud = ctx.incoming.kind is ChatKind.GROUP
    chat_id = ctx.chat.id if ctx.chat is not None and ctx.chat.state == "linked" else None
    kind = VoiceKind.SUGGESTION
    return await voice.submit(ctx.unit, ctx.actor, text, kind, _tools(ctx), chat_id=chat_id, aloud=aloud)


@command(
    "voice.complain",
    "投诉",
    who=Who.ANYONE,
    never_relayed=True,
    where=Place.PRIVATE,
    args=(Rest("text"),),
)
async def complain(ctx: Context, text: str) -> Say | None:
    """To the level above whom it is about."""
    kind = VoiceKind.COMPLAINT
    return await voice.submit(ctx.unit, ctx.actor, text, kind, _tools(ctx), chat_id=None, aloud=False)


@command(
    "voice.mine",
    "我的心声",
    who=Who.KNOWN,
    where=Place.PRIVATE,
    args=(RefArg("ref", "V", required=False), PageArg()),
    writes=False,
)
async def mine(ctx: Context, ref: Ref | None, page: int) -> Say:
    """Own items and their state, or one of them with its answers."""
    if ref is not None:
        return await show_mine(ctx.session, ctx.vault, ctx.me, ref.number)
    return await list_mine(ctx.session, ctx.vault, ctx.me, page)


@command("voice.withdraw", "撤回心声", who=Who.KNOWN, where=Place.PRIVATE, args=(RefArg("ref", "V"),))
async def withdraw(ctx: Context, ref: Ref) -> Say:
    """Take it back; the words go."""
    return await voice_rights.withdraw_voice(ctx.unit, ctx.actor, ref.number)


@command("voice.reopen", "重开心声", who=Who.KNOWN, where=Place.PRIVATE, args=(RefArg("ref", "V"),))
async def reopen(ctx: Context, ref: Ref) -> Say:
    """Open a closed one again."""
    return await voice_rating.reopen_voice(ctx.unit, ctx.actor, ref.number)


# --- cadres and organs -----------------------------------------------------------------------------------------------


@command(
    "voice.list",
    "心声列表",
    who=Who.ANSWERING,
    where=Place.PRIVATE,
    args=(PageArg(),),
    writes=False,
)
async def list_held(ctx: Context, page: int) -> Say:
    """What waits for this person, without words and names."""
    here = ctx.services.installation
    rules = here.of(AnonymousRules)
    return await held_voices(ctx.session, ctx.actor, page, workdays=here.workdays, rules=rules, now=ctx.now)


@command("voice.view", "查看心声", who=Who.ANSWERING, where=Place.PRIVATE, args=(RefArg("ref", "V"),), audited=True)
async def view(ctx: Context, ref: Ref) -> Seen:
    """One item; the reading is logged."""
    what = (ctx.session, ctx.vault, ctx.actor, ref.number, _categories(ctx))
    return await anonymous_answer.view(*what, now=ctx.now) or await voice_view.view_voice(*what, now=ctx.now)


@command(
    "voice.answer",
    "回复",
    who=Who.ANSWERING,
    where=Place.PRIVATE,
    args=(RefArg("ref", "V"), Rest("text")),
    about_others=True,
)
async def answer(ctx: Context, ref: Ref, text: str) -> Say:
    """To its author, who says whether it helped."""
    nameless = await anonymous_answer.answer(ctx.unit, ctx.actor, ref.number, text)
    return nameless or await voice_answer.answer_voice(ctx.unit, ctx.actor, ref.number, text)


@command(
    "voice.escalate",
    "上报",
    who=Who.ANSWERING,
    where=Place.PRIVATE,
    args=(RefArg("ref", "V"), Rest("note", required=False)),
    about_others=True,
)
async def escalate(ctx: Context, ref: Ref, note: str | None) -> Say:
    """One level up, if its author says yes."""
    nameless = await anonymous_answer.escalate(ctx.unit, ctx.actor, ref.number, note)
    return nameless or await voice_escalate.escalate(ctx.unit, ctx.actor, ref.number, note)


@command("voice.close", "办结", who=Who.ANSWERING, where=Place.PRIVATE, args=(RefArg("ref", "V"),))
async def close(ctx: Context, ref: Ref) -> Say:
    """Dealt with; its author has the last word."""
    nameless = await anonymous_answer.close(ctx.unit, ctx.actor, ref.number)
    return nameless or await voice_answer.close_voice(ctx.unit, ctx.actor, ref.number)


@command("voice.sort", "分类", who=Who.ANSWERING, where=Place.PRIVATE, args=(RefArg("ref", "V"), Rest("category")))
async def sort(ctx: Context, ref: Ref, category: str) -> Say:
    """What it is about."""
    nameless = await anonymous_answer.sort(ctx.unit, ctx.actor, ref.number, category, _categories(ctx))
    return nameless or await voice_view.sort_voice(ctx.unit, ctx.actor, ref.number, category, _categories(ctx))


@command("voice.stats", "心声统计", who=Who.CADRE_OR_ORGAN, where=Place.PRIVATE, writes=False)
async def stats(ctx: Context) -> Say:
    """Numbers of the last twelve months."""
    return await voice_stats(ctx.session, ctx.actor, now=ctx.now)


# --- answers ---------------------------------------------------------------------------------------------------------


@question(AGAIN)
@question(SENSITIVE)
@question(CADRE)
@question(ABOUT)
async def before(ctx: Context, asked: Asked, answer: str) -> Say | None:
    """What is asked before anything is kept."""
    return await voice.answer_before(ctx.unit, ctx.actor, asked, answer, _tools(ctx))


@question(KIND)
async def kind(ctx: Context, asked: Asked, answer: str) -> Say:
    """Which kind it is."""
    return await voice_rating.answer_kind(ctx.unit, ctx.actor, asked, answer)


@question(NAMED)
async def named(ctx: Context, asked: Asked, answer: str) -> Say:
    """Whether a complaint carries a name."""
    return await voice_rating.answer_named(ctx.unit, ctx.actor, asked, answer)


@question(RATING)
async def rating(ctx: Context, asked: Asked, answer: str) -> Say:
    """Whether an answer helped."""
    return await voice_rating.answer_rating(ctx.unit, ctx.actor, asked, answer)


@question(LEAVING)
async def leaving(ctx: Context, asked: Asked, answer: str) -> Say | None:
    """Whether what is open goes on although its youth has left."""
    return await answer_leaving(ctx.unit, ctx.actor, asked, answer)


@question(HAND_OVER)
async def hand_over(ctx: Context, asked: Asked, answer: str) -> Say | None:
    """Whether what a cadre who is gone has goes to who stands in."""
    return await GONE.answer(ctx.unit, ctx.actor, asked, answer)


@question(UP)
@question(UP_NAMELESS)
async def up(ctx: Context, asked: Asked, answer: str) -> Say | None:
    """Whether it may go one level up."""
    return await voice_escalate.answer_up(ctx.unit, ctx.actor, asked, answer)
