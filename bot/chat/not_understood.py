"""Words that are no command and answer nothing: courtesy, half a command, or something that was not understood."""

from typing import Final

from bot.chat.addressed import Addressed
from bot.chat.danger import Danger
from bot.chat.exchange import Exchange
from bot.chat.limits import OnceADay
from bot.chat.questions import Questions
from bot.chat.replies import Courteous, NotAnOption, NothingAsked, Unknown, WhichWord
from bot.chat.speech import Speech
from bot.chat.suggest import begun_by, nearest_words
from bot.chat.table import Table, Who
from bot.chat.text import answers, command_texts, courtesy_words
from bot.core.rules.answers import number_shown
from bot.core.rules.message import ChatKind, Incoming
from bot.core.rules.people import Actor
from bot.core.rules.pleasantry import Pleasantry
from bot.core.rules.text import after_slash, first_word

HALF_A_WORD: Final = 6
"""Characters up to which words that are like a command are taken for its word, typed wrong: 心愿列."""
TOURED: Final = (Pleasantry.GREETING, Pleasantry.HERE, Pleasantry.WHO, Pleasantry.ROBOT)
"""After these it is told once a day what one can do here."""


class NotUnderstood:
    """没听懂 Says what may be said to such words, and asks the open question once more."""

    def __init__(self, exchange: Exchange, questions: Questions, danger: Danger, speech: Speech, table: Table) -> None:
        self._exchange = exchange
        self._questions = questions
        self._danger = danger
        self._speech = speech
        self._table = table
        self._toured = OnceADay()

    async def answer(self, addressed: Addressed, options: int) -> None:
        """``options``: how many the open question has; 0 when none is open."""
        incoming = addressed.incoming
        private = incoming.kind is ChatKind.PRIVATE
        word, rest = first_word(incoming.text)
        if private and not options and number_shown(word) and self._questions.lost_nothing_else(addressed):
            return
        if private and (number_shown(word) or (not options and answers().cancels(incoming.text))):
            self._exchange.answer(incoming, NotAnOption(options) if options else NothingAsked())
            if options:
                await self._questions.say_again(addressed)
            return
        if private and await self._danger.after.answers_later(addressed):
            return
        if private and await self._danger.comfort(addressed):
            return
        actor = (await addressed.found()).who.actor
        if not options and self._is_courtesy(incoming, actor):
            return
        begun = begun_by(self._table, incoming, actor, match_text(incoming))
        if begun:
            usages = tuple(command_texts()[one.id]["usage"] for one in begun)
            self._exchange.answer(incoming, WhichWord(match_text(incoming), usages, private))
            return
        if not private and not incoming.to_bot:
            return  # the first word alone of commands that they may not use: nobody asked for more
        like = () if self._table.narrowing.takes_back(rest) else nearest_words(self._table, incoming, actor, word)
        if like and len(incoming.text) > HALF_A_WORD and self._speech.is_small_talk(incoming, actor):
            like = ()
        if private and word and not like and not options and self._questions.lost_nothing_else(addressed):
            return
        half_a_word = bool(like) and len(word) == len(incoming.text.strip()) <= HALF_A_WORD
        if not options and not half_a_word and await self._speech.understands(addressed):
            return
        self._exchange.answer(incoming, Unknown(like, private, bool(word), options))
        if private and options:
            await self._questions.say_again(addressed)

    def _is_courtesy(self, incoming: Incoming, actor: Actor) -> bool:
        """Whether this is courtesy and was answered as such; what one can do here is told at most once a day."""
        kind = courtesy_words().find(incoming.text) if incoming.kind is ChatKind.PRIVATE else None
        if kind is None:
            return False
        account, now = (incoming.channel, incoming.sender_id), self._exchange.services.clock.monotonic()
        tour = self._toured.may(account, now) and kind in TOURED
        if tour:
            self._toured.mark(account, now)
        self._exchange.answer(incoming, Courteous(kind, tour, Who.YOUTH.allows(actor)))
        return True


def match_text(incoming: Incoming) -> str:
    """What was said without the ``/`` before it."""
    return (after_slash(incoming.text) or incoming.text).strip()
