"""References: scattered, unique, showing neither order nor volume (commands.md)."""

import secrets
from functools import cache
from typing import Any, Final

from sqlalchemy import Integer, String, bindparam, case, exists, func, literal_column, select, union_all

from bot.store.chat import RefNumber
from bot.store.dialect import core, dialect_of, insert_of
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
    enter = _enter(dialect_of(unit.session), WIDTHS)
    for _ in range(TRIES):
        drawn = {_name(width, place): _draw(width) for width in WIDTHS for place in range(SAMPLE)}
        number = (await unit.session.execute(enter, {"for_letter": letter, **drawn})).scalar_one_or_none()
        if number is not None:
            return number
    raise RefsExhausted(letter)


def _draw(width: int) -> int:
    low = 10 ** (width - 1)
    return low + secrets.randbelow(9 * low)


def _name(width: int, place: int) -> str:
    return f"n{width}_{place}"


@cache
def _enter(dialect: str, widths: tuple[int, ...]) -> Any:
    """One statement, built once: it inserts a free one of the drawn numbers and returns it.

    It takes the shortest width that is not half full, else the longest that has a free number.
    """
    drawn = union_all(
        *(
            select(
                literal_column(f"{width}", Integer).label("width"),
                bindparam(_name(width, place), type_=Integer).label("number"),
            )
            for width in widths
            for place in range(SAMPLE)
        )
    ).subquery("drawn")
    letter, numbers = bindparam("for_letter", type_=String), core(RefNumber)
    used = exists().where(numbers.c.letter == letter, numbers.c.number == drawn.c.number)
    free = (
        select(drawn.c.width, drawn.c.number, func.count().over(partition_by=drawn.c.width).label("of_width"))
        .where(~used)
        .subquery("free")
    )
    half = case((free.c.of_width * 2 > SAMPLE, free.c.width), else_=2 * max(widths) - free.c.width + 1)
    chosen = select(letter, free.c.number).order_by(half).limit(1)
    return (
        insert_of(dialect, numbers)
        .from_select(["letter", "number"], chosen)
        .on_conflict_do_nothing()
        .returning(numbers.c.number)
    )
