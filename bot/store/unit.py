"""Unit of work: event key, effects, audit row and outbox rows in one transaction (reliability section 4)."""

import asyncio
import json
from collections.abc import Callable, Iterable
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Unpack, cast

from loguru import logger
from sqlalchemy import ColumnElement, inspect, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.rules.message import Address, ChatKind, Moment
from bot.core.rules.people import Actor, Role
from bot.core.rules.say import Lost, Say
from bot.store import chain, outbox
from bot.store.base import Base
from bot.store.chat import Chat
from bot.store.home import Home
from bot.store.reach import Reach
from bot.store.unit_session import UnitSession
from bot.store.waiting import Candidate


class Redelivered(Exception):
    """The event had its effect already; the first run's receipt is the receipt."""


class Unit(Reach):
    """One write transaction. Actions get it, flush through ``session`` and never commit themselves."""

    def __init__(self, store: Home, session: AsyncSession, now: datetime, key: bytes | None) -> None:
        super().__init__(session, store.vault, store.here, store.beside)
        self._rows = cast(UnitSession, session.sync_session)
        self.now = now
        self.key = key
        self.node = store.node
        self.crowd = store.crowd
        self._store = store
        self._before: list[Callable[[], None]] = []
        self._after: list[Callable[[], None]] = []
        self._signals: list[tuple[str, Any]] = []
        self._audited: list[dict[str, Any]] = []
        self._head: chain.Head | None = None
        self._pushed = 0
        self.traceless = False
        """Whether not even the account that speaks may be written to in this unit (13.3)."""
        self.veiled = False
        """Whether who speaks does so without their name: no row of what they are answered leads to them (13.3)."""
        self.replies = 0
        self.said: Moment | None = None
        """When the words that are carried out were said, where that was while the bot was away."""
        self._express: list[tuple[int, outbox.Outgoing]] = []
        self._fresh: list[Candidate] = []
        self.erased = False
        self.tombstones: Path | None = store.tombstones
        self.forgotten: set[int] = set()
        self.asked: set[int] = set()
        """Questions put in this unit: of several the first one stays."""
        self.unasked: set[int] = set()
        """Accounts to which no question waits, as was read in this unit."""

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

    def position(self) -> int:
        """The next place in the order of everything that comes in and goes out."""
        return self._store.position()

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

    async def push(
        self,
        address: Address,
        say: Say,
        *,
        person_id: int | None = None,
        key_id: int | None = None,
        fallback: tuple[Address, Say] | None = None,
        file: tuple[str, int] | None = None,
        **how: Unpack[outbox.Sending],
    ) -> int:
        """Queue one message to ``address``; everything as in ``push_words``."""
        words = outbox.Words.of(say)
        if say.lost is Lost.TOLD and self.by_name and self.speaker_id is not None:
            how = {"by": (self.speaker_id, say.ref_told), **how}
        instead = (fallback[0], outbox.Words.of(fallback[1])) if fallback is not None else None
        return await self.push_words(
            address, words, person_id=person_id, key_id=key_id, fallback=instead, file=file, **how
        )

    async def push_words(
        self,
        address: Address,
        words: outbox.Words,
        *,
        person_id: int | None = None,
        key_id: int | None = None,
        fallback: tuple[Address, outbox.Words] | None = None,
        file: tuple[str, int] | None = None,
        idem_key: str = "",
        cls: str = "L",
        kind: str = "push",
        priority: int = outbox.PRIORITY,
        not_before: datetime | None = None,
        expires_at: datetime | None = None,
        nameless: bool = False,
        line: str = "",
        about: outbox.About | None = None,
        by: outbox.By | None = None,
    ) -> int:
        """Queue words. Class L: at least once (receipts, questions, alerts); O: at most once (what may be missed).

        Returns the row's id; 0, and nothing is queued, when the address is 暂不可读.
        """
        if not address.native_id:
            return 0
        self._pushed += 1
        if not idem_key:
            base = self.key.hex() if self.key else f"{self.position()}"
            idem_key = f"{kind}:{base}:{self._pushed}"
        spoken_to = address == self.spoken_to or (person_id is not None and person_id == self.speaker_id)
        if spoken_to and kind != outbox.RELAY:
            kind = "reply"  # an answer to what was just said: its own budget, no quiet hours
        nameless = nameless or person_id in self.forgotten  # what is said of an erasure must not tell whose it was
        nameless = nameless or (self.veiled and not line and address == self.spoken_to)
        if nameless or line:
            person_id, key_id, about, by = None, None, None, None  # of whom it is about nothing may tell
        elif self.waits(address, kind, cls, person_id):
            self.held = True
            by = by or ((self.speaker_id, "") if self.by_name and self.speaker_id is not None else None)
        may_leave_at_once = kind == "reply" and not_before is None
        owner = self._store.express(address.bot_id) if may_leave_at_once else None
        values, row = await outbox.prepare(
            self.session,
            self.vault,
            idem_key=idem_key,
            address=address,
            words=words,
            cls=cls,
            kind=kind,
            key_id=key_id or self.vault.system_key_id,
            person_id=person_id,
            now=self.now,
            position=self.position(),
            not_before=not_before,
            expires_at=expires_at,
            priority=priority,
            fallback=fallback,
            file=file,
            about=about,
            by=by if by is not None and by[0] != person_id else None,
            leased_by=owner,
            nameless=nameless,
            line=line,
        )
        self._rows.unsaid.append(values)
        if owner is not None:
            self._express.append((priority, row))
        elif kind == outbox.RELAY or not_before is not None:  # the table knows their turn
            self.woken.add(address.bot_id)
        else:
            self._fresh.append(Candidate.of(row, priority))
        return row.id

    def unsay(self, rows: Iterable[int]) -> None:
        """These rows were deleted in this very unit: none of them goes out from memory either."""
        self._rows.said.difference_update(rows)

    async def is_new(self, row_id: int) -> bool:
        """Whether what was just queued had not been queued before, by its idempotency key."""
        await self.write_outbox()
        return row_id in self._rows.said

    async def write_outbox(self) -> None:
        """Write what was queued; called by the store after everything else, right before the audit rows."""
        if self._rows.unsaid:
            await self.session.run_sync(lambda _: self._rows.say())

    async def push_person(
        self, person_id: int, say: Say, *, unless_quiet: bool = False, **how: Unpack[outbox.Sending]
    ) -> bool:
        """Queue a private message to a person (``account_of``); False when they have no account.

        ``unless_quiet``: nobody asked for it, so False when they said 别再提醒; after words of danger it waits.
        """
        reached = await self.reached(person_id)
        if reached is None or (unless_quiet and reached[1].reminders_off):
            return False
        account, person = reached
        address = await self.private_address(account)
        if not address.native_id:  # 暂不可读: nobody knows where to
            return False
        until = person.calm_until if unless_quiet or how.get("cls") == "O" else None
        if until is not None and until > max(self.now, how.get("not_before") or self.now):
            how |= {"not_before": until, "expires_at": until + outbox.PUSH_LIFE}  # they spoke of danger a while ago
        await self.push(address, say, person_id=person_id, key_id=person.key_id, **how)
        return True

    async def push_chat(
        self, chat: Chat, say: Say, *, instead: int | None = None, **how: Unpack[outbox.Sending]
    ) -> None:
        """Queue a message to a linked group; where it cannot be said, the person ``instead`` reads it in private."""
        account = await self.account_of(instead) if instead is not None else None
        fallback = (await self.private_address(account), say) if account is not None else None
        address = self.in_group(Address(chat.channel, chat.bot_id, ChatKind.GROUP, chat.native_id))
        await self.push(address, say, fallback=fallback, **how)

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
