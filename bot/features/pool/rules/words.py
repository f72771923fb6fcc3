"""入池用词: the lists of ``templates/pool/words.toml`` as patterns by which a wish is de-identified (P12)."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

HAN: Final = r"[\u4e00-\u9fff]"
BETWEEN: Final = r"[ .\-_*·~]{0,2}"
"""What may stand between the letters of a name or the digits of a number."""
MAX_HEAD: Final = 10
"""Characters before ``县`` or ``中学`` that may be its name."""
_NOT_IN_NAMES: Final = r"(?![的了是在我你他她它想要有个跟也很都需希不这那给去买用做为把被让])"
_STOPS: Final = r"，。；！？、：,:.;!?\s〔〕()（）"

Keep = Callable[[re.Match[str]], bool]
"""Says of what was found that it may stay."""


class Blank(StrEnum):
    """隐去内容: what stood where a pool shows a blank."""

    PERSON = "person"
    ORG = "org"
    SCHOOL = "school"
    PLACE = "place"
    DATE = "date"
    NUMBER = "number"
    ACCOUNT = "account"


@dataclass(frozen=True, slots=True)
class Named:
    """有名有姓的处所: schools, organisations or places that a name stands before; ``plain`` words are nobody's."""

    blank: Blank
    endings: re.Pattern[str]
    plain: frozenset[str]
    head: re.Pattern[str]

    def start(self, text: str, ending: re.Match[str]) -> int | None:
        """Where the name before this ending begins; None when there is none: ``上大学``, ``去超市``."""
        head = self.head.search(text, max(0, ending.start() - MAX_HEAD), ending.start())
        if head is None or not head.group():
            return None
        word = head.group() + ending.group()
        if head.group() in self.plain or any(word.endswith(plain) for plain in self.plain):
            return None
        return head.start()


@dataclass(frozen=True, slots=True)
class PoolWords:
    """入池用词: what is looked for, and the words of the blanks; built once from data."""

    blanks: Mapping[Blank, str]
    surnames: str = field(repr=False)
    titles: str = field(repr=False)
    fixed: tuple[tuple[Blank, re.Pattern[str]], ...] = field(repr=False)
    """Accounts first: an address in them is no place."""
    token: re.Pattern[str] = field(repr=False)
    """A word of Latin letters and digits, which may be an account."""
    named: tuple[Named, ...] = field(repr=False)
    tails: tuple[str, ...] = field(repr=False)
    """Endings of an organisation's name that people leave out."""
    people: tuple[re.Pattern[str], ...] = field(repr=False)
    no_person: frozenset[str] = field(repr=False)
    everybody: frozenset[str] = field(repr=False)
    ages: re.Pattern[str] = field(repr=False)
    number: re.Pattern[str] = field(repr=False)
    measured: re.Pattern[str] = field(repr=False)
    """What follows a small number that may stay."""
    prices: tuple[str, ...] = field(repr=False)

    @classmethod
    def from_data(cls, data: Mapping[str, Any], blanks: Mapping[str, str]) -> "PoolWords":
        """Build from the parsed data file; raises ``KeyError``, ``ValueError`` or ``re.error`` if it cannot be read."""
        words = {Blank(name): word for name, word in blanks.items()}
        if set(words) != set(Blank):
            raise ValueError("every blank needs a word")
        person, number = data["person"], data["number"]
        school, place = data["school"], data["place"]
        digits = re.escape(number["digits"])
        return cls(
            blanks=words,
            surnames=either(person["surnames"]),
            titles=either(person["titles"]),
            fixed=(
                *((Blank.ACCOUNT, pattern) for pattern in _accounts(data["account"]["names"])),
                *((Blank.SCHOOL, re.compile(p)) for p in (*school["classes"], school["numbered"])),
                (Blank.PLACE, re.compile(place["doors"])),
                (Blank.PLACE, re.compile(either(place["names"]))),
                *((Blank.DATE, re.compile(p)) for p in data["date"]["patterns"]),
            ),
            token=re.compile(r"(?<![A-Za-z0-9])[A-Za-z0-9]+(?:[._\-]*[A-Za-z0-9]+)*(?![A-Za-z0-9])"),
            tails=(*data["org"]["tails"].split(), *place["tails"].split()),
            named=tuple(_named(blank, data[blank]) for blank in (Blank.SCHOOL, Blank.ORG, Blank.PLACE)),
            people=_people(person),
            no_person=frozenset(person["plain"].split()),
            everybody=frozenset(person["everybody"].split()),
            prices=tuple(number["prices"].split()),
            ages=re.compile(rf"[0-9{digits}]{{1,4}} ?{either(number['people'])}"),
            number=re.compile(rf"(?<![A-Za-z0-9])[0-9{digits}](?:[\W_]{{0,3}}[0-9{digits}])*(?![A-Za-z0-9])"),
            measured=re.compile(rf" ?{either(number['measures'])}"),
        )


def either(words: str) -> str:
    """``a b ab`` as ``(?:ab|a|b)``: the longest first."""
    return "(?:" + "|".join(map(re.escape, sorted(set(words.split()), key=lambda w: (-len(w), w)))) + ")"


def _named(blank: Blank, data: Mapping[str, str]) -> Named:
    borders = re.escape("".join(data["borders"].split()))
    plain = frozenset(data["plain"].split()) - frozenset(data["endings"].split())  # these have no name before them
    head = re.compile(rf"(?:(?![{borders}])\w)*\Z")
    return Named(blank, re.compile(either(data["endings"]) + data["not_before"]), plain, head)


def _accounts(names: str) -> tuple[re.Pattern[str], ...]:
    """Links, addresses, @names, words after the name of a platform, and words that look like an account."""
    told = rf"{either(names)}(?:号码|号|名|id|ID)?(?: ?(?:是|为|就是|叫|[:：=]))? ?[A-Za-z0-9@._+\-]{{3,40}}"
    return (
        re.compile(r"[\u4e00-\u9fff][A-Za-z][ ·.\-]?[A-Za-z0-9]{4}[A-Za-z0-9学警挂港澳]{1,2}(?![A-Za-z0-9])"),
        re.compile(r"(?:https?://|www\.)[^\s，。；！？、]{1,200}", re.IGNORECASE),
        re.compile(r"[A-Za-z0-9._+\-]{1,64}@[A-Za-z0-9.\-]{1,64}"),
        re.compile(r"[@＠][^\s，。；！？、,;!?]{1,20}"),
        re.compile(told, re.IGNORECASE),
    )


def _people(data: Mapping[str, str]) -> tuple[re.Pattern[str], ...]:
    surnames, titles = either(data["surnames"]), either(data["titles"])
    given = rf"{_NOT_IN_NAMES}{HAN}"
    begins = rf"(?:^|(?<=[{_STOPS}])|(?<={')|(?<='.join((data['before'] + ' ' + data['titles']).split())}))"
    ends = rf"(?={either(data['after'])}|[{_STOPS}]|$)"
    called = rf"(?:{HAN}{{1,4}}?|[A-Za-z][A-Za-z .]{{0,20}}?)(?=[{_STOPS}]|$|{either(data['closers'])})"
    return (
        *(re.compile(rf"(?<={caller}){called}") for caller in data["callers"].split()),
        re.compile(rf"(?<![感多]){surnames}(?:{given}){{0,2}}?{titles}"),
        re.compile(rf"{HAN}{{1,8}}·{HAN}{{1,8}}?(?:·{HAN}{{1,8}}?)?(?:{titles}|{ends})"),
        re.compile(rf"[小老阿]{surnames}(?:{titles}|{ends})"),
        re.compile(rf"{begins}{surnames}(?:{given}){{1,2}}?{ends}"),
    )
