"""The sender: takes due rows, obeys the pace, hands them to a channel and records what became of them."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from typing import Final

from loguru import logger

from bot.channels.carrier import Carrier, Draw, Render
from bot.channels.choosing import Chosen, choose
from bot.channels.conversation import ConversationRun
from bot.channels.from_memory import FromMemory
from bot.channels.late import Late
from bot.channels.outcomes import OutcomeWriter
from bot.channels.pacing import FOREVER, Pacer
from bot.channels.port import Channel
from bot.channels.twins import Members
from bot.channels.under_way import UnderWay
from bot.channels.unknown import Unknown
from bot.clock import Clock, ClockWatch
from bot.core.rules.message import Address, ChatKind, OutSegment
from bot.store import leases, outbox, waiting
from bot.store.outbox import Outgoing
from bot.store.store import Store

POLL_SECONDS: Final = 5.0
BATCH: Final = 64


class Sender:
    """One per process. Channels are attached at start; rows of bots that are not connected wait."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        pacer: Pacer,
        render: Render,
        *,
        repeated: str,
        owner: str = "main",
        watch: ClockWatch | None = None,
        draw: Draw | None = None,
    ) -> None:
        self._store, self._clock, self._pacer = store, clock, pacer
        self._watch = watch or ClockWatch(clock)
        self._owner = owner
        self._channels: dict[str, Channel] = {}
        self._bots: dict[str, str] = {}
        self._learning: set[asyncio.Task[None]] = set()
        self._wake = asyncio.Event()
        self._fresh: list[waiting.Candidate] = []
        self._outcomes = OutcomeWriter(store, clock, pacer)
        self._carrier = Carrier(store, self._channels, render, pacer.quotas, repeated=repeated, draw=draw)
        self._unknown = Unknown(store, clock, self._channels, render)
        self._late = Late(store, clock)
        self._under_way = UnderWay(self._ended)
        self._conversation = ConversationRun(
            store, self._carrier, self._outcomes, lambda rows: self._memory.back(rows), gathers=pacer.gathers
        )
        self._memory = FromMemory(
            store.vault,
            self._under_way,
            lambda row: self._answer_wait(row.kind, row.address.bot_id, row.conv),
            self._reply_wait,
            self._conversation.deliver,
            self._carrier.answer,
        )
        self._loop_task: asyncio.Task[None] | None = None
        self._stopping = False
        self._look_at = 0.0
        self._held_back = False
        store.on_express(self._may_express, self._take_express)
        self.here: Callable[[str], bool] = self._bots.__contains__
        self.members = Members(self.here)
        store.here, store.beside = self.here, self.members.beside

    # --- wiring ------------------------------------------------------------------------------------------------------

    def attach(self, channel: Channel) -> None:
        """Add a channel to send by."""
        self._channels[channel.name] = channel

    def connected(self, channel: str, bot_id: str) -> None:
        """A bot came online: its waiting rows go out."""
        self._bots[bot_id] = channel
        self.wake((bot_id,))

    def disconnected(self, channel: str, bot_id: str) -> None:
        """A bot went offline: its rows wait."""
        self._bots.pop(bot_id, None)

    def bots(self, channel: str) -> Sequence[str]:
        """The connected bots of a channel."""
        return [bot for bot, name in self._bots.items() if name == channel]

    def learn_groups(self, channel: str, bot_id: str) -> None:
        """Ask in which groups a bot is: another one's messages go there by it while that one is away."""
        self._learning.add(task := asyncio.create_task(self._learn_groups(channel, bot_id)))
        task.add_done_callback(self._learning.discard)

    async def _learn_groups(self, channel: str, bot_id: str) -> None:
        try:
            for group in await self._channels[channel].groups(bot_id) or ():
                self.members.seen(channel, bot_id, group)
        except Exception as error:
            logger.warning("it is not known in which groups a bot is: {}", type(error).__name__)

    def wake(self, bots: Collection[str], fresh: Collection[waiting.Candidate] = ()) -> None:
        """Rows wait for these bots, perhaps none but ``fresh``, which were queued just now."""
        if bots or not fresh or len(self._fresh) + len(fresh) > BATCH:
            self._look_at = 0.0
        else:
            self._fresh.extend(fresh)
        self._wake.set()

    def answer(self, address: Address, segments: Sequence[OutSegment]) -> None:
        """Say something that recorded nothing: at once, in memory only."""
        self._memory.answer(address, segments)
        self._wake.set()

    def _may_express(self, bot_id: str) -> str | None:
        """Whether an answer may be born leased: this bot is online here and not many wait already."""
        if self._stopping or bot_id not in self._bots or not self._memory.may_take():
            return None
        return self._owner

    def _take_express(self, rows: Collection[Outgoing]) -> None:
        self._memory.take(rows)
        self._wake.set()

    async def start(self) -> None:
        """Take back what an earlier process left leased, then run."""
        async with self._store.unit() as unit:
            rescued = await leases.rescue(unit.session, owner=self._owner, now=unit.now)
        if rescued:
            logger.warning("{} messages of an earlier run have an unknown outcome", rescued)
        self._store.on_wake(self.wake)
        self._loop_task = asyncio.create_task(self._run())

    async def stop(self, within: float = 8.0) -> None:
        """Take no new rows, finish what is under way, then let go."""
        self._stopping = True
        self._wake.set()
        if self._loop_task is not None:
            await self._loop_task
        if self._under_way.tasks:
            _, late = await asyncio.wait(set(self._under_way.tasks), timeout=within)
            for task in late:
                task.cancel()
            if late:
                await asyncio.wait(late)
        if self._memory.express:
            await self._outcomes.give_back(self._memory.express)
            self._memory.express.clear()

    async def pump(self, *, woken: bool = False) -> None:
        """Send everything that may go now, without the loop: for tests and rehearsals.

        ``woken``: look into the table only if somebody said that a row waits, not for what the time has made due.
        """
        while True:
            self._memory.send()
            if not self._under_way.tasks:
                await self._send_fresh()
            if not self._under_way.tasks and woken and self._look_at == FOREVER:
                return
            if not self._under_way.tasks:
                self._look_at = FOREVER
                await self._send_rows()
                self._memory.send()  # the conversation they waited for may be free meanwhile
                if not self._under_way.tasks and self._look_at:  # nothing ended while the table was read
                    return
            if self._under_way.tasks:
                await asyncio.wait(set(self._under_way.tasks))
                await asyncio.sleep(0)

    async def settled(self) -> None:
        """Wait until nothing is under way and nothing may go out now; the night holds back on (rehearsals)."""
        while True:
            if self._under_way.tasks:
                await asyncio.wait(set(self._under_way.tasks))
                continue
            async with self._store.read() as session:
                due = await waiting.due(session, list(self._bots), now=self._clock.now(), limit=1)
            held = all(self._delay(row, self._clock.monotonic()) > 0 for row in due)
            if held and not self._memory and not self._under_way.tasks:
                return
            self.wake(())
            await asyncio.sleep(0.002)

    # --- the loop ----------------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        wait = 0.0
        while not self._stopping:
            if wait > 0:
                try:
                    async with asyncio.timeout(min(wait, POLL_SECONDS)):
                        await self._wake.wait()
                except TimeoutError:
                    self._look_at = 0.0
            self._wake.clear()
            if self._stopping:
                return
            try:
                wait = self._memory.send()
                await self._send_fresh()
                wait = min(wait, await self._look_for_rows())
            except Exception as error:
                logger.opt(exception=error).error("the sender stumbled and goes on")
                wait = POLL_SECONDS

    async def _look_for_rows(self) -> float:
        """Send rows if any may wait: an answer that was born leased leaves nothing to look for in the table."""
        at = self._clock.monotonic()
        if at >= self._look_at:
            self._look_at = at + POLL_SECONDS  # before the look: what is pushed meanwhile sets it back
            wait = await self._send_rows()
            self._look_at = min(self._look_at, at + wait)
        return max(0.0, self._look_at - at)

    async def _send_rows(self) -> float:
        online = list(self._bots)
        if not online:
            return FOREVER
        await self._unknown.rescue_leases(self._conversation.sending | {row.id for row in self._memory.express})
        await self._unknown.look(online, self._under_way.busy, self._under_way.spawn)
        await self._late.look(online)
        async with self._store.look() as session:
            due = await waiting.due(session, online, now=self._clock.now(), limit=BATCH * 4)
        self._held_back = len(due) == BATCH * 4
        chosen = self._choose(due)
        if not chosen.rows:
            return chosen.wait
        await self._lease_and_send(chosen.rows)
        return 0.0 if len(due) > len(chosen.rows) and not self._under_way.full() else chosen.wait

    async def _send_fresh(self) -> None:
        """Send what was queued just now, without a look into the table, if nothing else waits there.

        Otherwise, or if not all of it may go now, the table is looked at: it knows the order and the pace.
        """
        fresh, self._fresh = self._fresh, []
        if not fresh or self._look_at <= self._clock.monotonic() or self._held_back:
            self._look_at = 0.0 if fresh else self._look_at
            return
        chosen = self._choose([row for row in fresh if row.bot_id in self._bots])
        if len(chosen.rows) < len(fresh):
            self._look_at = 0.0
        await self._lease_and_send(chosen.rows)

    async def _lease_and_send(self, chosen: Sequence[int]) -> None:
        if chosen:
            async with self._store.unit() as unit:
                leased = await leases.lease(unit.session, unit.vault, chosen, owner=self._owner, now=unit.now)
            runs: dict[bytes, list[Outgoing]] = {}
            for row in leased:
                runs.setdefault(row.conv, []).append(row)
            for conv, rows in runs.items():
                self._under_way.spawn(conv, self._conversation.deliver(*rows))

    def _choose(self, due: Sequence[waiting.Candidate]) -> Chosen:
        at = self._clock.monotonic()
        chosen = choose(
            due,
            busy=self._under_way.busy,
            full=self._under_way.full,
            delay=lambda row: self._delay(row, at),
            gathers=self._pacer.gathers,
        )
        self._held_back |= chosen.held_back
        return chosen

    def _delay(self, row: waiting.Candidate, at: float) -> float:
        if row.kind in outbox.ANSWERS or row.priority == 0:
            return self._answer_wait(row.kind, row.bot_id, row.conv)
        if self._watch.suspect():  # its time may not have come at all (section 7)
            return POLL_SECONDS
        channel = self._bots.get(row.bot_id)
        if channel is None:  # it went away while the rows were read
            return FOREVER
        return self._pacer.push_wait(
            channel=channel,
            bot_id=row.bot_id,
            conv=row.conv,
            group=row.conv_kind == ChatKind.GROUP,
            cls=row.cls,
            now=self._clock.now(),
            at=at,
        )

    def _answer_wait(self, kind: str, bot_id: str, conv: bytes) -> float:
        if kind != outbox.GATHERED:
            return self._reply_wait(bot_id)
        return self._pacer.gathered_wait(bot_id, conv, self._clock.monotonic())

    def _reply_wait(self, bot_id: str) -> float:
        return self._pacer.reply_wait(bot_id, self._clock.monotonic())

    def _ended(self, look: bool) -> None:
        if look or self._held_back:  # a row may wait for this conversation, or for a place
            self._look_at = 0.0
        self._wake.set()
