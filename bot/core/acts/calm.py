"""待答问题: which question may wait, and for how long: after a crisis, in the night, behind one's own (P22, P27)."""

from datetime import datetime

from sqlalchemy import func, select

from bot.core.rules.crisis import calm_until
from bot.core.tables import Crisis
from bot.store import outbox
from bot.store.delivery import Prompt
from bot.store.unit import Unit


async def yields(unit: Unit, prompt: Prompt, key: str) -> bool:
    """Whether the open question lets one pass that follows from what its person has just said: one whose words
    (``key``) wait for the morning or for hours after a crisis. They come again when it has its turn.
    """
    if unit.speaker_id != prompt.person_id:
        return False
    if not await outbox.waits(unit.session, key, person_id=prompt.person_id, now=unit.now):
        return False
    await outbox.take_back(unit.session, key, person_id=prompt.person_id)
    return True


async def calm_for(unit: Unit, person_id: int, *, just_now: bool) -> datetime | None:
    """Until when the bot's own question waits because of a crisis; None when there was none lately."""
    if just_now:
        return calm_until(unit.now)
    opened = await unit.session.scalar(select(func.max(Crisis.opened_at)).where(Crisis.person_id == person_id))
    until = calm_until(opened.astimezone(unit.now.tzinfo)) if opened is not None else None
    return until if until is not None and until > unit.now else None
