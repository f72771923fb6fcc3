"""操作留痕 AuditEntry: append-only and hash-chained, written in the transaction of the act (P15, threat 22).

``audit.verify`` looks whether it still holds.
"""

import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import bindparam, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.base import to_millis
from bot.store.delivery import AuditEntry, AuditHead
from bot.store.dialect import core
from bot.store.sealing import Vault

HASH_BYTES: Final = 32
ANCHORED: Final = "audit.anchored"
"""The entry with which a chain of an earlier release gets a head that nobody else can move."""
MENDED: Final = "audit.mended"
"""The entry that says: here the head was gone or not ours, and the chain went on behind its last entry."""
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
) -> Head:
    """Add what was done at one moment to the node's chain, in this order. Each act names ``actor_id``, ``actor_role``,
    ``action``, ``subject_id``, ``ref`` and ``facts``, which hold numbers and codes, never words of a person.

    ``head``: where the chain stood when this process wrote last, which saves looking it up; if somebody else has
    written meanwhile, it is looked up all the same. Returns where it stands now.
    """
    if session.get_bind().dialect.name == "postgresql":
        await session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": CHAIN_LOCK})
    if head is not None:
        done = await _extend(session, vault, node, _End(head, sealed_head(vault, node, head)), acts, at)
        if done is not None:
            return done
    while (done := await _extend(session, vault, node, await _end(session, vault, node), acts, at)) is None:
        pass
    return done


@dataclass(frozen=True, slots=True)
class _End:
    """Where a chain is continued: behind which entry, what its head's row holds (None: there is none), and what has
    to be entered first.
    """

    head: Head
    row: bytes | None
    first: str = ""


async def _end(session: AsyncSession, vault: Vault, node: str) -> _End:
    """The chain's end as its head says; without a sound head behind the last entry, which is entered and told."""
    found = (await session.execute(select(AuditHead.__table__).where(AuditHead.node == node))).one_or_none()
    if found is not None and is_sealed(vault, node, found):
        return _End(Head(found.seq, found.hash[:HASH_BYTES]), found.hash)
    last = select(AuditEntry.seq, AuditEntry.hash).where(AuditEntry.node == node).order_by(AuditEntry.seq.desc())
    entry = (await session.execute(last.limit(1))).one_or_none()
    head = Head(entry.seq, entry.hash) if entry is not None else Head(0, genesis(vault, node))
    if found is None:
        return _End(head, None, MENDED if entry is not None else "")
    plain = (found.seq, found.hash) == (head.seq, head.hash)  # as earlier releases wrote it
    return _End(head, found.hash, ANCHORED if plain else MENDED)


def genesis(vault: Vault, node: str) -> bytes:
    """What stands before a chain's first entry."""
    return vault.mac("audit", "genesis", node)


def sealed_head(vault: Vault, node: str, head: Head) -> bytes:
    """What a head's row holds: the last entry's hash, and a MAC without which nobody moves the head."""
    return head.hash + vault.mac("audit", "head", node, head.seq, head.hash)


def is_sealed(vault: Vault, node: str, row: Any) -> bool:
    """Whether this process's installation wrote that head."""
    return hmac.compare_digest(sealed_head(vault, node, Head(row.seq, row.hash[:HASH_BYTES])), row.hash)


_MOVE_HEAD: Final = (
    update(core(AuditHead))
    .where(AuditHead.node == bindparam("of"), AuditHead.hash == bindparam("from_hash"))
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
        moved = {"of": node, "from_hash": end.row, "to_seq": head.seq, "to_hash": row}
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
