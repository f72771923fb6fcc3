"""待办: voices that wait for an answer (6.4)."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.paging import first
from bot.core.rules.people import Actor
from bot.core.rules.todo import OpenItems, TodoItem, TodoKind
from bot.features.voice.reads.voice import held_by
from bot.features.voice.rules.voice import VoiceState
from bot.features.voice.tables import Voice
from bot.store.sealing import Vault


async def waiting_voices(session: AsyncSession, vault: Vault, actor: Actor, now: datetime, most: int) -> OpenItems:
    """What this person or their organ owes an answer to."""
    waiting = Voice.state.in_((VoiceState.OPEN.value, VoiceState.ESCALATED.value))
    mine = select(Voice.ref, Voice.held_since).where(held_by(actor, now), waiting).order_by(Voice.held_since, Voice.ref)
    count, rows = await first(session, mine, most)
    return OpenItems(count, [TodoItem(TodoKind.VOICE, since, f"V{ref}") for ref, since in rows])
