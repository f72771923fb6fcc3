"""Groups, joining and binding on both databases: what the chat tests do not reach."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.chat.text import consent_texts
from bot.core.acts.bind import BindLocked, Bound, CodeWrong, bind
from bot.core.acts.chat import ChatNotYours, ChatOfOthers, bot_removed, link_chat, member_left, unlink_chat
from bot.core.acts.forget import drop_joiner
from bot.core.acts.join import Speaker, join
from bot.core.reads.contacts import find_youths, is_in_chat, memberships, youths_of
from bot.core.reads.duty import nearest_holders, top_holders
from bot.core.reads.people import find_chat, identify
from bot.core.reads.youths import MyYouths, my_youths
from bot.core.rules.contact import PAGE
from bot.core.rules.paging import NoSuchPage
from bot.core.rules.people import STRANGER, Actor, CadreKind, OrgLevel, Role
from bot.store.chat import Chat, Contact
from bot.store.delivery import DataKey
from bot.store.people import BindCode, Person
from bot.store.store import Store
from tests.people_built import BOT, CHANNEL, make_cadre, make_chat, make_code, make_org, make_person, make_youth

TEXTS = consent_texts()
WHERE = {"channel": CHANNEL, "bot_id": BOT, "native_id": "888"}


async def link(store: Store, cadre: Actor) -> Chat:
    async with store.unit() as unit:
        await link_chat(unit, cadre, await find_chat(unit.session, **WHERE), **WHERE)
    async with store.read() as session:
        chat = await find_chat(session, **WHERE)
    assert chat is not None
    return chat


async def test_a_foreign_cadre_neither_links_nor_unlinks(any_store: Store):
    here, there = await make_org(any_store), await make_org(any_store, "甘棠县团委")
    stranger = await make_cadre(any_store, there, "周敏", "10002")
    chat = await link(any_store, await make_cadre(any_store, here))
    with pytest.raises(ChatOfOthers):
        await link(any_store, stranger)
    for seen in (chat, None):
        with pytest.raises(ChatNotYours):
            async with any_store.unit() as unit:
                await unlink_chat(unit, stranger, seen)


async def test_a_former_colleague_cannot_unlink(any_store: Store):
    org = await make_org(any_store)
    chat = await link(any_store, await make_cadre(any_store, org))
    former = await make_cadre(any_store, org, "何田", "10003")
    with pytest.raises(ChatNotYours):
        async with any_store.unit() as unit:
            await unlink_chat(unit, former, chat)


async def test_a_lost_group_may_be_linked_again(any_store: Store):
    cadre = await make_cadre(any_store, await make_org(any_store))
    first = await link(any_store, cadre)
    async with any_store.unit() as unit:
        await bot_removed(unit, **WHERE)
    again = await link(any_store, cadre)
    assert (again.id, again.state, again.unlinked_at) == (first.id, "linked", None)


async def test_who_left_the_group_is_no_longer_in_it(any_store: Store):
    org = await make_org(any_store)
    cadre = await make_cadre(any_store, org)
    chat = await make_chat(any_store, org, cadre)
    youth = await make_youth(any_store, org, cadre=cadre, chat=chat)
    assert youth.person_id is not None
    async with any_store.read() as session:
        assert await is_in_chat(session, youth.person_id, chat.id)
    async with any_store.unit() as unit:
        await member_left(unit, CHANNEL, BOT, "888", "20001")
    async with any_store.read() as session:
        assert not await is_in_chat(session, youth.person_id, chat.id)
        assert [m.chat_id for m in await memberships(session, any_store.vault, youth.person_id)] == [None]


# --- finding a youth -------------------------------------------------------------------------------------------------


async def test_another_cadres_youth_is_not_found_by_name_or_number(any_store: Store):
    org = await make_org(any_store)
    mine, theirs = await make_cadre(any_store, org), await make_cadre(any_store, org, "何田", "10003")
    await make_youth(any_store, org, cadre=theirs)
    assert mine.person_id is not None
    async with any_store.read() as session:
        ref = (await session.execute(select(Contact.ref))).scalar_one()
        for told in ("小赵", f"K{ref}", str(ref), "K100", ""):
            assert await find_youths(session, any_store.vault, mine.person_id, told) == []


async def test_own_youths_are_found_by_name_or_number(any_store: Store):
    org = await make_org(any_store)
    cadre = await make_cadre(any_store, org)
    for number in ("20001", "20002"):
        await make_youth(any_store, org, "小雨", number, cadre=cadre)
    assert cadre.person_id is not None
    async with any_store.read() as session:
        both = await find_youths(session, any_store.vault, cadre.person_id, " 小雨 ")
        assert len(both) == 2
        for youth in both:
            assert youth.same_name
            one = await find_youths(session, any_store.vault, cadre.person_id, f"＃k{youth.ref}")
            assert [y.person_id for y in one] == [youth.person_id]


async def test_a_youth_in_two_groups_of_one_cadre_is_one_youth(any_store: Store):
    org = await make_org(any_store)
    cadre = await make_cadre(any_store, org)
    chats = [await make_chat(any_store, org, cadre, number) for number in ("888", "999")]
    youth = await make_youth(any_store, org, cadre=cadre, chat=chats[0])
    assert cadre.person_id is not None
    async with any_store.unit() as unit:
        who = await identify(unit.session, unit.vault, channel=CHANNEL, scope="", native_id="20001", now=unit.now)
        speaker = Speaker(CHANNEL, BOT, "20001", anonymous=False)
        await join(unit, who.actor, who.account, chats[1], speaker, None, TEXTS)
    async with any_store.read() as session:
        found = await youths_of(session, any_store.vault, cadre.person_id)
    assert [y.person_id for y in found] == [youth.person_id]
    assert not found[0].same_name


async def test_a_page_that_does_not_exist_is_refused(any_store: Store):
    org = await make_org(any_store)
    cadre = await make_cadre(any_store, org)
    async with any_store.read() as session:
        for page in (0, 2, -1):
            with pytest.raises(NoSuchPage):
                await my_youths(session, any_store.vault, cadre, page, now=any_store.clock.now())
        first = (await my_youths(session, any_store.vault, cadre, 1, now=any_store.clock.now())).say
    assert isinstance(first, MyYouths)
    assert (first.count, first.pages, PAGE) == (0, 1, 20)


async def test_the_target_is_that_of_the_highest_cadre_role(any_store: Store):
    branch = await make_org(any_store, "清溪社区团支部", OrgLevel.BRANCH)
    kinds = {CadreKind.PART_TIME: 10, CadreKind.SECONDED: 100}
    async with any_store.read() as session:
        for number, (kind, target) in enumerate(kinds.items()):
            cadre = await make_person(
                any_store, branch, "周敏", number=f"1000{number}", roles=(Role.CADRE,), cadre_kind=kind
            )
            page = (await my_youths(session, any_store.vault, cadre, 1, now=any_store.clock.now())).say
            assert isinstance(page, MyYouths)
            assert page.target == target


# --- joining and binding ---------------------------------------------------------------------------------------------


async def test_forgetting_a_joiner_destroys_the_key_and_spares_everybody_else(any_store: Store):
    org = await make_org(any_store)
    cadre = await make_cadre(any_store, org)
    chat = await make_chat(any_store, org, cadre)
    youth = await make_youth(any_store, org, "阿凯", "20002", cadre=cadre, chat=chat)
    async with any_store.unit() as unit:
        await join(unit, STRANGER, None, chat, Speaker(CHANNEL, BOT, "20001", anonymous=False), "小赵", TEXTS)
    async with any_store.read() as session:
        pending = (await session.execute(select(Person).where(Person.state == "pending"))).scalar_one()
    async with any_store.unit() as unit:
        await drop_joiner(unit, pending.id)
        assert youth.person_id is not None
        await drop_joiner(unit, youth.person_id)
        assert unit.erased
    async with any_store.read() as session:
        assert await session.get(DataKey, pending.key_id) is None
        assert await session.get(Person, pending.id) is None
        assert await session.get(Person, youth.person_id) is not None
        place = f"people:{pending.id}:name"
        assert await any_store.vault.read(session, place, pending.name) is None


async def test_a_code_binds_one_account_only(any_store: Store):
    org = await make_org(any_store)
    invited = await make_person(any_store, org, "林晓舟", roles=(Role.CADRE,))
    code = await make_code(any_store, invited)
    said = []
    for number in ("10001", "10002"):
        async with any_store.unit() as unit:
            said.append(await bind(unit, STRANGER, code, channel=CHANNEL, bot_id=BOT, native_id=number))
    assert [type(s) for s in said] == [Bound, CodeWrong]
    async with any_store.read() as session:
        who = await identify(
            session, any_store.vault, channel=CHANNEL, scope="", native_id="10001", now=any_store.clock.now()
        )
        assert who.actor.person_id == invited.person_id
        assert who.actor.has(Role.CADRE)


async def test_the_code_itself_is_in_no_row(any_store: Store):
    invited = await make_person(any_store, await make_org(any_store), "林晓舟")
    code = await make_code(any_store, invited)
    async with any_store.read() as session:
        row = (await session.execute(select(BindCode))).scalar_one()
    assert code.encode() not in row.code_hash


async def test_a_lock_lasts_an_hour_from_the_last_wrong_try(any_store: Store):
    invited = await make_person(any_store, await make_org(any_store), "林晓舟")
    code = await make_code(any_store, invited)
    start = any_store.clock.now()
    for minutes in (0, 10, 20, 30, 40):
        async with any_store.unit(now=start + timedelta(minutes=minutes)) as unit:
            await bind(unit, STRANGER, "0000000000", channel=CHANNEL, bot_id=BOT, native_id="66666")
    with pytest.raises(BindLocked):
        async with any_store.unit(now=start + timedelta(minutes=99)) as unit:
            await bind(unit, STRANGER, code, channel=CHANNEL, bot_id=BOT, native_id="66666")
    async with any_store.unit(now=start + timedelta(minutes=100)) as unit:
        said = await bind(unit, STRANGER, code, channel=CHANNEL, bot_id=BOT, native_id="66666")
    assert isinstance(said, Bound)


async def test_holders_of_a_role_are_looked_for_upwards_and_at_the_top(any_store: Store):
    city = await make_org(any_store, "江城市团委", OrgLevel.CITY)
    county = await make_org(any_store, "清河县团委", parent=city)
    other = await make_org(any_store, "甘棠县团委", parent=city)
    await make_person(any_store, city, "没绑定的", roles=(Role.ORGAN_ADMIN,))
    top = await make_person(any_store, city, "吴建平", number="10007", roles=(Role.ORGAN_ADMIN, Role.PRIVACY_OFFICER))
    await make_person(any_store, county, "何田", roles=(Role.ORGAN_ADMIN, Role.PRIVACY_OFFICER))
    now = any_store.clock.now()
    async with any_store.read() as session:
        for role in (Role.ORGAN_ADMIN, Role.PRIVACY_OFFICER):  # nobody at the county can be written to
            holders = await nearest_holders(session, county.id, role, now=now)
            assert holders is not None
            assert (holders.org_id, holders.people) == (city.id, (top.person_id,))
        assert await nearest_holders(session, other.id, Role.DUTY_OFFICER, now=now) is None
        assert await top_holders(session, Role.ORGAN_ADMIN, now=now) == [top.person_id]
        assert await top_holders(session, Role.REPORTER, now=now) == []
