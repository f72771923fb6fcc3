"""待发消息 Outbox: rows written with the change that causes them; claimed, sent and finished by the sender."""

import json
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias, TypedDict

from sqlalchemy import Connection, bindparam, delete, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.rules.message import Address
from bot.core.rules.say import Say, from_plain, to_plain
from bot.store.base import new_id
from bot.store.delivery import OutboxMessage
from bot.store.dialect import ignoring
from bot.store.sealing import Vault

LEASE: Final = timedelta(seconds=60)
"""How long one sending may take before the row counts as unknown."""
RECEIPT_LIFE: Final = timedelta(hours=24)
NAMELESS: Final = "relay:nameless:"
"""How the keys of rows begin that lead to nobody; like those of relays they are not kept once they are final."""
NAMELESS_LIFE: Final = timedelta(hours=48)
PUSH_LIFE: Final = timedelta(hours=12)
PRIORITY: Final = 5
"""The usual priority; 0 is a crisis, 1 a receipt, 2 a question."""
FINAL_STATES: Final = ("sent", "failed", "expired", "cancelled")
TAKEN_BACK: Final = ("ready", "unknown")
"""States in which a row can be cancelled: not sent yet, or to be sent once more."""
LEFT: Final = ("leased", "sent", "unknown")
LIVE_STATES: Final = ("ready", "leased", "unknown")
APPOINTED: Final = "at:"
"""How the keys of rows begin that wait for a morning that stands, whatever the clock said when they were written."""
RELAY: Final = "relay"
"""Kind of what one person says to another through the bot: paced like an answer, and in strict order."""
GATHERED: Final = "gathered"
"""Kind of receipts in a group that are told together where many come at once; their order is kept."""
ANSWERS: Final = ("reply", RELAY, GATHERED)
"""Kinds that answer somebody: they have their own pace and no quiet hours."""


About: TypeAlias = tuple[str, int]
"""The condition under which a message stays true: the name of a ``Standing`` and the id of its item."""
By: TypeAlias = tuple[int, str]
"""Whose words or act a message carries to somebody else, and the reference by which they know it."""


@dataclass(frozen=True, slots=True)
class Words:
    """A template's name and plain data: what a Say becomes on its way through a table."""

    template: str
    data: dict[str, Any] = field(repr=False)
    together: str = ""

    @classmethod
    def of(cls, say: Say) -> "Words":
        """The stored form of a Say."""
        return cls(say.template, to_plain(say), say.together)


class Sending(TypedDict, total=False):
    """How a message goes out, as far as it differs from the usual (``Unit.push_words``)."""

    idem_key: str
    cls: str
    kind: str
    priority: int
    not_before: datetime | None
    expires_at: datetime | None
    nameless: bool
    line: str
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
    nameless: bool = False
    about: About | None = None
    by: By | None = None
    since: datetime | None = None
    together: str = ""
    """Of what is told together: the template of several (``Say.together``)."""


def conversation(vault: Vault, address: Address) -> bytes:
    """Blind index of one conversation: keeps order and pace without naming anybody."""
    return vault.mac("index", "conv", address.channel, address.bot_id, address.kind.value, address.native_id)


def dump_address(address: Address) -> list[str]:
    """The stored form of an address."""
    return [address.channel, address.bot_id, address.kind.value, address.native_id, address.via_group]


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
    nameless: bool = False,
    line: str = "",
) -> tuple[dict[str, Any], Outgoing]:
    """A row to insert, and what it is once it is there. The payload is sealed under ``key_id``.

    ``nameless``: the row leads to nobody and tells no moment but its day, and goes when it is final (13.3). ``line``:
    it leads to nobody either, but keeps its place among the rows of this line; it stands for the conversation.

    ``leased_by``: the row is born leased by a sender that will take it from memory right after the commit, which saves
    an answer one read and one commit. If that process dies first, the row is rescued like any other lease.
    """
    row_id = new_id()
    payload: dict[str, Any] = {"to": dump_address(address), "t": words.template, "d": words.data}
    if fallback is not None:
        payload["else"] = [dump_address(fallback[0]), fallback[1].template, fallback[1].data]
    if file is not None:
        payload["file"] = list(file)
    if kind == GATHERED:
        payload["with"] = words.together
    payload |= {name: list(pair) for name, pair in (("about", about), ("by", by)) if pair is not None}
    await vault.ready(session, key_id)
    conv = vault.mac("index", "line", line) if line else conversation(vault, address)
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
    if nameless:
        values |= _without_traces(values, now)
    said = Words(words.template, from_plain(words.data))
    other = (fallback[0], Words(fallback[1].template, from_plain(fallback[1].data))) if fallback else None
    row = Outgoing(
        *(row_id, 1, cls, kind, address, said, conv, 0, person_id, other, file, key_id),
        nameless=nameless,
        about=about,
        by=by,
        since=now,
        together=words.together if kind == GATHERED else "",
    )
    return values, row


def _without_traces(values: dict[str, Any], now: datetime) -> dict[str, Any]:
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return {
        "idem_key": f"{NAMELESS}{secrets.token_hex(16)}",
        "conv": secrets.token_bytes(32),
        "person_id": None,
        "position": int(day.timestamp() * 1_000_000) + secrets.randbelow(1_000_000),
        "created_at": day,
        "not_before": day,
        "expires_at": day + NAMELESS_LIFE,
    }


def insert(connection: Connection, rows: Sequence[dict[str, Any]]) -> set[int]:
    """Add rows, all in one statement; the ids of those whose idempotency key was not there already."""
    statement = ignoring(connection.dialect.name, OutboxMessage, "id")
    return set(connection.execute(statement, rows[0] if len(rows) == 1 else rows).scalars())


@dataclass(frozen=True, slots=True)
class Places:
    """Where the rows of one thing to say stand: how many there are, how many could still be taken back, and the
    places of those that have left.
    """

    count: int
    waiting: int
    left: tuple[int, ...]
    unsent: int = 0
    """Of those that wait: what has not been tried at all, so that nobody can have read it."""

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
    left = tuple(row.position for row in rows if row.state in LEFT)
    return Places(len(rows), waiting, left, sum(row.state == "ready" for row in rows))


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


async def take_back_one(session: AsyncSession, key: str) -> bool:
    """Cancel the row of exactly this key, if nothing of it has left; whether it had not."""
    mine = (OutboxMessage.idem_key == key, OutboxMessage.state == "ready")
    back = update(OutboxMessage).where(*mine).values(state="cancelled", payload=None).returning(OutboxMessage.id)
    return (await session.execute(back.execution_options(synchronize_session=False))).first() is not None


async def forget_nameless(session: AsyncSession, rows: Collection[Outgoing]) -> bool:
    """Delete those of these rows that lead to nobody and are final; whether there was one."""
    ids = [row.id for row in rows if row.nameless]
    if not ids:
        return False
    final = delete(OutboxMessage).where(OutboxMessage.id.in_(ids), OutboxMessage.state.in_(FINAL_STATES))
    await session.execute(final.execution_options(synchronize_session=False))
    return True
