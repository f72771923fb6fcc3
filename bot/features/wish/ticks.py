"""Ticks of wishes: idle claims, confirmations, wishes that wait, and wishes whose cadre has changed (R2.7, P22)."""

from datetime import time, timedelta
from typing import Final

from bot.core.feature import Tick
from bot.features.wish.acts.hand_over import lapse, misplaced_wishes, place_wish, wishes_of_gone, wishes_to_lapse
from bot.features.wish.acts.remind import (
    ask_again,
    cadres_to_remind,
    idle_wishes,
    remind_cadre,
    settle_idle,
    unconfirmed_wishes,
)

EVERY: Final = timedelta(minutes=5)
"""Nothing about wishes is due to the second, and looking for it costs a reader."""
LAPSE_FROM: Final = time(3)
"""With the daily expiry: when the fewest people write."""

TICKS: Final = (
    Tick("wish.place", misplaced_wishes, place_wish, every=EVERY),
    Tick("wish.gone", wishes_of_gone, place_wish, every=EVERY),
    Tick("wish.settle_idle", idle_wishes, settle_idle, every=EVERY),
    Tick("wish.ask_again", unconfirmed_wishes, ask_again, every=EVERY, office_hours=True),
    Tick("wish.remind", cadres_to_remind, remind_cadre, every=EVERY, office_hours=True),
    Tick("wish.lapse", wishes_to_lapse, lapse, daily=LAPSE_FROM, batch=True),
)
