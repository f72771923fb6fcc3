"""Several of our bots in one group: each message is carried out once, and what goes there goes by one that is there."""

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass, field
from typing import Final

from bot.clock import Clock
from bot.core.rules.message import Incoming, Mention

OTHERS_PATIENCE: Final = 1.0
"""Seconds for which a bot that was not meant waits for the one that was: its gateway may not tell it."""
REMEMBERED: Final = 60.0
"""Seconds within which two bots hear the same message."""
MOST: Final = 4096


class Members:
    """In which groups our bots are, as far as they were heard or seen there."""

    def __init__(self, here: Callable[[str], bool]) -> None:
        self._here = here
        self._bots: dict[tuple[str, str], list[str]] = {}

    def seen(self, channel: str, bot_id: str, chat_id: str) -> None:
        """This bot is in that group."""
        bots = self._bots.setdefault((channel, chat_id), [])
        if bot_id not in bots:
            bots.append(bot_id)

    def left(self, channel: str, bot_id: str, chat_id: str) -> None:
        """It is no longer."""
        bots = self._bots.get((channel, chat_id), [])
        if bot_id in bots:
            bots.remove(bot_id)

    def beside(self, channel: str, chat_id: str) -> str:
        """A connected bot of that group; empty for none."""
        return next(filter(self._here, self._bots.get((channel, chat_id), ())), "")


@dataclass(slots=True)
class _Said:
    """One message, however many of our bots hear it."""

    at: float
    taken: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def take(self) -> bool:
        """Whether it had not been taken yet; now it is."""
        if self.taken.done():
            return False
        self.taken.set_result(None)
        return True


@dataclass(frozen=True, slots=True)
class Turn:
    """One bot's hearing of a message; ``waits``: another one is meant, and is connected."""

    said: _Said
    waits: bool

    async def mine(self) -> bool:
        """Whether this bot carries it out: it is meant, or the one that is does not hear it in time."""
        if not self.waits:
            return True
        await asyncio.wait({self.said.taken}, timeout=OTHERS_PATIENCE)
        return self.said.take()


class Twins:
    """Says which bot carries out a group's message: the one addressed by @, else the one with which it is linked."""

    def __init__(self, clock: Clock, bots: Callable[[str], Collection[str]]) -> None:
        self._clock, self._bots = clock, bots
        self._said: OrderedDict[Hashable, _Said] = OrderedDict()
        self._heard: Counter[Hashable] = Counter()

    def hears(self, incoming: Incoming) -> Turn | None:
        """The turn of the bot that hears this; None: another one has carried it out already."""
        bots = self._bots(incoming.channel)
        if len(bots) < 2:
            return Turn(_Said(0.0), waits=False)
        said = self._same(incoming)
        meant = _meant(incoming, bots)
        if meant and incoming.bot_id not in meant:
            return None if said.taken.done() else Turn(said, waits=True)
        return Turn(said, waits=False) if said.take() else None

    def _same(self, incoming: Incoming) -> _Said:
        """The same words of the same person in the same second, and the same one of them if they are said twice."""
        at = self._clock.monotonic()
        while self._said and (len(self._said) > MOST or next(iter(self._said.values())).at < at - REMEMBERED):
            self._said.popitem(last=False)
        if not self._said:
            self._heard.clear()
        what = (incoming.channel, incoming.chat_id, incoming.sender_id, incoming.sent_at, incoming.text)
        self._heard[incoming.bot_id, what] += 1
        return self._said.setdefault((what, self._heard[incoming.bot_id, what]), _Said(at))


def _meant(incoming: Incoming, bots: Collection[str]) -> Collection[str]:
    """The connected bots that are to carry this out; none: whichever hears it first."""
    named = {part.native_id for part in incoming.segments if isinstance(part, Mention)} & set(bots)
    home = {incoming.home_bot} & set(bots)
    return (named & home) or (named and {min(named)}) or home
