"""S4 canaries: nothing anybody writes, and no token, stands in clear in the log, the database, its WAL, a copy of the
data folder or a traceback; also not while handlers, the recorder and the sender break with it in their hands."""

import asyncio
import base64
import random
import secrets
import shutil
from collections.abc import Iterable
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from bot.channels.onebot.counters import MAX_BAD_FRAMES
from bot.chat.table import Place, table
from bot.chat.text import command_texts
from tests.e2e.scene import AGREE, CADRE, GROUP, YOUTHS, Scene, close_scene, open_scene
from tests.faults.breaking import BREAK
from tests.faults.conftest import FaultTable, Scale
from tests.gateway import private
from tests.harness import load_plugins
from tests.live import BOT, TOKEN, LiveBot

pytestmark = [pytest.mark.ci, pytest.mark.nightly, pytest.mark.timeout(7200)]

MARK = "zxq9canary"
"""In every canary; what follows it tells which."""
A_LINE = MAX_BAD_FRAMES
"""Commands on one line."""
STRANGERS = tuple(range(90000050, 90000060))


class BreakingBot(LiveBot):
    """A bot that breaks where it is told to."""

    program = ("-m", "tests.faults.breaking")


def spellings(mark: str) -> tuple[bytes, ...]:
    """The mark in every dress in which a program may write it down."""
    plain = mark.encode()
    # Base64 of it at the three places it can have in a group of three bytes, without the letters its neighbours touch.
    coded = [base64.b64encode(b"\0" * shift + plain)[(0, 2, 3)[shift] : -4] for shift in range(3)]
    return plain, mark.encode("utf-16-le"), mark.encode("utf-32-le"), plain.hex().encode(), *coded


def found_in(folder: Path, mark: str = MARK) -> list[str]:
    """Files in which it stands, with the first of what follows it."""
    needles = spellings(mark)
    found: list[str] = []
    for path in folder.rglob("*"):
        held = path.read_bytes() if path.is_file() else b""
        for needle in needles:
            at = held.find(needle)
            if at >= 0:
                found.append(f"{path.relative_to(folder)}: …{held[max(0, at - 60) : at + 60]!r}")
    return found


def test_the_search_finds_every_spelling(tmp_path: Path) -> None:
    for number, held in enumerate(spellings("x" + MARK + "y")):
        (tmp_path / "held").write_bytes(b"before" + held + b"after")
        assert found_in(tmp_path), number
    for shift in range(3):
        (tmp_path / "held").write_bytes(base64.b64encode(b"." * shift + MARK.encode() + b"...."))
        assert found_in(tmp_path), shift


class Canaries:
    """Says things with canaries in them, in every way there is."""

    def __init__(self, scene: Scene, dice: random.Random) -> None:
        self.scene, self.dice = scene, dice
        self.made = 0

    def one(self) -> str:
        """A fresh one; every third breaks what it reaches."""
        self.made += 1
        return f"{MARK}{secrets.token_hex(4)}{BREAK if self.made % 3 == 0 else ''}"

    async def everything(self, rounds: int, share: float) -> None:
        """Commands in private and in the group, names, answers, words of the talk, frames that are none."""
        for _ in range(rounds):
            commands = list(table.commands.values())
            for number, command in enumerate(self.dice.sample(commands, int(len(commands) * share))):
                if number % A_LINE == 0:
                    await self._anew()
                example = command_texts()[command.id]["example"].removeprefix("/")
                word = self.dice.choice((f"{command.words[0]} {self.one()}", f"{example} {self.one()}"))
                who = self.dice.choice((CADRE, *YOUTHS, *STRANGERS))
                if command.where & Place.PRIVATE:
                    await self.scene.gateway.private_message(who, word)
                else:
                    await self.scene.gateway.group_message(GROUP, who, f"/{word}")
                await self._besides(who)
            await self.heard()

    async def _anew(self) -> None:
        """Another line: one that brings too many frames that are none is closed, and what was to be said on it lost."""
        await self.heard()
        await self.scene.gateway.drop()
        await self.scene.gateway.connect()

    async def _besides(self, who: int) -> None:
        gateway = self.scene.gateway
        match self.dice.randrange(6):
            case 0:
                await gateway.group_message(GROUP, self.dice.choice(AGREE), self.one())
            case 1:
                await gateway.private_message(who, self.dice.choice((self.one(), f"我不想活了 {self.one()}", "1", "2")))
            case 2:
                await gateway.group_message(GROUP, who, self.one(), sender={"card": self.one(), "nickname": self.one()})
            case 3:
                await gateway.event(post_type="message", message_type="group", message=self.one(), group_id={})
            case 4:
                await gateway.event(post_type="notice", notice_type=self.one(), user_id=self.one())
            case _:
                await gateway.event(post_type=self.one(), raw=self.one())

    async def heard(self) -> None:
        """Until what was said before is done: each account's own words are taken in order."""
        gateway = self.scene.gateway
        for who in (CADRE, *YOUTHS, *STRANGERS):
            known = len(gateway.shown[private(who)])
            await gateway.private_message(who, "帮助")
            await gateway.expect_message(
                private(who), lambda one, who=who, known=known: _is_menu(gateway.shown[private(who)], known), timeout=30
            )

    async def at_the_doors(self) -> None:
        """Tokens, paths, queries, headers and bodies of those who are not let in."""
        base, port = self.scene.bot.base, self.scene.bot.port
        async with httpx.AsyncClient(base_url=base) as http:
            for path in (f"/{self.one()}", f"/x/{self.one()}", f"/onebot/v11/ws?access_token={self.one()}"):
                for method in ("GET", "POST", "PUT"):
                    await http.request(
                        method, path, headers={"X-Self-ID": self.one().encode().hex()}, content=self.one()
                    )
        for token in (self.one(), TOKEN + self.one().encode().hex()):
            headers = {"Authorization": f"Bearer {token.encode('ascii', 'ignore').decode()}", "X-Self-ID": BOT}
            with pytest.raises(InvalidStatus):
                await connect(f"ws://127.0.0.1:{port}/onebot/v11/ws?q={MARK}", additional_headers=headers, proxy=None)


def _is_menu(shown: Iterable[object], known: int) -> bool:
    return any("帮助" in getattr(one, "text", "") for one in list(shown)[known:])


@pytest.mark.rule("P19")
async def test_a_thousand_canaries_are_nowhere_in_clear(
    tmp_path: Path, scale: Scale[tuple[int, float]], table: FaultTable
) -> None:
    load_plugins()
    live = tmp_path / "live"
    live.mkdir()
    scene = await open_scene(live, kind=BreakingBot, ZHIXIN_LOG_LEVEL="DEBUG")
    try:
        canaries = Canaries(scene, random.Random(20261130))
        await scene.says(CADRE, "/谈心 开始", in_group=True, expect="●")
        await canaries.everything(*scale((1, 0.5), (5, 1.0)))
        await canaries.at_the_doors()
        await asyncio.to_thread(
            shutil.copytree, live, tmp_path / "copy while it runs", ignore=shutil.ignore_patterns("*.sock")
        )
        await asyncio.to_thread(scene.bot.kill)
        await asyncio.to_thread(
            shutil.copytree, live, tmp_path / "copy after kill -9", ignore=shutil.ignore_patterns("*.sock")
        )
        scene.bot.env["ZHIXIN_LOG_FORMAT"] = "json"
        await scene.restart()
        await canaries.everything(*scale((1, 0.1), (5, 1.0)))
        assert await asyncio.to_thread(scene.bot.stop) == 0
        broke = scene.bot.read_log().count("Broken")
        figure = f"0 in log, database, WAL, copies and {broke} lines about what broke"
        table.row(test="S4 secrets, logs", size=f"{canaries.made} canaries", figure=figure)
        assert found_in(tmp_path) == []
        assert found_in(tmp_path, TOKEN) == []
        assert broke >= canaries.made // 60, "too little broke"
    finally:
        await close_scene(scene)
