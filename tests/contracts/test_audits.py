"""Every kind of audit row is declared by its feature and has a Chinese label: an export shows each (P7, P15)."""

import ast
import importlib
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pytest

from bot.chat.text import labels
from bot.core.feature import features
from tests.contracts import source

NAMED_ELSEWHERE: Final = ("bot/core/acts/log_reading.py", "bot/core/acts/hand_over.py")
"""Write the rows of what was read as ``Logged`` and of a ``HandOver``; those name the kind where they are made."""


def kinds_of(path: str, tree: ast.Module, what: ast.expr) -> Iterator[str]:
    """The kinds an expression may stand for: a text, one of two, a constant, a table's values, or an argument."""
    match what:
        case ast.Constant(value=str(kind)):
            yield kind
        case ast.IfExp():
            yield from kinds_of(path, tree, what.body)
            yield from kinds_of(path, tree, what.orelse)
        case ast.Subscript(value=ast.Name(id=name)) | ast.Name(id=name):
            found: Any = getattr(importlib.import_module(path[:-3].replace("/", ".")), name, None)
            if isinstance(found, Mapping):
                yield from found.values()
            elif isinstance(found, str):
                yield found
            else:
                yield from passed_as(path, tree, name)
        case _:
            raise AssertionError(f"{path}:{what.lineno} which kinds can {ast.unparse(what)} be?")


def passed_as(path: str, tree: ast.Module, argument: str) -> Iterator[str]:
    """What the calls in a file give to the argument of the one function there that has it and writes the row."""
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        names = [one.arg for one in function.args.args]
        if argument not in names or not any(is_audit(node) for node in ast.walk(function)):
            continue
        for call in ast.walk(tree):
            if isinstance(call, ast.Call) and source.called(call) == function.name:
                yield from kinds_of(path, tree, call.args[names.index(argument)])


def is_audit(node: ast.AST) -> bool:
    """Whether this is a call of ``unit.audit``, which writes the row, or a ``Logged``, for which it is written."""
    writes = isinstance(node, ast.Call) and source.called(node).endswith("unit.audit")
    return writes or (isinstance(node, ast.Call) and (is_logged(node) or source.called(node) == "HandOver"))


def kind_of(call: ast.Call) -> ast.expr:
    """What such a call says of the kind."""
    if source.called(call) == "HandOver":
        return next(keyword.value for keyword in call.keywords if keyword.arg == "audit")
    return call.args[0 if is_logged(call) else 1]


def is_logged(node: ast.Call) -> bool:
    """Whether this is the audit row of a reading, whose kind comes first."""
    return source.called(node) == "Logged"


def written() -> dict[str, set[str]]:
    """The kinds that each file of the code writes."""
    source.load_all()
    found: dict[str, set[str]] = {}
    for path, tree in source.trees().items():
        if path in NAMED_ELSEWHERE:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and is_audit(node):
                kinds = set(kinds_of(path, tree, kind_of(node)))
                assert kinds, f"{path}:{node.lineno} writes a kind that this test cannot read"
                found.setdefault(path, set()).update(kinds)
    return found


def test_a_feature_declares_every_kind_its_code_writes_and_none_that_nobody_writes() -> None:
    by_file = written()
    declared = {feature.name: set(feature.audits) for feature in features()}
    for path, kinds in by_file.items():
        part = path.split("/")
        name = part[2] if part[1] == "features" else "core" if part[1] == "core" else ""
        if name:
            assert kinds <= declared[name], f"{path}: {kinds - declared[name]} is missing in audits of {name}"
    everywhere = set().union(*by_file.values())
    assert everywhere == set().union(*declared.values()), "a manifest's audits and the code name different kinds"


@pytest.mark.rule("P15")
def test_every_kind_has_a_label() -> None:
    worded = labels()["audit_action"]
    declared = {kind for feature in features() for kind in feature.audits}
    assert declared == set(worded), "[audit_action] in bot/templates/labels.toml and the manifests name different kinds"
    assert not [kind for kind in declared if worded[kind].isascii()]
