"""我的心愿 and 心愿列表: pages cut by the database; only the words of the page that is shown are opened."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Final

from sqlalchemy import CompoundSelect, or_, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.paging import Page, paged
from bot.core.reads.people import names_of
from bot.core.reads.unreadable import shown
from bot.core.rules.people import Actor
from bot.core.rules.say import Say
from bot.features.wish.reads.wish import OPENISH, own_of_cadre, words_of
from bot.features.wish.rules.wish import HELD, LIST_PAGE, WishKind, WishState
from bot.features.wish.tables import Wish
from bot.store.sealing import Vault

SHOWN_CHARS: Final = 40
"""Characters of a wish in a list; 查看心愿 shows it whole."""


@dataclass(frozen=True, slots=True)
class WishLine:
    """One line of a list. ``name`` is the 称呼, only for the youth's own cadre; ``mine``: the reader holds it."""

    ref: int
    kind: str
    state: WishState
    days: int
    words: str = field(repr=False)
    name: str = ""
    mine: bool = False
    asked: bool = False


@dataclass(frozen=True, slots=True)
class MyWishes(Say):
    """A youth's own wishes, those not over first."""

    template: ClassVar[str] = "wish/mine"
    lists: ClassVar[tuple[str, ...]] = ("wishes",)
    total: int
    page: int
    pages: int
    wishes: tuple[WishLine, ...]


async def my_wishes(session: AsyncSession, vault: Vault, actor: Actor, page: int, *, now: datetime) -> MyWishes:
    """``我的心愿 [页]``; refuses ``page.none``."""
    mine = select(Wish).where(Wish.owner_id == actor.person_id)
    ordered = mine.order_by(Wish.state.not_in(OPENISH), Wish.made_at.desc(), Wish.id)
    found = await paged(session, ordered, page, LIST_PAGE)
    lines = [await _line(session, vault, wish, now) for wish in found.rows]
    return MyWishes(found.total, page, found.pages, tuple(lines))


def _of_cadre(actor: Actor) -> CompoundSelect[int, datetime]:
    """Ids of the cadre's own youths' wishes that are not over, and of what the cadre has claimed from a pool."""
    own = select(Wish.id, Wish.made_at).where(own_of_cadre(actor), Wish.state.in_(OPENISH))
    held = select(Wish.id, Wish.made_at).where(
        Wish.holder_id == actor.person_id,
        Wish.state.in_(HELD),
        or_(Wish.cadre_id.is_(None), Wish.cadre_id != actor.person_id),
    )
    return union_all(own, held)


async def page_of_cadre(session: AsyncSession, actor: Actor, page: int) -> Page[Wish]:
    """One page of the first part of 心愿列表, the oldest first; refuses ``page.none``."""
    ids = _of_cadre(actor).subquery()
    wanted = await paged(session, select(ids.c.id).order_by(ids.c.made_at, ids.c.id), page, LIST_PAGE)
    found = await session.execute(select(Wish).where(Wish.id.in_(wanted.rows)))
    by_id = {wish.id: wish for wish in found.scalars()}
    rows = [by_id[wish_id] for wish_id in wanted.rows if wish_id in by_id]
    return Page(rows, page, wanted.pages, wanted.total)


async def lines_of(
    session: AsyncSession, vault: Vault, wishes: Sequence[Wish], reader_id: int, *, now: datetime
) -> list[WishLine]:
    """Lines for a cadre: 称呼 and own words for the own youths' wishes, the pool's words for all others (P12)."""
    own = [w.owner_id for w in wishes if _named_to(w, reader_id) and w.owner_id is not None]
    names = await names_of(session, vault, own)
    lines = []
    for wish in wishes:
        name = names.get(wish.owner_id or 0, "") if _named_to(wish, reader_id) else ""
        lines.append(await _line(session, vault, wish, now, reader_id=reader_id, name=name))
    return lines


def _named_to(wish: Wish, reader_id: int) -> bool:
    """Whether the cadre sees whose it is: of the own youths, and of what was handed over with the name."""
    return wish.cadre_id == reader_id and wish.handed_named is not False


async def _line(
    session: AsyncSession, vault: Vault, wish: Wish, now: datetime, *, reader_id: int | None = None, name: str = ""
) -> WishLine:
    own = reader_id is None or wish.cadre_id == reader_id
    if own:
        words = await words_of(session, vault, wish)
    else:
        words = await shown(session, vault, f"wishes:{wish.id}:pool_text", wish.pool_text)
    return WishLine(
        ref=wish.ref,
        kind=wish.kind if own else wish.shown_kind or WishKind.OTHER,
        state=WishState(wish.state),
        days=(now - wish.made_at).days,
        words=shortened(words),
        name=name,
        mine=reader_id is not None and wish.holder_id == reader_id,
        asked=wish.asked_at is not None,
    )


def shortened(words: str) -> str:
    """A wish in one line of a list."""
    line = " ".join(words.split())
    return line if len(line) <= SHOWN_CHARS else line[: SHOWN_CHARS - 1] + "…"
