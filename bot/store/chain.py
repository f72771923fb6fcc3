"""操作留痕 AuditEntry: append-only and hash-chained, written in the transaction of the act (P15, threat 22).

``audit.verify`` looks whether it still holds.
"""

import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import BigInteger, LargeBinary, bindparam, cast, exists, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession
from sqlalchemy.orm import aliased

from bot.store.base import to_millis
from bot.store.delivery import AuditEntry, AuditHead, DataKey
from bot.store.dialect import core
from bot.store.sealing import Vault

HASH_BYTES: Final = 32
ANCHORED: Final = "audit.anchored"
"""The entry with which a chain of an earlier release gets a head that nobody else can move."""
MENDED: Final = "audit.mended"
"""The entry that says: here the head was gone or not ours, or entries stood behind it, and the chain went on."""
FAR: Final = 2**62
"""Numbers from here on are no entries of ours: behind them a chain could not go on."""
TRIES: Final = 8
"""How often the end is read again after somebody else has moved it; one writes at a time."""
CHAIN_LOCK: Final = 0x5A48_4155
"""Advisory lock of the chain on PostgreSQL: entries of one node are written one after another."""


@dataclass(frozen=True, slots=True)
class Head:
    """Where a chain ends: its last entry's number and hash."""

    seq: int
    hash: bytes


async def append(
    session: AsyncSession,
    vault: Vault,
    node: str,
    acts: Sequence[Mapping[str, Any]],
    *,
    at: datetime,
    head: Head | None = None,
    begun: bool = False,
) -> Head:
    """Add what was done at one moment to the node's chain, in this order. Each act names ``actor_id``, ``actor_role``,
    ``action``, ``subject_id``, ``ref`` and ``facts``, which hold numbers and codes, never words of a person.

    ``head``: where the chain stood when this process wrote last, which saves looking it up; if somebody else has
    written meanwhile, it is looked up all the same. ``begun``: there are data, so a chain without an entry was emptied.
    Returns where it stands now.
    """
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": CHAIN_LOCK})
    if head is not None:
        row = Head(head.seq, sealed_head(vault, node, head))
        done = await _extend(session, vault, node, _End(head, row), acts, at)
        if done is not None:
            return done
    for _ in range(TRIES):
        end = await _end(session, vault, node, len(acts), begun=begun or head is not None)
        done = await _extend(session, vault, node, end, acts, at)
        if done is not None:
            return done
    raise RuntimeError("the audit chain has no end behind which it could go on")


@dataclass(frozen=True, slots=True)
class _End:
    """Where a chain is continued: behind which entry, what its head's row holds (None: there is none), and what has
    to be entered first.
    """

    head: Head
    row: Head | None
    first: str = ""


_ROW_SEQ: Final = cast(AuditHead.seq, BigInteger)
_ROW_HASH: Final = cast(AuditHead.hash, LargeBinary)
"""As a number and as bytes, whatever somebody has written there: SQLite keeps any type in any column."""
HEADS: Final = select(AuditHead.node, _ROW_SEQ.label("seq"), _ROW_HASH.label("hash"))


async def _end(session: AsyncSession, vault: Vault, node: str, count: int, *, begun: bool) -> _End:
    """The chain's end as its head says; without a sound head behind the last entry.

    Where entries that nobody entered stand behind it, it goes on behind those. Both are entered and told: a chain that
    somebody has damaged keeps nobody's act from being done (P15).
    """
    found = (await session.execute(HEADS.where(AuditHead.node == node))).one_or_none()
    row, first = (Head(found.seq, found.hash) if found is not None else None), ""
    if found is not None and is_sealed(vault, node, found):
        head = Head(found.seq, found.hash[:HASH_BYTES])
    else:
        head = await _last(session, node) or Head(0, genesis(vault, node))
        first = ANCHORED if row == head else MENDED if begun or row or head.seq else ""  # a plain row is an old one
    behind = await _room(session, node, head.seq, count + 1)
    return _End(head, row, first) if behind == head.seq else _End(Head(behind, head.hash), row, MENDED)


async def _last(session: AsyncSession, node: str) -> Head | None:
    last = select(AuditEntry.seq, cast(AuditEntry.hash, LargeBinary).label("hash")).where(
        AuditEntry.node == node, AuditEntry.seq > 0, AuditEntry.seq < FAR
    )
    entry = (await session.execute(last.order_by(AuditEntry.seq.desc()).limit(1))).one_or_none()
    return Head(entry.seq, entry.hash) if entry is not None else None


async def _room(session: AsyncSession, node: str, after: int, count: int) -> int:
    """The first number not before ``after`` behind which so many numbers are free."""
    one, other = aliased(AuditEntry), aliased(AuditEntry)
    taken = exists().where(other.node == node, other.seq > after, other.seq <= after + count)
    if not (await session.execute(select(taken))).scalar_one():
        return after
    crowded = exists().where(other.node == one.node, other.seq > one.seq, other.seq <= one.seq + count)
    first = select(func.min(one.seq)).where(one.node == node, one.seq > after, ~crowded)
    return (await session.execute(first)).scalar_one()


async def has_data(where: AsyncSession | AsyncConnection) -> bool:
    """Whether there are data here: organisations, people and talks have their own keys."""
    found = await where.execute(select(DataKey.id).where(DataKey.owner.not_like("purpose:%")).limit(1))
    return found.first() is not None


def genesis(vault: Vault, node: str) -> bytes:
    """The hash before a chain's first entry."""
    return vault.mac("audit", "genesis", node)


def sealed_head(vault: Vault, node: str, head: Head) -> bytes:
    """What a head's row holds: the last entry's hash, and a MAC without which nobody moves the head."""
    return head.hash + vault.mac("audit", "head", node, head.seq, head.hash)


def is_sealed(vault: Vault, node: str, row: Any) -> bool:
    """Whether this process's installation wrote that head."""
    return hmac.compare_digest(sealed_head(vault, node, Head(row.seq, row.hash[:HASH_BYTES])), row.hash)


_MOVE_HEAD: Final = (
    update(core(AuditHead))
    .where(
        AuditHead.node == bindparam("of"),
        bindparam("from_seq") == _ROW_SEQ,
        bindparam("from_hash", type_=LargeBinary) == _ROW_HASH,
        ~exists().where(
            AuditEntry.node == bindparam("of"),
            AuditEntry.seq > bindparam("behind"),
            AuditEntry.seq <= bindparam("to_seq"),
        ),
    )
    .values(seq=bindparam("to_seq"), hash=bindparam("to_hash"))
    .returning(AuditHead.seq)
)
_ENTER: Final = insert(core(AuditEntry))


async def _extend(
    session: AsyncSession, vault: Vault, node: str, end: _End, acts: Sequence[Mapping[str, Any]], at: datetime
) -> Head | None:
    """Further entries behind ``end``; None, and nothing written, when the chain does not end there."""
    entries, head = [], end.head
    for act in [*([_own(end.first)] if end.first else []), *acts]:
        entry = {"node": node, "seq": head.seq + 1, "at": at, **act}
        digest = hash_of(vault, head.hash, entry)
        entries.append(entry | {"prev": head.hash, "hash": digest})
        head = Head(head.seq + 1, digest)
    row = sealed_head(vault, node, head)
    if end.row is None:
        await session.execute(insert(AuditHead).values(node=node, seq=head.seq, hash=row))
    else:
        moved = {"of": node, "from_seq": end.row.seq, "from_hash": end.row.hash, "behind": end.head.seq}
        moved |= {"to_seq": head.seq, "to_hash": row}
        if (await session.execute(_MOVE_HEAD, moved)).one_or_none() is None:
            return None
    await session.execute(_ENTER, entries)
    return head


def _own(action: str) -> dict[str, Any]:
    return {"actor_id": None, "actor_role": "system", "action": action, "subject_id": None, "ref": "", "facts": {}}


def hash_of(vault: Vault, prev: bytes, row: dict[str, Any]) -> bytes:
    """An entry's hash: a MAC of it and of the hash before it."""
    plain = {**row, "at": to_millis(row["at"])}
    return vault.mac("audit", prev, json.dumps(plain, sort_keys=True, ensure_ascii=False, separators=(",", ":")))
