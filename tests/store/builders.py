"""Rows with sensible defaults."""

from typing import Any

from bot.store.base import new_id
from bot.store.people import Person
from bot.store.unit import Unit


async def make_person(unit: Unit, name: str = "小赵", **values: Any) -> int:
    """An active person with a data key of their own; returns the id."""
    person_id = new_id()
    key_id = await unit.vault.new_key(unit.session, f"person:{person_id}")
    unit.session.add(
        Person(
            id=person_id,
            name=unit.vault.seal(key_id, f"people:{person_id}:name", name),
            key_id=key_id,
            created_at=unit.now,
            **values,
        )
    )
    await unit.session.flush()
    return person_id
