"""All mutants of a file: mutmut's operators and some of our own, in the order of the file."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any, Final

from tests.mutation.tool import ROOT, tool

cst: Final = tool("libcst")
mutators: Final = tool("mutmut.mutation.mutators")
metadata: Final = tool("libcst.metadata")

TARGETS: Final = (
    "bot/core/rules/*.py",
    "bot/features/*/rules/*.py",
    "bot/features/wish/acts/*.py",
    "bot/features/voice/acts/*.py",
    "bot/core/acts/consent*.py",
    "bot/core/acts/withdrawal.py",
)
HARMLESS_CALLS: Final = frozenset({"len", "isinstance", "cast", "TypeVar", "execution_options"})
"""Their arguments are not changed: mutmut's own exceptions, types, and hints to the database layer."""


def leave_out_statement(node: Any) -> Iterable[Any]:
    """What is done for its effect is not done: ``await unit.push_person(...)``."""
    call = node.value.expression if isinstance(node.value, cst.Await) else node.value
    if isinstance(call, cst.Call):
        yield cst.Pass()


def leave_out_entry(node: Any) -> Iterable[Any]:
    """A dictionary without one of its entries: ``.values(...)`` without a column, a table without a row."""
    for number in range(len(node.elements)):
        yield node.with_changes(elements=[*node.elements[:number], *node.elements[number + 1 :]])


def turn_condition(node: Any) -> Iterable[Any]:
    """``if x`` becomes ``if not (x)``."""
    yield node.with_changes(
        test=cst.UnaryOperation(cst.Not(), node.test.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()]))
    )


def one_string(node: Any) -> Iterable[Any]:
    """The first of mutmut's three changes of a string; the others differ in case only."""
    return islice(mutators.operator_string(node), 1)


def argument_gone(node: Any) -> Iterable[Any]:
    """A named argument is left out, another is None; an unnamed one too few would only be a ``TypeError``."""
    for number, one in enumerate(node.args):
        before, after = node.args[:number], node.args[number + 1 :]
        if one.keyword is not None:
            yield node.with_changes(args=[*before, *after])
        elif not one.star and not (isinstance(one.value, cst.Name) and one.value.value == "None"):
            yield node.with_changes(args=[*before, one.with_changes(value=cst.Name("None")), *after])


OURS_INSTEAD: Final = (mutators.operator_string, mutators.operator_arg_removal)
OPERATORS: Final[list[tuple[type, Callable[[Any], Iterable[Any]]]]] = [
    *((kind, change) for kind, change in mutators.mutation_operators if change not in OURS_INSTEAD),
    (cst.BaseString, one_string),
    (cst.Call, argument_gone),
    (cst.Expr, leave_out_statement),
    (cst.Dict, leave_out_entry),
    (cst.If, turn_condition),
]
AT_MODULE: Final = frozenset(
    {"operator_number", "one_string", "operator_name", "operator_keywords", "operator_swap_op", "leave_out_entry"}
)
"""Outside of functions the others mostly make a module that cannot be loaded, which is no test's merit."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """The ``number``-th of a file."""

    path: str
    number: int
    operator: str
    code: str


def paths() -> list[str]:
    """The files that are changed."""
    found = {path.relative_to(ROOT).as_posix() for pattern in TARGETS for path in ROOT.glob(pattern)}
    return sorted(path for path in found if (ROOT / path).read_text("utf-8").strip())


@lru_cache(maxsize=1)
def sites(path: str) -> tuple[Any, list[tuple[Any, Any, str]]]:
    """The parsed file, and each place with what would stand there and the operator's name."""
    module = cst.parse_module((ROOT / path).read_text("utf-8"))
    visitor = _Sites()
    module.visit(visitor)
    return module, visitor.found


def mutant(path: str, number: int) -> Mutant:
    """One of them, with the whole code of its file."""
    module, found = sites(path)
    old, new, operator = found[number]
    return Mutant(path, number, operator, module.deep_replace(old, new).code)


class _Sites(cst.CSTVisitor):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[Any, Any, str]] = []
        self._functions = 0
        self._left_alone: set[int] = set()

    def on_visit(self, node: Any) -> bool:
        if isinstance(node, cst.Annotation | cst.Decorator | cst.Import | cst.ImportFrom):
            return False
        if id(node) in self._left_alone:
            return False
        self._functions += isinstance(node, cst.FunctionDef)
        if _harmless(node):
            self._left_alone.update(id(argument) for argument in node.args)
        else:
            self.found.extend(self._changes(node))
        return True

    def on_leave(self, original_node: Any) -> None:
        self._functions -= isinstance(original_node, cst.FunctionDef)

    def _changes(self, node: Any) -> Iterator[tuple[Any, Any, str]]:
        for kind, change in OPERATORS:
            if isinstance(node, kind) and (self._functions or change.__name__ in AT_MODULE):
                for new in change(node):
                    yield node, new, change.__name__


def _harmless(node: Any) -> bool:
    if not isinstance(node, cst.Call):
        return False
    name = node.func.attr if isinstance(node.func, cst.Attribute) else node.func
    return isinstance(name, cst.Name) and name.value in HARMLESS_CALLS


def size(path: str) -> int:
    """How many mutants a file has."""
    return len(sites(path)[1])


def text(path: str) -> str:
    """A file as it is."""
    return Path(ROOT / path).read_text("utf-8")
