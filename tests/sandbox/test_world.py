from datetime import timedelta

import pytest

from bot.core.rules.message import ChatKind, Media, Mention, Quote, Text
from bot.sandbox.journal import MAX_CHANGES
from bot.sandbox.spec import GroupSpec, PersonSpec, WorldSpec
from bot.sandbox.values import Chat, FriendAsked, Refused, SystemCode, WorldError, pieces_of
from bot.sandbox.world import MAX_LINES, MAX_TEXT, World
from tests.sandbox.worlds import ALONE, BOT, CLEAR_CREEK, KAI, LIN, QUIET, SPEC, ZHAO, make_clock, make_world

GROUP = Chat(ChatKind.GROUP, CLEAR_CREEK)


def private(number: int) -> Chat:
    return Chat(ChatKind.PRIVATE, number)


def refused(code: str):
    return pytest.raises(WorldError, match=f"^{code}$")


def test_a_group_of_somebody_who_does_not_exist_is_no_world():
    with pytest.raises(ValueError, match="the owner and every member"):
        WorldSpec(BOT, "知心", (PersonSpec(LIN, "林晓舟", "团干部"),), (GroupSpec(1, "群", LIN, (LIN, ZHAO)),))


def test_two_people_with_one_number_are_no_world():
    with pytest.raises(ValueError, match="number of their own"):
        WorldSpec(BOT, "知心", (PersonSpec(LIN, "甲", "青年"), PersonSpec(LIN, "乙", "青年")))


def test_nobody_speaks_in_a_group_they_are_not_in():
    world = make_world()
    with refused("not_member"):
        world.say(ALONE, GROUP, "让我进来")
    assert world.lines(GROUP, count=10) == []


def test_nobody_speaks_in_the_private_chat_of_another():
    with refused("not_member"):
        make_world().say(KAI, private(ZHAO), "冒充")


def test_a_stranger_without_a_common_group_is_refused_and_only_sees_why():
    world = make_world()
    with refused("not_friend"):
        world.say(ALONE, private(ALONE), "在吗")
    (line,) = world.lines(private(ALONE), count=10)
    assert (line.system, line.words) == (SystemCode.NOT_FRIEND, "")
    changes = world.changes_after(0)
    assert changes is not None
    assert isinstance(changes[0].what, Refused)


def test_a_member_of_a_common_group_may_write_privately_without_friendship():
    world = make_world()
    assert world.say(KAI, private(KAI), "你好").words == "你好"


def test_leaving_the_common_group_ends_writing_privately():
    world = make_world()
    world.leave_group(KAI, CLEAR_CREEK)
    with refused("not_friend"):
        world.say(KAI, private(KAI), "还在吗")


def test_the_bot_cannot_write_to_a_stranger_nor_through_a_group_that_is_not_shared():
    world = make_world()
    with refused("not_friend"):
        world.say_as_bot(private(ALONE), [Text("你好")])
    with refused("not_friend"):
        world.say_as_bot(private(KAI), [Text("你好")], via_group=QUIET)
    assert world.say_as_bot(private(KAI), [Text("你好")], via_group=CLEAR_CREEK).sender == BOT


def test_the_bot_cannot_speak_in_a_group_it_is_not_in():
    with refused("not_member"):
        make_world().say_as_bot(Chat(ChatKind.GROUP, QUIET), [Text("喂")])


@pytest.mark.parametrize(("text", "code"), [("", "empty"), (" \n\t", "empty"), ("长" * (MAX_TEXT + 1), "too_long")])
def test_empty_and_endless_messages_are_refused(text: str, code: str):
    with refused(code):
        make_world().say(ZHAO, GROUP, text)


def test_a_message_of_the_bot_that_is_only_a_quote_is_refused():
    world = make_world()
    line = world.say(ZHAO, GROUP, "你好")
    with refused("empty"):
        world.say_as_bot(GROUP, [Quote(str(line.id)), Text("")])


def test_a_quote_must_be_of_the_same_chat():
    world = make_world()
    elsewhere = world.say(ZHAO, private(ZHAO), "私下的话")
    with refused("unknown_message"):
        world.say(ZHAO, GROUP, "引用", quoted=elsewhere.id)


def test_messages_count_per_chat_and_carry_the_time_of_the_clock():
    clock = make_clock()
    world = make_world(clock=clock)
    first = world.say(ZHAO, GROUP, "一")
    clock.advance(timedelta(minutes=1))
    second = world.say(KAI, GROUP, "二")
    other = world.say(ZHAO, private(ZHAO), "三")
    assert [(line.id, line.seq) for line in (first, second, other)] == [(1001, 1), (1002, 2), (1003, 1)]
    assert second.at - first.at == timedelta(minutes=1)


def test_typed_names_become_mentions_the_longest_first():
    names = [("小赵", 1), ("小赵妈妈", 2), ("知心", 3)]
    assert pieces_of("@小赵妈妈 和@知心帮助 @小王", names) == (
        Mention("2"),
        Text(" 和"),
        Mention("3"),
        Text("帮助 @小王"),
    )


def test_a_card_can_be_mentioned_but_nobody_outside_the_group():
    world = make_world()
    assert world.say(LIN, GROUP, "@赵师傅 @路人").segments == (Mention(str(ZHAO)), Text(" @路人"))
    assert world.say(ZHAO, private(ZHAO), "@知心 在吗").segments == (Text("@知心 在吗"),)


def test_only_kinds_of_media_that_exist_are_shared_and_only_as_placeholders():
    world = make_world()
    with refused("bad_kind"):
        world.share(ZHAO, GROUP, "virus")
    assert world.share(ZHAO, GROUP, "image").segments == (Media("image"),)


def test_another_member_cannot_recall_what_somebody_said():
    world = make_world()
    line = world.say(ZHAO, GROUP, "说错了")
    with refused("not_yours"):
        world.recall(KAI, line.id)
    assert world.find(line.id).words == "说错了"


@pytest.mark.parametrize("operator", [ZHAO, LIN])
def test_the_speaker_and_the_owner_recall_and_the_words_are_gone(operator: int):
    world = make_world()
    line = world.say(ZHAO, GROUP, "说错了")
    world.recall(operator, line.id)
    (left,) = world.lines(GROUP, count=10)
    assert (left.segments, left.recalled_by) == ((), operator)
    assert world.history(GROUP, count=10) == []
    with refused("unknown_message"):
        world.recall(operator, line.id)


def test_the_bot_cannot_recall_a_private_message_of_a_person():
    world = make_world()
    line = world.say(ZHAO, private(ZHAO), "你好")
    with refused("not_yours"):
        world.recall(BOT, line.id)


def test_recalling_a_file_forgets_its_bytes():
    world = make_world()
    line = world.upload_private_file(ZHAO, "数据.zip", b"zip")
    (attachment,) = line.segments
    world.recall(BOT, line.id)
    with refused("unknown_file"):
        world.file(getattr(attachment, "file_id"), ZHAO)  # noqa: B009 - the union of segments has no such field


def test_a_file_is_seen_by_its_reader_only():
    world = make_world()
    line = world.upload_private_file(ZHAO, "数据.zip", b"zip")
    file_id = getattr(line.segments[0], "file_id")  # noqa: B009
    with refused("unknown_file"):
        world.file(file_id, KAI)
    attachment, content = world.file(file_id, ZHAO)
    assert (attachment.name, attachment.size, content) == ("数据.zip", 3, b"zip")


def test_the_owner_cannot_leave_and_a_member_cannot_remove():
    world = make_world()
    with refused("owner_stays"):
        world.leave_group(LIN, CLEAR_CREEK)
    with refused("not_allowed"):
        world.remove_member(ZHAO, BOT, CLEAR_CREEK)


def test_a_bot_that_was_removed_hears_nothing_until_it_is_invited():
    world = make_world()
    world.remove_member(LIN, BOT, CLEAR_CREEK)
    with refused("not_member"):
        world.say_as_bot(GROUP, [Text("喂")])
    with refused("not_member"):
        world.join_group(BOT, CLEAR_CREEK, operator=ALONE)
    world.join_group(BOT, CLEAR_CREEK, operator=ZHAO)
    assert world.say_as_bot(GROUP, [Text("我回来了")]).sender == BOT
    assert [line.system for line in world.lines(GROUP, count=2)] == [SystemCode.JOINED, None]


def test_friendship_waits_for_the_bot_when_it_must_answer():
    spec = WorldSpec(BOT, "知心", SPEC.people, accepts_friends=False)
    world = World(spec, make_clock())
    world.add_friend(ALONE)
    with refused("already_asked"):
        world.add_friend(ALONE)
    changes = world.changes_after(0)
    assert changes is not None
    assert isinstance(changes[-1].what, FriendAsked)
    with refused("not_friend"):
        world.say(ALONE, private(ALONE), "你好")
    world.answer_friend(changes[-1].what.flag, approve=True)
    assert world.say(ALONE, private(ALONE), "你好").words == "你好"


def test_a_declined_request_makes_no_friend():
    world = World(WorldSpec(BOT, "知心", SPEC.people, accepts_friends=False), make_clock())
    world.add_friend(ALONE)
    changes = world.changes_after(0)
    assert changes is not None
    assert isinstance(changes[-1].what, FriendAsked)
    world.answer_friend(changes[-1].what.flag, approve=False)
    assert not world.roster.may_write(ALONE)


def test_changes_are_numbered_without_holes_and_resume_anywhere():
    world = make_world()
    for text in "一二三":
        world.say(ZHAO, GROUP, text)
    later = world.changes_after(1)
    assert later is not None
    assert [change.number for change in later] == [2, 3]
    assert world.changes_after(3) == []


def test_a_page_that_is_too_far_behind_or_from_another_run_begins_anew():
    world = make_world()
    assert world.changes_after(5) is None
    for number in range(MAX_CHANGES + 1):
        world.say(ZHAO, GROUP, str(number))
    assert world.changes_after(0) is None
    assert len(world.changes_after(1) or ()) == MAX_CHANGES
    assert len(world.lines(GROUP, count=10**6)) == MAX_LINES


def test_two_worlds_do_not_number_their_messages_alike():
    one, other = World(SPEC, make_clock()), World(SPEC, make_clock())
    assert one.say(ZHAO, GROUP, "一").id != other.say(ZHAO, GROUP, "一").id


def test_a_watcher_that_unsubscribed_hears_nothing_more():
    world, heard = make_world(), []
    stop = world.subscribe(heard.append)
    world.say(ZHAO, GROUP, "一")
    stop()
    world.say(ZHAO, GROUP, "二")
    assert [change.number for change in heard] == [1]
