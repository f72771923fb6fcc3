"""待办: what is open for one person, from every feature, oldest first.

A feature declares its own sources in its manifest: each looks up what is open for this actor, now, within the actor's
own scope, and gives how many there are and the oldest of them, as ``TodoItem``s of its own ``TodoKind``, whose label in
``labels.toml`` [todo_kind] says what to do.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.feature import features
from bot.core.rules.paging import PAGE
from bot.core.rules.people import Actor
from bot.core.rules.say import Say
from bot.core.rules.todo import TodoItem, TodoKind, page_of
from bot.store.sealing import Vault


@dataclass(frozen=True, slots=True)
class Todo(Say):
    """One page of what is open."""

    template: ClassVar[str] = "todo/list"
    lists: ClassVar[tuple[str, ...]] = ("items",)
    total: int
    page: int
    pages: int
    items: tuple[TodoItem, ...]


async def todo(session: AsyncSession, vault: Vault, actor: Actor, page: int, *, now: datetime) -> Todo:
    """``待办 [页]``; refuses ``page.none``."""
    sources = [source for feature in features() for source in feature.todo]
    most = page * PAGE
    shown, total, pages = page_of([await source.read(session, vault, actor, now, most) for source in sources], page)
    return Todo(total, page, pages, shown)


__all__ = ["Todo", "TodoItem", "TodoKind", "todo"]
