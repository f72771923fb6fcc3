"""Opening and closing talks on both databases: races, changes between, gaps, contacts."""

import asyncio
from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from bot.chat.text import consent_texts, sensitive_words
from bot.clock import ManualClock
from bot.core.acts.consent import withdraw
from bot.core.acts.prompt import close_question
from bot.core.events import LinkEnding
from bot.core.feature import Look
from bot.core.reads.people import account_index
from bot.core.reads.questions import open_question
from bot.core.rules.consent import ConsentScope
from bot.core.rules.people import Actor, AgeBand
from bot.features.talk.acts.co_sign import answer_co_sign
from bot.features.talk.acts.stop import (
    ChatNotLinked,
    NotHost,
    TalkAlreadyOpen,
    abandon_talk,
    close_idle,
    end_talk,
    link_ending,
    open_talk,
    recall_message,
    repeat_notice,
    tell_not_stored,
)
from bot.features.talk.acts.view import view_talk
from bot.features.talk.reads.talk import message_index, open_watches, talks_due, watch_of
from bot.features.talk.rules.talk import IDLE_AFTER, NOTICE_EVERY, CloseReason, NotesFate, NotStored
from bot.features.talk.tables import Gap, Talk, TalkMessage, TalkPart
from bot.store.base import new_id
from bot.store.chat import Chat, ChatHost, Contact
from bot.store.delivery import DataKey, OutboxMessage, Prompt
from bot.store.people import OrgUnit, Person
from bot.store.store import Store
from tests.people_built import make_cadre, make_chat, make_consent, make_org, make_person, make_youth
from tests.reading import logged

ADDRESS = ("qq", "30003", "888")


@pytest_asyncio.fixture
async def org(any_store: Store) -> OrgUnit:
    return await make_org(any_store)


@pytest_asyncio.fixture
async def cadre(any_store: Store, org: OrgUnit) -> Actor:
    return await make_cadre(any_store, org)


@pytest_asyncio.fixture
async def chat(any_store: Store, org: OrgUnit, cadre: Actor) -> Chat:
    return await make_chat(any_store, org, cadre)


@pytest_asyncio.fixture
async def zhao(any_store: Store, org: OrgUnit, cadre: Actor, chat: Chat) -> Actor:
    youth = await make_youth(any_store, org, "小赵", "20001", cadre=cadre, chat=chat, last_contact=timedelta(days=20))
    await make_consent(any_store, youth, ConsentScope.ORIGINAL_MESSAGES, chat)
    return youth


async def opened(store: Store, actor: Actor, chat: Chat) -> Talk:
    async with store.unit() as unit:
        row = await unit.session.get_one(Chat, chat.id)
        said = await open_talk(unit, actor, row, None, consent_texts())
    async with store.read() as session:
        return (await session.execute(select(Talk).where(Talk.ref == said.ref))).scalar_one()


async def said(store: Store, talk: Talk, person: Actor, words: str, message_id: str = "1") -> None:
    async with store.unit() as unit:
        row_id = new_id()
        who = await unit.session.get_one(Person, person.person_id)
        unit.session.add(
            TalkMessage(
                id=row_id,
                talk_id=talk.id,
                person_id=who.id,
                native_index=message_index(unit.vault, ADDRESS, message_id),
                sent_at=unit.now,
                arrived_at=unit.now,
                body=await unit.seal(who.key_id, f"talk_messages:{row_id}:body", words),
            )
        )


async def ended(store: Store, actor: Actor, chat: Chat, notes: str = "聊了夜班"):
    async with store.unit() as unit:
        row = await unit.session.get_one(Chat, chat.id)
        return await end_talk(unit, actor, row, notes, sensitive_words())


async def fresh(store: Store, talk: Talk) -> Talk:
    async with store.read() as session:
        return await session.get_one(Talk, talk.id)


async def count(store: Store, table, *where) -> int:
    async with store.read() as session:
        return (await session.execute(select(func.count()).select_from(table).where(*where))).scalar_one()


IN_GROUP = (OutboxMessage.conv_kind == "group", OutboxMessage.state != "cancelled")
"""Said in the group, or still to be said there."""


# --- opening ---------------------------------------------------------------------------------------------------------


async def test_of_two_who_open_in_the_same_moment_one_hears_that_it_is_open(any_store, org, cadre, chat):
    host = await make_cadre(any_store, org, "周敏", "10002")
    both = await make_chat(any_store, org, cadre, "889", host)
    results = await asyncio.gather(
        opened(any_store, cadre, both), opened(any_store, host, both), return_exceptions=True
    )
    assert sum(isinstance(r, Talk) for r in results) == 1
    refused = next(r for r in results if isinstance(r, TalkAlreadyOpen))
    assert refused.details["ref"] == next(r for r in results if isinstance(r, Talk)).ref
    assert await count(any_store, Talk) == 1


async def test_a_cadre_of_the_same_organisation_who_is_no_host_is_refused(any_store, org, chat):
    other = await make_cadre(any_store, org, "周敏", "10002")
    with pytest.raises(NotHost):
        await opened(any_store, other, chat)


async def test_a_host_whose_role_was_taken_back_is_refused(any_store, cadre, chat):
    with pytest.raises(NotHost):
        await opened(any_store, Actor(cadre.person_id, cadre.account_id), chat)


async def test_a_group_unlinked_meanwhile_is_refused(any_store, cadre, chat):
    async with any_store.unit() as unit:
        (await unit.session.get_one(Chat, chat.id)).state = "unlinked"
    with pytest.raises(ChatNotLinked):
        await opened(any_store, cadre, chat)


async def test_an_idle_talk_does_not_stand_in_the_way(any_store, clock: ManualClock, cadre, chat):
    first = await opened(any_store, cadre, chat)
    clock.advance(IDLE_AFTER)
    second = await opened(any_store, cadre, chat)
    assert (await fresh(any_store, first)).state == "closed"
    assert (await fresh(any_store, second)).state == "open"


async def test_everybody_undecided_is_asked_and_nobody_else(any_store, org, cadre, chat, zhao):
    kai = await make_youth(any_store, org, "阿凯", "20002", cadre=cadre, chat=chat)
    await opened(any_store, cadre, chat)
    async with any_store.read() as session:
        assert list((await session.execute(select(Prompt.person_id))).scalars()) == [kai.person_id]


# --- who may be recorded ---------------------------------------------------------------------------------------------


async def watch(store: Store):
    async with store.read() as session:
        return await watch_of(session, store.vault, *ADDRESS, now=store.clock.now())


async def names(store: Store) -> set[str]:
    found = await watch(store)
    return {s.name for s in found.speakers.values()} if found else set()


async def test_no_talk_no_watch(any_store, chat, zhao):
    assert await watch(any_store) is None


async def test_the_hosts_and_those_who_agreed_for_this_group_speak(any_store, org, cadre, chat, zhao):
    elsewhere = await make_chat(any_store, org, cadre, "889")
    kai = await make_youth(any_store, org, "阿凯", "20002", cadre=cadre, chat=chat)
    await make_consent(any_store, kai, ConsentScope.ORIGINAL_MESSAGES, elsewhere)
    await opened(any_store, cadre, chat)
    assert await names(any_store) == {"林晓舟", "小赵"}
    found = await watch(any_store)
    assert found is not None
    speaker = found.speaker(any_store.vault, "20001")
    assert speaker is not None
    assert speaker.person_id == zhao.person_id
    assert not speaker.sensitive_ok
    assert found.speaker(any_store.vault, "20002") is None
    assert account_index(any_store.vault, "qq", "", "20001") in found.speakers


@pytest.mark.rule("P10")
async def test_an_age_band_below_14_or_unknown_does_not_speak(any_store, org, cadre, chat, zhao):
    await opened(any_store, cadre, chat)
    for band in (AgeBand.UNDER_14.value, None):
        async with any_store.unit() as unit:
            (await unit.session.get_one(Person, zhao.person_id)).age_band = band
        assert await names(any_store) == {"林晓舟"}


async def test_withdrawal_the_end_of_the_contact_and_dismissal_silence(any_store, cadre, chat, zhao):
    await opened(any_store, cadre, chat)
    async with any_store.unit() as unit:
        (await unit.session.execute(select(Contact))).scalar_one().ended_at = unit.now
    assert await names(any_store) == {"林晓舟"}
    async with any_store.unit() as unit:
        (await unit.session.execute(select(Contact))).scalar_one().ended_at = None
        await withdraw(unit, zhao.person_id, ConsentScope.ORIGINAL_MESSAGES, chat.id)
    assert await names(any_store) == {"林晓舟"}


async def test_a_group_that_is_no_longer_linked_has_no_watch(any_store, cadre, chat):
    await opened(any_store, cadre, chat)
    async with any_store.read() as session:
        assert len(await open_watches(session, any_store.vault, now=any_store.clock.now())) == 1
    async with any_store.unit() as unit:
        (await unit.session.get_one(Chat, chat.id)).state = "unlinked"
    assert await watch(any_store) is None


# --- closing ---------------------------------------------------------------------------------------------------------


async def test_closing_tells_numbers_gaps_and_moves_the_contact(any_store, clock, cadre, chat, zhao):
    talk = await opened(any_store, cadre, chat)
    await said(any_store, talk, cadre, "最近怎么样", "1")
    await said(any_store, talk, zhao, "夜班有点累", "2")
    async with any_store.unit() as unit:
        unit.session.add(Gap(talk_id=talk.id, why="sequence", from_at=unit.now, to_at=unit.now, missing=3, recovered=1))
        unit.session.add(Gap(talk_id=talk.id, why="sequence", from_at=unit.now, to_at=unit.now, missing=2, recovered=2))
    now = clock.advance(timedelta(minutes=5))
    closed = await ended(any_store, cadre, chat)
    assert (closed.stored, closed.asked, closed.notes) == (2, 1, NotesFate.HELD)
    assert [gap.missing for gap in closed.gaps] == [2]
    assert await count(any_store, Gap, Gap.told_at.is_(None)) == 0
    async with any_store.read() as session:
        assert (await session.execute(select(Contact.last_contact_at))).scalar_one() == now
        roles = {p.person_id: p.role for p in (await session.execute(select(TalkPart))).scalars()}
    assert roles == {cadre.person_id: "cadre", zhao.person_id: "youth"}


async def test_notes_are_kept_at_once_when_every_youth_agreed_to_notes(any_store, cadre, chat, zhao):
    await make_consent(any_store, zhao, ConsentScope.TALK_NOTES)
    talk = await opened(any_store, cadre, chat)
    await said(any_store, talk, zhao, "夜班有点累")
    assert (await ended(any_store, cadre, chat)).notes is NotesFate.KEPT


@pytest.mark.parametrize(
    ("notes", "fate"),
    [
        ("【机密】会议", NotesFate.SECRECY),
        ("她电话 13812345678", NotesFate.PRIVATE),
        ("说得了抑郁症在吃药", NotesFate.SENSITIVE),
    ],
)
async def test_notes_that_may_not_be_kept_do_not_keep_the_talk_open(any_store, cadre, chat, zhao, notes, fate):
    await make_consent(any_store, zhao, ConsentScope.TALK_NOTES)
    talk = await opened(any_store, cadre, chat)
    await said(any_store, talk, zhao, "夜班有点累")
    assert (await ended(any_store, cadre, chat, notes)).notes is fate
    row = await fresh(any_store, talk)
    assert (row.state, row.notes, row.notes_state) == ("closed", None, "none")


async def test_with_nobody_who_agreed_there_is_nobody_to_say_yes_to_notes(any_store, cadre, chat):
    talk = await opened(any_store, cadre, chat)
    await said(any_store, talk, cadre, "最近怎么样")
    assert (await ended(any_store, cadre, chat)).notes is NotesFate.NOBODY
    assert (await fresh(any_store, talk)).notes is None


async def test_who_cannot_be_asked_any_more_counts_as_silent_and_the_notes_go(any_store, cadre, chat, zhao):
    talk = await opened(any_store, cadre, chat)
    await said(any_store, talk, zhao, "夜班有点累")
    async with any_store.unit() as unit:
        (await unit.session.get_one(Person, zhao.person_id)).state = "left"
    closed = await ended(any_store, cadre, chat)
    assert closed.asked == 0
    assert (await fresh(any_store, talk)).notes is None
    assert await count(any_store, TalkPart, TalkPart.co_sign == "silent") == 1


async def test_unlinking_closes_and_tells_the_group(any_store, cadre, chat, zhao):
    talk = await opened(any_store, cadre, chat)
    await said(any_store, talk, zhao, "夜班有点累")
    async with any_store.unit() as unit:
        closed = await link_ending(unit, LinkEnding(await unit.session.get_one(Chat, chat.id), cadre))
        assert await link_ending(unit, LinkEnding(await unit.session.get_one(Chat, chat.id), cadre)) is None
    assert closed is not None
    assert closed.why is CloseReason.UNLINKED
    assert (await fresh(any_store, talk)).state == "closed"
    assert (
        await count(any_store, OutboxMessage, OutboxMessage.conv_kind == "group", OutboxMessage.state != "cancelled")
        == 1
    )


async def test_a_lost_group_is_not_written_to(any_store, cadre, chat, zhao):
    await opened(any_store, cadre, chat)
    async with any_store.unit() as unit:
        await link_ending(unit, LinkEnding(await unit.session.get_one(Chat, chat.id), lost=True))
    assert (
        await count(any_store, OutboxMessage, OutboxMessage.conv_kind == "group", OutboxMessage.state != "cancelled")
        == 0
    )
    assert await count(any_store, OutboxMessage, OutboxMessage.person_id == cadre.person_id) == 1


async def test_two_ticks_in_the_same_moment_announce_and_close_once(any_store, clock, cadre, chat):
    talk = await opened(any_store, cadre, chat)
    now = clock.advance(NOTICE_EVERY)
    async with any_store.unit() as unit:
        (await unit.session.get_one(Talk, talk.id)).last_activity_at = now
    async with any_store.read() as session:
        assert await talks_due(session, Look(now)) == [talk.id]

    async def notice() -> bool:
        async with any_store.unit() as unit:
            return await repeat_notice(unit, talk.id)

    async def close() -> object:
        async with any_store.unit() as unit:
            return await close_idle(unit, talk.id)

    assert sorted(await asyncio.gather(notice(), notice())) == [False, True]
    assert await close() is None
    clock.advance(IDLE_AFTER)
    assert sum(c is not None for c in await asyncio.gather(close(), close())) == 1


async def test_an_abandoned_talk_takes_its_key_with_it(any_store, cadre, chat, zhao):
    talk = await opened(any_store, cadre, chat)
    await said(any_store, talk, zhao, "夜班有点累")
    async with any_store.unit() as unit:
        await abandon_talk(unit, cadre, await unit.session.get_one(Chat, chat.id))
    assert await count(any_store, DataKey, DataKey.id == talk.key_id) == 0
    assert await count(any_store, TalkMessage) == 0


async def test_a_recall_takes_only_that_message_of_that_group(any_store, cadre, chat, zhao):
    talk = await opened(any_store, cadre, chat)
    await said(any_store, talk, zhao, "一", "1")
    await said(any_store, talk, zhao, "二", "2")
    async with any_store.unit() as unit:
        assert not await recall_message(unit, ("qq", "30003", "889"), "1")
        assert await recall_message(unit, ADDRESS, "1")
        assert not await recall_message(unit, ADDRESS, "1")
    assert await count(any_store, TalkMessage) == 1


async def test_what_was_not_stored_is_told_once_a_talk_and_reason(any_store, cadre, chat, zhao):
    await opened(any_store, cadre, chat)
    found = await watch(any_store)
    assert found is not None
    speaker = found.speaker(any_store.vault, "20001")
    assert speaker is not None
    told = []
    for reason in (NotStored.SENSITIVE, NotStored.SENSITIVE, NotStored.SECRECY):
        async with any_store.unit() as unit:
            told.append(await tell_not_stored(unit, found, speaker, reason))
    assert told == [True, False, True]


async def test_a_youth_of_another_group_who_hosts_nothing_is_not_asked_to_co_sign(any_store, org, cadre, chat):
    """A co-host who stopped being one in the middle of the talk took part as a cadre, not as a youth."""
    host = await make_person(any_store, org, "周敏", number="10002")
    talk = await opened(any_store, cadre, chat)
    await said(any_store, talk, host, "我也来说一句")
    assert (await ended(any_store, cadre, chat)).asked == 0
    assert await count(any_store, TalkPart, TalkPart.role == "cadre") == 2


async def test_a_question_that_answers_at_once_waits_for_no_morning(any_store, cadre, chat, zhao):
    """S1.7: what answers somebody's own words goes out in quiet hours too; the question to co-sign waits."""
    talk = await opened(any_store, cadre, chat)
    await said(any_store, talk, zhao, "夜班有点累")
    await ended(any_store, cadre, chat)
    async with any_store.unit() as unit:
        account = await unit.account_of(zhao.person_id or 0)
        assert account is not None
        question = await open_question(unit.session, unit.vault, account.id, now=unit.now)
        assert question is not None
        assert await close_question(unit, question)
        await answer_co_sign(unit, zhao, question, "amend")
    async with any_store.read() as session:
        rows = await session.execute(
            select(OutboxMessage.kind).where(OutboxMessage.person_id == zhao.person_id).order_by(OutboxMessage.position)
        )
        assert list(rows.scalars()) == ["prompt", "reply"]


async def test_waiting_notes_are_seen_by_their_writer_only(any_store, org, cadre, zhao, chat):
    host = await make_cadre(any_store, org, "周敏", "10002")
    async with any_store.unit() as unit:
        unit.session.add(ChatHost(chat_id=chat.id, person_id=host.person_id, since=unit.now))
    talk = await opened(any_store, cadre, chat)
    await said(any_store, talk, zhao, "夜班有点累", "1")
    await said(any_store, talk, host, "我也听听", "2")
    await ended(any_store, cadre, chat)
    async with any_store.unit() as unit:
        mine = await logged(unit, cadre, view_talk(unit.session, unit.vault, cadre, talk.ref))
        other = await logged(unit, host, view_talk(unit.session, unit.vault, host, talk.ref))
    assert (mine.notes, mine.notes_waiting) == ("聊了夜班", True)
    assert (other.notes, other.notes_waiting) == ("", False)
    assert len(other.lines) == 2
