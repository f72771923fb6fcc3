"""Run by ``test_toy.py`` in a copy of the bot with the toy: lend, ask, show, export, expire, erase, hand over."""

import asyncio
import sys
from datetime import timedelta
from pathlib import Path

import nonebot
from sqlalchemy import func, select

import bot
from bot.chat.export import page
from bot.clock import ManualClock
from bot.core.acts.offices import end_roles
from bot.core.feature import features, load_tables, questions
from bot.core.rules.people import Role
from bot.core.shipped import labels
from bot.features.rights.reads.export import export_person
from bot.schedule.ticks import all_ticks
from bot.store.base import Base
from bot.store.delivery import AuditEntry, Prompt
from bot.store.engine import open_engines
from bot.store.migrate import upgrade
from bot.store.sealing import MasterKeys
from bot.store.store import Store

CADRE, ZHAO, KAI, ADMIN = "10001", "20001", "20002", "30001"


async def play(path: Path) -> None:
    """Everything a manifest declares, seen from outside."""
    from tests.databases import NOW
    from tests.harness import Talkers
    from tests.people_built import make_cadre, make_org, make_person, make_youth
    from tests.said import Said

    load_tables()
    url = f"sqlite+aiosqlite:///{path}"
    await upgrade(url)
    toys = Base.metadata.tables["toys"]
    engines = open_engines(url, lock=False)
    async with engines.writer.begin() as connection:  # the toy has no migration
        await connection.run_sync(lambda c: Base.metadata.create_all(c, tables=[toys]))
    await engines.dispose()
    clock = ManualClock(NOW)
    store = await Store.open(url, masters=MasterKeys.generate(), clock=clock, check_schema=False)
    try:
        org = await make_org(store)
        cadre = await make_cadre(store, org)
        zhao = await make_youth(store, org, "小赵", ZHAO, cadre=cadre)
        await make_youth(store, org, "阿凯", KAI, cadre=cadre)
        talk = await Talkers.open(store)

        async def lent() -> int:
            async with store.read() as session:
                return (await session.execute(select(func.count()).select_from(toys))).scalar_one()

        # the command, its words, its audit row
        assert "跳绳" in (await talk.says(ZHAO, "借玩具 跳绳"))[-1]
        await talk.says(ZHAO, "借玩具")
        assert await lent() == 1, "without a name it is the usage line"
        async with store.read() as session:
            kinds = (await session.execute(select(AuditEntry.action))).scalars().all()
        assert "toy.lent" in kinds
        # what is open for whom
        assert (await talk.says(CADRE, "待办"))[-1] == Said("todo/list", total=0)
        await talk.says(CADRE, "借玩具 飞盘")
        assert (await talk.says(CADRE, "待办"))[-1] == Said("todo/list", total=1)
        # what is held, and the export
        async with store.read() as session:
            held = await export_person(session, store.vault, zhao.person_id or 0, now=clock.now())
        assert [row["what"] for row in held.sections["toys"]] == ["跳绳"]
        assert labels()["export_section"]["toys"] in page(held)
        assert "跳绳" in page(held)
        assert labels()["held"]["toys"] in (await talk.says(ZHAO, "看我的数据"))[-1]
        assert any(labels()["export_section"]["toys"] in said for said in await talk.says(ZHAO, "导出我的数据"))
        # the tick puts the question, and its answer is carried out
        ticks = all_ticks(store)
        assert await ticks["toy.remind"](clock.now()) == 0
        clock.advance(timedelta(days=3))
        assert await ticks["toy.remind"](clock.now()) == 2
        assert await ticks["toy.remind"](clock.now()) == 0
        await talk.sender.pump()
        await talk.says(ZHAO, "还没有")
        await talk.says(CADRE, "1")
        assert await lent() == 1
        # it runs out
        await talk.says(KAI, "借玩具 毽子")
        clock.advance(timedelta(days=31))
        await ticks["rights.expire"](clock.now())
        assert await lent() == 0
        # it goes with its borrower, question and all
        await talk.says(ZHAO, "借玩具 风筝")
        clock.advance(timedelta(days=3))
        assert await ticks["toy.remind"](clock.now()) == 1
        await talk.sender.pump()
        await talk.says(ZHAO, "2")
        await talk.says(ZHAO, "删除我的数据")
        await talk.says(ZHAO, "确认删除")
        assert await lent() == 0
        async with store.read() as session:
            left = (await session.execute(select(func.count()).select_from(Prompt))).scalar_one()
        assert left == 0
        # what waits with a cadre who is gone is the toy's too: its borrower says who looks after it
        await talk.says(KAI, "借玩具 陀螺")
        admin = await make_person(store, org, "吴建平", number=ADMIN, roles=(Role.ORGAN_ADMIN,))
        async with store.unit() as unit:
            await end_roles(unit, [cadre.person_id or 0])
        await talk.sender.pump()
        assert talk.last(KAI) == Said("contact/hand_over", ref="Y1")
        await talk.says(KAI, "1")
        async with store.read() as session:
            assert (await session.execute(select(toys.c.cadre_id))).scalar_one() == admin.person_id
    finally:
        await store.close()
    assert questions()["toy.back"].asks.value == "youth"
    assert any(feature.name == "toy" for feature in features())


def main() -> None:
    """Play it once."""
    nonebot.init(_env_file=None, driver="~none")
    assert Path(bot.__file__).parent.parent == Path.cwd(), "this is not the copy"
    asyncio.run(play(Path(sys.argv[1])))
    sys.stdout.write("the toy was lent, asked for, shown, exported, expired, erased, handed over\n")


if __name__ == "__main__":
    main()
