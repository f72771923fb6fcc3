"""待发消息 Outbox: rows written with the change that causes them; claimed, sent and finished by the sender."""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias, TypedDict

from sqlalchemy import Connection, Select, bindparam, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.rules.message import Address, ChatKind
from bot.core.rules.say import Say, from_plain, to_plain
from bot.store.base import new_id
from bot.store.delivery import OutboxMessage
from bot.store.dialect import core, ignoring
from bot.store.sealing import SealingError, Vault

LEASE: Final = timedelta(seconds=60)
"""How long one sending may take before the row counts as unknown."""
RECEIPT_LIFE: Final = timedelta(hours=24)
PUSH_LIFE: Final = timedelta(hours=12)
PRIORITY: Final = 5
"""Of what nobody waits for; 0 is a crisis, 1 a receipt, 2 a question."""
FINAL_STATES: Final = ("sent", "failed", "expired", "cancelled")
TAKEN_BACK: Final = ("ready", "unknown")
"""What may still be taken back: not sent yet, or to be sent once more."""
LEFT: Final = ("leased", "sent", "unknown")
LIVE_STATES: Final = ("ready", "leased", "unknown")
RELAY: Final = "relay"
"""Kind of what one person says to another through the bot: paced like an answer, and in strict order."""
ANSWERS: Final = ("reply", RELAY)
"""Kinds that somebody waits for: their own pace, no quiet hours."""


About: TypeAlias = tuple[str, int]
"""What a message stays true for: the name of a ``Standing`` and the id of its thing."""
By: TypeAlias = tuple[int, str]
"""Whose words or act a message carries to somebody else, and the reference by which they know it."""


@dataclass(frozen=True, slots=True)
class Words:
    """A template's name and plain data: what a Say becomes on its way through a table."""

    template: str
    data: dict[str, Any] = field(repr=False)

    @classmethod
    def of(cls, say: Say) -> "Words":
        """The stored form of a Say."""
        return cls(say.template, to_plain(say))


class Sending(TypedDict, total=False):
    """How a message goes out, as far as it differs from the usual (``Unit.push_words``)."""

    idem_key: str
    cls: str
    kind: str
    priority: int
    not_before: datetime | None
    expires_at: datetime | None
    about: About | None
    by: By | None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A row ready to be sent: where, what, and the fence that finishes it."""

    id: int
    fence: int
    cls: str
    kind: str
    address: Address
    words: Words
    conv: bytes
    attempts: int
    person_id: int | None
    fallback: tuple[Address, Words] | None = None
    file: tuple[str, int] | None = None
    key_id: int = 0
    about: About | None = None
    by: By | None = None
    since: datetime | None = None


def conversation(vault: Vault, address: Address) -> bytes:
    """Blind index of one conversation: keeps order and pace without naming anybody."""
    return vault.mac("index", "conv", address.channel, address.bot_id, address.kind.value, address.native_id)


def dump_address(address: Address) -> list[str]:
    """The stored form of an address."""
    return [address.channel, address.bot_id, address.kind.value, address.native_id, address.via_group]


def _load_address(plain: Sequence[str]) -> Address:
    channel, bot_id, kind, native_id, via_group = plain
    return Address(channel, bot_id, ChatKind(kind), native_id, via_group)


async def prepare(
    session: AsyncSession,
    vault: Vault,
    *,
    idem_key: str,
    address: Address,
    words: Words,
    cls: str,
    kind: str,
    key_id: int,
    person_id: int | None,
    now: datetime,
    position: int,
    not_before: datetime | None = None,
    expires_at: datetime | None = None,
    priority: int = PRIORITY,
    fallback: tuple[Address, Words] | None = None,
    file: tuple[str, int] | None = None,
    about: About | None = None,
    by: By | None = None,
    leased_by: str | None = None,
) -> tuple[dict[str, Any], Outgoing]:
    """A row to insert, and what it is once it is there. The payload is sealed under ``key_id``.

    ``leased_by``: the row is born leased by a sender that will take it from memory right after the commit, which saves
    an answer one read and one commit. If that process dies first, the row is rescued like any other lease.
    """
    row_id = new_id()
    payload: dict[str, Any] = {"to": dump_address(address), "t": words.template, "d": words.data}
    if fallback is not None:
        payload["else"] = [dump_address(fallback[0]), fallback[1].template, fallback[1].data]
    if file is not None:
        payload["file"] = list(file)
    payload |= {name: list(pair) for name, pair in (("about", about), ("by", by)) if pair is not None}
    await vault.ready(session, key_id)
    conv = conversation(vault, address)
    values: dict[str, Any] = {
        "id": row_id,
        "idem_key": idem_key,
        "cls": cls,
        "kind": kind,
        "channel": address.channel,
        "bot_id": address.bot_id,
        "conv_kind": address.kind.value,
        "conv": conv,
        "person_id": person_id,
        "payload": vault.seal(key_id, f"outbox:{row_id}:payload", json.dumps(payload, ensure_ascii=False)),
        "position": position,
        "state": "leased" if leased_by else "ready",
        "lease_owner": leased_by,
        "lease_until": now + LEASE if leased_by else None,
        "not_before": not_before or now,
        "expires_at": expires_at or now + (RECEIPT_LIFE if cls == "L" else PUSH_LIFE),
        "priority": priority,
        "fence": 1 if leased_by else 0,
        "attempts": 0,
        "created_at": now,
    }
    said = Words(words.template, from_plain(words.data))
    other = (fallback[0], Words(fallback[1].template, from_plain(fallback[1].data))) if fallback else None
    row = Outgoing(row_id, 1, cls, kind, address, said, conv, 0, person_id, other, file, key_id, about, by, now)
    return values, row


def insert(connection: Connection, rows: Sequence[dict[str, Any]]) -> set[int]:
    """Add rows, all in one statement; the ids of those whose idempotency key was not there already."""
    statement = ignoring(connection.dialect.name, OutboxMessage, "id")
    return set(connection.execute(statement, rows[0] if len(rows) == 1 else rows).scalars())


async def lease(
    session: AsyncSession, vault: Vault, ids: Sequence[int], *, owner: str, now: datetime
) -> list[Outgoing]:
    """Take these rows for sending; rows taken by somebody else meanwhile are left out.

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
    await vault.ready(session, *(_key_id(row["payload"]) for row in taken if row["payload"]))
    order = {row_id: place for place, row_id in enumerate(ids)}
    ready = [row for row in (open_row(vault, row) for row in taken) if row is not None]
    closed = {row["id"] for row in taken} - {row.id for row in ready}
    if closed:
        await drop_unreadable(session, *closed)
    return sorted(ready, key=lambda r: order[r.id])


def _key_id(payload: bytes) -> int:
    return int.from_bytes(payload[1:9], "big")


def open_row(vault: Vault, row: Any) -> Outgoing | None:
    """Open a leased row's payload; None when its data key was destroyed meanwhile or the payload was changed."""
    try:
        text = vault.open(f"outbox:{row['id']}:payload", row["payload"]) if row["payload"] else None
    except SealingError:
        text = None
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
        key_id=_key_id(row["payload"]),
        about=(plain["about"][0], plain["about"][1]) if "about" in plain else None,
        by=(plain["by"][0], plain["by"][1]) if "by" in plain else None,
        since=row["created_at"],
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


@dataclass(frozen=True, slots=True)
class Places:
    """Where the rows of one thing to say stand: how many there are, how many could still be taken back, and the
    places of those that have left.
    """

    count: int
    waiting: int
    left: tuple[int, ...]

    def __bool__(self) -> bool:
        return self.count > 0


_OF_KEY: Final = (
    OutboxMessage.person_id == bindparam("person"),
    OutboxMessage.idem_key.like(bindparam("begins"), escape="/"),
)
_PLACES: Final = select(OutboxMessage.position, OutboxMessage.state).where(*_OF_KEY)
_TAKE_BACK: Final = (
    update(OutboxMessage)
    .where(*_OF_KEY, OutboxMessage.state.in_(TAKEN_BACK))
    .values(state="cancelled", payload=None)
    .returning(OutboxMessage.id)
    .execution_options(synchronize_session=False)
)


def _begins(key: str) -> str:
    return key.replace("/", "//").replace("%", "/%").replace("_", "/_") + "%"


async def places(session: AsyncSession, key: str, *, person_id: int) -> Places:
    """The rows whose idempotency key begins with ``key``; one that is being sent has left, for all one can know."""
    rows = (await session.execute(_PLACES, {"person": person_id, "begins": _begins(key)})).all()
    waiting = sum(row.state in TAKEN_BACK for row in rows)
    return Places(len(rows), waiting, tuple(row.position for row in rows if row.state in LEFT))


async def waits(session: AsyncSession, key: str, *, person_id: int, now: datetime) -> bool:
    """Whether something to say waits for a later time; it may have been said once before."""
    found = await session.scalar(
        select(OutboxMessage.id)
        .where(
            OutboxMessage.person_id == person_id,
            OutboxMessage.idem_key.startswith(key, autoescape=True),
            OutboxMessage.state == "ready",
            OutboxMessage.not_before > now,
        )
        .limit(1)
    )
    return found is not None


async def take_back(session: AsyncSession, key: str, *, person_id: int) -> int:
    """Cancel the rows of this key that still wait, or would be sent once more; returns how many."""
    return len((await session.execute(_TAKE_BACK, {"person": person_id, "begins": _begins(key)})).all())


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


async def expire(session: AsyncSession, *, now: datetime, limit: int = 500) -> int:
    """At most so many rows past their time end visibly as expired; returns how many."""
    done = await session.execute(
        update(OutboxMessage)
        .where(OutboxMessage.id.in_(_past(now, limit)), OutboxMessage.state.in_(("ready", "unknown")))
        .values(state="expired", payload=None)
        .returning(OutboxMessage.id)
        .execution_options(synchronize_session=False)
    )
    return len(done.all())


async def rescue(session: AsyncSession, *, owner: str, now: datetime, but: Collection[int] = ()) -> int:
    """Leases of a process that died: what became of them is unknown (they may have been written).

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
    await vault.ready(session, _key_id(row["payload"]))
    return open_row(vault, row)


async def drop_unreadable(session: AsyncSession, *ids: int) -> None:
    """End rows whose payload cannot be opened any more: they must neither be taken again for ever nor stop others."""
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
