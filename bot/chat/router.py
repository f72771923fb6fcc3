"""The router: what becomes of a message that is ours: danger first, then a relay, an open question, a command."""

import asyncio
import secrets
from collections.abc import Hashable
from dataclasses import replace
from functools import partial

from loguru import logger

from bot.chat.addressed import Addressed
from bot.chat.command_run import CommandRun
from bot.chat.content import Content
from bot.chat.context import Services
from bot.chat.danger import Danger
from bot.chat.exchange import Exchange, Fate, fate, is_late, say_all
from bot.chat.limits import Limits, Verdict
from bot.chat.loops import Loops, is_auto_reply
from bot.chat.not_understood import NotUnderstood
from bot.chat.picks import Picks
from bot.chat.questions import Questions
from bot.chat.recognise import Match, Recogniser
from bot.chat.relaying import Meant, Relaying, told
from bot.chat.replies import NotRecorded, SilentNow, TooFast, TooOld, WhoSaidIt
from bot.chat.speech import Speech
from bot.chat.table import Command, Table
from bot.core.rules.crisis import CrisisSign
from bot.core.rules.message import ChatKind, Incoming
from bot.features.relay.acts.pass_on import HEAD, RelayNotDelivered, RelayTooFast, pass_on
from bot.store.crossing import again
from bot.store.unit import Redelivered


class Router:
    """Leads each message its way; knows no platform."""

    def __init__(self, services: Services, table: Table) -> None:
        self.services = services
        self.table = table
        self.limits = Limits(on=services.paced)
        self._loops = Loops(on=services.paced)
        self.relaying = Relaying(services, table)
        self._exchange = Exchange(services)
        self._commands = CommandRun(self._exchange)
        self._questions = Questions(self._exchange, table)
        self._picks = Picks(self._exchange, self._questions, self._commands, table)
        self._content = Content(services.store, table.words)
        self._danger = Danger(self._exchange, self._questions, table)
        self._not_understood = NotUnderstood(
            self._exchange, self._questions, self._danger, Speech(self._exchange, self._commands, table), table
        )
        recogniser = Recogniser(services, table)
        self.recognise, self.protects, self._lines = recogniser.recognise, recogniser.protects, recogniser.lines

    async def handle(self, incoming: Incoming, match: Match) -> None:
        """Carry out a message that is ours; every failure ends in one plain sentence and one log line."""
        own = Fate()
        fate.set(own)
        try:
            for part, order in await self._parts(incoming, match):
                await self._handle(part, order)
        except Redelivered:
            return
        except asyncio.CancelledError:
            if not own.recorded:
                self.give_up(incoming, match)
            raise
        except Exception as error:
            self._not_recorded(incoming, match, error)

    async def _parts(self, incoming: Incoming, match: Match) -> list[tuple[Incoming, Match]]:
        """A message, or the commands on its lines, each with its own receipt: what narrows goes first.

        What was asked for as content is never taken apart, nor are words of danger.
        """
        lines = self._lines(incoming) if "\n" in incoming.text else []
        if not lines or self._sign_of_danger(incoming) is not None:
            return [(incoming, match)]
        whole = Match(None, incoming.text)
        return (
            [(incoming, match)] if await self._content.is_content(Addressed(self.services, incoming), whole) else lines
        )

    def give_up(self, incoming: Incoming, match: Match) -> None:
        """Its deadline passed before anything was recorded: nobody is left without a word."""
        if not match.plain:  # else nobody knows whether it was meant for us
            self._not_recorded(incoming, match, None)

    def _not_recorded(self, incoming: Incoming, match: Match, error: Exception | None) -> None:
        code, name = secrets.token_hex(3), match.command.id if match.command else "text"
        logger.opt(exception=error).error("command {} failed, code {}", name, code)
        self._exchange.answer(incoming, NotRecorded(code))

    async def _handle(self, incoming: Incoming, match: Match) -> None:
        private, alarm = incoming.kind is ChatKind.PRIVATE, False
        addressed = Addressed(self.services, incoming)
        if incoming.from_history and await self._exchange.was_carried_out(incoming):
            return
        if match.plain:
            told = await self._plainly_meant(incoming, match)
            if told is None:
                return
            match = replace(match, rest=told, plain=False)
        if _is_nobodys(incoming, match.command):
            self._exchange.answer(incoming, WhoSaidIt())
            return
        sign = self._sign_of_danger(incoming)
        if is_auto_reply(incoming.text):  # nobody has said it: no answer to a question, nothing to pass on
            verdict = self._loops.unknown(*self._heard(incoming), incoming.text)
            if sign is not None and private and verdict is Verdict.GO:
                await self._danger.alarm(incoming, sign)
            return
        if sign is not None and not private:
            await self._danger.alarm_in_group(incoming, match.command, sign)
            if match.command is None:
                return
        elif sign is not None and not await self._danger.tells_of_others(addressed, match.command):
            if match.command is None and await self._danger.answers_the_card(addressed, match.place):
                return
            if await self._danger.meant_nameless(addressed, match.command):
                self._danger.nameless_card(incoming, sign)
            else:
                await self._danger.alarm(incoming, sign)
                alarm = True
        if sign is not None and incoming.from_history and not (match.command and match.command.narrows):
            return  # what protects is heard late, and nothing beside it
        if private and not alarm and await self._content.is_content(addressed, match):
            match = replace(match, command=None)
        elif private and await self._is_for_other(addressed, match, alarm=alarm):
            return
        if alarm and match.command is None:
            return
        if not await self._may_go_on(addressed, match.command):
            return
        if match.command is None:
            await self._other_text(addressed, match.place)
            return
        if not match.command.narrows and self._is_late(incoming):
            self._exchange.answer(incoming, TooOld())
            return
        loose = match.loose and not match.command.never_relayed  # 停止记录 is no answer to anything else
        by_word = partial(self._questions.answer_by_word, addressed, match.place, loose=loose)
        if private and (loose or not match.rest) and await again(by_word):
            return
        self._loops.known(self._heard(incoming)[1])
        if match.command.writes or self._says_on(incoming, self._loops.same(*self._heard(incoming), incoming.text)):
            await again(partial(self._commands.carry_out, incoming, match.command, match))
        if match.command.narrows is not None and not fate.get().recorded:
            await self._exchange.note(incoming)

    async def _plainly_meant(self, incoming: Incoming, match: Match) -> str | None:
        """The arguments of a command that a group's words may be; None: ordinary speech, nothing is kept of it."""
        if match.command is None or match.command.plain is None or not incoming.sender_id:
            return None
        async with self.services.store.read() as session:
            return await match.command.plain.meant(await self._exchange.reading(incoming, session))

    async def _may_go_on(self, addressed: Addressed, command: Command | None) -> bool:
        """Whether this is within the limits. Words of somebody known that narrow or protect are never limited: neither
        by what others say in the group nor by what they said themselves.
        """
        incoming = addressed.incoming
        narrows, private = command is not None and command.narrows is not None, incoming.kind is ChatKind.PRIVATE
        verdict = self.limits.check(
            self.services.clock.monotonic(),
            (incoming.channel, incoming.sender_id),
            None if private or narrows else (incoming.channel, incoming.bot_id, incoming.chat_id),
        )
        if verdict is Verdict.GO or (narrows and (await addressed.found()).who.actor.known):
            return True
        if verdict is Verdict.TELL:
            self._exchange.answer(incoming, TooFast())
        return False

    def _sign_of_danger(self, incoming: Incoming) -> CrisisSign | None:
        """Words of danger in whatever is ours: private or group, a command or not, however late they are read."""
        return self.services.danger(incoming)

    async def _is_for_other(self, addressed: Addressed, match: Match, *, alarm: bool) -> bool:
        """Whether these words were for the other side of a relay; they are passed on, after the card if there was one.

        ``alarm``: the card has gone out, and whatever happens now must not look as if it had not.
        """
        meant, incoming = Meant.BOT, addressed.incoming
        try:
            own = match.command if not match.loose or (match.command and match.command.never_relayed) else None
            meant = await self.relaying.meant(addressed, own, match.rest)
            if meant is Meant.OTHER:
                await again(partial(self._pass_on, incoming, match.place, danger=alarm))
            elif meant is Meant.TOO_FAST:
                self._exchange.answer(incoming, RelayTooFast())
        except Redelivered:
            raise
        except Exception as error:
            if not alarm:
                raise
            logger.opt(exception=error).error("words were not passed on after the card")
            if meant is Meant.OTHER:
                self._exchange.answer(incoming, RelayNotDelivered(incoming.text.strip()[:HEAD]))
            return meant is Meant.OTHER or match.command is None
        return meant is not Meant.BOT

    async def _pass_on(self, incoming: Incoming, place: int, *, danger: bool) -> None:
        if self._is_late(incoming):
            self._exchange.answer(incoming, TooOld())
            return
        words = told(incoming, place, danger=danger)
        async with self.services.store.unit(self._exchange.key(incoming), now=self.services.clock.now()) as unit:
            ctx = await self._exchange.context(incoming, unit)
            result = await pass_on(unit, ctx.actor, words, hotlines=self.services.hotlines)
            await say_all(result, self._exchange.replier(unit, ctx))

    def _is_late(self, incoming: Incoming) -> bool:
        return is_late(incoming, self.services.clock.now())

    async def _other_text(self, addressed: Addressed, place: int) -> None:
        """Words that are no command: the answer to an open question, or something unknown."""
        incoming, options = addressed.incoming, 0
        if incoming.kind is ChatKind.PRIVATE:
            done = False
            if await self._danger.wants_after_all(addressed):
                return
            if await self._danger.after.answers_beside_the_card(addressed):
                return
            if await self._picks.opens(addressed):
                return
            if await self._questions.is_last(addressed):
                done, options = await self._questions.answer_passing(addressed)
            if not done and not options:
                done, options = await again(partial(self._questions.answer, addressed, place))
            if not done and not options:
                done, options = await self._questions.answer_passing(addressed)
            if done:
                self._loops.known(self._heard(incoming)[1])
                return
            await self._exchange.heard((await addressed.found()).who.account, incoming)
        if self._says_on(incoming, self._loops.unknown(*self._heard(incoming), incoming.text)):
            await self._not_understood.answer(addressed, options)

    def _heard(self, incoming: Incoming) -> tuple[float, Hashable]:
        return self.services.clock.monotonic(), (incoming.channel, incoming.sender_id)

    def _says_on(self, incoming: Incoming, verdict: Verdict) -> bool:
        """Whether this is answered: two programs would go on for ever, so one of them is silent (it says so once)."""
        if verdict is Verdict.TELL:
            self._exchange.answer(incoming, SilentNow())
        return verdict is Verdict.GO


def _is_nobodys(incoming: Incoming, command: Command | None) -> bool:
    """Whether it cannot be carried out because nobody knows whose it is; to an @ that says nothing nobody is needed."""
    if not incoming.sender_id:
        return True
    return incoming.sender_anonymous and command is not None and command.narrows is not None
