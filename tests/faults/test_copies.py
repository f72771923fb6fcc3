"""N3 duplicates and reorder, N4 id collisions: each event has its effect once, in whatever order its copies come."""

import asyncio
import hmac
import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from sqlalchemy import func, select

from bot.channels.onebot.convert import read_message
from bot.store.delivery import AuditEntry, EventKey, OutboxMessage
from bot.store.store import Store
from tests.faults.conftest import FaultTable, Scale
from tests.faults.whole import CADRE, GROUP, YOUTHS, Whole, open_whole
from tests.gateway import FakeGateway
from tests.gateway_log import Json
from tests.harness import BOT

pytestmark = [pytest.mark.ci, pytest.mark.nightly, pytest.mark.timeout(7200)]

SECRET = "s" * 40
WINDOW = 50
COMMANDS = 0.03
"""Share of events that are commands; the others are words of the talk."""


def named(number: int) -> str:
    """A name for a number: digits in a name would be a number of somebody."""
    return "青年" + str(number).translate(str.maketrans("0123456789", "甲乙丙丁戊己庚辛壬癸"))


@dataclass(slots=True)
class Script:
    """Distinct events in the order in which they were said."""

    events: list[Json]
    words: list[str]
    commands: int


async def write(bot: Whole, dice: random.Random, count: int) -> Script:
    """People talk and type commands, four events a second. Nothing is sent: this gateway is not connected."""
    scribe, start = bot.gateway(), int(bot.clock.now().timestamp())
    script = Script([], [], 0)
    for number in range(count):
        at = start + number // 4
        if dice.random() < COMMANDS:
            script.commands += 1
            event = await scribe.private_message(dice.choice(list(YOUTHS)), f"更正 称呼 {named(number)}", time=at)
        else:
            script.words.append(f"第{number}句")
            speaker = dice.choice([*YOUTHS, CADRE])
            event = await scribe.group_message(GROUP, speaker, script.words[-1], time=at)
        script.events.append(event)
    return script


def shuffled(dice: random.Random, copies: Sequence[Json]) -> list[Json]:
    """Out of order by at most a window."""
    mixed: list[Json] = []
    for begin in range(0, len(copies), WINDOW):
        part = list(copies[begin : begin + WINDOW])
        dice.shuffle(part)
        mixed += part
    return mixed


class Receivers:
    """The ways by which copies come: the socket, posts of the same gateway, the history after a reconnect."""

    def __init__(self, bot: Whole, gateway: FakeGateway, http: httpx.AsyncClient) -> None:
        self.bot, self.gateway, self.http = bot, gateway, http
        self.posted = self.remembered = 0

    async def by_socket(self, events: Sequence[Json]) -> None:
        for event in events:
            await self.gateway.raw(json.dumps(event))

    async def by_post(self, events: Sequence[Json]) -> None:
        for event in events:
            body = json.dumps(event).encode()
            signature = "sha1=" + hmac.new(SECRET.encode(), body, "sha1").hexdigest()
            answer = await self.http.post(
                "/onebot/v11/", content=body, headers={"X-Self-ID": BOT, "X-Signature": signature}
            )
            assert answer.status_code == 204
            self.posted += 1

    async def by_history(self, events: Sequence[Json]) -> None:
        for event in events:
            work = self.bot.talk.gate.arrive(read_message(event, BOT, from_history=True))
            if work is not None:
                await work
            self.remembered += 1

    async def spread(self, dice: random.Random, copies: Sequence[Json]) -> None:
        """A window at a time, by all ways at once."""
        for begin in range(0, len(copies), WINDOW):
            ways: dict[Any, list[Json]] = {self.by_socket: [], self.by_post: [], self.by_history: []}
            for event in copies[begin : begin + WINDOW]:
                way = dice.random()
                remembered = way < 0.05 and event["message_type"] == "group"  # of private words only what narrows is
                ways[self.by_history if remembered else self.by_post if way < 0.2 else self.by_socket].append(event)
            await asyncio.gather(*(way(events) for way, events in ways.items()))


async def begin(bot: Whole) -> FakeGateway:
    """A gateway that is connected, and a talk that is open."""
    gateway = bot.gateway()
    await gateway.connect()
    await bot.online()
    await gateway.group_message(GROUP, CADRE, "/谈心 开始")
    await bot.heard(gateway)
    return gateway


async def effects(bot: Whole) -> tuple[int, int]:
    """Corrections that had their effect, and receipts for them."""
    async with bot.store.read() as session:
        receipts = await session.scalar(
            select(func.count()).select_from(OutboxMessage).where(OutboxMessage.idem_key.startswith("rcpt:"))
        )
    return await bot.rows(AuditEntry, AuditEntry.action == "person.corrected"), receipts or 0


async def test_copies_in_any_order_have_one_effect_each(any_store: Store, scale: Scale[int], table: FaultTable) -> None:
    sqlite = any_store.engines.is_sqlite
    count, seed = scale(600 if sqlite else 150, 20_000), 20261125
    dice = random.Random(seed)
    async with (
        open_whole(any_store, secret=SECRET) as bot,
        httpx.AsyncClient(base_url=f"http://127.0.0.1:{bot.port}", timeout=60) as http,
    ):
        gateway = await begin(bot)
        before, seen = await bot.rows(EventKey), bot.adapter.counters.events
        script = await write(bot, dice, count)
        copies = shuffled(dice, [event for event in script.events for _ in range(dice.randint(1, 3))])
        receivers = Receivers(bot, gateway, http)
        await receivers.spread(dice, copies)
        await bot.heard(gateway, besides=receivers.posted)
        await bot.drained()
        keys = await bot.rows(EventKey) - before
        arrived = bot.adapter.counters.events - seen + receivers.remembered
        figure = f"Vd {arrived - keys} = copies − distinct; {receivers.posted} by the second receiver, "
        figure += f"{receivers.remembered} as history; order by sent_at"
        name = f"N3 duplicates, reorder ({'SQLite' if sqlite else 'PostgreSQL'})"
        table.row(test=name, size=f"{count} frames, {len(copies)} copies", figure=figure)
        assert (arrived, keys) == (len(copies), count), seed
        assert await effects(bot) == (script.commands, script.commands), seed
        assert await bot.words_kept() == script.words, seed
        await bot.check()
        await gateway.close()


async def test_equal_ids_of_other_senders_or_seconds_are_other_events(
    any_store: Store, scale: Scale[int], table: FaultTable
) -> None:
    """NapCat's ids are 31 bits: a collision must not swallow a real message (section 4)."""
    sqlite = any_store.engines.is_sqlite
    pairs, seed = scale(1000 if sqlite else 100, 1000), 20261126
    dice = random.Random(seed)
    async with open_whole(any_store) as bot:
        gateway = await begin(bot)
        before, start = await bot.rows(EventKey), int(bot.clock.now().timestamp())
        said, commands = 0, 0
        for number in range(pairs):
            speakers = dice.sample(list(YOUTHS), 2)
            second = speakers[1] if number % 2 else speakers[0]
            for speaker, at in ((speakers[0], start + 2 * number), (second, start + 2 * number + (number % 2 == 0))):
                if number % 50 == 0:
                    commands += 1
                    await gateway.private_message(speaker, f"更正 称呼 青年{commands}", message_id=number, time=at)
                else:
                    said += 1
                    await gateway.group_message(GROUP, speaker, f"第{said}句", message_id=number, time=at)
        await bot.heard(gateway)
        await bot.drained()
        keys = await bot.rows(EventKey) - before
        name = f"N4 id collisions ({'SQLite' if sqlite else 'PostgreSQL'})"
        table.row(test=name, size=f"{pairs} pairs", figure=f"{keys} effects")
        assert keys == 2 * pairs, seed
        assert (await effects(bot))[0] == commands
        assert len(await bot.words_kept()) == said
        await bot.check()
        await gateway.close()
