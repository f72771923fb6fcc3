"""谈心谈话 when its cadre is gone: it closes, says so, and nothing more is recorded (P1, P4)."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import func, select, update

from bot.core.acts.offices import end_roles, set_away
from bot.core.rules.consent import ConsentScope
from bot.core.rules.people import Actor, Role
from bot.features.talk.rules.talk import TalkState
from bot.features.talk.tables import Talk, TalkMessage
from bot.store.people import RoleGrant
from bot.store.store import Store
from tests.harness import Talkers
from tests.people_built import make_account, make_cadre, make_chat, make_consent, make_org, make_person, make_youth
from tests.said import Said
from tests.ticking import do_due

CADRE, HOST, YOUTH, GROUP = "10001", "10002", "20001", "888"


class Scene:
    """A linked group with an owner, a co-host and a youth who agreed to 原话."""

    def __init__(self, store: Store, talk: Talkers, cadre: Actor, host: Actor) -> None:
        self.store, self.talk, self.cadre, self.host = store, talk, cadre, host

    async def count(self) -> int:
        async with self.store.read() as session:
            return (await session.execute(select(func.count()).select_from(TalkMessage))).scalar_one()

    async def states(self) -> list[str]:
        async with self.store.read() as session:
            return list((await session.execute(select(Talk.state).order_by(Talk.opened_at))).scalars())


@pytest_asyncio.fixture
async def scene(store: Store) -> Scene:
    talk = await Talkers.open(store)
    org = await make_org(store)
    cadre = await make_cadre(store, org)
    host = await make_person(store, org, "何田", number=HOST, roles=(Role.CADRE,))
    chat = await make_chat(store, org, cadre, GROUP, host)
    youth = await make_youth(store, org, number=YOUTH, cadre=cadre, chat=chat)
    await make_consent(store, youth, ConsentScope.ORIGINAL_MESSAGES, chat=chat)
    await talk.recorder.load()
    return Scene(store, talk, cadre, host)


async def by_roster(scene: Scene) -> None:
    async with scene.store.unit() as unit:
        await end_roles(unit, [scene.cadre.person_id or 0])


async def by_absence(scene: Scene) -> None:
    async with scene.store.unit() as unit:
        await set_away(unit, scene.cadre.person_id or 0, unit.now + timedelta(days=3))


async def by_unbinding(scene: Scene) -> None:
    await scene.talk.says(CADRE, "解绑")
    await scene.talk.says(CADRE, "1")


async def by_the_clock(scene: Scene) -> None:
    async with scene.store.unit() as unit:
        await unit.session.execute(
            update(RoleGrant).where(RoleGrant.person_id == scene.cadre.person_id).values(until=unit.now)
        )
    await do_due(scene.store, scene.store.clock.now(), "talk")


@pytest.mark.parametrize("gone", [by_roster, by_absence, by_unbinding, by_the_clock])
@pytest.mark.parametrize("stopped", [False, True])
async def test_the_talk_closes_says_so_and_nothing_more_is_recorded(
    scene: Scene, gone: Callable[[Scene], Awaitable[None]], stopped: bool
) -> None:
    await scene.talk.says(CADRE, "/谈心 开始", group=GROUP)
    await scene.talk.says(YOUTH, "最近夜班多", group=GROUP)
    await scene.talk.recorder.flush()
    assert await scene.count() == 1
    if stopped:
        await scene.talk.says(CADRE, "/谈心 结束", group=GROUP)
    await gone(scene)
    await scene.talk.sender.pump()
    assert await scene.states() == [TalkState.CLOSED]
    assert scene.talk.last(GROUP) == Said("talk/closed", why="office")
    await scene.talk.says(YOUTH, "这句不该记", group=GROUP)
    await scene.talk.recorder.flush()
    assert await scene.count() == 1


async def test_another_cadres_talk_goes_on_without_the_words_of_who_is_gone(scene: Scene) -> None:
    await scene.talk.says(HOST, "/谈心 开始", group=GROUP)
    await by_roster(scene)
    assert await scene.states() == [TalkState.OPEN]
    await scene.talk.says(CADRE, "我已经不是了", group=GROUP)
    await scene.talk.says(YOUTH, "接着说", group=GROUP)
    await scene.talk.recorder.flush()
    assert await scene.count() == 1


async def test_one_account_of_two_is_no_end(scene: Scene) -> None:
    await make_account(scene.store, scene.cadre, "10009")
    await scene.talk.says(CADRE, "/谈心 开始", group=GROUP)
    await by_unbinding(scene)
    assert await scene.states() == [TalkState.OPEN]


async def test_the_cadre_who_comes_back_opens_the_next_talk(scene: Scene) -> None:
    await scene.talk.says(CADRE, "/谈心 开始", group=GROUP)
    await by_absence(scene)
    scene.talk.advance(timedelta(days=3))
    await scene.talk.says(CADRE, "/谈心 开始", group=GROUP)
    assert await scene.states() == [TalkState.CLOSED, TalkState.OPEN]
