"""导出 of voices: a person's own words with everything written about them (P7)."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.person_data import Rows
from bot.core.reads.duty import org_name
from bot.core.reads.people import name_of
from bot.core.reads.unreadable import shown
from bot.features.voice.reads.voice import answers_of
from bot.features.voice.tables import Escalation, Voice
from bot.store.sealing import Vault


async def export_voices(session: AsyncSession, vault: Vault, person_id: int) -> Rows:
    """Everything this person said as 心声, 建议 or 投诉."""
    rows = await session.execute(select(Voice).where(Voice.author_id == person_id).order_by(Voice.said_at, Voice.id))
    return [
        {
            "ref": f"#V{voice.ref}",
            "kind": voice.kind or "",
            "category": voice.category or "",
            "state": voice.state,
            "outcome": voice.outcome or "",
            "named": voice.named,
            "said": voice.said_at,
            "closed": voice.closed_at,
            "text": await shown(session, vault, f"voices:{voice.id}:text", voice.text),
            "answers": await _answers(session, vault, voice),
            "notes": await _notes(session, vault, voice),
        }
        for voice in rows.scalars().all()
    ]


async def _answers(session: AsyncSession, vault: Vault, voice: Voice) -> Rows:
    found: Rows = []
    for answer in await answers_of(session, voice.id):
        by_organ = answer.org_id is not None
        who = await org_name(session, answer.org_id) if by_organ else await name_of(session, vault, answer.by_id or 0)
        words = await shown(session, vault, f"voice_answers:{answer.id}:text", answer.text)
        found.append({"who": who, "at": answer.at, "text": words})
    return found


async def _notes(session: AsyncSession, vault: Vault, voice: Voice) -> Rows:
    rows = await session.execute(
        select(Escalation).where(Escalation.voice_id == voice.id).order_by(Escalation.at, Escalation.id)
    )
    return [
        {
            "to": await org_name(session, each.to_org_id),
            "at": each.at,
            "named": each.named,
            "text": await shown(session, vault, f"escalations:{each.id}:note", each.note),
        }
        for each in rows.scalars().all()
    ]
