"""待办: what is open for one person, from every feature, oldest first.

A feature declares its own sources in its manifest: each looks up what is open for this actor, now, within the actor's
own scope, and gives ``TodoItem``s of its own ``TodoKind``, whose label in ``labels.toml`` [todo_kind] says what to do.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.feature import features
from bot.core.rules.people import Actor
from bot.core.rules.say import Say
from bot.core.rules.todo import TodoItem, TodoKind, page_of
from bot.store.sealing import Vault


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
    for source in (source for feature in features() for source in feature.todo):
        items += await source.read(session, vault, actor, now)
    shown, pages = page_of(items, page)
    return Todo(len(items), page, pages, shown)


__all__ = ["Todo", "TodoItem", "TodoKind", "todo"]
