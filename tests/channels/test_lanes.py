"""Order: a command is a barrier for its conversation and its person; recorded messages do not wait for one another."""

import asyncio
import gc

from bot.channels.lanes import Lanes
from tests.patience import PATIENCE


async def _pass(lanes: Lanes, name: str, keys: list[str], log: list[str], *, exclusive: bool) -> asyncio.Task[None]:
    ticket = lanes.enter(keys, exclusive=exclusive)

    async def run() -> None:
        async with ticket:
            log.append(f"{name} in")
            await asyncio.sleep(0)
            await asyncio.sleep(0)
            log.append(f"{name} out")

    return asyncio.create_task(run())


async def test_messages_of_one_group_pass_together() -> None:
    lanes, log = Lanes(), list[str]()
    tasks = [await _pass(lanes, n, ["group"], log, exclusive=False) for n in "ab"]
    await asyncio.gather(*tasks)
    assert log == ["a in", "b in", "a out", "b out"]


async def test_a_command_waits_for_earlier_messages_and_holds_back_later_ones() -> None:
    lanes, log = Lanes(), list[str]()
    tasks = [
        await _pass(lanes, "before", ["group"], log, exclusive=False),
        await _pass(lanes, "command", ["group"], log, exclusive=True),
        await _pass(lanes, "after", ["group"], log, exclusive=False),
    ]
    await asyncio.gather(*tasks)
    assert log == ["before in", "before out", "command in", "command out", "after in", "after out"]


async def test_a_private_command_holds_back_the_same_person_in_a_group() -> None:
    lanes, log = Lanes(), list[str]()
    tasks = [
        await _pass(lanes, "stop", ["private", "person"], log, exclusive=True),
        await _pass(lanes, "words", ["group", "person"], log, exclusive=False),
        await _pass(lanes, "other", ["group", "someone"], log, exclusive=False),
    ]
    await asyncio.gather(*tasks)
    assert log.index("stop out") < log.index("words in")
    assert log.index("other in") < log.index("stop out")


async def test_commands_of_one_conversation_run_one_after_another() -> None:
    lanes, log = Lanes(), list[str]()
    tasks = [await _pass(lanes, str(n), ["group"], log, exclusive=True) for n in range(20)]
    await asyncio.gather(*tasks)
    assert log == [word for n in range(20) for word in (f"{n} in", f"{n} out")]


async def test_a_cancelled_command_lets_those_behind_it_pass() -> None:
    lanes, log = Lanes(), list[str]()
    first = lanes.enter(["group"], exclusive=True)
    waiting = await _pass(lanes, "cancelled", ["group"], log, exclusive=True)
    behind = await _pass(lanes, "behind", ["group"], log, exclusive=False)
    await asyncio.sleep(0)
    waiting.cancel()
    first.leave()
    await asyncio.gather(waiting, behind, return_exceptions=True)
    assert log == ["behind in", "behind out"]


async def test_an_event_given_up_before_it_began_leaves_its_place() -> None:
    lanes, log = Lanes(), list[str]()

    async def never_started(ticket: object) -> None:
        raise AssertionError

    work = never_started(lanes.enter(["group"], exclusive=True))
    behind = await _pass(lanes, "behind", ["group"], log, exclusive=True)
    work.close()
    del work
    gc.collect()
    await asyncio.wait_for(behind, PATIENCE)
    assert log == ["behind in", "behind out"]


async def test_nothing_is_kept_of_lanes_that_are_empty() -> None:
    lanes, log = Lanes(), list[str]()
    tasks = [await _pass(lanes, str(n), [f"g{n}", "p"], log, exclusive=n % 2 == 0) for n in range(10)]
    await asyncio.gather(*tasks)
    assert len(lanes) == 0
