"""T3 end to end: the clock of a running bot is set ten years ahead and back again."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.e2e.scene import CADRE, Scene, close_scene
from tests.faults.conftest import FaultTable
from tests.faults.jumpy import OFFSET
from tests.gateway import FakeGateway
from tests.live import BOT, TOKEN, LiveBot, with_roster
from tests.patience import PATIENCE

pytestmark = [pytest.mark.ci, pytest.mark.nightly]

TEN_YEARS = 3653 * 86400 + 3600
KEPT = ("event_keys", "prompts WHERE state = 'open'", "talks WHERE state = 'open'", "retention_runs")


class JumpyBot(LiveBot):
    """A bot whose wall clock the test sets."""

    program = ("-m", "tests.faults.jumpy")

    def set_clock(self, seconds: float) -> None:
        """So far ahead of the real one."""
        (self.folder / OFFSET).write_text(str(seconds), encoding="utf-8")

    async def logged(self, words: str) -> None:
        """Wait until the log says so."""
        async with asyncio.timeout(PATIENCE):
            while words not in self.read_log():  # noqa: ASYNC110 - a file tells nobody that it has grown
                await asyncio.sleep(0.05)

    def rows(self) -> list[int]:
        """How many there are of what a wrong year would end."""
        path = self.folder / "data" / "zhixin.db"
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)) as database:
            return [database.execute(f"SELECT count(*) FROM {what}").fetchone()[0] for what in KEPT]  # noqa: S608


async def test_ten_years_ahead_for_a_while_end_nothing(tmp_path: Path, table: FaultTable) -> None:
    bot = JumpyBot(tmp_path, ZHIXIN_CLOCK="2026-11-24T02:30:00+08:00")  # the daily expiry has not run yet
    codes = with_roster(bot, {"林晓舟": "专职"})
    await bot.start()
    scene = Scene(bot, FakeGateway(bot.port, token=TOKEN, self_id=BOT, seed=7))
    try:
        await scene.gateway.connect()
        await scene.says(CADRE, f"绑定 {codes['林晓舟']}", expect="林晓舟")
        await scene.says(CADRE, "/关联本群", in_group=True)
        await scene.says(CADRE, "/谈心 开始", in_group=True, expect="●")
        await scene.says(CADRE, "解绑")
        before = bot.rows()
        assert before[:3] == [6, 1, 1]  # a group command is known by its words too
        bot.set_clock(TEN_YEARS)
        await bot.logged("clock suspect")
        assert await scene.says(CADRE, "我是谁", expect="林晓舟")
        assert bot.rows() == before
        bot.set_clock(0)
        await bot.logged("believed again")
        assert bot.rows() == before
        assert await scene.says(CADRE, "/谈心 放弃", in_group=True)
        assert await asyncio.to_thread(bot.stop) == 0
        table.row(test="T3 clock jump, a running bot", size="+10 years and back", figure="0 rows ended")
    finally:
        await close_scene(scene)
