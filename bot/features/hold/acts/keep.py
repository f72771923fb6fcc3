"""The copy that a hold keeps, made and destroyed: one place writes it (P21)."""

from datetime import datetime

from sqlalchemy import delete, select

from bot.core.reads.items import lines_of
from bot.core.rules.items import Item
from bot.core.rules.people import Actor
from bot.core.rules.say import to_plain
from bot.core.tables import HeldPerson, LegalHold
from bot.store.base import new_id
from bot.store.delivery import DataKey
from bot.store.unit import Unit


async def keep_copy(
    unit: Unit, actor: Actor, item: Item, *, clause: str, until: datetime, reason: str, secret: bool, sure: bool
) -> LegalHold:
    """Seal what is there of an item under a fresh key, whatever becomes of the item."""
    hold_id = new_id()
    key_id = await unit.vault.new_key(unit.session, f"hold:{hold_id}")
    copy = [to_plain(line) for line in await lines_of(unit.session, unit.vault, item.ref)]
    hold = LegalHold(
        id=hold_id,
        letter=item.ref.letter,
        number=item.ref.number,
        org_id=item.org_id,
        clause=clause,
        secret=secret,
        sure=sure,
        key_id=key_id,
        reason=await unit.seal(key_id, f"legal_holds:{hold_id}:reason", reason),
        copy=await unit.seal_json(key_id, f"legal_holds:{hold_id}:copy", copy),
        placed_by=actor.person_id if sure else None,
        placed_at=unit.now,
        until=until,
    )
    unit.session.add(hold)
    await unit.session.flush()
    unit.session.add_all(HeldPerson(hold_id=hold_id, person_id=person_id) for person_id in sorted(item.subjects))
    await unit.session.flush()
    return hold


async def people_of(unit: Unit, hold: LegalHold) -> list[int]:
    """Whose data it keeps, of those who are still here."""
    rows = await unit.session.execute(
        select(HeldPerson.person_id).where(HeldPerson.hold_id == hold.id).order_by(HeldPerson.person_id)
    )
    return list(rows.scalars())


async def destroy(unit: Unit, hold: LegalHold) -> None:
    """The copy goes with its key; that it was there stays in the audit alone."""
    hold_id, key_id = hold.id, hold.key_id
    for table, column, value in (
        (HeldPerson, HeldPerson.hold_id, hold_id),
        (LegalHold, LegalHold.id, hold_id),
        (DataKey, DataKey.id, key_id),
    ):
        await unit.session.execute(delete(table).where(column == value).execution_options(synchronize_session=False))
    unit.session.expunge(hold)
    unit.destroyed(key_id)
    unit.erased = True
