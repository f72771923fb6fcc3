"""The glossary: every public class and enum of the rules has a row, and every row's identifier exists."""

import ast
import re

from bot.core.rules.refusal import NotFound, Refusal
from bot.core.rules.say import Say
from tests.contracts import source

GLOSSARY = source.DOCS / "glossary.md"
ROW = re.compile(r"^\| [^|]+ \| [^|]+ \| `([A-Za-z]\w*)`")
"""中文, English, and the identifier as first in the third column."""
HAN = re.compile(r"[\u4e00-\u9fff]")
EXEMPT_BASES = {Refusal.__name__, NotFound.__name__, Say.__name__}
"""Refusals and what is said are named by their template and code (naming rule 3); they need no row."""
EXEMPT_ENDINGS = ("Result",)
PLUMBING = {"Seen", "Phrases"}
"""How phrases are looked for: no term of League work."""


def _public_classes() -> dict[str, str]:
    """Public classes of the rules with their place, without refusals and results."""
    found: dict[str, str] = {}
    for path, tree in source.trees().items():
        if not source.is_rule(path):
            continue
        for node in tree.body:
            if not isinstance(node, ast.ClassDef) or node.name.startswith("_") or node.name in PLUMBING:
                continue
            bases = {base.id for base in node.bases if isinstance(base, ast.Name)}
            if bases & EXEMPT_BASES or node.name.endswith(EXEMPT_ENDINGS):
                continue
            found[node.name] = f"{path}:{node.lineno}"
    return found


def _rows() -> list[str]:
    return [m[1] for line in GLOSSARY.read_text(encoding="utf-8").splitlines() if (m := ROW.match(line))]


def test_every_public_class_of_the_rules_has_a_row() -> None:
    rows = set(_rows())
    assert [f"{name} ({place})" for name, place in _public_classes().items() if name not in rows] == []


def test_every_row_names_something_that_exists() -> None:
    defined: set[str] = set()
    for tree in source.trees().values():
        defined |= {
            n.name for n in ast.walk(tree) if isinstance(n, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        }
    assert [name for name in _rows() if name not in defined] == []


def test_no_identifier_has_two_rows() -> None:
    rows = _rows()
    assert sorted(rows) == sorted(set(rows))


def test_a_class_that_carries_a_chinese_term_begins_its_docstring_with_it() -> None:
    terms = {
        m[2]: m[1]
        for line in GLOSSARY.read_text(encoding="utf-8").splitlines()
        if (m := re.match(r"^\| ([^|]+?) \| [^|]+ \| `([A-Z]\w*)`", line))
    }
    wrong: list[str] = []
    for path, tree in source.trees().items():
        if not source.is_rule(path):
            continue
        for node in tree.body:
            if (
                isinstance(node, ast.ClassDef)
                and node.name in terms
                and re.search(r"[\u4e00-\u9fff]", terms[node.name])
            ):
                told = (ast.get_docstring(node) or "").splitlines()[:1]
                if not told or not re.match(r"[“\u4e00-\u9fff]", told[0]):
                    wrong.append(f"{path}:{node.lineno} {node.name}")
    assert wrong == []
