"""What goes of approvals and of looks in danger to life: with whose data it was, and with time (P7, P20)."""

from sqlalchemy import delete, select

from bot.core.acts.expire import drop_batch
from bot.core.acts.let_go import take_back_questions
from bot.core.feature import Expiry
from bot.core.person_data import Erasing
from bot.core.rules.retention import RetentionPeriods
from bot.core.tables import AccessRequest
from bot.features.access.tables import BreakGlass
from bot.store.delivery import Prompt
from bot.store.unit import Unit


async def take_back_asked(going: Erasing) -> None:
    """Nobody is asked about an item of somebody who is gone; that there was a look is still reviewed."""
    requests = select(AccessRequest.id).where(AccessRequest.subject_id == going.person_id)
    await take_back_questions(going.unit, Prompt.subject_id.in_(requests), but=going.person_id)


async def forget_requests(going: Erasing) -> None:
    """Requests to read something of theirs, with the reasons; a look stays as a look at nobody's."""
    await going.unit.session.execute(
        delete(AccessRequest)
        .where(AccessRequest.subject_id == going.person_id)
        .execution_options(synchronize_session=False)
    )
    await going.unit.swap(BreakGlass, BreakGlass.subject_id == going.person_id, subject_id=None, reason=b"")


async def _requests(unit: Unit, periods: RetentionPeriods, limit: int) -> int:
    before = unit.now - periods.rights_requests
    return await drop_batch(unit, AccessRequest, AccessRequest.id, limit, AccessRequest.asked_at < before)


async def _looks(unit: Unit, periods: RetentionPeriods, limit: int) -> int:
    return await drop_batch(unit, BreakGlass, BreakGlass.id, limit, BreakGlass.at < unit.now - periods.rights_requests)


EXPIRIES = (Expiry("access_requests", _requests), Expiry("break_glass", _looks))
