"""待办: talks without their 要点, records being co-signed, and notes whose youth has not answered (P1, P39)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.reads.people import name_of
from bot.core.reads.questions import asked, waiting
from bot.core.rules.people import Actor
from bot.core.rules.todo import TodoItem, TodoKind
from bot.features.talk.acts.note import NOTE, NOTE_SENSITIVE
from bot.features.talk.rules.talk import ADD_NOTES_WITHIN, CoSign, SpeakerRole, TalkState
from bot.features.talk.tables import Talk, TalkPart
from bot.store.sealing import Vault

NOTE_QUESTIONS: Final = (NOTE, NOTE_SENSITIVE)
"""The questions to a youth about a talk held elsewhere; their subject is the cadre who asked."""


async def waiting_for_notes(session: AsyncSession, vault: Vault, actor: Actor, now: datetime) -> Sequence[TodoItem]:
    """Stopped talks of this cadre that wait for their 要点 before they close."""
    rows = await session.execute(
        select(Talk.ref, Talk.closed_at, Talk.last_activity_at).where(
            Talk.cadre_id == actor.person_id, Talk.state == TalkState.STOPPED
        )
    )
    return [
        TodoItem(TodoKind.TALK_NOTES, stopped or last, f"T{ref}", due=(stopped or last) + ADD_NOTES_WITHIN)
        for ref, stopped, last in rows
    ]


async def waiting_for_co_signing(
    session: AsyncSession, vault: Vault, actor: Actor, now: datetime
) -> Sequence[TodoItem]:
    """Talks this cadre took part in whose youths are still being asked: how many, never who (P5)."""
    mine = select(TalkPart.talk_id).where(TalkPart.person_id == actor.person_id, TalkPart.role == SpeakerRole.CADRE)
    rows = await session.execute(
        select(Talk.ref, func.min(TalkPart.asked_at), func.count())
        .join(TalkPart, TalkPart.talk_id == Talk.id)
        .where(Talk.id.in_(mine), TalkPart.role == SpeakerRole.YOUTH, TalkPart.co_sign == CoSign.ASKED)
        .group_by(Talk.ref)
    )
    return [
        TodoItem(TodoKind.TALK_CO_SIGN, asked_at, f"T{ref}", count=count) for ref, asked_at, count in rows if asked_at
    ]


async def waiting_for_answer(session: AsyncSession, vault: Vault, actor: Actor, now: datetime) -> Sequence[TodoItem]:
    """记谈心 whose youth has not chosen yet: the 称呼 is what the cadre typed; not a word of the note."""
    rows = await session.execute(waiting(*NOTE_QUESTIONS, subject_id=actor.person_id, now=now))
    items: list[TodoItem] = []
    for prompt in rows.scalars():
        data = (await asked(session, vault, prompt)).data
        if data is not None and data["cadre_id"] == actor.person_id:
            name = await name_of(session, vault, prompt.person_id)
            items.append(TodoItem(TodoKind.TALK_NOTE, data["at"], f"T{data['ref']}", name, due=prompt.expires_at))
    return items
