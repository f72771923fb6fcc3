"""回答里的词: an answer as known words; what was said, denied and doubly denied in each clause.

Words are cut the longest first at each place. Nothing here decides: ``answer_meaning`` does.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from bot.core.rules.text import fold

BREAK: Final = re.compile(r"[,，.。;；!！\n、~～…:：]+|\.\.+")
"""Where one clause ends and the next begins."""
QUESTION_MARK: Final = "?"


@dataclass(frozen=True, slots=True)
class Token:
    """词: one known word of an answer."""

    family: str
    """A family's name, ``=key`` for an option's word, ``~key`` for a word that only denied says something of it."""
    words: str


@dataclass(slots=True)
class Said:
    """说了什么: what the clauses of an answer said."""

    sure: dict[str, bool] = field(default_factory=dict[str, bool])
    """Options, and whether they were said and nothing beside them."""
    denied: set[str] = field(default_factory=set[str])
    refusing: set[str] = field(default_factory=set[str])
    """Options whose very word says no (没收到)."""
    doubled: bool = False
    families: set[str] = field(default_factory=set[str])
    long: set[str] = field(default_factory=set[str])
    """Options named by three characters or more."""
    asked_beside: bool = False
    """An asking word stands in the clause that names an option."""
    rest: int = 0
    """Characters that are no known word."""


def bare_word(text: str) -> str:
    return "".join(map(fold, text)).replace(" ", "").strip(",.;!~。，；！、")


def spelt(phrases: Iterable[str]) -> Iterable[str]:
    """Every wording of ``不(想|要|)``: one choice after the other."""
    for phrase in phrases:
        wordings = [""]
        for part in re.split(r"(\([^)]*\))", phrase):
            choices = part[1:-1].split("|") if part.startswith("(") else [part]
            wordings = [head + choice for head in wordings for choice in choices]
        yield from wordings


def parts_of_labels(
    options: Sequence[str], labels: Mapping[str, str], after_name: Sequence[str]
) -> dict[str, list[str]]:
    """What people call options that are people, groups or days: any part of a label that only this one has."""
    told = {option: bare_word(labels[option]) for option in options if option.isdigit() and option in labels}
    parts: dict[str, list[str]] = {}
    for option, label in told.items():
        others = [other for key, other in told.items() if key != option]
        found = [
            label[start:end]
            for start in range(len(label))
            for end in range(start + 2, min(len(label), start + 8) + 1)
            if not any(label[start:end] in other for other in others)
        ]
        if not any(other[1:3] == label[1:3] or other[1:2] == label[1:2] for other in others):
            found += [label[1] + word for word in after_name]  # 敏姐
        if not any(other[:1] == label[:1] for other in others):
            found += [label[0] + word for word in after_name] + ["小" + label[0]]
        parts[option] = [part for part in found if not part.startswith("的")]
    return parts


def _cut(clause: str, words: Mapping[str, str]) -> list[Token]:
    """A clause as known words, the longest first at each place; unknown characters are tokens of no family."""
    longest = max(map(len, words))
    tokens: list[Token] = []
    at = 0
    while at < len(clause):
        for size in range(min(longest, len(clause) - at), 0, -1):
            word = clause[at : at + size]
            if word in words:
                tokens.append(Token(words[word], word))
                at += size
                break
        else:
            tokens.append(Token("", clause[at]))
            at += 1
    return tokens


def read_words(plain: str, words: Mapping[str, str]) -> Said:
    read = Said()
    for clause in BREAK.split(plain):
        squeezed = clause.replace(" ", "").replace(QUESTION_MARK, "")
        if squeezed:
            _take_in(_cut(squeezed, words), read)
    return read


def _take_in(tokens: Sequence[Token], read: Said) -> None:
    """Take in one clause: options said, denied and doubly denied, and the families of everything else."""
    rest = sum(len(token.words) for token in tokens if not token.family)
    read.rest += rest
    irony = any(token.family == "irony" for token in tokens)
    denials, far, last = 0, 0, ""
    said: dict[str, int] = {}
    for place, token in enumerate(tokens):
        family = token.family
        if family == "undone":
            family = "" if place and tokens[place - 1].family[:1] in ("=", "~") else "no"
        if family in ("not", "no"):
            twice = token.words in ("不是不", "没有不", "不能不", "没不")
            denials, far = denials + (0 if token.words == last else 2 if twice else 1), 0
        elif family[:1] in ("=", "~"):
            count = denials + (1 if irony or _undone(tokens, place) else 0)
            if count or (family[0] == "=" and (len(token.words) > 1 or not rest)):
                said[family[1:]] = max(said.get(family[1:], 0), count)
            if family[0] == "=" and token.words[0] in "没不别未":
                read.refusing.add(family[1:])
            if len(token.words) > 2:
                read.long.add(family[1:])
            read.doubled |= count > 1
            denials = 0
        elif not family:
            far += 1
            if far > 3 and denials > 0:
                read.families.add("not")
                denials = 0
        elif family not in ("no", "not"):
            read.families.add(family)
        last = token.words
    if denials > 0:  # a no that denies no option's word
        read.doubled |= denials > 1
        silent = all(token.family in ("not", "no", "light", "filler") for token in tokens)
        bare_no = silent or (any(token.family in ("no", "undone") for token in tokens) and rest <= 3)
        read.families.add("no" if bare_no else "not")
    read.asked_beside |= bool(said) and any(token.family == "ask" for token in tokens)
    for option, count in said.items():
        if count == 0:
            read.sure[option] = read.sure.get(option, False) or rest == 0
        elif count == 1:
            read.denied.add(option)


def _undone(tokens: Sequence[Token], place: int) -> bool:
    """Whether what follows takes an option's word back: 同意不了, 要个鬼."""
    return place + 1 < len(tokens) and tokens[place + 1].family == "undone"
