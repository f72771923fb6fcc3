"""Two counties below one city on a live bot, everybody known by name: the people of the acceptance scenarios."""

import asyncio
import csv
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from bot.clock import Clock
from tests.gateway import FakeGateway, Shown, group, private
from tests.live import BOT, TOKEN, LiveBot, read_codes
from tests.patience import PATIENCE

ORGS = (
    ("GT", "共青团甘棠市委员会", "", "市", "地方"),
    ("QH", "共青团青禾县委员会", "GT", "县", "地方"),
    ("BS", "共青团白石县委员会", "GT", "县", "地方"),
)
OFFICE = (
    ("林晓舟", "QH", "专职", "否"),
    ("周敏", "QH", "兼职", "否"),
    ("何清", "QH", "值班/隐私负责人", "否"),
    ("顾宁", "QH", "管理员", "是"),
    ("苏禾", "BS", "专职", "否"),
    ("吴建平", "GT", "管理员/报送人", "是"),
)
NUMBERS = {name: 90000101 + at for at, (name, *_) in enumerate(OFFICE)}
GROUP, OTHER_GROUP, LOOSE_GROUP = 80000101, 80000102, 80000103
"""A group of 林晓舟, one of 苏禾 of the other county, and one that nobody has linked."""
MARKS = {"恢复提醒": "有值得告诉你的事", "帮助 帮助": "看看你在这里能做什么"}
"""Typed after every line: they change nothing, and once they are answered the line before has been dealt with.

One is answered by a row of the database, one from memory: whatever the line brought stood before one of them.
"""


@dataclass(slots=True)
class County:
    """The bot's process, its gateway, and who has which bind code."""

    bot: LiveBot
    gateway: FakeGateway
    codes: dict[str, str]
    numbers: dict[str, int] = field(default_factory=lambda: dict(NUMBERS))

    def number(self, who: str | int) -> int:
        """An account number; a name not heard before gets one."""
        if isinstance(who, int):
            return who
        return self.numbers.setdefault(who, 90000201 + len(self.numbers))

    async def hear(self, who: str | int, text: Any, *, place: int | None = None, **more: Any) -> list[str]:
        """Say something in private or in the group ``place``; everything the bot then says there, once all is done."""
        return [one.text for one in await self.see(who, text, place=place, **more)]

    async def see(self, who: str | int, text: Any, *, place: int | None = None, **more: Any) -> list[Shown]:
        """As ``hear``, with the segments."""
        number = self.number(who)
        where = private(number) if place is None else group(place)
        known = len(self.gateway.shown[where])
        if place is None:
            await self.gateway.private_message(number, text, **more)
        else:
            await self.gateway.group_message(place, number, text, **more)
        for mark in MARKS:
            if place is None:
                await self.gateway.private_message(number, mark)
            else:
                await self.gateway.group_message(place, number, f"/{mark}")
        for answer in MARKS.values():
            await self.gateway.expect_message(
                where,
                lambda one, told=answer: one in self.gateway.shown[where][known:] and told in one.text,
            )
        await self.settled()
        return [one for one in self.gateway.shown[where][known:] if not any(a in one.text for a in MARKS.values())]

    async def one(self, who: str | int, text: Any, *, place: int | None = None, **more: Any) -> str:
        """As ``hear`` where exactly one answer is right."""
        said = await self.hear(who, text, place=place, **more)
        assert len(said) == 1, said
        return said[0]

    async def asked_for_content(self, who: str, word: str) -> str:
        """Say a word that wants content alone, hear what is asked for, and give it up.

        Nothing is typed in between: while content is waited for, the next message is the content.
        """
        where = private(self.number(who))
        known = len(self.gateway.shown[where])
        await self.gateway.private_message(self.number(who), word)
        asked = await self.gateway.expect_message(where, lambda one: one in self.gateway.shown[where][known:])
        given_up = await self.one(who, "算了")
        assert [one.text for one in self.gateway.shown[where][known:]][:2] == [asked.text, given_up]
        return asked.text

    async def reminded(self, who: str, text: str, *, of: str) -> str:
        """What is said to words that are no answer: one message names the open question, then ``of`` is shown whole."""
        reminder, _, question = await self.hear(who, text)
        assert question == of
        return reminder

    async def meanwhile(self, who: str | int, doing: Any) -> list[str]:
        """What somebody is told in private while ``doing`` (an awaitable) runs."""
        where = private(self.number(who))
        known = len(self.gateway.shown[where])
        await doing
        await self.settled()
        return [one.text for one in self.gateway.shown[where][known:]]

    def told(self, who: str) -> list[str]:
        """Everything somebody has been told in private."""
        return [one.text for one in self.gateway.shown[private(self.number(who))]]

    async def move_to(self, instant: str, **env: str) -> None:
        """Stop the process in order and start it again at another hour."""
        await self.gateway.close()
        assert await asyncio.to_thread(self.bot.stop) == 0
        self.bot.env |= {"ZHIXIN_CLOCK": instant, **env}
        self.gateway.clock = clock_of(self.bot.env)
        await self.bot.start()
        await self.gateway.connect()

    async def settled(self) -> None:
        """Wait until nothing that may go out now still waits to be sent."""
        waiting = "SELECT count(*) FROM outbox WHERE state = 'leased' OR (state = 'ready' AND not_before <= created_at)"
        async with asyncio.timeout(PATIENCE):
            while self.ask(waiting)[0][0]:  # noqa: ASYNC110 - another process's file tells nobody that it changed
                await asyncio.sleep(0.01)

    def ask(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """What the database holds at this moment."""
        with closing(sqlite3.connect(f"file:{self.bot.folder}/data/zhixin.db?mode=ro", uri=True, timeout=5)) as found:
            return found.execute(statement, values).fetchall()

    def count(self, table: str, where: str = "1", *values: Any) -> int:
        """How many rows a table has."""
        return self.ask(f"SELECT count(*) FROM {table} WHERE {where}", *values)[0][0]  # noqa: S608 - our own words

    def holds(self) -> dict[str, int]:
        """Rows of every table that may hold something about a person, besides what was sent and when, and counters."""
        names = [row[0] for row in self.ask("SELECT name FROM sqlite_master WHERE type = 'table'")]
        passing = {"event_keys", "outbox", "settings", "audit_heads", "alembic_version", "chat_days"}
        return {name: self.count(name) for name in sorted(names) if name not in passing}

    async def bind(self, *names: str) -> None:
        """Bind these people of the roster."""
        for name in names:
            said = await self.one(name, f"绑定 {self.codes[name]}")
            assert name in said, said

    async def join(self, name: str, answer: str = "3", *, place: int = GROUP, agree: str = "") -> None:
        """Join through a group, tell the age band, and give these scopes (separated by spaces)."""
        number = self.number(name)
        await self.hear(name, f"/加入 {name}", place=place)
        said = await self.one(name, answer)
        assert "回执" in said, (number, said)
        for scope in agree.split():
            said = await self.one(name, f"同意 {scope}")
            if "不满 18 岁" in said:
                said = await self.one(name, "1")
            assert "回执" in said, said


def write_files(folder: Path, people: Mapping[str, str] | None = None) -> tuple[Path, Path]:
    """The roster's two files."""
    orgs, rows = folder / "orgs.csv", folder / "people.csv"
    with orgs.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows([("编码", "名称", "上级编码", "级别", "性质"), *ORGS])
    with rows.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("姓名", "组织编码", "身份", "班子成员"), *OFFICE])
    return orgs, rows


def clock_of(env: Mapping[str, str]) -> Clock:
    """The platform's clock shows what the bot's does."""
    told = env.get("ZHIXIN_CLOCK")
    return Clock(datetime.fromisoformat(told)) if told else Clock()


async def open_county(folder: Path, **env: str) -> County:
    """A running bot with the roster imported and its gateway connected; nobody is bound yet."""
    bot = LiveBot(folder, **env)
    orgs, people = write_files(folder)
    codes = folder / "codes.csv"

    def prepare() -> None:
        bot.command("migrate")
        bot.command("import", "--orgs", str(orgs), "--people", str(people), "--codes", str(codes))

    await asyncio.to_thread(prepare)
    await bot.start()
    gateway = FakeGateway(bot.port, token=TOKEN, self_id=BOT, seed=7, clock=clock_of(env))
    await gateway.connect()
    return County(bot, gateway, read_codes(codes))


async def close_county(county: County) -> None:
    """Stop whatever still runs."""
    await county.gateway.close()
    if county.bot.process is not None:
        await asyncio.to_thread(county.bot.kill)
