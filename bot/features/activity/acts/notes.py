"""诚信提示: what about an entry a person should look at; shown to the cadre first, never punished (P39)."""

from datetime import timedelta
from typing import Final

from rapidfuzz import fuzz
from sqlalchemy import select

from bot.features.activity.reads.activity import words_of
from bot.features.activity.rules.activity import ActivityState
from bot.features.activity.rules.integrity import ALIKE, BURST, BURST_WITHIN, Note
from bot.features.activity.tables import Activity
from bot.store.unit import Unit

LAST: Final = 30
"""Own entries that a new one is compared with."""
COMPARED: Final = timedelta(days=120)


async def notes_on(unit: Unit, activity: Activity, words: str) -> tuple[Note, ...]:
    """What to look at: entered late, many in a few minutes, nearly the same words, the same minute as another one."""
    rows = await unit.session.execute(
        select(Activity)
        .where(
            Activity.cadre_id == activity.cadre_id,
            Activity.id != activity.id,
            Activity.state == ActivityState.ENDED,
            Activity.starts_at > activity.starts_at - COMPARED,
        )
        .order_by(Activity.starts_at.desc())
        .limit(LAST)
    )
    others = rows.scalars().all()
    found: set[Note] = {Note.LATE} if activity.late else set()
    just_now = [one for one in others if one.ended_at and unit.now - one.ended_at <= BURST_WITHIN]
    if len(just_now) >= BURST:
        found.add(Note.BURST)
    if any(one.starts_at == activity.starts_at for one in others):
        found.add(Note.SAME_TIME)
    for one in others:
        if fuzz.ratio(words, await words_of(unit.session, unit.vault, one, "process")) >= ALIKE:
            found.add(Note.ALIKE)
            break
    return tuple(note for note in Note if note in found)
