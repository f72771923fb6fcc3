"""Words that narrow, said while the bot was away: carried out from a history of any age, from when they were said."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from bot.core.rules.consent import ConsentScope
from bot.core.rules.message import Incoming
from bot.core.rules.people import Actor
from bot.core.tables import Consent
from bot.features.talk.tables import Talk, TalkMessage
from bot.store.chat import Chat, Contact
from bot.store.store import Store
from tests.harness import BOT, Talkers
from tests.people_built import make_cadre, make_chat, make_consent, make_org, make_youth
from tests.said import Refused, Said

CADRE, ZHAO, GROUP = "10001", "20001", "888"
AWAY = timedelta(minutes=18)


@dataclass(slots=True)
class Line:
    """小赵 agreed to be recorded and said one sentence in an open talk; then the line broke."""

    talk: Talkers
    chat: Chat
    zhao: Actor
    said: list[Incoming] = field(default_factory=list)
    private: list[Incoming] = field(default_factory=list)
    told: asyncio.Event = field(default_factory=asyncio.Event)
    """While not set, the gateway keeps its history to itself."""
    number: int = 1000

    async def history(self, *_: object, **__: object) -> Sequence[Incoming]:
        await self.told.wait()
        return self.said[-50:]

    async def private_history(self, *_: object, **__: object) -> Sequence[Incoming]:
        return self.private

    def write(self, user: str, text: str, *, private: bool = False) -> Incoming:
        """Somebody writes; whether the bot hears it is another matter."""
        self.number += 1
        group = None if private else GROUP
        one = self.talk.incoming(user, text, group=group, message_id=str(self.number))
        (self.private if private else self.said).append(replace(one, from_history=True))
        self.talk.advance(timedelta(seconds=5))
        return one

    async def hears(self, user: str, text: str, *, private: bool = False) -> list[str]:
        return await self.talk.deliver(self.write(user, text, private=private))

    def down(self) -> None:
        self.told.clear()
        self.talk.gate.disconnected("qq", BOT)

    async def up(self) -> None:
        """The line stands again and everything was looked through."""
        self.told.set()
        self.talk.gate.connected("qq", BOT)
        assert self.talk.gate.backfill is not None
        await self.talk.gate.backfill.settle()
        await self.talk.sender.pump()

    async def kept(self) -> list[str]:
        store = self.talk.store
        async with store.read() as session:
            rows = (await session.execute(select(TalkMessage).order_by(TalkMessage.sent_at))).scalars().all()
            return [await store.vault.read(session, f"talk_messages:{row.id}:body", row.body) or "" for row in rows]

    async def consents(self) -> int:
        async with self.talk.store.read() as session:
            given = select(func.count()).where(Consent.withdrawn_at.is_(None), Consent.scope == "original_messages")
            return (await session.execute(given)).scalar_one()

    async def talks(self) -> list[str]:
        async with self.talk.store.read() as session:
            return list((await session.execute(select(Talk.state))).scalars())


@pytest.fixture
async def line(any_store: Store) -> Line:
    org = await make_org(any_store)
    cadre = await make_cadre(any_store, org)
    chat = await make_chat(any_store, org, cadre)
    zhao = await make_youth(any_store, org, "小赵", ZHAO, cadre=cadre, chat=chat)
    await make_consent(any_store, zhao, ConsentScope.ORIGINAL_MESSAGES, chat)
    line = Line(await Talkers.open(any_store), chat, zhao)
    line.talk.channel.history = line.history  # type: ignore[method-assign]
    line.talk.channel.private_history = line.private_history  # type: ignore[method-assign]
    line.talk.advance(timedelta(seconds=5))
    await line.hears(CADRE, "/谈心 开始")
    await line.hears(ZHAO, "听到的")
    await line.talk.recorder.flush()
    line.down()
    return line


@pytest.mark.parametrize("words", ["/停止记录", "/停止记录吧，谢谢", "🙏 /停止记录", "/退出"])
async def test_a_withdrawal_found_in_the_history_holds_from_when_it_was_said(line: Line, words: str) -> None:
    line.write(ZHAO, "说过的")
    line.write(ZHAO, words)
    line.write(ZHAO, "停了之后一")
    line.write(ZHAO, "停了之后二")
    line.talk.advance(AWAY)
    await line.up()
    assert await line.kept() == ["听到的", "说过的"]
    assert await line.consents() == 0
    assert Said("common/too_old") not in line.talk.shown(GROUP)
    assert line.talk.last(GROUP) in (Said("consent/stopped"), Said("leave/left"))


@pytest.mark.parametrize("words", ["撤回原话", "停止记录吧，谢谢", "退出"])
async def test_a_withdrawal_said_in_private_meanwhile_counts_too(line: Line, words: str) -> None:
    line.write(ZHAO, "说过的")
    line.write(ZHAO, words, private=True)
    line.write(ZHAO, "停了之后")
    line.write(ZHAO, "许愿 一个篮球", private=True)
    line.talk.advance(AWAY)
    await line.up()
    assert await line.kept() == ["听到的"]
    assert await line.consents() == 0
    assert Said("common/too_old") not in line.talk.shown(ZHAO)


async def test_words_of_danger_said_in_private_meanwhile_are_answered(line: Line) -> None:
    line.write(ZHAO, "我真的不想活了", private=True)
    line.talk.advance(AWAY)
    await line.up()
    assert Said("crisis/card") in line.talk.shown(ZHAO)


async def test_what_came_live_before_the_withdrawal_was_found_goes_again(line: Line) -> None:
    line.write(ZHAO, "/停止记录")
    line.talk.advance(AWAY)
    line.talk.gate.connected("qq", BOT)
    await line.hears(ZHAO, "回来后")
    assert await line.kept() == ["听到的", "回来后"]
    line.told.set()
    assert line.talk.gate.backfill is not None
    await line.talk.gate.backfill.settle()
    assert await line.kept() == ["听到的"]
    closed = await line.hears(CADRE, "/谈心 结束 聊了夜班")
    assert closed[-1] == Said("talk/closed", stored=1, not_stored=1)


async def test_a_consent_given_after_the_withdrawal_stands(line: Line) -> None:
    line.write(ZHAO, "/停止记录")
    line.write(ZHAO, "停了之后")
    line.talk.advance(AWAY)
    line.talk.gate.connected("qq", BOT)
    await line.hears(ZHAO, "还在停")
    await make_consent(line.talk.store, line.zhao, ConsentScope.ORIGINAL_MESSAGES, line.chat)
    await line.hears(ZHAO, "又能记")
    line.told.set()
    assert line.talk.gate.backfill is not None
    await line.talk.gate.backfill.settle()
    assert await line.consents() == 1
    assert await line.kept() == ["听到的", "又能记"]


@pytest.mark.parametrize(("words", "states", "kept"), [("/谈心 放弃", [], []), ("/谈心结束", ["stopped"], ["听到的"])])
async def test_the_end_of_a_talk_found_in_the_history_ends_it_there(
    line: Line, words: str, states: list[str], kept: list[str]
) -> None:
    line.write(CADRE, words)
    line.write(ZHAO, "之后的")
    line.talk.advance(AWAY)
    line.talk.gate.connected("qq", BOT)
    await line.hears(ZHAO, "回来后的")
    line.told.set()
    assert line.talk.gate.backfill is not None
    await line.talk.gate.backfill.settle()
    assert await line.talks() == states
    assert await line.kept() == kept


async def test_an_old_end_is_no_end_of_a_talk_that_was_opened_after_it(line: Line) -> None:
    line.write(CADRE, "/谈心 放弃")
    line.talk.advance(AWAY)
    line.talk.gate.connected("qq", BOT)
    await line.hears(CADRE, "/谈心 结束 聊过了")
    await line.hears(CADRE, "/谈心 开始 新的")
    line.told.set()
    assert line.talk.gate.backfill is not None
    await line.talk.gate.backfill.settle()
    assert sorted(await line.talks()) == ["closed", "open"]


async def test_an_old_leaving_ends_no_contact_that_began_after_it(line: Line) -> None:
    line.write(ZHAO, "/退出")
    line.talk.advance(AWAY)
    line.talk.gate.connected("qq", BOT)
    async with line.talk.store.unit() as unit:
        contact = (await unit.session.execute(select(Contact))).scalar_one()
        contact.since = unit.now
    line.told.set()
    assert line.talk.gate.backfill is not None
    await line.talk.gate.backfill.settle()
    async with line.talk.store.read() as session:
        assert (await session.execute(select(Contact.ended_at))).scalar_one() is None


async def test_other_old_commands_are_asked_for_again(line: Line) -> None:
    line.write(ZHAO, "/许愿 一个篮球")
    line.talk.advance(AWAY)
    await line.up()
    assert line.talk.last(GROUP) == Said("common/too_old")


async def test_a_command_that_was_carried_out_live_is_not_carried_out_from_the_history_under_another_id(
    line: Line,
) -> None:
    await line.up()
    await line.hears(ZHAO, "/停止记录")
    said = len(line.talk.shown(GROUP))
    line.down()
    line.said = [replace(one, message_id=f"9{one.message_id}") for one in line.said]
    await line.up()
    assert len(line.talk.shown(GROUP)) == said
    assert Refused("talk.none_open") not in line.talk.shown(GROUP)


@pytest.mark.parametrize("ids", ["other", "none"])
async def test_a_history_under_other_ids_doubles_nothing_and_loses_nothing(line: Line, ids: str) -> None:
    """Also two equal sentences of one second, of which one was heard live."""
    await line.up()
    await line.hears(ZHAO, "嗯")
    line.talk.clock.advance(-timedelta(seconds=5))
    line.down()
    line.write(ZHAO, "嗯")
    line.write(ZHAO, "后来的")
    made_up = [f"~{place}" for place in range(len(line.said))]
    others = [f"7{place}" for place in range(len(line.said))]
    new = made_up if ids == "none" else others
    line.said = [replace(one, message_id=id) for one, id in zip(line.said, new, strict=True)]
    await line.up()
    assert await line.kept() == ["听到的", "嗯", "嗯", "后来的"]


@pytest.mark.parametrize("stub", [True, False])
async def test_what_was_recalled_while_the_bot_was_away_goes(line: Line, stub: bool) -> None:
    await line.up()
    await line.hears(ZHAO, "留着的")
    await line.hears(ZHAO, "撤回了的")
    line.down()
    recalled = next(one for one in line.said if one.text == "撤回了的")
    place = line.said.index(recalled)
    line.said[place : place + 1] = [replace(recalled, segments=(), text="")] if stub else []
    line.write(ZHAO, "后来的")
    await line.up()
    assert await line.kept() == ["听到的", "留着的", "后来的"]


async def test_a_history_that_is_not_whole_takes_nothing_away(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.channels.tail.PAGE", 2)
    line.said.clear()
    line.write(ZHAO, "后来一")
    line.write(ZHAO, "后来二")
    await line.up()
    assert await line.kept() == ["听到的", "后来一", "后来二"]


async def test_a_history_that_knows_nothing_of_what_was_heard_takes_nothing_away(line: Line) -> None:
    line.said.clear()
    await line.up()
    assert await line.kept() == ["听到的"]


async def test_the_only_sentence_of_a_talk_goes_too_when_it_was_recalled(line: Line) -> None:
    line.said = [one for one in line.said if one.text != "听到的"]
    line.write(ZHAO, "后来的")
    await line.up()
    assert await line.kept() == ["后来的"]


async def test_what_is_newer_than_all_that_the_history_tells_stays(line: Line) -> None:
    line.said = [one for one in line.said if one.text != "听到的"]
    await line.up()
    assert await line.kept() == ["听到的"]
