"""记谈心: the youth decides, and until then nothing but the waiting question is kept."""

from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from bot.core.rules.consent import ConsentScope
from bot.core.rules.people import Actor, AgeBand
from bot.core.tables import ConsentRefusal
from bot.features.talk.tables import Talk, TalkPart
from bot.store.chat import Chat, Contact
from bot.store.delivery import AuditEntry, Prompt
from bot.store.people import OrgUnit
from bot.store.store import Store
from tests.harness import Talkers
from tests.people_built import make_cadre, make_chat, make_consent, make_org, make_youth
from tests.said import Refused, Said
from tests.ticking import do_due

CADRE, OTHER, ZHAO, YU = "10001", "10002", "20001", "20003"


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


async def count(store: Store, table, *where) -> int:
    async with store.read() as session:
        return (await session.execute(select(func.count()).select_from(table).where(*where))).scalar_one()


async def the_talk(store: Store) -> Talk:
    async with store.read() as session:
        return (await session.execute(select(Talk))).scalar_one()


async def week_of_silence(talk: Talkers, store: Store) -> None:
    talk.advance(timedelta(days=7))
    await do_due(store, store.clock.now(), "core.questions")
    await talk.sender.pump()


# --- refused ---------------------------------------------------------------------------------------------------------


async def test_a_foreign_youth_and_an_unknown_one_answer_alike(talk, store, org, zhao):
    await make_cadre(store, org, "周敏", OTHER)
    foreign = await talk.says(OTHER, "记谈心 小赵 聊了夜班")
    assert foreign == await talk.says(OTHER, "记谈心 没有这人 聊了夜班")
    assert foreign[0] == Refused("not_found")
    assert talk.shown(ZHAO) == []


async def test_a_youth_writes_no_note_and_a_group_is_no_place_for_it(talk, store, zhao):
    assert (await talk.says(ZHAO, "记谈心 小赵 聊了夜班"))[0] == Refused("not_allowed", needs="cadre")
    assert (await talk.says(CADRE, "/记谈心 小赵 聊了夜班", group="888"))[0] == Said("common/say_privately")
    assert await count(store, Prompt) == 0


async def test_without_notes_they_are_asked_for(talk, store, zhao):
    assert (await talk.says(CADRE, "记谈心 小赵"))[0] == Said("common/content_asked")


@pytest.mark.rule("P10")
async def test_nobody_under_14_is_asked(talk, store, org, cadre, chat):
    await make_youth(store, org, "小雨", YU, cadre=cadre, chat=chat, age_band=AgeBand.UNDER_14)
    assert (await talk.says(CADRE, "记谈心 小雨 聊了考试"))[0] == Refused("talk.not_recordable")
    assert talk.shown(YU) == []


async def test_a_youth_without_an_account_cannot_be_asked(talk, store, org, cadre, chat):
    await make_youth(store, org, "老周", "", cadre=cadre, chat=chat)
    assert (await talk.says(CADRE, "记谈心 老周 聊了考试"))[0] == Refused("contact.unreachable")
    assert await count(store, Prompt) == 0


@pytest.mark.parametrize(
    ("notes", "why"),
    [("他电话 13812345678", Refused("talk.notes_private")), ("【机密】会议", Refused("talk.notes_secret"))],
)
async def test_numbers_and_secrets_never_become_notes(talk, store, zhao, notes, why):
    assert (await talk.says(CADRE, f"记谈心 小赵 {notes}"))[0] == why
    assert talk.shown(ZHAO) == []


async def test_two_of_the_same_name_are_listed_with_numbers_which_are_then_taken(talk, store, org, cadre, chat, zhao):
    await make_youth(store, org, "小赵", YU, cadre=cadre, chat=chat)
    assert "#K" in (await talk.says(CADRE, "记谈心 小赵 聊了夜班"))[0]
    async with store.read() as session:
        ref = (await session.execute(select(Contact.ref).where(Contact.youth_id == zhao.person_id))).scalar_one()
    await talk.says(CADRE, f"记谈心 K{ref} 聊了夜班")
    assert talk.last(ZHAO) == Said("talk/note", draft="聊了夜班")
    assert talk.shown(YU) == []


# --- asked -----------------------------------------------------------------------------------------------------------


async def test_until_the_answer_only_the_question_is_kept_and_nobody_can_read_the_draft(talk, store, zhao):
    shown = (await talk.says(CADRE, "记谈心 小赵 聊了夜班"))[0]
    assert "聊了夜班" not in shown
    assert talk.last(ZHAO) == Said("talk/note", draft="聊了夜班")
    assert await count(store, Talk) == 0
    number = shown.split("#")[1][:5]
    assert (await talk.says(CADRE, f"查看谈心 {number}"))[0] == Refused("not_found")
    assert "聊了夜班" not in "".join(await talk.says(CADRE, "我的谈心"))


async def test_a_no_keeps_nothing_and_the_cadre_hears_only_that_it_is_settled(talk, store, zhao):
    await talk.says(CADRE, "记谈心 小赵 聊了夜班")
    assert (await talk.says(ZHAO, "1"))[0] == Said("talk/note_decided", kept="")
    assert await count(store, Talk) == 0
    assert talk.last(CADRE).endswith("已了结。")
    assert "小赵" not in talk.last(CADRE)
    async with store.read() as session:
        prompt = (await session.execute(select(Prompt))).scalar_one()
    assert prompt.facts == b""
    assert await count(store, AuditEntry, AuditEntry.action.in_(("talk.noted", "talk.note_settled"))) == 0


async def test_a_week_of_silence_is_a_no(talk, store, zhao):
    await talk.says(CADRE, "记谈心 小赵 聊了夜班")
    await week_of_silence(talk, store)
    assert await count(store, Talk) == 0
    assert talk.last(CADRE).endswith("已了结。")


async def test_only_that_it_took_place(talk, store, zhao):
    await talk.says(CADRE, "记谈心 小赵 聊了夜班")
    assert (await talk.says(ZHAO, "2 吧"))[0] == Said("talk/note_decided", kept="once")
    kept = await the_talk(store)
    assert (kept.kept, kept.notes) == ("once", None)
    shown = (await talk.says(CADRE, f"查看谈心 T{kept.ref}"))[0]
    assert shown == Said("talk/shown", kept="once")
    assert "夜班" not in shown


async def test_the_notes_exactly_as_shown(talk, store, zhao):
    await talk.says(CADRE, "记谈心 小赵 聊了夜班")
    assert (await talk.says(ZHAO, "留要点"))[0] == Said("talk/note_decided", kept="notes")
    kept = await the_talk(store)
    assert (await talk.says(CADRE, f"查看谈心 T{kept.ref}"))[0] == Said(
        "talk/shown", notes="聊了夜班", notes_waiting=False
    )
    assert (
        await count(store, AuditEntry, AuditEntry.action == "read.talk", AuditEntry.subject_id == zhao.person_id) == 1
    )
    assert await count(store, TalkPart, TalkPart.co_sign == "agreed") == 1


async def test_a_redelivered_note_asks_once(talk, store, zhao):
    incoming = talk.incoming(CADRE, "记谈心 小赵 聊了夜班")
    await talk.deliver(incoming)
    await talk.deliver(incoming)
    assert await count(store, Prompt) == 1


async def test_the_same_text_within_ten_minutes_asks_the_cadre_first(talk, store, zhao):
    await talk.says(CADRE, "记谈心 小赵 聊了夜班")
    assert (await talk.says(CADRE, "记谈心 小赵 聊了夜班"))[-1] == Said("talk/note_again")
    assert await count(store, Prompt, Prompt.kind == "talk.note") == 1
    await talk.says(CADRE, "2")
    assert await count(store, Prompt, Prompt.kind == "talk.note") == 1
    await talk.says(CADRE, "记谈心 小赵 聊了夜班")
    await talk.says(CADRE, "1")
    assert await count(store, Prompt, Prompt.kind == "talk.note") == 2


async def test_a_youth_who_has_just_answered_is_not_asked_again_without_a_second_thought(talk, store, zhao):
    await talk.says(CADRE, "记谈心 小赵 聊了夜班")
    await talk.says(ZHAO, "1")
    assert (await talk.says(CADRE, "记谈心 小赵 聊了夜班和工资"))[-1] == Said("talk/note_again")
    talk.advance(timedelta(minutes=11))
    assert (await talk.says(CADRE, "记谈心 小赵 聊了夜班"))[-1] == Said("talk/note_asked")


async def test_who_said_no_to_notes_lately_is_offered_no_notes(talk, store, zhao):
    async with store.unit() as unit:
        unit.session.add(ConsentRefusal(person_id=zhao.person_id, scope="talk_notes", at=unit.now))
    await talk.says(CADRE, "记谈心 小赵 聊了夜班")
    assert "③" not in talk.last(ZHAO)
    assert "夜班" not in talk.last(ZHAO)
    await talk.says(ZHAO, "3")
    assert await count(store, Talk) == 0


async def test_an_answer_after_the_contact_has_ended_keeps_nothing(talk, store, zhao):
    await talk.says(CADRE, "记谈心 小赵 聊了夜班")
    async with store.unit() as unit:
        contact = (await unit.session.execute(select(Contact))).scalar_one()
        contact.ended_at = unit.now
    await talk.says(ZHAO, "3")
    assert await count(store, Talk) == 0


# --- sensitive matters -----------------------------------------------------------------------------------------------


@pytest.mark.rule("P9")
async def test_a_sensitive_matter_is_asked_about_once_more(talk, store, zhao):
    await talk.says(CADRE, "记谈心 小赵 说得了抑郁症在吃药")
    assert talk.last(ZHAO) == Said("talk/note", draft="说得了抑郁症在吃药", sensitive=True)
    assert (await talk.says(ZHAO, "3"))[-1] == Said("talk/note_sensitive")
    assert await count(store, Talk) == 0
    await talk.says(ZHAO, "2")
    kept = await the_talk(store)
    assert (kept.kept, kept.notes) == ("follow_up", None)
    assert talk.last(CADRE) == Said("talk/note_settled", kept="follow_up")


async def test_a_sensitive_matter_is_kept_with_the_separate_yes(talk, store, zhao):
    await talk.says(CADRE, "记谈心 小赵 说得了抑郁症在吃药")
    await talk.says(ZHAO, "3")
    await talk.says(ZHAO, "1")
    assert (await the_talk(store)).kept == "notes"


@pytest.mark.rule("P9")
async def test_silence_on_the_separate_question_keeps_only_the_follow_up(talk, store, zhao):
    await talk.says(CADRE, "记谈心 小赵 说得了抑郁症在吃药")
    await talk.says(ZHAO, "3")
    await week_of_silence(talk, store)
    assert (await the_talk(store)).kept == "follow_up"


async def test_who_agreed_to_sensitive_matters_is_not_asked_again(talk, store, zhao):
    await make_consent(store, zhao, ConsentScope.SENSITIVE)
    await talk.says(CADRE, "记谈心 小赵 说得了抑郁症在吃药")
    await talk.says(ZHAO, "3")
    assert (await the_talk(store)).kept == "notes"


@pytest.mark.rule("P10a")
async def test_a_minor_is_asked_in_simple_words(talk, store, org, cadre, chat):
    await make_youth(store, org, "小雨", YU, cadre=cadre, chat=chat, age_band=AgeBand.MINOR)
    await talk.says(CADRE, "记谈心 小雨 聊了考试")
    assert talk.last(YU) == Said("talk/note", minor=True)
    await talk.says(YU, "3")
    async with store.read() as session:
        part = (await session.execute(select(TalkPart).where(TalkPart.role == "youth"))).scalar_one()
    assert part.minor
