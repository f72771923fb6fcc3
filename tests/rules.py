"""The product rules (P1-P41), ranking rules (K1-K7), clauses of the notice (R), and what holds each: ``docs/rules.md``.

A test says which rules it holds: ``@pytest.mark.rule("P14")`` on a function or class, ``pytestmark`` on a file. They
are read from the source, so nothing is imported and nothing runs. ``python -m tests.rules`` writes the document anew.
"""

import ast
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any, Final

TESTS: Final = Path(__file__).parent
RULES: Final = TESTS / "rules.toml"
DOCUMENT: Final = TESTS.parent / "docs" / "rules.md"
MARK: Final = "rule"
HEAD: Final = """\
# Product rules and what holds them

Written by `python -m tests.rules` from `tests/rules.toml` and from the tests, which say themselves which rule they hold
(`@pytest.mark.rule("P14")`). A rule without a test is named as waiting, with what it waits for.
"""


@dataclass(frozen=True, order=True)
class Holds:
    """A test, a class or a whole file of tests that holds a rule; ``name`` empty: the file."""

    rule: str
    path: str
    name: str


def written() -> dict[str, dict[str, str]]:
    """Every rule in its order, with its sentence and what of it waits."""
    return tomllib.loads(RULES.read_text(encoding="utf-8"))


def held(root: Path = TESTS) -> list[Holds]:
    """Every test that says which rule it holds, by file and in the order of the file."""
    found: list[Holds] = []
    for path in sorted(root.rglob("test_*.py")):
        name = path.relative_to(root.parent).as_posix()
        tree = ast.parse(path.read_text(encoding="utf-8"))
        found += [Holds(rule, name, where) for where, rule in _marks(tree.body, "")]
    return found


def _marks(body: list[ast.stmt], prefix: str) -> Iterator[tuple[str, str]]:
    for node in body:
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == "pytestmark" for t in node.targets):
            yield from ((prefix.rstrip(":"), rule) for rule in _named(node.value))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for decorator in node.decorator_list:
                yield from ((prefix + node.name, rule) for rule in _named(decorator))
        if isinstance(node, ast.ClassDef):
            yield from _marks(node.body, f"{node.name}::")


def _named(value: ast.expr) -> Iterator[str]:
    """The rules in ``pytest.mark.rule(...)``, alone or in a list."""
    for call in ast.walk(value):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == MARK:
            yield from (arg.value for arg in call.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str))


def document() -> str:
    """``docs/rules.md`` as it has to read."""
    by_rule: dict[str, list[Holds]] = {}
    for one in held():
        by_rule.setdefault(one.rule, []).append(one)
    parts = [HEAD]
    for rule, says in written().items():
        parts.append(_section(rule, says, by_rule.get(rule, [])))
    return "\n".join(parts)


def _section(rule: str, says: dict[str, Any], tests: list[Holds]) -> str:
    lines = [f"## {rule}", "", says["says"], ""]
    if "waits" in says:
        lines += [f"Waits: {says['waits']}.", ""]
    for path, ones in groupby(tests, key=lambda one: one.path):
        names = [one.name for one in ones]
        lines.append(f"- `{path}`" + ("" if "" in names else ": " + ", ".join(f"`{name}`" for name in names)))
    return "\n".join(lines).rstrip() + "\n"


if __name__ == "__main__":
    DOCUMENT.write_text(document(), encoding="utf-8")
