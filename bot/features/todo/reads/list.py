"""待办: what is open for one person, from every feature, oldest first.

A feature adds its own source to ``SOURCES``: it looks up what is open for this actor, now, within the actor's own
scope, and gives ``TodoItem``s of its own ``TodoKind``, whose label in ``labels.toml`` [todo_kind] says what to do.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from sqlalchemy.ext.asyncio import AsyncSession

from bot.core import todo as todo_duty
from bot.core.rules.people import Actor
from bot.core.rules.say import Say
from bot.core.rules.todo import TodoItem, TodoKind, page_of
from bot.features.anonymous import todo as todo_anonymous
from bot.features.talk import todo as todo_talk
from bot.features.voice import todo as todo_voice
from bot.features.wish import todo as todo_wish
from bot.store.sealing import Vault

Source = Callable[[AsyncSession, Vault, Actor, datetime], Awaitable[Sequence[TodoItem]]]

SOURCES: Final[tuple[Source, ...]] = (
    todo_duty.questions,
    todo_talk.waiting_for_notes,
    todo_talk.waiting_for_co_signing,
    todo_talk.waiting_for_answer,
    todo_anonymous.unanswered,
    todo_voice.waiting_voices,
    todo_voice.results_due,
    todo_wish.open_wishes,
    todo_wish.held_wishes,
)


@dataclass(frozen=True, slots=True)
class Todo(Say):
    """One page of what is open."""

    template: ClassVar[str] = "todo/list"
    total: int
    page: int
    pages: int
    items: tuple[TodoItem, ...]


async def todo(session: AsyncSession, vault: Vault, actor: Actor, page: int, *, now: datetime) -> Todo:
    """``待办 [页]``; refuses ``todo.no_page``."""
    items: list[TodoItem] = []
    for source in SOURCES:
        items += await source(session, vault, actor, now)
    shown, pages = page_of(items, page)
    return Todo(len(items), page, pages, shown)


__all__ = ["SOURCES", "Source", "Todo", "TodoItem", "TodoKind", "todo"]
