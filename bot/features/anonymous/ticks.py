"""Ticks of anonymous voices: settle a batch, release it organ by organ, remind and close (13.3, 6.4)."""

from datetime import datetime

from bot.core.each import each
from bot.core.rules.workdays import Workdays
from bot.features.anonymous.acts.release import batch_waits_to_be_settled, release_unit, settle_batch, units_to_release
from bot.features.anonymous.acts.remind import do_duties, duties
from bot.features.anonymous.rules.anonymous import AnonymousRules
from bot.store.store import Store
from bot.store.unit import Unit


async def tick_anonymous(store: Store, now: datetime, rules: AnonymousRules, workdays: Workdays) -> int:
    """Do what is due; killed anywhere, the next tick goes on. Returns how many voices were touched."""
    async with store.read() as session:
        unsettled = await batch_waits_to_be_settled(session, now, rules)
    if unsettled:
        async with store.unit(now=now) as unit:
            await settle_batch(unit, rules)
    async with store.read() as session:
        units = await units_to_release(session, now, rules)
        due = await duties(session, now, workdays)

    async def release(unit: Unit, org_id: int) -> int | bool:
        return await release_unit(unit, org_id, rules, workdays)

    touched = await each(store, now, units, release, "batch of an organ")
    if due:
        async with store.unit(now=now) as unit:
            touched += await do_duties(unit, workdays)
    return touched
