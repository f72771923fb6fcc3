"""Sending and history through the port (channels.md section 6; reliability sections 3 and 6)."""

import asyncio
import base64
import json
from typing import Any

import pytest
from nonebot.adapters.onebot.v11 import ApiNotAvailable, Message, MessageSegment, NetworkError
from nonebot.drivers import combine_driver
from nonebot.drivers.fastapi import Driver as FastAPIDriver
from nonebot.drivers.httpx import Mixin as HTTPXMixin

from bot.channels.onebot.results import CallRefused, OutcomeUnknown, judge
from bot.channels.port import Delivery, Outcome
from bot.core.rules.message import Address, ChatKind, FileOut, Incoming, Mention, OutSegment, Quote, Text
from tests.channels.door import SELF_ID, Door, Kind, open_door
from tests.gateway import Answer, FakeGateway, group, private

GROUP = Address("qq", SELF_ID, ChatKind.GROUP, "7")
PRIVATE = Address("qq", SELF_ID, ChatKind.PRIVATE, "2001")
WORDS: list[OutSegment] = [Text("hello")]


@pytest.mark.parametrize(
    ("answer", "outcome", "error", "is_shown"),
    [
        (Answer.REFUSED, Outcome.FAILED, "retcode_100", False),
        (Answer.BLOCKED_1200, Outcome.UNKNOWN, "retcode_1200", False),
        (Answer.DELIVERED_1200, Outcome.UNKNOWN, "retcode_1200", True),
        (Answer.NO_REPLY, Outcome.UNKNOWN, "timeout", True),
        (Answer.SWALLOWED, Outcome.UNKNOWN, "timeout", False),
        (Answer.DROP, Outcome.UNKNOWN, "connection_lost", True),
        (Answer.ASYNC, Outcome.UNKNOWN, "async", False),
        (Answer.DUPLICATE, Outcome.SENT, "", True),
        (Answer.OK, Outcome.SENT, "", True),
    ],
)
@pytest.mark.parametrize("address", [GROUP, PRIVATE], ids=["group", "private"])
async def test_each_answer_of_a_gateway_has_its_outcome(
    answer: Answer, outcome: Outcome, error: str, is_shown: bool, address: Address, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_door(Kind.OURS, monkeypatch, api_timeout=0.2) as door, door.connected() as gateway:
        gateway.script("*", answer)
        delivery = await door.adapter.deliver(address, WORDS)
        assert (delivery.outcome, delivery.error) == (outcome, error)
        shown = gateway.shown[group(7) if address is GROUP else private(2001)]
        assert [one.text for one in shown] == (["hello"] if is_shown else [])
        if outcome is Outcome.SENT:
            assert delivery.native_id == str(shown[0].message_id)


async def test_without_a_connection_it_is_for_later_and_certainly_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    later = Delivery(Outcome.RETRY_LATER, error="not_connected")
    async with open_door(Kind.OURS, monkeypatch) as door:
        assert await door.adapter.deliver(GROUP, WORDS) == later
        async with door.connected() as gateway:
            assert await door.adapter.deliver(Address("qq", "99", ChatKind.GROUP, "7"), WORDS) == later
            await gateway.drop()
            await door.edge.until(lambda: door.edge.online[-1].startswith("-"))
            assert await door.adapter.deliver(GROUP, WORDS) == later
        assert not gateway.shown


async def test_a_half_open_gateway_leaves_it_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_door(Kind.OURS, monkeypatch, api_timeout=0.2) as door, door.connected() as gateway:
        gateway.half_open()
        assert (await door.adapter.deliver(GROUP, WORDS)).outcome is Outcome.UNKNOWN


async def test_a_replaced_connection_makes_its_sendings_unknown_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_door(Kind.OURS, monkeypatch, api_timeout=30) as door, door.connected(answering=False) as old:
        sending = asyncio.create_task(door.adapter.deliver(GROUP, WORDS))
        await old.expect_call("send_group_msg")
        async with door.connected():
            delivery = await asyncio.wait_for(sending, 20)  # far less than a call's own 30 s
            assert delivery == Delivery(Outcome.UNKNOWN, error="connection_lost")


async def test_stock_without_a_connection_speaks_of_a_failed_request(monkeypatch: pytest.MonkeyPatch) -> None:
    """With an HTTP client in the driver, "certainly not sent" looks like "maybe sent"; ours says the former."""
    monkeypatch.setattr("tests.channels.door.Driver", combine_driver(FastAPIDriver, HTTPXMixin))
    for kind, error in ((Kind.STOCK, NetworkError), (Kind.OURS, ApiNotAvailable)):
        async with open_door(kind, monkeypatch) as door:
            async with door.connected() as gateway:
                bot = door.bot
                await gateway.drop()
                while door.adapter.bots:  # noqa: ASYNC110 - the stock door tells nobody
                    await asyncio.sleep(0.002)
            with pytest.raises(error):
                await bot.call_api("get_status")


async def test_words_go_out_as_text_segments_whatever_they_look_like(monkeypatch: pytest.MonkeyPatch) -> None:
    words = "[CQ:at,qq=all]&#91;CQ:image,file=file:///etc/passwd]\x00\ud800"
    async with open_door(Kind.OURS, monkeypatch) as door, door.connected() as gateway:
        segments: list[OutSegment] = [Quote("-5"), Mention("2001"), Text(words)]
        assert (await door.adapter.deliver(GROUP, segments)).outcome is Outcome.SENT
        (shown,) = gateway.shown[group(7)]
        assert not shown.as_string
        assert shown.segments == (
            {"type": "reply", "data": {"id": "-5"}},
            {"type": "at", "data": {"qq": "2001"}},
            {"type": "text", "data": {"text": "[CQ:at,qq=all]&#91;CQ:image,file=file:///etc/passwd]"}},
        )


async def test_stock_sends_a_string_unescaped_and_ours_refuses_it(monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_door(Kind.STOCK, monkeypatch) as door, door.connected() as gateway:
        await door.bot.send_group_msg(group_id=7, message="[CQ:at,qq=all]hi")
        assert gateway.shown[group(7)][0].as_string
    async with open_door(Kind.OURS, monkeypatch) as door, door.connected() as gateway:
        for message in (
            "[CQ:at,qq=all]hi",
            [{"type": "at", "data": {"qq": "all"}}],
            MessageSegment.at("all"),
            Message("[CQ:at,qq=all]hi"),
            [{"type": "node", "data": {"content": [{"type": "at", "data": {"qq": "all"}}]}}],
        ):
            with pytest.raises(ValueError, match=r"string|at-all"):
                await door.bot.send_group_msg(group_id=7, message=message)
        with pytest.raises(ValueError, match="hidden"):
            await door.bot.call_api(".handle_quick_operation", operation={"reply": "[CQ:at,qq=all]"})
        await door.bot.send_group_msg(group_id=7, message=Message("hi"))
        assert [one.text for one in gateway.shown[group(7)]] == ["hi"]


@pytest.mark.parametrize(
    ("address", "segments"),
    [
        (GROUP, []),
        (GROUP, [Mention("all")]),
        (GROUP, [Mention("0")]),
        (GROUP, [Quote("")]),
        (GROUP, [FileOut("a.xlsx", b"x")]),
        (PRIVATE, [Text("see"), FileOut("a.xlsx", b"x")]),
        (Address("qq", SELF_ID, ChatKind.GROUP, "7;8"), WORDS),
    ],
)
async def test_what_cannot_go_out_fails_without_a_call(
    address: Address, segments: list[OutSegment], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_door(Kind.OURS, monkeypatch) as door, door.connected() as gateway:
        assert await door.adapter.deliver(address, segments) == Delivery(Outcome.FAILED, error="bad_parameters")
        assert gateway.calls == []


async def test_a_stranger_is_reached_through_the_group_only(monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_door(Kind.OURS, monkeypatch) as door, door.connected() as gateway:
        gateway.platform.friends = set()
        assert (await door.adapter.deliver(PRIVATE, WORDS)).outcome is Outcome.FAILED
        through = Address("qq", SELF_ID, ChatKind.PRIVATE, "2001", via_group="7")
        assert (await door.adapter.deliver(through, WORDS)).outcome is Outcome.SENT
        assert gateway.shown[private(2001)][0].via_group == "7"


async def test_a_file_goes_out_as_base64(monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_door(Kind.OURS, monkeypatch) as door, door.connected() as gateway:
        delivery = await door.adapter.deliver(PRIVATE, [FileOut("季度报告.xlsx", b"\x00\xff")])
        assert delivery.outcome is Outcome.SENT
        data = gateway.shown[private(2001)][0].segments[0]["data"]
        assert data == {"name": "季度报告.xlsx", "file": "base64://" + base64.b64encode(b"\x00\xff").decode()}


async def test_ids_beyond_53_bits_keep_every_digit(monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_door(Kind.OURS, monkeypatch) as door, door.connected() as gateway:
        wide = str(2**63 + 1)
        await door.adapter.deliver(Address("qq", SELF_ID, ChatKind.GROUP, wide), WORDS)
        await door.adapter.deliver(GROUP, WORDS)
        assert [call.params["group_id"] for call in gateway.calls] == [wide, 7]


async def test_the_history_holds_what_was_missed_and_our_own_messages(monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_door(Kind.OURS, monkeypatch) as door, door.connected() as gateway:
        live = await gateway.group_message(7, 2001, "one")
        assert await door.messages(1)
        await door.adapter.deliver(GROUP, WORDS)
        gateway.platform.history[group(7)].append({"message": "no ids"})
        told = await door.adapter.history(SELF_ID, "7", count=20)
        assert told is not None
        assert [(one.sender_id, one.text, one.from_history) for one in told] == [
            ("2001", "one", True),
            (SELF_ID, "hello", True),
        ]
        arrived = door.edge.arrived[0]
        assert isinstance(arrived, Incoming)
        assert told[0].message_id == arrived.message_id == str(live["message_id"])
        assert (told[0].chat_id, told[0].sent_at, told[0].sequence) == ("7", arrived.sent_at, arrived.sequence)


async def test_a_history_that_cannot_be_told_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    async with open_door(Kind.OURS, monkeypatch, api_timeout=0.2) as door:
        assert await door.adapter.history(SELF_ID, "7", count=20) is None
        async with door.connected() as gateway:
            assert await door.adapter.history(SELF_ID, "7", count=20) is None  # NapCat throws when empty
            gateway.script("get_group_msg_history", Answer.SWALLOWED)
            await gateway.group_message(7, 2001, "one")
            assert await door.adapter.history(SELF_ID, "x", count=20) is None
            gateway.platform.missing_actions.add("get_group_msg_history")
            assert await door.adapter.history(SELF_ID, "7", count=20) is None


ANSWERS: tuple[tuple[dict[str, Any], type[Exception]], ...] = (
    ({}, OutcomeUnknown),
    ({"status": "ok"}, OutcomeUnknown),
    ({"status": "ok", "retcode": 1}, OutcomeUnknown),
    ({"status": "ok", "retcode": False}, OutcomeUnknown),
    ({"status": "ok", "retcode": "0"}, OutcomeUnknown),
    ({"status": "failed", "retcode": 0}, OutcomeUnknown),
    ({"status": "failed", "retcode": 10**9}, OutcomeUnknown),
    ({"status": "failed", "retcode": 1200}, OutcomeUnknown),
    ({"status": "failed", "retcode": 200, "message": "Error: Timeout: NTEvent"}, OutcomeUnknown),
    ({"status": "failed", "retcode": 100, "wording": "SEND_MSG_API_ERROR"}, OutcomeUnknown),
    ({"status": "async", "retcode": 1}, OutcomeUnknown),
    ({"status": "failed", "retcode": 100, "message": "not in group"}, CallRefused),
    ({"status": "failed", "retcode": 1404}, CallRefused),
)


@pytest.mark.parametrize(("answer", "error"), ANSWERS, ids=[json.dumps(answer) for answer, _ in ANSWERS])
def test_only_ok_and_zero_is_success(answer: dict[str, Any], error: type[Exception]) -> None:
    with pytest.raises(error):
        judge(answer)


NTEVENT = (
    "NTEvent serviceAndMethod:NodeIKernelMsgService/sendMsg ListenerName:NodeIKernelMsgListener/onMsgInfoListUpdate"
)


def checked(result: int, words: str = "", *, began: str = "EventChecker Failed") -> str:
    """How NapCat wraps what the platform answered."""
    return f'{began}: {NTEVENT} EventRet:\n{{\n    "result": {result},\n    "errMsg": "{words}"\n}}\n'


NOES: tuple[tuple[int, str, str], ...] = (
    (1200, "发送失败，请先添加对方为好友", "not_friend"),
    (1200, checked(16, "发送失败，请先添加对方为好友。"), "not_friend"),
    (200, "Error: " + checked(16, "发送失败，请先添加对方为好友。"), "not_friend"),
    (1200, checked(16), "not_friend"),
    (1200, checked(16).replace('"', '\\"'), "not_friend"),
    (1200, "无法获取用户信息", "not_friend"),
    (1200, checked(120), "muted"),
    (1200, checked(120, "你已被禁言，消息无法发送。"), "muted"),
    (1200, "全员禁言中", "muted"),
    (120, "", "retcode_120"),
    (200, checked(110, "发送失败，你已被移出该群，请重新加群。"), "not_in_group"),
    (1200, "GROUP_NOT_FOUND", "not_in_group"),
    (1200, checked(-1, "rich media transfer failed"), "no_transfer"),
    (1200, checked(-1, "rich media transfer failed", began="Timeout"), "no_transfer"),
    (1200, "rich media transfer failed", "no_transfer"),
    (1200, checked(5, "账号已被冻结"), "frozen"),
    (1200, "消息过长", "too_long"),
    (1200, checked(79, "账号可能被风控"), "risk_control"),
    (1200, checked(299), "retcode_1200"),
)


@pytest.mark.parametrize(("retcode", "words", "code"), NOES)
@pytest.mark.parametrize("field", ["message", "wording", "msg"])
def test_a_definite_no_is_read_inside_wrapped_words(retcode: int, words: str, code: str, field: str) -> None:
    with pytest.raises(CallRefused) as refused:
        judge({"status": "failed", "retcode": retcode, "data": None, field: words})
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("retcode", "words"),
    [
        (1200, f"Timeout: {NTEVENT} EventRet:\n{{}}\n"),
        (1200, checked(0, began="Timeout")),
        (1200, checked(1, began="Timeout")),
        (1200, "发送消息失败"),
        (100, "SEND_MSG_API_ERROR 群消息发送失败: 账号可能被风控"),
        (100, "SEND_MSG_API_ERROR send group message failed: blocked by server"),
    ],
)
def test_what_leaves_it_open_stays_unknown(retcode: int, words: str) -> None:
    with pytest.raises(OutcomeUnknown):
        judge({"status": "failed", "retcode": retcode, "data": None, "message": words})


def test_success_gives_the_data() -> None:
    assert judge({"status": "ok", "retcode": 0, "data": {"message_id": 5}}) == {"message_id": 5}


async def test_calls_at_the_same_time_get_their_own_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    async def one(door: Door, gateway: FakeGateway, number: int) -> bool:
        address = Address("qq", SELF_ID, ChatKind.GROUP, str(number))
        delivery = await door.adapter.deliver(address, [Text(f"to {number}")])
        (shown,) = gateway.shown[group(number)]
        return delivery.native_id == str(shown.message_id) and shown.text == f"to {number}"

    async with open_door(Kind.OURS, monkeypatch) as door, door.connected() as gateway:
        assert all(await asyncio.gather(*(one(door, gateway, number) for number in range(1, 51))))
