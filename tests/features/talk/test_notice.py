"""● 记录中 must be seen: what it gates waits for it, and pauses while it cannot be shown (P4)."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from bot.channels.port import Delivery, Outcome
from bot.core.rules.consent import ConsentScope
from bot.core.rules.message import Address, Notice, NoticeKind, OutSegment
from bot.features.talk.tables import Talk, TalkMessage
from bot.store.delivery import OutboxMessage, Prompt
from bot.store.store import Store
from tests.harness import BOT, Talkers
from tests.people_built import make_cadre, make_chat, make_consent, make_org, make_youth
from tests.said import Said
from tests.ticking import do_due

CADRE, ZHAO, GROUP = "10001", "20001", "888"
REFUSED, UNKNOWN = Delivery(Outcome.FAILED, error="muted"), Delivery(Outcome.UNKNOWN)


@pytest_asyncio.fixture
async def talk(any_store: Store) -> Talkers:
    """A group whose one youth agreed to 原话."""
    org = await make_org(any_store)
    cadre = await make_cadre(any_store, org, number=CADRE)
    chat = await make_chat(any_store, org, cadre)
    youth = await make_youth(any_store, org, "小赵", ZHAO, cadre=cadre, chat=chat)
    await make_consent(any_store, youth, ConsentScope.ORIGINAL_MESSAGES, chat)
    return await Talkers.open(any_store)


async def stored(talk: Talkers) -> int:
    async with talk.store.read() as session:
        return (await session.execute(select(func.count()).select_from(TalkMessage))).scalar_one()


async def not_stored(talk: Talkers) -> int:
    await talk.recorder.flush()
    async with talk.store.read() as session:
        return (await session.execute(select(Talk.not_stored))).scalar_one()


async def mute(talk: Talkers, kind: NoticeKind) -> None:
    at = int(talk.clock.now().timestamp())
    await talk._arrive(Notice(kind, "qq", BOT, GROUP, BOT, sent_at=at, fingerprint=f"{kind}{at}"))
    await talk.sender.pump()


async def later(talk: Talkers, by: timedelta) -> None:
    await do_due(talk.store, talk.clock.advance(by), "talk.look")
    await talk.sender.pump()


@pytest.mark.rule("P4")
async def test_what_is_said_before_the_notice_is_out_is_not_stored(talk: Talkers) -> None:
    talk.channel.outcomes[GROUP] = [UNKNOWN]
    await talk.says(CADRE, "/谈心 开始", group=GROUP)
    await talk.says(ZHAO, "还没看到", group=GROUP)
    assert (await stored(talk), await not_stored(talk)) == (0, 1)
    talk.advance(timedelta(seconds=31))
    await talk.sender.pump()
    assert Said("talk/opened") in talk.shown(GROUP)
    await talk.says(ZHAO, "看到了", group=GROUP)
    assert (await stored(talk), await not_stored(talk)) == (1, 1)


class Slow:
    """The platform shows what goes into the group at once, and says so later."""

    def __init__(self, talk: Talkers, monkeypatch: pytest.MonkeyPatch) -> None:
        self.shown, self.told = asyncio.Event(), asyncio.Event()
        deliver = talk.channel.deliver

        async def slowly(address: Address, segments: Sequence[OutSegment]) -> Delivery:
            delivery = await deliver(address, segments)
            if address.native_id == GROUP:
                self.shown.set()
                await self.told.wait()
            return delivery

        monkeypatch.setattr(talk.channel, "deliver", slowly)


@asynccontextmanager
async def opening(talk: Talkers, slow: Slow) -> AsyncIterator[None]:
    """A talk whose notice the group sees, of which the bot has not heard yet that it is out."""
    begun = asyncio.create_task(talk.says(CADRE, "/谈心 开始", group=GROUP))
    await slow.shown.wait()
    yield
    slow.told.set()
    await begun


@pytest.mark.parametrize("out", [True, False])
async def test_what_is_said_while_the_platform_still_says_that_the_notice_is_out_waits_for_it(
    talk: Talkers, monkeypatch: pytest.MonkeyPatch, out: bool
) -> None:
    monkeypatch.setattr("bot.channels.listening.OUTCOME_PATIENCE", 30.0 if out else 0.0)
    slow = Slow(talk, monkeypatch)
    async with opening(talk, slow):
        said = asyncio.create_task(talk._arrive(talk.incoming(ZHAO, "看到就说", group=GROUP)))
        if not out:
            await said
        else:
            for _ in range(50):
                await asyncio.sleep(0)
            assert not said.done()
    await said
    assert (await stored(talk), await not_stored(talk)) == ((1, 0) if out else (0, 1))


async def test_a_notice_that_turns_out_to_be_refused_stores_nothing_of_what_waited(
    talk: Talkers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.channels.listening.OUTCOME_PATIENCE", 30.0)
    talk.channel.outcomes[GROUP] = [REFUSED]
    slow = Slow(talk, monkeypatch)
    async with opening(talk, slow):
        said = asyncio.create_task(talk._arrive(talk.incoming(ZHAO, "没看到", group=GROUP)))
        await asyncio.sleep(0)
    await said
    assert (await stored(talk), await not_stored(talk)) == (0, 1)


async def test_nothing_waits_or_is_stored_before_the_notice_goes_to_the_platform(
    talk: Talkers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.channels.listening.OUTCOME_PATIENCE", 30.0)
    await talk._arrive(talk.incoming(CADRE, "/谈心 开始", group=GROUP))
    await talk._arrive(talk.incoming(ZHAO, "还没发出去", group=GROUP))
    await talk.sender.pump()
    assert (await stored(talk), await not_stored(talk)) == (0, 1)


async def test_that_the_notice_is_out_is_not_forgotten_when_something_else_changes_before_it_is_written(
    talk: Talkers, monkeypatch: pytest.MonkeyPatch
) -> None:
    write, written, held = talk.sender._outcomes.write, asyncio.Event(), asyncio.Event()

    async def late(*outcomes: object) -> None:
        written.set()
        await held.wait()
        await write(*outcomes)  # type: ignore[arg-type]

    monkeypatch.setattr(talk.sender._outcomes, "write", late)
    begun = asyncio.create_task(talk.says(CADRE, "/谈心 开始", group=GROUP))
    await written.wait()
    talk.store.signal("chat", ("qq", BOT, GROUP))  # somebody agreed, or left
    await talk._arrive(talk.incoming(ZHAO, "看到就说", group=GROUP))
    held.set()
    await begun
    assert (await stored(talk), await not_stored(talk)) == (1, 0)


@pytest.mark.rule("P4")
async def test_where_the_notice_cannot_be_shown_nothing_is_recorded_and_the_cadre_is_told_once(talk: Talkers) -> None:
    talk.channel.outcomes[GROUP] = [REFUSED] * 2
    await talk.says(CADRE, "/谈心 开始", group=GROUP)
    await talk.says(ZHAO, "禁言期间一句", group=GROUP)
    assert (await stored(talk), await not_stored(talk)) == (0, 1)
    assert talk.shown(CADRE) == [Said("talk/paused", why="refused")]
    await later(talk, timedelta(minutes=11))
    assert talk.channel.outcomes[GROUP] == []
    assert talk.shown(CADRE) == [Said("talk/paused")]
    await later(talk, timedelta(minutes=11))
    assert talk.shown(GROUP) == [Said("talk/still_recording")]
    await talk.says(ZHAO, "又能记了", group=GROUP)
    assert (await stored(talk), await not_stored(talk)) == (1, 1)


async def test_a_repeated_notice_that_is_refused_pauses_the_recording(talk: Talkers) -> None:
    await talk.says(CADRE, "/谈心 开始", group=GROUP)
    await talk.says(ZHAO, "看得到", group=GROUP)
    talk.clock.advance(timedelta(minutes=29))
    await talk.says(ZHAO, "还在说", group=GROUP)
    await talk.recorder.flush()
    talk.channel.outcomes[GROUP] = [REFUSED]
    await later(talk, timedelta(minutes=2))
    assert talk.shown(CADRE) == [Said("talk/paused")]
    await talk.says(ZHAO, "看不到了", group=GROUP)
    assert (await stored(talk), await not_stored(talk)) == (2, 1)


@pytest.mark.rule("P4")
async def test_a_muted_bot_records_nothing_until_it_may_speak_and_has_said_so(talk: Talkers) -> None:
    await talk.says(CADRE, "/谈心 开始", group=GROUP)
    await mute(talk, NoticeKind.CHAT_MUTED)
    assert talk.shown(CADRE) == [Said("talk/paused", why="muted")]
    await talk.says(ZHAO, "禁言期间一句", group=GROUP)
    assert (await stored(talk), await not_stored(talk)) == (0, 1)
    talk.channel.outcomes[GROUP] = [UNKNOWN]
    talk.advance(timedelta(minutes=1))
    await mute(talk, NoticeKind.CHAT_UNMUTED)
    await talk.says(ZHAO, "没看到记录中", group=GROUP)
    assert (await stored(talk), await not_stored(talk)) == (0, 2)
    talk.advance(timedelta(seconds=31))
    await talk.sender.pump()
    assert talk.last(GROUP) == Said("talk/still_recording")
    await talk.says(ZHAO, "看到了", group=GROUP)
    assert (await stored(talk), await not_stored(talk)) == (1, 2)


async def test_a_restart_in_between_changes_nothing(talk: Talkers) -> None:
    talk.channel.outcomes[GROUP] = [REFUSED]
    await talk.says(CADRE, "/谈心 开始", group=GROUP)
    again = await Talkers.open(talk.store)
    await again.says(ZHAO, "重启之后一句", group=GROUP)
    assert (await stored(again), await not_stored(again)) == (0, 1)


async def test_history_from_the_time_in_which_nothing_was_to_be_seen_is_not_stored(talk: Talkers) -> None:
    await talk.says(CADRE, "/谈心 开始", group=GROUP)
    talk.advance(timedelta(minutes=1))
    await mute(talk, NoticeKind.CHAT_MUTED)
    talk.advance(timedelta(minutes=1))
    unseen = talk.incoming(ZHAO, "禁言期间一句", group=GROUP, from_history=True)
    talk.advance(timedelta(minutes=1))
    await mute(talk, NoticeKind.CHAT_UNMUTED)
    talk.advance(timedelta(minutes=1))
    await talk.deliver(unseen)
    await talk.deliver(talk.incoming(ZHAO, "之后一句", group=GROUP, from_history=True))
    assert (await stored(talk), await not_stored(talk)) == (1, 1)


async def test_a_notice_of_a_talk_that_is_over_is_not_said_again(talk: Talkers) -> None:
    talk.channel.outcomes[GROUP] = [UNKNOWN]
    await talk.says(CADRE, "/谈心 开始", group=GROUP)
    await talk.says(CADRE, "/谈心 结束 聊了夜班", group=GROUP)
    for _ in range(3):
        talk.advance(timedelta(seconds=31))
        await talk.sender.pump()
    assert talk.shown(GROUP) == [Said("talk/closed")]


@pytest.mark.parametrize(
    ("over", "said"),
    [("/谈心 结束 聊了夜班", "talk/closed"), ("/谈心 结束", "talk/stopped"), ("/谈心 放弃", "talk/abandoned")],
)
async def test_an_end_that_the_group_does_not_take_is_read_by_its_cadre_in_private(
    talk: Talkers, over: str, said: str
) -> None:
    await talk.says(CADRE, "/谈心 开始", group=GROUP)
    talk.channel.outcomes[GROUP] = [REFUSED]
    await talk.says(CADRE, over, group=GROUP)
    assert talk.shown(CADRE) == [Said(said)]


async def test_a_notice_that_was_under_way_when_its_talk_ended_is_not_sent_once_more(talk: Talkers) -> None:
    await talk.says(CADRE, "/谈心 开始", group=GROUP)
    talk.channel.outcomes[GROUP] = [UNKNOWN]
    await later(talk, timedelta(minutes=31))  # nobody spoke: nothing is due
    talk.channel.outcomes[GROUP] = []
    await talk.says(ZHAO, "在", group=GROUP)
    await talk.recorder.flush()
    talk.channel.outcomes[GROUP] = [UNKNOWN]
    await later(talk, timedelta(minutes=1))
    before = len(talk.shown(GROUP))
    async with talk.store.unit() as unit:  # as if it had been leased while the talk ended
        row = (await unit.session.execute(select(Talk))).scalar_one()
        row.state = "closed"
    talk.advance(timedelta(seconds=31))
    await talk.sender.pump()
    assert len(talk.shown(GROUP)) == before
    async with talk.store.read() as session:
        about_it = select(OutboxMessage.state).where(OutboxMessage.idem_key.startswith("notice:"))
        assert set((await session.execute(about_it)).scalars()) == {"sent", "cancelled"}


async def test_the_words_of_a_question_that_is_closed_are_not_sent_once_more(talk: Talkers) -> None:
    talk.channel.outcomes[ZHAO] = [UNKNOWN]
    await talk.says(ZHAO, "删除我的数据")
    async with talk.store.unit() as unit:
        (await unit.session.execute(select(Prompt))).scalar_one().state = "answered"
    talk.advance(timedelta(seconds=31))
    await talk.sender.pump()
    assert talk.shown(ZHAO) == []
