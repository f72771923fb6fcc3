"""Change the rules and acts one small thing at a time, and list what no test notices: ``make mutants``.

    python -m tests.mutation measure [...] which tests run which lines (once, some minutes; .cache/mutation)
    python -m tests.mutation run           a sample of 600 mutants; what was run already is not run again
    python -m tests.mutation again         the survivors once more, after tests were written
    python -m tests.mutation table         how many were killed, by package, and the survivors
    python -m tests.mutation sound         samples of tests with nothing changed: none may fail

A mutant is run with the tests that reach its line, the quickest first, until one fails. Results stand in
``.cache/mutation/results-<seed>.jsonl`` as they come.
"""

import argparse
import json
import random
import subprocess
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import click

from tests.mutation import reach
from tests.mutation.choose import choose
from tests.mutation.operators import mutant, paths, size, text
from tests.mutation.run import Job, run_anew, run_loaded, warmed
from tests.mutation.tool import CACHE

SEED: Final = 20261201
SAMPLE: Final = 600


def main() -> int:
    """One of the words above."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation")
    parser.add_argument("what", choices=["measure", "run", "again", "table", "sound"], nargs="?", default="run")
    parser.add_argument("paths", nargs="*", help="measure: only these tests, which adds to what is known")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--sample", type=int, default=SAMPLE)
    parser.add_argument("--only", default="", help="only paths that begin so")
    given = parser.parse_args()
    if given.what == "measure":
        return reach.measure(given.paths)
    if not reach.FILE.exists():
        subprocess.run([sys.executable, "-m", "tests.mutation", "measure"], check=False)
    results = CACHE / f"results-{given.seed}.jsonl"
    if given.what == "table":
        return _table(results)
    if given.what == "sound":
        return _sound(given.seed)
    known = _known(results)
    if given.what == "again":
        places = [key for key, one in known.items() if one["word"] in ("survived", "broken")]
    else:
        places = [key for key in _sample(given.seed, given.sample) if key not in known]
    _run([key for key in places if key[0].startswith(given.only)], results)
    return _table(results)


def _sample(seed: int, count: int) -> list[tuple[str, int]]:
    every = [(path, number) for path in paths() for number in range(size(path))]
    return random.Random(seed).sample(every, min(count, len(every)))


def _jobs(places: Iterable[tuple[str, int]]) -> Iterator[Job]:
    reached = reach.known()
    for path, number in sorted(places):
        one = mutant(path, number)
        if one.code != text(path):
            yield one, choose(one, reached)


def _run(places: list[tuple[str, int]], results: Path) -> None:
    warmed()
    jobs = list(_jobs(places))

    def tell(job: Job, word: str, by: str, seconds: float) -> None:
        one, chosen = job
        row = {
            "path": one.path,
            "number": one.number,
            "line": chosen.line,
            "operator": one.operator,
            "before": chosen.before,
            "after": chosen.after,
            "word": word,
            "by": by,
            "of": len(chosen.tests),
            "seconds": round(seconds, 2),
        }
        with results.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
        click.echo(f"{word:9}{seconds:6.1f} s  {one.path}:{chosen.line}  {by}")

    run_loaded([job for job in jobs if job[1].live], tell)
    known = _known(results)
    for job in jobs:
        alive = known.get((job[0].path, job[0].number), {}).get("word") in ("survived", "broken", None)
        if alive and (job[1].anew or not job[1].live):
            run_anew(job, tell)


def _sound(seed: int) -> int:
    warmed()
    same = [(replace(one, code=text(one.path)), chosen) for one, chosen in _jobs(_sample(seed + 1, 40))]
    jobs = [job for job in same if job[1].function is not None]

    def tell(job: Job, word: str, by: str, seconds: float) -> None:
        click.echo(f"{word:9}{seconds:6.1f} s  {len(job[1].tests)} tests  {by}")

    run_loaded(jobs, tell)
    return 0


def _known(results: Path) -> dict[tuple[str, int], dict[str, Any]]:
    """The newest result of each."""
    if not results.exists():
        return {}
    rows = [json.loads(line) for line in results.read_text("utf-8").splitlines()]
    return {(row["path"], row["number"]): row for row in rows}


def _table(results: Path) -> int:
    known = _known(results)
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for (path, _), row in known.items():
        counts[path.rpartition("/")[0]][row["word"]] += 1
        counts["all"][row["word"]] += 1
    for place, words in sorted(counts.items()):
        gone = words["killed"] + words["timeout"]
        click.echo(f"{place:36}{gone:5} of {words.total():4}  {gone / words.total():6.1%}")
    for (path, number), row in sorted(known.items()):
        if row["word"] == "survived":
            click.echo(f"{path}:{row['line']} #{number} {row['operator']} ({row['by'] or row['of']})")
            click.echo(f"    - {row['before'][:300]}\n    + {row['after'][:300]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
