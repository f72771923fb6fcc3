"""Which tests run which lines: one measured run of the quick tests on SQLite, kept until it is asked for anew."""

import json
import os
import sys
from collections import defaultdict
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
from coverage import Coverage

from tests.mutation.tool import CACHE, ROOT

SCOPE: Final = tuple(f"tests/{name}" for name in ("core", "features", "plugins", "chat", "schedule", "contracts"))
LEFT_OUT: Final = tuple(
    f"--ignore=tests/contracts/test_{name}.py" for name in ("authorisation", "toy", "query_plans", "costs")
)
LOADED_BEFORE: Final = ("-W", "ignore::pytest.PytestAssertRewriteWarning")
ARGUMENTS: Final = ["-n", "0", "-k", "not postgresql", "--timeout", "600", *LOADED_BEFORE, *LEFT_OUT]
"""PostgreSQL shows nothing more here, and long tests would be run for every line."""
FILE: Final = CACHE / "reach.json"


@dataclass(slots=True)
class Reach:
    """By file and line the tests; ``""`` among them: while modules are loaded. The seconds of each test."""

    lines: dict[str, dict[int, frozenset[str]]] = field(default_factory=dict[str, dict[int, frozenset[str]]])
    seconds: dict[str, float] = field(default_factory=dict[str, float])

    def tests(self, path: str, lines: Iterable[int]) -> frozenset[str]:
        """Tests that run one of these lines."""
        of_file = self.lines.get(path, {})
        return frozenset().union(*(of_file.get(line, frozenset()) for line in lines))


def forget_cached() -> None:
    """What rules keep between calls was worked out by the functions as they were."""
    for name, module in list(sys.modules.items()):
        if name.startswith("bot.") and ".rules." in name:
            for thing in vars(module).values():
                if hasattr(thing, "cache_clear"):
                    thing.cache_clear()


class Measure:
    """A pytest plugin: every line by the test that runs it."""

    def __init__(self, before: Reach) -> None:
        self._before = before
        CACHE.mkdir(parents=True, exist_ok=True)
        self._data = CACHE / f"coverage-{os.getpid()}"
        self.coverage = Coverage(
            str(self._data), source=[str(ROOT / "bot")], concurrency=["greenlet", "thread"], config_file=False
        )
        self.coverage.start()
        self._seconds: dict[str, float] = defaultdict(float)
        self._failed: set[str] = set()
        self._scenes: dict[str, list[str]] = defaultdict(list)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, Any, Any]:
        if "once" in getattr(item, "fixturenames", ()):
            self._scenes[item.nodeid.partition("::")[0]].append(item.nodeid)
        forget_cached()
        self.coverage.switch_context(item.nodeid)
        done = yield
        self.coverage.switch_context("")
        return done

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self._seconds[report.nodeid] += report.duration
        if report.failed:
            self._failed.add(report.nodeid)

    def pytest_sessionfinish(self) -> None:
        self.coverage.stop()
        data = self.coverage.get_data()
        lines = self._before.lines
        for file in data.measured_files():
            of_file = lines.setdefault(Path(file).relative_to(ROOT).as_posix(), {})
            for line, tests in data.contexts_by_lineno(file).items():
                of_file[line] = of_file.get(line, frozenset()) | self._whole(tests)
        sound = {test: seconds for test, seconds in self._seconds.items() if test not in self._failed}
        _keep(Reach(lines, self._before.seconds | sound))
        self._data.unlink(missing_ok=True)

    def _whole(self, tests: Iterable[str]) -> frozenset[str]:
        """The first test of a module builds its scene for all of them."""
        found = set(tests)
        for of_module in self._scenes.values():
            if of_module[0] in found:
                found.update(of_module)
        return frozenset(found - self._failed)


def measure(paths: Sequence[str] = ()) -> int:
    """Run all tests once and keep what they reach; or only these, which adds to what is known."""
    measured = Measure(known() if paths else Reach())
    return int(pytest.main([*ARGUMENTS, *(paths or SCOPE)], plugins=[measured]))


def known() -> Reach:
    """What was measured last."""
    found = json.loads(FILE.read_text())
    tests = found["tests"]
    lines = {
        path: {int(line): frozenset(tests[one] for one in by_line[line]) for line in by_line}
        for path, by_line in found["lines"].items()
    }
    return Reach(lines, found["seconds"])


def _keep(reach: Reach) -> None:
    place: dict[str, int] = {}
    lines = {
        path: {line: [place.setdefault(test, len(place)) for test in sorted(tests)] for line, tests in by_line.items()}
        for path, by_line in reach.lines.items()
    }
    found = {"tests": list(place), "lines": lines, "seconds": reach.seconds}
    FILE.write_text(json.dumps(found, ensure_ascii=False))
