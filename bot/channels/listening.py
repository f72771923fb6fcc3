"""One group in which a talk may be open, as the recorder hears it: its talk, its numbers, whether ● 记录中 is out."""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from bot.channels.tally import Tally
from bot.core.rules.message import Incoming
from bot.features.talk.reads.talk import TalkWatch

OUTCOME_PATIENCE: Final = 0.3
"""Seconds for which words wait that are said while a platform has ● 记录中 and has not yet said that it is out."""
NOTICED: Final = ("goes", "seen", "fate")
"""What the sender tells of a notice: a platform has been given it, it is out, it is known what became of it."""


@dataclass(slots=True)
class State:
    """One chat's open talk; ``stale`` until it has been read again after a change."""

    watch: TalkWatch | None = None
    stale: bool = True
    seen: tuple[int, datetime | None] = (0, None)
    """The talk whose ● 记录中 is out, though its row may not say so yet, and when that was queued."""
    goes: asyncio.Future[None] | None = None
    """Done once it is known whether the ● 记录中 is out that a platform has been given."""
    reading: asyncio.Lock = field(default_factory=asyncio.Lock)
    tally: Tally = field(default_factory=Tally)
    under_way: dict[asyncio.Future[None], datetime] = field(default_factory=dict)
    """Messages that have come and are neither durable nor given up, and when they were said."""

    def heard(self) -> datetime | None:
        """How far this talk was heard: what passed by something that waits does not count yet."""
        times = (self.tally.heard, *self.under_way.values()) if self.tally.heard else ()
        return min((at for at in times if at is not None), default=None)

    def noticed(self, topic: str, talk_id: int, queued: datetime | None) -> None:
        """What the sender tells of ● 记录中, which was queued then."""
        if topic == "goes":
            self.goes = asyncio.get_running_loop().create_future()
        elif topic == "seen":
            self.seen = (talk_id, queued)
        elif self.goes is not None and not self.goes.done():
            self.goes.set_result(None)

    def hidden(self, talk_id: int) -> None:
        """The notice of this talk is not to be seen any more."""
        if self.seen[0] == talk_id:
            self.seen = (0, None)

    async def shown(self, incoming: Incoming) -> bool:
        """Whether ● 记录中 is out although its row does not say so: a moment is waited for that while it goes."""
        if incoming.from_history:
            return False
        if self.goes is not None and not self.goes.done():
            await asyncio.wait({self.goes}, timeout=OUTCOME_PATIENCE)
        watch, (talk_id, queued) = self.watch, self.seen
        if watch is None or watch.talk_id != talk_id:
            return False
        return watch.quiet_since is None or (queued is not None and queued >= watch.quiet_since)
