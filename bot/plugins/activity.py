"""活动 Activities: commands of cadres and youths, and the answers to what is asked about an activity."""

from bot.chat.args import PageArg, RefArg, Rest, Word
from bot.chat.context import Context
from bot.chat.offer import Offer
from bot.chat.plugin import plugin_meta
from bot.chat.table import Place, Plain, Who, command, question
from bot.core.question import Asked
from bot.core.reads.audited import Seen
from bot.core.reads.campaigns import known_campaigns
from bot.core.rules.campaign import Campaigns
from bot.core.rules.message import ChatKind, Quote
from bot.core.rules.refs import Ref
from bot.core.rules.say import Say
from bot.core.rules.text import plain_key
from bot.features.activity.acts import announce as announcing
from bot.features.activity.acts import change as changing
from bot.features.activity.acts import check_in as checking_in
from bot.features.activity.acts import confirm as confirming
from bot.features.activity.acts import correct as correcting
from bot.features.activity.acts import end as ending
from bot.features.activity.acts import joint as joining
from bot.features.activity.acts import late as entering
from bot.features.activity.acts import sign_up as signing_up
from bot.features.activity.acts.confirm import CONFIRM
from bot.features.activity.acts.draft import CHAT, DRAFT, SLOT
from bot.features.activity.acts.end import PROCESS
from bot.features.activity.acts.late import LATE, WITNESS
from bot.features.activity.reads.come import come_to
from bot.features.activity.reads.coming import coming, shown_to
from bot.features.activity.reads.kinds import LONGEST_COME, come_words, field_words, kind_words
from bot.features.activity.reads.list import list_parts

__plugin_meta__ = plugin_meta("activity")


def in_private(ctx: Context) -> bool:
    """Whether it was said to the bot alone."""
    return ctx.incoming.kind is ChatKind.PRIVATE


def campaigns(ctx: Context) -> Campaigns:
    """Those of this installation: who names one announces a part of it."""
    return known_campaigns(ctx.services.installation)


def number_of(ref: Ref | None) -> int | None:
    """The number of a reference, where one was said."""
    return ref.number if ref is not None else None


def says_come(text: str) -> bool:
    """来, 算我一个: as the whole message."""
    return len(text) <= LONGEST_COME and plain_key(text).rstrip("!.~。！ ") in come_words()


async def meant_here(ctx: Context) -> str | None:
    """Whether 来 answers an announcement of this group; the reference, or nothing where two can be meant."""
    quoted = next((segment.message_id for segment in ctx.incoming.segments if isinstance(segment, Quote)), None)
    return await come_to(ctx.session, ctx.actor, ctx.chat, quoted, now=ctx.now)


# --- cadres: before ---------------------------------------------------------------------------------------------------


@command(
    "activity.announce",
    "发起",
    who=Who.CADRE,
    where=Place.ANY,
    args=(Rest("text", required=False),),
    offer=Offer.OWN_GROUP,
)
async def announce(ctx: Context, text: str | None) -> Say | None:
    """An activity, in any order of its parts; announced where it was typed."""
    workdays, held, private = ctx.services.workdays, campaigns(ctx), in_private(ctx)
    return await announcing.announce(
        ctx.unit, ctx.actor, text or "", ctx.chat, kind_words(), workdays, held, private=private
    )


@command("activity.organ", "机关活动", who=Who.ORGAN, where=Place.PRIVATE, args=(Rest("text", required=False),))
async def organ(ctx: Context, text: str | None) -> Say | None:
    """One of the five that the organ holds in a quarter; which one is asked."""
    workdays = ctx.services.workdays
    return await announcing.announce_organ(ctx.unit, ctx.actor, text or "", kind_words(), workdays, campaigns(ctx))


@command("activity.invite", "邀请", who=Who.CADRE, where=Place.ANY, args=(RefArg("ref", "A"),), offer=Offer.OWN_GROUP)
async def invite(ctx: Context, ref: Ref) -> Say | None:
    """The organ's activity, told in a group one looks after; nobody has to come."""
    return await joining.invite(ctx.unit, ctx.actor, ref.number, ctx.chat, private=in_private(ctx))


@command(
    "activity.joint",
    "同办",
    who=Who.CADRE_OR_ORGAN,
    where=Place.PRIVATE,
    args=(RefArg("ref", "A"), Rest("name")),
)
async def joint(ctx: Context, ref: Ref, name: str) -> Say:
    """Another cadre takes part: one activity, counted once for each."""
    return await joining.add_cadre(ctx.unit, ctx.actor, ref.number, name)


@command(
    "activity.joint_end",
    "退出同办",
    who=Who.CADRE_OR_ORGAN,
    where=Place.PRIVATE,
    args=(RefArg("ref", "A"), Rest("name", required=False)),
)
async def joint_end(ctx: Context, ref: Ref, name: str | None) -> Say:
    """No longer: oneself, or with a name somebody else."""
    return await joining.drop_cadre(ctx.unit, ctx.actor, ref.number, name)


@command(
    "activity.code", "签到码", who=Who.CADRE_OR_ORGAN, where=Place.PRIVATE, args=(RefArg("ref", "A", required=False),)
)
async def code(ctx: Context, ref: Ref | None) -> Say:
    """The check-in code to say on the spot."""
    return await checking_in.show_code(ctx.unit, ctx.actor, number_of(ref))


@command(
    "activity.change",
    "改活动",
    who=Who.CADRE_OR_ORGAN,
    where=Place.PRIVATE,
    args=(RefArg("ref", "A"), Word("what"), Rest("value")),
)
async def change(ctx: Context, ref: Ref, what: str, value: str) -> Say:
    """Both values are named, once, to those it concerns."""
    field = field_words().get(plain_key(what))
    return await changing.change_activity(ctx.unit, ctx.actor, ref.number, field, value, ctx.services.workdays)


@command(
    "activity.cancel",
    "取消活动",
    who=Who.CADRE_OR_ORGAN,
    where=Place.PRIVATE,
    args=(RefArg("ref", "A"), Rest("reason", required=False)),
)
async def cancel(ctx: Context, ref: Ref, reason: str | None) -> Say:
    """Those signed up and waiting hear it once."""
    return await changing.cancel_activity(ctx.unit, ctx.actor, ref.number, reason)


@command(
    "activity.list",
    "名单",
    who=Who.CADRE_OR_ORGAN,
    where=Place.PRIVATE,
    args=(RefArg("ref", "A"), PageArg()),
    audited=True,
)
async def list_(ctx: Context, ref: Ref, page: int) -> Seen:
    """Who signed up and who waits; the reading is logged."""
    return await list_parts(ctx.session, ctx.vault, ctx.actor, ref.number, page, now=ctx.now)


# --- cadres: after ----------------------------------------------------------------------------------------------------


@command(
    "activity.end",
    "结束活动",
    who=Who.CADRE_OR_ORGAN,
    where=Place.PRIVATE,
    args=(RefArg("ref", "A", required=False), Rest("process", required=False)),
)
async def end(ctx: Context, ref: Ref | None, process: str | None) -> Say | None:
    """What happened; whoever signed up or checked in is asked freely."""
    return await ending.end_activity(ctx.unit, ctx.actor, number_of(ref), process)


@command("activity.late", "记活动", who=Who.CADRE, where=Place.PRIVATE, args=(Rest("text", required=False),))
async def late(ctx: Context, text: str | None) -> Say | None:
    """One that is over already."""
    return await entering.enter_late(ctx.unit, ctx.actor, text or "", kind_words(), ctx.services.workdays)


@command(
    "activity.correct",
    "更正活动",
    who=Who.CADRE_OR_ORGAN,
    where=Place.PRIVATE,
    args=(RefArg("ref", "A"), Word("what"), Rest("value")),
)
async def correct(ctx: Context, ref: Ref, what: str, value: str) -> Say:
    """After the end; the old value stays in the history."""
    field = field_words().get(plain_key(what))
    return await correcting.correct_activity(ctx.unit, ctx.actor, ref.number, field, value, kind_words())


@command(
    "activity.explain", "说明", who=Who.CADRE_OR_ORGAN, where=Place.PRIVATE, args=(RefArg("ref", "A"), Rest("words"))
)
async def explain(ctx: Context, ref: Ref, words: str) -> Say:
    """The cadre's answer to what a person should look at."""
    return await correcting.explain(ctx.unit, ctx.actor, ref.number, words)


# --- youths -----------------------------------------------------------------------------------------------------------


@command(
    "activity.sign_up",
    "报名",
    who=Who.YOUTH,
    where=Place.ANY,
    args=(RefArg("ref", "A", required=False),),
    plain=Plain(says_come, meant_here),
)
async def sign_up(ctx: Context, ref: Ref | None) -> Say:
    """A seat, or the waiting list."""
    private = in_private(ctx)
    takes_file = private and ctx.services.can_upload(ctx.incoming.bot_id)
    return await signing_up.sign_up(ctx.unit, ctx.actor, number_of(ref), ctx.chat, private=private, file=takes_file)


@command(
    "activity.leave",
    "取消报名",
    who=Who.YOUTH,
    where=Place.ANY,
    args=(RefArg("ref", "A", required=False),),
)
async def leave(ctx: Context, ref: Ref | None) -> Say:
    """At any time, without a reason."""
    private = in_private(ctx)
    return await signing_up.leave(ctx.unit, ctx.actor, number_of(ref), ctx.chat, private=private)


@command("activity.check_in", "签到", who=Who.YOUTH, where=Place.ANY, args=(Rest("code"),))
async def check_in(ctx: Context, code: str) -> Say:
    """By the code that is said on the spot, with spaces or in full width too."""
    return await checking_in.check_in(ctx.unit, ctx.actor, plain_key(code).replace(" ", ""))


@command("activity.took_part", "参加了", who=Who.YOUTH, where=Place.ANY, args=(RefArg("ref", "A", required=False),))
async def took_part(ctx: Context, ref: Ref | None) -> Say:
    """A free word that it took place, unasked."""
    return await confirming.took_part(ctx.unit, ctx.actor, number_of(ref))


@command("activity.not_there", "收回参加", who=Who.YOUTH, where=Place.PRIVATE, args=(RefArg("ref", "A"),))
async def not_there(ctx: Context, ref: Ref) -> Say:
    """The own word is taken back; nobody hears whose."""
    return await confirming.not_there(ctx.unit, ctx.actor, ref.number)


# --- everybody --------------------------------------------------------------------------------------------------------


@command(
    "activity.view",
    "活动",
    who=Who.KNOWN,
    where=Place.ANY,
    args=(RefArg("ref", "A", required=False), PageArg()),
    writes=False,
)
async def view(ctx: Context, ref: Ref | None, page: int) -> Say:
    """What is coming for this person, or one of it; numbers only."""
    if ref is not None:
        return await shown_to(ctx.session, ctx.vault, ctx.actor, ref.number, now=ctx.now)
    here = ctx.chat.id if ctx.chat is not None else None
    return await coming(ctx.session, ctx.vault, ctx.actor, page, here, now=ctx.now, private=in_private(ctx))


# --- answers ----------------------------------------------------------------------------------------------------------


@question(DRAFT)
async def draft(ctx: Context, asked: Asked, answer: str) -> Say | None:
    """One missing part of an announcement."""
    workdays, held = ctx.services.workdays, campaigns(ctx)
    return await announcing.answer_draft(ctx.unit, ctx.actor, asked, answer, kind_words(), workdays, held)


@question(CHAT)
async def which_chat(ctx: Context, asked: Asked, answer: str) -> Say | None:
    """Into which group it goes."""
    return await announcing.answer_chat(ctx.unit, ctx.actor, asked, answer)


@question(SLOT)
async def which_slot(ctx: Context, asked: Asked, answer: str) -> Say | None:
    """Which of the organ's five it fills."""
    return await announcing.answer_slot(ctx.unit, ctx.actor, asked, answer)


@question(LATE)
async def late_part(ctx: Context, asked: Asked, answer: str) -> Say | None:
    """One missing part of what is over."""
    return await entering.answer_late(ctx.unit, ctx.actor, asked, answer, kind_words(), ctx.services.workdays)


@question(WITNESS)
async def witness(ctx: Context, asked: Asked, answer: str) -> Say | None:
    """Who may confirm it."""
    return await entering.answer_witness(ctx.unit, ctx.actor, asked, answer)


@question(PROCESS)
async def process(ctx: Context, asked: Asked, answer: str) -> Say | None:
    """One missing part of what happened."""
    return await ending.answer_process(ctx.unit, ctx.actor, asked, answer)


@question(CONFIRM)
async def confirm(ctx: Context, asked: Asked, answer: str) -> Say | None:
    """Whether a youth took part."""
    return await confirming.answer_confirm(ctx.unit, ctx.actor, asked, answer)
