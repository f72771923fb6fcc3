"""What a yes is worth: the words that were shown, the person who said it, and the receipt that they get."""

from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import select

from bot.chat.text import consent_texts
from bot.core.acts.consent import ask_scope
from bot.core.rules.consent import ConsentScope, ConsentTexts
from bot.core.rules.people import Actor, AgeBand
from bot.core.tables import Consent, Receipt
from bot.store.chat import Chat
from bot.store.delivery import AuditEntry
from bot.store.people import OrgUnit
from bot.store.store import Store
from tests.harness import Talkers
from tests.people_built import make_cadre, make_chat, make_consent, make_org, make_youth
from tests.said import Said

GROUP = "888"
NOTES = ConsentScope.TALK_NOTES
WORDS = ConsentScope.ORIGINAL_MESSAGES


def older_texts() -> ConsentTexts:
    """As they were before somebody changed the words."""
    known = consent_texts()
    return ConsentTexts({**known.by_scope, NOTES: replace(known.of(NOTES), text="从前的话", version="0")})


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


async def hashes(store: Store) -> list[str]:
    async with store.read() as session:
        return list((await session.execute(select(Consent.text_hash).where(Consent.withdrawn_at.is_(None)))).scalars())


async def asked_with_older_words(store: Store, talk: Talkers, youth: Actor) -> None:
    async with store.unit() as unit:
        assert await ask_scope(unit, youth.person_id or 0, NOTES, None, older_texts())
    await talk.sender.pump()


@pytest.mark.rule("P8")
async def test_a_yes_to_words_that_have_changed_is_asked_for_anew(talk: Talkers, store: Store, youth: Actor) -> None:
    await asked_with_older_words(store, talk, youth)
    assert (await talk.says("20001", "1"))[0] == Said("consent/asked", scope="talk_notes", text=_now())
    assert await hashes(store) == []
    assert (await talk.says("20001", "1"))[0] == Said("consent/given")
    assert await hashes(store) == [consent_texts().of(NOTES).hash]


@pytest.mark.rule("P10a")
async def test_somebody_under_18_who_saw_older_words_still_says_yes_twice_to_the_new(
    talk: Talkers, store: Store, org: OrgUnit, cadre: Actor, chat: Chat
) -> None:
    young = await make_youth(store, org, "小雨", "20002", cadre=cadre, chat=chat, age_band=AgeBand.MINOR)
    await asked_with_older_words(store, talk, young)
    assert (await talk.says("20002", "1"))[0] == Said("consent/asked", text=_now())
    assert (await talk.says("20002", "1"))[0] == Said("consent/second", text=_now())
    assert await hashes(store) == []
    await talk.says("20002", "1")
    assert await hashes(store) == [consent_texts().of(NOTES).hash]


@pytest.mark.rule("P8")
async def test_with_a_yes_to_older_words_the_new_words_can_be_agreed_to(
    talk: Talkers, store: Store, youth: Actor
) -> None:
    await make_consent(store, youth, NOTES)
    async with store.unit() as unit:
        (await unit.session.execute(select(Consent))).scalar_one().text_hash = older_texts().of(NOTES).hash
    assert (await talk.says("20001", "同意 要点"))[0] == Said("consent/given")
    assert await hashes(store) == [consent_texts().of(NOTES).hash]


def _now() -> str:
    return consent_texts().of(NOTES).text


async def test_the_log_names_who_said_yes_and_who_took_it_back(talk: Talkers, store: Store, youth: Actor) -> None:
    await talk.says("20001", "同意 要点")
    await talk.says("20001", "撤回 要点")
    async with store.read() as session:
        rows = (await session.execute(select(AuditEntry).where(AuditEntry.subject_id == youth.person_id))).scalars()
        said = [(row.action, row.actor_id) for row in rows if row.action.startswith("consent.")]
    assert said == [("consent.given", youth.person_id), ("consent.withdrawn", youth.person_id)]


async def test_who_stops_in_a_group_gets_the_receipt_in_private(
    talk: Talkers, store: Store, youth: Actor, chat: Chat
) -> None:
    await make_consent(store, youth, WORDS, chat)
    await talk.says("20001", "/停止记录", group=GROUP)
    async with store.read() as session:
        number = (await session.execute(select(Receipt.number))).scalar_one()
    assert talk.last("20001") == Said("consent/withdrawn", scope="original_messages", receipt=number)
    assert number not in "".join(talk.shown(GROUP))


async def test_in_two_groups_with_a_yes_for_one_nothing_is_asked_before_it_ends(
    talk: Talkers, store: Store, org: OrgUnit, youth: Actor, chat: Chat
) -> None:
    await make_chat(store, org, await make_cadre(store, org, "何田", "10003"), "999")
    talk.advance(timedelta(minutes=1))
    await talk.says("20001", "/加入", group="999")
    await make_consent(store, youth, WORDS, chat)
    assert (await talk.says("20001", "撤回 原话"))[0] == Said("consent/withdrawn")
    assert await hashes(store) == []
