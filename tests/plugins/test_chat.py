"""关联本群、解除关联、我的青年, as people see them."""

from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import func, select, update

from bot.core.rules.consent import ConsentScope
from bot.core.rules.people import Actor, AgeBand, CadreKind, OrgLevel, Role
from bot.core.tables import Consent, Receipt
from bot.features.talk.tables import Talk
from bot.store.chat import Chat, ChatHost, Contact
from bot.store.delivery import AuditEntry
from bot.store.people import OrgUnit, RoleGrant
from bot.store.store import Store
from tests.harness import Talkers
from tests.people_built import make_cadre, make_chat, make_consent, make_org, make_person, make_youth
from tests.said import Refused, Said


@pytest_asyncio.fixture
async def talk(store: Store) -> Talkers:
    return await Talkers.open(store)


@pytest_asyncio.fixture
async def org(store: Store) -> OrgUnit:
    return await make_org(store)


@pytest_asyncio.fixture
async def cadre(store: Store, org: OrgUnit) -> Actor:
    return await make_cadre(store, org)


async def count(store: Store, table, *where) -> int:
    async with store.read() as session:
        return (await session.execute(select(func.count()).select_from(table).where(*where))).scalar_one()


async def chat_state(store: Store) -> tuple[str, int]:
    async with store.read() as session:
        chat = (await session.execute(select(Chat))).scalar_one()
        return chat.state, chat.owner_id


async def test_a_stranger_links_nothing(talk: Talkers, store: Store, cadre: Actor):
    answer = await talk.says("66666", "/关联本群", group="888")
    assert answer[0] == Refused("not_allowed", needs="cadre")
    assert await count(store, Chat) == 0


async def test_a_youth_links_nothing_and_the_denial_is_audited(talk: Talkers, store: Store, org: OrgUnit, cadre: Actor):
    await make_youth(store, org, cadre=cadre)
    await talk.says("20001", "/关联本群", group="888")
    assert await count(store, Chat) == 0
    assert await count(store, AuditEntry, AuditEntry.action == "denied") == 1


async def test_a_cadre_of_another_organisation_cannot_take_a_linked_group(talk: Talkers, store: Store, cadre: Actor):
    other = await make_org(store, "甘棠县团委")
    await make_cadre(store, other, "周敏", "10002")
    await talk.says("10001", "/关联本群", group="888")
    answer = await talk.says("10002", "/关联本群", group="888")
    assert answer[0] == Refused("chat.of_others")
    assert await count(store, ChatHost) == 1
    assert (await chat_state(store))[1] == cadre.person_id


async def test_linking_in_private_is_refused(talk: Talkers, store: Store, cadre: Actor):
    await talk.says("10001", "关联本群")
    assert await count(store, Chat) == 0


async def test_linking_posts_the_privacy_notice(talk: Talkers, store: Store, cadre: Actor):
    notice = (await talk.says("10001", "/关联本群", group="888"))[0]
    for part in ("林晓舟", "清河县团委", "为什么", "记什么", "多久", "谁能看", "怎么停", "/加入"):
        assert part in notice
    assert await chat_state(store) == ("linked", cadre.person_id)
    assert await count(store, AuditEntry, AuditEntry.action == "chat.linked") == 1


async def test_linking_twice_changes_nothing(talk: Talkers, store: Store, cadre: Actor):
    await talk.says("10001", "/关联本群", group="888")
    answer = await talk.says("10001", "/关联本群", group="888")
    assert answer[0] == Said("chat/known")
    assert await count(store, Chat) == 1
    assert await count(store, AuditEntry, AuditEntry.action == "chat.linked") == 1


async def test_the_same_message_twice_is_answered_once(talk: Talkers, store: Store, cadre: Actor):
    incoming = talk.incoming("10001", "/关联本群", group="888")
    assert len(await talk.deliver(incoming)) == 1
    assert await talk.deliver(incoming) == []


async def test_a_colleague_becomes_co_host_and_the_group_hears_it(
    talk: Talkers, store: Store, org: OrgUnit, cadre: Actor
):
    await make_cadre(store, org, "何田", "10003")
    await talk.says("10001", "/关联本群", group="888")
    answer = await talk.says("10003", "/关联本群", group="888")
    assert answer[0] == Said("chat/co_host", cadre="何田", owner="林晓舟")
    assert await chat_state(store) == ("linked", cadre.person_id)
    assert await count(store, ChatHost) == 2


async def test_unlinking_a_foreign_group_and_an_unlinked_one_answer_alike(talk: Talkers, store: Store, cadre: Actor):
    other = await make_org(store, "甘棠县团委")
    await make_cadre(store, other, "周敏", "10002")
    await talk.says("10001", "/关联本群", group="888")
    foreign = await talk.says("10002", "/解除关联", group="888")
    unlinked = await talk.says("10002", "/解除关联", group="999")
    assert foreign == unlinked
    assert (await chat_state(store))[0] == "linked"


async def test_a_co_host_who_unlinks_only_leaves(talk: Talkers, store: Store, org: OrgUnit, cadre: Actor):
    await make_cadre(store, org, "何田", "10003")
    await talk.says("10001", "/关联本群", group="888")
    await talk.says("10003", "/关联本群", group="888")
    await talk.says("10003", "/解除关联", group="888")
    assert await chat_state(store) == ("linked", cadre.person_id)
    assert await count(store, ChatHost) == 1


async def test_the_owner_unlinks_and_consents_for_the_group_end_with_receipts(
    talk: Talkers, store: Store, org: OrgUnit, cadre: Actor
):
    chat = await make_chat(store, org, cadre)
    youth = await make_youth(store, org, cadre=cadre, chat=chat)
    await make_consent(store, youth, ConsentScope.ORIGINAL_MESSAGES, chat)
    await make_consent(store, youth, ConsentScope.TALK_NOTES)
    await talk.says("10001", "/解除关联", group="888")
    assert (await chat_state(store))[0] == "unlinked"
    assert await count(store, Consent, Consent.withdrawn_at.is_(None)) == 1
    assert await count(store, Receipt, Receipt.kind == "withdrawal") == 1
    assert await count(store, Contact, Contact.ended_at.is_(None)) == 1


async def test_an_open_talk_is_closed_before_the_group_is_unlinked(
    talk: Talkers, store: Store, org: OrgUnit, cadre: Actor
):
    await make_chat(store, org, cadre)
    await talk.says("10001", "/谈心 开始", group="888")
    assert await count(store, Talk, Talk.state == "open") == 1
    await talk.says("10001", "/解除关联", group="888")
    assert await count(store, Talk, Talk.state == "open") == 0


async def test_another_organisation_may_link_a_group_that_was_unlinked(talk: Talkers, store: Store, cadre: Actor):
    other = await make_org(store, "甘棠县团委")
    neighbour = await make_cadre(store, other, "周敏", "10002")
    await talk.says("10001", "/关联本群", group="888")
    await talk.says("10001", "/解除关联", group="888")
    await talk.says("10002", "/关联本群", group="888")
    assert await chat_state(store) == ("linked", neighbour.person_id)
    assert await count(store, ChatHost) == 1


async def dismiss(store: Store, cadre: Actor) -> None:
    async with store.unit() as unit:
        await unit.session.execute(
            update(RoleGrant).where(RoleGrant.person_id == cadre.person_id).values(until=unit.now)
        )


async def test_a_group_whose_cadre_is_still_in_office_cannot_be_taken_over(
    talk: Talkers, store: Store, org: OrgUnit, cadre: Actor
):
    await make_chat(store, org, cadre)
    await make_cadre(store, org, "何田", "10003")
    await talk.says("10003", "/关联本群", group="888")
    assert (await chat_state(store))[1] == cadre.person_id


async def test_a_colleague_takes_over_when_the_cadre_left_office_and_consents_end(
    talk: Talkers, store: Store, org: OrgUnit, cadre: Actor
):
    chat = await make_chat(store, org, cadre)
    youth = await make_youth(store, org, cadre=cadre, chat=chat)
    await make_consent(store, youth, ConsentScope.ORIGINAL_MESSAGES, chat)
    await dismiss(store, cadre)
    assert (await talk.says("20009", "/加入 小北", group="888"))[0] == Refused("join.no_cadre")
    colleague = await make_cadre(store, org, "何田", "10003")
    assert (await talk.says("10003", "/关联本群", group="888"))[0] == Said("chat/linked", cadre="何田")
    assert await chat_state(store) == ("linked", colleague.person_id)
    assert await count(store, Consent, Consent.withdrawn_at.is_(None)) == 0
    assert (await talk.says("20009", "/加入 小北", group="888"))[0] == Said("join/begun")


async def test_another_organisation_waits_while_a_co_host_is_in_office(
    talk: Talkers, store: Store, org: OrgUnit, cadre: Actor
):
    await make_chat(store, org, cadre, "888", await make_cadre(store, org, "何田", "10003"))
    await make_cadre(store, await make_org(store, "甘棠县团委"), "周敏", "10002")
    await dismiss(store, cadre)
    assert (await talk.says("10002", "/关联本群", group="888"))[0] == Refused("chat.of_others")


# --- what the platform tells -----------------------------------------------------------------------------------------


async def test_a_stranger_who_leaves_a_group_leaves_no_trace(talk: Talkers, store: Store, org: OrgUnit, cadre: Actor):
    await make_chat(store, org, cadre)
    await talk.leaves("66666", group="888")
    assert talk.shown("10001") == []
    assert await count(store, AuditEntry) == 0


async def test_a_youth_who_leaves_the_group_keeps_the_contact_and_the_cadre_hears_numbers_only(
    talk: Talkers, store: Store, org: OrgUnit, cadre: Actor
):
    chat = await make_chat(store, org, cadre)
    youth = await make_youth(store, org, cadre=cadre, chat=chat)
    await make_youth(store, org, "阿凯", "20002", cadre=cadre, chat=chat)
    await make_consent(store, youth, ConsentScope.ORIGINAL_MESSAGES, chat)
    await talk.leaves("20001", group="888")
    assert talk.last("10001") == Said("chat/member_left", still_here=1)
    assert "小赵" not in talk.last("10001")
    assert await count(store, Consent, Consent.withdrawn_at.is_(None)) == 0
    assert await count(store, Receipt, Receipt.kind == "withdrawal") == 1
    assert await count(store, Contact, Contact.ended_at.is_(None), Contact.chat_id.is_(None)) == 1


async def test_a_youth_who_comes_back_to_the_group_takes_up_the_same_contact(
    talk: Talkers, store: Store, org: OrgUnit, cadre: Actor
):
    chat = await make_chat(store, org, cadre)
    await make_youth(store, org, cadre=cadre, chat=chat)
    await talk.leaves("20001", group="888")
    await talk.says("20001", "/加入", group="888")
    assert await count(store, Contact) == 1
    assert await count(store, Contact, Contact.chat_id == chat.id) == 1


async def test_when_the_owner_leaves_the_group_it_is_unlinked(talk: Talkers, store: Store, org: OrgUnit, cadre: Actor):
    await make_chat(store, org, cadre)
    await talk.leaves("10001", group="888")
    assert (await chat_state(store))[0] == "unlinked"
    assert "888" in talk.last("10001")


async def test_the_bot_put_out_of_a_group_ends_consents_and_tells_the_cadre_numbers(
    talk: Talkers, store: Store, org: OrgUnit, cadre: Actor
):
    chat = await make_chat(store, org, cadre)
    youth = await make_youth(store, org, cadre=cadre, chat=chat)
    await make_consent(store, youth, ConsentScope.ORIGINAL_MESSAGES, chat)
    await talk.says("10001", "/谈心 开始", group="888")
    await talk.bot_removed(group="888")
    assert (await chat_state(store))[0] == "lost"
    assert await count(store, Consent, Consent.withdrawn_at.is_(None)) == 0
    assert await count(store, Talk, Talk.state == "open") == 0
    assert any("1 位青年" in text and "小赵" not in text for text in talk.shown("10001"))


async def test_a_group_that_nobody_linked_may_be_lost_silently(talk: Talkers, store: Store, cadre: Actor):
    await talk.bot_removed(group="777")
    assert await count(store, AuditEntry) == 0


# --- 我的青年 --------------------------------------------------------------------------------------------------------


async def test_a_youth_sees_no_list_of_youths(talk: Talkers, store: Store, org: OrgUnit, cadre: Actor):
    await make_youth(store, org, cadre=cadre)
    assert (await talk.says("20001", "我的青年"))[0] == Refused("not_allowed", needs="cadre")


async def test_a_cadre_sees_only_their_own_youths(talk: Talkers, store: Store, org: OrgUnit, cadre: Actor):
    colleague = await make_cadre(store, org, "何田", "10003")
    await make_youth(store, org, "阿凯", "20002", cadre=colleague)
    answer = (await talk.says("10001", "我的青年"))[0]
    assert answer == Said("contact/youths", count=0)
    assert "阿凯" not in answer


async def test_my_youths_counts_who_has_gone_quiet(talk: Talkers, store: Store, org: OrgUnit, cadre: Actor):
    for number, days in (("20001", 0), ("20002", 14), ("20003", 60)):
        await make_youth(store, org, f"青{number}", number, cadre=cadre, last_contact=timedelta(days=days))
    answer = (await talk.says("10001", "我的青年"))[0]
    assert answer == Said("contact/youths", count=3, target=100, quiet_soon=2, quiet_long=1)
    assert "K" not in answer


async def test_two_of_one_name_are_told_apart_by_k_numbers(talk: Talkers, store: Store, org: OrgUnit, cadre: Actor):
    await make_youth(store, org, "小雨", "20001", cadre=cadre)
    await make_youth(store, org, "小雨", "20002", cadre=cadre)
    await make_youth(store, org, "阿凯", "20003", cadre=cadre)
    answer = (await talk.says("10001", "我的青年"))[0]
    assert answer.count("小雨（K") == 2
    assert "阿凯（" not in answer


async def test_names_come_twenty_a_page(talk: Talkers, store: Store, org: OrgUnit, cadre: Actor):
    for number in range(21):
        await make_youth(store, org, f"青年{number:02}", f"3{number:04}", cadre=cadre)
    first = (await talk.says("10001", "我的青年"))[0]
    assert first.count("· ") == 20
    assert first == Said("contact/youths", page=1, pages=2)
    assert (await talk.says("10001", "我的青年 2"))[0].count("· ") == 1
    assert (await talk.says("10001", "我的青年 3"))[0] == Refused("page.none")
    assert (await talk.says("10001", "我的青年 99999"))[0] == Refused("page.none")


async def test_a_part_time_cadre_below_county_level_has_a_smaller_target(talk: Talkers, store: Store, org: OrgUnit):
    branch = await make_org(store, "清溪社区团支部", OrgLevel.BRANCH, org)
    await make_person(store, branch, "周敏", number="10004", roles=(Role.CADRE,), cadre_kind=CadreKind.PART_TIME)
    assert (await talk.says("10004", "我的青年"))[0] == Said("contact/youths", target=10)


async def test_a_youth_who_has_not_given_the_age_band_is_on_no_list(
    talk: Talkers, store: Store, org: OrgUnit, cadre: Actor
):
    await make_chat(store, org, cadre)
    await talk.says("20009", "/加入 小北", group="888")
    assert "小北" not in (await talk.says("10001", "我的青年"))[0]
    await talk.says("20009", "3")
    assert "小北" in (await talk.says("10001", "我的青年"))[0]


@pytest.mark.rule("P6")
@pytest.mark.parametrize("band", [AgeBand.MINOR, AgeBand.ADULT])
async def test_the_list_says_nothing_of_anybodys_age(
    talk: Talkers, store: Store, org: OrgUnit, cadre: Actor, band: AgeBand
):
    await make_youth(store, org, cadre=cadre, age_band=band)
    answer = (await talk.says("10001", "我的青年"))[0]
    assert "14–17" not in answer
    assert "18" not in answer
