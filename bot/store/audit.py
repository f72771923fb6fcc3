"""核对 the audit: every chain from its first entry to its head, against what was told outside, and what guards it (S5).

Whoever can write to the database but has no keys can neither change an entry nor move a head to an earlier one. What
they can do is put back an older state as a whole: that is what heads told outside are for.
"""

import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from bot.store.chain import ANCHORED, HASH_BYTES, MENDED, genesis, hash_of, is_sealed
from bot.store.delivery import AuditEntry, AuditHead, DataKey
from bot.store.sealing import Vault

PAGE: Final = 2_000
OLD_GENESIS: Final = bytes(HASH_BYTES)
"""Before the first entry of a chain that an earlier release began."""
HASHED: Final = ("node", "seq", "at", "actor_id", "actor_role", "action", "subject_id", "ref", "facts")
SQLITE_GUARDS: Final = {
    "audit_entries_no_update": ("BEFORE UPDATE ON AUDIT_ENTRIES", "RAISE(ABORT"),
    "audit_entries_no_delete": ("BEFORE DELETE ON AUDIT_ENTRIES", "RAISE(ABORT"),
}
POSTGRESQL_GUARDS: Final = {
    "audit_entries_no_change": ("BEFORE DELETE OR UPDATE ON", "REFUSE_AUDIT_CHANGE()"),
    "audit_entries_no_truncate": ("BEFORE TRUNCATE ON", "REFUSE_AUDIT_CHANGE()"),
}


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
    heads = {h.node: h for h in (await session.execute(select(AuditHead.__table__)))}
    nodes = set((await session.execute(select(AuditEntry.node).distinct())).scalars()) | set(heads)
    if not nodes and await _has_data(session):
        faults.append(Fault("", 0, "empty"))
    outside: dict[str, list[Told]] = {}
    for each in told:
        outside.setdefault(each.node, []).append(each)
    count = 0
    for node in sorted(nodes | set(outside)):
        read, found = await _chain(session, vault, node, heads.get(node), outside.get(node, []))
        count, faults = count + read, faults + found
    return count, faults


async def heads_now(session: AsyncSession, vault: Vault) -> list[Told]:
    """Where the chains end, to be told outside; of those whose head is ours."""
    rows = await session.execute(select(AuditHead.__table__).order_by(AuditHead.node))
    return [Told(row.node, row.seq, row.hash[:HASH_BYTES].hex()) for row in rows if is_sealed(vault, row.node, row)]


async def _chain(
    session: AsyncSession, vault: Vault, node: str, head: Any, told: Sequence[Told]
) -> tuple[int, list[Fault]]:
    faults: list[Fault] = []
    count, seq, prev, anchored = 0, 0, genesis(vault, node), True
    open_points = {(each.seq, each.begins) for each in told}
    while True:
        page = await _page(session, node, seq)
        for entry in page:
            count += 1
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


async def _has_data(session: AsyncSession) -> bool:
    """Whether anybody has ever done anything here: organisations, people and talks have keys of their own."""
    found = await session.execute(select(DataKey.id).where(DataKey.owner.not_like("purpose:%")).limit(1))
    return found.first() is not None


async def _unguarded(session: AsyncSession) -> list[str]:
    """One ``trigger`` for each trigger that should keep entries from being changed and is gone, off or another."""
    if session.get_bind().dialect.name == "sqlite":
        rows = await session.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
        guards = SQLITE_GUARDS
    else:
        rows = await session.execute(
            text(
                "SELECT t.tgname, pg_get_triggerdef(t.oid) || p.prosrc FROM pg_trigger t JOIN pg_proc p"
                " ON p.oid = t.tgfoid WHERE t.tgrelid = 'audit_entries'::regclass AND t.tgenabled IN ('O', 'A')"
            )
        )
        guards = POSTGRESQL_GUARDS
    there = {name: " ".join(str(body).upper().split()) for name, body in rows}
    sound = [all(word in there.get(name, "") for word in words) for name, words in guards.items()]
    raises = all("RAISE" in there.get(name, "") for name in guards)
    when = any(" WHEN " in there.get(name, "") for name in guards)
    return ["trigger"] * (len(sound) - sum(sound) or (not raises or when))
