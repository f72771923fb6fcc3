"""The recorder and the back-fill, through gate and store: whose words are kept, from when, and what a gap leaves."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from bot.channels.port import Channel
from bot.core.reads.people import name_of
from bot.core.rules.consent import ConsentScope
from bot.core.rules.message import ChatKind, Incoming, Media, Mention, Notice, NoticeKind, Quote, Text
from bot.core.rules.people import Actor
from bot.features.talk.tables import Gap, Talk, TalkMessage
from bot.store.chat import Chat, ChatDay
from bot.store.people import Person
from bot.store.store import Store
from tests.contracts.test_costs import steps
from tests.harness import BOT, Talkers
from tests.people_built import make_cadre, make_chat, make_consent, make_org, make_youth

CADRE, ZHAO, KAI, STRANGER, GROUP = "10001", "20001", "20002", "99999", "888"


class Town:
    """One linked group: 小赵 agreed to be recorded, 阿凯 did not."""

    def __init__(self, talk: Talkers, chat: Chat, zhao: Actor, kai: Actor) -> None:
        self.talk, self.chat, self.zhao, self.kai = talk, chat, zhao, kai

    async def stored(self) -> list[str]:
        """Everything kept, in order, with the speaker's 称呼."""
        store = self.talk.store
        async with store.read() as session:
            rows = (
                await session.execute(select(TalkMessage).order_by(TalkMessage.sent_at, TalkMessage.sequence))
            ).scalars()
            said: list[str] = []
            for row in rows.all():
                name = await name_of(session, store.vault, row.person_id)
                body = await store.vault.read(session, f"talk_messages:{row.id}:body", row.body)
                said.append(f"{name}：{body}")
            return said

    async def one(self, table: type, *where: object) -> object:
        async with self.talk.store.read() as session:
            return (await session.execute(select(table).where(*where))).scalar_one()  # type: ignore[arg-type]

    async def begin(self) -> None:
        await self.talk.says(CADRE, "/谈心 开始 夜班", group=GROUP)

    async def say(self, user: str, text: str, **more: object) -> None:
        await self.talk.says(user, text, group=GROUP, **more)  # type: ignore[arg-type]


@pytest.fixture
async def town(any_store: Store) -> Town:
    org = await make_org(any_store)
    cadre = await make_cadre(any_store, org)
    chat = await make_chat(any_store, org, cadre)
    zhao = await make_youth(any_store, org, "小赵", ZHAO, cadre=cadre, chat=chat)
    kai = await make_youth(any_store, org, "阿凯", KAI, cadre=cadre, chat=chat)
    await make_consent(any_store, zhao, ConsentScope.ORIGINAL_MESSAGES, chat)
    return Town(await Talkers.open(any_store), chat, zhao, kai)


@pytest.mark.rule("P1")
async def test_without_an_open_talk_nothing_is_kept_of_anybody(town: Town) -> None:
    for user in (CADRE, ZHAO, KAI, STRANGER):
        await town.say(user, "随便聊聊")
    assert await town.stored() == []


@pytest.mark.rule("P1")
async def test_of_those_who_did_not_agree_only_a_number_is_kept(town: Town) -> None:
    await town.begin()
    await town.say(KAI, "我不想被记")
    await town.say(STRANGER, "路过")
    await town.say(ZHAO, "我可以记")
    await town.say(CADRE, "好的")
    assert [line.partition("：")[2] for line in await town.stored()] == ["我可以记", "好的"]
    await town.talk.recorder.flush()
    talk = await town.one(Talk)
    assert isinstance(talk, Talk)
    assert talk.not_stored == 2


@pytest.mark.rule("P3")
async def test_a_consent_for_another_group_opens_nothing_here(town: Town) -> None:
    org_chat = town.chat
    async with town.talk.store.unit() as unit:
        person = await unit.session.get_one(Person, town.kai.person_id)
        assert person.state == "active"
    other = await make_chat_beside(town, org_chat)
    await make_consent(town.talk.store, town.kai, ConsentScope.ORIGINAL_MESSAGES, other)
    await town.begin()
    await town.say(KAI, "别的群里我同意过")
    assert await town.stored() == []


async def make_chat_beside(town: Town, chat: Chat) -> Chat:
    async with town.talk.store.unit() as unit:
        other = Chat(
            channel=chat.channel,
            bot_id=chat.bot_id,
            native_id="999",
            org_id=chat.org_id,
            owner_id=chat.owner_id,
            state="linked",
            linked_at=unit.now,
        )
        unit.session.add(other)
    return other


@pytest.mark.rule("P1")
async def test_words_from_before_the_talk_and_after_it_are_not_kept(town: Town) -> None:
    await town.say(ZHAO, "之前")
    await town.begin()
    await town.say(ZHAO, "之中")
    await town.talk.says(CADRE, "/谈心 结束 聊了夜班", group=GROUP)
    await town.say(ZHAO, "之后")
    assert await town.stored() == ["小赵：之中"]


async def test_stopping_takes_effect_before_the_next_message_is_looked_at(town: Town) -> None:
    await town.begin()
    gate, talk = town.talk.gate, town.talk
    works = [
        gate.arrive(talk.incoming(ZHAO, "第一句", group=GROUP)),
        gate.arrive(talk.incoming(ZHAO, "停止记录")),  # in private, while the group goes on
        gate.arrive(talk.incoming(ZHAO, "第二句", group=GROUP)),
        gate.arrive(talk.incoming(ZHAO, "第三句", group=GROUP)),
    ]
    await asyncio.gather(*(work for work in works if work is not None))
    assert await town.stored() == ["小赵：第一句"]


async def test_a_consent_given_in_the_middle_counts_from_then_on(town: Town) -> None:
    await town.begin()
    await town.say(KAI, "还没同意")
    await town.talk.says(KAI, "同意 原话")
    await town.say(KAI, "现在同意了")
    assert await town.stored() == ["阿凯：现在同意了"]


@pytest.mark.rule("P26")
async def test_media_leave_a_placeholder_and_strangers_are_cut_out(town: Town) -> None:
    await town.begin()
    await town.talk.says(
        ZHAO, [Quote("1"), Mention(KAI), Text(" 看这个 "), Media("image"), Mention(CADRE)], group=GROUP
    )
    (line,) = await town.stored()
    assert "〔图片〕" in line
    assert "阿凯" not in line
    assert KAI not in line


async def test_the_same_message_live_and_from_the_history_is_kept_once(town: Town) -> None:
    await town.begin()
    event = town.talk.incoming(ZHAO, "一句话", group=GROUP)
    for _ in range(3):
        await town.talk.deliver(event)
    again = Incoming(**{f: getattr(event, f) for f in event.__slots__ if f != "from_history"}, from_history=True)
    await town.talk.deliver(again)
    assert await town.stored() == ["小赵：一句话"]


async def test_a_recalled_message_is_gone_even_when_it_is_still_on_its_way(town: Town) -> None:
    await town.begin()
    gate = town.talk.gate
    event = town.talk.incoming(ZHAO, "说错了", group=GROUP)
    recall = Notice(NoticeKind.RECALLED, "qq", BOT, GROUP, ZHAO, event.message_id, event.sent_at)
    works = [gate.arrive(event), gate.arrive(recall)]
    await asyncio.gather(*(work for work in works if work is not None))
    assert await town.stored() == []


async def test_a_redelivered_recall_does_no_harm(town: Town) -> None:
    await town.begin()
    await town.say(ZHAO, "留着")
    for _ in range(2):
        await town.talk.recalls(ZHAO, "4711", group=GROUP)
    assert await town.stored() == ["小赵：留着"]


async def test_a_flood_is_kept_whole_and_in_order(town: Town) -> None:
    await town.begin()
    gate, talk = town.talk.gate, town.talk
    works = [gate.arrive(talk.incoming(ZHAO, f"第{n}句", group=GROUP, sequence=n)) for n in range(300)]
    await asyncio.gather(*(work for work in works if work is not None))
    assert len(await town.stored()) == 300
    assert gate.idle


async def test_plain_chat_is_counted_without_a_person(town: Town) -> None:
    for _ in range(3):
        await town.say(STRANGER, "大家好")
    await town.talk.says(STRANGER, "别处", group="777")
    await town.talk.recorder.flush()
    day = await town.one(ChatDay)
    assert isinstance(day, ChatDay)
    assert (day.chat_id, day.messages) == (town.chat.id, 3)


async def test_a_changed_consent_costs_the_same_however_many_groups_are_linked(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the group concerned is read again."""
    monkeypatch.setattr("tests.contracts.test_costs.EVERY", 1)
    org = await make_org(store)
    cadre = await make_cadre(store, org)
    await make_chat(store, org, cadre)
    talk = await Talkers.open(store)
    await talk.says(CADRE, "/谈心 开始 夜班", group=GROUP)
    few = await steps_of_a_look(talk)
    for other in range(200):
        await make_chat(store, org, cadre, f"7{other:05}")
    assert await steps_of_a_look(talk) < few * 1.2


async def steps_of_a_look(talk: Talkers) -> int:
    async with talk.store.unit():
        pass  # so that the store knows when it was written last
    talk.recorder._changed("chat", ("qq", BOT, GROUP))
    with steps(talk.store) as counted:
        assert await talk.recorder._current(("qq", BOT, GROUP)) is not None
    return counted[0]


async def test_a_group_that_was_unlinked_is_counted_no_longer(town: Town) -> None:
    await town.say(CADRE, "/解除关联")
    for _ in range(2):
        await town.say(STRANGER, "大家好")
    assert ("qq", BOT, GROUP) not in town.talk.recorder._linked


# --- back-fill -------------------------------------------------------------------------------------------------------


def from_history(town: Town, user: str, text: str, **more: object) -> Incoming:
    return town.talk.incoming(user, text, group=GROUP, from_history=True, **more)  # type: ignore[arg-type]


async def away(town: Town, tail: list[Incoming] | None) -> None:
    """The gateway goes, comes back, and its history says ``tail``."""
    gate = town.talk.gate
    town.talk.channel.tail = tail
    gate.connected("qq", BOT)
    assert gate.backfill is not None
    await gate.backfill.settle()


async def test_what_was_missed_is_brought_in_and_then_nothing_is_told_as_missing(town: Town) -> None:
    await town.begin()
    await town.say(ZHAO, "断线前", message_id="900")
    heard = from_history(town, ZHAO, "断线前", message_id="900")
    town.talk.gate.disconnected("qq", BOT)
    town.talk.advance(timedelta(minutes=5))
    missed = [
        heard,
        from_history(town, ZHAO, "断线中"),
        from_history(town, KAI, "没同意的"),
        from_history(town, BOT, "我自己"),
    ]
    await away(town, missed)
    assert await town.stored() == ["小赵：断线前", "小赵：断线中"]
    gap = await town.one(Gap)
    assert isinstance(gap, Gap)
    assert gap.recovered == 1
    closed = await town.talk.says(CADRE, "/谈心 结束 聊了夜班", group=GROUP)
    assert "存了 2 条" in closed[0]
    assert "没记到" not in closed[0]


async def test_a_channel_without_history_leaves_a_gap_of_unknown_size(town: Town) -> None:
    await town.begin()
    town.talk.gate.disconnected("qq", BOT)
    town.talk.advance(timedelta(minutes=5))
    await away(town, None)
    gap = await town.one(Gap)
    assert isinstance(gap, Gap)
    assert gap.missing is None
    assert "没记到" in (await town.talk.says(CADRE, "/谈心 结束 聊了夜班", group=GROUP))[0]


async def test_nothing_missed_leaves_no_gap(town: Town) -> None:
    await town.begin()
    heard = from_history(town, ZHAO, "断线前")
    await town.talk.deliver(heard)
    tail = [heard]
    town.talk.gate.disconnected("qq", BOT)
    town.talk.advance(timedelta(minutes=1))
    await away(town, tail)
    async with town.talk.store.read() as session:
        assert (await session.execute(select(func.count()).select_from(Gap))).scalar_one() == 0


@pytest.mark.rule("P1")
async def test_the_history_from_before_a_consent_is_not_taken(town: Town) -> None:
    await town.begin()
    early = from_history(town, KAI, "同意之前说的")
    town.talk.gate.disconnected("qq", BOT)
    town.talk.advance(timedelta(minutes=2))
    await town.talk.says(KAI, "同意 原话")
    await away(town, [early, from_history(town, KAI, "同意之后说的")])
    assert await town.stored() == ["阿凯：同意之后说的"]


async def test_a_history_that_breaks_off_does_not_break_the_bot(town: Town) -> None:
    class Broken:
        name = "qq"
        pictures = False

        async def history(self, *_: object, **__: object) -> None:
            raise OSError

    await town.begin()
    assert town.talk.gate.backfill is not None
    broken: Channel = Broken()  # type: ignore[assignment]
    town.talk.gate.backfill.attach(broken)
    await away(town, None)
    await town.say(ZHAO, "还能记")
    assert await town.stored() == ["小赵：还能记"]


@pytest.mark.rule("P1")
async def test_private_words_are_never_recorded(town: Town) -> None:
    await town.begin()
    await town.talk.says(ZHAO, "私下说的话")
    assert await town.stored() == []
    assert town.talk.incoming(ZHAO, "x").kind is ChatKind.PRIVATE
