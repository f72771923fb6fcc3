"""加入: reading the age band that somebody gives (P6, P10)."""

from typing import Final

from bot.core.rules.people import AgeBand
from bot.core.rules.text import plain_key

LEAGUE_AGE: Final = 14
ADULT_AGE: Final = 18
_LONGEST: Final = 12
_OLDEST: Final = 120
_DASHES: Final = "-–—－~～至到"
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


def age_band_told(text: str) -> AgeBand | None:
    """The age band that ``text`` names: ``不满14``, ``14–17``, ``18以上``, ``18+``, or an age; None if none."""
    told = plain_key(text).replace(" ", "").replace("周岁", "").replace("岁", "")
    for dash in _DASHES:
        told = told.replace(dash, "-")
    named = {
        AgeBand.UNDER_14: ("不满14", "14以下", "<14", "小于14", "未满14", "不到14", "under_14"),
        AgeBand.MINOR: ("14-17", "14-18", "minor"),
        AgeBand.ADULT: ("18以上", "18及以上", "18+", "满18", "已满18", "成年", "adult"),
    }
    for band, words in named.items():
        if told in words:
            return band
    return read_age_band(text)
