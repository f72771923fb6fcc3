"""待办: kinds of open things, and how a page of them is made."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from bot.core.rules.paging import PAGE, pages_of


class TodoKind(StrEnum):
    """待办类型: what waits, and for whom; its label says what to do next."""

    TALK_NOTES = "talk_notes"
    TALK_CO_SIGN = "talk_co_sign"
    TALK_NOTE = "talk_note"
    CRISIS = "crisis"
    DATA_REQUEST = "data_request"
    ORG_CORRECTION = "org_correction"
    ANONYMOUS = "anonymous"
    VOICE = "voice"
    CONSULTATION = "consultation"
    WISH_OPEN = "wish_open"
    WISH_HELD = "wish_held"
    WISH_CONFIRM = "wish_confirm"
    STAND_IN = "stand_in"
    ACCESS = "access"
    BREAK_GLASS = "break_glass"
    REPORT = "report"


@dataclass(frozen=True, slots=True)
class TodoItem:
    """待办一项: since when it is open, its reference, and no word of what it is about.

    ``ref`` is shown as given (``T4821``; empty where there is none). ``name`` is only for a 称呼 that the reader typed
    themselves: never a youth's name beside the content of anything (P13). ``count`` is how many are still awaited.
    ``kind`` is a ``TodoKind`` or a feature's own word; its label says what to do next.
    """

    kind: str
    since: datetime
    ref: str = ""
    name: str = ""
    count: int = 0
    due: datetime | None = None
    gist: str = ""
    """The kind of the wish or of the voice, never a word of anybody's own; empty where nobody has sorted it."""


@dataclass(frozen=True, slots=True)
class OpenItems:
    """待办来源的结果: how many one source has open, and the oldest of them, as many as were asked for."""

    count: int
    oldest: Sequence[TodoItem]


NOTHING_OPEN: Final = OpenItems(0, ())


def page_of(found: Sequence[OpenItems], page: int) -> tuple[tuple[TodoItem, ...], int, int]:
    """One page of what several sources have open, oldest first, and how many items and pages there are.

    Each source has given its oldest ``page * PAGE`` items. Refuses ``page.none``.
    """
    total = sum(source.count for source in found)
    pages = pages_of(total, page)
    items = (item for source in found for item in source.oldest)
    ordered = sorted(items, key=lambda item: (item.since, item.kind, item.ref))
    return tuple(ordered[(page - 1) * PAGE : page * PAGE]), total, pages
