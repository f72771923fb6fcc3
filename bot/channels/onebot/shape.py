"""Checked reading of a gateway's fields: what is not of the expected shape is ``Malformed``, never a surprise later."""

import re
from collections.abc import Mapping
from typing import Any, Final

_NATIVE_ID: Final = re.compile(r"[!-~]{1,64}", re.ASCII)
_DIGITS: Final = re.compile(r"[0-9]{1,18}", re.ASCII)
_BEYOND: Final = 10**64
HIGHEST: Final = 10**18
"""Where counters of a conversation end; the database keeps 64 bits."""


class Malformed(ValueError):
    """Not of OneBot 11's shape; the message names the field, never its content."""


def native_id(raw: Mapping[str, Any], name: str) -> str:
    """An id as text: any integer (negative and beyond 64 bits too) or a short printable word."""
    value = raw.get(name)
    if isinstance(value, int) and not isinstance(value, bool) and -_BEYOND < value < _BEYOND:
        return str(value)
    if isinstance(value, str) and _NATIVE_ID.fullmatch(value):
        return value
    raise Malformed(name)


def number(value: object, *, highest: int = HIGHEST) -> int | None:
    """A count from zero upwards, also given as digits; None for anything else."""
    if isinstance(value, str) and _DIGITS.fullmatch(value):
        value = int(value)
    if isinstance(value, float) and 0 <= value <= highest:  # False for NaN
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= highest:
        return value
    return None


def as_dict(value: object, name: str) -> Mapping[str, Any]:
    """A JSON object."""
    if not isinstance(value, Mapping):
        raise Malformed(name)
    return value
