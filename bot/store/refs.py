"""References: scattered, unique, showing neither order nor volume (commands.md)."""

import secrets
from typing import Final

from sqlalchemy import select

from bot.store.chat import RefNumber
from bot.store.dialect import insert_ignore
from bot.store.unit import Unit

WIDTHS: Final = (4, 5, 6)
"""Digits tried: a width is left for the next one when about half of its numbers are in use."""
SAMPLE: Final = 8
"""Numbers drawn of each width; how many of them are in use says how full it is, at the same cost however many exist."""
TRIES: Final = 64


class RefsExhausted(Exception):
    """Every number of a letter is in use."""


async def new_ref(unit: Unit, letter: str) -> int:
    """A free number for ``letter``, drawn at random."""
    for _ in range(TRIES):
        drawn = [_draw(width) for width in WIDTHS]
        asked = select(RefNumber.number).where(
            RefNumber.letter == letter, RefNumber.number.in_([number for some in drawn for number in some])
        )
        used = set((await unit.session.execute(asked)).scalars())
        number = _first_free([[number for number in some if number not in used] for some in drawn])
        if number is None:
            continue
        done = await unit.session.execute(
            insert_ignore(unit.session, RefNumber).values(letter=letter, number=number).returning(RefNumber.number)
        )
        if done.scalar_one_or_none() is not None:
            return number
    raise RefsExhausted(letter)


def _draw(width: int) -> list[int]:
    low = 10 ** (width - 1)
    return [low + secrets.randbelow(9 * low) for _ in range(SAMPLE)]


def _first_free(free: list[list[int]]) -> int | None:
    """Of the shortest width that is not half full, else of the longest that has any."""
    for some in free:
        if len(some) * 2 > SAMPLE:
            return some[0]
    return next((some[0] for some in reversed(free) if some), None)
