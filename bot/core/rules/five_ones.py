"""五个一 five ones: how many activities a cadre owes in which window, and how a window stands (R2.9, R2.10, A1, A2).

Sources of what was done (talks, activities) give ``FiveOnesItem``s; this file counts them and knows none of them.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from bot.core.rules.people import CadreKind
from bot.core.rules.windows import Window, months_window
from bot.core.rules.workdays import Workdays

NUMBER: Final = 5
"""The notice's number (R2.1, R2.9, R2.10): nobody sets another; a waiver lowers one cadre's window (R6.9, P40)."""
_DAY: Final = timedelta(days=1)


class ActivityKind(StrEnum):
    """活动类别: the notice's five examples, what organs hold, and 其他; the list is open, kinds are only shown (A2)."""

    PRACTICAL_HELP = "practical_help"
    LEAGUE_LESSON = "league_lesson"
    TALK = "talk"
    VOLUNTEERING = "volunteering"
    RECREATION = "recreation"
    THEME_DAY = "theme_day"
    FACE_TO_FACE = "face_to_face"
    OPEN_DAY = "open_day"
    SHARING = "sharing"
    OTHER = "other"


class Confirmed(StrEnum):
    """自愿确认的情况: a youth who took part confirmed it, may still do so, or did not (P39).

    ``UNTOLD``: it has begun and nobody has said what happened; it is not done yet.
    """

    YES = "yes"
    WAITING = "waiting"
    NO = "no"
    UNTOLD = "untold"


class Slot(StrEnum):
    """机关“五个一”的五项: what an organ's works of a quarter are spread over (R2.1a–e)."""

    OPEN_DAY = "open_day"
    FACE_TO_FACE = "face_to_face"
    JOINT_VOLUNTEERING = "joint_volunteering"
    SHARING = "sharing"
    SELF_DESIGNED = "self_designed"


USUAL_SLOTS: Final[Mapping[str, Slot]] = {
    ActivityKind.OPEN_DAY: Slot.OPEN_DAY,
    ActivityKind.FACE_TO_FACE: Slot.FACE_TO_FACE,
    ActivityKind.VOLUNTEERING: Slot.JOINT_VOLUNTEERING,
    ActivityKind.SHARING: Slot.SHARING,
}
"""Which of the five an activity of this kind usually is; any other kind is of the organ's own design."""


@dataclass(frozen=True, slots=True)
class FiveOnesItem:
    """五个一的一项: one real activity of a cadre: its kind, the local day, and whether a youth confirmed it.

    ``span``: from when to when it went on, where its source knows; ``source``: which one tells of it; ``ref``: its
    reference with the letter, empty where it has none.
    """

    kind: ActivityKind
    on: date
    confirmed: Confirmed
    span: tuple[datetime, datetime] | None = None
    source: str = ""
    ref: str = ""


@dataclass(frozen=True, slots=True)
class OrganItem:
    """机关的一项活动: of which organ, which of the five, the local day, and whether a youth confirmed it."""

    org_id: int
    slot: Slot
    on: date
    confirmed: Confirmed


def once_each(items: Iterable[FiveOnesItem]) -> list[FiveOnesItem]:
    """What two sources tell of the same time is one: a recorded talk, and an activity of kind 谈心 (A3).

    Of the two the one that is confirmed stays, else the one that still may be.
    """
    kept: list[FiveOnesItem] = []
    for item in sorted(items, key=lambda item: list(Confirmed).index(item.confirmed)):
        if not any(_same(item, other) for other in kept):
            kept.append(item)
    return sorted(kept, key=lambda item: item.on)


def _same(one: FiveOnesItem, other: FiveOnesItem) -> bool:
    if ActivityKind.TALK not in (one.kind, other.kind) or one.kind is not other.kind or one.source == other.source:
        return False
    if one.span is None or other.span is None:
        return False
    return one.span[0] < other.span[1] and other.span[0] < one.span[1]


@dataclass(frozen=True, slots=True)
class QuotaRule:
    """五个一的要求: at least five activities in a window of so many months; the kinds are free (R2.8, A2)."""

    months: int

    def window(self, day: date) -> Window:
        """The window that ``day`` is in."""
        return months_window(day, self.months)


CADRE_QUOTAS: Final[Mapping[CadreKind, QuotaRule]] = {
    CadreKind.FULL_TIME: QuotaRule(2),  # R2.9
    CadreKind.SECONDED: QuotaRule(2),
    CadreKind.PART_TIME: QuotaRule(3),  # R2.10
}


ORGAN_QUOTA: Final = QuotaRule(3)  # R2.1


def quota_rule(kind: CadreKind | None) -> QuotaRule:
    """What a cadre of this kind owes; a kind nobody entered counts as part-time, the lighter one."""
    return CADRE_QUOTAS[kind or CadreKind.PART_TIME]


@dataclass(frozen=True, slots=True)
class FiveOnesState:
    """五个一的进展: of what was done in a window some counts, some waits for a confirmation, some has none.

    ``least``: the notice's number less what was waived. ``kinds`` are the kinds of what counts, most first; ``items``
    everything of the window, the newest first. ``days_left`` and ``workdays_left`` leave today out (S1.6);
    ``estimated``: a year among them has no official days yet.
    """

    window: Window
    least: int
    done: int
    counted: int
    waiting: int
    due: int
    kinds: tuple[tuple[ActivityKind, int], ...]
    items: tuple[FiveOnesItem, ...]
    days_left: int
    workdays_left: int
    estimated: bool


def five_ones(
    rule: QuotaRule, items: Iterable[FiveOnesItem], today: date, workdays: Workdays, *, waived: int = 0
) -> FiveOnesState:
    """How the window of ``today`` stands; items of other windows are left out. ``waived``: so many fewer are owed."""
    least = max(0, NUMBER - waived)
    window = rule.window(today)
    mine = [item for item in items if item.on in window]
    by_state = Counter(item.confirmed for item in mine)
    counted = by_state[Confirmed.YES]
    kinds = Counter(item.kind for item in mine if item.confirmed is Confirmed.YES)
    tomorrow = today + _DAY
    return FiveOnesState(
        window=window,
        least=least,
        done=len(mine) - by_state[Confirmed.UNTOLD],
        counted=counted,
        waiting=by_state[Confirmed.WAITING],
        due=max(0, least - counted),
        kinds=tuple(sorted(kinds.items(), key=lambda pair: (-pair[1], list(ActivityKind).index(pair[0])))),
        items=tuple(sorted(mine, key=lambda item: (item.on, item.ref), reverse=True)),
        days_left=(window.last - today).days,
        workdays_left=workdays.between(tomorrow, window.last),
        estimated=workdays.estimated(tomorrow, window.last),
    )
