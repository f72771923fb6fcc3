"""What somebody was asked, and whether their words are the answer: questions of rows, and those held in memory only."""

from functools import cache
from typing import Any

from sqlalchemy.exc import DBAPIError

from bot.chat.addressed import Addressed
from bot.chat.exchange import Exchange, say_all
from bot.chat.table import Table
from bot.chat.text import answers, further_words, option_words
from bot.core.acts.crisis import QUESTION
from bot.core.acts.prompt import QuestionOutdated, close_if_shown, close_question, put_next
from bot.core.question import Asked
from bot.core.rules.answering import Meant
from bot.core.rules.message import Incoming
from bot.core.rules.prompt import bare, match_option
from bot.core.rules.refusal import Refusal


class Questions:
    """Finds the open question that words answer, and carries the answer out once."""

    def __init__(self, exchange: Exchange, table: Table) -> None:
        self._exchange, self._services, self._table = exchange, exchange.services, table

    async def answer(self, addressed: Addressed, place: int) -> tuple[bool, int]:
        """Whether these words were taken as an answer; if not, how many options the open question has."""
        incoming, question = addressed.incoming, (await addressed.found()).asked
        if question is None:
            return False, 0
        if question.data is None:
            return await self._outdated(incoming, question), 0
        answer = self.option(question, incoming.text)
        if place < self._services.nameless.ended.place(question.account_id):
            return True, 0  # the second tap on what is over; this question was put again after it
        if answer is None:
            return False, len(question.options)
        try:
            await self._take(incoming, question, answer, place)
        except Refusal as refusal:  # rolled back: the question stays open
            self._exchange.refuse(incoming, refusal)
        except DBAPIError:
            addressed.look_again()
            raise
        return True, 0

    async def _outdated(self, incoming: Incoming, question: Asked[Any]) -> bool:
        """A question that an older version put and this one cannot read: it ends with a word, the next one is put."""
        async with self._services.store.unit(self._exchange.key(incoming), now=self._services.clock.now()) as unit:
            ctx = await self._exchange.context(incoming, unit)
            if await close_question(unit, question, state="cancelled"):
                await say_all(QuestionOutdated(), self._exchange.replier(unit, ctx))
                await put_next(unit, question.account_id)
        return True

    async def _take(self, incoming: Incoming, question: Asked[Any], answer: str, place: int) -> None:
        declared, store = question.question, self._services.store
        async with store.unit(self._exchange.key(incoming), now=self._services.clock.now()) as unit:
            ctx = await self._exchange.context(incoming, unit)
            if await close_if_shown(unit, question, before=place):
                unit.by_name = not declared.nameless
                result = await self._table.answers[question.kind](ctx, question, answer)
                await say_all(result, self._exchange.replier(unit, ctx))
                await self._exchange.say_what_waits(unit, ctx)
                calm = declared is QUESTION
                await put_next(unit, question.account_id, calm=calm, traceless=declared.nameless)
        if declared.nameless:
            self._services.nameless.ended.note(question.account_id, store.position())

    async def answer_by_word(self, addressed: Addressed, place: int) -> bool:
        """Whether a command's word was said that is a word of what is being asked, and so was taken as its answer."""
        text = addressed.incoming.text
        if bare(text) not in self._words():
            return False
        asked, passing = (await addressed.found()).asked, addressed.passing
        if asked is not None and self.named(asked, text) is not None:
            return (await self.answer(addressed, place))[0]
        if passing is not None and self.named(passing, text) is not None:
            return (await self.answer_passing(addressed))[0]
        return False

    async def answer_passing(self, addressed: Addressed) -> tuple[bool, int]:
        """The same for a question that is held in memory only, so that no row ties an account to it."""
        incoming, who, passing = addressed.incoming, addressed.chat, self._services.nameless.passing
        asked = addressed.passing
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
        named = self.named(question, text)
        if named is not None:
            return named
        answer = answers().read(question.kind, question.options, option_words(question.kind), text)
        if answer.meant is Meant.OPTION:
            return answer.value
        declared = question.question
        heard = declared.nameless or declared.lenient or answer.meant in (Meant.TEXT, Meant.UNCLEAR)
        taken = question.takes_text and heard
        return (answer.value or text.strip() or None) if taken else None

    def named(self, question: Asked, text: str) -> str | None:
        """Which option these words name."""
        kind, lenient = question.kind, question.question.lenient
        told = (match_option(text, question.options, w(kind), lenient=lenient) for w in (option_words, further_words))
        return next((option for option in told if option is not None), None)

    @cache  # noqa: B019 - one for a running bot
    def _words(self) -> frozenset[str]:
        """Every word of an option: what is none of them cannot be meant for a question."""
        kinds = self._table.answers
        return frozenset(bare(w) for kind in kinds for w in (option_words(kind) | further_words(kind)).values())
