"""危机之后的话: what somebody asks or says after words of danger, told by its topic in linear time (P27)."""

import re
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, Final

from bot.core.rules.phrases import Phrases, plain_text, see

LONGEST: Final = 80
"""Characters of what is still a question or a remark; more is somebody telling what happened, and just heard."""

_PARTS: Final = re.compile(r"[\s,，.。;；!！?？、~～…]+")


class DangerTopic(StrEnum):
    """危机之后问的事: has a prepared answer that is true of how things stand."""

    DONT_TELL = "dont_tell"
    WHO_KNOWS = "who_knows"
    POLICE = "police"
    FILE = "file"
    UNREACHABLE = "unreachable"
    NO_CALL = "no_call"
    CADRE = "cadre"
    WHEN = "when"
    WHO = "who"
    RECORD = "record"
    HUMAN = "human"
    HAPPENS = "happens"
    MONEY = "money"
    FINE = "fine"
    BURDEN = "burden"
    HELP = "help"
    THANKS = "thanks"
    HERE = "here"


class DangerTopics:
    """危机之后的说法: the phrases of ``templates/speech/after_danger.toml``, read once at start."""

    def __init__(self, data: Mapping[str, Any], replace: Mapping[int, str]) -> None:
        self._replace = replace
        self._phrases = Phrases({DangerTopic(topic): told for topic, told in data["topics"].items()}, replace)

    def find(self, text: str) -> DangerTopic | None:
        """The topic of a short text; of several the first as the file has them."""
        if len(text) > LONGEST:
            return None
        found = self._phrases.labels(see(plain_text(text, self._replace)))
        return next((topic for topic in DangerTopic if topic in found), None)

    def beside(self, text: str) -> Iterator[str]:
        """The parts of a text in which none of its topics stands: 好的 in 好的，别告诉老师."""
        yield from (part for part in _PARTS.split(text) if part.strip() and self.find(part) is None)
