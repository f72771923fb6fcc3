"""References: scattered, unique, showing neither order nor volume (commands.md)."""

import secrets
from typing import Final

from sqlalchemy import func, select

from bot.store.chat import RefNumber
from bot.store.dialect import insert_ignore
from bot.store.unit import Unit

WIDTHS: Final = (4, 5, 6)
"""Digits tried: a width is left for the next one when half of its numbers are in use."""
TRIES: Final = 64


class RefsExhausted(Exception):
    """Every number of a letter is in use."""


async def new_ref(unit: Unit, letter: str) -> int:
    """A free number for ``letter``, drawn at random."""
    used = (
        await unit.session.execute(select(func.count()).select_from(RefNumber).where(RefNumber.letter == letter))
    ).scalar_one()
    for width in WIDTHS:
        low, span = 10 ** (width - 1), 9 * 10 ** (width - 1)
        if used * 2 >= span and width != WIDTHS[-1]:
            continue
        for _ in range(TRIES):
            number = low + secrets.randbelow(span)
            done = await unit.session.execute(
                insert_ignore(unit.session, RefNumber).values(letter=letter, number=number).returning(RefNumber.number)
            )
            if done.scalar_one_or_none() is not None:
                return number
    raise RefsExhausted(letter)
