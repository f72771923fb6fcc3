"""Tombstones: who was erased, in a file outside the database and its back-ups, applied again after a restore.

A line holds random ids and a day, nothing that names a person (reliability section 9, threat 23).
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

FILE: Final = "erased.log"
"""Its name in the data folder; back-ups leave it out."""


@dataclass(frozen=True, slots=True)
class Tombstone:
    """One erasure; ``youth_only`` when the person stays in the roster as a cadre."""

    person_id: int
    youth_only: bool
    day: str


def add_tombstone(path: Path, person_id: int, *, youth_only: bool, now: datetime) -> None:
    """Write one line durably; it waits for the disk, so a unit runs it by ``before_commit``.

    Before the commit: whoever is on file and still in the database is erased at the next start, after a crash between
    the two as after a restore. An erasure that was told is never lost.
    """
    line = json.dumps({"person": person_id, "youth_only": youth_only, "day": f"{now:%Y-%m-%d}"})
    path.parent.mkdir(parents=True, exist_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(handle, "a", encoding="ascii") as file:
        file.write(line + "\n")
        file.flush()
        os.fsync(file.fileno())


def read_tombstones(path: Path) -> Iterator[Tombstone]:
    """Every erasure on file, oldest first; a torn last line of a crash is left out."""
    if not path.exists():
        return
    for line in path.read_text(encoding="ascii").splitlines():
        try:
            plain = json.loads(line)
            yield Tombstone(int(plain["person"]), bool(plain["youth_only"]), str(plain["day"]))
        except (ValueError, KeyError):
            continue
