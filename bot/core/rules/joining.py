"""加入: reading the age band that somebody gives (P6, P10)."""

from typing import Final

from bot.core.rules.people import AgeBand
from bot.core.rules.text import plain_key

LEAGUE_AGE: Final = 14
ADULT_AGE: Final = 18
_LONGEST: Final = 12
_OLDEST: Final = 120
_AROUND: Final = "我今年已经满刚岁周 了+。.,!"


def read_age_band(told: str) -> AgeBand | None:
    """The band meant by its stored value or by an age in years (``16``, ``我16岁``); None if it is neither.

    The three labels and ``1`` to ``3`` are the question's own options and are read before this.
    """
    if told in tuple(AgeBand):
        return AgeBand(told)
    plain = plain_key(told[: _LONGEST * 2]).strip(_AROUND)
    if not plain.isascii() or not plain.isdigit() or len(plain) > 3 or not len(AgeBand) < int(plain) <= _OLDEST:
        return None
    years = int(plain)
    if years < LEAGUE_AGE:
        return AgeBand.UNDER_14
    return AgeBand.MINOR if years < ADULT_AGE else AgeBand.ADULT
