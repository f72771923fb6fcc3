"""日历文件: whoever signs up gets one where files can be sent; a move or a cancellation reaches those who have one."""

from dataclasses import dataclass
from typing import ClassVar

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from bot.core.acts.download import DOWNLOAD, DOWNLOAD_LIFE, keep_download, seal_download
from bot.core.feature import Look
from bot.core.rules.message import Address
from bot.core.rules.say import Lost, Say
from bot.features.activity.acts.promote import how_to_tell
from bot.features.activity.reads.activity import line_of
from bot.features.activity.reads.entry import NAME, entry
from bot.features.activity.rules.activity import COMING, ActivityState, PartState
from bot.features.activity.tables import Activity, ActivityPart
from bot.store.outbox import Sending
from bot.store.people import Person
from bot.store.unit import Unit


@dataclass(frozen=True, slots=True)
class EntryFile(Say):
    """What the file's row stands for; the file itself is sent in its place. What it says was said in words."""

    template: ClassVar[str] = "activity/entry"
    lost: ClassVar[Lost | None] = Lost.MISSED
    ref: int


async def entries_due(session: AsyncSession, look: Look) -> list[int]:
    """Parts whose people have asked for the entry and did not get it yet."""
    rows = await session.execute(
        select(ActivityPart.id).where(ActivityPart.entry_due.is_(True)).order_by(ActivityPart.since).limit(look.limit)
    )
    return list(rows.scalars())


async def hand_entry(unit: Unit, part_id: int, _look: Look) -> bool:
    """To somebody who has a seat, in private; who has given it up meanwhile gets none."""
    mine = (ActivityPart.id == part_id, ActivityPart.entry_due.is_(True))
    if not await unit.swap(ActivityPart, *mine, entry_due=False):
        return False
    part = await unit.session.get_one(ActivityPart, part_id)
    activity = await unit.session.get_one(Activity, part.activity_id)
    account = await unit.account_of(part.person_id) if part.person_id is not None else None
    address = await unit.private_address(account) if account is not None else None
    has_seat = part.state == PartState.SIGNED_UP and activity.state == ActivityState.OPEN
    if not has_seat or address is None or not address.native_id:
        return False
    part.in_calendar = True
    await _send(unit, part, activity, address, {"kind": "reply", "priority": 2})
    return True


async def renew_entries(unit: Unit, activity: Activity) -> None:
    """Moved or cancelled: the entries of those who have one follow, at the hour at which they hear it in words."""
    rows = await unit.session.execute(
        select(ActivityPart)
        .where(
            ActivityPart.activity_id == activity.id,
            ActivityPart.state.in_(COMING),
            ActivityPart.in_calendar,
            ActivityPart.person_id.is_not(None),
        )
        .order_by(ActivityPart.position)
    )
    for part in rows.scalars().all():
        account = await unit.account_of(part.person_id or 0)
        address = await unit.private_address(account) if account is not None else None
        if address is not None and address.native_id:
            await _send(unit, part, activity, address, how_to_tell(activity, unit.now))


async def _send(unit: Unit, part: ActivityPart, activity: Activity, address: Address, how: Sending) -> None:
    person = await unit.session.get_one(Person, part.person_id)
    line = await line_of(unit.session, unit.vault, activity, unit.now)
    content = entry(line, activity.id, activity.revision, unit.now)
    made = await seal_download(unit.session, unit.vault, person, content)
    until = (how.get("not_before") or unit.now) + DOWNLOAD_LIFE
    await keep_download(unit, made, until=until)
    how |= {"about": (DOWNLOAD, made.id), "expires_at": until}
    file = (NAME.format(activity.ref), made.id)
    await unit.push(address, EntryFile(activity.ref), file=file, person_id=person.id, key_id=person.key_id, **how)
