"""Put a mutant in place of what is loaded: the code of a function, a constant and what is worked out from it."""

import ast
import sys
from collections.abc import Iterator
from enum import Enum
from types import FunctionType, ModuleType
from typing import Any

from tests.mutation.choose import Chosen, code_of, defines, tree
from tests.mutation.operators import Mutant
from tests.mutation.tool import ROOT

Functions = dict[tuple[str, str, int], list[FunctionType]]


class NotLive(Exception):
    """This can only be seen when everything is loaded anew."""


def exchange(mutant: Mutant, chosen: Chosen, functions: Functions) -> None:
    """From now on the mutant is what the bot does."""
    if chosen.function is not None:
        code = code_of(mutant, chosen.function)
        for function in functions[str(ROOT / mutant.path), *chosen.function]:
            function.__code__ = code
        return
    old = next(n for n, node in enumerate(tree(mutant.path).body) if _holds(node, chosen.line))
    module, node = _module(mutant.path), ast.parse(mutant.code).body[old]
    if isinstance(node, ast.ClassDef):
        _exchange_attribute(module, tree(mutant.path).body[old], node)
    else:
        _execute(module, node)


def _module(path: str) -> ModuleType:
    name = path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    if name not in sys.modules:
        raise NotLive
    return sys.modules[name]


def _holds(node: ast.stmt, line: int) -> bool:
    return node.lineno <= line <= (node.end_lineno or node.lineno)


def _exchange_attribute(module: ModuleType, old: ast.stmt, new: ast.ClassDef) -> None:
    """``code = "wish.not_held"``; fields of dataclasses and members of enums are built into more than the class."""
    made: Any = getattr(module, new.name)
    assert isinstance(old, ast.ClassDef)
    changed = next(b for a, b in zip(old.body, new.body, strict=True) if ast.dump(a) != ast.dump(b))
    fixed = isinstance(changed, ast.Assign) or "ClassVar" in ast.dump(getattr(changed, "annotation", ast.Pass()))
    if issubclass(made, Enum) or not fixed:
        raise NotLive
    names: dict[str, Any] = {}
    exec(compile(ast.Module([changed], []), module.__name__, "exec"), vars(module), names)  # noqa: S102
    for name in defines(changed):
        setattr(made, name, names[name])


def _execute(module: ModuleType, node: ast.stmt) -> None:
    """Execute an assignment again, and every assignment of the bot that uses what it names."""
    names = defines(node)
    if not isinstance(node, ast.Assign | ast.AnnAssign):
        raise NotLive
    before = {name: vars(module).get(name) for name in names}
    exec(compile(ast.Module([node], []), module.__name__, "exec"), vars(module))  # noqa: S102
    for other in list(_ours()):
        taken = {name for name in names if vars(other).get(name) is before[name] and other is not module}
        for name in taken:
            setattr(other, name, vars(module)[name])
        if (taken or other is module) and other.__name__.startswith("bot."):
            for later in _users(other, taken or names, node):
                _execute(other, later)


def _ours() -> Iterator[ModuleType]:
    for name, module in sys.modules.items():
        if name.startswith(("bot.", "tests.")):
            yield module


def _users(module: ModuleType, names: set[str], but: ast.stmt) -> Iterator[ast.stmt]:
    path = str(module.__file__).removeprefix(f"{ROOT}/")
    for node in tree(path).body:
        used = {one.id for one in ast.walk(node) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Load)}
        if isinstance(node, ast.Assign | ast.AnnAssign) and used & names and not defines(node) & defines(but):
            yield node
