"""In a relay: which private words are meant for the bot, and which for the other side (找人聊聊).

The bot's own are: what answers its open question by an option, gives it up (算了) or asks who sees it, a command word
that stands alone, anything behind a ``/``, and the words of commands that are never passed on (投诉, 匿名, the rights
over one's data). Everything else that somebody in an open relay writes in private is passed on.
"""

from enum import Enum
from typing import Any

from bot.chat.addressed import Addressed
from bot.chat.context import Services
from bot.chat.limits import RELAYED_PER_MINUTE, Limits, Verdict
from bot.chat.table import Command, Place, Table, Who
from bot.chat.text import answers, option_words
from bot.core.question import Asked
from bot.core.rules.answers import OPTIONS, match_option, number_shown
from bot.core.rules.message import Incoming, Media
from bot.core.rules.text import after_slash
from bot.features.relay.acts.pass_on import Told
from bot.features.relay.acts.ready import Held
from bot.features.relay.reads.relay import any_open, talks
from bot.features.relay.tables import OPENED, READY_ASKED

FACE = "face"
"""A small picture of a platform inside words: left out without a word about it."""


class Meant(Enum):
    """Whom private words are for; ``TOO_FAST`` and ``DROPPED``: the other side, but over the limit."""

    BOT = "bot"
    OTHER = "other"
    TOO_FAST = "too_fast"
    DROPPED = "dropped"


class Relaying:
    """Tells words for the other side from orders to the bot, and limits them apart from commands."""

    def __init__(self, services: Services, table: Table) -> None:
        self._services, self._table = services, table
        self.limits = Limits(on=services.paced, per_user=RELAYED_PER_MINUTE)
        self._opened, self._none_open = 0, False
        services.store.on_signal(self._changed)

    def _changed(self, topic: str, value: Any) -> None:
        if topic == OPENED:
            self._opened, self._none_open = self._opened + 1, False
        elif topic == READY_ASKED:
            self._put(value)

    def _put(self, held: Held) -> None:
        """A question to somebody who asked without their name waits in memory: a row of it would name them."""
        address, ask = held.address, held.ask
        until = self._services.clock.monotonic() + ask.life.total_seconds()
        self._services.nameless.passing.put(
            (address.channel, address.bot_id, address.native_id),
            ask.question,
            ask.options,
            data=ask.data,
            takes_text=False,
            until=until,
            place=held.place,
        )

    async def meant(self, addressed: Addressed, command: Command | None, rest: str) -> Meant:
        """Whom these private words are for. Rows decide: a restart changes nothing.

        Only that nobody at all is in a relay is remembered, until one opens, and only where one process has the
        database for itself: else each private word would cost a look.
        """
        if command is not None and command.never_relayed:
            return Meant.BOT
        incoming = addressed.incoming
        alone = command is not None and _stands_alone(command, rest)
        if command is not None and (after_slash(incoming.text) is not None or (alone and command.who is Who.ANYONE)):
            return Meant.BOT
        at = self._services.clock.monotonic()
        verdict = self.limits.check(at, (incoming.channel, incoming.sender_id), None)
        if verdict is not Verdict.GO and alone:  # 结束聊天 is heard however fast somebody types
            return Meant.BOT
        if verdict is Verdict.DROP:
            return Meant.DROPPED
        if await self._for_bot(addressed, command if alone else None):
            return Meant.BOT
        return Meant.OTHER if verdict is Verdict.GO else Meant.TOO_FAST

    async def _for_bot(self, addressed: Addressed, order: Command | None) -> bool:
        store = self._services.store
        if self._none_open:
            return True
        opened = self._opened
        async with store.look() as session:
            if not await any_open(session):
                self._none_open = store.engines.is_sqlite and opened == self._opened
                return True
        found = await addressed.found()
        actor = found.who.actor
        async with store.look() as session:
            if found.who.account is None or not await talks(session, store.vault, actor.person_id):
                return True
        if order is not None and order.who.allows(actor):
            return True
        text = addressed.incoming.text
        return any(self._answers(one, text) for one in (addressed.passing, found.asked) if one is not None)

    def _answers(self, asked: Asked, text: str) -> bool:
        if asked.takes_text and asked.question.nameless:
            return True  # words that were to be anonymous reach nobody by name
        if answers().cancels(text) or answers().asks_who_sees(text):
            return True
        return match_option(text, asked.options, option_words(asked.kind)) is not None


def _stands_alone(command: Command, rest: str) -> bool:
    """Whether a message is this command word and nothing else, and that is enough for it."""
    return not rest and bool(command.where & Place.PRIVATE) and not any(arg.required for arg in command.args)


def told(incoming: Incoming, place: int, *, danger: bool) -> Told:
    """Words for the other side as the action takes them."""
    text = incoming.text.strip()
    return Told(
        text=incoming.text,
        media=any(isinstance(part, Media) and part.kind != FACE for part in incoming.segments),
        tap=(number_shown(text) or 0) in OPTIONS,
        danger=danger,
        place=place,
    )
