"""待发消息 Outbox: how rows are leased, how their outcome is recorded, and how unknown outcomes are settled."""

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.rules.message import Address, ChatKind
from bot.core.rules.say import from_plain
from bot.store.delivery import OutboxMessage
from bot.store.dialect import core
from bot.store.outbox import FINAL_STATES, LEASE, NAMELESS, RELAY, Outgoing, Words
from bot.store.sealing import Vault, key_of


def _load_address(plain: Sequence[str]) -> Address:
    channel, bot_id, kind, native_id, via_group = plain
    return Address(channel, bot_id, ChatKind(kind), native_id, via_group)


async def lease(
    session: AsyncSession, vault: Vault, ids: Sequence[int], *, owner: str, now: datetime
) -> list[Outgoing]:
    """Lease these rows for sending, without those that somebody else has leased meanwhile.

    A row whose payload cannot be opened (its key was destroyed, or it was tampered with) ends as cancelled: it must
    neither be taken again for ever nor stop the others.
    """
    if not ids:
        return []
    taken = (
        (
            await session.execute(
                update(OutboxMessage)
                .where(OutboxMessage.id.in_(ids), OutboxMessage.state == "ready")
                .values(state="leased", lease_owner=owner, lease_until=now + LEASE, fence=OutboxMessage.fence + 1)
                .returning(OutboxMessage.__table__)
                .execution_options(synchronize_session=False)
            )
        )
        .mappings()
        .all()
    )
    await vault.ready(session, *(key_of(row["payload"]) for row in taken if row["payload"]))
    order = {row_id: place for place, row_id in enumerate(ids)}
    ready = [row for row in (open_row(vault, row) for row in taken) if row is not None]
    closed = {row["id"] for row in taken} - {row.id for row in ready}
    if closed:
        await drop_unreadable(session, *closed)
    return sorted(ready, key=lambda r: order[r.id])


def open_row(vault: Vault, row: Any) -> Outgoing | None:
    """Open a leased row's payload; None when its data key was destroyed meanwhile or the payload was changed."""
    text = vault.open(f"outbox:{row['id']}:payload", row["payload"]) if row["payload"] else None
    try:
        return None if text is None else _outgoing(row, json.loads(text))
    except (KeyError, TypeError, ValueError):  # of another release's form
        return None


def _outgoing(row: Any, plain: dict[str, Any]) -> Outgoing:
    other = plain.get("else")
    return Outgoing(
        id=row["id"],
        fence=row["fence"],
        cls=row["cls"],
        kind=row["kind"],
        address=_load_address(plain["to"]),
        words=Words(plain["t"], from_plain(plain["d"])),
        conv=row["conv"],
        attempts=row["attempts"],
        person_id=row["person_id"],
        fallback=(_load_address(other[0]), Words(other[1], from_plain(other[2]))) if other else None,
        file=(plain["file"][0], plain["file"][1]) if "file" in plain else None,
        key_id=key_of(row["payload"]),
        about=(plain["about"][0], plain["about"][1]) if "about" in plain else None,
        by=(plain["by"][0], plain["by"][1]) if "by" in plain else None,
        since=row["created_at"],
        together=plain.get("with", ""),
        nameless=row["idem_key"].startswith(NAMELESS),
    )


async def finish(
    session: AsyncSession,
    row_id: int,
    fence: int,
    *,
    state: str,
    now: datetime,
    native_id: str = "",
    error: str = "",
    not_before: datetime | None = None,
    attempted: bool = True,
) -> bool:
    """Record an outcome; False when the fence has moved on. A final state drops the payload."""
    values: dict[str, Any] = {"state": state, "lease_owner": None, "lease_until": None, "error": error[:64] or None}
    if attempted:
        values["attempts"] = OutboxMessage.attempts + 1
    if state in FINAL_STATES:
        values["payload"] = None
    if state == "sent":
        values |= {"sent_at": now, "native_id": native_id[:64]}
    if not_before is not None:
        values["not_before"] = not_before
    done = await session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.id == row_id, OutboxMessage.fence == fence, OutboxMessage.state == "leased")
        .values(**values)
        .returning(OutboxMessage.id)
        .execution_options(synchronize_session=False)
    )
    return done.scalar_one_or_none() is not None


_SENT: Final = (
    update(core(OutboxMessage))
    .where(
        OutboxMessage.id == bindparam("row"),
        OutboxMessage.fence == bindparam("held"),
        OutboxMessage.state == "leased",
    )
    .values(
        state="sent",
        lease_owner=None,
        lease_until=None,
        error=None,
        attempts=OutboxMessage.attempts + 1,
        payload=None,
        sent_at=bindparam("at", type_=OutboxMessage.sent_at.type),
        native_id=bindparam("native"),
    )
)


async def finish_sent(session: AsyncSession, sent: Sequence[tuple[Outgoing, str]], *, now: datetime) -> None:
    """Record that these have arrived, with the platform's ids; rows whose fence has moved on are left alone."""
    await session.execute(_SENT, [{"row": r.id, "held": r.fence, "at": now, "native": n[:64]} for r, n in sent])


def _past(now: datetime, limit: int) -> Select[int]:
    return (
        select(OutboxMessage.id)
        .where(
            OutboxMessage.state.in_(("ready", "unknown")),
            OutboxMessage.expires_at <= now,
            OutboxMessage.kind != RELAY,  # whoever said it is told: on_the_way in relays
        )
        .limit(limit)
    )


async def any_expired(session: AsyncSession, *, now: datetime) -> bool:
    """Whether there is a row past its time."""
    return await session.scalar(_past(now, 1)) is not None


async def expire(session: AsyncSession, vault: Vault, *, now: datetime, limit: int = 500) -> list[Outgoing]:
    """At most so many rows past their time end visibly as expired; returns them as they were."""
    due = select(core(OutboxMessage)).where(OutboxMessage.id.in_(_past(now, limit))).with_for_update()
    found = (await session.execute(due)).mappings().all()
    await vault.ready(session, *(key_of(row["payload"]) for row in found if row["payload"]))
    opened = {row["id"]: open_row(vault, row) for row in found}
    done = await session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.id.in_(opened), OutboxMessage.state.in_(("ready", "unknown")))
        .values(state="expired", payload=None)
        .returning(OutboxMessage.id)
        .execution_options(synchronize_session=False)
    )
    ended = [opened[row_id] for row_id in done.scalars()]
    return [row for row in ended if row is not None]


async def rescue(session: AsyncSession, *, owner: str, now: datetime, but: Collection[int] = ()) -> int:
    """Leases of a process that died: their outcome is unknown (they may have been sent).

    ``but``: rows that this process is still sending; a long text takes longer than its lease.
    """
    done = await session.execute(
        update(OutboxMessage)
        .where(
            OutboxMessage.state == "leased",
            (OutboxMessage.lease_owner == owner) | (OutboxMessage.lease_until < now),
            OutboxMessage.id.not_in(but),
        )
        .values(state="unknown", lease_owner=None, lease_until=None, fence=OutboxMessage.fence + 1, error="died")
        .returning(OutboxMessage.id)
        .execution_options(synchronize_session=False)
    )
    return len(done.all())


async def peek(session: AsyncSession, vault: Vault, row_id: int) -> Outgoing | None:
    """One row without taking it; None when it or its key is gone."""
    row = (await session.execute(select(OutboxMessage.__table__).where(OutboxMessage.id == row_id))).mappings().first()
    if row is None or not row["payload"]:
        return None
    await vault.ready(session, key_of(row["payload"]))
    return open_row(vault, row)


async def drop_unreadable(session: AsyncSession, *ids: int) -> None:
    """End rows whose payload cannot be opened: they must neither be leased for ever nor block others."""
    await session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.id.in_(ids), OutboxMessage.state.not_in(FINAL_STATES))
        .values(state="cancelled", payload=None, lease_owner=None, lease_until=None, error="unreadable")
        .execution_options(synchronize_session=False)
    )


async def settle(session: AsyncSession, row_id: int, fence: int, *, found: bool, now: datetime, most: int) -> str:
    """End an unknown outcome: sent when found in the history, ready once more below ``most`` attempts, else failed.

    Returns the new state; empty when somebody else has settled it.
    """
    row = await session.execute(
        select(OutboxMessage.attempts).where(
            OutboxMessage.id == row_id, OutboxMessage.fence == fence, OutboxMessage.state == "unknown"
        )
    )
    attempts = row.scalar_one_or_none()
    if attempts is None:
        return ""
    if found:
        values: dict[str, Any] = {"state": "sent", "sent_at": now, "payload": None}
    elif attempts < most:
        values = {"state": "ready", "not_before": now, "attempts": max(attempts, 1)}
    else:
        values = {"state": "failed", "payload": None}
    await session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.id == row_id, OutboxMessage.fence == fence)
        .values(**values)
        .execution_options(synchronize_session=False)
    )
    return str(values["state"])
