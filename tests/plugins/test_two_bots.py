"""Two of our bots in one group: each message is carried out once, and what goes there goes by one that is there."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from bot.core.acts.chat import ChatKnown
from bot.core.rules.consent import ConsentScope
from bot.core.rules.message import Mention, Notice, NoticeKind, Segment, Text
from bot.core.tables import Consent, Crisis
from bot.features.talk.tables import Talk, TalkMessage
from bot.store.chat import Chat, Contact
from bot.store.store import Store
from tests.harness import BOT, Talkers
from tests.people_built import make_cadre, make_chat, make_consent, make_org, make_youth
from tests.said import Said

CADRE, ZHAO, GROUP, OTHER = "10001", "20001", "888", "30009"
ORDERS = [(BOT, OTHER), (OTHER, BOT)]


@dataclass(slots=True)
class Pair:
    """A group linked with the first bot in which the second one is too."""

    talk: Talkers
    number: int = 0

    async def says(self, who: str, text: str | Sequence[Segment], *bots: str) -> None:
        """One message, heard by these bots in this order, each under an id of its own."""
        works = []
        for bot in bots:
            self.number += 1
            named = not isinstance(text, str) and Mention(bot) in text
            one = self.talk.incoming(who, text, group=GROUP, bot=bot, message_id=f"{bot}{self.number}", to_bot=named)
            work = self.talk.gate.arrive(one)
            works += [] if work is None else [work]
        await asyncio.gather(*works)
        await self.talk.sender.pump()
        self.talk.advance(timedelta(seconds=5))

    def by(self, where: str = GROUP) -> list[str]:
        return [bot for bot, native in self.talk.channel.by if native == where]

    async def count(self, table: type, *where: object) -> int:
        async with self.talk.store.read() as session:
            counted = select(func.count()).select_from(table).where(*where)  # type: ignore[arg-type]
            return (await session.execute(counted)).scalar_one()

    async def agreed(self) -> int:
        return await self.count(Consent, Consent.withdrawn_at.is_(None))


@pytest.fixture
async def pair(any_store: Store, monkeypatch: pytest.MonkeyPatch) -> Pair:
    monkeypatch.setattr("bot.channels.twins.OTHERS_PATIENCE", 0.01)
    org = await make_org(any_store)
    cadre = await make_cadre(any_store, org, number=CADRE)
    chat = await make_chat(any_store, org, cadre)
    youth = await make_youth(any_store, org, "小赵", ZHAO, cadre=cadre, chat=chat)
    await make_consent(any_store, youth, ConsentScope.ORIGINAL_MESSAGES, chat)
    talk = await Talkers.open(any_store)
    talk.second_bot(OTHER)
    return Pair(talk)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(
    ("who", "words", "answers", "agreed"),
    [
        (ZHAO, "/停止记录", 1, 0),
        (ZHAO, "/帮助", 1, 1),
        (ZHAO, "/我的青年", 1, 1),
        (ZHAO, "/许愿 一个篮球", 1, 1),
        (CADRE, "/关联本群", 1, 1),
        (ZHAO, "/没有这个词", 0, 1),
    ],
)
async def test_a_command_is_answered_once_by_the_bot_with_which_the_group_is_linked(
    pair: Pair, who: str, words: str, answers: int, agreed: int, order: tuple[str, str]
) -> None:
    await pair.says(who, words, *order)
    assert pair.by() == [BOT] * answers
    assert await pair.agreed() == agreed
    assert await pair.count(Chat) == 1


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(("words", "agreed"), [(" /停止记录", 0), (" /帮助", 1), (" 在吗", 1)])
async def test_who_is_addressed_answers(pair: Pair, words: str, agreed: int, order: tuple[str, str]) -> None:
    await pair.says(ZHAO, (Mention(OTHER), Text(words)), *order)
    assert pair.by() == [OTHER]
    assert await pair.agreed() == agreed
    await pair.says(ZHAO, (Mention(BOT), Mention(OTHER), Text(words)), *order)
    assert pair.by() == [OTHER, BOT]


async def test_the_other_one_carries_it_out_where_the_one_that_is_meant_does_not_hear_it(pair: Pair) -> None:
    await pair.says(ZHAO, "/停止记录", OTHER)
    assert (await pair.agreed(), pair.by()) == (0, [OTHER])


@pytest.mark.parametrize("order", ORDERS)
async def test_the_same_words_said_twice_are_two_messages(pair: Pair, order: tuple[str, str]) -> None:
    works = []
    for _ in range(2):
        for bot in order:
            pair.number += 1
            one = pair.talk.incoming(ZHAO, "/帮助", group=GROUP, bot=bot, message_id=str(pair.number))
            work = pair.talk.gate.arrive(one)
            works += [] if work is None else [work]
    await asyncio.gather(*works)
    await pair.talk.sender.pump()
    assert pair.by() == [BOT, BOT]


@pytest.mark.rule("P27")
@pytest.mark.parametrize("order", ORDERS)
async def test_words_of_danger_get_one_card(pair: Pair, order: tuple[str, str]) -> None:
    await pair.says(ZHAO, (Mention(OTHER), Text(" 我真的不想活了")), *order)
    assert (pair.by(ZHAO), await pair.count(Crisis)) == ([OTHER], 1)


@pytest.mark.parametrize("order", ORDERS)
async def test_a_message_of_a_talk_is_kept_once(pair: Pair, order: tuple[str, str]) -> None:
    await pair.says(CADRE, (Mention(OTHER), Text(" /谈心 开始")), *order)
    assert await pair.count(Talk) == 1
    await pair.says(ZHAO, "一句", *order)
    await pair.says(ZHAO, "两句", *order)
    await pair.says(CADRE, "/谈心 结束 聊了夜班", *order)
    assert await pair.count(TalkMessage) == 2
    assert pair.talk.last(GROUP) == Said("talk/closed", stored=2, not_stored=0)
    assert pair.by() == [BOT, BOT]


async def test_where_the_linked_bot_is_away_the_other_one_hears_for_it(pair: Pair) -> None:
    await pair.says(ZHAO, "随便说说", BOT, OTHER)
    pair.talk.sender.disconnected("qq", BOT)
    await pair.says(CADRE, "/谈心 开始", OTHER)
    await pair.says(ZHAO, "一句", OTHER)
    await pair.says(ZHAO, "撤回的", OTHER)
    recalled = f"{OTHER}{pair.number}"
    await pair.talk._arrive(Notice(NoticeKind.RECALLED, "qq", OTHER, GROUP, ZHAO, recalled))
    await pair.talk._arrive(Notice(NoticeKind.BOT_REMOVED, "qq", "30010", GROUP, "30010"))
    pair.talk.sender.connected("qq", BOT)
    await pair.says(ZHAO, "回来后", BOT, OTHER)
    await pair.says(CADRE, "/谈心 结束 聊了夜班", BOT, OTHER)
    assert await pair.count(TalkMessage) == 2
    assert pair.talk.last(GROUP) == Said("talk/closed", stored=2)
    assert pair.by() == [OTHER, BOT]
    assert await pair.count(Chat, Chat.state == "linked") == 1


async def test_who_leaves_the_group_is_told_once_by_whichever_bot_sees_it(pair: Pair) -> None:
    pair.talk.sender.disconnected("qq", BOT)
    await pair.talk._arrive(Notice(NoticeKind.MEMBER_LEFT, "qq", OTHER, GROUP, ZHAO, sent_at=1))
    assert await pair.count(Contact, Contact.chat_id.is_(None)) == 1


async def push(pair: Pair) -> None:
    async with pair.talk.store.unit() as unit:
        chat = (await unit.session.execute(select(Chat))).scalar_one()
        await unit.push_chat(chat, ChatKnown(), cls="O")
    await pair.talk.sender.pump()


@pytest.mark.parametrize("known", ["heard", "listed"])
async def test_what_is_for_the_group_goes_by_the_other_one_once(
    pair: Pair, known: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if known == "heard":
        await pair.says(ZHAO, "随便说说", OTHER)
    else:

        async def groups(bot_id: str) -> Sequence[str]:
            return [GROUP] if bot_id == OTHER else []

        monkeypatch.setattr(pair.talk.channel, "groups", groups)
        pair.talk.gate.connected("qq", OTHER)
        await asyncio.gather(*pair.talk.sender._learning)
    pair.talk.sender.disconnected("qq", BOT)
    await push(pair)
    assert pair.by() == [OTHER]
    pair.talk.sender.connected("qq", BOT)
    await pair.talk.sender.pump()
    assert pair.by() == [OTHER]


async def test_what_already_waits_for_the_group_comes_along_after_ten_minutes(pair: Pair) -> None:
    pair.talk.sender.disconnected("qq", BOT)
    await push(pair)
    assert pair.by() == []
    await pair.says(ZHAO, "随便说说", OTHER)
    pair.talk.advance(timedelta(minutes=11))
    await pair.talk.sender.pump()
    assert pair.by() == [OTHER]
    pair.talk.sender.connected("qq", BOT)
    await pair.talk.sender.pump()
    assert pair.by() == [OTHER]


async def test_a_bot_that_is_not_in_the_group_is_sent_nothing_for_it(pair: Pair) -> None:
    await pair.says(ZHAO, "随便说说", OTHER)
    await pair.talk._arrive(Notice(NoticeKind.BOT_REMOVED, "qq", OTHER, GROUP, OTHER))
    pair.talk.sender.disconnected("qq", BOT)
    await push(pair)
    assert pair.by() == []
    assert await pair.count(Chat, Chat.state == "linked") == 1
