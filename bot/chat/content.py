"""Content that was asked for: tells when the next private message is just that, whatever it begins with."""

import re
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import select

from bot.chat.addressed import Addressed
from bot.chat.recognise import Match
from bot.chat.table import Command
from bot.core.acts.dictate import CONTENT
from bot.core.acts.question_words import ASKED
from bot.core.question import Asked
from bot.core.reads.people import account_index
from bot.core.reads.questions import PUT, waiting
from bot.core.rules.message import ChatKind, Incoming
from bot.core.rules.text import after_slash, match_word
from bot.store.delivery import Prompt
from bot.store.people import Account
from bot.store.store import Store

_REFERENCES: Final = re.compile(r"(?:[#＃]?[A-Za-z]\d{3,6}[\s，,]*)+")


class Content:
    """内容 What was asked for in a second step (``Dictation`` asks for it)."""

    def __init__(self, store: Store, words: Mapping[str, Command]) -> None:
        self._asked = MaybeAsked(store)
        self._words = words

    async def is_content(self, addressed: Addressed, match: Match) -> bool:
        """Whether this message is the content that was asked for, whatever it begins with: not a command that stands
        alone, before nothing but the bot's own words (``帮助 绑定``) or behind a ``/``, nor a word that narrows or
        protects.
        """
        incoming, command = addressed.incoming, match.command
        if incoming.kind is not ChatKind.PRIVATE or incoming.from_history or not incoming.text.strip():
            return False
        only_like = command is not None and command.gives_way and match.loose
        if command is not None and not only_like and (not match.rest or match.loose or command.narrows is not None):
            return False
        if command is not None and self._is_ours(match.rest):
            return False
        if after_slash(incoming.text) is not None:
            return False
        wants = _takes_words if only_like else _dictates
        if wants(addressed.passing):
            return True
        if not await self._asked.may_be(incoming):
            return False
        changes = self._asked.changes
        asked = (await addressed.found()).asked
        if asked is None and changes == self._asked.changes:
            self._asked.is_not(incoming)
        return wants(asked)

    def _is_ours(self, rest: str) -> bool:
        """Whether what follows a command is a word of the bot's own too, or references: nobody wishes for that."""
        other = match_word(rest, self._words)
        return bool(_REFERENCES.fullmatch(rest.strip())) or (other is not None and not other[1])


def _dictates(question: Asked[Any] | None) -> bool:
    return question is not None and question.question is CONTENT


def _takes_words(question: Asked[Any] | None) -> bool:
    return question is not None and question.takes_text


class MaybeAsked:
    """Accounts that a row may be asking something, so that a command of anybody else costs no look at the questions.

    Only where one process has the database for itself; elsewhere a row may be asking anybody.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._accounts: set[tuple[str, bytes]] = set()
        self.changes = 0
        """How often somebody was asked something: a look is older than what was asked meanwhile."""
        self._read = False
        if store.engines.is_sqlite:
            store.on_signal(self._changed)

    def _changed(self, topic: str, value: Any) -> None:
        if topic == ASKED:
            self._accounts.add(value)
            self.changes += 1

    async def may_be(self, incoming: Incoming) -> bool:
        """Whether this speaker may be asked something; False is certain."""
        if not self._store.engines.is_sqlite:
            return True
        if not self._read:
            asked = waiting(state=PUT).with_only_columns(Prompt.account_id)
            async with self._store.look() as session:
                found = await session.execute(
                    select(Account.channel, Account.native_index).where(Account.id.in_(asked))
                )
                self._accounts |= {(channel, index) for channel, index in found}
            self._read = True
        return self._key(incoming) in self._accounts

    def is_not(self, incoming: Incoming) -> None:
        """A look has shown that nothing is asked; the next question says so itself."""
        self._accounts.discard(self._key(incoming))

    def _key(self, incoming: Incoming) -> tuple[str, bytes]:
        return incoming.channel, account_index(self._store.vault, incoming.channel, "", incoming.sender_id)
