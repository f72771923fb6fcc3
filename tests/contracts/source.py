"""The bot's own source as trees, for tests that hold the code to what is written about it."""

import ast
import importlib
import pkgutil
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import bot
import bot.plugins
from bot.core.rules.say import Say
from tests.harness import load_plugins

ROOT = Path(__file__).parents[2]
BOT = ROOT / "bot"
TEMPLATES = BOT / "templates"
CHAT = TEMPLATES / "chat"
DOCS = ROOT / "docs"
NOT_OURS = ("bot.store.migrations", "bot.__main__")
"""Run by alembic or by ``python -m bot``; importing them does something."""
T = TypeVar("T")


def is_rule(path: str) -> bool:
    """Whether a file of ``bot/`` holds rules: pure, for the standard library and other rules only."""
    return path.startswith("bot/core/rules/") or (path.startswith("bot/features/") and "/rules/" in path)


@lru_cache(maxsize=1)
def trees() -> dict[str, ast.Module]:
    """Every source file below ``bot/`` by its path in the repository, but the migrations, which are history."""
    return {
        path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(BOT.rglob("*.py"))
        if "migrations/versions" not in path.as_posix()
    }


@lru_cache(maxsize=1)
def load_all() -> None:
    """Import every module of the bot once, so that every class has been declared."""
    load_plugins()
    for found in pkgutil.walk_packages(bot.__path__, "bot."):
        if not found.name.startswith(NOT_OURS):
            importlib.import_module(found.name)


def subclasses(base: type[T]) -> list[type[T]]:
    """Every class of the bot below ``base``, at any depth."""
    load_all()
    found: dict[str, type[T]] = {}
    waiting = [base]
    while waiting:
        for sub in waiting.pop().__subclasses__():
            waiting.append(sub)
            if sub.__module__.startswith("bot."):
                # A dataclass with slots is made twice; the later one is the class that code sees.
                module: Any = importlib.import_module(sub.__module__)
                seen: Any = getattr(module, sub.__qualname__, sub)
                found[f"{sub.__module__}.{sub.__qualname__}"] = seen
    return [found[name] for name in sorted(found)]


def says() -> list[type[Say]]:
    """Everything the bot can say: the classes that name a template."""
    return [say for say in subclasses(Say) if say.template]


def docstrings(tree: ast.AST) -> set[int]:
    """The ids of constants that are docstrings of modules, classes, functions and attributes."""
    found: set[int] = set()
    for node in ast.walk(tree):
        body: Any = getattr(node, "body", None)
        if not isinstance(body, list):
            continue
        for statement in body:
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant):
                found.add(id(statement.value))
    return found


def called(node: ast.Call) -> str:
    """The dotted name of what is called, as written; empty when it is no name."""
    parts: list[str] = []
    place: ast.expr = node.func
    while isinstance(place, ast.Attribute):
        parts.append(place.attr)
        place = place.value
    if not isinstance(place, ast.Name):
        return ""
    return ".".join([place.id, *reversed(parts)])


def calls() -> Iterator[tuple[str, ast.Call]]:
    """Every call in the bot's code with its file."""
    for path, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                yield path, node


def texts(tree: ast.AST) -> Iterator[tuple[ast.Constant, str]]:
    """String literals that are no docstrings, pieces of f-strings included."""
    skipped = docstrings(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped:
            yield node, node.value
