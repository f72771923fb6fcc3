"""操作留痕 AuditEntry: append-only and hash-chained, written in the transaction of the act (P15, threat 22)."""

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

GENESIS: Final = bytes(32)
CHAIN_LOCK: Final = 0x5A48_4155
"""Advisory lock of the chain on PostgreSQL: entries of one node are written one after another."""
PAGE: Final = 2_000


@dataclass(frozen=True, slots=True)
class Head:
    """Where a chain ends: its last entry's number and hash."""

    seq: int
    hash: bytes


@dataclass(frozen=True, slots=True)
class Fault:
    """Where a chain does not hold: the node, the entry's number and what is wrong."""

    node: str
    seq: int
    what: str


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
    while (done := await _extend(session, vault, node, head or await _head(session, node), acts, at)) is None:
        head = None
    return done


async def _head(session: AsyncSession, node: str) -> Head:
    found = (await session.execute(select(AuditHead.__table__).where(AuditHead.node == node))).one_or_none()
    return Head(found.seq, found.hash) if found else Head(0, GENESIS)


_MOVE_HEAD: Final = (
    update(core(AuditHead))
    .where(AuditHead.node == bindparam("of"), AuditHead.seq == bindparam("from_seq"))
    .where(AuditHead.hash == bindparam("from_hash"))
    .values(seq=bindparam("to_seq"), hash=bindparam("to_hash"))
    .returning(AuditHead.seq)
)
_ENTER: Final = insert(core(AuditEntry))


async def _extend(
    session: AsyncSession, vault: Vault, node: str, head: Head, acts: Sequence[Mapping[str, Any]], at: datetime
) -> Head | None:
    """Further entries behind ``head``; None, and nothing written, when the chain does not end there."""
    entries, end = [], head
    for act in acts:
        entry = {"node": node, "seq": end.seq + 1, "at": at, **act}
        digest = _hash(vault, end.hash, entry)
        entries.append(entry | {"prev": end.hash, "hash": digest})
        end = Head(end.seq + 1, digest)
    if head.seq == 0:
        await session.execute(insert(AuditHead).values(node=node, seq=end.seq, hash=end.hash))
    else:
        ends = {"from_seq": head.seq, "from_hash": head.hash, "to_seq": end.seq, "to_hash": end.hash}
        if (await session.execute(_MOVE_HEAD, {"of": node, **ends})).one_or_none() is None:
            return None
    await session.execute(_ENTER, entries)
    return end


def _hash(vault: Vault, prev: bytes, row: dict[str, Any]) -> bytes:
    plain = {**row, "at": to_millis(row["at"])}
    return vault.mac("audit", prev, json.dumps(plain, sort_keys=True, ensure_ascii=False, separators=(",", ":")))


async def verify(session: AsyncSession, vault: Vault) -> tuple[int, list[Fault]]:
    """Walk every chain; returns how many entries were read and every fault found."""
    faults: list[Fault] = []
    count = 0
    heads = {h.node: h for h in (await session.execute(select(AuditHead.__table__)))}
    nodes = set((await session.execute(select(AuditEntry.node).distinct())).scalars()) | set(heads)
    for node in sorted(nodes):
        seq, prev = 0, GENESIS
        while True:
            page = (
                (
                    await session.execute(
                        select(AuditEntry.__table__)
                        .where(AuditEntry.node == node, AuditEntry.seq > seq)
                        .order_by(AuditEntry.seq)
                        .limit(PAGE)
                    )
                )
                .mappings()
                .all()
            )
            for entry in page:
                count += 1
                row = {
                    k: entry[k]
                    for k in ("node", "seq", "at", "actor_id", "actor_role", "action", "subject_id", "ref", "facts")
                }
                if entry["seq"] != seq + 1:
                    faults.append(Fault(node, entry["seq"], "missing"))
                if entry["prev"] != prev or not hmac.compare_digest(_hash(vault, entry["prev"], row), entry["hash"]):
                    faults.append(Fault(node, entry["seq"], "changed"))
                seq, prev = entry["seq"], entry["hash"]
            if len(page) < PAGE:
                break
        head = heads.get(node)
        if head is None or head.seq != seq or head.hash != prev:
            faults.append(Fault(node, seq, "end"))
    return count, faults
