"""What somebody was asked, and whether their words are the answer: questions of rows, and those held in memory only."""

from collections import OrderedDict
from dataclasses import replace
from functools import cache
from typing import Any

from sqlalchemy.exc import DBAPIError

from bot.chat.addressed import Addressed
from bot.chat.exchange import Exchange, say_all
from bot.chat.limits import MINUTE, REMEMBERED
from bot.chat.meaning import aside, chosen_by, meaning, named
from bot.chat.replies import DraftLost, OnlyByWord, QuestionDropped, QuestionKept, StillAsked
from bot.chat.table import Table
from bot.chat.text import answers, further_words, option_words
from bot.core.acts.crisis import QUESTION
from bot.core.acts.prompt import QuestionOutdated, close_if_shown, close_question, put_next
from bot.core.acts.question_words import question_words, words_of
from bot.core.acts.silence import fall_silent
from bot.core.question import Asked
from bot.core.rules.answer_forms import Answer, Meant
from bot.core.rules.answers import bare, number_shown
from bot.core.rules.message import Incoming
from bot.core.rules.refusal import Refusal
from bot.store.unit import Redelivered


class Questions:
    """Finds the open question that words answer, and carries the answer out once."""

    def __init__(self, exchange: Exchange, table: Table) -> None:
        self._exchange, self._services, self._table = exchange, exchange.services, table
        self._said_again: OrderedDict[int, float] = OrderedDict()

    async def answer(self, addressed: Addressed, place: int) -> tuple[bool, int]:
        """Whether these words were taken as an answer; if not, how many options the open question has."""
        incoming, question = addressed.incoming, (await addressed.found()).asked
        if question is None:
            return False, 0
        if question.data is None:
            return await self._outdated(incoming, question), 0
        answer = meaning(question, incoming.text)
        if place < self._services.nameless.ended.place(question.account_id):
            return True, 0  # the second tap on what is over; this question was put again after it
        if self._is_loose(question, answer, incoming.text) and await self._may_be_lost(addressed, question):
            self.tell_lost(addressed)
            await self._show_again(addressed)
            return True, 0
        if answer.meant is Meant.UNCLEAR:
            return self._says_which_words(incoming, question), len(question.options)
        try:
            if answer.meant in (Meant.OPTION, Meant.TEXT):
                await self._take(incoming, question, answer.value, place)
            elif answer.meant is not Meant.CANCEL:
                self._exchange.answer(incoming, aside(question, answer.meant, incoming.text))
            elif question.question.todo is not None:
                self._exchange.answer(incoming, QuestionKept())
            else:
                await self._drop(incoming, question, place)
        except Refusal as refusal:  # rolled back: the question stays open
            self._exchange.refuse(incoming, refusal)
        except DBAPIError:
            addressed.look_again()
            raise
        return True, 0

    def _is_loose(self, question: Asked[Any], answer: Answer, text: str) -> bool:
        """Whether this answer could as well be meant for another question: a number, or words of one's own. A card is
        answered at once all the same.
        """
        if question.question is QUESTION or answer.meant not in (Meant.OPTION, Meant.TEXT):
            return False
        return answer.meant is Meant.TEXT or number_shown(text.strip()) is not None

    async def _may_be_lost(self, addressed: Addressed, question: Asked[Any]) -> bool:
        """Whether a question that was held in memory may have come after this one, before a restart."""
        lost, at = self._services.nameless.lost, self._services.clock.monotonic()
        if not lost.may_be(addressed.chat, 0, at):
            return False
        return lost.may_be(addressed.chat, max(await self._left(question), default=0), at)

    def lost_nothing_else(self, addressed: Addressed) -> bool:
        """Whether words that answer nothing were perhaps meant for what a restart has lost; this is said once."""
        if not self._services.nameless.lost.may_be(addressed.chat, 0, self._services.clock.monotonic()):
            return False
        self.tell_lost(addressed)
        return True

    def tell_lost(self, addressed: Addressed) -> None:
        """Tell the person that the text they were writing is not kept."""
        self._services.nameless.lost.tell(addressed.chat)
        self._exchange.answer(addressed.incoming, DraftLost())

    def _says_which_words(self, incoming: Incoming, question: Asked[Any]) -> bool:
        """Where only fixed words choose an option (确认删除), tell the person these words; returns whether it did."""
        by_word = answers().form(question.kind).by_word
        if not by_word or not set(question.options) <= by_word:
            return False
        self._exchange.answer(incoming, OnlyByWord(option_words(question.kind)[question.options[0]]))
        return True

    async def _outdated(self, incoming: Incoming, question: Asked[Any]) -> bool:
        """A question that an older version put and this one cannot read: it ends with a word, the next one is put."""
        async with self._services.store.unit(self._exchange.key(incoming), now=self._services.clock.now()) as unit:
            ctx = await self._exchange.context(incoming, unit)
            if await close_question(unit, question, state="cancelled"):
                await say_all(QuestionOutdated(), self._exchange.replier(unit, ctx))
                await fall_silent(unit, question)
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
                await put_next(unit, question.account_id, traceless=declared.nameless)
        if declared.nameless:
            self._services.nameless.ended.note(question.account_id, store.position())

    async def _drop(self, incoming: Incoming, question: Asked[Any], place: int) -> None:
        """算了, and no option says so: it ends as silence would."""
        async with self._services.store.unit(self._exchange.key(incoming), now=self._services.clock.now()) as unit:
            ctx = await self._exchange.context(incoming, unit)
            if await close_if_shown(unit, question, before=place):
                await say_all(QuestionDropped(), self._exchange.replier(unit, ctx))
                await fall_silent(unit, replace(question, dropped=True))
                await put_next(unit, question.account_id)

    async def answer_by_word(self, addressed: Addressed, place: int, *, loose: bool = False) -> bool:
        """Whether a command's word was said that is a word of what is being asked, and so was taken as its answer.

        ``loose``: the word stands in courtesy (删除吧，谢谢); then any way of naming an option counts.
        """
        text = addressed.incoming.text
        if not loose and bare(text) not in self._words():
            return False
        chosen = chosen_by if loose else named
        asked, passing = (await addressed.found()).asked, addressed.passing
        if passing is not None and await self.is_last(addressed) and chosen(passing, text) is not None:
            return (await self.answer_passing(addressed))[0]
        if asked is not None and asked.data is not None and chosen(asked, text) is not None:
            return (await self.answer(addressed, place))[0]
        if passing is not None and chosen(passing, text) is not None:
            return (await self.answer_passing(addressed))[0]
        return False

    async def answer_passing(self, addressed: Addressed) -> tuple[bool, int]:
        """The same for a question that is held in memory only, so that no row ties an account to it."""
        incoming, who, passing = addressed.incoming, addressed.chat, self._services.nameless.passing
        asked = addressed.passing
        if asked is None:
            return False, 0
        answer = meaning(asked, incoming.text)
        if answer.meant is Meant.CANCEL:
            passing.close(who)
            self._exchange.answer(incoming, QuestionDropped())
            return True, 0
        if answer.meant not in (Meant.OPTION, Meant.TEXT):
            if answer.meant is not Meant.UNCLEAR:
                self._exchange.answer(incoming, aside(asked, answer.meant, incoming.text))
            return answer.meant is not Meant.UNCLEAR, len(asked.options)
        until, since, store = passing.until(who), passing.place(who), self._services.store
        passing.close(who)
        question, handler = asked.question, self._table.answers[asked.kind]
        try:
            if question.unwritten:
                async with store.read() as session:
                    ctx = await self._exchange.reading(incoming, session)
                    await say_all(await handler(ctx, asked, answer.value), self._exchange.quick(incoming))
            else:
                key, now = self._exchange.key(incoming), self._services.clock.now()
                async with store.unit(key, now=now, traceless=question.nameless) as unit:
                    ctx = await self._exchange.context(incoming, unit)
                    reply = self._exchange.replier(unit, ctx, nameless=question.nameless)
                    await say_all(await handler(ctx, asked, answer.value), reply)
        except Refusal as refusal:
            passing.put_back(who, asked, until, since)
            self._exchange.refuse(incoming, refusal)
        except Redelivered:
            raise
        except BaseException:
            passing.put_back(who, asked, until, since)
            raise
        if not question.unwritten and addressed.passing is None:
            await self._show_again(addressed)
        return True, 0

    async def is_last(self, addressed: Addressed) -> bool:
        """Whether the question that is held in memory was put after what a row asks: a number answers what was shown
        last.
        """
        passing, asked = addressed.passing, (await addressed.found()).asked
        draft = passing is not None and passing.question.nameless and passing.takes_text
        if draft and asked is not None and named(asked, addressed.incoming.text) is None:
            return True  # what is written to be anonymous never becomes the answer to a question in a name
        if passing is None or asked is None or passing.question.unwritten:
            return passing is not None and asked is None
        left = await self._left(asked)
        return max(left, default=0) < self._services.nameless.passing.place(addressed.chat)

    async def last_place(self, addressed: Addressed) -> int:
        """When the last question was shown that waits for an answer, of a row or of memory; 0: none waits."""
        asked, passing = (await addressed.found()).asked, addressed.passing
        left = await self._left(asked) if asked is not None and asked.data is not None else ()
        return max(*left, self._services.nameless.passing.place(addressed.chat) if passing is not None else 0, 0)

    async def _left(self, asked: Asked[Any]) -> tuple[int, ...]:
        async with self._services.store.look() as session:
            return (await words_of(session, asked)).left

    async def _show_again(self, addressed: Addressed) -> None:
        """What a row asked before something nameless took the turn is put once more, from memory: a row of it would be
        a trace, and what came meanwhile was not meant for it.
        """
        asked, store = (await addressed.found()).asked, self._services.store
        if asked is None or asked.data is None or not await self._left(asked):
            return
        self._services.nameless.ended.note(asked.account_id, store.position())
        async with store.read() as session:
            words = await question_words(session, store.vault, asked.id)
        if words is not None:
            self._exchange.say_words(addressed.incoming, words)

    async def say_again(self, addressed: Addressed) -> None:
        """Say the open question once more, whole, but not twice within a minute."""
        asked, now = (await addressed.found()).asked, self._services.clock.monotonic()
        if asked is None or asked.data is None or now - self._said_again.get(asked.account_id, -MINUTE) < MINUTE:
            return
        async with self._services.store.read() as session:
            words = await question_words(session, self._services.store.vault, asked.id)
        if words is not None:
            self._said_again[asked.account_id] = now
            self._said_again.move_to_end(asked.account_id)
            if len(self._said_again) > REMEMBERED:
                self._said_again.popitem(last=False)
            self._exchange.answer(addressed.incoming, StillAsked())
            self._exchange.say_words(addressed.incoming, words)

    @cache  # noqa: B019 - one for a running bot
    def _words(self) -> frozenset[str]:
        """Every word of an option: what is none of them cannot be meant for a question."""
        kinds = self._table.answers
        return frozenset(bare(w) for kind in kinds for w in (option_words(kind) | further_words(kind)).values())
