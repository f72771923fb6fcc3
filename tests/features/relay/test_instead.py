"""找人聊聊 where the cadre is gone: who stands in is asked by the youth's word only, the co-host first (P12, P22)."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import delete, func, select

from bot.core.acts.offices import end_roles, set_away
from bot.core.acts.react import happened
from bot.core.events import AccountGone
from bot.core.rules.people import Actor, Role
from bot.features.relay.tables import Relay
from bot.store.delivery import Prompt
from bot.store.people import Account
from bot.store.store import Store
from tests.harness import Talkers
from tests.people_built import make_cadre, make_chat, make_org, make_person, make_youth
from tests.said import Refused, Said

CADRE, HOST, ADMIN, TOP, ZHAO = "10001", "10002", "30001", "30002", "20001"
ASKED = Said("relay/instead", cadre="林晓舟")
GONE = pytest.mark.parametrize("how", ["ended", "away", "unbound"])


@dataclass
class Scene:
    store: Store
    talk: Talkers
    cadre: Actor
    zhao: Actor

    async def says(self, who: str, words: str) -> list[str]:
        return await self.talk.says(who, words)

    def seen(self, who: str) -> str:
        return "\n".join(self.talk.shown(who))

    async def rows(self, table: type[Relay] | type[Prompt]) -> int:
        async with self.store.read() as session:
            return (await session.execute(select(func.count()).select_from(table))).scalar_one()

    async def gone(self, how: str, person: Actor | None = None) -> None:
        person_id = (person or self.cadre).person_id or 0
        async with self.store.unit() as unit:
            match how:
                case "ended":
                    await end_roles(unit, [person_id])
                case "away":
                    await set_away(unit, person_id, unit.now + timedelta(days=3))
                case _:
                    await unit.session.execute(delete(Account).where(Account.person_id == person_id))
                    await happened(unit, AccountGone(person_id))
        await self.talk.sender.pump()


async def build(store: Store, *, host: bool = True, county: bool = True, city: bool = True) -> Scene:
    talk = await Talkers.open(store)
    above = await make_org(store, "甘泉市团委")
    org = await make_org(store, "清河县团委", parent=above)
    cadre = await make_cadre(store, org)
    hosts = [await make_cadre(store, org, "何田", HOST)] if host else []
    if county:
        await make_person(store, org, "吴建平", number=ADMIN, roles=(Role.ORGAN_ADMIN,))
    if city:
        await make_person(store, above, "何立", number=TOP, roles=(Role.ORGAN_ADMIN,))
    chat = await make_chat(store, org, cadre, "888", *hosts)
    return Scene(store, talk, cadre, await make_youth(store, org, number=ZHAO, cadre=cadre, chat=chat))


@GONE
async def test_who_stands_in_hears_nothing_before_a_yes_and_then_the_two_are_joined(any_store: Store, how: str) -> None:
    scene = await build(any_store)
    await scene.gone(how)
    before = scene.seen(HOST)
    assert await scene.says(ZHAO, "找人聊聊 夜班的事") == [ASKED]
    assert (scene.seen(HOST), await scene.rows(Relay)) == (before, 0)
    assert (await scene.says(ZHAO, "1"))[0] == Said("relay/asked", cadre="何田")
    assert scene.talk.last(HOST) == Said("relay/request", who="小赵", topic="夜班的事")
    await scene.says(HOST, "1")
    await scene.says(ZHAO, "在吗")
    assert "在吗" in scene.seen(HOST)


@GONE
async def test_a_no_asks_nobody_and_keeps_nothing(store: Store, how: str) -> None:
    scene = await build(store)
    await scene.gone(how)
    await scene.says(ZHAO, "找人聊聊 夜班的事")
    assert (await scene.says(ZHAO, "2"))[0] == Said("relay/given_up")
    assert (await scene.rows(Relay), scene.seen(HOST)) == (0, "")


@pytest.mark.parametrize(("county", "who"), [(True, ADMIN), (False, TOP)])
async def test_without_a_co_host_the_admins_and_without_them_the_level_above(
    store: Store, county: bool, who: str
) -> None:
    scene = await build(store, host=False, county=county)
    await scene.gone("unbound")
    assert await scene.says(ZHAO, "找人聊聊") == [Said("relay/instead", topic=False)]
    await scene.says(ZHAO, "替我问问")
    assert scene.talk.last(who) == Said("relay/request", who="小赵")
    await scene.says(who, "1")
    await scene.says(who, "我在")
    assert "我在" in scene.seen(ZHAO)
    await scene.says(ZHAO, "结束聊天")
    assert Said("relay/keep") not in scene.talk.shown(ZHAO)  # a talk is a cadre's


async def test_anonymously_no_row_says_who_asks_and_who_stands_in_may_block(any_store: Store) -> None:
    scene = await build(any_store, host=False)
    await scene.gone("away")
    assert await scene.says(ZHAO, "找人聊聊 匿名 夜班的事") == [Said("relay/instead", anonymous=True)]
    assert await scene.rows(Prompt) == 0
    assert await scene.says(ZHAO, "1") == [Said("relay/guess")]  # few: they might be guessed
    await scene.says(ZHAO, "1")
    assert scene.talk.last(ADMIN) == Said("relay/request", who="", topic="夜班的事")
    assert (await scene.says(ADMIN, "屏蔽"))[0] == Said("relay/blocked")
    await scene.says(ZHAO, "找人聊聊 匿名")
    assert (await scene.says(ZHAO, "1"))[0] == Said("relay/not_now")


@GONE
async def test_a_request_that_waits_is_not_passed_on_but_asked_about(any_store: Store, how: str) -> None:
    scene = await build(any_store)
    await scene.says(ZHAO, "找人聊聊 夜班的事")
    await scene.gone(how)
    assert scene.talk.last(ZHAO) == ASKED
    assert await scene.rows(Relay) == 0
    assert "夜班" not in scene.seen(HOST)
    await scene.says(ZHAO, "1")
    assert scene.talk.last(HOST) == Said("relay/request", topic="夜班的事")


async def test_an_anonymous_request_that_waits_leaves_no_question_of_anybody(store: Store) -> None:
    scene = await build(store)
    await scene.says(ZHAO, "找人聊聊 匿名 夜班的事")
    await scene.says(ZHAO, "1")
    await scene.gone("ended")
    assert scene.talk.last(ZHAO) == Said("relay/cadre_gone")
    assert (await scene.rows(Prompt), await scene.rows(Relay)) == (0, 0)


async def test_who_stands_in_and_goes_too_talks_no_longer(store: Store) -> None:
    scene = await build(store)
    await scene.gone("away")
    await scene.says(ZHAO, "找人聊聊")
    await scene.says(ZHAO, "1")
    await scene.says(HOST, "1")
    async with store.read() as session:
        host = (await session.execute(select(Account.person_id).order_by(Account.bound_at))).scalars().all()
    for person_id in set(host) - {scene.cadre.person_id, scene.zhao.person_id}:
        await scene.gone("ended", Actor(person_id, None))
    assert scene.talk.last(ZHAO) == Said("relay/ended")
    assert await scene.rows(Relay) == 0


@GONE
async def test_with_nobody_above_either_the_youth_is_told_the_truth(store: Store, how: str) -> None:
    scene = await build(store, host=False, county=False, city=False)
    await scene.gone(how)
    told = (await scene.says(ZHAO, "找人聊聊"))[0]
    assert told == (Said("relay/not_now") if how != "ended" else Refused("relay.nobody"))
    assert await scene.rows(Relay) == 0
