"""我的谈心: a cadre's own talks, newest first."""

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.audited import Logged, Seen, seen
from bot.core.reads.contacts import choices, find_youths
from bot.core.reads.people import names_of
from bot.core.rules.contact import NameAmbiguous
from bot.core.rules.people import Actor, Role
from bot.core.rules.refusal import NotFound
from bot.core.rules.say import Say
from bot.core.rules.text import plain_key
from bot.features.talk.reads.record import list_talks
from bot.features.talk.rules.talk import CoSign, Kept, SpeakerRole, TalkState
from bot.features.talk.tables import Talk, TalkPart
from bot.store.sealing import Vault


@dataclass(frozen=True, slots=True)
class TalkItem:
    """One line of the list."""

    ref: int
    at: datetime
    state: TalkState
    kept: Kept
    stored: int
    topic: str
    youths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MyTalks(Say):
    """A page of the list; ``name`` when it was asked for one youth only."""

    template: ClassVar[str] = "talk/mine"
    lists: ClassVar[tuple[str, ...]] = ("talks",)
    name: str
    total: int
    page: int
    pages: int
    talks: tuple[TalkItem, ...]


async def my_talks(session: AsyncSession, vault: Vault, actor: Actor, told: str | None) -> Seen:
    """``[称呼] [page]``: own talks, or those with one youth; refuses ``page.none``.

    Topics and names are read, so each youth on the page can see that it was (P15).
    """
    if actor.person_id is None:
        raise NotFound
    name, page, youths = await _asked_for(session, vault, actor.person_id, (told or "").strip())
    found = await list_talks(session, vault, actor.person_id, youths, page)
    items = tuple(TalkItem(r.ref, r.at, r.state, r.kept, r.stored, r.topic, r.youths) for r in found.rows)
    refs, shown = [r.ref for r in found.rows], sorted({youth for r in found.rows for youth in r.youth_ids})
    return await seen(
        session,
        MyTalks(name, found.total, page, found.pages, items),
        [Logged("read.talks", Role.CADRE, youth) for youth in shown],
        select(Talk.id, Talk.topic, Talk.kept).where(Talk.ref.in_(refs)),
        select(TalkPart.talk_id, TalkPart.person_id, TalkPart.co_sign)
        .join(Talk, Talk.id == TalkPart.talk_id)
        .where(Talk.ref.in_(refs)),
    )


async def _asked_for(
    session: AsyncSession, vault: Vault, cadre_id: int, told: str
) -> tuple[str, int, list[int] | None]:
    """A youth, a page, or both; words that are a name come before words that are a number."""
    if not told:
        return "", 1, None
    youths = await _named(session, vault, cadre_id, told)
    if youths:
        return told, 1, youths
    head, _, last = told.rpartition(" ")
    if last.isascii() and last.isdigit() and 0 < len(last) <= 3:
        page = int(last)
        if not head:
            return "", page, None
        youths = await _named(session, vault, cadre_id, head.strip())
        if youths:
            return head.strip(), page, youths
    raise NotFound


async def _named(session: AsyncSession, vault: Vault, cadre_id: int, told: str) -> list[int]:
    """Own youths of this 称呼 or K number, or else those of past contacts with whom there was a talk."""
    found = await find_youths(session, vault, cadre_id, told)
    if len(found) > 1:
        raise NameAmbiguous(choices=choices(found))
    if found:
        return [found[0].person_id]
    mine = select(TalkPart.talk_id).where(TalkPart.person_id == cadre_id, TalkPart.role == SpeakerRole.CADRE)
    rows = await session.execute(
        select(TalkPart.person_id)
        .where(TalkPart.talk_id.in_(mine), TalkPart.role == SpeakerRole.YOUTH, TalkPart.co_sign != CoSign.DELETED)
        .distinct()
    )
    names = await names_of(session, vault, list(rows.scalars()))
    return [person_id for person_id, name in sorted(names.items()) if plain_key(name) == plain_key(told)]
