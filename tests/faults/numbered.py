"""Numbered work on a store, and what of it is there afterwards: the arithmetic of the store's fault tests.

An act writes its event key, two effects, an audit row and a receipt in one transaction; a message goes through the
group commit. Every effect has a name of its own, so that a second effect of the same number would be seen.
"""

from collections import Counter
from dataclasses import dataclass, field
from typing import ClassVar

from sqlalchemy import select, text

from bot.core.rules.message import Address, ChatKind
from bot.core.rules.say import Say
from bot.features.talk.acts.record import Recorded
from bot.features.talk.tables import Talk, TalkMessage
from bot.store import audit
from bot.store.base import new_id
from bot.store.delivery import AuditEntry, EventKey, OutboxMessage, Setting
from bot.store.store import Store
from tests.store.builders import make_person

EFFECTS = 2
ACTION = "test.act"
ADDRESS = Address("qq", "30003", ChatKind.PRIVATE, "10001")
WORDS = "今天夜班回家的路灯又坏了，大家都绕着走。" * 8


@dataclass(frozen=True, slots=True)
class Done(Say):
    """The receipt of an act."""

    template: ClassVar[str] = "test/done"
    number: int


@dataclass(frozen=True, slots=True)
class Talking:
    """An open talk and who speaks in it."""

    talk_id: int
    person_id: int


async def open_talk(store: Store) -> Talking:
    """A talk that messages may be recorded in."""
    async with store.unit() as unit:
        person_id = await make_person(unit)
        talk = Talk(
            id=new_id(),
            ref=4821,
            cadre_id=person_id,
            state="open",
            key_id=1,
            opened_at=unit.now,
            last_activity_at=unit.now,
            last_notice_at=unit.now,
        )
        unit.session.add(talk)
    return Talking(talk.id, person_id)


async def act(store: Store, number: int) -> None:
    """Everything a writing command writes."""
    async with store.unit(store.event_key("act", number)) as unit:
        unit.session.add_all(
            [Setting(name=f"act:{number}:{new_id():x}", value=WORDS, at=unit.now) for _ in range(EFFECTS)]
        )
        await unit.audit(None, ACTION, n=number)
        await unit.push(ADDRESS, Done(number), idem_key=f"rcpt:{number}")


def message(store: Store, talking: Talking, number: int) -> Recorded:
    """One message to record."""
    row_id, now = new_id(), store.clock.now()
    body = store.vault.seal(store.vault.system_key_id, f"talk_messages:{row_id}:body", f"{number} {WORDS}")
    row = {
        "id": row_id,
        "talk_id": talking.talk_id,
        "person_id": talking.person_id,
        "native_index": str(number).encode(),
        "sent_at": now,
        "sequence": number,
        "arrived_at": now,
        "body": body,
    }
    return Recorded(store.event_key("message", number), row)


@dataclass(slots=True)
class Found:
    """What a database holds of the numbered work."""

    acts: set[int] = field(default_factory=set)
    messages: set[int] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)
    """Half or double work, broken chains, broken pages."""


async def look(store: Store) -> Found:
    """Read everything back: an act is whole or not there at all."""
    found = Found()
    async with store.read() as session:
        names = (await session.execute(select(Setting.name).where(Setting.name.startswith("act:")))).scalars()
        effects = Counter(int(name.split(":")[1]) for name in names)
        facts = (await session.execute(select(AuditEntry.facts).where(AuditEntry.action == ACTION))).scalars()
        audited = Counter(int(fact["n"]) for fact in facts)
        sent = (await session.execute(select(OutboxMessage.idem_key))).scalars()
        receipts = Counter(int(key.removeprefix("rcpt:")) for key in sent if key.startswith("rcpt:"))
        rows = (await session.execute(select(TalkMessage.native_index))).scalars()
        messages = Counter(int(index) for index in rows)
        keys = set((await session.execute(select(EventKey.key))).scalars())
        _, broken = await audit.verify(session, store.vault)
        # A house built by hand has no act of its own: before the first one its chain is empty beside data.
        found.faults += [f"audit: {fault}" for fault in broken if fault.what != "empty" or effects]
        if store.engines.is_sqlite:
            for check in ("integrity_check", "foreign_key_check"):
                said = [tuple(row) for row in await session.execute(text(f"PRAGMA {check}"))]
                found.faults += [f"{check}: {line}" for line in said if line != ("ok",)]
    found.acts, found.messages = set(effects), set(messages)
    wanted = dict.fromkeys(found.acts, EFFECTS)
    once = dict.fromkeys(found.acts, 1)
    if effects != wanted or audited != once or receipts != once:
        found.faults.append(f"acts by halves: {effects - Counter(wanted)} {audited} {receipts}")
    found.faults += [f"message {number} is there {times} times" for number, times in messages.items() if times > 1]
    expected = {store.event_key("act", n) for n in found.acts} | {store.event_key("message", n) for n in messages}
    if keys != expected:
        found.faults.append(f"{len(keys - expected)} keys without effect, {len(expected - keys)} effects without key")
    return found
