"""What is held of a person in activities, for 看我的数据 and the export (P7)."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.features.activity.reads.activity import words_of
from bot.features.activity.tables import Activity, ActivityCadre, ActivityPart
from bot.store.sealing import Vault


async def holds_activities(session: AsyncSession, person_id: int) -> bool:
    """Whether this person has organised activities as a cadre: those are the organisation's."""
    return (
        await session.execute(select(Activity.id).where(Activity.cadre_id == person_id).limit(1))
    ).first() is not None


async def export_activities(session: AsyncSession, vault: Vault, person_id: int) -> list[dict[str, Any]]:
    """Activities one signed up to, came to or confirmed, and those one organised."""
    mine = select(Activity, ActivityPart).join(ActivityPart, ActivityPart.activity_id == Activity.id)
    rows = await session.execute(mine.where(ActivityPart.person_id == person_id).order_by(Activity.starts_at))
    found = [await _told(session, vault, activity) | _part(part) for activity, part in rows.all()]
    own = await session.execute(select(Activity).where(Activity.cadre_id == person_id).order_by(Activity.starts_at))
    for activity in own.scalars().all():
        process = await words_of(session, vault, activity, "process")
        found.append(await _told(session, vault, activity) | {"part": "organiser", "process": process})
    joint = select(Activity).join(ActivityCadre, ActivityCadre.activity_id == Activity.id)
    rows = await session.execute(joint.where(ActivityCadre.person_id == person_id).order_by(Activity.starts_at))
    found += [await _told(session, vault, activity) | {"part": "joint"} for activity in rows.scalars().all()]
    return found


async def _told(session: AsyncSession, vault: Vault, activity: Activity) -> dict[str, Any]:
    return {
        "ref": f"#A{activity.ref}",
        "kind": activity.kind,
        "starts": activity.starts_at,
        "topic": await words_of(session, vault, activity, "topic"),
        "place": await words_of(session, vault, activity, "place"),
    }


def _part(part: ActivityPart) -> dict[str, Any]:
    return {"part": part.state, "since": part.since}
