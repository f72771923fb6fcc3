"""Words of an activity: checked, and sealed under the activity's own key."""

from typing import Final

from bot.core.rules.mentions import without_strangers
from bot.core.rules.privacy import private_details, secrecy_marking
from bot.features.activity.reads.activity import place_of
from bot.features.activity.rules.activity import (
    MAX_PLACE,
    MAX_PROCESS,
    MAX_REASON,
    MAX_TOPIC,
    ActivityPrivate,
    ActivitySecret,
    ActivityTooLong,
)
from bot.features.activity.tables import Activity
from bot.store.unit import Unit

MOST: Final = {
    "place": MAX_PLACE,
    "topic": MAX_TOPIC,
    "process": MAX_PROCESS,
    "reason": MAX_REASON,
    "explained": MAX_PROCESS,
}
_ADDRESS: Final = "address"
"""A place may well be an address; a person's has no place in what happened either, but a meeting point has."""


def checked(what: str, words: str) -> str:
    """One line, in which an @ names nobody (P3).

    Refuses ``activity.too_long``, ``activity.secret``, ``activity.private``.
    """
    told = " ".join(without_strangers(words).split())
    if len(told) > MOST[what]:
        raise ActivityTooLong(what=what, most=MOST[what])
    if secrecy_marking(told):
        raise ActivitySecret
    if {kind for kind in private_details(told) if kind != _ADDRESS}:
        raise ActivityPrivate
    return told


async def write(unit: Unit, activity: Activity, **columns: str | None) -> None:
    """Seal these words into the row; None empties one."""
    for column, words in columns.items():
        sealed = await unit.seal(activity.key_id, place_of(activity.id, column), words) if words else None
        setattr(activity, column, sealed)
