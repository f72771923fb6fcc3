"""同意: what a person agreed to, and whether a question may be put (P1, P2, P5)."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.rules.consent import PER_CHAT, ConsentScope
from bot.core.tables import Consent, ConsentRefusal
from bot.features.talk.tables import Talk, TalkMessage, TalkPart


def chat_of(scope: ConsentScope, chat_id: int | None) -> int | None:
    """The group a consent is kept for: needed for 原话, none for every other scope."""
    if scope not in PER_CHAT:
        return None
    if chat_id is None:
        raise ValueError(f"{scope} holds for one group only")
    return chat_id


async def active_consent(
    session: AsyncSession, person_id: int, scope: ConsentScope, chat_id: int | None = None
) -> Consent | None:
    """The consent in force, if there is one."""
    chat = chat_of(scope, chat_id)
    found = await session.execute(
        select(Consent)
        .where(
            Consent.person_id == person_id,
            Consent.scope == scope.value,
            Consent.withdrawn_at.is_(None),
            Consent.chat_id.is_(None) if chat is None else Consent.chat_id == chat,
        )
        .order_by(Consent.given_at.desc())
        .limit(1)
    )
    return found.scalar_one_or_none()


async def active_consents(session: AsyncSession, person_id: int) -> list[Consent]:
    """Every consent in force of one person, oldest first."""
    rows = await session.execute(
        select(Consent)
        .where(Consent.person_id == person_id, Consent.withdrawn_at.is_(None))
        .order_by(Consent.given_at, Consent.id)
    )
    return list(rows.scalars())


async def has_consent(session: AsyncSession, person_id: int, scope: ConsentScope, chat_id: int | None = None) -> bool:
    """Whether the person agrees to ``scope`` now; ``chat_id`` is needed for 原话."""
    return await active_consent(session, person_id, scope, chat_id) is not None


async def said_no_at(
    session: AsyncSession, person_id: int, scope: ConsentScope, chat_id: int | None
) -> datetime | None:
    """When the person last refused or withdrew; both count as a no."""
    chat = chat_of(scope, chat_id)
    moments: list[datetime | None] = []
    for table, moment in ((ConsentRefusal, ConsentRefusal.at), (Consent, Consent.withdrawn_at)):
        moments.append(
            await session.scalar(
                select(func.max(moment)).where(
                    table.person_id == person_id,
                    table.scope == scope.value,
                    table.chat_id.is_(None) if chat is None else table.chat_id == chat,
                )
            )
        )
    return max((m for m in moments if m is not None), default=None)


@dataclass(frozen=True, slots=True)
class Stored:
    """How much of a scope is kept of a person at this moment."""

    messages: int
    notes: int


async def stored_so_far(session: AsyncSession, person_id: int, chat_ids: tuple[int, ...] | None = None) -> Stored:
    """Recorded messages (of these groups, or of all) and talks with notes in which the person took part as a youth."""
    messages = select(func.count()).select_from(TalkMessage).where(TalkMessage.person_id == person_id)
    if chat_ids is not None:
        messages = messages.join(Talk, Talk.id == TalkMessage.talk_id).where(Talk.chat_id.in_(chat_ids))
    notes = (
        select(func.count())
        .select_from(TalkPart)
        .join(Talk, Talk.id == TalkPart.talk_id)
        .where(TalkPart.person_id == person_id, TalkPart.role == "youth", Talk.notes.is_not(None))
    )
    return Stored((await session.execute(messages)).scalar_one(), (await session.execute(notes)).scalar_one())
