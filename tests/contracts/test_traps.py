"""Traps A and B of the stack, held as facts: why no handler of ours leaves a transaction to NoneBot."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.contracts import source


@pytest.fixture(scope="module")
def seen(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    path = tmp_path_factory.mktemp("traps") / "zhixin.db"
    path.write_bytes(sqlite_template.read_bytes())
    done = subprocess.run(
        [sys.executable, "-m", "tests.contracts.nonebot_traps", f"sqlite+aiosqlite:///{path}"],
        cwd=source.ROOT,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def test_a_dependency_that_yields_is_not_told_that_the_handler_broke(seen: dict[str, Any]) -> None:
    """Trap A: one that commits on a clean exit would commit the half of a failed handler."""
    assert seen["dependency_after_failure"] == "left as if all were well"


def test_our_unit_takes_back_what_a_broken_handler_did(seen: dict[str, Any]) -> None:
    assert (seen["written_before_failure"], seen["rows_after_failure"]) == (True, 0)


def test_finishing_inside_a_transaction_answers_and_rolls_back(seen: dict[str, Any]) -> None:
    """Trap B: the person reads "recorded" and nothing is; hence no ``finish`` anywhere (test_code.py)."""
    assert (seen["sent_by_finish"], seen["rows_after_finish"]) == (["recorded"], 0)


def test_yielding_dependencies_are_not_used() -> None:
    import ast

    found = [
        f"{path}:{node.lineno}"
        for path, tree in source.trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        and (node.module or "").startswith("nonebot")
        and {alias.name for alias in node.names} & {"Depends", "on_command", "on_message", "on_regex", "on_keyword"}
    ]
    assert found == []
