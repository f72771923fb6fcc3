"""谈心谈话 Talk: words said after their speaker, or the cadre, ended the recording while the bot was away (P1, P7).

Live words that came after the bot was back may have been stored before the history told of the end; they go again.
"""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, func, or_, select
from sqlalchemy.engine import CursorResult

from bot.core.events import WithdrawnWhileAway
from bot.core.rules.consent import ConsentScope
from bot.core.rules.message import Moment
from bot.core.tables import Consent
from bot.features.talk.tables import Talk, TalkMessage
from bot.store.chat import Chat, ChatHost
from bot.store.unit import Unit

SECOND = timedelta(seconds=1)


def began_after(talk: Talk, said: Moment | None) -> bool:
    """Whether a talk was opened only after these words: they are no words about it."""
    return said is not None and talk.opened_at >= said.at + SECOND


async def drop_after(unit: Unit, talk: Talk) -> int:
    """Take out of a talk what was said after the words, said while the bot was away, that ended it."""
    return await _drop(unit, talk, _after(unit.said)) if unit.said is not None else 0


async def withdrawn_while_away(unit: Unit, event: WithdrawnWhileAway) -> None:
    """Nothing that a youth said after withdrawing stays, up to where they agreed anew."""
    rows = (
        select(Talk)
        .join(TalkMessage, TalkMessage.talk_id == Talk.id)
        .where(TalkMessage.person_id == event.person_id, TalkMessage.sent_at >= event.said.at)
    )
    if event.chat_id is not None:
        rows = rows.where(Talk.chat_id == event.chat_id)
    for talk in (await unit.session.execute(rows.distinct())).scalars().all():
        if await _speaks_as_cadre(unit, talk, event.person_id):
            continue
        theirs = [TalkMessage.person_id == event.person_id, _after(event.said)]
        again = await _agreed_anew(unit, talk, event)
        if again is not None:
            theirs.append(TalkMessage.sent_at < again)
        await _drop(unit, talk, and_(*theirs))


def _after(said: Moment) -> ColumnElement[bool]:
    later = TalkMessage.sent_at >= said.at + SECOND
    if said.sequence is None:
        return later
    return or_(later, and_(TalkMessage.sent_at >= said.at, TalkMessage.sequence > said.sequence))


async def _agreed_anew(unit: Unit, talk: Talk, event: WithdrawnWhileAway) -> datetime | None:
    found = await unit.session.execute(
        select(func.min(Consent.given_at)).where(
            Consent.person_id == event.person_id,
            Consent.scope == ConsentScope.ORIGINAL_MESSAGES,
            Consent.chat_id == talk.chat_id,
            Consent.given_at >= event.said.at + SECOND,
        )
    )
    return found.scalar_one()


async def _speaks_as_cadre(unit: Unit, talk: Talk, person_id: int) -> bool:
    """A cadre's own words in a talk rest on their office, not on a consent."""
    if person_id == talk.cadre_id or talk.chat_id is None:
        return True
    chat = await unit.session.get_one(Chat, talk.chat_id)
    return chat.owner_id == person_id or await unit.session.get(ChatHost, (chat.id, person_id)) is not None


async def _drop(unit: Unit, talk: Talk, which: ColumnElement[bool]) -> int:
    gone = await unit.session.execute(
        delete(TalkMessage).where(TalkMessage.talk_id == talk.id, which).execution_options(synchronize_session=False)
    )
    count = gone.rowcount if isinstance(gone, CursorResult) else 0
    if count:
        talk.not_stored += count
        unit.erased = True
        await unit.session.flush()
    return count
