"""日历订阅 ends with what it hangs on: the office, the account, the person."""

from sqlalchemy import delete, not_

from bot.core.events import AccountGone, AdminEnded, OfficeEnded
from bot.core.person_data import Erasing
from bot.features.feed.reads.feed import in_office
from bot.features.feed.tables import CalendarFeed
from bot.store.unit import Unit


async def office_ended(unit: Unit, event: OfficeEnded | AdminEnded) -> None:
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


async def _drop(unit: Unit, person_id: int) -> None:
    await unit.session.execute(delete(CalendarFeed).where(CalendarFeed.person_id == person_id))
