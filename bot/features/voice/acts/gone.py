"""青年之声 of a cadre who is gone: its author decides who gets it; until then nobody reads a word of it (P12, P13)."""

from collections.abc import Sequence
from typing import Unpack

from sqlalchemy import and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.acts.hand_over import HandedOver, HandOverData, Waiting, ask_hand_over, kept, still_meant
from bot.core.acts.prompt import cancel
from bot.core.events import AccountGone, OfficeEnded
from bot.core.feature import Look
from bot.core.question import Asked, Unseen
from bot.core.reads.duty import Holders
from bot.core.reads.office import is_serving, reachable
from bot.core.rules.people import Actor, Role
from bot.core.rules.say import Say
from bot.features.voice.acts.escalate import raise_voice
from bot.features.voice.acts.keep import VoiceArrived
from bot.features.voice.acts.transition import HAND_OVER
from bot.features.voice.acts.withdraw import withdraw_voice
from bot.features.voice.reads.voice import SERVERS, WAITING, cadre_serves, locked, with_a_cadre
from bot.features.voice.tables import Voice
from bot.store.outbox import Sending
from bot.store.unit import Unit


async def voices_of_gone(session: AsyncSession, look: Look) -> Sequence[int]:
    """What its author has to be asked about; and what nobody need be asked about any more."""
    serving = cadre_serves(look.now)
    asked = Voice.gone_asked_at.is_not(None)
    wanted = or_(and_(~asked, ~serving, reachable(Voice.author_id)), and_(asked, serving))
    rows = await session.execute(
        select(Voice.id).where(with_a_cadre(), wanted).order_by(Voice.held_since).limit(look.limit)
    )
    return rows.scalars().all()


async def look_at_cadre(unit: Unit, voice_id: int, _look: Look) -> bool:
    """Ask the author of one item, or take the question back where the cadre serves again."""
    voice = await locked(unit.session, voice_id)
    return await ask_if_gone(unit, voice)


async def ask_if_gone(unit: Unit, voice: Voice | None, **how: Unpack[Sending]) -> bool:
    """The same for an item that is held already; whether anything was done."""
    if voice is None or voice.holder_org_id is not None or voice.state not in WAITING:
        return False
    if voice.cadre_id is None or voice.author_id is None:
        return False
    roles = SERVERS if voice.handed_named is not None else (Role.CADRE,)
    if await is_serving(unit.session, voice.cadre_id, *roles, now=unit.now):
        if voice.gone_asked_at is None:
            return False
        voice.gone_asked_at = None
        await cancel(unit, HAND_OVER, subject_id=voice.id, skip_busy=True)
        return True
    if voice.gone_asked_at is not None:
        return False
    ref = f"V{voice.ref}"
    about = Waiting(ref, voice.id, voice.cadre_id, voice.author_id, voice.handed_named is False)
    asked = await ask_hand_over(unit, HAND_OVER, about, **how)
    if asked:
        voice.gone_asked_at = unit.now
        await unit.session.flush()
        await unit.audit(None, "voice.hand_over_asked", role="system", subject_id=voice.author_id, ref=ref)
    return asked


@HAND_OVER.when_unshown
async def hand_over_unshown(unit: Unit, question: Asked[HandOverData], why: Unseen) -> None:
    """Who never saw it was never asked: they are asked again."""
    if why is Unseen.OVER:
        await unit.swap(Voice, Voice.id == question.subject_id, gone_asked_at=None)


async def office_ended(unit: Unit, event: OfficeEnded) -> None:
    """Out of office or away: the authors of what waits are asked at once."""
    for person_id in event.person_ids:
        await _ask_all(unit, person_id)


async def account_gone(unit: Unit, event: AccountGone) -> None:
    """解绑: the same."""
    await _ask_all(unit, event.person_id)


async def _ask_all(unit: Unit, cadre_id: int) -> None:
    await unit.session.flush()
    rows = await unit.session.execute(
        select(Voice).where(with_a_cadre(), Voice.cadre_id == cadre_id).order_by(Voice.id).with_for_update()
    )
    for voice in rows.scalars().all():
        await ask_if_gone(unit, voice)


async def answer_hand_over(unit: Unit, actor: Actor, question: Asked[HandOverData], answer: str) -> Say | None:
    """Only ① and ② move the words, and only to who was named."""
    voice = await locked(unit.session, question.subject_id or 0)
    if voice is None or voice.author_id != question.person_id or voice.state not in WAITING:
        return None
    if answer == "withdraw":
        return await withdraw_voice(unit, actor, voice.ref)
    if answer == "keep":
        return await kept(unit, question)
    to = await still_meant(unit, question)
    if isinstance(to, Say):
        voice.gone_asked_at = None
        return to
    named = answer == "named"
    if to.org_id is not None:
        await raise_voice(unit, actor, voice, Holders(to.org_id, to.name, to.people), named=named, note="")
    else:
        voice.cadre_id, voice.handed_named, voice.gone_asked_at = to.people[0], named, None
        voice.held_since, voice.reminded_at, voice.told_above_at = unit.now, None, None
        await unit.session.flush()
        key = f"voice:{voice.id}:handed:{to.people[0]}"
        await unit.push_person(to.people[0], VoiceArrived(voice.ref, voice.wordless), idem_key=key, cls="L")
        await unit.audit(
            actor, "voice.handed_over", role=Role.YOUTH, subject_id=voice.author_id, ref=f"V{voice.ref}", named=named
        )
    return HandedOver(question.data.ref, to.name, named)
