"""Which tests could notice a mutant, and whether its function can be exchanged where it is already loaded."""

import ast
import difflib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from types import CodeType
from typing import Final

from tests.mutation.operators import Mutant, text
from tests.mutation.reach import Reach
from tests.mutation.tool import ROOT

CONTRACTS: Final = ("tests/contracts/test_templates.py", "tests/contracts/test_question")
READ_SOURCE: Final = "tests/contracts/test_templates.py::"
"""Reads the source, also that of a mutant: what a refusal is given."""
MOST_SECONDS: Final = 30.0
"""Of tests for one mutant; the quickest come first."""
MOST_FILES: Final = 6
Defined = ast.FunctionDef | ast.AsyncFunctionDef
Place = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Chosen:
    """What to run, and how: first with what is loaded (``live``), then perhaps once more with all loaded anew."""

    tests: list[str]
    line: int
    before: str
    after: str
    function: tuple[str, int] | None
    """Qualified name and first line of the function whose code is exchanged; None: a statement of the module is."""
    live: bool
    anew: bool
    """Whether it matters while modules are loaded, so that what it leaves alive is run again, loaded anew."""


def choose(mutant: Mutant, reach: Reach) -> Chosen:
    """What could notice it."""
    lines, before, after = _changed(text(mutant.path), mutant.code)
    statement = _statement(mutant.path, lines)
    function = _function(mutant.path, lines)
    inside = function is not None and function[2]
    tests = reach.tests(mutant.path, statement) if function is not None else frozenset[str]()
    anew = not inside or "" in tests
    if anew:
        tests |= _by_name(mutant.path, lines, reach)
    ordered = _ordered(mutant.path, tests, reach)
    if before.startswith("raise ") or any(isinstance(node, ast.Raise) for node in _at(mutant.path, lines)):
        ordered += [test for test in sorted(reach.seconds) if test.startswith(READ_SOURCE)]
    exchanged = function[:2] if function is not None and inside else None
    return Chosen(ordered, lines.start, before, after, exchanged, inside or function is None, anew)


def of_few_files(path: str, chosen: Chosen) -> Chosen:
    """Where all is loaded anew each file costs time: those of the same place, and where most tests reach it."""
    counts = Counter(test.partition("::")[0] for test in chosen.tests)
    places = (_home(path), *CONTRACTS)
    best = sorted(counts, key=lambda file: (not file.startswith(places), -counts[file], file))[:MOST_FILES]
    return replace(chosen, tests=[test for test in chosen.tests if test.partition("::")[0] in best])


def code_of(mutant: Mutant, function: tuple[str, int]) -> CodeType:
    """The exchanged code of a function."""
    return next(
        code
        for code in _codes(compile(mutant.code, str(ROOT / mutant.path), "exec"))
        if (code.co_qualname, code.co_firstlineno) == function
    )


def _codes(code: CodeType) -> Iterator[CodeType]:
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield constant
            yield from _codes(constant)


def _changed(before: str, after: str) -> tuple[range, str, str]:
    """The lines of the original that change, and what they say on both sides."""
    old, new = before.splitlines(), after.splitlines()
    steps = [
        step for step in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes() if step[0] != "equal"
    ]
    first, last = steps[0], steps[-1]
    start, end = first[1] + 1, max(last[2], first[1] + 1)
    shown = [line.strip() for line in old[first[1] : last[2]]], [line.strip() for line in new[first[3] : last[4]]]
    return range(start, end + 1), " ".join(shown[0]), " ".join(shown[1])


@cache
def tree(path: str) -> ast.Module:
    return ast.parse(text(path))


def _header(node: ast.stmt) -> range:
    """The lines of a statement without what is nested in it."""
    body = getattr(node, "body", None) or getattr(node, "cases", None)
    last = _first_line(body[0]) - 1 if body else node.end_lineno or node.lineno
    return range(node.lineno, max(last, node.lineno) + 1)


def _first_line(node: ast.AST) -> int:
    return node.pattern.lineno if isinstance(node, ast.match_case) else getattr(node, "lineno", 1)


def _at(path: str, lines: range) -> list[ast.stmt]:
    return [node for node in ast.walk(tree(path)) if isinstance(node, ast.stmt) and lines.start in _header(node)]


def _statement(path: str, lines: range) -> range:
    """All lines of the innermost statement that changes: the measure counts only some of them."""
    found = lines
    for node in _at(path, lines):
        found = range(min(node.lineno, lines.start), max(_header(node).stop, lines.stop))
    return found


def _function(path: str, lines: range) -> tuple[str, int, bool] | None:
    """The outermost function around these lines, and whether they lie in its body."""

    def look(nodes: Iterable[ast.stmt], prefix: str) -> tuple[str, int, bool] | None:
        for node in nodes:
            first = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", ()))])
            if not first <= lines.start <= (node.end_lineno or node.lineno):
                continue
            if isinstance(node, Defined):
                return prefix + node.name, first, lines.start >= node.body[0].lineno
            if isinstance(node, ast.ClassDef):
                return look(node.body, f"{prefix}{node.name}.")
        return None

    return look(tree(path).body, "")


def defines(node: ast.stmt) -> set[str]:
    if isinstance(node, Defined | ast.ClassDef):
        return {node.name}
    targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
    return {name.id for target in targets if target for name in ast.walk(target) if isinstance(name, ast.Name)}


@cache
def uses() -> dict[str, set[Place]]:
    """Where in the bot a name is used."""
    found: dict[str, set[Place]] = defaultdict(set)
    for file in sorted(ROOT.glob("bot/**/*.py")):
        path = file.relative_to(ROOT).as_posix()
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.Name | ast.Attribute):
                found[node.id if isinstance(node, ast.Name) else node.attr].add((path, node.lineno))
    return found


def _by_name(path: str, lines: range, reach: Reach) -> frozenset[str]:
    """Tests of what is used where, from the statement of the module on: through other constants too."""
    todo = [name for node in tree(path).body if lines.start in _all(node) for name in defines(node)]
    seen = set(todo)
    tests: set[str] = {test for test in reach.seconds if test.startswith(CONTRACTS)}
    while todo:
        for where, line in uses()[todo.pop()]:
            tests |= reach.tests(where, [line])
            top = next((node for node in tree(where).body if line in _all(node)), None)
            if top is not None and not isinstance(top, Defined):
                new = defines(top) - seen
                seen |= new
                todo += new
    return frozenset(tests)


def _all(node: ast.stmt) -> range:
    return range(node.lineno, (node.end_lineno or node.lineno) + 1)


def _home(path: str) -> str:
    return "tests/" + "/".join(path.split("/")[1:3]) + "/"


def _ordered(path: str, tests: frozenset[str], reach: Reach) -> list[str]:
    """Those of the same place first, then the quickest."""
    home = _home(path)
    known = sorted((test for test in tests if test in reach.seconds), key=lambda test: reach.seconds[test])
    found: list[str] = []
    left = MOST_SECONDS
    for test in [one for one in known if one.startswith(home)] + [one for one in known if not one.startswith(home)]:
        left -= reach.seconds[test]
        if left > 0:
            found.append(test)
    return found
