"""Frames of every shape that OneBot 11 knows, and what a broken or hostile gateway may make of them."""

import json
import random
from collections.abc import Callable
from typing import Any

from tests.gateway_log import Json

DEEP, LONG_NUMBER = 3_000, 6_000
STRANGE: tuple[Callable[[], Any], ...] = (
    lambda: None,
    lambda: True,
    lambda: -1,
    lambda: 2**63,
    lambda: 10**80,
    lambda: 1.5,
    lambda: -0.0,
    lambda: float("nan"),
    lambda: float("inf"),
    lambda: "",
    lambda: " ",
    lambda: "\x00",
    lambda: "\ud800",
    lambda: "9" * 100,
    lambda: "x" * 20_000,
    list,
    dict,
    lambda: [[]],
    lambda: [None],
    lambda: {"type": "text"},
    lambda: [{"type": 5, "data": 5}],
    lambda: [{"type": "at", "data": {"qq": "all"}}],
    lambda: [{"type": "text", "data": {"text": "\ud800\x00\u202e"}}],
    lambda: [{"type": "reply", "data": {}}, {"type": "x" * 99, "data": None}],
    lambda: "[CQ:at,qq=all][CQ:reply,id=[CQ:",
    lambda: nested(60),
    lambda: [{"type": "text", "data": {"text": "/谈心 开始"}}] * 200,
)
"""In place of a field's value."""


def nested(depth: int) -> Any:
    """Objects in objects."""
    value: Any = {}
    for _ in range(depth):
        value = {"a": [value]}
    return value


class Frames:
    """Makes frames; every word and every number of a person in them is a canary."""

    def __init__(self, dice: random.Random, self_id: int, canary: str, number: int) -> None:
        self.dice, self.self_id, self.canary, self.number = dice, self_id, canary, number
        self._count = 0

    # --- well formed -------------------------------------------------------------------------------------------------

    def good(self) -> Json:
        """Any event or result, as it should be."""
        self._count += 1
        if self.dice.random() < 0.03:  # each of them is answered
            return self._private()
        return self.dice.choice((self._group, self._group, self._notice, self._request, self._meta, self._result))()

    def _group(self) -> Json:
        event = self._message("group") | {"group_id": self.dice.choice((888, 889)), "sub_type": "normal"}
        return event | {"anonymous": None, "real_seq": str(self._count)}

    def _private(self) -> Json:
        return self._message("private") | {"sub_type": "friend"}

    def _message(self, kind: str) -> Json:
        text = {"type": "text", "data": {"text": f"{self.canary} {self._count}"}}
        segments = [text, {"type": "image", "data": {"file": self.canary}}, {"type": "at", "data": {"qq": "10001"}}]
        return self._event("message") | {
            "message_type": kind,
            "message_id": self.dice.getrandbits(31),
            "user_id": self.number,
            "message": segments[: self.dice.randint(1, 3)],
            "raw_message": self.canary,
            "font": 14,
            "sender": {"user_id": self.number, "nickname": self.canary, "card": self.canary, "role": "owner"},
        }

    def _notice(self) -> Json:
        kind = self.dice.choice(
            ("group_recall", "friend_recall", "group_decrease", "group_ban", "friend_add", "group_upload", "notify")
        )
        fields = {"notice_type": kind, "sub_type": self.dice.choice(("leave", "kick", "ban", "lift_ban", "poke"))}
        fields |= {"group_id": 889, "user_id": self.number, "operator_id": self.number, "duration": 600}
        return self._event("notice") | fields | {"message_id": self._count, "file": {"name": self.canary, "size": 1}}

    def _request(self) -> Json:
        kind = self.dice.choice(("friend", "group"))
        fields = {"request_type": kind, "user_id": self.number, "comment": self.canary, "flag": self.canary}
        return self._event("request") | fields | {"sub_type": "add", "group_id": 889}

    def _meta(self) -> Json:
        kind = self.dice.choice(("heartbeat", "lifecycle"))
        return self._event("meta_event") | {"meta_event_type": kind, "sub_type": "connect", "status": {"online": True}}

    def _result(self) -> Json:
        return {"status": "ok", "retcode": 0, "data": {"text": self.canary}, "echo": self.canary}

    def _event(self, post_type: str) -> Json:
        return {"time": 1_764_000_000 + self._count, "self_id": self.self_id, "post_type": post_type}

    # --- malformed for certain ---------------------------------------------------------------------------------------

    def bad(self) -> str | bytes:
        """A frame that nobody can take for an event or a result."""
        whole = json.dumps(self.good())
        return self.dice.choice(
            (
                lambda: "",
                lambda: whole[: self.dice.randint(1, len(whole) - 1)],
                lambda: whole + self.dice.choice(("}", "]", whole)),
                lambda: json.dumps([self.good()]),
                lambda: json.dumps(self.canary),
                lambda: "null",
                lambda: "[" * DEEP + "]" * DEEP,
                lambda: '{"post_type":"message","a":' + '{"a":' * DEEP + "1" + "}" * (DEEP + 1),
                lambda: f'{{"post_type":"message","message_id":{"9" * LONG_NUMBER}}}',
                lambda: json.dumps(self._group() | {"self_id": self.self_id + 1}),
                lambda: json.dumps({"canary": self.canary}),
                lambda: b"\xff\xfe" + whole.encode(),
            )
        )()

    # --- in between --------------------------------------------------------------------------------------------------

    def odd(self) -> str:
        """An event or result with one to four places changed, gone or strange; perhaps still good."""
        frame = self.good()
        for _ in range(self.dice.randint(1, 4)):
            self._spoil(frame)
        text = json.dumps(frame)
        if self.dice.random() < 0.1:  # the same name twice: the later one counts
            text = text[:-1] + f', "{self.dice.choice(list(frame) or ["x"])}": {json.dumps(self._strange())}}}'
        return text

    def _spoil(self, frame: Json) -> None:
        place: Any = frame
        while True:
            names: list[Any] = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not names:
                return
            name = self.dice.choice(names)
            inner = place[name]
            if isinstance(inner, dict | list) and inner and self.dice.random() < 0.6:
                place = inner
                continue
            break
        if isinstance(place, dict) and self.dice.random() < 0.25:
            del place[name]
        else:
            place[name] = self._strange()

    def _strange(self) -> Any:
        return self.canary if self.dice.random() < 0.1 else self.dice.choice(STRANGE)()
