"""NoneBot's events and bot object at our door: quiet, without look-ups, sending by handing over (section 3)."""

import asyncio
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from nonebot import on_message
from nonebot.adapters.onebot.v11 import Event, GroupMessageEvent, Message, MessageEvent, MessageSegment
from nonebot.exception import NoLogException
from nonebot.matcher import Matcher
from nonebot.message import handle_event
from pydantic import TypeAdapter

from bot.channels.onebot import Adapter, incoming_of
from bot.channels.onebot.bot import out_segments
from bot.channels.onebot.convert import to_plain
from bot.channels.onebot.events import build_event, build_message_event
from bot.core.rules.message import Address, ChatKind, Incoming, Mention, Quote, Text
from tests.channels.door import SELF_ID, TOKEN, Kind, many, open_door, poll
from tests.channels.test_onebot_convert import message

GROUP = Address("qq", SELF_ID, ChatKind.GROUP, "7")


def built(**fields: Any) -> tuple[MessageEvent, Incoming]:
    """A message as the adapter builds it, and what it stands for."""
    raw = message(**fields)
    incoming = to_plain(raw, SELF_ID)
    assert isinstance(incoming, Incoming)
    event = build_message_event(raw, incoming)
    assert event is not None
    return event, incoming


def test_the_message_of_an_event_is_found_again() -> None:
    event, incoming = built()
    assert incoming_of(event) is incoming
    assert isinstance(event, GroupMessageEvent)
    event.message.clear()  # what matchers do to the event does not reach it
    assert incoming_of(event) is incoming


def test_the_message_of_an_event_built_by_hand_is_read_from_it() -> None:
    parts = [{"type": "at", "data": {"qq": SELF_ID}}, {"type": "text", "data": {"text": " 报名 12"}}]
    raw = message(message=parts)
    by_hand = GroupMessageEvent.model_validate(raw | {"message": Message(TypeAdapter(Message).validate_python(parts))})
    assert incoming_of(by_hand) == to_plain(raw, SELF_ID)
    assert incoming_of(GroupMessageEvent.model_validate(raw)) == to_plain(raw, SELF_ID)


def test_other_events_stand_for_no_message() -> None:
    notice = {"time": 1, "self_id": 10001, "post_type": "notice", "notice_type": "friend_add", "user_id": 5}
    event = build_event(notice)
    assert event is not None
    assert event.get_event_name() == "notice.friend_add"
    assert incoming_of(event) is None
    assert incoming_of("no event") is None


@pytest.mark.parametrize(
    "raw",
    [
        message(),
        message(message_type="private"),
        {"time": 1, "self_id": 10001, "post_type": "notice", "notice_type": "friend_add", "user_id": 5},
        {"time": 1, "self_id": 10001, "post_type": "notice", "notice_type": "brand_new", "x": "words"},
        {"time": 1, "self_id": 10001, "post_type": "request", "request_type": "group", "comment": "words"},
    ],
)
def test_no_event_has_a_log_line(raw: dict[str, Any]) -> None:
    event = Adapter.json_to_event(raw)
    assert isinstance(event, Event)
    with pytest.raises(NoLogException):
        event.get_log_string()


@pytest.mark.parametrize(
    "raw", [None, [], {}, {"post_type": []}, {"post_type": "message"}, {"status": "ok", "echo": "1"}]
)
def test_what_is_no_event_becomes_none(raw: object) -> None:
    assert Adapter.json_to_event(raw) is None


@pytest.mark.parametrize(
    "fields",
    [
        {"message_id": "not-a-number"},
        {"message_id": 2**70},
        {"sender": {"age": "x", "nickname": "\ud800"}},
        {"sender": 5},
        {"font": "x"},
        {"sub_type": None},
        {"time": None},
        {"raw_message": 5},
        {"anonymous": {"id": "x"}},
        {"message": "[CQ:at,qq=10001]hi"},
    ],
)
def test_odd_details_never_cost_a_message(fields: dict[str, Any]) -> None:
    event, incoming = built(**fields)
    assert incoming_of(event) == incoming
    assert event.get_user_id() == "2001"


def test_words_reach_other_plugins_clean_and_pictures_whole() -> None:
    picture = {"type": "image", "data": {"file": "a.png"}}
    event, _ = built(message=[{"type": "text", "data": {"text": "a\x00\ud800"}}, picture])
    assert [(part.type, part.data) for part in event.message] == [("text", {"text": "a"}), ("image", {"file": "a.png"})]


def test_a_string_is_words_for_the_sender_and_a_picture_is_refused() -> None:
    assert out_segments("[CQ:at,qq=all]") == [Text("[CQ:at,qq=all]")]
    assert out_segments(MessageSegment.at(5) + MessageSegment.text("x")) == [Mention("5"), Text("x")]
    with pytest.raises(ValueError, match="only words"):
        out_segments(MessageSegment.image("file:///etc/passwd"))


async def test_an_answer_is_handed_over_and_nothing_is_called(monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_door(Kind.OURS, monkeypatch) as door, door.connected() as gateway:
        event, _ = built()
        await door.bot.send(event, "answer", at_sender=True, reply_message=True)
        assert door.enqueued == [(GROUP, (Quote("5"), Mention("2001"), Text(" "), Text("answer")))]
        for forbidden in (MessageSegment.at("all"), MessageSegment.image("http://x")):
            with pytest.raises(ValueError, match=r"one person|only words"):
                await door.bot.send(event, forbidden)
        notice = {"time": 1, "self_id": 10001, "post_type": "notice", "notice_type": "friend_add", "user_id": 5}
        await door.bot.send(build_event(notice), "welcome")
        assert door.enqueued[-1] == (Address("qq", SELF_ID, ChatKind.PRIVATE, "5"), (Text("welcome"),))
        assert gateway.calls == []


@pytest.fixture
def matcher() -> Iterator[type[Matcher]]:
    """A NoneBot matcher that sees every message."""
    made = on_message(block=True)
    yield made
    made.destroy()


async def test_a_message_of_ours_reaches_a_matcher_and_its_answer_the_sender(
    matcher: type[Matcher], monkeypatch: pytest.MonkeyPatch
) -> None:
    got: list[Incoming | None] = []

    @matcher.handle()
    async def _(event: Event) -> None:
        got.append(incoming_of(event))
        await matcher.finish("done [CQ:at,qq=all]")

    async def ours(what: object) -> bool:
        return isinstance(what, Incoming) and what.text == "ours"

    async with open_door(Kind.OURS, monkeypatch) as door, door.connected(answering=False) as gateway:
        monkeypatch.setattr("bot.channels.onebot.bot.handle_event", handle_event)
        door.edge.answer = ours
        await gateway.group_message(7, 2001, "theirs")
        await gateway.group_message(7, 2001, "ours")
        await poll(lambda: door.enqueued)
        assert got == [door.edge.arrived[1]]
        assert door.enqueued == [(GROUP, (Text("done [CQ:at,qq=all]"),))]
        assert (gateway.calls, door.adapter.counters.failed) == ([], 0)


async def test_a_matcher_that_never_ends_keeps_no_slot_although_nonebot_shields_it(
    matcher: type[Matcher], monkeypatch: pytest.MonkeyPatch
) -> None:
    hold, running = asyncio.Event(), []

    @matcher.handle()
    async def _(event: Event) -> None:
        running.append(event)
        await hold.wait()

    async def ours(_: object) -> bool:
        return True

    opened = open_door(Kind.OURS, monkeypatch, slots=(1, 1), deadline=0.05)
    async with opened as door, door.connected() as gateway:
        monkeypatch.setattr("bot.channels.onebot.bot.handle_event", handle_event)
        door.edge.answer = ours
        await many(gateway, 3)
        await poll(lambda: len(running) == 3)
        hold.set()
        await poll(lambda: len(door.adapter._handlings) == 0)


@pytest.mark.rule("P19")
async def test_a_token_in_the_address_never_reaches_a_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "uvicorn.error")
    for kind in Kind:
        caplog.clear()
        async with open_door(kind, monkeypatch) as door, door.connected(path=f"/onebot/v11/ws?access_token={TOKEN}"):
            await asyncio.sleep(0)
        assert any("/onebot/v11/ws" in line for line in caplog.messages)
        leaked = any(TOKEN in line for line in caplog.messages)
        assert leaked is (kind is Kind.STOCK)
