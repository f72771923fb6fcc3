import asyncio
import json

import pytest
from websockets.exceptions import InvalidStatus

import bot.sandbox.live
from bot.core.rules.message import Text
from bot.sandbox.remembered import Remembered
from tests.patience import PATIENCE
from tests.sandbox.pages import GROUP, HOSTILE, Memory, live, served, told
from tests.sandbox.worlds import CLEAR_CREEK, LIN, ZHAO, make_world


@pytest.mark.parametrize("origin", [None, "https://zhixin.example", "null"])
async def test_a_foreign_page_cannot_listen(origin: str | None):
    async with served(make_world()) as address:
        with pytest.raises(InvalidStatus, match="403"):
            await live(address, origin=origin)


async def test_changes_arrive_live_and_in_order():
    world = make_world()
    async with served(world) as address, live(address, run=world.run_id) as page:
        world.say(ZHAO, GROUP, HOSTILE)
        world.say_as_bot(GROUP, [Text("收到")])
        world.leave_group(ZHAO, CLEAR_CREEK)
        world.set_online(True)
        changes = [await told(page, "change") for _ in range(4)]
    assert [change["number"] for change in changes] == [1, 2, 3, 4]
    assert changes[0]["line"]["pieces"] == [{"kind": "text", "text": HOSTILE}]
    assert "roster" not in changes[1]
    assert ZHAO not in [member["number"] for member in changes[2]["roster"]["groups"][0]["members"]]
    assert changes[3]["online"] is True


async def test_a_page_that_comes_back_gets_what_it_missed_and_nothing_twice():
    world = make_world()
    for text in "一二三":
        world.say(ZHAO, GROUP, text)
    async with served(world) as address, live(address, after=1, run=world.run_id) as page:
        missed = [await told(page, "change") for _ in range(2)]
        world.say(ZHAO, GROUP, "四")
        after = await told(page, "change")
    assert [change["number"] for change in (*missed, after)] == [2, 3, 4]


async def test_a_page_of_an_earlier_run_is_told_to_begin_anew():
    world = make_world()
    async with served(world) as address, live(address, after=0, run="another-run") as page:
        assert (await told(page, "reset"))["run"] == world.run_id


async def test_a_change_alone_makes_the_page_look_at_the_memory_again(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(bot.sandbox.live, "LOOK_AFTER", ())
    monkeypatch.setattr(bot.sandbox.live, "LOOK_EVERY", 10 * PATIENCE)
    world, memory = make_world(), Memory()
    async with served(world, memory) as address, live(address, run=world.run_id) as page:
        await page.send(json.dumps({"person": ZHAO}))
        assert (await told(page, "remembered"))["items"] == []
        memory.items[str(ZHAO)] = [Remembered("称呼", "小赵", True)]
        world.say(ZHAO, GROUP, "/加入 小赵")
        assert (await told(page, "remembered"))["items"][0]["text"] == "小赵"


async def test_the_memory_follows_the_person_and_what_happens():
    world, memory = make_world(), Memory()
    async with served(world, memory) as address, live(address, run=world.run_id) as page:
        await page.send(json.dumps({"person": ZHAO}))
        assert await told(page, "remembered") == {"type": "remembered", "person": ZHAO, "failed": False, "items": []}
        memory.items[str(ZHAO)] = [Remembered("称呼", "小赵", True)]
        world.say(ZHAO, GROUP, "/加入 小赵")
        assert (await told(page, "remembered"))["items"][0]["text"] == "小赵"
        await page.send(json.dumps({"person": LIN}))
        assert (await told(page, "remembered"))["person"] == LIN


@pytest.mark.parametrize("frame", ["not json", "[]", '{"person": "x"}', '{"person": 99}', '{"person": true}'])
async def test_nonsense_from_a_page_breaks_nothing_for_others(frame: str):
    world = make_world()
    async with served(world) as address, live(address, run=world.run_id) as other:
        async with live(address, run=world.run_id) as page:
            await page.send(frame)
        world.say(ZHAO, GROUP, "还在")
        assert (await told(other, "change"))["number"] == 1


async def test_the_server_stops_while_a_page_is_open():
    world = make_world()
    async with served(world) as address:
        page = await live(address, run=world.run_id)
    async with asyncio.timeout(PATIENCE):
        await page.wait_closed()
