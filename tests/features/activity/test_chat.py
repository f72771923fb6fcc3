"""活动 from 发起 to 进度: what is typed, what is said, and what counts (S1, R2.9, P35, P38, P39)."""

import re
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from bot.core.rules.message import Quote, Text
from bot.core.rules.people import Actor
from bot.core.shipped import TEMPLATES
from bot.features.activity.tables import Activity, ActivityPart
from bot.store.chat import Chat
from bot.store.delivery import EventKey, OutboxMessage
from bot.store.people import OrgUnit
from bot.store.store import Store
from tests.harness import Talkers
from tests.people_built import make_cadre, make_chat, make_org, make_youth
from tests.said import Refused, Said, fields

CADRE, ZHAO, KAI, GROUP = "10001", "20001", "20002", "888"
NOBODY_HAS_TO = "不方便可以不来"
WORDS = "志愿服务 周六14:00 清溪社区 捡垃圾 限10人"


@pytest_asyncio.fixture
async def talk(store: Store) -> Talkers:
    return await Talkers.open(store)


@pytest_asyncio.fixture
async def org(store: Store) -> OrgUnit:
    return await make_org(store)


@pytest_asyncio.fixture
async def cadre(store: Store, org: OrgUnit) -> Actor:
    return await make_cadre(store, org)


@pytest_asyncio.fixture
async def chat(store: Store, org: OrgUnit, cadre: Actor) -> Chat:
    return await make_chat(store, org, cadre)


@pytest_asyncio.fixture
async def zhao(store: Store, org: OrgUnit, cadre: Actor, chat: Chat) -> Actor:
    return await make_youth(store, org, "小赵", ZHAO, cadre=cadre, chat=chat)


@pytest_asyncio.fixture
async def kai(store: Store, org: OrgUnit, cadre: Actor, chat: Chat) -> Actor:
    return await make_youth(store, org, "阿凯", KAI, cadre=cadre, chat=chat)


async def count(store: Store, table: Any, *where: Any) -> int:
    async with store.read() as session:
        return (await session.execute(select(func.count()).select_from(table).where(*where))).scalar_one()


def ref_in(text: str) -> str:
    found = re.search(r"#?(A\d+)", text)
    assert found, text
    return found[1]


async def announced(talk: Talkers, words: str = WORDS) -> str:
    [said] = await talk.says(CADRE, f"/发起 {words}", group=GROUP)
    assert said == Said("activity/announced")
    return ref_in(said)


async def progress(talk: Talkers) -> tuple[int, int]:
    [said] = await talk.says(CADRE, "进度")
    [window] = fields(said)["windows"]
    return window["state"]["done"], window["state"]["counted"]


async def test_from_the_announcement_to_what_counts(
    talk: Talkers, store: Store, cadre: Actor, zhao: Actor, kai: Actor
) -> None:
    ref = await announced(talk)
    assert await talk.says(ZHAO, "/报名", group=GROUP) == [Said("activity/signed_up", place=0, again=False)]
    assert await talk.says(KAI, f"报名 {ref}") == [Said("activity/signed_up", place=0)]
    assert await talk.says(CADRE, f"结束活动 {ref} 捡完了") == [Refused("activity.not_begun")]
    talk.advance(timedelta(days=4, hours=3, minutes=45))
    [code] = await talk.says(CADRE, f"签到码 {ref}")
    assert await talk.says(ZHAO, f"签到 {fields(code)['code']}") == [Said("activity/checked_in", again=False)]
    talk.advance(timedelta(hours=2))
    [asked] = await talk.says(CADRE, f"结束活动 {ref} 沿河边捡了两公里垃圾")
    assert asked == Said("activity/process", asking="present")
    assert await progress(talk) == (0, 0)
    assert await talk.says(CADRE, "9人") == [Said("activity/ended", present=9, asked=True, confirmed=False)]
    assert await progress(talk) == (1, 0)
    assert talk.last(ZHAO) == Said("activity/confirm")
    assert await talk.says(KAI, "③") == [Said("activity/confirm_taken", answer="unsaid")]
    assert await progress(talk) == (1, 0)
    assert await talk.says(ZHAO, "1") == [Said("activity/confirm_taken", answer="took_part")]
    assert await progress(talk) == (1, 1)
    assert await count(store, Activity) == 1


async def test_what_is_missing_is_asked_for_one_by_one(talk: Talkers, store: Store, cadre: Actor, chat: Chat) -> None:
    assert await talk.says(CADRE, "发起 周六14:00") == [Said("activity/part", asking="kind")]
    assert await talk.says(CADRE, "志愿服务") == [Said("activity/part", asking="place")]
    assert await talk.says(CADRE, "清溪社区") == [Said("activity/part", asking="topic")]
    assert (await talk.says(CADRE, "捡垃圾"))[0] == Said("activity/made", group=GROUP)
    assert talk.last(GROUP) == Said("activity/announced", line={"topic": "捡垃圾", "place": "清溪社区"})


async def test_two_groups_are_asked_about(talk: Talkers, store: Store, cadre: Actor, org: OrgUnit, chat: Chat) -> None:
    talk.advance(timedelta(minutes=1))
    await make_chat(store, org, cadre, "999")
    [asked] = await talk.says(CADRE, f"发起 {WORDS}")
    assert asked == Said("activity/which_chat", chats=[GROUP, "999"])
    assert await talk.says(CADRE, "2") == [Said("activity/made", group="999")]
    assert talk.shown(GROUP) == []


async def test_who_says_not_leaves_a_number_and_no_name(talk: Talkers, store: Store, cadre: Actor, zhao: Actor) -> None:
    ref = await announced(talk)
    await talk.says(ZHAO, f"报名 {ref}")
    talk.advance(timedelta(days=4, hours=6))
    await talk.says(CADRE, f"结束活动 {ref} 沿河边捡了两公里垃圾，9人")
    await talk.says(ZHAO, "没参加")
    assert await count(store, ActivityPart, ActivityPart.state == "declined", ActivityPart.person_id.is_(None)) == 1
    assert await count(store, ActivityPart) == 1
    assert await progress(talk) == (1, 0)


def test_every_announcement_says_that_nobody_has_to_come() -> None:
    words = (TEMPLATES / "chat" / "activity" / "announced.txt.j2").read_text(encoding="utf-8")
    assert NOBODY_HAS_TO in words


# --- 来 --------------------------------------------------------------------------------------------------------------


async def test_come_right_after_the_announcement_is_a_sign_up(
    talk: Talkers, store: Store, cadre: Actor, zhao: Actor
) -> None:
    ref = await announced(talk)
    assert await talk.says(ZHAO, "来！", group=GROUP) == [Said("activity/signed_up", line={"ref": int(ref[1:])})]
    assert await talk.says(ZHAO, "算我一个", group=GROUP) == [Said("activity/signed_up", again=True)]
    assert await count(store, ActivityPart) == 1


@pytest.mark.parametrize("words", ["来晚了", "来不来", "我不来", "今天送货，下次", "来 吗"])
async def test_ordinary_speech_is_no_sign_up_and_nothing_is_kept_of_it(
    talk: Talkers, store: Store, cadre: Actor, zhao: Actor, words: str
) -> None:
    await announced(talk)
    kept = await count(store, EventKey)
    assert await talk.says(ZHAO, words, group=GROUP) == []
    assert await count(store, ActivityPart) == 0
    assert await count(store, EventKey) == kept


async def test_come_is_heard_for_ten_minutes_and_in_this_group_only(
    talk: Talkers, store: Store, cadre: Actor, zhao: Actor, org: OrgUnit
) -> None:
    await make_chat(store, org, cadre, "999")
    await announced(talk)
    assert await talk.says(ZHAO, "来", group="999") == []
    assert await talk.says("66666", "来", group=GROUP) == []
    talk.advance(timedelta(minutes=10))
    assert await talk.says(ZHAO, "来", group=GROUP) == [Said("activity/signed_up")]
    await talk.says(ZHAO, "/取消报名", group=GROUP)
    talk.advance(timedelta(seconds=1))
    kept = await count(store, EventKey)
    assert await talk.says(ZHAO, "来", group=GROUP) == []
    assert await count(store, ActivityPart) == 0
    assert await count(store, EventKey) == kept


async def test_a_quoted_announcement_is_meant_however_old_and_another_quote_is_not(
    talk: Talkers, store: Store, cadre: Actor, zhao: Actor
) -> None:
    ref = await announced(talk)
    async with store.read() as session:
        native = await session.scalar(select(OutboxMessage.native_id).where(OutboxMessage.idem_key.like("activity:%")))
    assert await talk.says(ZHAO, [Quote("77777"), Text("来")], group=GROUP) == []
    talk.advance(timedelta(hours=20))
    said = await talk.says(ZHAO, [Quote(native or ""), Text("来")], group=GROUP)
    assert said == [Said("activity/signed_up", line={"ref": int(ref[1:])})]


async def test_of_two_just_announced_it_is_asked_which(talk: Talkers, store: Store, cadre: Actor, zhao: Actor) -> None:
    first = await announced(talk)
    talk.advance(timedelta(minutes=2))
    second = await announced(talk, "文体活动 周日14:00 清溪社区 打球")
    [asked] = await talk.says(ZHAO, "来", group=GROUP)
    assert asked == Said("activity/which", lines=[{"ref": int(first[1:])}, {"ref": int(second[1:])}])
    assert await count(store, ActivityPart) == 0
    assert await talk.says(ZHAO, f"/报名 {second}", group=GROUP) == [Said("activity/signed_up")]
