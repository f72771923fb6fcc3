"""微心愿 as an item for the duties of officers: whose it is, and its words (P14, P16, P21)."""

from sqlalchemy import Executable, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.feature import ItemSource
from bot.core.reads.people import name_of
from bot.core.reads.unreadable import shown
from bot.core.rules.items import Item, ItemLine
from bot.core.rules.refs import Ref
from bot.features.wish.tables import Wish
from bot.store.sealing import Vault

LETTER = "W"


async def _wish(session: AsyncSession, number: int) -> Wish | None:
    found = await session.execute(select(Wish).where(Wish.ref == number, Wish.owner_id.is_not(None)))
    return found.scalar_one_or_none()


async def find_wish_item(session: AsyncSession, number: int) -> Item | None:
    """A wish that still has its owner."""
    wish = await _wish(session, number)
    if wish is None or wish.owner_id is None:
        return None
    cadres = frozenset((wish.cadre_id,)) if wish.cadre_id is not None else frozenset[int]()
    return Item(Ref(LETTER, number), wish.org_id, frozenset((wish.owner_id,)), cadres)


async def wish_lines(session: AsyncSession, vault: Vault, number: int) -> list[ItemLine]:
    """What was wished for, what was tried, and how it ended."""
    wish = await _wish(session, number)
    if wish is None:
        return []
    lines = [
        ItemLine(
            await name_of(session, vault, wish.owner_id or 0),
            wish.made_at,
            await shown(session, vault, f"wishes:{wish.id}:text", wish.text),
        )
    ]
    for column in ("tried", "done"):
        words = await shown(session, vault, f"wishes:{wish.id}:{column}", getattr(wish, column))
        lines += [ItemLine("", None, words)] if words else []
    return lines


def mark_wish(number: int) -> Executable:
    """Changes with its words and its owner."""
    return select(Wish.version, Wish.text, Wish.owner_id).where(Wish.ref == number)


WISH_ITEM = ItemSource(LETTER, find_wish_item, wish_lines, mark_wish)
