"""我的同意、同意、撤回、停止记录, as people see them."""

from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from bot.chat.text import consent_texts
from bot.core.acts.consent import ask_scope
from bot.core.rules.consent import ConsentScope
from bot.core.rules.people import Actor, AgeBand
from bot.core.tables import Consent, ConsentRefusal, Receipt
from bot.features.talk.tables import TalkMessage
from bot.store.chat import Chat
from bot.store.delivery import AuditEntry, Prompt
from bot.store.people import OrgUnit
from bot.store.store import Store
from tests.harness import Talkers
from tests.people_built import make_account, make_cadre, make_chat, make_consent, make_org, make_youth
from tests.said import Refused, Said, fields

GROUP = "888"
WORDS = {
    "要点": "talk_notes",
    "原话": "original_messages",
    "回访": "phone_check",
    "署名": "named_use",
    "敏感": "sensitive",
}


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
    return await make_chat(store, org, cadre, GROUP)


@pytest_asyncio.fixture
async def youth(store: Store, org: OrgUnit, cadre: Actor, chat: Chat) -> Actor:
    return await make_youth(store, org, cadre=cadre, chat=chat)


async def given(store: Store) -> list[str]:
    async with store.read() as session:
        rows = await session.execute(
            select(Consent.scope).where(Consent.withdrawn_at.is_(None)).order_by(Consent.scope)
        )
        return list(rows.scalars())


async def count(store: Store, table, *where) -> int:
    async with store.read() as session:
        return (await session.execute(select(func.count()).select_from(table).where(*where))).scalar_one()


async def ask(store: Store, youth: Actor, scope: ConsentScope, chat: Chat | None = None) -> bool:
    assert youth.person_id is not None
    async with store.unit() as unit:
        return await ask_scope(unit, youth.person_id, scope, chat.id if chat else None, consent_texts())


# --- refused ---------------------------------------------------------------------------------------------------------


async def test_a_stranger_gives_no_consent(talk: Talkers, store: Store, chat: Chat):
    await talk.says("66666", "同意 要点")
    assert await given(store) == []


@pytest.mark.rule("P3")
async def test_a_cadre_gives_no_consent_for_anybody(talk: Talkers, store: Store, youth: Actor):
    answer = await talk.says("10001", "同意 原话")
    assert answer[0] == Refused("consent.not_possible")
    assert await given(store) == []


async def test_consent_typed_in_a_group_is_not_carried_out(talk: Talkers, store: Store, youth: Actor):
    answer = await talk.says("20001", "/同意 要点", group=GROUP)
    assert answer[0] == Said("common/say_privately")
    assert await given(store) == []


@pytest.mark.rule("P2")
async def test_there_is_no_consent_to_everything(talk: Talkers, store: Store, youth: Actor):
    assert (await talk.says("20001", "同意 全部"))[0] == Refused("consent.no_such_scope")
    assert (await talk.says("20001", "同意 要点 原话"))[0] == Refused("consent.no_such_scope")
    assert await given(store) == []


async def test_the_base_scope_is_pointed_to_joining_and_leaving(talk: Talkers, store: Store, youth: Actor):
    await make_consent(store, youth, ConsentScope.PROFILE)
    assert (await talk.says("20001", "撤回 加入"))[0] == Refused("consent.base_scope")
    assert await given(store) == ["profile"]


# --- giving and withdrawing ------------------------------------------------------------------------------------------


@pytest.mark.rule("P2")
@pytest.mark.parametrize(("word", "scope"), WORDS.items())
async def test_each_scope_is_given_and_withdrawn_by_its_word(
    talk: Talkers, store: Store, youth: Actor, word: str, scope: str
):
    answer = (await talk.says("20001", f"同意 {word}"))[0]
    assert await given(store) == [scope]
    async with store.read() as session:
        receipt = (await session.execute(select(Receipt))).scalar_one()
    text = consent_texts().of(ConsentScope(scope))
    assert receipt.number in answer
    assert text.text in answer
    assert receipt.facts["hash"] == text.hash
    assert receipt.facts["version"] == text.version
    answer = (await talk.says("20001", f"撤回 {word}"))[0]
    assert answer == Said("consent/withdrawn")
    assert await given(store) == []
    assert await count(store, Receipt, Receipt.kind == "withdrawal") == 1


async def test_consent_given_before_is_not_given_again(talk: Talkers, store: Store, youth: Actor):
    await talk.says("20001", "同意 要点")
    assert (await talk.says("20001", "同意 要点"))[0] == Said("consent/known")
    assert await count(store, Consent) == 1


async def test_the_same_consent_delivered_twice_is_one(talk: Talkers, store: Store, youth: Actor):
    incoming = talk.incoming("20001", "同意 要点")
    assert len(await talk.deliver(incoming)) == 1
    assert await talk.deliver(incoming) == []
    assert await count(store, Receipt) == 1


async def test_withdrawing_what_was_not_given_says_so(talk: Talkers, store: Store, youth: Actor):
    assert (await talk.says("20001", "撤回 要点"))[0] == Said("consent/nothing")
    assert await count(store, Receipt) == 0


async def test_every_yes_and_every_end_leaves_an_audit_row(talk: Talkers, store: Store, youth: Actor):
    await talk.says("20001", "同意 要点")
    await talk.says("20001", "撤回 要点")
    mine = AuditEntry.subject_id == youth.person_id
    assert await count(store, AuditEntry, AuditEntry.action == "consent.given", mine) == 1
    assert await count(store, AuditEntry, AuditEntry.action == "consent.withdrawn", mine) == 1


async def test_my_consents_lists_every_scope(talk: Talkers, store: Store, youth: Actor):
    await talk.says("20001", "同意 要点")
    answer = (await talk.says("20001", "我的同意"))[0]
    assert [one["since"] for one in fields(answer)["scopes"]].count(None) == 5
    assert "2026 年 11 月 24 日" in answer


# --- minors ----------------------------------------------------------------------------------------------------------


@pytest.mark.rule("P10a")
async def test_somebody_under_18_is_asked_a_second_time_in_simple_words(
    talk: Talkers, store: Store, org: OrgUnit, cadre: Actor, chat: Chat
):
    await make_youth(store, org, "小雨", "20002", cadre=cadre, chat=chat, age_band=AgeBand.MINOR)
    assert (await talk.says("20002", "同意 要点"))[0] == Said("consent/second")
    assert await given(store) == []
    assert (await talk.says("20002", "1"))[0] == Said("consent/given")
    assert await given(store) == ["talk_notes"]


async def test_the_second_question_goes_to_the_account_that_said_yes(
    talk: Talkers, store: Store, org: OrgUnit, cadre: Actor, chat: Chat
):
    young = await make_youth(store, org, "小雨", "20002", cadre=cadre, chat=chat, age_band=AgeBand.MINOR)
    await make_account(store, young, "20003", later=timedelta(hours=1))
    assert (await talk.says("20002", "同意 要点"))[0] == Said("consent/second")
    assert talk.shown("20003") == []
    await talk.says("20003", "1")
    assert await given(store) == []
    await talk.says("20002", "1")
    assert await given(store) == ["talk_notes"]


async def test_what_one_account_gave_the_other_may_withdraw(talk: Talkers, store: Store, youth: Actor, chat: Chat):
    await make_account(store, youth, "20003", later=timedelta(hours=1))
    await talk.says("20001", "同意 原话")
    await talk.says("20003", "停止记录")
    assert await given(store) == []


@pytest.mark.rule("P10a")
async def test_the_second_question_may_be_answered_no(
    talk: Talkers, store: Store, org: OrgUnit, cadre: Actor, chat: Chat
):
    await make_youth(store, org, "小雨", "20002", cadre=cadre, chat=chat, age_band=AgeBand.MINOR)
    await talk.says("20002", "同意 原话")
    await talk.says("20002", "先不要")
    assert await given(store) == []


# --- asked by the bot ------------------------------------------------------------------------------------------------


@pytest.mark.rule("P5")
async def test_a_no_is_kept_from_everybody_and_not_asked_again_for_90_days(
    talk: Talkers, store: Store, youth: Actor, chat: Chat
):
    assert await ask(store, youth, ConsentScope.ORIGINAL_MESSAGES, chat)
    await talk.sender.pump()
    assert "● 记录中" in talk.last("20001")
    assert "什么都不会少" in (await talk.says("20001", "2"))[0]
    assert await count(store, AuditEntry) == 0
    talk.advance(timedelta(days=89))
    assert not await ask(store, youth, ConsentScope.ORIGINAL_MESSAGES, chat)
    talk.advance(timedelta(days=1))
    assert await ask(store, youth, ConsentScope.ORIGINAL_MESSAGES, chat)


async def test_a_yes_counts_and_a_former_no_is_forgotten(talk: Talkers, store: Store, youth: Actor, chat: Chat):
    await ask(store, youth, ConsentScope.ORIGINAL_MESSAGES, chat)
    await talk.says("20001", "2")
    await talk.says("20001", "同意 原话")
    assert await given(store) == ["original_messages"]
    assert await count(store, ConsentRefusal) == 0


async def test_the_bare_word_is_a_yes_to_the_open_question(talk: Talkers, store: Store, youth: Actor, chat: Chat):
    assert (await talk.says("20001", "同意"))[0] == Refused("consent.no_such_scope")
    await ask(store, youth, ConsentScope.ORIGINAL_MESSAGES, chat)
    await talk.sender.pump()
    await talk.says("20001", "同意")
    assert await given(store) == ["original_messages"]


async def test_a_yes_after_the_group_was_unlinked_gives_nothing(talk: Talkers, store: Store, youth: Actor, chat: Chat):
    await ask(store, youth, ConsentScope.ORIGINAL_MESSAGES, chat)
    await talk.says("10001", "/解除关联", group=GROUP)
    await talk.says("20001", "1")
    assert await given(store) == []


async def test_a_yes_after_leaving_gives_nothing(talk: Talkers, store: Store, youth: Actor, chat: Chat):
    await ask(store, youth, ConsentScope.TALK_NOTES)
    await talk.sender.pump()
    await talk.says("20001", "/退出", group=GROUP)
    await talk.says("20001", "1")
    assert await given(store) == []


async def test_withdrawing_takes_the_waiting_question_back(talk: Talkers, store: Store, youth: Actor, chat: Chat):
    await ask(store, youth, ConsentScope.ORIGINAL_MESSAGES, chat)
    await talk.says("20001", "停止记录")
    assert await count(store, Prompt, Prompt.state == "open") == 0
    assert not await ask(store, youth, ConsentScope.ORIGINAL_MESSAGES, chat)


@pytest.mark.rule("P2")
async def test_nobody_is_asked_two_scopes_at_once(talk: Talkers, store: Store, youth: Actor, chat: Chat):
    assert await ask(store, youth, ConsentScope.TALK_NOTES)
    assert not await ask(store, youth, ConsentScope.ORIGINAL_MESSAGES, chat)


# --- several groups --------------------------------------------------------------------------------------------------


@pytest_asyncio.fixture
async def other_chat(talk: Talkers, store: Store, org: OrgUnit, youth: Actor) -> Chat:
    colleague = await make_cadre(store, org, "何田", "10003")
    chat = await make_chat(store, org, colleague, "999")
    talk.advance(timedelta(minutes=1))
    await talk.says("20001", "/加入", group="999")
    return chat


@pytest.mark.rule("P2")
async def test_original_words_are_given_for_the_group_that_was_chosen(
    talk: Talkers, store: Store, chat: Chat, other_chat: Chat
):
    asked = (await talk.says("20001", "同意 原话"))[0]
    assert "888" in asked
    assert "999" in asked
    assert "全部" not in asked
    await talk.says("20001", "2")
    async with store.read() as session:
        assert (await session.execute(select(Consent.chat_id))).scalars().all() == [other_chat.id]


async def test_original_words_of_several_groups_are_withdrawn_one_by_one_or_all(
    talk: Talkers, store: Store, youth: Actor, chat: Chat, other_chat: Chat
):
    await make_consent(store, youth, ConsentScope.ORIGINAL_MESSAGES, chat)
    await make_consent(store, youth, ConsentScope.ORIGINAL_MESSAGES, other_chat)
    await talk.says("20001", "撤回 原话")
    await talk.says("20001", "1")
    async with store.read() as session:
        left = await session.execute(select(Consent.chat_id).where(Consent.withdrawn_at.is_(None)))
        assert left.scalars().all() == [other_chat.id]


async def test_all_groups_are_withdrawn_by_one_word(
    talk: Talkers, store: Store, youth: Actor, chat: Chat, other_chat: Chat
):
    await make_consent(store, youth, ConsentScope.ORIGINAL_MESSAGES, chat)
    await make_consent(store, youth, ConsentScope.ORIGINAL_MESSAGES, other_chat)
    await talk.says("20001", "撤回 原话")
    await talk.says("20001", "全部")
    assert await given(store) == []


# --- 停止记录 --------------------------------------------------------------------------------------------------------


@pytest.mark.rule("P5")
async def test_stop_in_a_group_answers_everybody_alike(talk: Talkers, store: Store, youth: Actor, chat: Chat):
    await make_consent(store, youth, ConsentScope.ORIGINAL_MESSAGES, chat)
    consenting = await talk.says("20001", "/停止记录", group=GROUP)
    stranger = await talk.says("66666", "/停止记录", group=GROUP)
    assert consenting == stranger
    assert await given(store) == []


async def test_stop_in_the_middle_of_a_talk_keeps_the_next_message_out(
    talk: Talkers, store: Store, youth: Actor, chat: Chat
):
    await make_consent(store, youth, ConsentScope.ORIGINAL_MESSAGES, chat)
    await talk.says("10001", "/谈心 开始", group=GROUP)
    await talk.says("20001", "夜班太多了", group=GROUP)
    assert await count(store, TalkMessage, TalkMessage.person_id == youth.person_id) == 1
    shown = await talk.says("20001", "/停止记录", group=GROUP)
    assert all("夜班" not in text and "1 条" not in text for text in shown)
    await talk.says("20001", "这句不要记", group=GROUP)
    assert await count(store, TalkMessage, TalkMessage.person_id == youth.person_id) == 1
    assert talk.last("20001") == Said("consent/stored", scope="original_messages", count=1)
    assert (await talk.says("20001", "①"))[0] == Said("consent/stored_deleted")
    assert await count(store, TalkMessage, TalkMessage.person_id == youth.person_id) == 0


async def test_what_was_stored_may_stay(talk: Talkers, store: Store, youth: Actor, chat: Chat):
    await make_consent(store, youth, ConsentScope.ORIGINAL_MESSAGES, chat)
    await talk.says("10001", "/谈心 开始", group=GROUP)
    await talk.says("20001", "夜班太多了", group=GROUP)
    await talk.says("20001", "停止记录")
    await talk.says("20001", "留着")
    assert await count(store, TalkMessage, TalkMessage.person_id == youth.person_id) == 1


async def test_with_nothing_stored_nothing_is_asked(talk: Talkers, store: Store, youth: Actor, chat: Chat):
    await make_consent(store, youth, ConsentScope.ORIGINAL_MESSAGES, chat)
    assert len(await talk.says("20001", "停止记录")) == 1
    assert await count(store, Prompt) == 0
