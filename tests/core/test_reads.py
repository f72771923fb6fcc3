"""Reads of the core: who is who, who is whose, who is in office, and who may be written to; strangers find nothing."""

from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import update

from bot.core.acts.consent import may_ask_scope
from bot.core.feature import features
from bot.core.reads.audited import Seen
from bot.core.reads.chats import cadres_in_office, count_contacts, hosts_of, is_host
from bot.core.reads.consent import active_consents, has_consent
from bot.core.reads.contacts import address_youth, find_youths, is_in_chat, memberships, youths_of
from bot.core.reads.duty import holders_at, nearest_holders, org_name, parent_of, top_holders
from bot.core.reads.find_person import by_account, by_name
from bot.core.reads.linked import linked_chats
from bot.core.reads.people import find_chat, identify, name_of
from bot.core.reads.unsolicited import may_be_written_to
from bot.core.reads.whoami import MyConsents, Nobody, WhoAmI, my_consents, who_am_i
from bot.core.reads.youths import MyYouths, my_youths
from bot.core.rules.consent import ConsentScope
from bot.core.rules.contact import PAGE
from bot.core.rules.paging import NoSuchPage
from bot.core.rules.people import STRANGER, Role
from bot.core.rules.refusal import NotFound
from bot.store.chat import Contact
from bot.store.people import Person, RoleGrant
from bot.store.store import Store
from tests.people_built import BOT, CHANNEL, make_cadre, make_consent, make_youth
from tests.talks_built import SAID, make_talk
from tests.voices_built import County, make_county


@pytest_asyncio.fixture
async def county(any_store: Store) -> County:
    return await make_county(any_store)


async def test_a_stranger_is_nobody(any_store: Store, county: County) -> None:
    now, vault = any_store.clock.now(), any_store.vault
    async with any_store.read() as session:
        for number, channel in (("99999", CHANNEL), ("20001", "wechat")):
            who = await identify(session, vault, channel=channel, scope="", native_id=number, now=now)
            assert (who.actor, who.account, who.key_id) == (STRANGER, None, None)
        assert isinstance(await who_am_i(session, vault, STRANGER), Nobody)
        assert isinstance(await my_consents(session, vault, STRANGER), Nobody)
        assert await find_chat(session, channel=CHANNEL, bot_id=BOT, native_id="999") is None
        assert await by_account(session, vault, CHANNEL, "99999") == []
        assert await by_name(session, vault, "nowhere", "小赵") == []
        assert await name_of(session, vault, 1) == ""


async def test_an_account_is_its_person_with_the_offices_in_force(any_store: Store, county: County) -> None:
    async with any_store.read() as session:
        now, vault = any_store.clock.now(), any_store.vault
        who = await identify(session, vault, channel=CHANNEL, scope="", native_id="10001", now=now)
        assert who.actor == county.cadre
        shown = await who_am_i(session, vault, county.cadre)
    assert isinstance(shown, WhoAmI)
    assert (shown.name, shown.groups, [office.role for office in shown.offices]) == ("林晓舟", ("888",), [Role.CADRE])
    async with any_store.unit() as unit:
        await unit.session.execute(update(RoleGrant).values(until=unit.now))
    async with any_store.read() as session:
        who = await identify(session, vault, channel=CHANNEL, scope="", native_id="10001", now=any_store.clock.now())
    assert who.actor.grants == ()


async def test_another_cadres_youth_is_found_by_nobody_else(any_store: Store, county: County) -> None:
    other = await make_cadre(any_store, county.org, "周敏", "10002")
    vault = any_store.vault
    async with any_store.read() as session:
        (youth,) = await youths_of(session, vault, county.cadre.person_id or 0)
        assert await youths_of(session, vault, other.person_id or 0) == []
        for told in ("小赵", f"K{youth.ref}", "小钱"):
            assert await find_youths(session, vault, other.person_id or 0, told) == []
            with pytest.raises(NotFound):
                await address_youth(session, vault, other.person_id or 0, told, "")
        found = await address_youth(session, vault, county.cadre.person_id or 0, "小赵", "想要书")
        (tie,) = await memberships(session, vault, county.youth.person_id or 0)
    assert (found[0].person_id, found[1], tie.cadre) == (county.youth.person_id, "想要书", "林晓舟")


async def test_a_former_cadre_has_no_youths(any_store: Store, county: County) -> None:
    async with any_store.unit() as unit:
        await unit.session.execute(update(Contact).values(ended_at=unit.now))
    vault, youth = any_store.vault, county.youth.person_id or 0
    async with any_store.read() as session:
        assert await youths_of(session, vault, county.cadre.person_id or 0) == []
        assert await memberships(session, vault, youth) == []
        assert not await is_in_chat(session, youth, county.chat.id)
        assert await count_contacts(session, county.chat.id) == 0
        found = await my_youths(session, vault, county.cadre, 1, now=any_store.clock.now())
    assert isinstance(found, Seen)
    assert isinstance(found.say, MyYouths)
    assert (found.say.count, found.logged) == (0, ())


async def test_pages_of_youths_are_logged_for_who_is_on_them(any_store: Store, county: County) -> None:
    for number in range(PAGE):
        await make_youth(any_store, county.org, f"青年{number:02}", f"4{number:04}", cadre=county.cadre)
    now = any_store.clock.now()
    async with any_store.read() as session:
        pages = [await my_youths(session, any_store.vault, county.cadre, page, now=now) for page in (1, 2)]
        for page in (0, 3):
            with pytest.raises(NoSuchPage):
                await my_youths(session, any_store.vault, county.cadre, page, now=now)
    assert [len(page.logged) for page in pages] == [PAGE, 1]
    assert len({entry.subject_id for page in pages for entry in page.logged}) == PAGE + 1
    assert {page.say.count for page in pages if isinstance(page.say, MyYouths)} == {PAGE + 1}


async def test_who_looks_after_a_group_and_who_of_them_is_in_office(any_store: Store, county: County) -> None:
    cadre, now = county.cadre.person_id or 0, any_store.clock.now()
    async with any_store.read() as session:
        assert await hosts_of(session, county.chat.id) == [cadre]
        assert await is_host(session, county.chat.id, cadre)
        assert not await is_host(session, county.chat.id, county.admin.person_id or 0)
        assert await cadres_in_office(session, county.chat, now=now) == {cadre}
        assert await linked_chats(session) == {(CHANNEL, BOT, "888"): county.chat.id}
    async with any_store.unit() as unit:
        await unit.session.execute(update(RoleGrant).values(until=unit.now))
    async with any_store.read() as session:
        assert await cadres_in_office(session, county.chat, now=now) == frozenset()


async def test_the_nearest_in_office_is_found_upwards_and_the_top_is_the_highest(
    any_store: Store, county: County
) -> None:
    now, role = any_store.clock.now(), Role.ORGAN_ADMIN
    async with any_store.read() as session:
        assert await holders_at(session, county.org.id, role, now=now) == (county.admin.person_id,)
        near = await nearest_holders(session, county.org.id, role, now=now)
        above = await nearest_holders(
            session, county.org.id, role, now=now, but=frozenset((county.admin.person_id or 0,))
        )
        assert await nearest_holders(session, county.org.id, Role.DUTY_OFFICER, now=now) is None
        assert await nearest_holders(session, None, role, now=now) is None
        assert await top_holders(session, role, now=now) == [county.city_admin.person_id]
        assert await parent_of(session, county.org.id) == county.city.id
        assert (await org_name(session, county.org.id), await org_name(session, None)) == (county.org.name, "")
    assert near is not None
    assert above is not None
    assert (near.org_id, above.org_id) == (county.org.id, county.city.id)


async def test_consent_holds_for_its_person_scope_and_group(any_store: Store, county: County) -> None:
    youth, chat = county.youth.person_id or 0, county.chat.id
    other = await make_youth(any_store, county.org, "阿凯", "20002", cadre=county.cadre, chat=county.chat)
    await make_consent(any_store, county.youth, ConsentScope.ORIGINAL_MESSAGES, county.chat)
    await make_talk(any_store, county.chat, county.cadre, (county.youth, SAID), notes="夜班")
    now = any_store.clock.now()
    async with any_store.read() as session:
        assert await has_consent(session, youth, ConsentScope.ORIGINAL_MESSAGES, chat)
        assert not await has_consent(session, youth, ConsentScope.ORIGINAL_MESSAGES, chat + 1)
        assert not await has_consent(session, youth, ConsentScope.TALK_NOTES)
        assert not await has_consent(session, other.person_id or 0, ConsentScope.ORIGINAL_MESSAGES, chat)
        assert await active_consents(session, other.person_id or 0) == []
        assert not await may_ask_scope(session, youth, ConsentScope.ORIGINAL_MESSAGES, chat, now)
        assert await may_ask_scope(session, other.person_id or 0, ConsentScope.ORIGINAL_MESSAGES, chat, now)
        kept = [one for feature in features() for one in feature.stored]
        stored = {one.scope: await one.count(session, youth, None) for one in kept}
        elsewhere = {one.scope: await one.count(session, youth, chat + 1) for one in kept}
        mine = await my_consents(session, any_store.vault, county.youth)
    assert isinstance(mine, MyConsents)
    assert [line.scope for line in mine.scopes if line.since] == [ConsentScope.ORIGINAL_MESSAGES]
    assert stored == {ConsentScope.ORIGINAL_MESSAGES: 1, ConsentScope.TALK_NOTES: 1}
    assert elsewhere[ConsentScope.ORIGINAL_MESSAGES] == 0


@pytest.mark.rule("P22")
async def test_who_said_no_reminders_is_not_written_to(any_store: Store, county: County) -> None:
    other = await make_youth(any_store, county.org, "阿凯", "20002")
    ids = [other.person_id or 0, county.youth.person_id or 0]
    now = any_store.clock.now() + timedelta(days=1)
    async with any_store.read() as session:
        assert await may_be_written_to(session, ids, now) == ids
        assert await may_be_written_to(session, [], now) == []
    async with any_store.unit() as unit:
        await unit.session.execute(update(Person).where(Person.id == ids[0]).values(reminders_off=True))
    async with any_store.read() as session:
        assert await may_be_written_to(session, ids, now) == ids[1:]


async def test_a_written_request_finds_whom_it_names(any_store: Store, county: County) -> None:
    async with any_store.read() as session:
        (mine,) = await by_account(session, any_store.vault, CHANNEL, "20001")
        (named,) = await by_name(session, any_store.vault, county.city.code, " 小赵 ")
    assert (mine.person_id, named.person_id, mine.is_youth) == (county.youth.person_id,) * 2 + (True,)
