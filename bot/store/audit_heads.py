"""Heads of the audit told outside: a file, best on another machine, against which the chains are compared (threat 22).

A line is a day and a head. Whoever puts back an older database, cuts the end off and moves the head with it, or empties
all, leaves a chain in which a head of the file is missing.
"""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from bot.store.audit import Told

FILE: Final = "audit-heads.log"
"""Its name where none is set: beside the data, which helps against somebody who has the database alone."""
SHOWN: Final = 32
"""Hex digits of a hash that people are given."""
_HEAD: Final = re.compile(r"([\w.-]{1,16}):(\d{1,18}):([0-9a-f]{16,64})")


@dataclass(frozen=True, slots=True)
class AuditFile:
    """Where this installation tells the heads of its audit; None: nowhere."""

    path: Path | None = None


def read_head(text: str) -> Told | None:
    """``main:1234:9f3a…`` as it was told; None when it is no head."""
    found = _HEAD.fullmatch(text.strip().lower())
    return Told(found[1], int(found[2]), found[3]) if found else None


def shown_head(told: Told) -> str:
    """A head as people note it down."""
    return str(Told(told.node, told.seq, told.begins[:SHOWN]))


def read_heads(path: Path | None) -> Iterator[Told]:
    """Every head of the file, oldest first; a torn last line of a crash is left out."""
    if path is None or not path.exists():
        return
    for line in path.read_text(encoding="ascii", errors="replace").splitlines():
        told = read_head(line.partition(" ")[2])
        if told is not None:
            yield told


def last_told(path: Path) -> date | None:
    """The day of the newest line."""
    days: list[date] = []
    for line in path.read_text(encoding="ascii", errors="replace").splitlines() if path.exists() else ():
        try:
            days.append(date.fromisoformat(line[:10]))
        except ValueError:
            continue
    return max(days, default=None)


def tell_heads(path: Path, day: date, heads: Sequence[Told]) -> None:
    """Write the heads of a day durably behind what is there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(handle, "a", encoding="ascii") as file:
        file.writelines(f"{day.isoformat()} {head}\n" for head in heads)
        file.flush()
        os.fsync(file.fileno())
