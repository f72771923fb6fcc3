"""指导清单 Checklist: what a cadre who guides a committee and a branch has to do in a year (R1.2 to R1.11).

A year's checklist is data (``templates/campaign``). Nothing here counts towards anybody's rank.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from bot.core.rules.campaign import Campaign
from bot.core.rules.campaign_days import DayRule
from bot.core.rules.refusal import Refusal
from bot.core.rules.text import plain_key
from bot.core.rules.workdays import Workdays


class GuidanceGroup(StrEnum):
    """清单分组: the work plan, the required steps, the five 一起, the guided items, the lesson, the lasting routine."""

    PLAN = "plan"
    STEP = "step"
    TOGETHER = "together"
    GUIDE = "guide"
    LESSON = "lesson"
    ROUTINE = "routine"


class GuidanceItemUnknown(Refusal):
    """No item of the checklist begins these words; field ``names``: the items that are still open."""

    code = "guidance.item_unknown"


class GuidanceProcessMissing(Refusal):
    """An item without what was done: a number alone counts nothing (R6.5); field ``least``."""

    code = "guidance.process_missing"


@dataclass(frozen=True, slots=True)
class GuidanceItem:
    """清单项目: one thing to do; ``words`` are what people type for it beside its name."""

    key: str
    group: GuidanceGroup
    name: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Checklist:
    """指导清单: the items of one year, the window in which they are due, and the day of the lesson."""

    title: str
    first: date
    last: date
    lesson_by: date
    items: tuple[GuidanceItem, ...]

    def open(self, done: Collection[str]) -> tuple[GuidanceItem, ...]:
        """The items of which nothing is entered yet, in order."""
        return tuple(item for item in self.items if item.key not in done)

    def next_due(self, done: Collection[str], today: date) -> tuple[GuidanceItem, date] | None:
        """The open item that is due first, and its day; None when nothing is open. The lesson has a day of its own."""
        left = self.open(done)
        if not left:
            return None
        lesson = next((item for item in left if item.group is GuidanceGroup.LESSON), None)
        if lesson is not None and today <= self.lesson_by:
            return lesson, self.lesson_by
        return left[0], self.last


def read_checklist(campaign: Campaign, year: int) -> Checklist:
    """A year's checklist as its campaign says it; ``ValueError`` where a key stands twice or a day does not exist."""
    items = tuple(
        GuidanceItem(one["key"], GuidanceGroup(one["group"]), one["name"], tuple(one.get("words", ())))
        for one in campaign.checklist["item"]
    )
    if len({item.key for item in items}) != len(items):
        raise ValueError("a key of the checklist stands twice")
    workdays = Workdays()
    window = campaign.window(year, workdays)
    if window is None:
        raise ValueError("not of this year")
    lesson = DayRule.read(campaign.checklist["lesson_by"]).from_on(window.first, workdays)
    return Checklist(campaign.name, window.first, window.last, lesson, items)


def take_item(checklist: Checklist, text: str) -> tuple[GuidanceItem, str]:
    """The item that begins ``text``, by its longest name or word, or by its number, and what is left of the text."""
    typed = text.strip()
    best: tuple[int, GuidanceItem] | None = None
    for at, item in enumerate(checklist.items, start=1):
        for word in (item.name, *item.words, str(at)):
            length = _begins(typed, word)
            if length and (best is None or length > best[0]):
                best = (length, item)
    if best is None:
        raise GuidanceItemUnknown(names=tuple(item.name for item in checklist.items))
    return best[1], typed[best[0] :].lstrip(" ：:，,。、").strip()


def _begins(text: str, word: str) -> int:
    """How many characters of ``text`` are this word, written in any width; 0 when it begins otherwise."""
    wanted = plain_key(word)
    for length in range(1, min(len(text), len(word) * 2) + 1):
        if plain_key(text[:length]) == wanted:
            digits = word.isdecimal() and text[length : length + 1].isdecimal()
            return 0 if digits else length
    return 0


def groups_of(checklist: Checklist, done: Collection[str]) -> Sequence[tuple[GuidanceGroup, int, int]]:
    """Each group of the checklist with how many of its items have something entered, and how many it has."""
    found: list[tuple[GuidanceGroup, int, int]] = []
    for group in GuidanceGroup:
        items = [item for item in checklist.items if item.group is group]
        if items:
            found.append((group, sum(item.key in done for item in items), len(items)))
    return found
