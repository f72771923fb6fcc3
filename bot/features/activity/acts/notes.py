"""诚信提示: what about an entry a person should look at; shown to the cadre first, never punished (P39)."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Final

from rapidfuzz import fuzz
from sqlalchemy import exists, select

from bot.clock import SHANGHAI
from bot.core.reads.office import in_force
from bot.core.rules.five_ones import quota_rule
from bot.core.rules.people import CadreKind, Role
from bot.core.rules.say import Lost, Say
from bot.features.activity.reads.activity import ActivityLine, line_of, words_of
from bot.features.activity.reads.kinds import goes_on_words
from bot.features.activity.rules.activity import ActivityState, PartState
from bot.features.activity.rules.integrity import (
    ALIKE,
    BURST,
    BURST_WITHIN,
    RUN,
    Held,
    Note,
    crowds_the_end,
    in_order,
    no_follow_up,
    same_youths,
)
from bot.features.activity.tables import Activity, ActivityPart
from bot.store.people import RoleGrant
from bot.store.unit import Unit

LAST: Final = 30
"""Own entries that a new one is compared with."""
COMPARED: Final = timedelta(days=120)


@dataclass(frozen=True, slots=True)
class Noted(Say):
    """To the cadre, when its confirmations are over: what a person should look at; nobody else has seen it yet."""

    template: ClassVar[str] = "activity/noted"
    lost: ClassVar[Lost | None] = Lost.MISSED
    line: ActivityLine
    notes: tuple[Note, ...]


async def notes_on(unit: Unit, activity: Activity, words: str) -> tuple[Note, ...]:
    """What can be seen as it is entered: late, many in a few minutes, nearly the same words, the same minute as another
    one, crowding at the end of the window.
    """
    others = await _others(unit, activity)
    found: set[Note] = {Note.LATE} if activity.late else set()
    just_now = [one for one in others if one.ended_at and unit.now - one.ended_at <= BURST_WITHIN]
    if len(just_now) >= BURST:
        found.add(Note.BURST)
    if any(one.starts_at == activity.starts_at for one in others):
        found.add(Note.SAME_TIME)
    if await _alike(unit, others, words):
        found.add(Note.ALIKE)
    if await _crowds(unit, activity, others):
        found.add(Note.PERIOD_END)
    return in_order(found)


async def note_new_words(unit: Unit, activity: Activity, words: str) -> None:
    """A corrected process is looked at as well: it may be another one's now, or no longer."""
    found = {Note(note) for note in activity.notes.split()} - {Note.ALIKE}
    if await _alike(unit, await _others(unit, activity), words):
        found.add(Note.ALIKE)
    activity.notes = " ".join(in_order(found))


async def note_in_a_row(unit: Unit, activity: Activity) -> None:
    """What only several in a row show, once it is known who took part; the cadre hears it first."""
    row = await _row(unit, activity)
    found = {note for note, holds in ((Note.SAME_YOUTHS, same_youths), (Note.NO_FOLLOW_UP, no_follow_up)) if holds(row)}
    if not found:
        return
    activity.notes = " ".join(in_order(found | {Note(note) for note in activity.notes.split()}))
    await unit.session.flush()
    line = await line_of(unit.session, unit.vault, activity, unit.now)
    await unit.push_person(activity.cadre_id, Noted(line, in_order(found)))


async def _others(unit: Unit, activity: Activity) -> Sequence[Activity]:
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
    return rows.scalars().all()


async def _alike(unit: Unit, others: Iterable[Activity], words: str) -> bool:
    for one in others:
        if fuzz.ratio(words, await words_of(unit.session, unit.vault, one, "process")) >= ALIKE:
            return True
    return False


async def _crowds(unit: Unit, activity: Activity, others: Iterable[Activity]) -> bool:
    """By the cadre's own window, the shorter one of somebody with two; who is no cadre any more has the quarter."""
    kinds = await unit.session.execute(
        select(RoleGrant.cadre_kind).where(
            RoleGrant.person_id == activity.cadre_id,
            RoleGrant.role == Role.CADRE.value,
            in_force(unit.now),
        )
    )
    rules = [quota_rule(CadreKind(kind) if kind else None) for kind in kinds.scalars()] or [quota_rule(None)]
    window = min(rules, key=lambda rule: rule.months).window(activity.starts_at.astimezone(SHANGHAI).date())
    entered = [
        one.ended_at.astimezone(SHANGHAI).date()
        for one in (activity, *others)
        if one.ended_at is not None and one.starts_at.astimezone(SHANGHAI).date() in window
    ]
    return crowds_the_end(entered, window)


async def _row(unit: Unit, activity: Activity) -> Sequence[Held]:
    """The last activities of this cadre that count, up to this one, the oldest first."""
    counts = exists().where(ActivityPart.activity_id == Activity.id, ActivityPart.state == PartState.CONFIRMED)
    rows = await unit.session.execute(
        select(Activity)
        .where(
            Activity.cadre_id == activity.cadre_id,
            Activity.state == ActivityState.ENDED,
            Activity.starts_at > activity.starts_at - COMPARED,
            Activity.starts_at <= activity.starts_at,
            counts,
        )
        .order_by(Activity.starts_at.desc(), Activity.id.desc())
        .limit(RUN)
    )
    found = list(reversed(rows.scalars().all()))
    parts = await unit.session.execute(
        select(ActivityPart.activity_id, ActivityPart.person_id).where(
            ActivityPart.activity_id.in_([one.id for one in found]),
            ActivityPart.state == PartState.CONFIRMED,
            ActivityPart.person_id.is_not(None),
        )
    )
    youths: dict[int, set[int]] = defaultdict(set)
    for activity_id, person_id in parts:
        youths[activity_id].add(person_id or 0)
    words = goes_on_words()
    held: list[Held] = []
    for one in found:
        process = await words_of(unit.session, unit.vault, one, "process")
        held.append(Held(frozenset(youths[one.id]), any(word in process for word in words)))
    return held
