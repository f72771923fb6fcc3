"""玩具 Toys, as a feature: the smallest one that has everything."""

from bot.features.toy.acts.gone import GONE
from bot.features.toy.acts.lend import BACK, expire_toys, forget_toys, remind
from bot.features.toy.tables import Toy
from bot.features.toy.ticks import lent_too_long
from bot.features.toy.todo import lent_to_me, toys_of

from bot.core.feature import Expiry, Feature, Look, Tick, Times, TodoSource
from bot.core.person_data import Erasing, Erasure, Section, Stage, counted
from bot.core.rules.retention import RetentionPeriods
from bot.store.unit import Unit


async def _remind(unit: Unit, toy_id: int, _look: Look) -> bool:
    return await remind(unit, toy_id)


async def _expire(unit: Unit, _periods: RetentionPeriods, limit: int) -> int:
    return await expire_toys(unit, limit)


async def _forget(erasing: Erasing) -> None:
    await forget_toys(erasing.unit, erasing.person_id)


FEATURE = Feature(
    name="toy",
    tables=(Toy,),
    questions=(BACK, GONE.question),
    ticks=(Tick("toy.remind", lent_too_long, _remind),),
    expiries=(Expiry("toys", _expire),),
    times=Times(past=(Toy.lent_at, Toy.reminded_at, Toy.gone_asked_at)),
    reactions=GONE.reactions,
    todo=(TodoSource(lent_to_me),),
    erasures=(Erasure(Stage.ITEMS, _forget),),
    sections=(Section("toys", toys_of),),
    held=(counted("toys", Toy.borrower_id),),
    audits=("toy.lent", "toy.returned", "toy.hand_over_asked", "toy.handed_over"),
    kept={"toys.cadre_id": "who looks after it; a cadre is of the roster"},
)
