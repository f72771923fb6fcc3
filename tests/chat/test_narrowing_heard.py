"""Words that narrow or protect, said to the bot: carried out in any form, at any rate; negated they do nothing."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from bot.core.rules.consent import ConsentScope
from bot.core.rules.message import Mention, Segment, Text
from bot.core.rules.people import Actor
from bot.core.tables import Consent
from bot.features.talk.tables import TalkMessage
from bot.store.store import Store
from tests.harness import BOT, Talkers
from tests.people_built import make_cadre, make_chat, make_consent, make_org, make_youth
from tests.said import Said, fields, told

CADRE, ZHAO, OTHER, GROUP = "10001", "20001", "20002", "888"


class Room:
    """小赵 agreed to be recorded in a group in which a talk is open."""

    def __init__(self, talk: Talkers, zhao: Actor) -> None:
        self.talk, self.zhao = talk, zhao

    async def count(self, table: type, *where: object) -> int:
        async with self.talk.store.read() as session:
            rows = select(func.count()).select_from(table).where(*where)  # type: ignore[arg-type]
            return (await session.execute(rows)).scalar_one()

    async def agreed(self) -> int:
        return await self.count(Consent, Consent.withdrawn_at.is_(None), Consent.scope == "original_messages")

    async def stored(self) -> int:
        return await self.count(TalkMessage, TalkMessage.person_id == self.zhao.person_id)


async def open_room(store: Store, *, paced: bool = False) -> Room:
    org = await make_org(store)
    cadre = await make_cadre(store, org)
    chat = await make_chat(store, org, cadre)
    zhao = await make_youth(store, org, "小赵", ZHAO, cadre=cadre, chat=chat)
    await make_consent(store, zhao, ConsentScope.ORIGINAL_MESSAGES, chat)
    talk = await Talkers.open(store, paced=paced)
    await talk.says(CADRE, "/谈心 开始", group=GROUP)
    return Room(talk, zhao)


@pytest.fixture
async def room(any_store: Store) -> Room:
    return await open_room(any_store)


@pytest.mark.rule("P7")
@pytest.mark.parametrize(
    "words",
    [
        *(
            "/停止记录，谢谢",
            "/停止记录吧",
            "／停止记录",
            "🙏/停止记录",
            "“/停止记录”",
            "@阿凯 /停止记录",
            "谢谢，/停止记录！",
        ),
        *([Mention(BOT), Text(" 停止记录吧")], [Mention(OTHER), Text(" /停止记录")], [Text("停止记录 "), Mention(BOT)]),
        *("/请停止记录", "/停止记录，我有点累了", "/停止记录?", "/停 止 记 录"),
    ],
    ids=str,
)
async def test_in_an_open_talk_stopping_is_heard_in_any_form(room: Room, words: str | list[Segment]) -> None:
    to_bot = isinstance(words, list) and any(part == Mention(BOT) for part in words)
    said = await room.talk.says(ZHAO, words, group=GROUP, to_bot=to_bot)
    assert said == [Said("consent/stopped")]
    await room.talk.says(ZHAO, "停了之后的话", group=GROUP)
    assert (await room.agreed(), await room.stored()) == (0, 0)


@pytest.mark.rule("P7")
@pytest.mark.parametrize("words", ["停止记录吧", "撤回原话", "撤回“原话”", "撤回 原话，谢谢", "麻烦把原话撤回"])
async def test_in_private_it_is_heard_in_any_form(room: Room, words: str) -> None:
    await room.talk.says(ZHAO, words)
    assert await room.agreed() == 0


@pytest.mark.parametrize(
    "words", ["先别停止记录", "不撤回原话", "不解绑", "先不退出", "别删除我的数据", "停止记录，先不要"]
)
async def test_what_is_negated_does_nothing_and_is_not_suggested(room: Room, words: str) -> None:
    (said,) = await room.talk.says(ZHAO, words)
    assert said == Said("common/unknown")
    assert not fields(said)["nearest"]
    assert await room.agreed() == 1
    assert await room.talk.says(ZHAO, "/" + words, group=GROUP) == []
    assert await room.agreed() == 1


@pytest.mark.parametrize("words", ["看看和/或停止记录", "http://停止记录", "他说/停止记录是什么"])
async def test_a_slash_in_other_words_of_a_group_orders_nothing(room: Room, words: str) -> None:
    assert await room.talk.says(ZHAO, words, group=GROUP) == []
    assert await room.agreed() == 1


@pytest.mark.rule("P7")
async def test_what_others_and_oneself_said_never_limits_such_a_word(any_store: Store) -> None:
    room = await open_room(any_store, paced=True)
    for stranger in range(7):
        for _ in range(18):
            await room.talk.says(f"9000{stranger}", "/帮助", group=GROUP)
    for _ in range(25):
        await room.talk.says(ZHAO, "/帮助", group=GROUP)
    said = await room.talk.says(ZHAO, "/停止记录", group=GROUP)
    assert Said("consent/stopped") in said
    assert await room.agreed() == 0
    assert told(await room.talk.says(ZHAO, "退出")) != ["common/too_fast"]


async def test_a_flood_of_somebody_unknown_is_limited_as_ever(any_store: Store) -> None:
    room = await open_room(any_store, paced=True)
    said = [one for _ in range(60) for one in await room.talk.says("90001", "/停止记录", group=GROUP)]
    assert told(said).count("common/too_fast") == 1
    assert len(said) < 30


async def test_an_order_of_nobody_is_told_that_it_was_not_carried_out(room: Room) -> None:
    for more in ({"sender_anonymous": True}, {"sender_anonymous": True, "unread": True}):
        user = "" if "unread" in more else ZHAO
        said = await room.talk.says(user, "/停止记录", group=GROUP, **more)
        assert said == [Said("common/who_said_it")]
    assert await room.agreed() == 1


async def test_an_option_said_with_courtesy_answers_the_question_and_is_no_command(room: Room) -> None:
    await room.talk.says(ZHAO, "之前的话", group=GROUP)
    await room.talk.says(ZHAO, "停止记录")
    assert room.talk.last(ZHAO) == Said("consent/stored")
    assert await room.talk.says(ZHAO, "那就删除吧，谢谢") == [Said("consent/stored_deleted", count=1)]


async def test_a_message_of_which_no_words_were_read_leaves_a_gap(room: Room) -> None:
    await room.talk.says(ZHAO, [], group=GROUP, unread=True)
    room.talk.advance(timedelta(seconds=5))
    closed = await room.talk.says(CADRE, "/谈心 结束 聊过了", group=GROUP)
    assert fields(closed[-1])["gaps"][0]["missing"] == 1
