"""Applying tombstones: after a restore everybody who was erased is erased again (reliability section 9, threat 23)."""

from pathlib import Path

from sqlalchemy import select

from bot.actions.rights import erase_person
from bot.store.people import Person
from bot.store.store import Store
from bot.store.tombstones import read_tombstones


async def apply_tombstones(store: Store, path: Path) -> int:
    """Erase again whoever came back with a back-up, one a transaction; returns how many. Safe to run at any time.

    Somebody of the roster is erased as a youth only if they still are one: they may have joined again since.
    """
    again = 0
    for stone in list(read_tombstones(path)):
        async with store.unit() as unit:
            found = await unit.session.execute(
                select(Person.is_youth, Person.created_at).where(Person.id == stone.person_id)
            )
            row = found.one_or_none()
            if row is None or (stone.youth_only and not row.is_youth):
                continue
            unit.tombstones = None  # the line that brought us here is on file already
            await erase_person(unit, stone.person_id, actor=None, role="system")
            again += 1
    return again
