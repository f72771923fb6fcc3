"""One table of what the fault tests measured, printed when a run ends; a plugin, so that xdist's controller has it too.

A test adds lines by the fixture ``table`` (conftest.py); they travel with its report. ``--fault-table FILE`` writes the
table to a file as well, with date, cores and commit.
"""

import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bot.clock import Clock

PROPERTY = "fault-row"
ROOT = Path(__file__).resolve().parents[2]
FOLDER = "tests/faults/"
HEAD = ("test", "size", "result", "figure")
KEPT = pytest.StashKey["Kept"]()


@dataclass(slots=True)
class Kept:
    """What the reports of this run have brought so far, test by test."""

    rows: dict[str, list[dict[str, str]]] = field(default_factory=dict)
    outcome: dict[str, str] = field(default_factory=dict)

    def lines(self) -> list[tuple[str, str, str, str]]:
        """The table's lines; a test that failed before it had anything to tell has a line too."""
        found: list[tuple[str, str, str, str]] = []
        for test, outcome in self.outcome.items():
            rows = self.rows.get(test, [])
            found += [(row["test"], row["size"], outcome, row["figure"]) for row in rows]
            if not rows and outcome == "failed":
                found.append((test.removeprefix(FOLDER), "", outcome, ""))
        return sorted(set(found), key=_natural)


def _natural(line: tuple[str, ...]) -> list[tuple[int, str]]:
    """T2 before T10."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", " ".join(line)) if part]


def is_nightly(config: pytest.Config) -> bool:
    """Whether the long sizes were asked for: ``-m nightly``."""
    wanted = str(config.option.markexpr)
    return "nightly" in wanted and "not nightly" not in wanted


def pytest_addoption(parser: pytest.Parser) -> None:
    """Where to write the table, and how long the soak takes."""
    parser.addoption("--fault-table", metavar="FILE", help="write the table of the fault tests to this file")
    parser.addoption("--soak-minutes", metavar="N", default="30", help="length of the soak (C2), of the nightly run")


def pytest_configure(config: pytest.Config) -> None:
    """Nothing kept yet."""
    config.stash[KEPT] = Kept()


class Collector:
    """Reads every report, also those that come from workers."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the lines of a test and the worst of its phases."""
        if not report.nodeid.startswith(FOLDER):
            return
        rows = [dict(value) for name, value in report.user_properties if name == PROPERTY and isinstance(value, dict)]
        if rows:
            self._kept.rows[report.nodeid] = rows
        known = self._kept.outcome.get(report.nodeid)
        if known != "failed" and (report.when == "call" or report.outcome != "passed"):
            self._kept.outcome[report.nodeid] = report.outcome


def pytest_sessionstart(session: pytest.Session) -> None:
    """Listen to reports where the summary is printed: in the only process, or in the one that has the workers."""
    if not hasattr(session.config, "workerinput"):
        session.config.pluginmanager.register(Collector(session.config.stash[KEPT]), "fault-table")


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print the table, and write it if asked to."""
    lines = config.stash[KEPT].lines()
    if not lines:
        return
    text = "\n".join([_where(), "", *_as_table([HEAD, *lines])])
    terminalreporter.section("fault tests")
    terminalreporter.write_line(text)
    if target := config.getoption("--fault-table"):
        path = config.rootpath / str(target)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n", encoding="utf-8")
        terminalreporter.write_line(f"\nwritten to {target}")


def _where() -> str:
    """When, on what and of which state of the code."""
    return f"{Clock().now():%Y-%m-%d %H:%M}, {os.cpu_count()} cores, commit {_commit()}"


def _commit() -> str:
    def git(*words: str) -> str:
        done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
        return done.stdout.strip() if done.returncode == 0 else ""

    try:
        head = git("rev-parse", "--short", "HEAD")
        changed = git("status", "--porcelain", "--untracked-files=no", "--", "bot", "tests")
    except FileNotFoundError:  # a tree without git
        return "unknown"
    return f"{head or 'unknown'}{' with changes' if changed else ''}"


def _as_table(lines: list[tuple[str, str, str, str]]) -> list[str]:
    rows = ["| " + " | ".join(cell.replace("|", "/").replace("\n", " ") for cell in line) + " |" for line in lines]
    return [rows[0], "| " + " | ".join("---" for _ in lines[0]) + " |", *rows[1:]]
