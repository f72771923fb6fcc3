"""``python -m tests.speech FILE...``: scores labelled sentences; the keys of the first line tell the format."""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Protocol

from tests.speech import crisis


class Format(Protocol):
    """A module for one kind of file."""

    KEYS: frozenset[str]

    def score(self, rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
        """Lines to print, the totals last."""
        ...


FORMATS: Final[tuple[Format, ...]] = (crisis,)


def main(files: list[str]) -> int:
    """Score each file; 2 if one of them is of no known format."""
    for name in files:
        rows = [json.loads(line) for line in Path(name).read_text(encoding="utf-8").splitlines() if line.strip()]
        fitting = [one for one in FORMATS if rows and rows[0].keys() >= one.KEYS]
        if not fitting:
            sys.stderr.write(f"{name}: no known format\n")
            return 2
        sys.stdout.write("\n".join((name, *fitting[0].score(rows), "")))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
