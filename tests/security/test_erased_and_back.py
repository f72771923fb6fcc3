"""S7: who was erased and comes again with the same account is nobody's earlier self: no value joins the two lives.

Every table is walked. A value is a thread when it stands in a row of the first life that outlived the erasure and in a
row of the second life, and did not belong to the house before either of them.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any, Final

import pytest
from sqlalchemy import select

from bot.chat.text import consent_texts
from bot.core.rules.consent import ConsentScope
from bot.core.rules.message import Address, ChatKind
from bot.core.rules.people import Role
from bot.store.base import Base
from bot.store.outbox import conversation
from bot.store.store import Store
from tests.harness import Talkers
from tests.people_built import make_cadre, make_chat, make_org, make_person, make_youth
from tests.said import Said

CADRE, YOUTH, GROUP = "10001", "20001", "888"
LIFE: Final = (
    ("/加入 小赵", GROUP), ("3", None), ("我同意", None), ("许愿 想要一本 CAD 教程", None), ("1", None),
    ("心声 宿舍热水经常停，晚上洗不了澡", None), ("1", None), ("投诉 食堂夜班只剩冷饭", None), ("1", None), ("2", None),
    ("匿名 实习单位让我们夜班连上", None), ("1", None), ("找人聊聊 匿名 夜班", None), ("1", None), ("结束聊天", None),
    ("看我的数据", None), ("导出我的数据", None), ("更正 称呼 小雨", None), ("绑定 K7PD93QX2M", None), ("帮助", None),
    ("/加入 小赵", GROUP), ("我的同意", None), ("别再提醒", None),
)  # fmt: skip
COMMON: Final = {
    ("*", "day"): "which day it is",
    ("chat_days", "*"): "how many messages a group had on a day: a number, of everybody",
    ("latest_times", "*"): "in which two minutes anything was written last",
    ("settings", "*"): "what the bot keeps for itself",
    ("retention_runs", "*"): "what ran out on a day, of everybody",
    ("audit_heads", "*"): "the chain's end",
    ("audit_entries", "prev"): "the chain's order, of everybody's acts",
    ("audit_entries", "hash"): "the same",
    ("voices", "said_at"): "the day of a complaint, no hour",
    ("voices", "held_since"): "the morning on which complaints of a day are seen",
}
"""Values that may stand in both lives, and why they lead from one to the other no more than to anybody else."""
Rows = dict[str, list[dict[str, Any]]]


async def everything(store: Store) -> Rows:
    async with store.read() as session:
        return {
            table.name: [dict(row) for row in (await session.execute(select(table))).mappings()]
            for table in Base.metadata.sorted_tables
        }


def parts(value: Any) -> Iterable[Any]:
    """What a value holds, as far as it could lead anywhere: no small numbers, no common words."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from parts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from parts(inner)
    elif isinstance(value, bytes) and len(value) >= 8:
        yield value
        if value[:1] in (b"\x01", b"\x02"):
            yield int.from_bytes(value[1:9], "big")  # the key that sealed it
    elif isinstance(value, bool):
        return
    elif (isinstance(value, int) and value > 9_999) or isinstance(value, datetime):
        yield value
    elif isinstance(value, str):
        for piece in value.replace(":", " ").replace("-", " ").split():
            if piece.isdigit() and len(piece) > 4 and not piece.startswith("2026"):
                yield int(piece)
            elif len(piece) >= 20:
                yield piece


def values(rows: Rows) -> dict[Any, set[tuple[str, str]]]:
    """Where each value stands."""
    found: dict[Any, set[tuple[str, str]]] = {}
    for table, each in rows.items():
        for row in each:
            for column, value in row.items():
                for part in parts(value):
                    found.setdefault(part, set()).add((table, column))
    return found


def allowed(place: tuple[str, str]) -> bool:
    return any(key in COMMON for key in (place, ("*", place[1]), (place[0], "*")))


def new_in(before: Rows, after: Rows) -> Rows:
    """Rows that were not there, whatever has become of those that were."""
    found: Rows = {}
    for table in Base.metadata.sorted_tables:
        keys = [column.name for column in table.primary_key]
        there = {tuple(row[key] for key in keys) for row in before[table.name]}
        found[table.name] = [row for row in after[table.name] if tuple(row[key] for key in keys) not in there]
    return found


def without_others(rows: Rows, others: set[int]) -> Rows:
    """Without what was said to cadres and other people of the house, whom both lives have to do with."""
    return rows | {"outbox": [row for row in rows["outbox"] if row["person_id"] not in others]}


async def live(talk: Talkers) -> None:
    for words, group in LIFE:
        talk.advance(timedelta(seconds=47))
        await talk.says(YOUTH, words, group=group)


@pytest.mark.parametrize("online", [True, False])
async def test_no_value_of_the_first_life_that_outlived_it_stands_in_the_second(any_store: Store, online: bool) -> None:
    talk = await Talkers.open(any_store)
    city = await make_org(any_store, "云川市团委")
    org = await make_org(any_store, "清河县团委", parent=city)
    cadre = await make_cadre(any_store, org, number=CADRE)
    chat = await make_chat(any_store, org, cadre, GROUP)
    for place, role in enumerate((Role.ORGAN_ADMIN, Role.PRIVACY_OFFICER, Role.DUTY_OFFICER)):
        await make_person(any_store, org, f"同事{place}", number=f"3000{place}", roles=(role,))
        await make_person(any_store, city, f"上级{place}", number=f"3001{place}", roles=(role,))
    for n in range(5):
        await make_youth(any_store, org, f"青年{n}", f"2100{n}", cadre=cadre, chat=chat)
    house = await everything(any_store)
    await live(talk)
    await talk.says(YOUTH, "删除我的数据")
    if not online:
        talk.sender.disconnected("qq", "30003")
    talk.advance(timedelta(seconds=9))
    await talk.says(YOUTH, "确认删除")
    if online:
        assert talk.last(YOUTH) == Said("rights/erased")
    left = await everything(any_store)
    first = new_in(house, left)
    assert any(row["action"] == "person.erased" for row in first["audit_entries"])
    if not online:
        talk.sender.connected("qq", "30003")
        await talk.sender.pump()
    talk.advance(timedelta(hours=3))
    await live(talk)
    second = new_in(left, await everything(any_store))
    assert len(second["audit_entries"]) > 3
    others = {row["id"] for row in house["people"]}
    ours, theirs = values(without_others(first, others)), values(without_others(second, others))
    group = conversation(any_store.vault, Address("qq", "30003", ChatKind.GROUP, GROUP))
    texts = {consent_texts().of(scope).hash for scope in ConsentScope}  # the same to everybody
    known = {*values(house), group} | texts
    threads = {
        (str(value), *sorted(ours[value] | theirs[value]))
        for value in ours.keys() & theirs.keys() - known
        if not all(map(allowed, ours[value])) and not all(map(allowed, theirs[value]))
    }
    assert sorted(threads) == []
