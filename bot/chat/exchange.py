"""One message and what goes back: its key, what is read for it, and its answer by a row or from memory."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select

from bot.chat.context import Context, Services
from bot.chat.picture import sketch
from bot.chat.replies import SendsLater
from bot.chat.text import render, render_refusal
from bot.clock import SHANGHAI
from bot.core.reads.people import find_chat, identify
from bot.core.rules.message import ChatKind, Incoming, Moment, Sketch, Text
from bot.core.rules.refusal import Refusal
from bot.core.rules.say import Say
from bot.store.delivery import EventKey
from bot.store.dialect import insert_ignore
from bot.store.outbox import Words
from bot.store.people import Account
from bot.store.unit import Redelivered, Unit

STALE_AFTER_SECONDS: Final = 600
"""A command found in the history older than this is answered, not carried out (reliability section 5)."""


@dataclass(slots=True)
class Fate:
    """What became of the message that a task carries out: a cancelled commit is often a done commit."""

    recorded: bool = False

    def committed(self) -> None:
        """Called after a commit."""
        self.recorded = True


fate: Final[ContextVar[Fate]] = ContextVar("fate")


class Exchange:
    """What every way of handling a message needs; knows no command."""

    def __init__(self, services: Services) -> None:
        self.services = services

    def key(self, incoming: Incoming, purpose: str = "") -> bytes:
        """The event key: with it, a message that is delivered twice has its effect once (reliability section 4)."""
        return self.services.store.message_key(incoming, *([purpose] if purpose else []))

    def same_words(self, incoming: Incoming) -> bytes:
        """The same words of the same person in the same second: a history may tell them again under another id."""
        here, who = f"said:{incoming.chat_id}", incoming.sender_id
        at = incoming.sent_at or incoming.message_id  # without a time nothing tells two of them apart
        bot = incoming.bot_id if incoming.kind is ChatKind.PRIVATE else ""  # a group is the same to all our bots
        return self.services.store.event_key(incoming.channel, bot, here, who, incoming.text, at)

    async def was_carried_out(self, incoming: Incoming) -> bool:
        """Whether these words, found in the history, had their effect when they came; their receipt was given then."""
        keys = (self.key(incoming), self.same_words(incoming))
        async with self.services.store.read() as session:
            found = await session.execute(select(EventKey.key).where(EventKey.key.in_(keys)).limit(1))
            return found.first() is not None

    async def note(self, incoming: Incoming) -> None:
        """Remember that these words were answered, though nothing was recorded: a history must not repeat them."""
        with suppress(Redelivered):
            async with self.services.store.unit(self.key(incoming)) as unit:
                await self.note_words(unit, incoming)

    async def note_words(self, unit: Unit, incoming: Incoming) -> None:
        """The same words under another id are not carried out again."""
        row = insert_ignore(unit.session, EventKey).values(key=self.same_words(incoming), day=unit.now.date())
        await unit.session.execute(row)

    async def context(self, incoming: Incoming, unit: Unit) -> Context:
        """Who speaks where, in the unit that carries the message out; the fate of the message hangs on its commit."""
        ctx = await self._who(incoming, unit.session)
        ctx.unit_or_none = unit
        if ctx.account is not None and ctx.who is not None and not ctx.who.asked:
            unit.unasked.add(ctx.account.id)
        unit.after_commit(fate.get(Fate()).committed)
        if ctx.account is not None and unit.traceless:
            unit.speaks(ctx.account, incoming.address)
        elif ctx.account is not None:
            await unit.hears(ctx.account, incoming.address)
        else:
            unit.spoken_to = incoming.address
        if incoming.from_history:
            sequence = incoming.sequence if incoming.kind is ChatKind.GROUP else None  # each chat counts for itself
            unit.said = Moment(said_at(incoming, unit.now), sequence)
        if incoming.kind is ChatKind.GROUP and unit.key is not None:
            await self.note_words(unit, incoming)
        ctx.now = unit.now
        return ctx

    async def reading(self, incoming: Incoming, session: Any) -> Context:
        """Who speaks where, for reading only."""
        ctx = await self._who(incoming, session)
        await self.heard(ctx.account, incoming)
        return ctx

    async def heard(self, account: Account | None, incoming: Incoming) -> None:
        """Remember by which bot this account is to be written to, when that has changed and nothing else is written."""
        if account is None or incoming.kind is not ChatKind.PRIVATE or account.bot_id == incoming.bot_id:
            return
        async with self.services.store.unit() as unit:
            there = await unit.session.get(Account, account.id)
            if there is not None:
                await unit.hears(there, incoming.address)

    async def _who(self, incoming: Incoming, session: Any) -> Context:
        now = self.services.clock.now()
        store = self.services.store
        who = await identify(
            session,
            store.vault,
            channel=incoming.channel,
            scope="",
            native_id="" if incoming.sender_anonymous else incoming.sender_id,
            now=now,
        )
        chat = None
        if incoming.kind is ChatKind.GROUP:
            chat = await find_chat(
                session, channel=incoming.channel, bot_id=incoming.home_bot, native_id=incoming.chat_id
            )
        return Context(self.services, incoming, who.actor, who.account, chat, now, session, who=who)

    def replier(self, unit: Unit, ctx: Context, *, nameless: bool = False) -> Callable[[Say], Awaitable[None]]:
        """Answers by rows of this unit; ``nameless``: from memory once it is done, as a row would name who was told."""

        async def reply(say: Say) -> None:
            if nameless:
                unit.after_commit(lambda: self.answer(ctx.incoming, say))
            else:
                await self.reply(unit, ctx, say)

        return reply

    def quick(self, incoming: Incoming) -> Callable[[Say], Awaitable[None]]:
        """Answers from memory."""

        async def reply(say: Say) -> None:
            self.answer(incoming, say)

        return reply

    async def reply(self, unit: Unit, ctx: Context, say: Say, *, priority: int = 1, name: str = "rcpt") -> None:
        """The receipt: a row of the same transaction, at least once."""
        if not say.leads_to_nobody:
            unit.after_commit(lambda: self._note_shown(ctx.incoming, say))
        else:
            await unit.push(ctx.incoming.address, say, kind="reply", priority=priority, nameless=True)
            return
        key = unit.key.hex() if unit.key else ""
        unit.replies += 1
        aside = say.aside and ctx.account is not None and ctx.incoming.kind is ChatKind.GROUP
        await unit.push(
            ctx.incoming.address,
            say,
            idem_key=f"{name}:{key}:{unit.replies}",
            cls="L",
            kind="reply",
            priority=priority,
            person_id=ctx.actor.person_id,
            key_id=None if ctx.actor.person_id in unit.forgotten else ctx.key_id,
            fallback=(await unit.private_address(ctx.account), say) if aside and ctx.account else None,
        )

    async def say_what_waits(self, unit: Unit, ctx: Context) -> None:
        """After the receipt, say that the message to somebody else still waits; nothing is lost."""
        if unit.held and unit.by_name:
            await self.reply(unit, ctx, SendsLater())

    def answer(self, incoming: Incoming, say: Say) -> None:
        """From memory: nothing depends on it."""
        words = Words.of(say)
        self._say(incoming, render(words))
        if say.picture and self.services.pictures:
            self.services.answer(incoming.address, (Sketch(sketch(say.picture, words)),))
        self._note_shown(incoming, say)

    def _note_shown(self, incoming: Incoming, say: Say) -> None:
        """What a digit may open and 刚才那个 may mean; a group's members would mean each their own."""
        if incoming.kind is not ChatKind.PRIVATE:
            return
        who, recent = (incoming.channel, incoming.bot_id, incoming.sender_id), self.services.recent
        at = self.services.clock.monotonic()
        if say.listed:
            recent.shows(who, say.listed, say.opened_by, place=self.services.store.position(), at=at)
        if say.ref_told:
            recent.names(who, say.ref_told[1:], at=at)

    def say_words(self, incoming: Incoming, words: Words) -> None:
        """The same for what was put into words before."""
        self._say(incoming, render(words))

    def refuse(self, incoming: Incoming, refusal: Refusal) -> None:
        """What happened and the next step, from memory."""
        self._say(incoming, render_refusal(refusal))

    def _say(self, incoming: Incoming, text: str) -> None:
        self.services.answer(incoming.address, (Text(text),))


def said_at(incoming: Incoming, now: datetime) -> datetime:
    """When it was said, by the platform; never in the future."""
    return min(now, datetime.fromtimestamp(incoming.sent_at, SHANGHAI)) if incoming.sent_at else now


async def say_all(result: Any, reply: Callable[[Say], Awaitable[None]]) -> None:
    """A handler's result: one Say, several, or nothing."""
    for say in result if isinstance(result, tuple | list) else (result,):
        if say is not None:
            await reply(say)


def is_late(incoming: Incoming, now: datetime) -> bool:
    """Whether this was found in the history long after it was said."""
    return incoming.from_history and now.timestamp() - incoming.sent_at > STALE_AFTER_SECONDS
