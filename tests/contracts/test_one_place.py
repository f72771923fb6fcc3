"""What has one place, and what has none: the offices in force are asked for in one file, and nothing lies unused."""

import ast
import re
from collections import Counter

from tests.contracts import source

OFFICES = "bot/core/reads/office.py"
HAND_MADE = re.compile(r"\bRoleGrant\.until(?:\.is_\(| *[<>])")
CALLED_BY_OTHERS = {
    "bot/channels/sender.py pump": "tests and rehearsals",
    "bot/log.py emit": "the standard library's logging",
    "bot/store/base.py process_bind_param": "SQLAlchemy",
    "bot/store/base.py process_result_value": "SQLAlchemy",
    "bot/store/driver.py fetchmany": "SQLAlchemy",
    "bot/core/rules/crisis.py weighing": "the training of the scale (tests/speech/train.py)",
    "bot/core/reads/holds.py copy_of": "the words a hold keeps, for whoever reads the database by order",
    "bot/core/rules/windows.py service_month": "the calendar of the notice (R4)",
    "bot/core/rules/windows.py stories_due": "the calendar of the notice (R4)",
}
"""What no line of the bot names, and who does."""


def test_no_code_but_one_file_asks_whether_a_grant_is_in_force() -> None:
    found = [path for path, tree in source.trees().items() if path != OFFICES and HAND_MADE.search(ast.unparse(tree))]
    assert found == [], f"use in_force, holds or serves of {OFFICES}"


def test_a_grant_that_is_asked_for_by_hand_is_found() -> None:
    assert HAND_MADE.search("or_(RoleGrant.until.is_(None), RoleGrant.until > now)")
    assert not HAND_MADE.search("LegalHold.until > now")


def _functions() -> dict[str, str]:
    """Every function without a decorator that registers it, by its file and name."""
    found: dict[str, str] = {}
    for path, tree in source.trees().items():
        for node in ast.walk(tree):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or node.name.startswith("__"):
                continue
            plain = {"property", "staticmethod", "classmethod", "cache", "lru_cache"}
            if all(isinstance(one, ast.Name) and one.id in plain for one in node.decorator_list):
                found[f"{path} {node.name}"] = node.name
    return found


def test_every_function_is_called_by_somebody() -> None:
    """A name that stands only where it is defined has no caller: it goes, or it stands above with its reason."""
    texts = [path.read_text(encoding="utf-8") for path in sorted(source.BOT.rglob("*.py"))]
    texts += [path.read_text(encoding="utf-8") for path in sorted(source.TEMPLATES.rglob("*.j2"))]
    texts += [path.read_text(encoding="utf-8") for path in sorted(source.TEMPLATES.rglob("*.html"))]
    said = Counter(re.findall(r"\w+", " ".join(texts)))
    unused = {place for place, name in _functions().items() if said[name] == 1}
    assert unused - CALLED_BY_OTHERS.keys() == set()
    assert CALLED_BY_OTHERS.keys() - unused == set(), "these have a caller, or are gone"
