"""A NoneBot of its own for traps A and B: what its handlers do to transactions. Prints what happened as JSON.

Run by ``test_traps.py`` as a process, because a NoneBot can be initialised once only.
"""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import nonebot
from nonebot import on_message
from nonebot.adapters import Adapter, Bot, Event, Message, MessageSegment
from nonebot.drivers import Driver
from nonebot.message import handle_event
from nonebot.params import Depends
from sqlalchemy import func, select

from bot.clock import SHANGHAI, ManualClock
from bot.store.delivery import Setting
from bot.store.sealing import MasterKeys
from bot.store.store import Store


class QuietAdapter(Adapter):
    """A platform that only exists here."""

    @classmethod
    def get_name(cls) -> str:
        return "quiet"

    async def _call_api(self, bot: Bot, api: str, **data: Any) -> None:
        return None


class QuietBot(Bot):
    """Remembers what was sent."""

    sent: list[str]

    async def send(self, event: Event, message: str | Message[Any] | MessageSegment[Any], **kwargs: Any) -> None:
        self.sent.append(str(message))


class Said(Event):
    """Somebody says something."""

    def get_type(self) -> str:
        return "message"

    def get_event_name(self) -> str:
        return "said"

    def get_event_description(self) -> str:
        return "said"

    def get_user_id(self) -> str:
        return "1"

    def get_session_id(self) -> str:
        return "1"

    def get_message(self) -> Message[Any]:
        raise ValueError("no message")

    def is_tome(self) -> bool:
        return True


async def main(url: str) -> dict[str, Any]:
    """One event for each trap, on a real store."""
    nonebot.init(driver="~none", log_level="CRITICAL")
    driver: Driver = nonebot.get_driver()
    bot = QuietBot(QuietAdapter(driver), "1")
    bot.sent = []
    clock = ManualClock(datetime(2026, 11, 24, 10, tzinfo=SHANGHAI))
    store = await Store.open(url, masters=MasterKeys.generate(), clock=clock)
    seen: dict[str, Any] = {}

    async def rows() -> int:
        async with store.read() as session:
            return (await session.execute(select(func.count()).select_from(Setting))).scalar_one()

    began = await rows()

    async def dependency() -> AsyncIterator[None]:
        try:
            yield
        except BaseException:
            seen["dependency_after_failure"] = "told of it"
            raise
        seen["dependency_after_failure"] = "left as if all were well"

    async def fails(_: None = Depends(dependency)) -> None:
        async with store.unit() as unit:
            unit.session.add(Setting(name="trap.a", value="x", at=clock.now()))
            await unit.session.flush()
            seen["written_before_failure"] = True
            raise RuntimeError("the handler broke")

    failing = on_message(handlers=[fails], block=True)
    await handle_event(bot, Said())
    seen["rows_after_failure"] = await rows() - began
    failing.destroy()

    async def finishes() -> None:
        async with store.unit() as unit:
            unit.session.add(Setting(name="trap.b", value="x", at=clock.now()))
            await unit.session.flush()
            await finishing.finish("recorded")

    finishing = on_message(handlers=[finishes], block=True)
    await handle_event(bot, Said())
    seen["sent_by_finish"], seen["rows_after_finish"] = bot.sent, await rows() - began
    await store.close()
    return seen


if __name__ == "__main__":
    sys.stdout.write(json.dumps(asyncio.run(main(sys.argv[1]))))
