"""日历订阅 ends with what it hangs on: the office, the account, the person."""

from sqlalchemy import delete, not_, select

from bot.core.acts.expire import drop_batch
from bot.core.events import AccountGone, OfficeEnded
from bot.core.person_data import Erasing
from bot.core.rules.retention import RetentionPeriods
from bot.features.feed.reads.feed import in_office
from bot.features.feed.tables import CalendarFeed
from bot.store.unit import Unit


async def office_ended(unit: Unit, event: OfficeEnded) -> None:
    """Out of office: addresses of that office open nothing; who is only away keeps them."""
    await unit.session.flush()
    gone = not_(in_office(unit.now))
    await unit.session.execute(delete(CalendarFeed).where(CalendarFeed.person_id.in_(event.person_ids), gone))


async def account_gone(unit: Unit, event: AccountGone) -> None:
    """解绑: whoever has the address need no longer be this person."""
    await _drop(unit, event.person_id)


async def forget(going: Erasing) -> None:
    """删除我的数据."""
    await _drop(going.unit, going.person_id)


async def expire_feeds(unit: Unit, _periods: RetentionPeriods, limit: int) -> int:
    """Of those whose office ended by its date, without anybody ending it."""
    over = select(CalendarFeed.id).where(not_(in_office(unit.now))).limit(limit)
    return await drop_batch(unit, CalendarFeed, CalendarFeed.id, limit, CalendarFeed.id.in_(over))


async def _drop(unit: Unit, person_id: int) -> None:
    await unit.session.execute(delete(CalendarFeed).where(CalendarFeed.person_id == person_id))
