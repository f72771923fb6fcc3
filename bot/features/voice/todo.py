"""待办: voices that wait for an answer (6.4)."""

from datetime import datetime

from sqlalchemy import and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.paging import first
from bot.core.reads.stand_in import stood_in_by
from bot.core.rules.people import Actor, Role
from bot.core.rules.todo import NOTHING_OPEN, OpenItems, TodoItem, TodoKind
from bot.features.voice.reads.voice import cadre_serves, held_by, with_a_cadre
from bot.features.voice.rules.voice import VoiceState
from bot.features.voice.tables import Voice
from bot.store.sealing import Vault


async def waiting_voices(session: AsyncSession, vault: Vault, actor: Actor, now: datetime, most: int) -> OpenItems:
    """What this person or their organ owes an answer to."""
    waiting = Voice.state.in_((VoiceState.OPEN.value, VoiceState.ESCALATED.value))
    mine = (
        select(Voice.ref, Voice.held_since, Voice.kind)
        .where(held_by(actor, now), waiting)
        .order_by(Voice.held_since, Voice.ref)
    )
    count, rows = await first(session, mine, most)
    return OpenItems(count, [_item(since, ref, kind) for ref, since, kind in rows])


async def stood_in_voices(session: AsyncSession, vault: Vault, actor: Actor, now: datetime, most: int) -> OpenItems:
    """What waits for a cadre who is gone and for whom this person stands in: kind, age and reference (P13)."""
    if not (actor.has(Role.CADRE) or actor.has(Role.ORGAN_ADMIN)):
        return NOTHING_OPEN
    gone = and_(with_a_cadre(), ~cadre_serves(now))
    found = await session.execute(
        select(Voice.ref, Voice.held_since, Voice.cadre_id, Voice.author_id).where(gone).order_by(Voice.held_since)
    )
    rows = [(ref, since, (cadre or 0, youth or 0)) for ref, since, cadre, youth in found]
    mine = await stood_in_by(session, vault, actor, {pair for _, _, pair in rows}, now=now)
    items = [TodoItem(TodoKind.STAND_IN, since, f"V{ref}") for ref, since, pair in rows if pair in mine]
    return OpenItems(len(items), items[:most])


def _item(since: datetime, ref: int, kind: str | None) -> TodoItem:
    return TodoItem(TodoKind.VOICE, since, f"V{ref}", gist=kind or "")
