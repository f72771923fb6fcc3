"""Words that narrow or protect, said while the bot was away where no talk is open: heard late, and nothing else is."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select

from bot.core.rules.consent import ConsentScope
from bot.core.rules.message import Incoming, Mention, Segment, Text
from bot.core.tables import Consent, Crisis
from bot.features.talk.tables import TalkMessage
from bot.features.wish.tables import Wish
from bot.store.chat import Chat, ChatHost, Contact
from bot.store.people import OrgUnit, Person
from bot.store.store import Store
from tests.harness import BOT, Talkers
from tests.people_built import make_cadre, make_chat, make_consent, make_org, make_youth
from tests.said import Refused, Said

CADRE, ZHAO, KAI, STRANGER, GROUP = "10001", "20001", "20002", "99999", "888"
AWAY = timedelta(minutes=40)


@dataclass(slots=True)
class Line:
    """A linked group of two youths without a talk; the line has just broken."""

    talk: Talkers
    told: defaultdict[str, list[Incoming]] = field(default_factory=lambda: defaultdict(list))
    """What the gateway kept, by group or by who wrote in private."""
    asked: list[str] = field(default_factory=list)
    wrote: list[str] | None = None
    number: int = 1000

    def of(self, talk: Talkers) -> None:
        """Let this bot ask the gateway."""
        self.talk = talk
        talk.channel.history = self.history  # type: ignore[method-assign]
        talk.channel.private_history = self.private_history  # type: ignore[method-assign]
        talk.channel.wrote_last = self.wrote_last  # type: ignore[method-assign]

    async def history(self, bot_id: str, chat_id: str, *, count: int, until: str = "") -> Sequence[Incoming]:
        self.asked.append(chat_id)
        return [] if until else self.told[chat_id][-count:]

    async def private_history(self, bot_id: str, user_id: str, *, count: int) -> Sequence[Incoming]:
        self.asked.append(user_id)
        return self.told[user_id][-count:]

    async def wrote_last(self, bot_id: str, *, count: int) -> Sequence[str] | None:
        return self.wrote

    def write(self, user: str, text: str | Sequence[Segment], *, group: str | None = None) -> Incoming:
        """Somebody writes; whether the bot hears it is another matter."""
        self.number += 1
        to_bot = not isinstance(text, str) and Mention(BOT) in text
        one = self.talk.incoming(user, text, group=group, message_id=str(self.number), to_bot=to_bot)
        self.told[group or user].append(replace(one, from_history=True))
        self.talk.advance(timedelta(seconds=5))
        return one

    async def hears(self, user: str, text: str, *, group: str | None = None) -> list[str]:
        return await self.talk.deliver(self.write(user, text, group=group))

    def down(self) -> None:
        self.talk.gate.disconnected("qq", BOT)

    async def up(self) -> None:
        """The line stands again and everything was looked through."""
        self.talk.gate.connected("qq", BOT)
        assert self.talk.gate.backfill is not None
        await self.talk.gate.backfill.settle()
        await self.talk.sender.pump()

    async def count(self, table: type, *where: object) -> int:
        async with self.talk.store.read() as session:
            counted = select(func.count()).select_from(table).where(*where)  # type: ignore[arg-type]
            return (await session.execute(counted)).scalar_one()

    async def agreed(self) -> int:
        return await self.count(Consent, Consent.withdrawn_at.is_(None), Consent.scope == "original_messages")


@pytest.fixture
async def line(any_store: Store) -> Line:
    org = await make_org(any_store)
    cadre = await make_cadre(any_store, org, number=CADRE)
    chat = await make_chat(any_store, org, cadre)
    for name, number in (("小赵", ZHAO), ("阿凯", KAI)):
        youth = await make_youth(any_store, org, name, number, cadre=cadre, chat=chat)
        await make_consent(any_store, youth, ConsentScope.ORIGINAL_MESSAGES, chat)
    talk = await Talkers.open(any_store)
    line = Line(talk)
    line.of(talk)
    line.talk.advance(timedelta(minutes=10))
    line.down()
    return line


@pytest.mark.rule("P4")
@pytest.mark.parametrize(
    ("words", "where"),
    [
        ("停止记录", GROUP),
        ("停止记录吧，谢谢", GROUP),
        ("退出", GROUP),
        ("停止记录", None),
        ("撤回原话", None),
        ("退出", None),
    ],
)
async def test_a_withdrawal_holds_wherever_it_was_said_meanwhile(line: Line, words: str, where: str | None) -> None:
    line.write(ZHAO, "/" + words if where else words, group=where)
    line.talk.advance(AWAY)
    await line.up()
    assert await line.agreed() == 1
    assert line.talk.shown(where or ZHAO)[0] in (Said("consent/stopped"), Said("consent/withdrawn"), Said("leave/left"))


@pytest.mark.parametrize("where", [GROUP, None])
async def test_nobody_is_written_to_who_asked_not_to_be(line: Line, where: str | None) -> None:
    line.write(ZHAO, "/别再提醒" if where else "别再提醒", group=where)
    line.talk.advance(AWAY)
    await line.up()
    assert await line.count(Person, Person.reminders_off.is_(True)) == 1


@pytest.mark.rule("P27")
@pytest.mark.parametrize("hours", [0, 3, 100])
async def test_words_of_danger_get_their_card_which_says_that_the_bot_was_away(line: Line, hours: int) -> None:
    line.write(ZHAO, "我真的不想活了")
    line.talk.advance(timedelta(hours=hours))
    await line.up()
    assert line.talk.shown(ZHAO) == [Said("crisis/card", offer=True, late=hours > 0)]
    assert await line.count(Crisis) == 1


async def test_words_of_danger_said_to_the_bot_in_a_group_are_answered_in_private(line: Line) -> None:
    line.write(ZHAO, (Mention(BOT), Text(" 我真的不想活了")), group=GROUP)
    line.write(KAI, "/许愿 我真的不想活了", group=GROUP)
    line.write(KAI, "我真的不想活了", group=GROUP)  # to nobody: not for the bot
    line.talk.advance(AWAY)
    await line.up()
    assert line.talk.shown(GROUP) == []
    assert [line.talk.shown(one) for one in (ZHAO, KAI)] == [[Said("crisis/card", late=True)]] * 2
    assert await line.count(Wish) == 0


@pytest.mark.parametrize("minutes", [1, 40])
async def test_nothing_else_is_heard_stored_or_answered(line: Line, minutes: int) -> None:
    for words in ("/许愿 一个篮球", "/帮助", "大家好", "/谈心 开始", "/同意 原话"):
        line.write(ZHAO, words, group=GROUP)
    line.write(KAI, (Mention(BOT), Text(" 在吗")), group=GROUP)
    for words in ("许愿 一个篮球", "帮助", "心声 夜班太多了", "3", "匿名 夜班太多了"):
        line.write(ZHAO, words)
    line.talk.advance(timedelta(minutes=minutes))
    await line.up()
    assert [line.talk.shown(one) for one in (GROUP, ZHAO, KAI, CADRE)] == [[], [], [], []]
    assert await line.count(TalkMessage) == 0
    assert await line.count(Wish) == 0
    assert await line.agreed() == 2


@pytest.mark.parametrize("ids", ["same", "others"])
@pytest.mark.parametrize("where", [GROUP, None])
@pytest.mark.parametrize("words", ["停止记录", "谈心 放弃", "解除关联", "退出", "我真的不想活了"])
async def test_what_had_its_answer_is_not_answered_again(line: Line, words: str, where: str | None, ids: str) -> None:
    """Refusals too: by what was heard live, and by another look."""
    await line.up()
    said = "/" + words if where else words
    await line.hears(STRANGER if words == "解除关联" else ZHAO, said, group=where)
    shown = {who: len(line.talk.shown(who)) for who in (GROUP, ZHAO, STRANGER)}
    if ids == "others":
        line.told[where or ZHAO] = [replace(one, message_id=f"9{one.message_id}") for one in line.told[where or ZHAO]]
    for _ in range(2):
        line.down()
        line.talk.advance(timedelta(minutes=2))
        await line.up()
    assert {who: len(line.talk.shown(who)) for who in (GROUP, ZHAO, STRANGER)} == shown
    assert Refused("talk.none_open") not in line.talk.shown(GROUP)[1:]


async def test_a_start_looks_back_to_the_last_day_on_which_anybody_was_heard(line: Line) -> None:
    await line.up()
    await line.hears(CADRE, "许愿池")
    await line.hears(ZHAO, "别再提醒")
    line.down()
    line.write(KAI, "/停止记录", group=GROUP)
    line.write(ZHAO, "我真的不想活了")
    line.talk.advance(timedelta(days=3))
    line.of(await Talkers.open(line.talk.store))
    await line.up()
    assert await line.agreed() == 1
    assert line.talk.shown(ZHAO) == [Said("crisis/card", late=True)]


async def test_only_those_who_wrote_last_come_first_and_strangers_are_never_asked_about(line: Line) -> None:
    line.wrote = [STRANGER, KAI]
    await line.up()
    assert line.asked == [KAI, GROUP, *sorted((ZHAO, CADRE), key=line.asked.index)]


async def test_a_look_that_breaks_off_begins_as_far_back_again(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    line.write(ZHAO, "/停止记录", group=GROUP)
    line.talk.advance(AWAY)
    monkeypatch.setattr(line.talk.channel, "online", lambda _: False)
    await line.up()
    line.down()
    assert await line.agreed() == 2
    monkeypatch.setattr(line.talk.channel, "online", lambda _: True)
    line.talk.advance(AWAY)
    await line.up()
    assert await line.agreed() == 1


async def test_an_old_end_of_a_link_ends_none_that_began_after_it(line: Line) -> None:
    line.write(CADRE, "/解除关联", group=GROUP)
    line.talk.advance(AWAY)
    async with line.talk.store.unit() as unit:
        (await unit.session.execute(select(Chat))).scalar_one().linked_at = unit.now
        for contact in (await unit.session.execute(select(Contact))).scalars():
            contact.since = unit.now
    await line.up()
    assert await line.count(Chat, Chat.state == "linked") == 1


@pytest.mark.parametrize("host", [CADRE, "10002"], ids=["owner", "co-host"])
@pytest.mark.parametrize(("after", "ends"), [(-60.0, True), (0.4, True), (1.0, False), (600.0, False)])
async def test_an_end_of_a_link_holds_unless_the_link_is_surely_younger(
    line: Line, host: str, after: float, ends: bool
) -> None:
    """Platforms tell whole seconds: a link of the same second may be the older one, and then its end holds."""
    async with line.talk.store.unit() as unit:
        chat = (await unit.session.execute(select(Chat))).scalar_one()
        org, chat_id = await unit.session.get_one(OrgUnit, chat.org_id), chat.id
    other = await make_cadre(line.talk.store, org, "周明", "10002")
    said = line.write(host, "/解除关联", group=GROUP)
    began = datetime.fromtimestamp(said.sent_at, UTC) + timedelta(seconds=after)
    async with line.talk.store.unit() as unit:
        unit.session.add(ChatHost(chat_id=chat_id, person_id=other.person_id, since=began))
        if host == CADRE:
            (await unit.session.execute(select(Chat))).scalar_one().linked_at = began
    line.talk.advance(AWAY)
    await line.up()
    hosts, linked = await line.count(ChatHost), await line.count(Chat, Chat.state == "linked")
    assert (hosts, linked) == ((2, 1) if not ends else (0, 0) if host == CADRE else (1, 1))


async def test_old_words_far_behind_a_busy_group_are_found(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    line.write(ZHAO, "/停止记录", group=GROUP)
    for number in range(180):
        line.write(STRANGER, f"聊天 {number}", group=GROUP)

    async def pages(bot_id: str, chat_id: str, *, count: int, until: str = "") -> Sequence[Incoming]:
        kept = line.told[chat_id]
        end = next((place + 1 for place, one in enumerate(kept) if one.message_id == until), len(kept))
        return kept[max(0, end - count) : end]

    monkeypatch.setattr(line.talk.channel, "history", pages)
    line.talk.advance(AWAY)
    await line.up()
    assert await line.agreed() == 1
