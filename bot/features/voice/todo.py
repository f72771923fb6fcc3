"""待办: voices that wait for an answer (6.4)."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.rules.people import Actor
from bot.core.rules.todo import TodoItem, TodoKind
from bot.features.voice.reads.voice import held_by
from bot.features.voice.rules.voice import VoiceState
from bot.features.voice.tables import Voice
from bot.store.sealing import Vault


async def waiting_voices(session: AsyncSession, vault: Vault, actor: Actor, now: datetime) -> Sequence[TodoItem]:
    """What this person or their organ owes an answer to."""
    rows = await session.execute(
        select(Voice.ref, Voice.held_since).where(
            held_by(actor, now), Voice.state.in_((VoiceState.OPEN.value, VoiceState.ESCALATED.value))
        )
    )
    return [TodoItem(TodoKind.VOICE, since, f"V{ref}") for ref, since in rows]
