"""核对 the audit: every chain from its first entry to its head, against what was told outside, and what guards it (S5).

Whoever can write to the database but has no keys can neither change an entry nor move a head to an earlier one. What
they can do is put back an older state as a whole: that is what heads told outside are for.
"""

import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.chain import ANCHORED, HASH_BYTES, HEADS, MENDED, genesis, has_data, hash_of, is_sealed
from bot.store.delivery import AuditEntry
from bot.store.sealing import Vault

PAGE: Final = 2_000
LEAST: Final = -(2**63) + 1
"""Below the number of any entry, also of one that somebody else has put in."""
OLD_GENESIS: Final = bytes(HASH_BYTES)
"""Before the first entry of a chain that an earlier release began."""
HASHED: Final = ("node", "seq", "at", "actor_id", "actor_role", "action", "subject_id", "ref", "facts")
_REFUSES: Final = "BEGIN SELECT RAISE(ABORT, 'audit entries are append-only'); END"
SQLITE_GUARDS: Final = {
    f"audit_entries_no_{verb}": f"CREATE TRIGGER audit_entries_no_{verb} BEFORE {verb} ON audit_entries {_REFUSES}"
    for verb in ("update", "delete")
}
_RAISES: Final = "BEGIN RAISE EXCEPTION 'audit entries are append-only'; END"
POSTGRESQL_GUARDS: Final = {
    "audit_entries_no_change": f"BEFORE DELETE OR UPDATE ON ROW {_RAISES}",
    "audit_entries_no_truncate": f"BEFORE TRUNCATE ON STATEMENT {_RAISES}",
}
_SQLITE_TRIGGERS: Final = """
SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name IN ('audit_entries', 'audit_heads')
"""
_POSTGRESQL_TRIGGERS: Final = """
SELECT t.tgname, CASE WHEN t.tgenabled NOT IN ('O', 'A') OR t.tgqual IS NOT NULL THEN 'off' ELSE
    CASE t.tgtype WHEN 27 THEN 'BEFORE DELETE OR UPDATE ON ROW ' WHEN 34 THEN 'BEFORE TRUNCATE ON STATEMENT '
    ELSE '' END || CASE WHEN t.tgattr = ''::int2vector THEN p.prosrc ELSE '' END END
FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
WHERE NOT t.tgisinternal AND t.tgrelid IN ('audit_entries'::regclass, 'audit_heads'::regclass)
"""
"""27 and 34 are the bits of these two kinds in ``pg_trigger.h``."""


@dataclass(frozen=True, slots=True)
class Fault:
    """Where a chain does not hold: the node, the entry's number and what is wrong."""

    node: str
    seq: int
    what: str


@dataclass(frozen=True, slots=True)
class Told:
    """A head as it was told outside: the node, the number of its last entry, and how that entry's hash begins."""

    node: str
    seq: int
    begins: str

    def __str__(self) -> str:
        return f"{self.node}:{self.seq}:{self.begins}"


async def verify(session: AsyncSession, vault: Vault, told: Iterable[Told] = ()) -> tuple[int, list[Fault]]:
    """Walk every chain; returns how many entries were read and every fault found."""
    faults = [Fault("", 0, what) for what in await _unguarded(session)]
    heads = {head.node: head for head in await session.execute(HEADS)}
    nodes = set((await session.execute(select(AuditEntry.node).distinct())).scalars()) | set(heads)
    if not nodes and await has_data(session):
        faults.append(Fault("", 0, "empty"))
    outside: dict[str, list[Told]] = {}
    for each in told:
        outside.setdefault(each.node, []).append(each)
    count = 0
    for node in sorted(nodes | set(outside), key=str):
        try:
            read, found = await _chain(session, vault, node, heads.get(node), outside.get(node, []))
        except (DBAPIError, ValueError, TypeError, AttributeError, OverflowError):  # no entry of ours looks like that
            read, found = 0, [Fault(str(node), 0, "unreadable")]
        count, faults = count + read, faults + found
    return count, faults


async def heads_now(session: AsyncSession, vault: Vault) -> list[Told]:
    """Where the chains end, to be told outside; of those whose head is ours."""
    rows = await session.execute(HEADS.order_by("node"))
    return [Told(row.node, row.seq, row.hash[:HASH_BYTES].hex()) for row in rows if is_sealed(vault, row.node, row)]


async def _chain(
    session: AsyncSession, vault: Vault, node: str, head: Any, told: Sequence[Told]
) -> tuple[int, list[Fault]]:
    faults: list[Fault] = []
    count, seq, prev, anchored, after = 0, 0, genesis(vault, node), True, LEAST
    open_points = {(each.seq, each.begins) for each in told}
    while True:
        page = await _page(session, node, after)
        for entry in page:
            count, after = count + 1, entry["seq"]
            if seq == 0 and entry["prev"] == OLD_GENESIS:
                prev, anchored = OLD_GENESIS, False
            if entry["seq"] != seq + 1:
                faults.append(Fault(node, entry["seq"], "missing"))
            row = {name: entry[name] for name in HASHED}
            if entry["prev"] != prev or not hmac.compare_digest(hash_of(vault, entry["prev"], row), entry["hash"]):
                faults.append(Fault(node, entry["seq"], "changed"))
            if entry["action"] == MENDED:
                faults.append(Fault(node, entry["seq"], "mended"))
            anchored = anchored or entry["action"] == ANCHORED
            seq, prev = entry["seq"], entry["hash"]
            open_points = {
                (at, begins) for at, begins in open_points if at != seq or not entry["hash"].hex().startswith(begins)
            }
        if len(page) < PAGE:
            break
    if head is None or head.seq != seq or head.hash[:HASH_BYTES] != prev:
        faults.append(Fault(node, seq, "end"))
    elif not faults and not is_sealed(vault, node, head) and (anchored or len(head.hash) != HASH_BYTES):
        faults.append(Fault(node, seq, "head"))
    return count, faults + [Fault(node, at, "behind" if at > seq else "told") for at, _ in sorted(open_points)]


async def _page(session: AsyncSession, node: str, after: int) -> Sequence[Mapping[str, Any]]:
    entries = select(AuditEntry.__table__).where(AuditEntry.node == node, AuditEntry.seq > after)
    found = (await session.execute(entries.order_by(AuditEntry.seq).limit(PAGE))).mappings().all()
    return [dict(row) for row in found]


async def _unguarded(session: AsyncSession) -> list[str]:
    """One ``trigger`` for each that should keep entries from being changed and is gone, off or another, and for each
    that somebody has added.
    """
    sqlite = session.get_bind().dialect.name == "sqlite"
    rows = await session.execute(text(_SQLITE_TRIGGERS if sqlite else _POSTGRESQL_TRIGGERS))
    guards = SQLITE_GUARDS if sqlite else POSTGRESQL_GUARDS
    there = {name: " ".join(str(body).split()) for name, body in rows}
    return ["trigger"] * sum(there.get(name) != guards.get(name) for name in {*there, *guards})
