"""谈心谈话 Talk: a talk whose cadre is gone closes and says so; nothing more is recorded (P1, P4)."""

from sqlalchemy import select

from bot.core.acts.consent import signal_chats
from bot.core.events import AccountGone, OfficeEnded
from bot.core.reads.office import is_serving
from bot.features.talk.acts.close import TalkClosed, finish
from bot.features.talk.rules.talk import CloseReason, TalkState
from bot.features.talk.tables import Talk
from bot.store.chat import ChatHost
from bot.store.unit import Unit

UNFINISHED = (TalkState.OPEN, TalkState.STOPPED)


async def office_ended(unit: Unit, event: OfficeEnded) -> None:
    """Out of office or away: what these people have open ends."""
    for person_id in event.person_ids:
        await _close_talks_of(unit, person_id)


async def account_gone(unit: Unit, event: AccountGone) -> None:
    """解绑: the same, unless they have another account."""
    await _close_talks_of(unit, event.person_id)


async def _close_talks_of(unit: Unit, person_id: int) -> None:
    await unit.session.flush()
    if await is_serving(unit.session, person_id, now=unit.now):
        return
    rows = await unit.session.execute(
        select(Talk).where(Talk.cadre_id == person_id, Talk.state.in_(UNFINISHED)).order_by(Talk.id).with_for_update()
    )
    for talk in rows.scalars().all():
        await finish(unit, talk, CloseReason.OFFICE)
    hosted = await unit.session.execute(select(ChatHost.chat_id).where(ChatHost.person_id == person_id))
    await signal_chats(unit, *hosted.scalars())  # whoever is gone is recorded in nobody else's talk either


async def close_without_cadre(unit: Unit, talk_id: int) -> TalkClosed | None:
    """The same on the clock: an office may also end at a time that was set before."""
    found = await unit.session.execute(
        select(Talk).where(Talk.id == talk_id, Talk.state.in_(UNFINISHED)).with_for_update()
    )
    talk = found.scalar_one_or_none()
    if talk is None or await is_serving(unit.session, talk.cadre_id, now=unit.now):
        return None
    return await finish(unit, talk, CloseReason.OFFICE)
