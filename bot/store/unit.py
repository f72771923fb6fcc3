"""Unit of work: event key, effects, audit row and outbox rows in one transaction (reliability section 4)."""

import asyncio
import json
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from loguru import logger
from sqlalchemy import ColumnElement, inspect, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.rules.message import Moment
from bot.core.rules.people import Actor, Role
from bot.store import chain
from bot.store.base import Base
from bot.store.home import Home
from bot.store.pushing import Pushing


class Redelivered(Exception):
    """The event had its effect already; the first run's receipt is the receipt."""


class Unit(Pushing):
    """One write transaction. Actions get it, flush through ``session`` and never commit themselves."""

    def __init__(self, store: Home, session: AsyncSession, now: datetime, key: bytes | None) -> None:
        super().__init__(session, store, now, key)
        self.node = store.node
        self.crowd = store.crowd
        self._before: list[Callable[[], None]] = []
        self._after: list[Callable[[], None]] = []
        self._signals: list[tuple[str, Any]] = []
        self._audited: list[dict[str, Any]] = []
        self._head: chain.Head | None = None
        self.traceless = False
        """Whether not even the account that speaks may be written to in this unit (13.3)."""
        self.replies = 0
        self.said: Moment | None = None
        """When the words were said, if that was while the bot was away."""
        self.erased = False
        self.tombstones: Path | None = store.tombstones
        self.asked: set[int] = set()
        """Questions put in this unit; of several, the first one stays open."""
        self.unasked: set[int] = set()
        """Accounts without a waiting question, as read in this unit."""

    @property
    def alone(self) -> bool:
        """Whether nobody else can write meanwhile: SQLite has one writer."""
        return self._rows.get_bind().dialect.name == "sqlite"

    def before_commit(self, run: Callable[[], None]) -> None:
        """Run a plain function that waits for a disk, off the loop and right before the commit; if it fails, all does.

        For what must be durable once the commit is: a crash between the two leaves what it wrote without the change.
        """
        self._before.append(run)

    def after_commit(self, run: Callable[[], None]) -> None:
        """Run a plain function once the transaction is durable; dropped on rollback."""
        self._after.append(run)

    def destroyed(self, key_id: int) -> None:
        """A data key's row was deleted: it goes from memory now, and after the commit it cannot come back.

        A reader that began before the commit still sees the row, and would bring the key into memory once more.
        """
        self.vault.forget(key_id)
        self.after_commit(lambda: self.vault.destroy(key_id))

    def committed(self) -> None:
        """Called by the store after the commit. An error here must not make a done change look undone."""
        self._store.chain_head = self._head or self._store.chain_head
        told = (partial(self._store.signal, topic, value) for topic, value in self._signals)
        for run in (*self._after, *told, self._send):
            try:
                run()
            except Exception as error:
                logger.opt(exception=error).error("what follows a commit failed")

    def _send(self) -> None:
        if self._express:
            by_urgency = sorted(self._express, key=lambda item: item[0])  # stable: the receipt before its question
            self._store.hand_over([row for _, row in by_urgency if row.id in self._rows.said])
        fresh = [row for row in self._fresh if row.id in self._rows.said]
        if self.woken or fresh:
            self._store.wake(self.woken, fresh)

    @property
    def moment(self) -> datetime:
        """Since when this change holds: since now, or since it was said, if that was while the bot was away."""
        return self.now if self.said is None else min(self.now, self.said.at)

    def came_after(self, began: datetime) -> bool:
        """Whether something began only after these words, told late, were said: they are no words about it.

        Platforms tell whole seconds. What began in the second of the words may be older: then the words hold.
        """
        return self.said is not None and began >= self.said.at + timedelta(seconds=1)

    async def swap(self, table: type[Base], *still: ColumnElement[bool], **becomes: Any) -> int:
        """Compare and set: write only where all of ``still`` holds now; how many rows, 0 when somebody was first.

        Rows in memory stay as they were read; whoever looks at them again refreshes them.
        """
        key = inspect(table).primary_key
        written = update(table).where(*still).values(**becomes).returning(*key)
        return len((await self.session.execute(written.execution_options(synchronize_session=False))).all())

    def signal(self, topic: str, value: Any) -> None:
        """After the commit, tell listeners in this process that something they hold in memory has changed."""
        self._signals.append((topic, value))

    async def audit(
        self,
        actor: Actor | None,
        action: str,
        *,
        role: Role | str = "",
        subject_id: int | None = None,
        ref: str = "",
        **facts: Any,
    ) -> None:
        """The act's audit row. ``subject_id`` is the person whose data it is about (谁看过我的数据).

        It is written last of all (``write_audit``): the chain is one for everybody, and whoever waited for anything
        else while holding it would hold up, on PostgreSQL even cross, everybody.
        """
        who = actor.person_id if actor else None
        self._audited.append(
            {"actor_id": who, "actor_role": str(role), "action": action, "subject_id": subject_id, "ref": ref}
            | {"facts": facts}
        )

    async def committing(self) -> None:
        """Called by the store when nothing but the commit is left to do."""
        for run in self._before:
            await asyncio.to_thread(run)

    async def write_audit(self) -> None:
        """Called by the store after everything else: enter what was done into the chain."""
        if self._audited:
            self._head = await chain.append(
                self.session,
                self.vault,
                self.node,
                self._audited,
                at=self.now,
                head=self._store.chain_head,
                begun=self._store.begun,
            )
            self._audited = []

    async def seal(self, key_id: int, place: str, value: str, *, least: int = 0) -> bytes:
        """Seal a text under a data key, as if it had at least so many bytes."""
        await self.vault.ready(self.session, key_id)
        return self.vault.seal(key_id, place, value, least=least)

    async def seal_json(self, key_id: int, place: str, value: Any) -> bytes:
        """Seal JSON-able data under a data key."""
        return await self.seal(key_id, place, json.dumps(value, ensure_ascii=False))

    async def open(self, place: str, sealed: bytes | None) -> str | None:
        """Open a sealed text; None when there is none or its key is gone."""
        return await self.vault.read(self.session, place, sealed)
