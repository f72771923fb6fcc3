"""寒暄: a greeting, thanks, 你是谁 and their like, told from everything else."""

import re
import unicodedata
from collections.abc import Mapping
from enum import StrEnum
from typing import Final

LONGEST: Final = 24
_BESIDE: Final = re.compile(r"[\s,，.。!！?？~～、…:：;；👋🙏😊😄🌹❤️\ufe0f]+")
_PARTICLES: Final = re.compile("(?:[呀啊哦噢哈呢啦吖诶哟喔]+|(?<=.)吧)$")


class Pleasantry(StrEnum):
    """寒暄: what is answered with one warm short sentence."""

    GREETING = "greeting"
    HERE = "here"
    THANKS = "thanks"
    WHO = "who"
    ROBOT = "robot"
    BYE = "bye"
    FINE = "fine"


class PleasantryWords:
    """寒暄用语: the words of ``templates/speech/courtesy.toml``, read once at start."""

    def __init__(self, data: Mapping[str, str]) -> None:
        self._words = {word.lower(): Pleasantry(kind) for kind, told in data.items() for word in told.split()}

    def find(self, text: str) -> Pleasantry | None:
        """What it is when it is courtesy and nothing else; of several kinds the last one: 你好，你是谁."""
        if len(text) > LONGEST:
            return None
        parts = [part for part in _BESIDE.split(unicodedata.normalize("NFKC", text).lower()) if part]
        found = [self._kind(part) for part in parts]
        return found[-1] if found and None not in found else None

    def _kind(self, part: str) -> Pleasantry | None:
        return self._words.get(part) or self._words.get(_PARTICLES.sub("", part))
