"""Tests assert what happened, not how it is worded: how many still hold a Chinese phrase against what was said.

Counted is every string constant with at least four Chinese characters that an ``assert`` compares with ``in``, ``==``,
``startswith``, ``endswith`` or ``count``, alone or inside a list, and every such value of ``parametrize`` whose name an
``assert`` compares in that way. Not counted: what must not be there (``not in``, ``!=``), what people type (arguments
of calls), and the fields of ``Said`` and ``Refused``, which are data (tests/said.py). ``python -m
tests.contracts.test_wording`` prints the files.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

CEILING: Final = 256
"""May only become smaller. 734 phrases when counting began."""
LEAST: Final = 4
CHINESE: Final = re.compile(r"[\u4e00-\u9fff]")
TESTS: Final = Path(__file__).parent.parent
LOOKED_FOR: Final = ("startswith", "endswith", "count")


def _phrases(node: ast.expr) -> Iterator[ast.Constant]:
    """Phrases that this operand is made of: not those that it hands to a call."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and len(CHINESE.findall(node.value)) >= LEAST:
        yield node
    if not isinstance(node, ast.Call):
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                yield from _phrases(child)


def _operands(test: ast.expr) -> Iterator[ast.expr]:
    """What an assertion compares, and what it looks for by a method of ``str``."""
    for node in ast.walk(test):
        if isinstance(node, ast.Compare) and not any(isinstance(op, ast.NotIn | ast.NotEq) for op in node.ops):
            yield from (node.left, *node.comparators)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in LOOKED_FOR:
            yield from node.args


def _given(function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[tuple[str, ast.expr]]:
    """Names and values of ``parametrize``."""
    for mark in function.decorator_list:
        if not isinstance(mark, ast.Call) or "parametrize" not in ast.unparse(mark.func) or len(mark.args) < 2:
            continue
        names = re.findall(r"\w+", str(ast.literal_eval(mark.args[0])))
        for row in getattr(mark.args[1], "elts", []):
            values = [row] if len(names) == 1 else row.args if isinstance(row, ast.Call) else getattr(row, "elts", [])
            yield from zip(names, values, strict=False)


def counted(source: str) -> set[tuple[int, int]]:
    """Line and column of every phrase in this file."""
    tree = ast.parse(source)
    found = {
        phrase
        for node in ast.walk(tree)
        if isinstance(node, ast.Assert)
        for operand in _operands(node.test)
        for phrase in _phrases(operand)
    }
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            asserts = [node for node in ast.walk(function) if isinstance(node, ast.Assert)]
            compared = {
                operand.id for node in asserts for operand in _operands(node.test) if isinstance(operand, ast.Name)
            }
            found |= {phrase for name, value in _given(function) if name in compared for phrase in _phrases(value)}
    return {(phrase.lineno, phrase.col_offset) for phrase in found}


def by_file() -> dict[str, int]:
    """How many in which file, most first."""
    counts = {
        path.relative_to(TESTS).as_posix(): len(counted(path.read_text(encoding="utf-8")))
        for path in TESTS.rglob("*.py")
    }
    return dict(sorted(counts.items(), key=lambda item: -item[1]))


def test_what_is_counted() -> None:
    assert len(counted('assert "已经记下来了" in said')) == 1
    assert len(counted('assert said[0] == "已经记下来了" or said.startswith("还没有记下")')) == 2
    assert len(counted('@mark.parametrize("why", ["已经记下来了"])\ndef test(why): assert why in said')) == 1
    assert not counted('assert "收到" in said and "小赵的名字" not in said')
    assert not counted('assert says("心声 夜班太多") == Said("voice/kept", text="夜班太多了")')


def test_ever_fewer_assertions_hold_a_phrase_against_what_was_said() -> None:
    counts = by_file()
    assert sum(counts.values()) <= CEILING, list(counts.items())[:10]


if __name__ == "__main__":
    for name, number in by_file().items():
        if number:
            print(f"{number:4} {name}")  # noqa: T201 - a small report
    print(f"{sum(by_file().values()):4} in all")  # noqa: T201
