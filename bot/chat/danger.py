"""Words of danger: the crisis card before anything else, at any hour, whatever the database does (P27)."""

import asyncio
from dataclasses import replace
from functools import partial
from typing import Final

from loguru import logger

from bot.chat.addressed import Addressed
from bot.chat.after_danger import AfterDanger
from bot.chat.exchange import Exchange, is_late
from bot.chat.limits import CARDS_PER_MINUTE, Limits, OnceADay, Verdict
from bot.chat.meaning import named
from bot.chat.questions import Questions
from bot.chat.replies import NamelessCard, SayYes, SoftLine
from bot.chat.table import Command, Table, Who
from bot.chat.text import danger_topics, labels
from bot.core.acts import crisis as crisis_actions
from bot.core.question import Asked
from bot.core.rules.answers import number_shown
from bot.core.rules.crisis import EMERGENCY, CrisisCalm, CrisisSign, sounds_low
from bot.core.rules.message import ChatKind, Incoming
from bot.core.rules.text import plain_key
from bot.store.crossing import again
from bot.store.unit import Redelivered

CRISIS_PATIENCE: Final = 3.0
"""Seconds that words of danger wait for the database; an event is given up after five."""


class Danger:
    """Gives the card, takes the answer to it, and remembers that somebody may want to be called after all."""

    def __init__(self, exchange: Exchange, questions: Questions, table: Table) -> None:
        self._exchange, self._services = exchange, exchange.services
        self._questions, self._table = questions, table
        self._cards = Limits(on=exchange.services.paced, per_user=CARDS_PER_MINUTE)
        self._soft = OnceADay()
        self.after = AfterDanger(exchange, questions)

    async def alarm_in_group(self, incoming: Incoming, command: Command | None, sign: CrisisSign) -> None:
        """Said to the bot by @, or with a command that belongs in private: the answer is for one person alone."""
        if incoming.sender_anonymous:
            return
        if command is not None and command.nameless:
            self.nameless_card(_aside(incoming), sign)
        else:
            await self.alarm(_aside(incoming), sign)

    async def alarm(self, incoming: Incoming, sign: CrisisSign) -> None:
        """The crisis card, before anything else and at any hour, whatever the database does (P27)."""
        if not self._may_have_card(incoming):
            return
        if incoming.from_history and await self._exchange.was_carried_out(incoming):
            return
        late = self._is_late(incoming)
        turn = self.after.card((incoming.channel, incoming.sender_id))
        try:
            async with asyncio.timeout(CRISIS_PATIENCE):
                await self._open_crisis(incoming, sign, turn)
        except Redelivered:
            return
        except Exception as error:
            logger.opt(exception=error).error("a crisis could not be opened; the numbers to call go out alone")
            lines = crisis_actions.on_card(self._services.hotlines)
            card = crisis_actions.CrisisCard(sign.kind, lines, offer=False, called=False, late=late, turn=turn)
            self._exchange.answer(incoming, card)

    async def tells_of_others(self, addressed: Addressed, command: Command | None) -> bool:
        """Whether an officer gives reasons that are about somebody else; nobody else's words are read so."""
        if command is None or not command.about_others:
            return False
        try:
            async with asyncio.timeout(CRISIS_PATIENCE):
                return command.who.allows((await addressed.found()).who.actor)
        except Exception as error:
            logger.opt(exception=error).error("who writes could not be looked up")
            return False

    async def meant_nameless(self, addressed: Addressed, command: Command | None) -> bool:
        """Whether words of danger were written to be anonymous: by a command, or as the answer to such a question."""
        if command is not None and (command.nameless or command.narrows is None):
            return command.nameless
        questions = (addressed.passing, await self._asked(addressed))
        return next((one.question.nameless for one in questions if one is not None), False)

    async def _asked(self, addressed: Addressed) -> Asked | None:
        """What is asked, as far as the database tells in time: if it does not, nothing can be opened in a name."""
        try:
            async with asyncio.timeout(CRISIS_PATIENCE):
                return (await addressed.found()).asked
        except Exception as error:
            logger.opt(exception=error).error("what is asked could not be looked up")
            return None

    def nameless_card(self, incoming: Incoming, sign: CrisisSign) -> None:
        """The numbers at once, from memory; nothing is opened, and no row says who was given them (13.3)."""
        if self._may_have_card(incoming):
            self.after.card((incoming.channel, incoming.sender_id))
            lines = crisis_actions.on_card(self._services.hotlines)
            self._exchange.answer(incoming, NamelessCard(sign.kind, lines, self._is_late(incoming)))

    def _is_late(self, incoming: Incoming) -> bool:
        return is_late(incoming, self._services.clock.now())

    def _may_have_card(self, incoming: Incoming) -> bool:
        """Whether one more card may go to this account; no soft line follows it within a day."""
        account, now = (incoming.channel, incoming.sender_id), self._services.clock.monotonic()
        self._soft.mark(account, now)
        return self._cards.check(now, account, None) is Verdict.GO

    async def comfort(self, addressed: Addressed) -> bool:
        """Distress, short of danger, in words that are neither a command nor an answer: one warm line, at most daily.

        It opens nothing, tells nobody and leaves no row: the mark of the day is in memory only.
        """
        incoming, now = addressed.incoming, self._services.clock.monotonic()
        account = (incoming.channel, incoming.sender_id)
        if incoming.from_history or not self._soft.may(account, now):
            return False
        if not sounds_low(incoming.text, self._services.crisis_words):
            return False
        self._soft.mark(account, now)
        ask = Who.YOUTH.allows((await addressed.found()).who.actor)
        lines = crisis_actions.on_card(self._services.hotlines)
        self._exchange.answer(incoming, SoftLine(ask, tuple(line for line in lines if line.number not in EMERGENCY)))
        return True

    async def _open_crisis(self, incoming: Incoming, sign: CrisisSign, turn: int) -> None:
        async with self._services.store.unit(self._exchange.key(incoming, "crisis")) as unit:
            ctx = await self._exchange.context(incoming, unit)
            await self._exchange.note_words(unit, incoming)
            card = await crisis_actions.open_crisis(
                unit,
                ctx.actor,
                ctx.account,
                sign,
                hotlines=self._services.hotlines,
                late=self._is_late(incoming),
                calm=self._services.installation.of(CrisisCalm),
                turn=turn,
            )
            if card is not None:
                await self._exchange.reply(unit, ctx, card, priority=0, name="crisis")

    async def answers_the_card(self, addressed: Addressed, place: int) -> bool:
        """``1 我真的不想活了``: the answer to a card that was sent already goes before a second card.

        So does a question about it that only the scale takes for danger: 要不要告诉老师.
        """
        text = addressed.incoming.text
        if danger_topics().find(text) is not None and not self._services.danger(addressed.incoming, weighed=False):
            return await self.after.answers_beside_the_card(addressed)
        if number_shown(text.strip()[:1]) is None:
            return False
        question = await self._asked(addressed)
        if question is None or question.question is not crisis_actions.QUESTION:
            return False
        return (await again(partial(self._questions.answer, addressed, place)))[0]

    async def wants_after_all(self, addressed: Addressed) -> bool:
        """要 said some time after 先不要: nothing is open for it any more, yet it counts until the crisis ends (P27).

        A number might have been meant for anything: it calls nobody, but is told the word that does.
        """
        incoming = addressed.incoming
        told, store, now = plain_key(incoming.text).strip("。.!,~ "), self._services.store, self._services.clock.now()
        number = told in ("1", "①")
        if not number and told not in labels()["crisis_later"]["want_contact"].split():
            return False
        question = await addressed.asked()
        if question is not None and (number or named(question, told) is not None):
            return False
        account = (await addressed.found()).who.account
        async with store.look() as session:
            crisis_id = await crisis_actions.refused(session, account, now=now)
        if crisis_id is None:
            return False
        if number:
            self._exchange.answer(incoming, SayYes())
            return True
        async with store.unit(self._exchange.key(incoming), now=now) as unit:
            ctx = await self._exchange.context(incoming, unit)
            say = await crisis_actions.want_after_all(unit, ctx.actor, crisis_id, hotlines=self._services.hotlines)
            await self._exchange.reply(unit, ctx, say, priority=0)
        return True


def _aside(incoming: Incoming) -> Incoming:
    """The same words as if they had been said in private, so that nobody else reads the answer."""
    return replace(
        incoming, kind=ChatKind.PRIVATE, chat_id=incoming.sender_id, via_group=incoming.chat_id, to_bot=False
    )
