"""Ticks of wishes: idle claims, confirmations, wishes that wait, and wishes whose cadre has changed (R2.7, P22)."""

from datetime import datetime, timedelta
from typing import Final

from bot.core.each import each
from bot.core.rules.workdays import Workdays
from bot.features.pool.acts.enter import all_said, enter_late
from bot.features.wish.acts.hand_over import misplaced_wishes, place_wish
from bot.features.wish.acts.remind import (
    ask_again,
    cadres_to_remind,
    idle_wishes,
    in_office_hours,
    remind_cadre,
    settle_idle,
    unconfirmed_wishes,
)
from bot.store.store import Store
from bot.store.unit import Unit

MANY: Final = 200
"""Items one tick looks at; the next one takes the rest."""
EVERY: Final = timedelta(minutes=5)
"""Nothing about wishes is due to the second, and looking for it costs a reader."""


async def tick_wishes(store: Store, now: datetime, workdays: Workdays) -> int:
    """Do what is due, one wish or person a transaction; returns how many were touched. Safe to run anywhere."""
    async with store.read() as session:
        misplaced = await misplaced_wishes(session, now, limit=MANY)
        agreed = await all_said(session, limit=MANY)
        in_hours = in_office_hours(now, workdays)
        idle = await idle_wishes(session, now, limit=MANY)
        unconfirmed = await unconfirmed_wishes(session, now, limit=MANY) if in_hours else []
        cadres = await cadres_to_remind(session, now, workdays, limit=MANY) if in_hours else []
    touched = await each(store, now, misplaced, place_wish, "wish to be placed")
    touched += await each(store, now, agreed, enter_late, "wish to enter its pool")
    touched += await each(store, now, idle, settle_idle, "idle claim")
    touched += await each(store, now, unconfirmed, ask_again, "wish to be confirmed")

    async def remind(unit: Unit, cadre_id: int) -> int | bool:
        return await remind_cadre(unit, cadre_id, workdays)

    return touched + await each(store, now, cadres, remind, "cadre to remind")
