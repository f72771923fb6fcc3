"""诚信提示 as an organ sees them: how many of its own and below nobody has explained; no name, no word (P39)."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime, time, timedelta

from sqlalchemy import or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.clock import SHANGHAI
from bot.core.rules.windows import Window
from bot.features.activity.rules.integrity import Note
from bot.features.activity.tables import Activity
from bot.store.people import OrgUnit, RoleGrant


async def unexplained(session: AsyncSession, paths: Iterable[str], window: Window) -> dict[Note, int]:
    """How many activities of this window have each note, of the organisations with these paths and those below."""
    start = datetime.combine(window.first, time(), SHANGHAI)
    end = datetime.combine(window.last + timedelta(days=1), time(), SHANGHAI)
    within = or_(False, *(OrgUnit.path.startswith(path, autoescape=True) for path in paths))
    orgs = select(OrgUnit.id).where(within)
    people = select(RoleGrant.person_id).where(RoleGrant.org_id.in_(orgs))
    rows = await session.execute(
        select(Activity.notes).where(
            Activity.cadre_id.in_(people),
            Activity.org_id.in_(orgs),
            Activity.starts_at >= start,
            Activity.starts_at < end,
            Activity.notes != "",
            Activity.explained.is_(None),
        )
    )
    found = Counter(Note(note) for notes in rows.scalars() for note in notes.split())
    return {note: found[note] for note in Note if found[note]}


async def count_unexplained(session: AsyncSession, path: str, window: Window) -> int:
    """All of them together, for the organ's own view."""
    return sum((await unexplained(session, [path], window)).values())
