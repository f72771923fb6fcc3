"""Checked reading of a gateway's fields: what is not of the expected shape counts as not there, and never surprises."""

import math
import re
from collections.abc import Mapping
from typing import Any, Final

_NATIVE_ID: Final = re.compile(r"[!-~]{1,64}", re.ASCII)
_DIGITS: Final = re.compile(r"[0-9]{1,18}", re.ASCII)
_BEYOND: Final = 10**64
_NOBODY: Final = "0"
HIGHEST: Final = 10**18
"""Where counters of a conversation end; the database keeps 64 bits."""


class Malformed(ValueError):
    """Not an event at all, or one of another bot; the message names the field, never its content."""


class Unfamiliar(Exception):
    """An event of a kind that is none of ours: passed over. A platform may have any number of kinds."""


class Unreadable(Exception):
    """An event of a known kind in which nothing says whom it concerns: nobody can be answered."""


def usable_id(value: object) -> str | None:
    """An id as text: any whole number (negative and beyond 64 bits too) or a short printable word; None: no id."""
    if isinstance(value, float) and math.isfinite(value) and value.is_integer():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and -_BEYOND < value < _BEYOND:
        return str(value)
    if isinstance(value, str) and _NATIVE_ID.fullmatch(value.strip(" ")):
        return value.strip(" ")
    return None


def somebody(value: object) -> str:
    """The id of an account or a group; empty for none, also for the 0 that gateways write in place of one."""
    told = usable_id(value)
    return "" if told in (None, _NOBODY) else told


def native_id(raw: Mapping[str, Any], name: str) -> str:
    """The id in this field; raises ``Unreadable`` where there is none."""
    told = usable_id(raw.get(name))
    if told is None:
        raise Unreadable(name)
    return told


def number(value: object, *, highest: int = HIGHEST) -> int | None:
    """A count from zero upwards, also given as digits; None for anything else."""
    if isinstance(value, str) and _DIGITS.fullmatch(value.strip(" ")):
        value = int(value)
    if isinstance(value, float) and 0 <= value <= highest:  # False for NaN
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= highest:
        return value
    return None


def as_mapping(value: object) -> Mapping[str, Any]:
    """A JSON object; an empty one in place of anything else."""
    return value if isinstance(value, Mapping) else {}
