"""Scores answers to the bot's questions: ``{"question", "options", "say", "want", "note"}`` (see the page beside)."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final, Literal

from bot.chat.text import answers, command_texts, option_words
from bot.core.feature import questions
from bot.core.rules.answer_forms import Meant
from bot.core.rules.joining import age_band_told

Verdict = Literal["right", "half", "not understood", "wrong", "fault"]
_NEVER: Final = re.compile(r"never:([^;]+)")
_ALSO: Final = re.compile(r"also:([^;]+)")


@dataclass(frozen=True, slots=True)
class Scored:
    """One line, what the real code made of it, and how that counts."""

    line: Mapping[str, Any]
    got: str
    verdict: Verdict


@cache
def _commands() -> frozenset[str]:
    return frozenset(command_texts())


def understood(line: Mapping[str, Any]) -> str:
    """What the code makes of an answer: an option's key, or what else it is."""
    kind, told = line["question"], line["say"]
    asked = questions()[kind]
    labels = dict(option.partition(":")[::2] for option in line["options"]) | option_words(kind)
    options = tuple(option.partition(":")[0] for option in line["options"])
    answer = answers().read(kind, options, labels, told, no=asked.no, cancel=asked.cancel)
    if line["question"] == "join.age" and answer.meant is Meant.TEXT:
        band = age_band_told(told)
        return band.value if band is not None else "unclear"
    return answer.value if answer.meant is Meant.OPTION else answer.meant.value


def score(lines: Iterable[Mapping[str, Any]]) -> list[Scored]:
    """Every line with its verdict."""
    return [_scored(line) for line in lines]


def _scored(line: Mapping[str, Any]) -> Scored:
    got, note = understood(line), line.get("note", "")
    also = {word.strip() for found in _ALSO.findall(note) for word in found.split(",")}
    never = {word.strip() for found in _NEVER.findall(note) for word in found.split(",")}
    verdict: Verdict
    if got == line["want"] or got in also:
        verdict = "right"
    elif got in never:
        verdict = "fault"
    elif got == "unclear":
        verdict = "not understood"
    elif got in {told.partition(":")[0] for told in line["options"]}:
        verdict = "fault"
    else:
        verdict = "wrong"
    return Scored(line, got, verdict)
