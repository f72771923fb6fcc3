"""Group commit of recorded talk messages: one sync for many, each in its own savepoint if need be (section 5)."""

import asyncio
from dataclasses import dataclass, field
from typing import Any, Final

from loguru import logger
from sqlalchemy import insert, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.tables import Consent
from bot.features.talk.rules.talk import TalkState
from bot.features.talk.tables import Talk, TalkMessage
from bot.store.delivery import EventKey
from bot.store.dialect import core, insert_ignore
from bot.store.store import BATCH, Store

MOST: Final = 256
"""Messages in one commit. While one commit syncs, the next batch gathers: no timer is needed to fill it."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """One message to store: its event key and the row; ``scope`` names the consent that its speaker needs."""

    key: bytes
    row: dict[str, Any] = field(repr=False)
    scope: str = ""


class NoLongerRecorded(Exception):
    """While the message was on its way the talk ended, or its speaker's consent did: it is not stored."""


class Recording:
    """Takes messages one by one and stores them in groups; ``store`` returns once the message is durable."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: list[tuple[Recorded, asyncio.Future[bool]]] = []
        self._worker: asyncio.Task[None] | None = None
        self.batches = 0
        self.stored = 0

    def put(self, item: Recorded) -> asyncio.Future[bool]:
        """Queue a message; the future says True when it was stored, False when it was there already."""
        done: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((item, done))
        if self._worker is None or self._worker.done():
            self._worker = asyncio.create_task(self._work())
        return done

    async def drain(self) -> None:
        """Wait until everything queued is durable or has failed."""
        while self._worker is not None and not self._worker.done():
            await asyncio.wait({self._worker})

    async def _work(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:MOST], self._waiting[MOST:]
            try:
                fates = await self._commit([item for item, _ in batch])
            except Exception as error:
                logger.error("a batch of {} talk messages was not stored: {}", len(batch), type(error).__name__)
                fates = [error] * len(batch)
            self.batches += 1
            for (_, done), fate in zip(batch, fates, strict=True):
                if done.cancelled():
                    continue
                if isinstance(fate, Exception):
                    done.set_exception(fate)
                else:
                    self.stored += fate
                    done.set_result(fate)

    async def _commit(self, items: list[Recorded]) -> list[bool | Exception]:
        try:
            return await self._all_at_once(items)
        except SQLAlchemyError:
            return await self._one_by_one(items)

    async def _all_at_once(self, items: list[Recorded]) -> list[bool | Exception]:
        async with self._store.unit(priority=BATCH) as unit:
            day = unit.now.date()
            keys = core(EventKey)
            taken = await unit.session.execute(  # rows apart from the statement: it is compiled once, not per size
                insert_ignore(unit.session, keys).returning(keys.c.key),
                [{"key": item.key, "day": day} for item in _distinct(items)],
            )
            fresh = set(taken.scalars())
            wanted = await _wanted(unit.session, items)
            fates: list[bool | Exception] = []
            rows: list[dict[str, Any]] = []
            for item in items:
                if item.key in fresh and item.key not in wanted:
                    fates.append(NoLongerRecorded())
                    continue
                fates.append(item.key in fresh)
                if item.key in fresh:
                    fresh.discard(item.key)
                    rows.append(item.row)
            if rows:
                await unit.session.execute(insert(core(TalkMessage)), rows)
        return fates

    async def _one_by_one(self, items: list[Recorded]) -> list[bool | Exception]:
        """The slow way when the batch as a whole failed: a bad message fails alone."""
        fates: list[bool | Exception] = []
        async with self._store.unit(priority=BATCH) as unit:
            wanted = await _wanted(unit.session, items)
            for item in items:
                if item.key not in wanted:
                    fates.append(NoLongerRecorded())
                    continue
                try:
                    async with unit.session.begin_nested():
                        fates.append(await _store_one(unit.session, item, unit.now.date()))
                except SQLAlchemyError as error:
                    fates.append(error)
        return fates


async def _wanted(session: AsyncSession, items: list[Recorded]) -> set[bytes]:
    """Keys of the messages that may still be stored: rights are looked at once more where they count (threat 7).

    A talk may have closed by itself meanwhile, and another process knows of an end before this one's memory does.
    """
    talks = await session.execute(
        select(Talk.id, Talk.chat_id)
        .where(Talk.id.in_({item.row["talk_id"] for item in items}), Talk.state == TalkState.OPEN)
        .with_for_update(read=True)
    )
    chats = {row.id: row.chat_id for row in talks}
    given = await session.execute(
        select(Consent.person_id, Consent.chat_id, Consent.scope).where(
            Consent.person_id.in_({item.row["person_id"] for item in items if item.scope}),
            Consent.withdrawn_at.is_(None),
        )
    )
    agreed = {tuple(row) for row in given}

    def wanted(item: Recorded) -> bool:
        talk_id = item.row["talk_id"]
        if talk_id not in chats:
            return False
        return not item.scope or (item.row["person_id"], chats[talk_id], item.scope) in agreed

    return {item.key for item in items if wanted(item)}


async def _store_one(session: AsyncSession, item: Recorded, day: Any) -> bool:
    taken = await session.execute(
        insert_ignore(session, EventKey).values(key=item.key, day=day).returning(EventKey.key)
    )
    if taken.scalar_one_or_none() is None:
        return False
    await session.execute(insert(core(TalkMessage)), [item.row])
    return True


def _distinct(items: list[Recorded]) -> list[Recorded]:
    return list({item.key: item for item in items}.values())
