"""What goes with a person: that a hold keeps something of theirs is nobody's then; old reports run out (P7, P20)."""

from datetime import timedelta
from typing import Final

from sqlalchemy import delete, select

from bot.core.acts.expire import drop_batch
from bot.core.feature import Expiry
from bot.core.person_data import Erasing
from bot.core.rules.retention import RetentionPeriods
from bot.core.tables import HeldPerson, LegalHold
from bot.features.hold.acts.keep import destroy
from bot.features.hold.tables import HarmReport
from bot.store.unit import Unit

STILL_TOLD: Final = timedelta(days=30)
ROWS_OF_ONE: Final = 25
"""One hold counts as so many rows of a batch: a handful of statements each."""


async def let_go(going: Erasing) -> None:
    """The copy stays for its clause; whose it was is in no row any more."""
    gone = delete(HeldPerson).where(HeldPerson.person_id == going.person_id)
    await going.unit.session.execute(gone.execution_options(synchronize_session=False))


async def _reports(unit: Unit, periods: RetentionPeriods, limit: int) -> int:
    return await drop_batch(unit, HarmReport, HarmReport.id, limit, HarmReport.at < unit.now - periods.rights_requests)


async def _holds(unit: Unit, _periods: RetentionPeriods, limit: int) -> int:
    """What no tick has seen to, because the bot was off for long; nobody is told of it so late."""
    over = select(LegalHold).where(LegalHold.until < unit.now - STILL_TOLD).limit(max(1, limit // ROWS_OF_ONE))
    rows = (await unit.session.execute(over)).scalars().all()
    for hold in rows:
        ref = f"{hold.letter}{hold.number}"
        await destroy(unit, hold)
        await unit.audit(None, "hold.ended", role="system", ref=ref)
    return len(rows)


EXPIRIES = (
    Expiry("legal_holds", _holds),
    Expiry("harm_reports", _reports),
)
