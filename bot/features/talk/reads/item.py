"""谈心 as an item for the duties of officers: in danger to life, and to keep what proves harm (P16, P21, P28)."""

from sqlalchemy import Executable, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.feature import ItemSource
from bot.core.rules.items import TALK_LETTER, Item, ItemLine
from bot.core.rules.refs import Ref
from bot.features.talk.reads.record import record_of
from bot.features.talk.rules.talk import CoSign, SpeakerRole
from bot.features.talk.tables import Talk, TalkMessage, TalkPart
from bot.store.chat import Chat
from bot.store.people import Person
from bot.store.sealing import Vault


async def _talk(session: AsyncSession, number: int) -> Talk | None:
    return (await session.execute(select(Talk).where(Talk.ref == number))).scalar_one_or_none()


async def find_talk_item(session: AsyncSession, number: int) -> Item | None:
    """A talk, with those of its youths who have not taken their part out."""
    talk = await _talk(session, number)
    if talk is None:
        return None
    parts = (await session.execute(select(TalkPart).where(TalkPart.talk_id == talk.id))).scalars().all()
    org_id = await session.scalar(select(Chat.org_id).where(Chat.id == talk.chat_id))
    if org_id is None:
        org_id = await session.scalar(select(Person.org_id).where(Person.id == talk.cadre_id))
    if org_id is None:
        return None
    youths = [p.person_id for p in parts if p.role == SpeakerRole.YOUTH and p.co_sign != CoSign.DELETED]
    cadres = {p.person_id for p in parts if p.role == SpeakerRole.CADRE} | {talk.cadre_id}
    return Item(Ref(TALK_LETTER, number), org_id, frozenset(youths), frozenset(cadres))


async def talk_lines(session: AsyncSession, vault: Vault, number: int) -> list[ItemLine]:
    """The topic, what was said, the 要点 and what was set right."""
    talk = await _talk(session, number)
    if talk is None:
        return []
    record = await record_of(session, vault, talk)
    lines = [ItemLine("", talk.opened_at, record.topic)] if record.topic else []
    lines += [ItemLine(record.names.get(one.person_id, ""), one.at, one.words or "") for one in record.lines]
    if record.notes is not None:
        lines.append(ItemLine(record.names.get(record.notes.author_id, ""), talk.closed_at, record.notes.text))
    lines += [ItemLine(record.names.get(who, ""), None, words or "") for who, words in record.amendments.items()]
    return lines


def mark_talk(number: int) -> Executable:
    """Changes with its state, its 要点 and the number of messages."""
    messages = select(func.count()).where(TalkMessage.talk_id == Talk.id).scalar_subquery()
    return select(Talk.id, Talk.state, Talk.notes, messages).where(Talk.ref == number)


TALK_ITEM = ItemSource(TALK_LETTER, find_talk_item, talk_lines, mark_talk)
