"""暂缓删除 in force: which items of a person are kept, by which clause and until when, and the copy (P21)."""

import json
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.rules.items import ItemLine
from bot.core.rules.refs import Ref
from bot.core.rules.say import from_plain
from bot.core.tables import HeldPerson, LegalHold
from bot.store.sealing import Vault


@dataclass(frozen=True, slots=True)
class KeptBack:
    """One item that is kept although its person deletes it: the clause and the last day, not what it is."""

    clause: str
    until: datetime


async def holds_of(session: AsyncSession, person_id: int, now: datetime) -> tuple[KeptBack, ...]:
    """The kept items that this person may know of; without those whose mention would endanger somebody."""
    rows = await session.execute(
        select(LegalHold.clause, LegalHold.until)
        .join(HeldPerson, HeldPerson.hold_id == LegalHold.id)
        .where(HeldPerson.person_id == person_id, LegalHold.secret.is_(False), LegalHold.until > now)
        .order_by(LegalHold.until, LegalHold.id)
    )
    return tuple(KeptBack(clause, until) for clause, until in rows)


async def hold_on(session: AsyncSession, ref: Ref, *, lock: bool = False) -> LegalHold | None:
    """The hold on this item, if there is one."""
    statement = select(LegalHold).where(LegalHold.number == ref.number, LegalHold.letter == ref.letter)
    found = await session.execute(statement.with_for_update() if lock else statement)
    return found.scalar_one_or_none()


async def copy_of(session: AsyncSession, vault: Vault, hold: LegalHold) -> tuple[ItemLine, ...]:
    """The words as they were when the hold was placed; the caller has checked the reader's right."""
    text = await vault.read(session, f"legal_holds:{hold.id}:copy", hold.copy)
    return tuple(ItemLine(**from_plain(line)) for line in json.loads(text)) if text else ()
