"""Applying tombstones: after a restore everybody who was erased is erased again (reliability section 9, threat 23)."""

from pathlib import Path
from typing import Final

from sqlalchemy import select

from bot.core.acts.erase import erase_person
from bot.store.people import Person
from bot.store.store import Store
from bot.store.tombstones import read_tombstones

CHUNK: Final = 500


async def apply_tombstones(store: Store, path: Path) -> int:
    """Erase again whoever came back with a back-up, one a transaction; returns how many. Safe to run at any time.

    Somebody of the roster is erased as a youth only if they still are one: they may have joined again since.
    """
    again = 0
    stones = list(read_tombstones(path))
    here: set[int] = set()
    async with store.read() as session:  # nearly always nobody: a start must not pay a transaction for each line
        for start in range(0, len(stones), CHUNK):
            ids = [stone.person_id for stone in stones[start : start + CHUNK]]
            here.update((await session.execute(select(Person.id).where(Person.id.in_(ids)))).scalars())
    for stone in stones:
        if stone.person_id not in here:
            continue
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
