"""A bare digit after a list: it opens the line of that number, as if its reference had been typed."""

import re
from functools import partial
from typing import Final

from bot.chat.addressed import Addressed
from bot.chat.args import RefArg
from bot.chat.command_run import CommandRun
from bot.chat.exchange import Exchange
from bot.chat.questions import Questions
from bot.chat.recent import Listed
from bot.chat.recognise import Match
from bot.chat.replies import Entry, OfferDropped
from bot.chat.suggest import offered
from bot.chat.table import Command, Table
from bot.chat.text import answers, command_texts
from bot.core.rules.answers import number_shown
from bot.core.rules.people import Actor
from bot.core.rules.text import after_slash
from bot.store.crossing import again

_NTH: Final = re.compile(r"第(.{1,2})[个条件项位]")
_PART: Final = re.compile(r"<[^<>]*>")


class Picks:
    """Opens the line of a list that was the last thing shown; a question that was put later has the digit."""

    def __init__(self, exchange: Exchange, questions: Questions, commands: CommandRun, table: Table) -> None:
        self._exchange, self._questions, self._commands, self._table = exchange, questions, commands, table

    async def opens(self, addressed: Addressed) -> bool:
        """Whether these words were a number of a line, and it was opened."""
        incoming, services = addressed.incoming, self._exchange.services
        listed = services.recent.listed(addressed.chat, services.clock.monotonic())
        if listed is not None and listed.choices:
            return await self._chosen(addressed, listed)
        number = number_of(incoming.text)
        if listed is None or not 1 <= number <= len(listed.refs) or await self._asked_later(addressed, listed):
            return False
        ref, actor = listed.refs[number - 1], (await addressed.found()).who.actor
        if not ref and await self._questions.last_place(addressed):
            return False  # there is nothing to open: the digit is the answer to what is asked
        command = self._opener(listed, ref, actor)
        if command is None:
            self._exchange.answer(incoming, Entry(ref, self._usages(addressed, actor, ref) if ref else ()))
        else:
            await again(partial(self._commands.carry_out, incoming, command, Match(command, ref)))
        return True

    async def _chosen(self, addressed: Addressed, listed: Listed) -> bool:
        """Whether these words chose what was offered, or none of it; anything else lets the offer go."""
        incoming, choices = addressed.incoming, listed.choices
        if await self._asked_later(addressed, listed):
            return False
        self._exchange.services.recent.over(addressed.chat)
        number, text = number_of(incoming.text), incoming.text
        if len(choices) == 1 and answers().agrees(text):
            number = 1
        if number == len(choices) + 1 or answers().cancels(text) or answers().refuses(text):
            self._exchange.answer(incoming, OfferDropped())
            return True
        if not 1 <= number <= len(choices):
            return False
        command, words = self._table.commands[choices[number - 1].command], choices[number - 1].words
        await again(partial(self._commands.carry_out, incoming, command, Match(command, words)))
        return True

    async def _asked_later(self, addressed: Addressed, listed: Listed) -> bool:
        return await self._questions.last_place(addressed) > listed.place

    def _opener(self, listed: Listed, ref: str, actor: Actor) -> Command | None:
        """The list's own command, else the first ``….view`` that takes such a reference and that they may call."""
        if not ref:
            return None
        if listed.opened_by:
            return self._table.commands[listed.opened_by]
        views = (one for one in self._table.commands.values() if one.id.endswith(".view"))
        return next((one for one in views if takes(one, ref) and one.who.allows(actor)), None)

    def _usages(self, addressed: Addressed, actor: Actor, ref: str) -> tuple[str, ...]:
        """What they may say about it, with its reference in place."""
        found = (one for one in offered(self._table, addressed.incoming, actor) if takes(one, ref))
        return tuple(_PART.sub(ref, command_texts()[one.id]["usage"], count=1) for one in found)


def takes(command: Command, ref: str) -> bool:
    """Whether the command's first argument is a reference of this kind."""
    first = command.args[0] if command.args else None
    return isinstance(first, RefArg) and ref[0] in first.kinds


def number_of(text: str) -> int:
    """The number that words show and nothing else (2, ②, 第二个); 0 where they show none."""
    told = (after_slash(text) or text).strip().rstrip("。.!！~～")
    nth = _NTH.fullmatch(told)
    return number_shown(nth[1] if nth else told) or 0
