"""OneBot 11 events as plain values and back (threats 4, 10, 17, 24); properties by Hypothesis."""

import json
import re
import unicodedata
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.channels.onebot.codes import read_codes
from bot.channels.onebot.convert import read_message, to_onebot, to_plain
from bot.channels.onebot.segments import MAX_PARTS, MAX_WORDS
from bot.channels.onebot.shape import Malformed, Unfamiliar, Unreadable, usable_id
from bot.core.rules.message import (
    ChatKind,
    FileOut,
    Incoming,
    Media,
    Mention,
    Notice,
    NoticeKind,
    OutSegment,
    Quote,
    Text,
    Unread,
)

BOT = "10001"


def message(**fields: Any) -> dict[str, Any]:
    """A group message event."""
    event: dict[str, Any] = {"time": 1_795_000_000, "self_id": 10001, "post_type": "message", "message_type": "group"}
    event |= {"sub_type": "normal", "message_id": 5, "user_id": 2001, "group_id": 7, "raw_message": "hi", "font": 0}
    return event | {"message": [{"type": "text", "data": {"text": "hi"}}], "sender": {"user_id": 2001}} | fields


def read(**fields: Any) -> Incoming:
    """The message that such an event stands for."""
    incoming = to_plain(message(**fields), BOT)
    assert isinstance(incoming, Incoming)
    return incoming


def notice(**fields: Any) -> Notice | None:
    """The notice that such an event stands for."""
    told = to_plain({"time": 1, "self_id": 10001, "post_type": "notice", "group_id": 7, "user_id": 2001} | fields, BOT)
    assert told is None or isinstance(told, Notice)
    return told


def test_an_event_of_another_bot_is_malformed_and_names_no_content() -> None:
    with pytest.raises(Malformed, match=r"^self_id$"):
        to_plain(message(self_id="somebody-else"), BOT)


@pytest.mark.parametrize(
    "fields",
    [
        {"message_type": "guild"},
        {"message_type": "channel", "user_id": None},
        {"post_type": "guild_event"},
        {"post_type": 5, "message_type": "guild"},
        {"post_type": "notice", "notice_type": 5},
        {"post_type": "notice", "notice_type": None},
    ],
)
def test_a_kind_that_is_none_of_ours_is_told_apart_from_a_malformed_one(fields: dict[str, Any]) -> None:
    with pytest.raises(Unfamiliar):
        to_plain(message(**fields), BOT)


@pytest.mark.parametrize(
    "fields",
    [
        {"message_type": "private", "user_id": None, "sender": None},
        {"message_type": "private", "user_id": 0, "sender": {}},
        {"post_type": "notice", "notice_type": "group_recall"} | {"message_id": None},
        {"post_type": "notice", "notice_type": "group_decrease", "sub_type": "leave", "user_id": None},
    ],
)
def test_what_names_nobody_is_unreadable_and_not_malformed(fields: dict[str, Any]) -> None:
    with pytest.raises(Unreadable):
        to_plain(message(**fields), BOT)


STOP = "/停止记录"
REST = {"type": "text", "data": {"text": STOP}}
ODD_PARTS: list[Any] = [
    {"type": "reply", "data": {}},
    {"type": "reply", "data": {"id": ""}},
    {"type": "reply", "data": {"id": None}},
    {"type": "reply", "data": {"text": "旧话", "qq": "1", "seq": 3}},
    {"type": "reply", "data": None},
    {"type": "reply"},
    None, {}, [], [[None]], True, float("nan"),
    {"type": 5, "data": 5}, {"type": None}, {"data": {"url": "x"}}, {"type": "odd kind!", "data": "x"},
    {"type": "at", "data": {"name": "某某"}}, {"type": "at", "data": {"qq": ""}}, {"type": "at", "data": {"qq": None}},
    {"type": "at", "data": {"qq": "all"}}, {"type": "at", "data": {"qq": 0}}, {"type": "at"},
    {"type": "text", "data": None}, {"type": "text", "data": {"text": None}}, {"type": "text", "data": {"text": [1]}},
    {"type": "json", "data": {"data": "{}"}}, {"type": "mface", "data": {"summary": "[笑]"}}, {"type": "keyboard"},
]  # fmt: skip


@pytest.mark.parametrize("odd", ODD_PARTS, ids=str)
@pytest.mark.parametrize("first", [True, False])
def test_what_cannot_be_read_is_left_out_and_the_words_around_it_are_heard(odd: Any, first: bool) -> None:
    incoming = read(message=[odd, REST] if first else [REST, odd], raw_message=None)
    assert incoming.text.strip() == STOP
    assert not any(isinstance(part, Mention | Quote) for part in incoming.segments)
    assert not incoming.unread


@pytest.mark.parametrize(
    ("told", "text"),
    [
        ([[REST]], STOP),
        ([STOP, {"type": "image", "data": {}}], STOP),
        (REST, STOP),
        ({"type": "Text", "data": {"text": STOP}}, STOP),
        ({"type": "text", "text": STOP}, STOP),
        ({"type": "text", "data": STOP}, STOP),
        ({"data": {"text": STOP}}, STOP),
        ([{"type": "text", "data": {"text": 4821}}], "4821"),
        (4821, "4821"),
        ("[CQ:at,qq=2002] " + STOP, " " + STOP),
    ],
)
def test_words_are_heard_in_whatever_shape_they_come(told: Any, text: str) -> None:
    assert read(message=told, raw_message=None).text == text


@pytest.mark.parametrize("told", [None, True, [], {}, [None], [{"type": "text", "data": {}}], [{"type": "txt"}]])
def test_words_that_were_not_read_are_taken_from_the_same_message_as_codes(told: Any) -> None:
    incoming = read(message=told, raw_message="[CQ:at,qq=10001] /停止记录")
    assert (incoming.text, incoming.to_bot, incoming.unread) == (" " + STOP, True, False)


def test_a_picture_is_no_reason_to_read_a_message_twice() -> None:
    incoming = read(message=[{"type": "image", "data": {}}], raw_message="[图片]")
    assert incoming.segments == (Media("image"),)


def test_an_at_that_was_not_read_is_taken_from_the_codes() -> None:
    parts = [{"type": "at", "data": {}}, {"type": "text", "data": {"text": STOP[1:]}}]
    incoming = read(message=parts, raw_message="[CQ:at,qq=10001]" + STOP[1:])
    assert incoming.to_bot
    assert incoming.text == STOP[1:]


@pytest.mark.parametrize("told", [None, "", " ", [], {}, [None], [{"type": "text", "data": {}}]])
def test_a_message_of_which_no_words_could_be_read_says_so(told: Any) -> None:
    assert read(message=told, raw_message=None).unread


@pytest.mark.parametrize("told", [None, "", 0, "0", -1, True, 1.5, "a b", "x" * 65, 10**70, [5], {}])
def test_a_message_without_a_usable_id_is_known_by_what_was_said_when(told: Any) -> None:
    known = read(message_id=told)
    assert known.message_id.startswith("~")
    assert read(message_id=told).message_id == known.message_id
    others = (read(message_id=told, real_seq=6), read(message_id=told, message=[REST]))
    assert known.message_id not in {one.message_id for one in others}
    assert read(message_id=told, time=None).message_id != read(message_id=told, time=None).message_id


@pytest.mark.parametrize("told", [2001, "2001", 2001.0, " 2001"])
def test_an_account_is_the_same_as_number_and_as_words(told: Any) -> None:
    assert read(user_id=told).sender_id == "2001"


@pytest.mark.parametrize("told", [None, "", 0, [1], True, "\u200b2001"])
def test_who_spoke_is_also_told_by_the_sender(told: Any) -> None:
    assert read(user_id=told).sender_id == "2001"
    nobody = read(user_id=told, sender=None)
    assert (nobody.sender_id, nobody.sender_anonymous, nobody.unread) == ("", True, True)


@pytest.mark.parametrize("told", [None, "", 0, [7], {}])
def test_an_order_in_a_group_that_nothing_names_is_answered_in_private(told: Any) -> None:
    asked = read(group_id=told, message=[REST])
    assert (asked.kind, asked.chat_id) == (ChatKind.PRIVATE, "2001")
    assert to_plain(message(group_id=told), BOT) == Unread("qq", BOT)


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"message_type": None}, ChatKind.GROUP),
        ({"message_type": 5, "sub_type": None}, ChatKind.GROUP),
        ({"message_type": None, "group_id": None}, ChatKind.PRIVATE),
        ({"message_type": None, "sub_type": "friend"}, ChatKind.PRIVATE),
        ({"message_type": None, "sub_type": "group"}, ChatKind.PRIVATE),
        ({"post_type": None}, ChatKind.GROUP),
    ],
)
def test_group_or_private_is_told_by_the_group_that_is_named(fields: dict[str, Any], kind: ChatKind) -> None:
    assert read(**fields).kind is kind


@pytest.mark.parametrize(
    ("fields", "group"),
    [
        ({"sub_type": "group", "group_id": 7}, "7"),
        ({"sub_type": "group", "group_id": 7, "sender": {"group_id": 8}}, "8"),
        ({"sub_type": "group", "group_id": 284840486}, ""),
        ({"sub_type": "group", "group_id": 7, "sender": {"group_id": 284840486}}, "7"),
        ({"sub_type": "group", "group_id": None, "sender": {"group_id": "284840486"}}, ""),
        ({"sub_type": "other", "group_id": 7}, "7"),
        ({"sub_type": "friend", "group_id": 7}, ""),
        ({"sub_type": "group", "group_id": 0, "sender": None}, ""),
    ],
)
def test_a_temporary_session_goes_through_the_group_it_names(fields: dict[str, Any], group: str) -> None:
    assert read(message_type="private", **fields).via_group == group


@pytest.mark.parametrize("fields", [{"user_id": 10001}, {"post_type": "message_sent"}, {"post_type": "request"}])
def test_the_bots_own_messages_and_requests_are_not_for_us(fields: dict[str, Any]) -> None:
    assert to_plain(message(**fields), BOT) is None


@pytest.mark.parametrize("native", [5, -5, 2**31, 2**64 + 1, "5", "-5", str(2**80), "a/b=="])
def test_ids_of_any_size_stay_what_they_are(native: int | str) -> None:
    assert read(message_id=native).message_id == str(native)


def test_rights_like_fields_change_nothing() -> None:
    forged = {"user_id": 2001, "role": "owner", "card": "admin", "title": "boss", "nickname": "x"}
    assert read(sender=forged) == read()


NOW = 1_795_000_000


@pytest.mark.parametrize(
    ("time", "second"),
    [
        (5, 5),
        ("5", 5),
        (5.9, 5),
        (None, 0),
        (-1, 0),
        (1e300, 0),
        ("soon", 0),
        (NOW * 1000 + 123, NOW),
        (NOW * 1e6, NOW),
    ],
)
def test_a_time_that_is_none_counts_as_no_time(time: object, second: int) -> None:
    assert read(time=time).sent_at == second


@pytest.mark.parametrize(
    ("fields", "sequence"),
    [
        ({}, None),
        ({"real_seq": "12"}, 12),
        ({"real_seq": "12", "message_seq": 5}, 12),
        ({"message_seq": 5}, None),  # NapCat repeats the message id there
        ({"message_seq": 12}, 12),
        ({"real_seq": -1}, None),
        ({"real_seq": [1]}, None),
    ],
)
def test_the_sequence_is_a_counter_or_none(fields: dict[str, Any], sequence: int | None) -> None:
    assert read(**fields).sequence == sequence


def test_segments_keep_their_kind_and_media_nothing_else() -> None:
    parts = [
        {"type": "reply", "data": {"id": -9}},
        {"type": "at", "data": {"qq": BOT}},
        {"type": "text", "data": {"text": " 报名 12\x00"}},
        {"type": "image", "data": {"url": "http://x/secret", "file": "file:///etc/passwd"}},
        {"type": "Odd Kind!", "data": {}},
        {"type": "text", "data": {"text": " end"}},
    ]
    incoming = read(message=parts)
    words, end = Text(" 报名 12"), Text(" end")
    assert incoming.segments == (Quote("-9"), Mention(BOT), words, Media("image"), Media("other"), end)
    assert incoming.text == " 报名 12 end"
    assert incoming.to_bot


def test_at_all_addresses_nobody() -> None:
    incoming = read(message=[{"type": "at", "data": {"qq": "all"}}], raw_message="[CQ:at,qq=all]")
    assert incoming.segments == ()
    assert not incoming.to_bot


def test_a_private_chat_is_the_chat_with_its_sender() -> None:
    incoming = read(message_type="private", group_id=None)
    assert (incoming.kind, incoming.chat_id, incoming.to_bot) == (ChatKind.PRIVATE, "2001", False)


def test_an_anonymous_sender_is_marked() -> None:
    assert read(anonymous={"id": 1, "name": "x", "flag": "y"}).sender_anonymous
    assert read(sub_type="anonymous").sender_anonymous
    assert not any(read(anonymous=told).sender_anonymous for told in (None, False, {}, 0, "", []))


def test_the_history_may_hold_our_own_messages() -> None:
    own = read_message(message(user_id=10001), BOT, from_history=True)
    assert isinstance(own, Incoming)
    assert (own.sender_id, own.from_history) == (BOT, True)


# --- the string format ---


def test_codes_become_segments_and_escapes_words() -> None:
    incoming = read(
        message="[CQ:at,qq=10001] a&#91;b&#93;&amp;#44; [CQ:image,file=x&#44;y.png]!", message_format="string"
    )
    assert incoming.segments == (Mention(BOT), Text(" a[b]&#44; "), Media("image"), Text("!"))


@pytest.mark.parametrize(
    "words", ["[CQ:", "[CQ:at", "[CQ:a t,qq=1]", "[cq:at,qq=1]", "[]", "[[CQ]]", "a]b", "[CQ:,x=1]"]
)
def test_what_is_no_code_stays_words(words: str) -> None:
    assert read(message=words, message_format="string").text == words


def test_a_string_in_array_format_holds_no_codes() -> None:
    assert read(message="[CQ:at,qq=10001]", message_format="array").segments == (Text("[CQ:at,qq=10001]"),)


@pytest.mark.parametrize("unit", ["[", "[CQ:", "[CQ:at,qq=1", "]", "[CQ:at,qq=1]", "&amp;", ",="])
def test_a_long_string_is_read_in_one_pass(unit: str) -> None:
    parts = list(read_codes(unit * 50_000))
    assert len(parts) <= 50_000


def escape(text: str) -> str:
    """As OneBot 11 escapes words."""
    return text.replace("&", "&amp;").replace("[", "&#91;").replace("]", "&#93;")


@given(st.text())
@example("&#91;CQ:at,qq=all&#93;")
def test_escaped_words_come_back_as_they_were(words: str) -> None:
    parts = list(read_codes(escape(words)))
    assert all(part["type"] == "text" for part in parts)
    assert "".join(part["data"]["text"] for part in parts) == words


@pytest.mark.parametrize(
    ("fields", "kind", "chat_id"),
    [
        ({"notice_type": "group_recall", "message_id": -5}, NoticeKind.RECALLED, "7"),
        ({"notice_type": "friend_recall", "message_id": 5}, NoticeKind.RECALLED, "2001"),
        ({"notice_type": "group_decrease", "sub_type": "leave"}, NoticeKind.MEMBER_LEFT, "7"),
        ({"notice_type": "group_decrease", "sub_type": "kick"}, NoticeKind.MEMBER_LEFT, "7"),
        ({"notice_type": "group_decrease", "sub_type": "kick_me", "user_id": 10001}, NoticeKind.BOT_REMOVED, "7"),
        ({"notice_type": "group_decrease", "sub_type": "disband"}, NoticeKind.BOT_REMOVED, "7"),
        ({"notice_type": "group_ban", "user_id": 10001, "duration": 60}, NoticeKind.CHAT_MUTED, "7"),
        ({"notice_type": "group_ban", "user_id": 0, "duration": -1, "sub_type": "ban"}, NoticeKind.CHAT_MUTED, "7"),
        ({"notice_type": "group_ban", "user_id": 0, "sub_type": "lift_ban"}, NoticeKind.CHAT_UNMUTED, "7"),
        ({"notice_type": "group_ban", "user_id": 10001, "duration": 0}, NoticeKind.CHAT_UNMUTED, "7"),
        ({"notice_type": "friend_add", "group_id": None}, NoticeKind.FRIEND_ADDED, "2001"),
    ],
)
def test_a_notice_that_matters_is_told(fields: dict[str, Any], kind: NoticeKind, chat_id: str) -> None:
    told = notice(**fields)
    assert told is not None
    assert (told.kind, told.chat_id, told.channel, told.bot_id) == (kind, chat_id, "qq", BOT)
    assert told.message_id == (str(fields["message_id"]) if kind is NoticeKind.RECALLED else "")


@pytest.mark.parametrize("notice_type", ["group_upload", "notify", "group_msg_emoji_like", "group_increase"])
def test_other_notices_are_not_for_us(notice_type: str) -> None:
    assert notice(notice_type=notice_type) is None


def test_the_mute_of_somebody_else_is_not_for_us() -> None:
    assert notice(notice_type="group_ban", user_id=2001, duration=60) is None


def test_a_redelivered_notice_has_the_same_fingerprint_and_another_a_different_one() -> None:
    first = notice(notice_type="group_recall", message_id=5)
    again = notice(notice_type="group_recall", message_id=5, raw={"volatile": 1}, echo="x")
    other = notice(notice_type="group_recall", message_id=5, time=2)
    assert first is not None
    assert again is not None
    assert other is not None
    assert first.fingerprint == again.fingerprint != other.fingerprint


# --- properties ---

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
FIELDS = [*sorted(message()), "notice_type", "duration", "anonymous", "real_seq", "message_seq", "message_format"]


@given(st.dictionaries(st.sampled_from(FIELDS), JSON), st.sampled_from(["message", "notice", None]))
def test_any_frame_is_read_or_malformed_and_nothing_else(fields: dict[str, Any], post_type: str | None) -> None:
    frame = message(**fields) | ({} if post_type is None else {"post_type": post_type})
    try:
        what = to_plain(frame, BOT)
    except (Malformed, Unfamiliar, Unreadable):
        return
    if isinstance(what, Incoming):
        json.dumps(what.text).encode().decode()
        what.text.encode()  # no lone surrogates
        assert all(isinstance(one, str) for one in (what.chat_id, what.sender_id, what.message_id))


@given(st.text())
@example("[CQ:at,qq=all]")
@example("\ud800\x00\x07a\u0301")
def test_words_in_are_clean_words(words: str) -> None:
    text = read(message=[{"type": "text", "data": {"text": words}}]).text
    assert text == unicodedata.normalize("NFC", text)
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]", text)


OUT: st.SearchStrategy[OutSegment] = st.one_of(
    st.builds(Text, st.text()), st.builds(Mention, st.text() | st.just("all")), st.builds(Quote, st.text())
)


@given(st.lists(OUT, max_size=5))
@example([Text("[CQ:at,qq=all]")])
def test_only_text_replies_and_mentions_of_one_person_go_out(segments: list[OutSegment]) -> None:
    try:
        parts = to_onebot(segments)
    except ValueError:
        return
    assert len(parts) == len(segments)
    for part in parts:
        assert part["type"] in ("text", "at", "reply")
        assert part["type"] != "at" or re.fullmatch(r"[1-9][0-9]*", part["data"]["qq"])
    assert json.loads(json.dumps(parts)) == parts


@pytest.mark.parametrize("who", ["all", "ALL", " all", "0", "", "1,2", "٣", "1" * 40])
def test_a_mention_of_nobody_in_particular_is_refused(who: str) -> None:
    with pytest.raises(ValueError, match="one person"):
        to_onebot([Mention(who)])


def test_a_file_is_no_segment_of_a_message() -> None:
    with pytest.raises(ValueError, match="file"):
        to_onebot([FileOut("a", b"")])


@given(st.integers() | st.text() | st.booleans() | st.floats())
def test_an_id_is_printable_and_short_or_none(value: object) -> None:
    native = usable_id(value)
    assert native is None or re.fullmatch(r"[!-~]{1,65}", native)


@pytest.mark.parametrize(("message", "unread"), [(0, True), ([7], True), (["一句"], False), ([7, "一句"], True)])
def test_a_number_where_words_belong_is_heard_but_not_relied_on(message: object, unread: bool) -> None:
    told = read(message=message, raw_message=None)
    assert told.text
    assert told.unread is unread


@pytest.mark.parametrize("form", ["array", "string"])
def test_of_the_parts_of_a_message_so_many_are_read_and_those_that_are_left_out_are_not_forgotten(form: str) -> None:
    at: Any = {"array": [{"type": "at", "data": {"qq": "20001"}}], "string": "[CQ:at,qq=20001]"}[form]
    said = [message(message=at * (MAX_PARTS + more), message_format=form, raw_message=None) for more in (0, 1)]
    some, many = (to_plain(one, BOT) for one in said)
    assert isinstance(some, Incoming)
    assert isinstance(many, Incoming)
    assert (len(some.segments), len(many.segments)) == (MAX_PARTS, MAX_PARTS)
    assert (some.unread, many.unread) == (False, True)


def test_of_words_so_many_characters_are_read() -> None:
    assert [len(read(message="我" * length).text) for length in (MAX_WORDS, MAX_WORDS + 1)] == [MAX_WORDS] * 2


def test_brackets_that_open_no_code_are_one_text() -> None:
    assert list(read_codes("[" * 50_000)) == [{"type": "text", "data": {"text": "[" * 50_000}}]
