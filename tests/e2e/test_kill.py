"""kill -9 while a talk is recorded, the process started as an operator does; tests/faults kills it more often."""

import asyncio
import random
import re
import sqlite3
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.core.tables import Consent, Receipt
from bot.features.talk.tables import Gap, TalkMessage
from bot.store import audit
from tests.e2e.scene import AGREE, CADRE, GROUP, Scene, close_scene, open_scene
from tests.gateway import private
from tests.patience import PATIENCE
from tests.processes import OperatorsBot

ROUNDS = 2
MESSAGES_A_ROUND = 12


def stored_rows(scene: Scene) -> int:
    """How many talk messages the database holds at this moment."""
    with sqlite3.connect(f"file:{scene.bot.folder}/data/zhixin.db?mode=ro", uri=True, timeout=5) as connection:
        return connection.execute("SELECT count(*) FROM talk_messages").fetchone()[0]


async def until_stored(scene: Scene, wanted: int) -> None:
    """Wait until the back-fill has brought in what the gateway still knew; bounded."""
    async with asyncio.timeout(PATIENCE):
        while stored_rows(scene) < wanted:  # noqa: ASYNC110 - another process's file tells nobody that it changed
            await asyncio.sleep(0.05)


async def one_round(scene: Scene, number: int, dice: random.Random) -> list[str]:
    """Talk, and in the middle of it the process is killed; then it comes back. Returns what was said."""
    said: list[str] = []

    async def kill() -> None:
        await asyncio.sleep(dice.uniform(0.02, 0.3))
        await asyncio.to_thread(scene.bot.kill)

    killing = asyncio.create_task(kill())
    for place in range(MESSAGES_A_ROUND):
        text = f"第{number}轮第{place}句"
        speaker = (*AGREE, CADRE)[place % 4]
        await scene.gateway.group_message(GROUP, speaker, text)
        said.append(text)
        if place % 3 == 0:
            await scene.gateway.private_message(AGREE[0], "同意 署名" if (number + place) % 2 else "撤回 署名")
        await asyncio.sleep(dice.uniform(0, 0.04))
    await killing
    if scene.gateway.connected:
        await scene.gateway.drop()
    await scene.restart()
    return said


async def test_kills_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    dice = random.Random(20261124)
    scene = await open_scene(tmp_path, kind=OperatorsBot)
    try:
        await scene.says(CADRE, "/谈心 开始 夜班", in_group=True, expect="●")
        said: list[str] = []
        for number in range(ROUNDS):
            said += await one_round(scene, number, dice)
            await until_stored(scene, len(said))
        closed = await scene.says(CADRE, "/谈心 结束 聊了夜班回家", in_group=True, expect=str(len(said)))
        assert "T" in closed
        await scene.gateway.close()
        assert await asyncio.to_thread(scene.bot.stop) == 0
        await check_rows(scene, said)
    finally:
        await close_scene(scene)


async def check_rows(scene: Scene, said: list[str]) -> None:
    store = await scene.open_store()
    try:
        async with store.read() as session:
            rows = (await session.execute(select(TalkMessage))).scalars().all()
            texts = Counter([await store.vault.read(session, f"talk_messages:{r.id}:body", r.body) for r in rows])
            gaps = (await session.execute(select(Gap))).scalars().all()
            receipts = set((await session.execute(select(Receipt.number))).scalars())
            consents = (await session.execute(select(Consent).where(Consent.scope == "named_use"))).scalars().all()
            count, faults = await audit.verify(session, store.vault)
        assert texts == Counter(said), "each message once"
        assert all(gap.missing in (0, None) for gap in gaps)
        assert not faults
        assert count > 0
        shown = [one.text for one in scene.gateway.shown[private(AGREE[0])]]
        told = set(re.findall(r"\b[A-Z]-\d{8}-\d{4}", "\n".join(shown)))
        assert told
        assert told <= receipts, "no receipt without its effect"
        assert sum(c.withdrawn_at is None for c in consents) <= 1
    finally:
        await store.close()


@pytest.mark.parametrize("signal", ["TERM"])
async def test_an_orderly_stop_loses_nothing_and_ends_with_zero(tmp_path: Path, signal: str) -> None:
    scene = await open_scene(tmp_path, agree=AGREE[:1])
    try:
        await scene.says(CADRE, "/谈心 开始", in_group=True, expect="●")
        said = [f"停之前第{n}句" for n in range(40)]
        for text in said:
            await scene.gateway.group_message(GROUP, AGREE[0], text)
        await until_stored(scene, 1)
        assert await asyncio.to_thread(scene.bot.stop) == 0
        await scene.gateway.drop()
        await scene.restart()
        await until_stored(scene, len(said))
        assert stored_rows(scene) == len(said)
    finally:
        await close_scene(scene)


async def test_a_second_process_on_the_same_data_is_refused(tmp_path: Path) -> None:
    scene = await open_scene(tmp_path, agree=())
    try:
        said = scene.bot.command("run", expect=1)
        assert "Traceback" not in said
    finally:
        await close_scene(scene)
