"""``python -m tests.speech FILE...``: scores labelled sentences; the keys of the first line tell the format."""

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from tests.speech import answers, crisis, sentences, times

Lines = Iterable[Mapping[str, Any]]


def answers_by_question(rows: Lines) -> Iterator[str]:
    """Verdicts on answers by the question that was open."""
    told = Counter((one.line["question"], one.verdict) for one in answers.score(rows))
    verdicts = sorted({verdict for _, verdict in told})
    for question in sorted({question for question, _ in told}):
        yield f"{question:28}" + ", ".join(f"{verdict} {told[question, verdict]}" for verdict in verdicts)
    totals = ((verdict, sum(n for (_, got), n in told.items() if got == verdict)) for verdict in verdicts)
    yield "; ".join(f"{verdict} {total} of {sum(told.values())}" for verdict, total in totals)


FORMATS: Final[Mapping[frozenset[str], Callable[[Lines], Iterator[str]]]] = {
    crisis.KEYS: crisis.score,
    times.KEYS: times.show,
    sentences.KEYS: sentences.show,
    frozenset(("question", "options", "say", "want")): answers_by_question,
}


def main(files: list[str]) -> int:
    """Score each file; 2 if one of them is of no known format."""
    for name in files:
        rows = [json.loads(line) for line in Path(name).read_text(encoding="utf-8").splitlines() if line.strip()]
        fitting = [score for keys, score in FORMATS.items() if rows and rows[0].keys() >= keys]
        if not fitting:
            sys.stderr.write(f"{name}: no known format\n")
            return 2
        sys.stdout.write("\n".join((name, *fitting[0](rows), "")))
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
