"""A store as it is after years: so many rows in every table, nearly all of them over and done with.

Rows are made by the database itself from a row of numbers, for both databases alike. They hold no words and no keys:
this is about what statements cost, not about what they say.
"""

from collections.abc import Collection, Mapping
from typing import Final

from sqlalchemy import JSON, Boolean, Column, Date, LargeBinary, String, Table, UniqueConstraint, text
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.store.base import Base, Instant, to_millis
from tests.databases import NOW

FIRST: Final = 4_000_000_000_000_000_000
"""Ids begin here, away from those of people a test makes itself."""
ORGS: Final = 200
UNTOUCHED: Final = frozenset({"settings", "audit_heads", "latest_times", "retention_runs"})
"""Tables that do not grow with what people do; of proofs there are two dozen a day."""
DAY: Final = 86_400_000
LATE: Final = to_millis(NOW)
VALUES: Final[Mapping[str, str]] = {
    "activities.state": "'ended'",
    "activities.settled_at": "{time}",
    "activities.kind": "'volunteering'",
    "activities.slot": "CASE WHEN {i} % 5 = 0 THEN 'open_day' END",
    "activity_attempts.at": "{ahead}",
    "activity_codes.code": "CAST({i} AS VARCHAR(8))",
    "activity_codes.until": "{ahead}",
    "activity_parts.state": "'confirmed'",
    "activity_parts.hold_until": "NULL",
    "anonymous_voices.state": "'closed'",
    "anonymous_voices.said": "NULL",
    "anonymous_voices.closed_on": "{day}",
    "audit_entries.node": "'filled'",
    "bind_attempts.at": "{ahead}",
    "bind_codes.expires_at": "{ahead}",
    "bind_codes.used_at": "{time}",
    "chats.state": "'linked'",
    "consents.withdrawn_at": "NULL",
    "consents.scope": "'profile'",
    "consultations.state": "'closed'",
    "consultations.cursor": "NULL",
    "contacts.ended_at": "NULL",
    "contacts.ended_why": "NULL",
    "crises.state": "'closed'",
    "downloads.expires_at": "{ahead}",
    "org_units.level": "'county'",
    "org_units.kind": "'geographic'",
    "org_units.parent_id": "NULL",
    "outbox.bot_id": "'10000'",
    "outbox.channel": "'qq'",
    "outbox.created_at": "{weeks}",
    "outbox.kind": "'push'",
    "outbox.lease_until": "NULL",
    "outbox.payload": "NULL",
    "outbox.state": "'sent'",
    "people.state": "'active'",
    "guidance_assignments.year": "2026",
    "people.is_youth": "{yes}",
    "people.age_band": "'adult'",
    "prompts.state": "'answered'",
    "prompts.expires_at": "{ahead}",
    "prompts.kind": "'consent.scope'",
    "ref_numbers.letter": "substr('TVWSKQ', {i} % 6 + 1, 1)",
    "relays.state": "'later'",
    "relays.due_at": "NULL",
    "relays.expires_at": "{ahead}",
    "relay_afters.until": "{ahead}",
    "relay_seats.side": "'youth'",
    "resource_matches.state": "'done'",
    "resources.state": "'closed'",
    "rights_requests.state": "'done'",
    "role_grants.role": "'cadre'",
    "role_grants.until": "NULL",
    "talk_parts.amendment": "NULL",
    "talk_parts.role": "'youth'",
    "talk_parts.co_sign": "'agreed'",
    "talks.state": "'closed'",
    "talks.notes_state": "'none'",
    "voices.state": "'closed'",
    "wishes.cadre_id": "NULL",
    "wishes.holder_id": "NULL",
    "wishes.pool_org_id": "NULL",
    "wishes.shared_into": "NULL",
    "wishes.state": "'fulfilled'",
}
"""What is not as its type alone would have it: everything is over, said, sent and answered."""
SPENT: Final[Mapping[str, Collection[str]]] = {
    "consultation_answers": ("person_id", "text"),
    "talks": ("topic", "notes"),
    "voices": ("author_id", "text", "key_id", "about_id"),
    "wishes": ("owner_id", "text", "pool_text", "tried", "done"),
}
"""Tables whose rows stay as numbers when their words have gone: every other row, two years old."""


async def fill(connection: AsyncConnection, rows: int, *, only: Collection[str] = ()) -> None:
    """Put ``rows`` rows into every table (or into these), and let PostgreSQL look at what is there now."""
    sqlite = connection.dialect.name == "sqlite"
    numbers = (
        "WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < {}) "
        if sqlite
        else "WITH n(i) AS (SELECT generate_series(0, {} - 1)) "
    )
    for table in Base.metadata.sorted_tables:
        if table.name in UNTOUCHED or (only and table.name not in only):
            continue
        many = ORGS if table.name == "org_units" else rows
        names = ", ".join(f'"{column.name}"' for column in table.columns)
        values = ", ".join(_value(column, rows, sqlite=sqlite) for column in table.columns)
        head, tail = (numbers.format(many), "") if sqlite else ("", numbers.format(many))
        await connection.execute(
            text(f"{head}INSERT INTO {table.name} ({names}) {tail}SELECT {values} FROM n".replace(":", r"\:"))  # noqa: S608
        )
    if not sqlite:
        await connection.execute(text("ANALYZE"))


def many_in(table: Table, rows: int) -> int:
    """How many rows ``fill`` puts there."""
    return ORGS if table.name == "org_units" else rows


def _value(column: Column[object], rows: int, *, sqlite: bool) -> str:
    value = _fresh(column, rows, sqlite=sqlite)
    words = SPENT.get(column.table.name)
    if words is not None and column.name in words:
        return f"CASE WHEN n.i % 2 = 0 THEN {value} END"
    if words is not None and isinstance(column.type, Instant):
        return f"{value} - {2 * 366 * DAY} * (n.i % 2)"
    return value


def _fresh(column: Column[object], rows: int, *, sqlite: bool) -> str:
    back = f"(n.i * 7919) % {80 * DAY}"
    known = {
        "i": "n.i",
        "time": f"{LATE - 4 * DAY} - {back}",
        "weeks": f"{LATE - 4 * DAY} - (n.i * 7919) % {20 * DAY}",
        "ahead": f"{LATE + 3650 * DAY}",
        "day": "date('2026-11-24', '-' || (n.i % 80) || ' days')" if sqlite else "date '2026-11-24' - n.i % 80",
        "yes": "1" if sqlite else "TRUE",
    }
    table, name, kind = column.table, column.name, column.type
    special = VALUES.get(f"{table.name}.{name}")
    if special is not None:
        return special.format(**known)
    if column.foreign_keys:
        parent = next(iter(column.foreign_keys)).column.table
        step = 1 if column.primary_key or _in_unique(column) else 7
        return f"{FIRST} + (n.i * {step}) % {many_in(parent, rows)}"
    if isinstance(kind, Instant):
        return known["time"]
    if isinstance(kind, Date):
        return known["day"]
    if isinstance(kind, Boolean):
        return "0" if sqlite else "FALSE"
    if isinstance(kind, JSON):
        return "'[]'"
    if isinstance(kind, LargeBinary):
        return "CAST(printf('%032d', n.i) AS BLOB)" if sqlite else "decode(lpad(n.i::text, 64, '0'), 'hex')"
    if isinstance(kind, String):
        return f"'{name[:4]}' || n.i" if (kind.length or 99) >= 10 else "substr('x', 1)"
    if column.primary_key and len(table.primary_key) == 1:
        return f"{FIRST} + n.i"
    if name.endswith("_id"):
        return f"{FIRST} + (n.i * 7) % {rows}"
    return "n.i + 100000" if column.unique or name in {"ref", "number", "seq", "position"} else "n.i % 5"


def _in_unique(column: Column[object]) -> bool:
    uniques = [made for made in column.table.constraints if isinstance(made, UniqueConstraint)]
    return any(column.name in unique.columns and len(unique.columns) > 1 for unique in uniques)
