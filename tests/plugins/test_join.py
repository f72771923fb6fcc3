"""加入、退出、别再提醒, as people see them."""

from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from bot.channels.port import Delivery, Outcome
from bot.core.acts.forget import drop_stale_joins
from bot.core.rules.consent import ConsentScope
from bot.core.rules.people import Actor, Role
from bot.core.tables import Consent, Receipt
from bot.store.chat import Chat, Contact, RefNumber
from bot.store.delivery import AuditEntry, DataKey, OutboxMessage, Prompt
from bot.store.people import Account, OrgUnit, Person
from bot.store.store import Store
from tests.harness import Talkers
from tests.people_built import make_cadre, make_chat, make_consent, make_org, make_person, make_youth
from tests.said import Refused, Said

GROUP = "888"
TRACES = (Person, Account, Contact, Consent, RefNumber, Prompt, Receipt)


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


async def count(store: Store, table, *where) -> int:
    async with store.read() as session:
        return (await session.execute(select(func.count()).select_from(table).where(*where))).scalar_one()


async def traces(store: Store) -> list[int]:
    return [await count(store, table) for table in (*TRACES, DataKey)]


async def joined(talk: Talkers, number: str = "20001", name: str = "小赵", answer: str = "3") -> str:
    await talk.says(number, f"/加入 {name}", group=GROUP)
    return (await talk.says(number, answer))[0]


# --- refused ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("林晓舟", "name.of_another"),
        ("林 曉 舟", "name.of_another"),
        ("何立书记", "name.misleading"),
        ("何立", "name.of_another"),
        ("管理员", "name.misleading"),
        ("系统通知：请把绑定码发给我", "name.misleading"),
    ],
)
async def test_a_name_that_would_be_taken_for_an_office_or_somebody_in_one_is_refused(
    talk, store, org, chat, name, code
) -> None:
    """S14: also of the organisation above, and in the answer to the question for a name; nothing is kept."""
    await make_person(store, org, "何立", number="30002", roles=(Role.ORGAN_ADMIN,))
    before = await traces(store)
    assert (await talk.says("20001", f"/加入 {name}", group=GROUP))[0] == Refused(code)
    assert await traces(store) == before
    await talk.says("20001", "/加入", group=GROUP)
    await talk.says("20001", "3")
    assert (await talk.says("20001", name))[0] == Said("join/name_not_usable")


async def test_a_name_of_the_roster_is_nobodys_business(talk, store, org, chat) -> None:
    """A cadre of the same name in another organisation joins as who they are."""
    await make_cadre(store, await make_org(store, "别县团委"), "林晓舟", "10009")
    assert (await talk.says("10009", "/加入 林晓舟", group=GROUP))[0] != Refused("name.of_another")


async def test_nobody_joins_in_a_group_that_is_not_linked(talk: Talkers, store: Store, cadre: Actor):
    answer = await talk.says("20001", "/加入 小赵", group="999")
    assert answer[0] == Said("common/say_in_group", linked=True)
    assert await count(store, Person) == 1


async def test_nobody_joins_in_private(talk: Talkers, store: Store, chat: Chat):
    await talk.says("20001", "加入 小赵")
    assert await count(store, Person) == 1


async def test_an_anonymous_mask_cannot_join(talk: Talkers, store: Store, chat: Chat):
    answer = await talk.says("20001", "/加入 小赵", group=GROUP, sender_anonymous=True)
    assert answer[0] == Refused("join.anonymous")
    assert await count(store, Person) == 1


async def test_a_cadre_does_not_join_their_own_group(talk: Talkers, store: Store, chat: Chat):
    answer = await talk.says("10001", "/加入", group=GROUP)
    assert answer[0] == Refused("join.own_group")
    assert await count(store, Contact) == 0


@pytest.mark.parametrize("name", ["全部", "K4821", "4821", "很长" * 11])
async def test_a_name_that_would_confuse_is_refused(talk: Talkers, store: Store, chat: Chat, name: str):
    await talk.says("20001", f"/加入 {name}", group=GROUP)
    assert await count(store, Person) == 1


@pytest.mark.rule("P10")
async def test_under_14_nothing_is_kept_not_even_the_key(talk: Talkers, store: Store, org: OrgUnit, chat: Chat):
    await make_person(store, org, "何老师", number="10009", roles=(Role.PRIVACY_OFFICER,))
    before = await traces(store)
    answer = await joined(talk, answer="1")
    assert "12355" in answer
    assert answer == Said("join/under_14")
    assert await traces(store) == before
    assert await count(store, OutboxMessage, OutboxMessage.person_id.is_not(None), OutboxMessage.kind != "push") == 0
    told = talk.last("10009")
    assert told == Said("join/under_14_told")
    assert "小赵" not in told
    assert GROUP not in told


@pytest.mark.rule("P10")
async def test_somebody_under_14_is_told_of_where_an_officer_can_be_written_to(talk: Talkers, store: Store):
    city = await make_org(store, "甘棠市团委")
    county = await make_org(store, parent=city)
    await make_chat(store, county, await make_cadre(store, county), GROUP)
    await make_person(store, county, "没绑定的", roles=(Role.PRIVACY_OFFICER,))
    await make_person(store, city, "何老师", number="10009", roles=(Role.PRIVACY_OFFICER,))
    await joined(talk, answer="1")
    assert talk.last("10009") == Said("join/under_14_told")


async def test_an_age_in_years_is_understood(talk: Talkers, store: Store, chat: Chat):
    await joined(talk, answer="我16岁")
    assert await count(store, Person, Person.age_band == "minor") == 1


async def test_other_words_are_not_an_age_and_are_not_kept(talk: Talkers, store: Store, chat: Chat):
    answer = await joined(talk, answer="我最近有点烦")
    assert answer == Said("join/age_again")
    assert await count(store, Person, Person.state == "pending") == 1
    assert (await talk.says("20001", "18以上"))[0] == Said("join/joined")


# --- joining ---------------------------------------------------------------------------------------------------------


@pytest.mark.rule("P1")
async def test_joining_asks_the_age_in_private_and_gives_only_the_base_consent(
    talk: Talkers, store: Store, chat: Chat, cadre: Actor
):
    in_group = await talk.says("20001", "/加入 小赵", group=GROUP)
    assert in_group[0] == Said("join/begun")
    assert "小赵" not in in_group[0]
    asked = talk.last("20001")
    for part in ("小赵", "林晓舟", "清河县团委", "不满 14", "14–17", "18 以上"):
        assert part in asked
    assert await count(store, Consent) == 0
    welcome = (await talk.says("20001", "③"))[0]
    for word in ("同意 要点", "同意 原话", "同意 回访", "同意 署名", "同意 敏感"):
        assert word in welcome
    async with store.read() as session:
        consents = (await session.execute(select(Consent))).scalars().all()
        receipts = (await session.execute(select(Receipt))).scalars().all()
    assert [c.scope for c in consents] == ["profile"]
    assert [r.number in welcome for r in receipts] == [True]
    assert receipts[0].facts["hash"] == consents[0].text_hash
    assert await count(store, Contact, Contact.cadre_id == cadre.person_id) == 1


async def test_the_same_join_delivered_twice_makes_one_person(talk: Talkers, store: Store, chat: Chat):
    incoming = talk.incoming("20001", "/加入 小赵", group=GROUP)
    await talk.deliver(incoming)
    await talk.deliver(incoming)
    assert await count(store, Person) == 2
    assert len(talk.shown("20001")) == 1


async def test_joining_twice_says_so(talk: Talkers, store: Store, chat: Chat):
    await joined(talk)
    assert (await talk.says("20001", "/加入", group=GROUP))[0] == Said("join/before")
    assert await count(store, Contact) == 1


async def test_asking_again_before_the_answer_puts_the_question_once_more(talk: Talkers, store: Store, chat: Chat):
    await talk.says("20001", "/加入 小赵", group=GROUP)
    await talk.says("20001", "/加入 小照", group=GROUP)
    assert await count(store, Prompt, Prompt.state == "open") == 1
    assert (await talk.says("20001", "3"))[0] == Said("join/joined", name="小照")
    assert await count(store, Person) == 2


async def test_when_the_private_message_fails_the_group_hears_how_to_write(talk: Talkers, store: Store, chat: Chat):
    talk.channel.outcomes["20001"] = [Delivery(Outcome.FAILED, error="not friends")]
    await talk.says("20001", "/加入 小赵", group=GROUP)
    heard = talk.shown(GROUP)
    assert Said("join/unreachable") in heard
    assert not any("小赵" in text for text in heard)


async def test_without_a_name_the_bot_asks_and_offers_a_default(talk: Talkers, store: Store, chat: Chat):
    await talk.says("20001", "/加入", group=GROUP)
    await talk.says("20001", "3")
    assert talk.last("20001") == Said("join/name")
    assert (await talk.says("20001", "小北"))[0] == Said("join/named", name="小北")
    assert "小北" in (await talk.says("10001", "我的青年"))[0]


async def test_the_default_name_is_taken_by_its_number(talk: Talkers, store: Store, chat: Chat):
    await talk.says("20001", "/加入", group=GROUP)
    await talk.says("20001", "3")
    assert (await talk.says("20001", "1"))[0] == Said("join/named", name="小伙伴")


@pytest.mark.rule("P6")
async def test_a_name_that_cannot_be_used_is_asked_for_again(talk: Talkers, store: Store, chat: Chat):
    await talk.says("20001", "/加入", group=GROUP)
    await talk.says("20001", "3")
    assert (await talk.says("20001", "K4821"))[0] == Said("join/name_not_usable")
    assert (await talk.says("20001", "小北"))[0] == Said("join/named", name="小北")


async def test_original_words_of_one_group_open_no_other(
    talk: Talkers, store: Store, org: OrgUnit, cadre: Actor, chat: Chat
):
    youth = await make_youth(store, org, cadre=cadre, chat=chat)
    await make_consent(store, youth, ConsentScope.ORIGINAL_MESSAGES, chat)
    colleague = await make_cadre(store, org, "何田", "10003")
    await make_chat(store, org, colleague, "999")
    await talk.says("20001", "/加入", group="999")
    assert talk.last("20001") == Said("join/second_group")
    assert await count(store, Contact) == 2
    assert await count(store, Consent) == 1


async def test_the_group_unlinked_before_the_answer_means_nobody_joined(talk: Talkers, store: Store, chat: Chat):
    await talk.says("20001", "/加入 小赵", group=GROUP)
    await talk.says("10001", "/解除关联", group=GROUP)
    answer = await talk.says("20001", "3")
    assert answer[0] == Said("join/over")
    assert await count(store, Person) == 1


async def test_who_left_the_group_before_the_answer_has_not_joined(talk: Talkers, store: Store, chat: Chat):
    await talk.says("20001", "/加入 小赵", group=GROUP)
    await talk.leaves("20001", group=GROUP)
    await talk.says("20001", "3")
    assert await count(store, Person) == 1


async def test_an_invited_cadre_may_be_the_youth_of_another_group(
    talk: Talkers, store: Store, org: OrgUnit, chat: Chat
):
    await make_cadre(store, org, "何田", "10003")
    await joined(talk, "10003", "", "3")
    assert await count(store, Person) == 2
    assert await count(store, Contact) == 1
    assert await count(store, Person, Person.is_youth.is_(True)) == 1


@pytest.mark.rule("P1")
async def test_whoever_never_answers_is_forgotten_after_a_week(talk: Talkers, store: Store, chat: Chat):
    before = await traces(store)
    await talk.says("20001", "/加入 小赵", group=GROUP)
    talk.advance(timedelta(days=7))
    async with store.unit() as unit:
        assert await drop_stale_joins(unit, unit.now - timedelta(days=7), limit=500) == 1
    assert await traces(store) == before


async def test_somebody_who_joined_yesterday_is_not_forgotten(talk: Talkers, store: Store, chat: Chat):
    await talk.says("20001", "/加入 小赵", group=GROUP)
    talk.advance(timedelta(days=6))
    async with store.unit() as unit:
        assert await drop_stale_joins(unit, unit.now - timedelta(days=7), limit=500) == 0


# --- leaving ---------------------------------------------------------------------------------------------------------


async def test_a_stranger_has_nothing_to_leave(talk: Talkers, store: Store, chat: Chat):
    assert (await talk.says("66666", "退出"))[0] == Said("leave/nothing")
    assert await count(store, AuditEntry) == 0


async def test_leaving_before_the_age_is_given_erases_everything(talk: Talkers, store: Store, chat: Chat):
    before = await traces(store)
    await talk.says("20001", "/加入 小赵", group=GROUP)
    await talk.says("20001", "退出")
    assert await traces(store) == before


async def test_leaving_ends_the_contact_and_every_consent_but_keeps_the_data_when_told_so(
    talk: Talkers, store: Store, chat: Chat
):
    await joined(talk)
    await talk.says("20001", "同意 要点")
    await talk.says("20001", "同意 原话")
    shown = await talk.says("20001", "退出")
    assert shown[0] == Said("leave/left")
    assert shown[1] == Said("leave/data")
    assert await count(store, Contact, Contact.ended_at.is_(None)) == 0
    assert await count(store, Consent, Consent.withdrawn_at.is_(None)) == 1
    assert (await talk.says("20001", "2"))[0] == Said("leave/kept")
    assert await count(store, Person) == 2


async def test_leaving_and_deleting_leaves_no_person(talk: Talkers, store: Store, chat: Chat):
    await joined(talk)
    await talk.says("20001", "退出")
    answer = await talk.says("20001", "删掉")
    assert "D-" in answer[0]
    assert await count(store, Person) == 1
    assert await count(store, Consent) == 0


async def test_with_several_contacts_the_bot_asks_which(
    talk: Talkers, store: Store, org: OrgUnit, cadre: Actor, chat: Chat
):
    await joined(talk)
    colleague = await make_cadre(store, org, "何田", "10003")
    await make_chat(store, org, colleague, "999")
    talk.advance(timedelta(minutes=1))
    await talk.says("20001", "/加入", group="999")
    asked = (await talk.says("20001", "退出"))[0]
    assert "林晓舟" in asked
    assert "何田" in asked
    answer = await talk.says("20001", "2")
    assert answer[0] == Said("leave/left", remaining=1)
    assert len(answer) == 1
    assert await count(store, Contact, Contact.cadre_id == cadre.person_id, Contact.ended_at.is_(None)) == 1


async def test_leaving_in_a_group_ends_the_contact_of_that_group_only(
    talk: Talkers, store: Store, org: OrgUnit, cadre: Actor, chat: Chat
):
    await joined(talk)
    colleague = await make_cadre(store, org, "何田", "10003")
    await make_chat(store, org, colleague, "999")
    await talk.says("20001", "/加入", group="999")
    answer = await talk.says("20001", "/退出", group=GROUP)
    assert answer[0] == Said("leave/left", remaining=1)
    assert await count(store, Contact, Contact.cadre_id == cadre.person_id, Contact.ended_at.is_(None)) == 0


async def test_leaving_in_a_foreign_group_asks_in_private_and_ends_nothing_yet(talk: Talkers, store: Store, chat: Chat):
    await joined(talk)
    answer = await talk.says("20001", "/退出", group="777")
    assert answer[0] == Said("leave/in_private")
    assert await count(store, Contact, Contact.ended_at.is_(None)) == 1


async def test_who_left_may_come_back(talk: Talkers, store: Store, chat: Chat):
    await joined(talk)
    await talk.says("20001", "退出")
    await talk.says("20001", "留着")
    await talk.says("20001", "/加入", group=GROUP)
    await talk.says("20001", "3")
    assert await count(store, Contact, Contact.ended_at.is_(None)) == 1
    assert await count(store, Contact) == 1


# --- 别再提醒 --------------------------------------------------------------------------------------------------------


async def test_a_stranger_asking_for_quiet_leaves_no_trace(talk: Talkers, store: Store, chat: Chat):
    assert (await talk.says("66666", "别再提醒"))[0] == Said("people/reminders", off=True)
    assert await count(store, AuditEntry) == 0


@pytest.mark.rule("P22")
async def test_quiet_and_loud_again_in_any_place(talk: Talkers, store: Store, chat: Chat):
    await joined(talk)
    await talk.says("20001", "/别再提醒", group="777")
    assert await count(store, Person, Person.reminders_off.is_(True)) == 1
    await talk.says("20001", "恢复提醒")
    assert await count(store, Person, Person.reminders_off.is_(True)) == 0


async def from_history(talk: Talkers, who: str, words: str, *, ago: timedelta) -> None:
    """What a history tells after the bot was away, said so long ago."""
    at = int((talk.clock.now() - ago).timestamp())
    await talk.deliver(replace(talk.incoming(who, words, from_history=True), sent_at=at))


async def test_an_older_word_from_a_history_does_not_undo_a_newer_one(talk: Talkers, store: Store, chat: Chat) -> None:
    await joined(talk)
    await talk.says("20001", "别再提醒")
    talk.advance(timedelta(minutes=10))
    await talk.says("20001", "恢复提醒")
    talk.advance(timedelta(minutes=10))
    await from_history(talk, "20001", "别再提醒", ago=timedelta(minutes=15))
    assert not await wants_none(store)
    await from_history(talk, "20001", "别再提醒", ago=timedelta(minutes=10))
    assert await wants_none(store), "in the same second nobody knows which was the later: it narrows"


async def wants_none(store: Store) -> bool:
    async with store.read() as session:
        return any((await session.execute(select(Person.reminders_off))).scalars())
