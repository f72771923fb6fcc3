"""去标识化: a wish as a pool may show it; what could tell who wished it becomes a visible blank (P12, 6.5).

Too much is taken out rather than too little: the owner sees the result and may reword it, and new words are cut again.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

from bot.core.rules.privacy import private_details
from bot.core.rules.text import clean, is_invisible
from bot.features.pool.rules.words import BETWEEN, HAN, Blank, Keep, Named, PoolWords

Piece = tuple[str, Blank | None]
"""Words, or a blank."""
MAX_WORDS: Final = 1_000
"""Characters looked at: a wish has at most 300, and the patterns are many."""
SMALL: Final = 2
"""Digits of a number of things that may stay: ``2 双``, ``42 码``."""
MAX_PRICE: Final = 3
MAX_SPELLED: Final = 3
"""Characters of a number in Chinese digits that may stay: ``一本``, ``二十五``."""
SHORT_MIXED: Final = (5, 2)
"""Letters and digits of a word such as ``A4`` or ``CET4`` that is no account: characters and digits at most."""
_BREAKS: Final = re.compile(r"(?<=[，。；！？,;!?\n])")
_LETTER: Final = re.compile(r"[\u4e00-\u9fffA-Za-z]")


@dataclass(frozen=True, slots=True)
class KnownNames:
    """已知名称: names that the tables know: people, and organisations with all above them."""

    people: tuple[str, ...] = field(default=(), repr=False)
    orgs: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Deidentified:
    """去标识文本: the words a pool would show, and which kinds of blanks stand in them."""

    text: str = field(repr=False)
    blanks: frozenset[Blank]
    empty: bool
    """Nothing is left that says what is wished for."""


def deidentify(text: str, names: KnownNames, words: PoolWords) -> Deidentified:
    """The words without names, numbers, places, dates and accounts; applying it twice changes nothing.

    What ``privacy.private_details`` finds never comes out: the part of a sentence that still holds some goes whole.
    """
    pieces = _split(_display(text), words)
    for blank, pattern, keep in _steps(names, words):
        pieces = [done for piece in pieces for done in _cut(piece, blank, pattern, keep)]
    for pattern in words.people:
        pieces = [done for piece in pieces for done in _cut(piece, Blank.PERSON, pattern, _no_person(words))]
    for named in words.named:
        pieces = [done for piece in pieces for done in _cut_named(piece, named)]
    for pattern, keep in ((words.ages, _never), (words.number, _is_amount(words))):
        pieces = [done for piece in pieces for done in _cut(piece, Blank.NUMBER, pattern, keep)]
    return _safe(_merged(pieces), words)


def _display(text: str) -> str:
    """Without what shows nothing, letters and digits in their usual width; ``①`` and ``𝟏`` are digits too."""
    plain: list[str] = []
    for char in clean(text)[:MAX_WORDS]:
        if is_invisible(char):
            continue
        plain.append(unicodedata.normalize("NFKC", char) if unicodedata.category(char)[0] in "LN" else char)
    return "".join(plain).strip()


def _split(text: str, words: PoolWords) -> list[Piece]:
    """Blanks that stand there already are kept as they are."""
    by_word = {word: blank for blank, word in words.blanks.items()}
    shown = re.compile("(" + "|".join(map(re.escape, by_word)) + ")")
    return [(part, by_word.get(part)) for part in shown.split(text) if part]


def _steps(names: KnownNames, words: PoolWords) -> Iterator[tuple[Blank, re.Pattern[str], Keep]]:
    """What is cut before schools, places and people are looked for by their surroundings."""
    first = (Blank.ACCOUNT, Blank.SCHOOL)  # an address in an account is no place, a class no organisation's name
    others = [(blank, pattern) for blank, pattern in words.fixed if blank not in first]
    yield from ((blank, pattern, _never) for blank, pattern in words.fixed if blank in first)
    yield from ((blank, pattern, _never) for blank, pattern in _known(names, words))
    yield from ((blank, pattern, _never) for blank, pattern in others)
    yield Blank.ACCOUNT, words.token, _is_plain_word


def _known(names: KnownNames, words: PoolWords) -> Iterator[tuple[Blank, re.Pattern[str]]]:
    """Names from the tables, the longest first, however they are spaced, and the parts of them that people use."""
    found: dict[str, Blank] = {}
    for org in map(_display, names.orgs):
        for name in _stems(org, words):
            school = any(m.end() == len(name) for n in words.named[:1] for m in n.endings.finditer(name))
            found[name] = Blank.SCHOOL if school else Blank.ORG if name == org else Blank.PLACE
    for person in map(_display, names.people):
        if person in words.everybody:
            continue
        found |= dict.fromkeys(_names(person, words), Blank.PERSON)
    for name in sorted(found, key=lambda n: (-len(n), n)):
        letters = BETWEEN.join(map(re.escape, "".join(name.split())))
        if len(name) == 1:
            letters = rf"[小老阿]{letters}|{letters}{words.titles}|(?<!\w){letters}(?!\w)"
        elif name.isascii():
            letters = rf"(?<![A-Za-z0-9]){letters}(?![A-Za-z0-9])"
        yield found[name], re.compile(letters, re.IGNORECASE)


def _stems(org: str, words: PoolWords) -> Iterable[str]:
    """``清河县团委``, ``清河县``, ``清河``: what people say for an organisation."""
    plain = frozenset[str]().union(*(named.plain for named in words.named))
    found = {org} if len(org) > 1 else set[str]()
    name, cut = org, True
    while cut:
        cut = False
        for tail in words.tails:
            short = name.removesuffix(tail).removeprefix(tail)
            if short != name and len(short) > 1:
                name, cut = short, True
                found.add(name)
    return found - plain


def _names(person: str, words: PoolWords) -> Iterable[str]:
    """A name, and the given name of a whole one: ``林晓舟`` is called 晓舟 too."""
    if not person:
        return ()
    surname = re.match(words.surnames, person)
    if surname is None or not re.fullmatch(rf"{HAN}{{2,4}}", person) or surname.end() == len(person):
        return (person,)
    return (person, person[surname.end() :])


def _never(_found: re.Match[str]) -> bool:
    return False


def _is_plain_word(found: re.Match[str]) -> bool:
    """``CAD``, ``A4`` and bare digits, which are looked at as numbers, are no account."""
    word = found.group()
    digits = sum(c.isdigit() for c in word)
    if not any(map(str.isalpha, word)) or (word.isalnum() and not digits):
        return True
    most, most_digits = SHORT_MIXED
    return word.isalnum() and len(word) <= most and digits <= most_digits


def _no_person(words: PoolWords) -> Keep:
    def keep(found: re.Match[str]) -> bool:
        text, start = found.string, found.start()
        return any(text.startswith(plain, start) for plain in words.no_person)

    return keep


def _is_amount(words: PoolWords) -> Keep:
    """A small number of things, or a price."""

    def keep(found: re.Match[str]) -> bool:
        number = "".join(c for c in found.group() if c.isalnum())
        if not number.isascii():
            return len(number) <= MAX_SPELLED
        if number != found.group():
            return False
        rest = found.string[found.end() :].lstrip(" ")
        price = len(number) <= MAX_PRICE and rest.startswith(words.prices)
        return (
            price
            or len(number) == 1
            or (len(number) <= SMALL and words.measured.match(found.string, found.end()) is not None)
        )

    return keep


def _cut(piece: Piece, blank: Blank, pattern: re.Pattern[str], keep: Keep) -> Iterator[Piece]:
    """A piece with everything found in it as blanks."""
    text, is_blank = piece
    if is_blank is not None:
        yield piece
        return
    at = look = 0
    while (found := pattern.search(text, look)) is not None:
        if not found.group() or keep(found):
            look = found.start() + 1  # 谢谢林老师 is not 谢某某老师, yet 林老师 is somebody
            continue
        yield text[at : found.start()], None
        yield "", blank
        at = look = found.end()
    yield text[at:], None


def _cut_named(piece: Piece, named: Named) -> Iterator[Piece]:
    """A piece without schools, organisations or places that have a name."""
    text, is_blank = piece
    if is_blank is not None:
        yield piece
        return
    at = 0
    for ending in named.endings.finditer(text):
        start = named.start(text, ending)
        if start is not None:
            yield text[at : max(at, start)], None
            yield "", named.blank
            at = ending.end()
    yield text[at:], None


def _merged(pieces: Iterable[Piece]) -> list[Piece]:
    """Blanks of one kind that follow each other are one: how many parts an address had is nobody's business."""
    merged: list[Piece] = []
    for text, blank in pieces:
        if blank is None and not text:
            continue
        if blank is None and not text.strip(" -－—·") and merged and merged[-1][1] is not None:
            continue
        if blank is not None and merged and merged[-1][1] is blank:
            continue
        merged.append((text, blank))
    return merged


def _safe(pieces: list[Piece], words: PoolWords) -> Deidentified:
    """The words, unless a private detail is still in them: then the parts of sentences that hold it go as a whole."""
    text = "".join(words.blanks[blank] if blank else part for part, blank in pieces).strip()
    if private_details(text):
        kept = [words.blanks[Blank.NUMBER] if private_details(part) else part for part in _BREAKS.split(text)]
        text = "".join(kept)
    if private_details(text):
        text = words.blanks[Blank.NUMBER]
    blanks = frozenset(blank for blank, word in words.blanks.items() if word in text)
    left = text
    for word in words.blanks.values():
        left = left.replace(word, "")
    return Deidentified(text, blanks, len(_LETTER.findall(left)) < 2)
