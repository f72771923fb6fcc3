"""待办: kinds of open things, and how a page of them is made."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from bot.core.rules.refusal import Refusal

PAGE: Final = 10
"""Items on one page: they are read on a phone."""


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


class NoTodoPage(Refusal):
    """A page that does not exist."""

    code = "todo.no_page"


def page_of(items: Sequence[TodoItem], page: int) -> tuple[tuple[TodoItem, ...], int]:
    """One page, oldest first, and how many pages there are; refuses ``todo.no_page``."""
    pages = max(1, -(-len(items) // PAGE))
    if not 1 <= page <= pages:
        raise NoTodoPage(pages=pages)
    ordered = sorted(items, key=lambda item: (item.since, item.kind, item.ref))
    return tuple(ordered[(page - 1) * PAGE : page * PAGE]), pages
