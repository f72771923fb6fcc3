"""What somebody was asked, and whether their words are the answer: questions of rows, and those held in memory only."""

from typing import Any

from bot.chat.exchange import Exchange, private_chat, say_all
from bot.chat.table import Table
from bot.chat.text import labels
from bot.core.acts.crisis import QUESTION
from bot.core.acts.prompt import QuestionOutdated, close_question, put_next, put_unless_shown
from bot.core.question import Asked
from bot.core.reads.questions import open_question
from bot.core.rules.message import Incoming
from bot.core.rules.prompt import match_option
from bot.core.rules.refusal import Refusal


class Questions:
    """Finds the open question that words answer, and carries the answer out once."""

    def __init__(self, exchange: Exchange, table: Table) -> None:
        self._exchange, self._services, self._table = exchange, exchange.services, table

    async def answer(self, incoming: Incoming, place: int) -> tuple[bool, int]:
        """Whether these words were taken as an answer; if not, how many options the open question has."""
        store, now = self._services.store, self._services.clock.now()
        async with store.read() as session:
            ctx = await self._exchange.reading(incoming, session)
            if ctx.account is None:
                return False, 0
            question = await open_question(session, store.vault, ctx.account.id, now=now)
        if question is None:
            return False, 0
        if question.data is None:
            return await self._outdated(incoming, question), 0
        answer = self.option(question, incoming.text)
        if place < self._services.nameless.ended.place(question.account_id):
            return True, 0  # the second tap on what is over; this question was put again after it
        if answer is None:
            return False, len(question.options)
        nameless = question.question.nameless
        try:
            async with store.unit(self._exchange.key(incoming), now=now) as unit:
                ctx = await self._exchange.context(incoming, unit)
                if await put_unless_shown(unit, question, before=place) and await close_question(unit, question):
                    result = await self._table.answers[question.kind](ctx, question, answer)
                    await say_all(result, self._exchange.replier(unit, ctx))
                    calm = question.question is QUESTION
                    await put_next(unit, question.account_id, calm=calm, traceless=nameless)
            if nameless:
                self._services.nameless.ended.note(question.account_id, store.position())
        except Refusal as refusal:  # rolled back: the question stays open
            self._exchange.refuse(incoming, refusal)
        return True, 0

    async def _outdated(self, incoming: Incoming, question: Asked[Any]) -> bool:
        """A question that an older version put and this one cannot read: it ends with a word, the next one is put."""
        async with self._services.store.unit(self._exchange.key(incoming), now=self._services.clock.now()) as unit:
            ctx = await self._exchange.context(incoming, unit)
            if await close_question(unit, question, state="cancelled"):
                await say_all(QuestionOutdated(), self._exchange.replier(unit, ctx))
                await put_next(unit, question.account_id)
        return True

    async def answer_passing(self, incoming: Incoming) -> tuple[bool, int]:
        """The same for a question that is held in memory only, so that no row ties an account to it."""
        who, passing = private_chat(incoming), self._services.nameless.passing
        asked = passing.open(who, self._services.clock.monotonic())
        answer = self.option(asked, incoming.text) if asked is not None else None
        if asked is None or answer is None:
            return False, 0 if asked is None else len(asked.options)
        until, store = passing.until(who), self._services.store
        passing.close(who)
        question, handler = asked.question, self._table.answers[asked.kind]
        try:
            if question.unwritten:
                async with store.read() as session:
                    ctx = await self._exchange.reading(incoming, session)
                    await say_all(await handler(ctx, asked, answer), self._exchange.quick(incoming))
            else:
                async with store.unit(self._exchange.key(incoming), now=self._services.clock.now()) as unit:
                    ctx = await self._exchange.context(incoming, unit)
                    await say_all(await handler(ctx, asked, answer), self._exchange.replier(unit, ctx))
        except Refusal as refusal:
            passing.put_back(who, asked, until)
            self._exchange.refuse(incoming, refusal)
        except BaseException:
            passing.put_back(who, asked, until)
            raise
        return True, 0

    def option(self, question: Asked, text: str) -> str | None:
        """Which option these words name, or the words themselves where a question takes any; None: no answer."""
        words = labels().get("option_" + question.kind.replace(".", "_"), {})
        found = match_option(text, question.options, words, lenient=question.question.lenient)
        if found is not None:
            return found
        return (text.strip() or None) if question.takes_text else None
