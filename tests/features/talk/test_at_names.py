"""S15: an @ typed into what a cadre writes names nobody who has not agreed, as in recorded messages (P3)."""

import json

import pytest
import pytest_asyncio
from sqlalchemy import select

from bot.core.rules.consent import ConsentScope
from bot.features.talk.tables import Talk, TalkMessage
from bot.store.store import Store
from tests.harness import Talkers
from tests.people_built import make_cadre, make_chat, make_consent, make_org, make_youth

CADRE, ZHAO, KAI, GROUP = "10001", "20001", "20002", "888"
NAMED = "@小赵 和 @林晓舟 聊了夜班"
CUT = ("@阿凯", "＠阿凯", "@阿凯的", "@\u200b阿凯", "﹫阿凯")


@pytest_asyncio.fixture
async def talk(store: Store) -> Talkers:
    talk = await Talkers.open(store)
    org = await make_org(store)
    cadre = await make_cadre(store, org)
    chat = await make_chat(store, org, cadre)
    zhao = await make_youth(store, org, "小赵", ZHAO, cadre=cadre, chat=chat)
    await make_youth(store, org, "阿凯", KAI, cadre=cadre, chat=chat)
    for scope, group in ((ConsentScope.ORIGINAL_MESSAGES, chat), (ConsentScope.TALK_NOTES, None)):
        await make_consent(store, zhao, scope, group)
    return talk


async def kept(store: Store, column: str) -> str:
    async with store.read() as session:
        talk = (await session.execute(select(Talk))).scalar_one()
        text = await store.vault.read(session, f"talks:{talk.id}:{column}", getattr(talk, column)) or ""
    return json.loads(text)["text"] if column == "notes" else text


@pytest.mark.rule("P3")
@pytest.mark.parametrize("at", CUT)
async def test_in_the_notes_of_a_talk_only_those_who_agreed_are_named(talk: Talkers, store: Store, at: str) -> None:
    await talk.says(CADRE, "/谈心 开始", group=GROUP)
    await talk.says(ZHAO, "最近夜班多", group=GROUP)
    await talk.says(CADRE, f"/谈心 结束 {NAMED}，{at} 也在", group=GROUP)
    notes = await kept(store, "notes")
    assert notes.startswith(NAMED)
    assert "阿凯" not in notes


MINE = "聊了夜班，下周再谈"
PASTED = ("阿凯：我爸打我", "「阿凯：我爸打我」", "阿凯 20:31:我爸打我", "阿凯说：“我爸打我”", "夜猫子：我爸打我")


@pytest.mark.rule("P3")
@pytest.mark.parametrize("passage", PASTED)
async def test_what_others_said_is_in_no_notes_of_a_talk(talk: Talkers, store: Store, passage: str) -> None:
    await talk.says(CADRE, "/谈心 开始", group=GROUP)
    await talk.says(ZHAO, "最近夜班多", group=GROUP)
    await talk.says(ZHAO, passage, group=GROUP)
    await talk.says(CADRE, f"/谈心 结束 {MINE}\n{passage}", group=GROUP)
    assert (await kept(store, "notes")).strip() == MINE
    async with store.read() as session:
        rows = (await session.execute(select(TalkMessage))).scalars().all()
        words = [await store.vault.read(session, f"talk_messages:{row.id}:body", row.body) or "" for row in rows]
    assert words
    assert not any("爸打" in said for said in words)


@pytest.mark.rule("P3")
@pytest.mark.parametrize("passage", PASTED)
async def test_nor_in_a_talk_that_is_noted_later(talk: Talkers, passage: str) -> None:
    await talk.says(CADRE, f"记谈心 小赵 {MINE}\n{passage}")
    asked = talk.last(ZHAO)
    assert MINE in asked
    assert "爸打" not in asked


@pytest.mark.rule("P3")
async def test_in_the_topic_too(talk: Talkers, store: Store) -> None:
    shown = await talk.says(CADRE, "/谈心 开始 @阿凯 的夜班", group=GROUP)
    assert "阿凯" not in "".join(shown) + await kept(store, "topic")


@pytest.mark.rule("P3")
async def test_in_a_talk_that_is_noted_later_only_its_youth_is_named(talk: Talkers) -> None:
    await talk.says(CADRE, "记谈心 小赵 @小赵 说 @阿凯 也上夜班")
    asked = talk.last(ZHAO)
    assert "@小赵 说" in asked
    assert "阿凯" not in asked


async def test_nor_in_any_other_text_of_a_cadre_that_goes_on_to_somebody(talk: Talkers) -> None:
    await talk.says(ZHAO, "许愿 想要一个篮球")
    await talk.says(ZHAO, "1")
    todo = "".join(await talk.says(CADRE, "心愿列表"))
    ref = todo[todo.index("#W") + 1 :].split()[0]
    await talk.says(CADRE, f"认领 {ref}")
    before = len(talk.shown(ZHAO))
    await talk.says(CADRE, f"完成 {ref} 和 @阿凯 一起买来了，放在团委")
    await talk.says(CADRE, "帮许愿 小赵 想要一个足球，@阿凯 也想要")
    await talk.says(CADRE, "问计 @阿凯 说食堂太远，大家看呢", group=GROUP)
    told = "".join(talk.shown(ZHAO)[before:]) + "".join(talk.shown(GROUP))
    assert "阿凯" not in told


@pytest.mark.rule("P3")
async def test_in_the_answer_to_a_voice_nobody_else(talk: Talkers, store: Store) -> None:
    await talk.says(ZHAO, "心声 宿舍热水经常停，晚上洗不了澡")
    for _ in range(3):
        await talk.says(ZHAO, "1")
    todo = "".join(await talk.says(CADRE, "心声列表"))
    ref = todo[todo.index("#V") + 1 :].split()[0]
    await talk.says(CADRE, f"回复 {ref} 问了后勤，@阿凯 也提过")
    assert "阿凯" not in "".join(talk.shown(ZHAO))
