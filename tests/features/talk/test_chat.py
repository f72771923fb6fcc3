"""谈心, as people see it: group and private chat, through gate, recorder, router and sender."""

from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from bot.core.rules.consent import ConsentScope
from bot.core.rules.people import Actor, AgeBand
from bot.features.talk.tables import Talk, TalkMessage, TalkPart
from bot.store.chat import Chat
from bot.store.delivery import AuditEntry, Prompt
from bot.store.people import OrgUnit, Person
from bot.store.store import Store
from tests.harness import Mention, Talkers, Text
from tests.people_built import make_cadre, make_chat, make_consent, make_org, make_youth
from tests.said import Refused, Said
from tests.ticking import do_due

CADRE, OTHER, ZHAO, KAI, YU = "10001", "10002", "20001", "20002", "20003"
GROUP = "888"


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
    youth = await make_youth(store, org, "小赵", ZHAO, cadre=cadre, chat=chat)
    await make_consent(store, youth, ConsentScope.ORIGINAL_MESSAGES, chat)
    return youth


@pytest_asyncio.fixture
async def kai(store: Store, org: OrgUnit, cadre: Actor, chat: Chat) -> Actor:
    return await make_youth(store, org, "阿凯", KAI, cadre=cadre, chat=chat)


async def count(store: Store, table, *where) -> int:
    async with store.read() as session:
        return (await session.execute(select(func.count()).select_from(table).where(*where))).scalar_one()


async def the_talk(store: Store) -> Talk:
    async with store.read() as session:
        return (await session.execute(select(Talk))).scalar_one()


async def ref(store: Store) -> str:
    return f"T{(await the_talk(store)).ref}"


# --- opening ---------------------------------------------------------------------------------------------------------


async def test_a_stranger_a_youth_and_a_foreign_cadre_open_nothing(talk, store, org, chat, zhao):
    await make_cadre(store, await make_org(store, "别县团委"), "周敏", OTHER)
    assert (await talk.says("66666", "/谈心 开始", group=GROUP))[0] == Refused("not_allowed", needs="cadre")
    assert (await talk.says(ZHAO, "/谈心 开始", group=GROUP))[0] == Refused("not_allowed", needs="cadre")
    assert (await talk.says(OTHER, "/谈心 开始", group=GROUP))[0] == Refused("talk.not_host")
    assert await count(store, Talk) == 0
    assert await count(store, AuditEntry, AuditEntry.action == "denied") == 2


async def test_nothing_is_opened_in_private_or_in_a_group_that_is_not_linked(talk, store, cadre):
    await talk.says(CADRE, "谈心 开始")
    await talk.says(CADRE, "/谈心 开始", group="999")
    assert await count(store, Talk) == 0


@pytest.mark.rule("P4")
async def test_opening_says_that_it_records_since_when_and_how_to_stop_and_names_nobody(talk, store, chat, zhao, kai):
    shown = (await talk.says(CADRE, "/谈心 开始 夜班", group=GROUP))[0]
    assert shown == Said("talk/opened", topic="夜班")
    assert "10:00" in shown
    assert "小赵" not in shown
    assert "阿凯" not in shown


async def test_who_has_not_decided_is_asked_once_and_who_has_is_not(talk, store, chat, zhao, kai):
    await talk.says(CADRE, "/谈心 开始", group=GROUP)
    assert len(talk.shown(KAI)) == 1
    assert talk.shown(ZHAO) == []
    await talk.says(KAI, "2")
    await talk.says(CADRE, "/谈心 放弃", group=GROUP)
    before = len(talk.shown(KAI))
    await talk.says(CADRE, "/谈心 开始", group=GROUP)
    assert len(talk.shown(KAI)) == before


async def test_who_wants_no_reminders_and_who_is_under_14_are_not_asked(talk, store, org, cadre, chat):
    await make_youth(store, org, "小雨", YU, cadre=cadre, chat=chat, age_band=AgeBand.UNDER_14)
    quiet = await make_youth(store, org, "阿凯", KAI, cadre=cadre, chat=chat)
    async with store.unit() as unit:
        (await unit.session.get_one(Person, quiet.person_id)).reminders_off = True
    await talk.says(CADRE, "/谈心 开始", group=GROUP)
    assert talk.shown(YU) == []
    assert talk.shown(KAI) == []


async def test_a_second_talk_in_the_same_group_is_refused(talk, store, chat, zhao):
    await talk.says(CADRE, "/谈心 开始", group=GROUP)
    assert (await talk.says(CADRE, "/谈心 开始", group=GROUP))[0] == Refused("talk.already_open")
    assert await count(store, Talk) == 1


async def test_a_redelivered_opening_opens_once_and_answers_once(talk, store, chat):
    incoming = talk.incoming(CADRE, "/谈心 开始", group=GROUP)
    await talk.deliver(incoming)
    assert await talk.deliver(incoming) == []
    assert await count(store, Talk) == 1


# --- recording -------------------------------------------------------------------------------------------------------


@pytest.mark.rule("P4")
async def test_only_those_who_agreed_are_recorded_and_the_numbers_are_told(talk, store, chat, zhao, kai):
    await talk.says(CADRE, "/谈心 开始", group=GROUP)
    await talk.says(CADRE, "最近怎么样", group=GROUP)
    await talk.says(ZHAO, "夜班有点累", group=GROUP)
    await talk.says(KAI, "我不想说", group=GROUP)
    await talk.says("66666", "路过", group=GROUP)
    shown = (await talk.says(CADRE, "/谈心 结束 聊了夜班", group=GROUP))[0]
    assert shown == Said("talk/closed", stored=2, not_stored=2)
    assert "小赵" not in shown
    assert await count(store, TalkMessage) == 2


async def test_consent_given_in_the_middle_counts_from_then_and_withdrawn_until_then(talk, store, chat, zhao, kai):
    await talk.says(CADRE, "/谈心 开始", group=GROUP)
    await talk.says(KAI, "之前", group=GROUP)
    await talk.says(KAI, "1")
    await talk.says(KAI, "之后", group=GROUP)
    await talk.says(ZHAO, "/停止记录", group=GROUP)
    await talk.says(ZHAO, "不要记", group=GROUP)
    assert await count(store, TalkMessage, TalkMessage.person_id == kai.person_id) == 1
    assert await count(store, TalkMessage, TalkMessage.person_id == zhao.person_id) == 0


async def test_a_recalled_message_leaves_the_talk(talk, store, chat, zhao):
    await talk.says(CADRE, "/谈心 开始", group=GROUP)
    await talk.says(ZHAO, "说错了", group=GROUP, message_id="77")
    assert await count(store, TalkMessage) == 1
    await talk.recalls(ZHAO, "77", group=GROUP)
    assert await count(store, TalkMessage) == 0


@pytest.mark.rule("P9")
async def test_a_sensitive_matter_is_not_stored_and_told_privately_once(talk, store, chat, zhao):
    await talk.says(CADRE, "/谈心 开始", group=GROUP)
    await talk.says(ZHAO, "我得了抑郁症在吃药", group=GROUP)
    await talk.says(ZHAO, "医生说我有抑郁症", group=GROUP)
    assert await count(store, TalkMessage) == 0
    assert [(words == Said("talk/not_stored", youth=True)) for words in talk.shown(ZHAO)] == [True]


@pytest.mark.rule("P3")
async def test_an_at_of_somebody_without_consent_is_not_stored(talk, store, chat, zhao, kai):
    await talk.says(CADRE, "/谈心 开始", group=GROUP)
    await talk.says(ZHAO, [Mention(KAI), Text(" 你呢")], group=GROUP)
    await talk.says(CADRE, "/谈心 结束 聊了夜班", group=GROUP)
    shown = "\n".join(await talk.says(CADRE, f"查看谈心 {await ref(store)}"))
    assert "小赵：你呢" in shown
    assert "阿凯" not in shown


# --- ending ----------------------------------------------------------------------------------------------------------


async def test_ending_without_notes_stops_the_recording_and_says_what_to_type(talk, store, chat, zhao):
    await talk.says(CADRE, "/谈心 开始", group=GROUP)
    shown = "\n".join(await talk.says(CADRE, "/谈心 结束", group=GROUP))
    assert "谈心 结束 <要点>" in shown
    assert "例如" in shown
    await talk.says(ZHAO, "还在记吗", group=GROUP)
    assert await count(store, TalkMessage) == 0
    shown = (await talk.says(CADRE, "/谈心 结束 聊了夜班", group=GROUP))[0]
    assert await ref(store) in shown
    assert (await the_talk(store)).state == "closed"


async def test_a_stopped_talk_without_notes_is_finished_after_two_hours(talk, store, chat, zhao):
    await talk.says(CADRE, "/谈心 开始", group=GROUP)
    await talk.says(ZHAO, "夜班有点累", group=GROUP)
    await talk.says(CADRE, "/谈心 结束", group=GROUP)
    talk.advance(timedelta(hours=2))
    await do_due(store, talk.clock.now(), "talk")
    await talk.sender.pump()
    assert (await the_talk(store)).state == "closed"
    assert talk.last(ZHAO) == Said("talk/cosign", minor=False)
    assert talk.last(CADRE) == Said("talk/closed", why="no_notes")


async def test_ending_where_nothing_is_open_says_what_to_do_instead(talk, store, chat):
    assert (await talk.says(CADRE, "/谈心 结束 聊了夜班", group=GROUP))[0] == Refused("talk.none_open")
    assert (await talk.says(CADRE, "/谈心 结束", group=GROUP))[0] == Refused("talk.none_open")
    assert (await talk.says(CADRE, "/谈心 放弃", group=GROUP))[0] == Refused("talk.none_open")


async def test_a_foreign_cadre_ends_and_abandons_nothing(talk, store, chat, zhao):
    await make_cadre(store, await make_org(store, "别县团委"), "周敏", OTHER)
    await talk.says(CADRE, "/谈心 开始", group=GROUP)
    for words in ("/谈心 结束", "/谈心 结束 聊了", "/谈心 放弃"):
        assert (await talk.says(OTHER, words, group=GROUP))[0] == Refused("talk.not_host")
    assert (await the_talk(store)).state == "open"


async def test_abandoning_leaves_nothing_and_says_so(talk, store, chat, zhao):
    await talk.says(CADRE, "/谈心 开始 夜班", group=GROUP)
    await talk.says(ZHAO, "夜班有点累", group=GROUP)
    shown = (await talk.says(CADRE, "/谈心 放弃", group=GROUP))[0]
    assert shown == Said("talk/abandoned", deleted=1)
    for table in (Talk, TalkMessage, TalkPart):
        assert await count(store, table) == 0
    await talk.says(ZHAO, "还在记吗", group=GROUP)
    assert await count(store, TalkMessage) == 0


@pytest.mark.rule("P4")
async def test_the_notice_is_repeated_while_people_talk_even_in_the_evening(talk, store, chat, zhao):
    talk.advance(timedelta(hours=12))
    await talk.says(CADRE, "/谈心 开始", group=GROUP)
    talk.advance(timedelta(minutes=20))
    await talk.says(ZHAO, "夜班有点累", group=GROUP)
    await talk.recorder.flush()
    talk.advance(timedelta(minutes=10))
    await do_due(store, talk.clock.now(), "talk")
    await do_due(store, talk.clock.now(), "talk")
    await talk.sender.pump()
    assert sum("● 记录中" in words for words in talk.shown(GROUP)) == 2


async def test_an_idle_talk_closes_itself_says_so_and_asks_to_co_sign(talk, store, chat, zhao):
    await talk.says(CADRE, "/谈心 开始", group=GROUP)
    await talk.says(ZHAO, "夜班有点累", group=GROUP)
    await talk.recorder.flush()
    talk.advance(timedelta(hours=2))
    await do_due(store, talk.clock.now(), "talk")
    await talk.sender.pump()
    assert talk.last(GROUP) == Said("talk/closed", why="idle")
    assert talk.last(ZHAO) == Said("talk/cosign", minor=False)
    await talk.says(ZHAO, "还在记吗", group=GROUP)
    assert await count(store, TalkMessage) == 1


# --- co-signing ------------------------------------------------------------------------------------------------------


async def closed(talk: Talkers, notes: str = "聊了夜班") -> None:
    await talk.says(CADRE, "/谈心 开始", group=GROUP)
    await talk.says(CADRE, "最近怎么样", group=GROUP)
    await talk.says(ZHAO, "夜班有点累", group=GROUP)
    await talk.says(CADRE, f"/谈心 结束 {notes}", group=GROUP)


async def test_the_youth_sees_the_notes_and_a_yes_keeps_them(talk, store, chat, zhao):
    await closed(talk)
    assert talk.last(ZHAO) == Said("talk/cosign", notes="聊了夜班")
    assert (await the_talk(store)).notes_state == "held"
    assert (await talk.says(ZHAO, "1"))[-1] == Said("talk/cosigned", notes=True)
    assert (await the_talk(store)).notes_state == "kept"


async def test_a_correction_stands_beside_the_record(talk, store, chat, zhao):
    await closed(talk)
    assert (await talk.says(ZHAO, "我要更正"))[-1] == Said("talk/amend")
    assert (await talk.says(ZHAO, "不是夜班，是中班"))[-1] == Said("talk/amended")
    shown = "\n".join(await talk.says(CADRE, f"查看谈心 {await ref(store)}"))
    assert "小赵 的更正：不是夜班，是中班" in shown


async def test_a_correction_can_be_left_again(talk, store, chat, zhao):
    await closed(talk)
    await talk.says(ZHAO, "2")
    assert (await talk.says(ZHAO, "不改了"))[-1] == Said("talk/cosign")
    await talk.says(ZHAO, "1")
    async with store.read() as session:
        part = (await session.execute(select(TalkPart).where(TalkPart.person_id == zhao.person_id))).scalar_one()
    assert (part.co_sign, part.amendment) == ("agreed", None)


async def test_deleting_ones_part_is_done_at_once_and_takes_the_waiting_notes(talk, store, chat, zhao):
    await closed(talk)
    assert (await talk.says(ZHAO, "3"))[-1] == Said("talk/part_deleted")
    assert await count(store, TalkMessage, TalkMessage.person_id == zhao.person_id) == 0
    assert (await the_talk(store)).notes is None
    shown = "\n".join(await talk.says(CADRE, f"查看谈心 {await ref(store)}"))
    assert "夜班有点累" not in shown
    assert "聊了夜班" not in shown
    assert "小赵" not in shown


# --- reading ---------------------------------------------------------------------------------------------------------


@pytest.mark.rule("P11")
async def test_foreign_and_unknown_talks_answer_alike(talk, store, org, chat, zhao):
    await make_cadre(store, org, "周敏", OTHER)
    await closed(talk)
    foreign = await talk.says(OTHER, f"查看谈心 {await ref(store)}")
    unknown = await talk.says(OTHER, "查看谈心 T999998")
    assert foreign == unknown
    assert foreign[0] == Refused("not_found")
    assert (await talk.says(ZHAO, f"查看谈心 {await ref(store)}"))[0] == Refused("not_allowed", needs="cadre")
    assert await count(store, AuditEntry, AuditEntry.action == "read.talk") == 0


async def test_reading_shows_the_words_and_is_logged_for_the_youth(talk, store, chat, zhao):
    await closed(talk)
    shown = "\n".join(await talk.says(CADRE, f"查看谈心 #{await ref(store)}"))
    assert "小赵：夜班有点累" in shown
    assert "聊了夜班" in shown
    assert (
        await count(store, AuditEntry, AuditEntry.action == "read.talk", AuditEntry.subject_id == zhao.person_id) == 1
    )


async def test_a_long_record_comes_in_pages(talk, store, chat, zhao):
    await talk.says(CADRE, "/谈心 开始", group=GROUP)
    for number in range(4):
        talk.advance(timedelta(seconds=1))
        await talk.says(ZHAO, f"第{number}段" + "话" * 700, group=GROUP)
    await talk.says(CADRE, "/谈心 结束 聊了很多", group=GROUP)
    first = "\n".join(await talk.says(CADRE, f"查看谈心 {await ref(store)}"))
    second = "\n".join(await talk.says(CADRE, f"查看谈心 {await ref(store)} 2"))
    assert "第0段" in first
    assert "第3段" not in first
    assert "第3段" in second
    assert (await talk.says(CADRE, f"查看谈心 {await ref(store)} 9"))[0] == Refused("page.none", pages=2)


async def test_the_list_shows_own_talks_newest_first(talk, store, org, chat, zhao):
    await make_cadre(store, org, "周敏", OTHER)
    assert (await talk.says(CADRE, "我的谈心"))[0] == Said("talk/mine", talks=[])
    await closed(talk)
    one = await ref(store)
    talk.advance(timedelta(hours=1))
    await talk.says(CADRE, "/谈心 开始 第二次", group=GROUP)
    shown = (await talk.says(CADRE, "我的谈心"))[0]
    assert shown.index("第二次") < shown.index(one)
    assert one in (await talk.says(CADRE, "我的谈心 小赵"))[0]
    assert "第二次" not in (await talk.says(CADRE, "我的谈心 小赵"))[0]
    assert (await talk.says(CADRE, "我的谈心 阿凯"))[0] == Refused("not_found")
    assert one not in (await talk.says(OTHER, "我的谈心"))[0]
    assert await count(store, Prompt, Prompt.kind == "talk.cosign") == 1
