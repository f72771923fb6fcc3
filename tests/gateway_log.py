"""The fake gateway's own log: what the bot called and what people were shown."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

Json = dict[str, Any]


def group(group_id: int | str) -> str:
    """The log's name of a group."""
    return f"group:{group_id}"


def private(user_id: int | str) -> str:
    """The log's name of a private chat."""
    return f"private:{user_id}"


class Answer(StrEnum):
    """What the gateway does with one call."""

    OK = "ok"
    REFUSED = "refused"
    """A definite no: not shown, status failed."""
    DELIVERED_1200 = "delivered_1200"
    """Shown, and yet answered with NapCat's timeout."""
    BLOCKED_1200 = "blocked_1200"
    """Not shown, answered with the same timeout."""
    NO_REPLY = "no_reply"
    """Shown, never answered."""
    SWALLOWED = "swallowed"
    """Neither shown nor answered."""
    DROP = "drop"
    """Shown, then the socket is aborted before the answer."""
    DUPLICATE = "duplicate"
    """Shown, answered twice with the same echo."""
    ASYNC = "async"
    """Not shown, status async and retcode 1."""


@dataclass(frozen=True, slots=True)
class Call:
    """One API call as it arrived."""

    action: str
    params: Json
    echo: Any


@dataclass(frozen=True, slots=True)
class Shown:
    """One message of the bot as people see it; ``as_string`` marks a call with a string in place of segments."""

    conversation: str
    message_id: int
    segments: tuple[Json, ...]
    as_string: bool = False
    via_group: str = ""

    @property
    def text(self) -> str:
        """All words, without mentions and other segments."""
        return "".join(str(part["data"].get("text", "")) for part in self.segments if part["type"] == "text")
