"""What is held of one person in talks: figures for 看我的数据, and rows for the export (P7)."""

from datetime import datetime

from sqlalchemy import ColumnElement, func, select, union
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.person_data import Rows
from bot.core.rules.refs import Ref
from bot.features.talk.reads.record import export_talks
from bot.features.talk.rules.talk import SpeakerRole
from bot.features.talk.tables import Talk, TalkMessage, TalkPart
from bot.store.sealing import Vault


async def holds_talks(session: AsyncSession, person_id: int) -> bool:
    """Whether this person has talked with youths as a cadre."""
    return (await session.execute(select(Talk.id).where(Talk.cadre_id == person_id).limit(1))).first() is not None


# --- what a consent keeps --------------------------------------------------------------------------------------------


async def count_messages(session: AsyncSession, person_id: int, chat_id: int | None) -> int:
    """Recorded messages of one group, or of all."""
    messages = select(func.count()).select_from(TalkMessage).where(TalkMessage.person_id == person_id)
    if chat_id is not None:
        messages = messages.join(Talk, Talk.id == TalkMessage.talk_id).where(Talk.chat_id == chat_id)
    return (await session.execute(messages)).scalar_one()


async def count_notes(session: AsyncSession, person_id: int, chat_id: int | None) -> int:
    """Talks with 要点 in which the person took part as a youth."""
    mine = select(TalkPart.talk_id).where(TalkPart.person_id == person_id, TalkPart.role == SpeakerRole.YOUTH)
    return await _count_talks(session, Talk.id.in_(mine), Talk.notes.is_not(None))


# --- 看我的数据 ------------------------------------------------------------------------------------------------------


async def talks_held(session: AsyncSession, vault: Vault, person_id: int) -> int:
    """Talks in which the person took part or spoke."""
    return await _count_talks(session, _mine(person_id))


async def notes_held(session: AsyncSession, vault: Vault, person_id: int) -> int:
    """Those of them with 要点."""
    return await _count_talks(session, _mine(person_id), Talk.notes.is_not(None))


async def last_message_at(session: AsyncSession, vault: Vault, person_id: int) -> datetime | None:
    """When the last recorded message was said."""
    return await session.scalar(select(func.max(TalkMessage.sent_at)).where(TalkMessage.person_id == person_id))


def _mine(person_id: int) -> ColumnElement[bool]:
    """Parts are entered when a talk is closed; until then the words stand for it."""
    return Talk.id.in_(
        union(
            select(TalkPart.talk_id).where(TalkPart.person_id == person_id),
            select(TalkMessage.talk_id).where(TalkMessage.person_id == person_id),
        )
    )


async def _count_talks(session: AsyncSession, *where: ColumnElement[bool]) -> int:
    return (await session.execute(select(func.count()).select_from(Talk).where(*where))).scalar_one()


# --- 导出 ------------------------------------------------------------------------------------------------------------


async def export_rows(session: AsyncSession, vault: Vault, person_id: int) -> Rows:
    """Talks this person took part in: their own words and what was written about them, nobody else's words."""
    return [
        {
            "ref": str(Ref("T", talk.ref)),
            "role": talk.role.value,
            "opened": talk.opened_at,
            "closed": talk.closed_at,
            "kept": talk.kept.value,
            "co_sign": talk.co_sign.value,
            "notes": talk.notes,
            "notes_waiting": talk.notes_waiting,
            "amendment": talk.amendment,
            "messages": [{"at": line.at, "text": line.words or ""} for line in talk.lines],
        }
        for talk in await export_talks(session, vault, person_id)
    ]
