"""The router: finds the declared command or the open question that a message answers, and carries it out once."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from contextvars import ContextVar
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from loguru import logger

from bot.actions import crisis as crisis_actions
from bot.actions.prompt import Asked, close_question, open_question, put_next, put_unless_shown
from bot.actions.relay_open_says import RelayNotDelivered, RelayTooFast
from bot.actions.relay_words import HEAD, pass_on
from bot.chat.args import BadArguments, read_args
from bot.chat.context import Context, Services
from bot.chat.limits import CARDS_PER_MINUTE, Limits, Verdict
from bot.chat.nameless import Who
from bot.chat.relaying import Meant, Relaying, told
from bot.chat.replies import (
    NamelessCard,
    NotAnOption,
    NothingAsked,
    NotRecorded,
    SayInGroup,
    SayPrivately,
    SayYes,
    TooFast,
    TooOld,
    Unknown,
    Usage,
)
from bot.chat.table import Command, Place, Table
from bot.chat.text import command_texts, labels, render, render_refusal
from bot.domain.crisis import CrisisSign, find_crisis
from bot.domain.message import ChatKind, Incoming, Text
from bot.domain.prompt import match_option
from bot.domain.refusal import NotAllowed, Refusal
from bot.domain.say import Say
from bot.domain.text import after_slash, first_word, match_word, nearest, plain_key
from bot.queries.people import find_chat, identify
from bot.store.crossing import again
from bot.store.delivery import EventKey
from bot.store.outbox import Words
from bot.store.unit import Redelivered, Unit

STALE_AFTER_SECONDS: Final = 600
"""A command found in the history older than this is answered, not carried out (reliability section 5)."""
CRISIS_PATIENCE: Final = 3.0
"""Seconds that words of danger wait for the database; an event is given up after five."""
OPTION_MARKS: Final = "①②③④⑤⑥⑦⑧⑨123456789１２３４５６７８９"


@dataclass(frozen=True, slots=True)
class Match:
    """A command found in a message, and the user's own words after it; ``command`` None for any other private text."""

    command: Command | None
    rest: str
    place: int = 0
    """When it came, in the order of everything that goes out: what was queued later cannot be what it answers."""


@dataclass(slots=True)
class _Fate:
    """What became of the message that a task carries out: a cancelled commit is often a done commit."""

    recorded: bool = False

    def committed(self) -> None:
        """Called after a commit."""
        self.recorded = True


_fate: Final[ContextVar[_Fate]] = ContextVar("fate")


class Router:
    """Recognises and handles; knows no platform."""

    def __init__(self, services: Services, table: Table) -> None:
        self.services = services
        self.table = table
        self.limits = Limits(on=services.paced)
        self.relaying = Relaying(services, table)
        self._cards = Limits(on=services.paced, per_user=CARDS_PER_MINUTE)
        self._words = table.words

    # --- recognising: synchronous and cheap, called for every message ------------------------------------------------

    def recognise(self, incoming: Incoming) -> Match | None:
        """Whether this message is ours. In a group: ``/word`` or an @ of the bot; in private: everything."""
        found = self._find(incoming)
        return None if found is None else replace(found, place=self.services.store.position())

    def _find(self, incoming: Incoming) -> Match | None:
        if incoming.kind is ChatKind.PRIVATE:
            found = self._lookup(after_slash(incoming.text) or incoming.text)
            return found or Match(self.table.by_shape(incoming.text), incoming.text)
        told = after_slash(incoming.text)
        if told is None:
            if not incoming.to_bot:
                return None
            return self._lookup(incoming.text) or Match(None, incoming.text)
        found = self._lookup(told)
        if found is None and incoming.to_bot:
            return Match(None, told)
        return found

    def _lookup(self, text: str) -> Match | None:
        found = match_word(text, self._words)
        return Match(*found) if found else None

    # --- handling ----------------------------------------------------------------------------------------------------

    async def handle(self, incoming: Incoming, match: Match) -> None:
        """Carry out a message that is ours; every failure ends in one plain sentence and one log line."""
        fate = _Fate()
        _fate.set(fate)
        try:
            await self._handle(incoming, match)
        except Redelivered:
            return
        except asyncio.CancelledError:
            if not fate.recorded:
                self.give_up(incoming, match)
            raise
        except Exception as error:
            self._not_recorded(incoming, match, error)

    def give_up(self, incoming: Incoming, match: Match) -> None:
        """Its deadline passed before anything was recorded: nobody is left without a word."""
        self._not_recorded(incoming, match, None)

    def _not_recorded(self, incoming: Incoming, match: Match, error: Exception | None) -> None:
        code, name = secrets.token_hex(3), match.command.id if match.command else "text"
        logger.opt(exception=error).error("command {} failed, code {}", name, code)
        self._answer(incoming, NotRecorded(code))

    async def _handle(self, incoming: Incoming, match: Match) -> None:
        private, alarm = incoming.kind is ChatKind.PRIVATE, False
        misplaced = match.command is not None and self._wrong_place(incoming, match.command) is not None
        if not incoming.from_history and (private or match.command is None or misplaced):
            sign = find_crisis(incoming.text, self.services.crisis_words)
            if sign is not None and not private:
                await self._alarm_in_group(incoming, match.command, sign)
                if not misplaced:
                    return
            elif sign is not None:
                if match.command is None and await self._answers_the_card(incoming, match.place):
                    return
                if await self._meant_nameless(incoming, match.command):
                    self._nameless_card(incoming, sign)
                else:
                    await self._crisis(incoming, sign)
                    alarm = True
        if private and await self._is_for_other(incoming, match, alarm=alarm):
            return
        if alarm and match.command is None:
            return
        verdict = self.limits.check(
            self.services.clock.monotonic(),
            (incoming.channel, incoming.sender_id),
            None if private else (incoming.channel, incoming.bot_id, incoming.chat_id),
        )
        if verdict is not Verdict.GO:
            if verdict is Verdict.TELL:
                self._answer(incoming, TooFast())
            return
        if match.command is None:
            await self._other_text(incoming, match.place)
            return
        if incoming.from_history and self._is_stale(incoming):
            if not await self._was_carried_out(incoming):
                self._answer(incoming, TooOld())
            return
        await again(partial(self._command, incoming, match.command, match))

    async def _alarm_in_group(self, incoming: Incoming, command: Command | None, sign: CrisisSign) -> None:
        """Said to the bot by @, or with a command that belongs in private: the answer is for one person alone."""
        if incoming.sender_anonymous:
            return
        if command is not None and command.nameless:
            self._nameless_card(_aside(incoming), sign)
        else:
            await self._crisis(_aside(incoming), sign)

    async def _is_for_other(self, incoming: Incoming, match: Match, *, alarm: bool) -> bool:
        """Whether these words were for the other side of a relay; they are passed on, after the card if there was one.

        ``alarm``: the card has gone out, and whatever happens now must not look as if it had not.
        """
        meant = Meant.BOT
        try:
            meant = await self.relaying.meant(incoming, match.command, match.rest)
            if meant is Meant.OTHER:
                await again(partial(self._pass_on, incoming, match.place, danger=alarm))
            elif meant is Meant.TOO_FAST:
                self._answer(incoming, RelayTooFast())
        except Redelivered:
            raise
        except Exception as error:
            if not alarm:
                raise
            logger.opt(exception=error).error("words were not passed on after the card")
            if meant is Meant.OTHER:
                self._answer(incoming, RelayNotDelivered(incoming.text.strip()[:HEAD]))
            return meant is Meant.OTHER or match.command is None
        return meant is not Meant.BOT

    async def _pass_on(self, incoming: Incoming, place: int, *, danger: bool) -> None:
        if incoming.from_history and self._is_stale(incoming):
            self._answer(incoming, TooOld())
            return
        words = told(incoming, place, signs=OPTION_MARKS, danger=danger)
        async with self.services.store.unit(self._key(incoming), now=self.services.clock.now()) as unit:
            ctx = await self._context(incoming, unit)
            result = await pass_on(unit, ctx.actor, words, hotlines=self.services.hotlines)
            await _say_all(result, self._replier(unit, ctx))

    async def _was_carried_out(self, incoming: Incoming) -> bool:
        """Whether this event had its effect when it came; its receipt was given then."""
        async with self.services.store.read() as session:
            return await session.get(EventKey, self._key(incoming)) is not None

    def _is_stale(self, incoming: Incoming) -> bool:
        return self.services.clock.now().timestamp() - incoming.sent_at > STALE_AFTER_SECONDS

    async def _crisis(self, incoming: Incoming, sign: CrisisSign) -> None:
        """The crisis card, before anything else and at any hour, whatever the database does (P27)."""
        account = (incoming.channel, incoming.sender_id)
        if self._cards.check(self.services.clock.monotonic(), account, None) is not Verdict.GO:
            return
        try:
            async with asyncio.timeout(CRISIS_PATIENCE):
                await self._open_crisis(incoming, sign)
        except Redelivered:
            return
        except Exception as error:
            logger.opt(exception=error).error("a crisis could not be opened; the numbers to call go out alone")
            lines = crisis_actions.on_card(self.services.hotlines)
            self._answer(incoming, crisis_actions.CrisisCard(sign.kind, lines, offer=False, called=False))

    async def _meant_nameless(self, incoming: Incoming, command: Command | None) -> bool:
        """Whether words of danger were written to be anonymous: by a command, or as the answer to such a question."""
        if command is not None:
            return command.nameless
        question = self.services.nameless.passing.open(_who(incoming), self.services.clock.monotonic())
        try:
            async with asyncio.timeout(CRISIS_PATIENCE), self.services.store.read() as session:
                ctx = await self._reading(incoming, session)
                if ctx.account is not None:
                    asked = await open_question(session, ctx.vault, ctx.account.id, now=ctx.now)
                    question = asked or question
        except Exception as error:  # then it cannot be opened in anybody's name either
            logger.opt(exception=error).error("what is asked could not be looked up")
        return question is not None and self.table.questions[question.kind].nameless

    def _nameless_card(self, incoming: Incoming, sign: CrisisSign) -> None:
        """The numbers at once, from memory; nothing is opened, and no row says who was given them (13.3)."""
        account = (incoming.channel, incoming.sender_id)
        if self._cards.check(self.services.clock.monotonic(), account, None) is Verdict.GO:
            self._answer(incoming, NamelessCard(sign.kind, crisis_actions.on_card(self.services.hotlines)))

    async def _open_crisis(self, incoming: Incoming, sign: CrisisSign) -> None:
        async with self.services.store.unit(self._key(incoming, "crisis")) as unit:
            ctx = await self._context(incoming, unit)
            card = await crisis_actions.open_crisis(unit, ctx.actor, ctx.account, sign, hotlines=self.services.hotlines)
            if card is not None:
                await self._reply(unit, ctx, card, priority=0, name="crisis")

    async def _answers_the_card(self, incoming: Incoming, place: int) -> bool:
        """``1 我真的不想活了``: the answer to a card that was sent already goes before a second card."""
        if incoming.text.strip()[:1] not in OPTION_MARKS:
            return False
        store, now = self.services.store, self.services.clock.now()
        async with store.read() as session:
            ctx = await self._reading(incoming, session)
            if ctx.account is None:
                return False
            question = await open_question(session, store.vault, ctx.account.id, now=now)
        if question is None or question.kind != crisis_actions.QUESTION or not incoming.text.strip():
            return False
        return (await again(partial(self._answer_question, incoming, place)))[0]

    async def _wants_after_all(self, incoming: Incoming) -> bool:
        """要 said some time after 先不要: nothing is open for it any more, yet it counts until the crisis ends (P27).

        A number might have been meant for anything: it calls nobody, but is told the word that does.
        """
        told = plain_key(incoming.text).strip("。.!,~ ")
        if told not in labels()["crisis_later"]["want_contact"].split() and told not in ("1", "①"):
            return False
        store, now = self.services.store, self.services.clock.now()
        async with store.read() as session:
            ctx = await self._reading(incoming, session)
            crisis_id = await crisis_actions.refused(session, ctx.account, now=now)
            if crisis_id is None or ctx.account is None:
                return False
            question = await open_question(session, store.vault, ctx.account.id, now=now)
        question = question or self.services.nameless.passing.open(_who(incoming), self.services.clock.monotonic())
        if question is not None and (told in ("1", "①") or self._option(question, told) in question.options):
            return False
        if told in ("1", "①"):
            self._answer(incoming, SayYes())
            return True
        async with store.unit(self._key(incoming), now=now) as unit:
            ctx = await self._context(incoming, unit)
            say = await crisis_actions.want_after_all(unit, ctx.actor, crisis_id, hotlines=self.services.hotlines)
            await self._reply(unit, ctx, say, priority=0)
        return True

    async def _other_text(self, incoming: Incoming, place: int) -> None:
        """Private words that are no command: the answer to an open question, or something unknown."""
        word = first_word(incoming.text)[0]
        private, options = incoming.kind is ChatKind.PRIVATE, 0
        if private:
            if await self._wants_after_all(incoming):
                return
            done, options = await again(partial(self._answer_question, incoming, place))
            if not done and not options:
                done, options = await self._answer_passing(incoming)
            if done:
                return
            if word and all(c in OPTION_MARKS for c in word):
                self._answer(incoming, NotAnOption(options) if options else NothingAsked())
                return
        known = [c.words[0] for c in self.table.commands.values() if c.where & _place(incoming)]
        self._answer(incoming, Unknown(nearest(word, known), private, bool(word), options))

    async def _answer_question(self, incoming: Incoming, place: int) -> tuple[bool, int]:
        """Whether these words were taken as an answer; if not, how many options the open question has."""
        store, now = self.services.store, self.services.clock.now()
        async with store.read() as session:
            ctx = await self._reading(incoming, session)
            if ctx.account is None:
                return False, 0
            question = await open_question(session, store.vault, ctx.account.id, now=now)
        answer = self._option(question, incoming.text) if question is not None else None
        if question is None:
            return False, 0
        if place < self.services.nameless.ended.place(question.account_id):
            return True, 0  # the second tap on what is over; this question was put again after it
        if answer is None:
            return False, len(question.options)
        nameless = self.table.questions[question.kind].nameless
        try:
            async with store.unit(self._key(incoming), now=now) as unit:
                ctx = await self._context(incoming, unit)
                if await put_unless_shown(unit, question, before=place) and await close_question(unit, question):
                    result = await self.table.questions[question.kind].handler(ctx, question, answer)
                    await _say_all(result, self._replier(unit, ctx))
                    calm = question.kind == crisis_actions.QUESTION
                    await put_next(unit, question.account_id, calm=calm, traceless=nameless)
            if nameless:
                self.services.nameless.ended.note(question.account_id, store.position())
        except Refusal as refusal:  # rolled back: the question stays open
            self._say(incoming, render_refusal(refusal))
        return True, 0

    async def _answer_passing(self, incoming: Incoming) -> tuple[bool, int]:
        """The same for a question that is held in memory only, so that no row ties an account to it."""
        who, passing = _who(incoming), self.services.nameless.passing
        asked = passing.open(who, self.services.clock.monotonic())
        answer = self._option(asked, incoming.text) if asked is not None else None
        if asked is None or answer is None:
            return False, 0 if asked is None else len(asked.options)
        until, store = passing.until(who), self.services.store
        passing.close(who)
        question = self.table.questions[asked.kind]
        try:
            if question.unwritten:
                async with store.read() as session:
                    ctx = await self._reading(incoming, session)
                    await _say_all(await question.handler(ctx, asked, answer), self._quick(incoming))
            else:
                async with store.unit(self._key(incoming), now=self.services.clock.now()) as unit:
                    ctx = await self._context(incoming, unit)
                    await _say_all(await question.handler(ctx, asked, answer), self._replier(unit, ctx))
        except Refusal as refusal:
            passing.put_back(who, asked, until)
            self._say(incoming, render_refusal(refusal))
        except BaseException:
            passing.put_back(who, asked, until)
            raise
        return True, 0

    def _option(self, question: Asked, text: str) -> str | None:
        words = labels().get("option_" + question.kind.replace(".", "_"), {})
        found = match_option(text, question.options, words, lenient=self.table.questions[question.kind].lenient)
        if found is not None:
            return found
        return (text.strip() or None) if question.takes_text else None

    async def _command(self, incoming: Incoming, command: Command, match: Match) -> None:
        problem = self._wrong_place(incoming, command)
        if problem is not None:
            self._answer(incoming, problem)
            return
        try:
            values = read_args(command.args, match.rest)
        except BadArguments:
            texts = command_texts()[command.id]
            self._answer(incoming, Usage(texts["usage"], texts["example"]))
            return
        try:
            if command.writes:
                async with self.services.store.unit(self._key(incoming), now=self.services.clock.now()) as unit:
                    ctx = await self._context(incoming, unit)
                    ctx.place = match.place
                    await self._run(ctx, command, values, self._replier(unit, ctx))
            else:
                async with self.services.store.read() as session:
                    ctx = await self._reading(incoming, session)
                    await self._run(ctx, command, values, self._quick(incoming))
        except Refusal as refusal:
            await self._refuse(incoming, command, refusal)

    async def _run(
        self, ctx: Context, command: Command, values: dict[str, Any], reply: Callable[[Say], Awaitable[None]]
    ) -> None:
        if not command.who.allows(ctx.actor):
            private = ctx.incoming.kind is ChatKind.PRIVATE  # in a group nobody learns who is known to the bot
            raise NotAllowed(needs=command.who.value, known=private and ctx.actor.known)
        if _needs_link(command, ctx):
            await reply(SayInGroup(command.words[0], linked=True))
            return
        await _say_all(await command.handler(ctx, **values), reply)

    async def _refuse(self, incoming: Incoming, command: Command, refusal: Refusal) -> None:
        """Say the refusal; a refused right of a known person leaves an audit row too."""
        if refusal.denial:
            now = self.services.clock.now()
            async with self.services.store.unit(self._key(incoming), now=now) as unit:
                ctx = await self._context(incoming, unit)
                if ctx.actor.known:
                    await unit.audit(ctx.actor, "denied", ref=command.id, code=refusal.code)
        self._say(incoming, render_refusal(refusal))

    # --- helpers -----------------------------------------------------------------------------------------------------

    def _wrong_place(self, incoming: Incoming, command: Command) -> Say | None:
        if incoming.kind is ChatKind.GROUP and not command.where & (Place.GROUP | Place.LINKED):
            return SayPrivately(command.words[0])
        if incoming.kind is ChatKind.PRIVATE and not command.where & Place.PRIVATE:
            return SayInGroup(command.words[0], linked=False, anywhere=bool(command.where & Place.GROUP))
        return None

    def _key(self, incoming: Incoming, purpose: str = "") -> bytes:
        return self.services.store.event_key(
            incoming.channel,
            incoming.bot_id,
            f"{incoming.kind}:{incoming.chat_id}",
            incoming.sender_id,
            incoming.message_id,
            incoming.sent_at,
            *([purpose] if purpose else []),
        )

    async def _context(self, incoming: Incoming, unit: Unit) -> Context:
        ctx = await self._reading(incoming, unit.session)
        ctx.unit_or_none = unit
        unit.after_commit(_fate.get(_Fate()).committed)
        unit.spoken_to, unit.speaker_id = incoming.address, ctx.actor.person_id
        ctx.now = unit.now
        return ctx

    async def _reading(self, incoming: Incoming, session: Any) -> Context:
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
                session, channel=incoming.channel, bot_id=incoming.bot_id, native_id=incoming.chat_id
            )
        return Context(self.services, incoming, who.actor, who.account, chat, now, session, who=who)

    def _replier(self, unit: Unit, ctx: Context) -> Callable[[Say], Awaitable[None]]:
        async def reply(say: Say) -> None:
            await self._reply(unit, ctx, say)

        return reply

    def _quick(self, incoming: Incoming) -> Callable[[Say], Awaitable[None]]:
        async def reply(say: Say) -> None:
            self._answer(incoming, say)

        return reply

    async def _reply(self, unit: Unit, ctx: Context, say: Say, *, priority: int = 1, name: str = "rcpt") -> None:
        """The receipt: a row of the same transaction, at least once."""
        key = unit.key.hex() if unit.key else ""
        unit.replies += 1
        await unit.push(
            ctx.incoming.address,
            say,
            idem_key=f"{name}:{key}:{unit.replies}",
            cls="L",
            kind="reply",
            priority=priority,
            person_id=ctx.actor.person_id,
            key_id=None if ctx.actor.person_id in unit.forgotten else ctx.key_id,
        )

    def _answer(self, incoming: Incoming, say: Say) -> None:
        self._say(incoming, render(Words.of(say)))

    def _say(self, incoming: Incoming, text: str) -> None:
        self.services.answer(incoming.address, (Text(text),))


async def _say_all(result: Any, reply: Callable[[Say], Awaitable[None]]) -> None:
    """A handler's result: one Say, several, or nothing."""
    for say in result if isinstance(result, tuple | list) else (result,):
        if say is not None:
            await reply(say)


def _who(incoming: Incoming) -> Who:
    """The private chat in which something is asked."""
    return incoming.channel, incoming.bot_id, incoming.sender_id


def _needs_link(command: Command, ctx: Context) -> bool:
    """Whether the command belongs into a linked group and this group is not one."""
    if ctx.incoming.kind is not ChatKind.GROUP or command.where & Place.GROUP:
        return False
    return ctx.chat is None or ctx.chat.state != "linked"


def _aside(incoming: Incoming) -> Incoming:
    """The same words as if they had been said in private, so that nobody else reads the answer."""
    return replace(
        incoming, kind=ChatKind.PRIVATE, chat_id=incoming.sender_id, via_group=incoming.chat_id, to_bot=False
    )


def _place(incoming: Incoming) -> Place:
    return Place.PRIVATE if incoming.kind is ChatKind.PRIVATE else Place.GROUP | Place.LINKED
