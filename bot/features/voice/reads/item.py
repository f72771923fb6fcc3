"""青年之声 as an item for the duties of officers: whose it is, and its words with the answers (P14, P16, P21)."""

from sqlalchemy import Executable, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.feature import ItemSource
from bot.core.reads.duty import org_name
from bot.core.reads.people import name_of
from bot.core.reads.unreadable import shown
from bot.core.rules.items import Item, ItemLine
from bot.core.rules.refs import Ref
from bot.features.voice.reads.voice import answers_of, words_of
from bot.features.voice.tables import Voice, VoiceAnswer
from bot.store.sealing import Vault

LETTER = "V"


async def _voice(session: AsyncSession, number: int) -> Voice | None:
    found = await session.execute(select(Voice).where(Voice.ref == number, Voice.author_id.is_not(None)))
    return found.scalar_one_or_none()


async def find_voice_item(session: AsyncSession, number: int) -> Item | None:
    """A voice that still has its author; what nobody is known to have said is nobody's record."""
    voice = await _voice(session, number)
    if voice is None or voice.author_id is None:
        return None
    return Item(
        Ref(LETTER, number),
        voice.org_id,
        frozenset((voice.author_id,)),
        frozenset((voice.cadre_id,)) if voice.cadre_id is not None else frozenset(),
        frozenset((voice.holder_org_id,)) if voice.holder_org_id is not None else frozenset(),
        complaint=voice.about is not None,
        against=frozenset((voice.about_id,)) if voice.about_id is not None else frozenset(),
        against_orgs=frozenset((voice.about_org_id,)) if voice.about_org_id is not None else frozenset(),
    )


async def voice_lines(session: AsyncSession, vault: Vault, number: int) -> list[ItemLine]:
    """What was said and what was answered."""
    voice = await _voice(session, number)
    if voice is None:
        return []
    author = await name_of(session, vault, voice.author_id or 0)
    lines = [ItemLine(author, voice.said_at, await words_of(session, vault, voice) or "")]
    for answer in await answers_of(session, voice.id):
        by_organ = answer.org_id is not None
        who = await org_name(session, answer.org_id) if by_organ else await name_of(session, vault, answer.by_id or 0)
        words = await shown(session, vault, f"voice_answers:{answer.id}:text", answer.text)
        lines.append(ItemLine(who, answer.at, words))
    return lines


def mark_voice(number: int) -> Executable:
    """Changes with its words, its author and the number of answers."""
    answers = select(func.count()).where(VoiceAnswer.voice_id == Voice.id).scalar_subquery()
    return select(Voice.text, Voice.author_id, answers).where(Voice.ref == number)


VOICE_ITEM = ItemSource(LETTER, find_voice_item, voice_lines, mark_voice)
