"""Ticks of wishes: idle claims, confirmations, wishes that wait, and wishes whose cadre has changed (R2.7, P22)."""

from datetime import datetime, timedelta
from typing import Final

from bot.actions.wish_due import (
    ask_again,
    cadres_to_remind,
    idle_wishes,
    in_office_hours,
    remind_cadre,
    settle_idle,
    unconfirmed_wishes,
)
from bot.actions.wish_moved import misplaced_wishes, place_wish
from bot.domain.workdays import Workdays
from bot.store.store import Store

MANY: Final = 200
"""Items one tick looks at; the next one takes the rest."""
EVERY: Final = timedelta(minutes=5)
"""Nothing about wishes is due to the second, and looking for it costs a reader."""


async def tick_wishes(store: Store, now: datetime, workdays: Workdays) -> int:
    """Do what is due, one wish or person a transaction; returns how many were touched. Safe to run anywhere."""
    async with store.read() as session:
        misplaced = await misplaced_wishes(session, now, limit=MANY)
        idle = await idle_wishes(session, now, limit=MANY)
        in_hours = in_office_hours(now, workdays)
        unconfirmed = await unconfirmed_wishes(session, now, limit=MANY) if in_hours else []
        cadres = await cadres_to_remind(session, now, workdays, limit=MANY) if in_hours else []
    touched = 0
    for wish_id in misplaced:
        async with store.unit(now=now) as unit:
            touched += await place_wish(unit, wish_id)
    for wish_id in idle:
        async with store.unit(now=now) as unit:
            touched += await settle_idle(unit, wish_id)
    for wish_id in unconfirmed:
        async with store.unit(now=now) as unit:
            touched += await ask_again(unit, wish_id)
    for cadre_id in cadres:
        async with store.unit(now=now) as unit:
            touched += await remind_cadre(unit, cadre_id, workdays)
    return touched
