"""谈心谈话 Talk: commands of the cadre, and the youths' answers to what is asked about a record."""

from bot.chat.args import PageArg, RefArg, Rest, Word
from bot.chat.context import Context
from bot.chat.offer import Offer
from bot.chat.plugin import plugin_meta
from bot.chat.replies import Usage
from bot.chat.table import Narrows, Place, Who, command, question
from bot.chat.text import command_texts
from bot.core.question import Asked
from bot.core.reads.audited import Seen
from bot.core.rules.refs import Ref
from bot.core.rules.say import Say
from bot.features.talk.acts import answer_note as talk_note_answer
from bot.features.talk.acts import co_sign as talk_cosign
from bot.features.talk.acts import note as talk_note
from bot.features.talk.acts import stop as talks
from bot.features.talk.acts import view as talk_view
from bot.features.talk.acts.close import AMEND, CO_SIGN, TalkClosed
from bot.features.talk.acts.note import NOTE, NOTE_AGAIN, NOTE_SENSITIVE
from bot.features.talk.reads.list import my_talks as list_my_talks

__plugin_meta__ = plugin_meta("talk")

# --- in the group ----------------------------------------------------------------------------------------------------


@command(
    "talk.open",
    "谈心 开始",
    who=Who.CADRE,
    where=Place.LINKED,
    args=(Rest("topic", required=False),),
    offer=Offer.HOSTS,
)
async def open_talk(ctx: Context, topic: str | None) -> None:
    """Begin to record those who agreed; the notice in the group is the answer."""
    await talks.open_talk(ctx.unit, ctx.actor, ctx.chat, topic, ctx.services.consent_texts)


@command(
    "talk.close",
    "谈心 结束",
    who=Who.CADRE,
    where=Place.LINKED,
    args=(Rest("notes", required=False),),
    offer=Offer.HOSTS,
    narrows=Narrows.ALONE,
)
async def close_talk(ctx: Context, notes: str | None) -> TalkClosed | tuple[Say | None, Say]:
    """End the recording. 要点 are needed, but nobody is recorded any longer only because they are missing."""
    if notes is None:
        texts = command_texts()["talk.close"]
        stopped = await talks.stop_talk(ctx.unit, ctx.actor, ctx.chat)
        return stopped, Usage(texts["usage"], texts["example"])
    return await talks.end_talk(ctx.unit, ctx.actor, ctx.chat, notes, ctx.services.sensitive_words)


@command("talk.abandon", "谈心 放弃", who=Who.CADRE, where=Place.LINKED, offer=Offer.HOSTS, narrows=Narrows.ALONE)
async def abandon_talk(ctx: Context) -> Say:
    """End the recording and delete it."""
    return await talks.abandon_talk(ctx.unit, ctx.actor, ctx.chat)


# --- in private ------------------------------------------------------------------------------------------------------


@command(
    "talk.note",
    "记谈心",
    who=Who.CADRE,
    where=Place.PRIVATE,
    args=(Word("name"), Rest("notes")),
    about_others=True,
)
async def note_talk(ctx: Context, name: str, notes: str) -> Say | None:
    """A talk held elsewhere: its youth decides what is kept."""
    return await talk_note.note_talk(ctx.unit, ctx.actor, name, notes, ctx.services.sensitive_words)


@command(
    "talk.mine",
    "我的谈心",
    who=Who.CADRE,
    where=Place.PRIVATE,
    args=(Rest("told", required=False),),
    audited=True,
)
async def my_talks(ctx: Context, told: str | None) -> Seen:
    """Own talks, newest first."""
    return await list_my_talks(ctx.session, ctx.vault, ctx.actor, told)


@command(
    "talk.view",
    "查看谈心",
    who=Who.CADRE,
    where=Place.PRIVATE,
    args=(RefArg("ref", "T"), PageArg()),
    audited=True,
)
async def view_talk(ctx: Context, ref: Ref, page: int) -> Seen:
    """One record; the reading is logged."""
    return await talk_view.view_talk(ctx.session, ctx.vault, ctx.actor, ref.number, page)


# --- answers ---------------------------------------------------------------------------------------------------------


@question(CO_SIGN)
async def co_sign(ctx: Context, asked: Asked, answer: str) -> Say | None:
    """The youth's word on a record."""
    return await talk_cosign.answer_co_sign(ctx.unit, ctx.actor, asked, answer)


@question(AMEND)
async def amend(ctx: Context, asked: Asked, answer: str) -> Say | None:
    """The youth's correction, in their own words."""
    return await talk_cosign.answer_amend(ctx.unit, ctx.actor, asked, answer, ctx.services.sensitive_words)


@question(NOTE)
async def note(ctx: Context, asked: Asked, answer: str) -> Say | None:
    """What the youth wants kept of a talk held elsewhere."""
    return await talk_note_answer.answer_note(ctx.unit, ctx.actor, asked, answer)


@question(NOTE_SENSITIVE)
async def note_sensitive(ctx: Context, asked: Asked, answer: str) -> Say:
    """The separate yes or no to a sensitive matter."""
    return await talk_note_answer.answer_sensitive(ctx.unit, ctx.actor, asked, answer)


@question(NOTE_AGAIN)
async def note_again(ctx: Context, asked: Asked, answer: str) -> Say:
    """Whether the cadre means it a second time."""
    return await talk_note.answer_again(ctx.unit, ctx.actor, asked, answer, ctx.services.sensitive_words)
