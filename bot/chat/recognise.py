"""Recognising: which command a message names, in whatever courtesy; in a group also whether it is ours at all."""

from dataclasses import dataclass, replace
from typing import Final

from bot.chat.context import Services
from bot.chat.table import Command, Narrows, Table
from bot.core.rules.message import ChatKind, Incoming, Text
from bot.core.rules.narrowing import LONGEST
from bot.core.rules.text import MAX_PATTERN_CHARS, SLASHES, after_slash, match_word, plain_key

MOST_LINES: Final = 6
"""Commands that one message may carry; more is a text."""


@dataclass(frozen=True, slots=True)
class Match:
    """A command found in a message, and the user's own words after it; ``command`` None for any other private text.

    ``loose``: it was found in courtesy, not by its word at the head.
    """

    command: Command | None
    rest: str
    loose: bool = False
    plain: bool = False
    """In a group, without a sign: whether it is meant is still to be read (``Plain``)."""
    place: int = 0
    """When it came, in the order of everything that goes out: what was queued later cannot be what it answers."""


class Recogniser:
    """Synchronous and cheap: called for every message."""

    def __init__(self, services: Services, table: Table) -> None:
        self.services = services
        self.table = table

    def recognise(self, incoming: Incoming) -> Match | None:
        """Whether this message is ours. In a group: ``/word`` or an @ of the bot; in private: everything."""
        found = self._find(incoming)
        return None if found is None else replace(found, place=self.services.store.position())

    def protects(self, incoming: Incoming) -> bool:
        """Whether these words narrow or protect: they are heard from a history of any age, wherever they were said."""
        found = self._find(incoming)
        if found is None:
            return False
        narrows = found.command is not None and found.command.narrows is not None
        return narrows or self.services.danger(incoming) is not None

    def _find(self, incoming: Incoming) -> Match | None:
        if incoming.kind is ChatKind.PRIVATE:
            told = after_slash(incoming.text)
            found = self._lookup(told or incoming.text, ordered=told is not None)
            if incoming.from_history:
                return self._from_private_history(incoming, found)
            if found is not None:
                return found
            like = self.table.by_shape(incoming.text)
            return Match(like, incoming.text, loose=like is not None and like.gives_way)
        told = after_slash(incoming.text)
        if told is not None:
            found = self._lookup(told, ordered=True)
        elif incoming.to_bot:
            found = self._lookup(incoming.text, ordered=True)
        else:
            if _may_be_order(incoming.text):
                return self._narrowing(incoming.text, ordered=True)
            plain = None if incoming.from_history else self.table.plainly(incoming.text)
            return Match(plain, "", plain=True) if plain is not None else None
        begins = told is not None and plain_key(told) in self.table.heads
        if found is None and (incoming.to_bot or begins):
            return Match(None, incoming.text if told is None else told)
        return found

    def lines(self, incoming: Incoming) -> list[tuple[Incoming, Match]]:
        """The commands of a message that has one on each of its lines, those that narrow first; empty: it has not."""
        long = len(incoming.text) > MAX_PATTERN_CHARS
        told = [] if long else [line.strip() for line in incoming.text.splitlines() if line.strip()]
        if not 1 < len(told) <= MOST_LINES:
            return []
        parts = [
            replace(incoming, text=line, segments=(Text(line),), message_id=f"{incoming.message_id}/{at}")
            for at, line in enumerate(told)
        ]
        found = [(part, self.recognise(part)) for part in parts]
        orders = [(part, match) for part, match in found if match is not None and match.command is not None]
        if len(orders) < len(parts):
            return []
        return sorted(orders, key=lambda one: one[1].command is None or one[1].command.narrows is None)

    def _from_private_history(self, incoming: Incoming, found: Match | None) -> Match | None:
        """What somebody wrote alone while the bot was away: only what narrows or protects is heard late."""
        if found is not None and found.command is not None and found.command.narrows is not None:
            return found
        if self.services.danger(incoming) is None:
            return None
        nameless = found is not None and found.command is not None and found.command.nameless
        return found if nameless else Match(None, incoming.text)

    def _lookup(self, text: str, *, ordered: bool) -> Match | None:
        """The command at the head of the text; one that narrows or protects also in any courtesy around its word."""
        found = match_word(text, self.table.words)
        if found is None:
            return self._narrowing(text, ordered=ordered)
        command, rest = found
        if not rest or command.narrows is None:
            return Match(command, rest)
        if self.table.narrowing.takes_back(rest):
            return None
        loose = self._narrowing(text, ordered=ordered)
        if loose is not None and loose.command is command:
            return replace(loose, loose=False)
        meant = command.narrows is Narrows.AT_ONCE and not command.args and self.table.narrowing.reason(rest)
        return Match(command, "" if meant else rest)

    def _narrowing(self, text: str, *, ordered: bool) -> Match | None:
        found = self.table.narrowing.heard(text, ordered=ordered)
        return Match(*found, loose=True) if found else None


def _may_be_order(text: str) -> bool:
    """Whether a ``/`` stands somewhere in words of a group that do not begin with one: 🙏/停止记录."""
    return len(text) <= LONGEST and any(slash in text for slash in SLASHES)
