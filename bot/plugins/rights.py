"""数据权利: see, export, correct, delete, who read it, and a word with the responsible person (P7, P15)."""

import asyncio
from dataclasses import dataclass
from functools import partial
from typing import ClassVar, Final

from bot.chat.args import Rest, Word
from bot.chat.context import Context
from bot.chat.export import ZIP, archive, named
from bot.chat.offer import Offer
from bot.chat.plugin import plugin_meta
from bot.chat.table import Narrows, Place, Who, command, question, table
from bot.chat.text import labels, render
from bot.core.acts.download import seal_download
from bot.core.question import Asked
from bot.core.reads.audited import Logged, Seen, seen
from bot.core.rules.people import Role
from bot.core.rules.say import Say
from bot.core.rules.text import plain_key, split_long
from bot.features.rights.acts import correct
from bot.features.rights.acts import erase as rights
from bot.features.rights.acts import request as rights_requests
from bot.features.rights.acts.hand_out import hand_out_export
from bot.features.rights.reads.export import Export, export_person, exported_lately, still_held
from bot.features.rights.reads.held import READS_SHOWN, NothingHeld, Read, data_held, reads_of
from bot.features.rights.rules.rights import RightsKind, UnknownItem
from bot.store.outbox import Words
from bot.store.people import Person

__plugin_meta__ = plugin_meta("rights")


@dataclass(frozen=True, slots=True)
class ReadLine:
    """One line of 谁看过我的数据, in words."""

    read: Read
    role: str
    what: str
    why: str


@dataclass(frozen=True, slots=True)
class ReadsShown(Say):
    """Who read my data: the newest lines, and how many more the export has."""

    template: ClassVar[str] = "rights/reads"
    lines: tuple[ReadLine, ...]
    more: int


@dataclass(frozen=True, slots=True)
class ExportShown(Say):
    """Everything held, as readable text; long texts are split by the sender."""

    template: ClassVar[str] = "rights/export"
    export: Export


@dataclass(frozen=True, slots=True)
class ExportLong(Say):
    """What is held would fill so many messages that it is handed over as a file only."""

    template: ClassVar[str] = "rights/export_long"
    messages: int


@dataclass(frozen=True, slots=True)
class ExportPage(Say):
    """One page of what is held, where neither file nor link can be opened."""

    template: ClassVar[str] = "rights/export_page"
    number: int
    of: int
    text: str


@dataclass(frozen=True, slots=True)
class NoMore(Say):
    """Nothing is left to be shown, or nobody knows of what."""

    template: ClassVar[str] = "rights/no_more"
    of: int


MOST_MESSAGES: Final = 20
"""Messages in which an export is shown in chat; above it there is only the file."""
MESSAGE: Final = 1500
"""Characters of one message, for this count."""
A_PAGE: Final = 10
"""Messages that ``更多`` shows at once."""


def _in_messages(held: Export) -> list[str]:
    """The export as words for the chat, message by message."""
    return split_long(render(Words.of(ExportShown(held))), MESSAGE)


def _shown(held: Export) -> tuple[Words, int]:
    """The export as words for the chat; where they would be a flood, how many pages they are."""
    messages = len(_in_messages(held))
    if messages <= MOST_MESSAGES:
        return Words.of(ExportShown(held)), 0
    return Words.of(ExportLong(messages)), -(-messages // A_PAGE)


@command(
    "rights.view",
    "看我的数据",
    "我的数据",
    who=Who.ANYONE,
    where=Place.PRIVATE,
    writes=False,
    offer=Offer.KNOWN,
)
async def view(ctx: Context) -> Say:
    """What is held, kind by kind, with counts."""
    if ctx.actor.person_id is None:
        return NothingHeld()
    return await data_held(ctx.session, ctx.vault, ctx.me)


@command("rights.export", "导出我的数据", "导出", who=Who.ANYONE, where=Place.PRIVATE, offer=Offer.KNOWN, audited=True)
async def export(ctx: Context) -> Say | Seen:
    """Everything as text now, unless that would be a flood, and the zip right after it; made while others write."""
    if ctx.actor.person_id is None:
        return NothingHeld()
    held = await export_person(ctx.session, ctx.vault, ctx.me, now=ctx.now)
    content = await asyncio.to_thread(archive, held)
    shown, pages = await asyncio.to_thread(_shown, held)
    ctx.services.pages.put(_account(ctx), 1 if pages else 0)
    person = await ctx.session.get_one(Person, ctx.me)
    hand_out = partial(
        hand_out_export,
        made=await seal_download(ctx.session, ctx.vault, person, content),
        address=ctx.incoming.address,
        shown=shown,
        pages=pages,
        public_url=ctx.services.public_url,
        upload=ZIP if ctx.services.can_upload(ctx.incoming.bot_id) else "",
    )
    logged = Logged("rights.exported", Role.YOUTH, ctx.me, facts={"rows": held.counts()})
    return await seen(ctx.session, None, [logged], still_held(ctx.me), then=hand_out)


@command(
    "rights.more", "更多", who=Who.ANYONE, where=Place.PRIVATE, args=(Word("page", required=False),),
    offer=Offer.NOBODY, audited=True,
)  # fmt: skip
async def more(ctx: Context, page: str | None) -> Say | Seen:
    """The next page of an export, or the one that is named: what was seen last is in memory, and a restart loses it."""
    if ctx.actor.person_id is None:
        return NothingHeld()
    asked = await exported_lately(ctx.session, ctx.me, now=ctx.now)
    number = int(page[:4]) if page and page.isdecimal() else ctx.services.pages.next(_account(ctx), 1 if asked else 0)
    if not asked or not number:
        return NoMore(0)
    held = await export_person(ctx.session, ctx.vault, ctx.me, now=ctx.now)
    parts = await asyncio.to_thread(_in_messages, held)
    of, text = -(-len(parts) // A_PAGE), "".join(parts[(number - 1) * A_PAGE : number * A_PAGE])
    if not text:
        return NoMore(of)
    ctx.services.pages.put(_account(ctx), number + 1 if number < of else 0)
    logged = Logged("rights.exported", Role.YOUTH, ctx.me, facts={"rows": held.counts()})
    return await seen(ctx.session, ExportPage(number, of, text), [logged], still_held(ctx.me))


@command(
    "rights.correct",
    "更正",
    who=Who.KNOWN,
    where=Place.PRIVATE,
    args=(Word("item"), Rest("value")),
    offer=Offer.YOUTHS,
)
async def set_right(ctx: Context, item: str, value: str) -> Say | None:
    """称呼 and 年龄段 at once, 组织 as a request."""
    match plain_key(item):
        case "称呼" | "昵称" | "名字":
            said: Say | None = await correct.correct_name(ctx.unit, ctx.actor, value, table.reserved)
        case "年龄段" | "年龄":
            said = await correct.correct_age(ctx.unit, ctx.actor, ctx.account, value)
        case "组织" | "支部":
            return await rights_requests.correct_org(ctx.unit, ctx.actor, value)
        case _:
            raise UnknownItem
    if said is not None:
        person = await ctx.session.get_one(Person, ctx.me)
        await rights_requests.log_request(ctx.unit, person, RightsKind.CORRECT)
    return said


@question(correct.UNDER_14)
async def under_14(ctx: Context, asked: Asked, answer: str) -> Say:
    """Under 14, said twice."""
    return await correct.answer_under_14(ctx.unit, ctx.actor, asked, answer, hotlines=ctx.services.hotlines)


@command(
    "rights.erase",
    "删除我的数据",
    "删除",
    who=Who.ANYONE,
    where=Place.PRIVATE,
    offer=Offer.KNOWN,
    narrows=Narrows.ALONE,
)
async def erase(ctx: Context) -> Say | None:
    """Ask once."""
    return await rights.ask_erase(ctx.unit, ctx.actor, ctx.account)


@command("rights.confirm", "确认删除", who=Who.ANYONE, where=Place.PRIVATE, offer=Offer.NOBODY)
async def confirm(ctx: Context) -> Say:
    """Carry it out."""
    return await rights.confirm_erase(ctx.unit, ctx.actor, ctx.account)


@question(rights.QUESTION)
async def confirmed(ctx: Context, asked: Asked, answer: str) -> Say:
    """The question's own option."""
    return await rights.erase_confirmed(ctx.unit, ctx.actor, asked)


@command(
    "rights.reads",
    "谁看过我的数据",
    "谁看过",
    who=Who.ANYONE,
    where=Place.PRIVATE,
    writes=False,
    offer=Offer.KNOWN,
)
async def reads(ctx: Context) -> Say:
    """Reads by others: day, role, what kind, why; never a name."""
    if ctx.actor.person_id is None:
        return NothingHeld()
    found = await reads_of(ctx.session, ctx.me)
    other = labels()["read_why"]["other"]
    lines = tuple(
        ReadLine(r, named("role", r.role), _what(r.action), labels()["read_why"].get(_key(r.action), other))
        for r in found[:READS_SHOWN]
    )
    return ReadsShown(lines, max(0, len(found) - READS_SHOWN))


@command("rights.contact", "联系负责人", who=Who.ANYONE, never_relayed=True, where=Place.PRIVATE, offer=Offer.KNOWN)
async def contact(ctx: Context) -> Say:
    """A word with the privacy officer."""
    return await rights_requests.contact_officer(ctx.unit, ctx.actor)


@question(rights_requests.OFFICER)
async def officer_done(ctx: Context, asked: Asked, answer: str) -> Say:
    """The responsible person has been in touch."""
    return await rights_requests.answer_request(ctx.unit, ctx.actor, asked)


@question(rights_requests.ORG)
async def org_done(ctx: Context, asked: Asked, answer: str) -> Say:
    """The cadre has dealt with the correction."""
    return await rights_requests.answer_request(ctx.unit, ctx.actor, asked)


def _account(ctx: Context) -> tuple[str, str]:
    return ctx.incoming.channel, ctx.incoming.sender_id


def _key(action: str) -> str:
    return action.removeprefix("read.")


def _what(action: str) -> str:
    words = labels()["read_what"]
    return words.get(_key(action), words["other"])
