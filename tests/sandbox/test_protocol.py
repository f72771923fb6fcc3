import base64
import json
from typing import Any

import pytest
from nonebot.adapters.onebot.v11 import Adapter

from bot.core.rules.message import ChatKind, Media, Mention, Quote, Text
from bot.sandbox.calls import Calls
from bot.sandbox.codes import read, to_codes, to_wire
from bot.sandbox.protocol import EventMaker
from bot.sandbox.spec import WorldSpec
from bot.sandbox.values import Attachment, Chat
from bot.sandbox.world import World
from tests.sandbox.worlds import ALONE, BOT, CLEAR_CREEK, KAI, LIN, QUIET, SPEC, ZHAO, make_clock, make_world

GROUP = Chat(ChatKind.GROUP, CLEAR_CREEK)
ZIP = "base64://" + base64.b64encode(b"PK-invented").decode()
PNG = "base64://" + base64.b64encode(b"\x89PNG\r\n\x1a\n-invented").decode()


def private(number: int) -> Chat:
    return Chat(ChatKind.PRIVATE, number)


def call(world: World, action: str, **params: Any) -> dict[str, Any]:
    answer = Calls(world).answer({"action": action, "params": params, "echo": "e1"})
    assert answer["echo"] == "e1"
    json.dumps(answer)
    return answer


def events(world: World, after: int = 0) -> list[dict[str, Any]]:
    maker = EventMaker(world, make_clock())
    told = [maker.of(change) for change in world.changes_after(after) or ()]
    return [event for event in told if event is not None]


def no_file(name: str, content: bytes, picture: bool) -> Attachment:
    raise AssertionError("no file was sent")


@pytest.mark.parametrize("frame", [None, [], 3, "x", {}, {"action": 5}, {"action": None}])
def test_a_frame_that_is_no_action_is_answered_as_failed(frame: Any):
    assert Calls(make_world()).answer(frame)["retcode"] == 1400


def test_an_unknown_action_is_answered_with_1404():
    answer = call(make_world(), "send_nuclear_msg")
    assert (answer["status"], answer["retcode"], answer["data"]) == ("failed", 1404, None)


@pytest.mark.parametrize(
    ("action", "params"),
    [
        ("send_group_msg", {"message": "x"}),
        ("send_group_msg", {"group_id": "abc", "message": "x"}),
        ("send_group_msg", {"group_id": True, "message": "x"}),
        ("send_group_msg", {"group_id": CLEAR_CREEK}),
        ("send_group_msg", {"group_id": CLEAR_CREEK, "message": [{"data": {}}]}),
        ("send_group_msg", {"group_id": CLEAR_CREEK, "message": [{"type": "text", "data": 5}]}),
        ("send_msg", {"message_type": "channel", "message": "x"}),
        ("upload_private_file", {"user_id": ZHAO, "name": "a", "file": "/etc/passwd"}),
        ("upload_private_file", {"user_id": ZHAO, "name": "a", "file": "http://127.0.0.1/a"}),
        ("upload_private_file", {"user_id": ZHAO, "name": "a", "file": "base64://?"}),
    ],
)
def test_wrong_parameters_are_refused_and_change_nothing(action: str, params: dict[str, Any]):
    world = make_world()
    assert call(world, action, **params)["retcode"] == 1400
    assert world.last_change == 0


@pytest.mark.parametrize(
    ("action", "params", "reason"),
    [
        ("send_private_msg", {"user_id": ALONE, "message": "x"}, "not_friend"),
        ("send_private_msg", {"user_id": 1, "message": "x"}, "unknown_person"),
        ("send_group_msg", {"group_id": QUIET, "message": "x"}, "not_member"),
        ("send_group_msg", {"group_id": 1, "message": "x"}, "unknown_group"),
        ("send_group_msg", {"group_id": CLEAR_CREEK, "message": ""}, "empty"),
        ("get_msg", {"message_id": 5}, "unknown_message"),
        ("get_group_msg_history", {"group_id": CLEAR_CREEK}, "no_history"),
        ("get_group_msg_history", {"group_id": QUIET}, "not_member"),
        ("get_group_member_info", {"group_id": CLEAR_CREEK, "user_id": ALONE}, "not_member"),
        ("set_friend_add_request", {"flag": "x"}, "unknown_request"),
    ],
)
def test_what_the_platform_refuses_fails_with_1200_and_a_reason(action: str, params: dict[str, Any], reason: str):
    answer = call(make_world(), action, **params)
    assert (answer["status"], answer["retcode"], answer["message"]) == ("failed", 1200, reason)


def test_a_string_with_a_code_acts_so_that_a_careless_bot_is_seen():
    world = make_world()
    sent = call(world, "send_group_msg", group_id=CLEAR_CREEK, message="[CQ:at,qq=all]开会&#91;今晚&#93;")
    assert world.find(sent["data"]["message_id"]).segments == (Mention("all"), Text("开会[今晚]"))


@pytest.mark.parametrize("escape", [True, "true"])
def test_with_auto_escape_a_string_is_only_words(escape: object):
    world = make_world()
    sent = call(world, "send_group_msg", group_id=CLEAR_CREEK, message="[CQ:at,qq=all]&amp;", auto_escape=escape)
    assert world.find(sent["data"]["message_id"]).segments == (Text("[CQ:at,qq=all]&amp;"),)


def test_a_code_inside_a_text_segment_stays_words():
    world = make_world()
    segments = [{"type": "text", "data": {"text": "[CQ:at,qq=all]"}}]
    sent = call(world, "send_group_msg", group_id=CLEAR_CREEK, message=segments)
    line = world.find(sent["data"]["message_id"])
    assert line.segments == (Text("[CQ:at,qq=all]"),)
    assert to_codes(line.segments) == "&#91;CQ:at,qq=all&#93;"


def test_raw_message_reads_back_as_the_same_segments():
    pieces = (Quote("1001"), Mention("20002"), Text("a,[b]&c=\n"), Media("face"))
    assert tuple(read(to_codes(pieces), auto_escape=False, keep=no_file)) == pieces
    assert tuple(read(to_wire(pieces), auto_escape=False, keep=no_file)) == pieces


def test_an_exported_file_arrives_whole_and_a_picture_is_known_by_its_bytes():
    world = make_world()
    call(world, "upload_private_file", user_id=ZHAO, name="我的数据.zip", file=ZIP)
    call(world, "send_private_msg", user_id=ZHAO, message=[{"type": "image", "data": {"file": PNG}}])
    call(world, "send_private_msg", user_id=ZHAO, message=[{"type": "image", "data": {"file": ZIP}}])
    found = [line.segments[0] for line in world.lines(private(ZHAO), count=10)]
    assert all(isinstance(piece, Attachment) for piece in found)
    assert [piece.picture for piece in found if isinstance(piece, Attachment)] == [False, True, False]


def test_group_words_become_an_event_that_nonebot_reads():
    world = make_world()
    world.say(LIN, GROUP, "@知心 帮助")
    (event,) = events(world)
    assert event["sender"]["role"] == "owner"
    assert event["message"] == [
        {"type": "at", "data": {"qq": str(BOT)}},
        {"type": "text", "data": {"text": " 帮助"}},
    ]
    read_by_nonebot = Adapter.json_to_event(event)
    assert read_by_nonebot is not None
    assert read_by_nonebot.get_event_name() == "message.group.normal"
    assert read_by_nonebot.get_session_id() == f"group_{CLEAR_CREEK}_{LIN}"


@pytest.mark.parametrize(("person", "sub_type"), [(ZHAO, "friend"), (KAI, "group")])
def test_private_words_say_whether_one_is_a_friend(person: int, sub_type: str):
    world = make_world()
    world.say(person, private(person), "你好")
    (event,) = events(world)
    assert (event["message_type"], event["sub_type"], event["user_id"]) == ("private", sub_type, person)
    assert event["sender"].get("group_id") == (CLEAR_CREEK if sub_type == "group" else None)


def test_the_bot_hears_neither_itself_nor_groups_it_is_not_in_nor_refused_words():
    world = make_world()
    call(world, "send_group_msg", group_id=CLEAR_CREEK, message="我")
    world.say(KAI, Chat(ChatKind.GROUP, QUIET), "悄悄话")
    world.leave_group(ZHAO, CLEAR_CREEK)
    before = world.last_change
    world.join_group(ALONE, QUIET)
    assert events(world, before) == []
    assert [event["notice_type"] for event in events(world)] == ["group_decrease"]


def test_recalls_name_the_speaker_and_who_took_it_back():
    world = make_world()
    line = world.say(ZHAO, GROUP, "说错了")
    other = world.say(ZHAO, private(ZHAO), "也错了")
    before = world.last_change
    world.recall(LIN, line.id)
    world.recall(ZHAO, other.id)
    group, friend = events(world, before)
    assert (group["notice_type"], group["message_id"], group["user_id"], group["operator_id"]) == (
        "group_recall",
        line.id,
        ZHAO,
        LIN,
    )
    assert (friend["notice_type"], friend["message_id"], friend["user_id"]) == ("friend_recall", other.id, ZHAO)


def test_coming_and_going_is_told_with_its_kind():
    world = make_world()
    world.join_group(ALONE, CLEAR_CREEK)
    world.leave_group(ALONE, CLEAR_CREEK)
    world.remove_member(LIN, KAI, CLEAR_CREEK)
    world.remove_member(LIN, BOT, CLEAR_CREEK)
    world.join_group(BOT, CLEAR_CREEK, operator=ZHAO)
    told = [
        (event["notice_type"], event["sub_type"], event["user_id"], event["operator_id"]) for event in events(world)
    ]
    assert told == [
        ("group_increase", "approve", ALONE, ALONE),
        ("group_decrease", "leave", ALONE, ALONE),
        ("group_decrease", "kick", KAI, LIN),
        ("group_decrease", "kick_me", BOT, LIN),
        ("group_increase", "invite", BOT, ZHAO),
    ]


def test_a_request_for_friendship_is_answered_by_the_bot():
    world = World(WorldSpec(BOT, "知心", SPEC.people, accepts_friends=False), make_clock())
    world.add_friend(ALONE)
    (request,) = events(world)
    assert (request["post_type"], request["request_type"], request["user_id"]) == ("request", "friend", ALONE)
    before = world.last_change
    assert call(world, "set_friend_add_request", flag=request["flag"], approve=True)["status"] == "ok"
    assert [event["notice_type"] for event in events(world, before)] == ["friend_add"]


def test_every_event_is_one_that_nonebot_knows():
    world = make_world()
    line = world.say(ZHAO, GROUP, "一")
    world.share(ZHAO, GROUP, "image")
    world.share(ZHAO, GROUP, "file")
    world.recall(ZHAO, line.id)
    world.add_friend(KAI)
    maker = EventMaker(world, make_clock())
    names = [
        type(Adapter.json_to_event(event)).__name__
        for event in [*events(world), maker.lifecycle(), maker.heartbeat(15)]
    ]
    assert names == [
        "GroupMessageEvent",
        "GroupMessageEvent",
        "GroupUploadNoticeEvent",
        "GroupRecallNoticeEvent",
        "FriendAddNoticeEvent",
        "LifecycleMetaEvent",
        "HeartbeatMetaEvent",
    ]


def test_history_leaves_out_what_was_recalled_and_pages_back_by_message():
    world = make_world()
    lines = [world.say(ZHAO, GROUP, str(number)) for number in range(6)]
    world.recall(ZHAO, lines[4].id)
    newest = call(world, "get_group_msg_history", group_id=CLEAR_CREEK, count=2)["data"]["messages"]
    older = call(
        world, "get_group_msg_history", group_id=str(CLEAR_CREEK), message_seq=newest[0]["message_seq"], count=3
    )["data"]["messages"]
    assert [message["raw_message"] for message in newest] == ["3", "5"]
    assert [message["raw_message"] for message in older] == ["1", "2", "3"]
    assert [message["real_seq"] for message in newest] == ["4", "6"]


def test_what_a_bot_asks_about_people_and_groups():
    world = make_world()
    assert call(world, "get_login_info")["data"] == {"user_id": BOT, "nickname": "知心"}
    assert [friend["user_id"] for friend in call(world, "get_friend_list")["data"]] == [LIN, ZHAO]
    assert [group["group_id"] for group in call(world, "get_group_list")["data"]] == [CLEAR_CREEK]
    assert call(world, "get_group_info", group_id=CLEAR_CREEK)["data"]["member_count"] == 4
    member = call(world, "get_group_member_info", group_id=CLEAR_CREEK, user_id=ZHAO)["data"]
    assert (member["nickname"], member["card"], member["role"]) == ("小赵", "赵师傅", "member")
    assert len(call(world, "get_group_member_list", group_id=CLEAR_CREEK)["data"]) == 4
    assert call(world, "can_send_image")["data"] == {"yes": True}
    assert call(world, "get_status")["data"]["online"] is True
    assert call(world, "get_version_info")["data"]["protocol_version"] == "v11"


def test_an_asynchronous_action_is_done_and_says_only_that_it_was_taken():
    world = make_world()
    answer = call(world, "send_group_msg_async", group_id=CLEAR_CREEK, message="一")
    assert (answer["status"], answer["retcode"], answer["data"]) == ("async", 1, None)
    assert [line.words for line in world.lines(GROUP, count=5)] == ["一"]
