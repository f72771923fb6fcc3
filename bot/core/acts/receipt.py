"""回执编号: numbers of receipts, scattered and unique; they show the day and nothing else (commands.md)."""

import secrets

from sqlalchemy import select

from bot.core.tables import Receipt
from bot.store.refs import TRIES, WIDTHS, RefsExhausted
from bot.store.unit import Unit


async def new_receipt(unit: Unit, letter: str) -> str:
    """A receipt number such as ``D-20261124-4821``: kind, day and random digits, more of them when a day is busy."""
    for width in WIDTHS:
        for _ in range(TRIES // 8):
            number = f"{letter}-{unit.now:%Y%m%d}-{secrets.randbelow(10**width):0{width}d}"
            taken = await unit.session.execute(select(Receipt.number).where(Receipt.number == number))
            if taken.scalar_one_or_none() is None:
                return number
    raise RefsExhausted(letter)
