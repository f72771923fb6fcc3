"""Nothing is agreed to unseen, nothing is kept after an end, and nobody becomes somebody else by leaving (P1, P2)."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.channels.pacing import Pacer, Quotas
from bot.channels.port import Delivery, Outcome
from bot.chat.text import consent_texts
from bot.core.acts.consent import ask_scope
from bot.core.reads.consent import has_consent
from bot.core.rules.consent import ConsentScope
from bot.core.rules.people import Actor, AgeBand
from bot.features.talk.acts.stop import close_idle
from bot.features.talk.rules.talk import NotesState, SpeakerRole, TalkState
from bot.features.talk.tables import Talk, TalkMessage, TalkPart
from bot.store.chat import Chat
from bot.store.delivery import OutboxMessage, Prompt
from bot.store.store import Store
from tests.harness import Talkers
from tests.people_built import make_cadre, make_chat, make_consent, make_org, make_youth
from tests.said import Said

CADRE, ZHAO, KAI, GROUP = "10001", "20001", "20002", "888"
ORIGINAL = ConsentScope.ORIGINAL_MESSAGES


class Town:
    """One linked group with 小赵 (of age) and 阿凯 (16), neither of whom has agreed to anything."""

    def __init__(self, talk: Talkers, chat: Chat, cadre: Actor, zhao: Actor, kai: Actor) -> None:
        self.talk, self.store, self.chat, self.cadre, self.zhao, self.kai = talk, talk.store, chat, cadre, zhao, kai

    async def agreed(self, who: Actor, scope: ConsentScope = ORIGINAL) -> bool:
        chat_id = self.chat.id if scope is ORIGINAL else None
        async with self.store.read() as session:
            return await has_consent(session, who.person_id or 0, scope, chat_id)

    async def agree(self, who: Actor, *scopes: ConsentScope) -> None:
        for scope in scopes:
            await make_consent(self.store, who, scope, self.chat if scope is ORIGINAL else None)

    async def ask(self, who: Actor, scope: ConsentScope = ORIGINAL) -> None:
        async with self.store.unit() as unit:
            assert await ask_scope(unit, who.person_id or 0, scope, self.chat.id, consent_texts())

    async def one(self, table: type, *where: object):
        async with self.store.read() as session:
            return (await session.execute(select(table).where(*where))).scalar_one()  # type: ignore[arg-type]

    async def messages(self) -> int:
        async with self.store.read() as session:
            return len((await session.execute(select(TalkMessage.id))).all())


@pytest.fixture
async def town(any_store: Store) -> Town:
    org = await make_org(any_store)
    cadre = await make_cadre(any_store, org)
    chat = await make_chat(any_store, org, cadre)
    zhao = await make_youth(any_store, org, "小赵", ZHAO, cadre=cadre, chat=chat)
    kai = await make_youth(any_store, org, "阿凯", KAI, cadre=cadre, chat=chat, age_band=AgeBand.MINOR)
    return Town(await Talkers.open(any_store), chat, cadre, zhao, kai)


# --- unseen questions ------------------------------------------------------------------------------------------------


@pytest.mark.rule("P1")
async def test_a_question_that_waits_for_the_morning_cannot_be_answered_unseen(town: Town) -> None:
    """A cadre opens a talk at 23:00; the question is held back, and the youth types a 1 for another reason."""
    town.talk.sender._pacer = Pacer(Quotas.load())
    town.talk.advance(timedelta(hours=13))
    await town.ask(town.zhao)
    await town.talk.sender.pump()
    assert town.talk.shown(ZHAO) == []
    said = await town.talk.says(ZHAO, "1")
    assert not await town.agreed(town.zhao)
    assert consent_texts().of(ORIGINAL).text.strip()[:20] in "\n".join(said)  # they are awake: now it is put
    await town.talk.says(ZHAO, "1")
    assert await town.agreed(town.zhao)


async def test_the_bare_yes_agrees_to_nothing_unseen(town: Town) -> None:
    town.talk.sender._pacer = Pacer(Quotas.load())
    town.talk.advance(timedelta(hours=13))
    await town.ask(town.zhao)
    await town.talk.says(ZHAO, "同意")
    assert not await town.agreed(town.zhao)


async def test_a_double_tap_does_not_answer_the_next_question_too(town: Town) -> None:
    """A minor's second, simple question must be read, not hit by the same thumb."""
    await town.ask(town.kai)
    await town.talk.sender.pump()
    gate, talk = town.talk.gate, town.talk
    works = [gate.arrive(talk.incoming(KAI, "1")) for _ in range(2)]
    await asyncio.gather(*(work for work in works if work is not None))
    await talk.sender.pump()
    assert not await town.agreed(town.kai)
    assert len(talk.shown(KAI)) == 2
    await talk.says(KAI, "1")
    assert await town.agreed(town.kai)


async def test_a_question_that_could_not_be_delivered_is_put_again_when_they_write(town: Town) -> None:
    town.talk.channel.outcomes[ZHAO] = [Delivery(Outcome.FAILED, error="not friends")]
    await town.ask(town.zhao)
    await town.talk.sender.pump()
    said = await town.talk.says(ZHAO, "1")
    assert said
    assert not await town.agreed(town.zhao)


async def test_a_question_that_may_have_arrived_can_be_answered(town: Town) -> None:
    town.talk.channel.outcomes[ZHAO] = [Delivery(Outcome.UNKNOWN, error="timeout")]
    await town.ask(town.zhao)
    await town.talk.sender.pump()
    await town.talk.says(ZHAO, "1")
    assert await town.agreed(town.zhao)


# --- questions that are over -----------------------------------------------------------------------------------------


async def test_a_question_that_was_taken_back_is_not_put_in_the_morning(town: Town) -> None:
    town.talk.sender._pacer = Pacer(Quotas.load())
    town.talk.advance(timedelta(hours=13))
    await town.ask(town.zhao)
    await town.talk.sender.pump()
    await town.talk.says(ZHAO, "撤回 原话")
    before = len(town.talk.shown(ZHAO))
    town.talk.advance(timedelta(hours=10))
    await town.talk.sender.pump()
    assert town.talk.shown(ZHAO)[before:] == []
    row = await town.one(OutboxMessage, OutboxMessage.idem_key.startswith("prompt:"))
    assert (row.state, row.payload) == ("cancelled", None)


async def test_notes_that_were_taken_out_are_not_shown_to_the_next_youth(town: Town) -> None:
    """阿凯 has not looked yet; 小赵 deletes their part, and with it go the 要点 that nobody may read any more."""
    talk = town.talk
    for who in (town.zhao, town.kai):
        await town.agree(who, ORIGINAL)
    await talk.says(CADRE, "/谈心 开始", group=GROUP)
    await talk.says(ZHAO, "我的话", group=GROUP)
    await talk.says(KAI, "他的话", group=GROUP)
    await town.ask(town.kai, ConsentScope.NAMED_USE)  # stands before the question to co-sign
    await talk.says(CADRE, "/谈心 结束 小赵想换班次", group=GROUP)
    assert talk.last(ZHAO) == Said("talk/cosign", notes="小赵想换班次")
    await talk.says(ZHAO, "3")
    held = await town.one(Talk)
    assert (held.notes, held.notes_state) == (None, NotesState.NONE)
    await talk.says(KAI, "2")
    assert talk.last(KAI) == Said("talk/cosign")
    assert not any("换班次" in text for text in talk.shown(KAI))
    await talk.says(KAI, "1")
    assert (await town.one(TalkPart, TalkPart.person_id == town.kai.person_id)).co_sign == "agreed"


# --- who is who ------------------------------------------------------------------------------------------------------


async def test_a_youth_who_left_the_group_during_the_talk_is_still_a_youth_of_it(town: Town) -> None:
    talk = town.talk
    await town.agree(town.zhao, ORIGINAL)
    await talk.says(CADRE, "/谈心 开始", group=GROUP)
    await talk.says(ZHAO, "我先走了", group=GROUP)
    await talk.leaves(ZHAO, group=GROUP)
    await talk.says(CADRE, "/谈心 结束 小赵想换班次", group=GROUP)
    part = await town.one(TalkPart, TalkPart.person_id == town.zhao.person_id)
    assert part.role == SpeakerRole.YOUTH
    assert (await town.one(Talk)).notes_state == NotesState.HELD  # they have not agreed to 要点
    assert talk.last(ZHAO) == Said("talk/cosign", notes="小赵想换班次")


# --- what is on its way while something ends -------------------------------------------------------------------------


async def test_words_on_their_way_while_the_talk_closes_by_itself_are_not_kept(town: Town) -> None:
    talk = town.talk
    await town.agree(town.zhao, ORIGINAL)
    await talk.says(CADRE, "/谈心 开始", group=GROUP)
    opened = await town.one(Talk)
    talk.advance(timedelta(hours=2))
    async with town.store.unit() as unit:
        await unit.session.execute(select(Talk).with_for_update())
        work = talk.gate.arrive(talk.incoming(ZHAO, "还在吗", group=GROUP))
        assert work is not None
        recording = asyncio.ensure_future(work)
        await asyncio.sleep(0.05)  # it waits for the writer (SQLite), or for the talk's row (PostgreSQL)
        assert await close_idle(unit, opened.id) is not None
        await asyncio.sleep(0.05)
    await recording
    assert (await town.one(Talk)).state == TalkState.CLOSED
    assert await town.messages() == 0


@pytest.mark.rule("P1")
async def test_words_are_not_kept_when_the_consent_ended_in_another_process(town: Town) -> None:
    """On PostgreSQL the command line may erase or withdraw while the bot runs; nobody tells its recorder."""
    talk = town.talk
    await town.agree(town.zhao, ORIGINAL)
    await talk.says(CADRE, "/谈心 开始", group=GROUP)
    await talk.says(ZHAO, "之前", group=GROUP)
    from bot.core.tables import Consent

    async with town.store.unit() as unit:
        for consent in (await unit.session.execute(select(Consent))).scalars():
            consent.withdrawn_at = unit.now
    await talk.says(ZHAO, "之后", group=GROUP)
    await talk.says(CADRE, "我的话照记", group=GROUP)
    assert await town.messages() == 2
    await talk.recorder.flush()
    assert (await town.one(Talk)).not_stored == 1


# --- two who ask one person ------------------------------------------------------------------------------------------


async def test_two_questions_to_one_account_at_once_are_put_one_after_the_other(town: Town) -> None:
    async def ask(scope: ConsentScope) -> None:
        from bot.core.acts.consent import QUESTION, put_scope_question

        async with town.store.unit() as unit:
            text = consent_texts().of(scope)
            await put_scope_question(unit, town.zhao.person_id or 0, scope, town.chat.id, text, QUESTION)
            await asyncio.sleep(0.05)

    await asyncio.gather(*(ask(scope) for scope in (ORIGINAL, ConsentScope.NAMED_USE, ConsentScope.SENSITIVE)))
    async with town.store.read() as session:
        states = (await session.execute(select(Prompt.state))).scalars().all()
    assert sorted(states) == ["open", "queued", "queued"]
