"""An orderly stop lets what is under way end before the sockets close (section 10)."""

import asyncio
from pathlib import Path

from sqlalchemy import select

from bot.store.delivery import AuditEntry, OutboxMessage
from tests.e2e.scene import CADRE, GROUP, Scene, close_scene
from tests.gateway import Answer, FakeGateway, private
from tests.live import BOT, TOKEN, LiveBot, with_roster
from tests.patience import PATIENCE


async def test_a_stop_waits_for_the_gateways_answer_to_what_was_written(tmp_path: Path) -> None:
    """Otherwise every receipt under way at a stop comes once more after the start, and pushes are lost as unknown."""
    bot = LiveBot(tmp_path)
    codes = with_roster(bot, {"林晓舟": "专职"})
    await bot.start()
    scene = Scene(bot, FakeGateway(bot.port, token=TOKEN, self_id=BOT, seed=7))
    try:
        await scene.gateway.connect()
        await scene.says(CADRE, f"绑定 {codes['林晓舟']}", expect="林晓舟")
        scene.gateway.delay = 1.0
        await scene.gateway.group_message(GROUP, CADRE, "/关联本群")
        async with asyncio.timeout(PATIENCE):
            while not any(call.action == "send_group_msg" for call in scene.gateway.calls):  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        assert await asyncio.to_thread(bot.stop) == 0
        store = await scene.open_store()
        async with store.read() as session:
            states = (await session.execute(select(OutboxMessage.state))).scalars().all()
        await store.close()
        assert set(states) == {"sent"}
    finally:
        await close_scene(scene)


async def test_the_acceptance_of_the_risk_is_kept_once_before_the_door_opens(tmp_path: Path) -> None:
    bot = LiveBot(tmp_path)
    bot.command("migrate")
    for _ in range(2):
        await bot.start()
        assert await asyncio.to_thread(bot.stop) == 0
    store = await Scene(bot, FakeGateway(bot.port)).open_store()
    async with store.read() as session:
        kept = (await session.execute(select(AuditEntry).where(AuditEntry.action == "qq_risk.accepted"))).scalars()
        (entry,) = kept.all()
    await store.close()
    assert entry.facts["by"]
    assert entry.actor_role == "operator"


async def test_a_kill_while_a_receipt_is_under_way_repeats_it_and_says_so(tmp_path: Path) -> None:
    """Written, perhaps delivered, never answered: it may come twice but must not vanish (class L)."""
    bot = LiveBot(tmp_path)
    codes = with_roster(bot, {"林晓舟": "专职"})
    await bot.start()
    scene = Scene(bot, FakeGateway(bot.port, token=TOKEN, self_id=BOT, seed=7))
    try:
        await scene.gateway.connect()
        await scene.says(CADRE, f"绑定 {codes['林晓舟']}", expect="林晓舟")
        for word, answer in (("别再提醒", Answer.SWALLOWED), ("恢复提醒", Answer.NO_REPLY)):
            scene.gateway.script("send_private_msg", answer)
            earlier = len(scene.gateway.calls)
            await scene.gateway.private_message(CADRE, word)
            async with asyncio.timeout(PATIENCE):
                while len(scene.gateway.calls) == earlier:  # noqa: ASYNC110 - written to the gateway, not answered
                    await asyncio.sleep(0.01)
            await asyncio.to_thread(bot.kill)
            await scene.gateway.drop()
            before = len(scene.gateway.shown[private(CADRE)])
            await scene.restart()
            told = await scene.gateway.expect_message(
                private(CADRE),
                lambda one, before=before: one in scene.gateway.shown[private(CADRE)][before:],
            )
            assert told.text.startswith("（可能重复）")
    finally:
        await close_scene(scene)
