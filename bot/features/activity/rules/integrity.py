"""诚信提示: which entries a person should look at (P39); nothing is punished by the program."""

from datetime import timedelta
from enum import StrEnum
from typing import Final

BURST: Final = 3
"""So many entries before this one within ``BURST_WITHIN``: more than three in ten minutes."""
BURST_WITHIN: Final = timedelta(minutes=10)
ALIKE: Final = 90
"""Per cent of likeness from which two texts are nearly the same."""


class Note(StrEnum):
    """诚信提示: entered late, many at once, nearly the same words, the same minute as another one."""

    LATE = "late"
    BURST = "burst"
    ALIKE = "alike"
    SAME_TIME = "same_time"
