"""Templates and what is said: one template each, the same names on both sides, every label there is."""

import ast
import importlib
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import fields
from enum import Enum
from functools import cache
from operator import attrgetter
from pathlib import Path
from typing import Any, Final

import pytest
from jinja2 import meta, nodes

from bot.chat import text
from bot.chat.text import labels
from bot.core.question import Ask, Question
from bot.core.rules.refusal import Refusal
from bot.core.rules.say import Say
from bot.core.shipped import TEMPLATES
from tests.contracts import source

GLOBALS = {"label", "labelled", "circled", "range", "loop"}
ENDING = ".txt.j2"
NOT_LABELLED = {"media", "delivery"}
"""Tables of labels that stand for no enum."""


@cache
def _tree(name: str) -> nodes.Template:
    return text._ENV.parse((source.CHAT / (name + ENDING)).read_text(encoding="utf-8"))


def _exists(name: str) -> bool:
    return (source.CHAT / (name + ENDING)).is_file()


def _included(name: str) -> set[str]:
    return {found.removesuffix(ENDING) for found in meta.find_referenced_templates(_tree(name)) if found}


@cache
def variables(name: str) -> frozenset[str]:
    """The variables a template and what it includes need from outside."""
    own = meta.find_undeclared_variables(_tree(name)) - GLOBALS
    return frozenset(own.union(*(variables(other) for other in _included(name))))


def _refusals() -> list[type[Refusal]]:
    return source.subclasses(Refusal)


def _template_of(refusal: type[Refusal]) -> str:
    return "refusal/" + refusal.code.replace(".", "/")


def test_no_sentence_is_missing_its_template() -> None:
    missing = [
        f"{say.__module__}.{say.__name__}: add {say.template}{ENDING}"
        for say in source.says()
        if not _exists(say.template)
    ]
    missing += [
        f"{refusal.__module__}.{refusal.__name__}: add {_template_of(refusal)}{ENDING}"
        for refusal in _refusals()
        if not _exists(_template_of(refusal))
    ]
    assert not missing


def test_no_template_is_without_someone_who_says_it() -> None:
    wanted = {name for say in source.says() for name in (say.template, say.together) if name} | {
        _template_of(refusal) for refusal in _refusals()
    }
    waiting = [name for name in wanted if _exists(name)]
    while waiting:
        more = {name for name in _included(waiting.pop()) if name not in wanted}
        wanted |= more
        waiting += [name for name in more if _exists(name)]
    there = {path.relative_to(source.CHAT).as_posix().removesuffix(ENDING) for path in source.CHAT.rglob("*" + ENDING)}
    assert not there - wanted, "nothing says these templates: remove them or name them in a Say"


def _shown(picture: str) -> set[str]:
    """What a picture shows beside the words; its template is there, or this fails."""
    if not picture:
        return set()
    drawn = (TEMPLATES / "pictures" / f"{picture}.svg.j2").read_text(encoding="utf-8")
    return meta.find_undeclared_variables(text._ENV.parse(drawn)) - GLOBALS


def test_every_say_names_a_template() -> None:
    nameless = [
        f"{say.__module__}.{say.__name__}"
        for say in source.subclasses(Say)
        if not say.template and not say.__subclasses__()
    ]
    assert not nameless


def test_a_template_uses_exactly_the_fields_of_its_say() -> None:
    wrong: list[str] = []
    for say in source.says():
        if not _exists(say.template):
            continue
        has, uses = {field.name for field in fields(say)}, variables(say.template) | _shown(say.picture)
        if has != uses:
            wrong.append(f"{say.template}: unknown {sorted(uses - has)}, unused {sorted(has - uses)} of {say.__name__}")
    assert not wrong


def test_two_different_says_do_not_share_a_template() -> None:
    seen: dict[str, list[str]] = {}
    for say in source.says():
        seen.setdefault(say.template, []).append(say.__name__)
    assert {name: who for name, who in seen.items() if len(who) > 1} == {}


def test_refusal_codes_are_unique_and_named_by_feature_and_reason() -> None:
    codes = [refusal.code for refusal in _refusals()]
    assert len(codes) == len(set(codes))
    assert all(code and code == code.lower() for code in codes)


def _raised(path: str, name: str) -> type[Refusal] | None:
    """The refusal that a file means by a name, as it is imported there: two of one bare name are two (D17)."""
    module = sys.modules.get(path.removesuffix(".py").removesuffix("/__init__").replace("/", "."))
    try:
        meant = attrgetter(name)(module)
    except AttributeError:
        return None
    return meant if isinstance(meant, type) and issubclass(meant, Refusal) else None


def _made(tree: ast.Module) -> Iterator[tuple[int, str, set[str | None]]]:
    """Line, name and named arguments of every call, and of every bare class that is raised, perhaps one of two."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield node.lineno, source.called(node), {keyword.arg for keyword in node.keywords}
            yield from _made_by_checked(node)
        elif isinstance(node, ast.Raise) and node.exc is not None:
            branches = [node.exc.body, node.exc.orelse] if isinstance(node.exc, ast.IfExp) else [node.exc]
            yield from ((node.lineno, branch.id, set()) for branch in branches if isinstance(branch, ast.Name))


def _made_by_checked(call: ast.Call) -> Iterator[tuple[int, str, set[str | None]]]:
    """The refusals that ``checked`` makes: out of its bounds, and of what is forbidden."""
    given: dict[str, set[str | None]] = {"least": {"least"}, "most": {"most", "length"}}
    for keyword in call.keywords if source.called(call) == "checked" else ():
        match keyword.value:
            case ast.Tuple(elts=[_, refusal]):
                yield call.lineno, ast.unparse(refusal), given[keyword.arg or ""]
            case ast.Dict(values=refusals):
                yield from ((call.lineno, ast.unparse(refusal), set()) for refusal in refusals)
            case _:
                pass


def _promised(refusal: type[Refusal]) -> set[str]:
    """The fields that its docstring names: ``fields ``ref``, ``state```` (a template need not use each)."""
    listed = re.search(r"\bfields? ((?:``\w+``(?:, | and )?)+)", refusal.__doc__ or "")
    return set(re.findall(r"``(\w+)``", listed[1])) if listed else set()


def test_every_refusal_is_given_what_its_template_needs_and_its_docstring_promises() -> None:
    source.load_all()
    wrong: list[str] = []
    checked: set[type[Refusal]] = set()
    for path, tree in source.trees().items():
        for line, name, given in _made(tree):
            refusal = _raised(path, name) if name and name[0] != "_" else None
            if refusal is None or None in given or not _exists(_template_of(refusal)):
                continue
            checked.add(refusal)
            for missing in sorted((variables(_template_of(refusal)) | _promised(refusal)) - given):
                wrong.append(f"{path}:{line} {name} is made without {missing}")
    assert not wrong
    assert len({r.__name__ for r in checked}) < len(checked), "no two of one name were told apart"


def _labelled() -> set[tuple[str, str]]:
    """``(template, label kind)`` for every label a template asks for."""
    found: set[tuple[str, str]] = set()
    for path in sorted(source.CHAT.rglob("*" + ENDING)):
        name = path.relative_to(source.CHAT).as_posix().removesuffix(ENDING)
        for call in _tree(name).find_all(nodes.Call):
            if isinstance(call.node, nodes.Name) and call.node.name == "label":
                first = call.args[0]
                assert isinstance(first, nodes.Const), f"{name}: label() needs a fixed kind"
                found.add((name, first.value))
    return found


def _enums() -> dict[str, type[Enum]]:
    """Enums of the rules by their name in snake case, as labels name them."""
    found: dict[str, type[Enum]] = {}
    for enum in source.subclasses(Enum):
        if ".rules." in enum.__module__:
            snake = "".join("_" + c.lower() if c.isupper() else c for c in enum.__name__).lstrip("_")
            found[snake] = enum
    return found


def test_every_label_a_template_asks_for_exists() -> None:
    missing = [
        f"{template}: labels.toml has no [{kind}]" for template, kind in sorted(_labelled()) if kind not in labels()
    ]
    assert not missing


def test_every_value_of_a_labelled_enum_has_a_label() -> None:
    missing = [
        f"labels.toml [{kind}] has no {member.value}"
        for kind, enum in sorted(_enums().items())
        if kind in labels()
        for member in enum
        if str(member.value) not in labels()[kind]
    ]
    assert not missing


OPEN: Final = frozenset({"todo_kind"})
"""Enums whose words a feature adds to, with a label of its own (``TodoItem.kind``)."""


def test_no_label_stands_for_a_value_that_does_not_exist() -> None:
    enums = _enums()
    own = {word for path in source.CHAT.glob("*/labels.toml") for kind in OPEN for word in _table(path, kind)}
    odd = [
        f"labels.toml [{kind}] {value}"
        for kind, words in labels().items()
        if kind in enums
        for value in words
        if value not in {str(member.value) for member in enums[kind]}
        if kind not in OPEN or value not in own
    ]
    assert not odd


def _table(path: Path, kind: str) -> dict[str, str]:
    return tomllib.loads(path.read_text(encoding="utf-8")).get(kind, {})


def asks() -> list[tuple[str, str, tuple[str, ...]]]:
    """``(place, kind, options)`` of every question whose kind and options can be read from the code."""

    source.load_all()
    found: list[tuple[str, str, tuple[str, ...]]] = []
    for path, call in source.calls():
        if source.called(call).rpartition(".")[2] != Ask.__name__:
            continue
        module = importlib.import_module(path.removesuffix(".py").replace("/", "."))
        given: dict[str, ast.expr] = dict(zip(("question", "options"), call.args, strict=False))
        given |= {k.arg: k.value for k in call.keywords if k.arg}
        question, options = (_value(given.get(name), module) for name in ("question", "options"))
        if isinstance(question, Question) and isinstance(options, tuple):
            found.append((f"{path}:{call.lineno}", question.kind, tuple(str(getattr(o, "value", o)) for o in options)))
    return found


def _value(expression: ast.expr | None, module: Any) -> Any:
    """What a literal or a name of the module stands for; None for anything that is only known at run time."""
    if isinstance(expression, ast.Tuple):
        values = tuple(_value(element, module) for element in expression.elts)
        return None if None in values else values
    if isinstance(expression, ast.Constant):
        return expression.value
    if isinstance(expression, ast.Name):
        return getattr(module, expression.id, None)
    if isinstance(expression, ast.Attribute):
        return getattr(_value(expression.value, module), expression.attr, None)
    return None


def test_every_option_of_a_question_has_a_word_that_answers_it() -> None:
    missing: list[str] = []
    assert len(asks()) > 30, "the questions in the code are no longer found"
    for place, kind, options in asks():
        words = labels().get("option_" + kind.replace(".", "_"), {})
        missing += [
            f"{place}: labels.toml [option_{kind.replace('.', '_')}] has no {option}"
            for option in options
            if option not in words
        ]
    assert not missing


def test_every_question_that_is_asked_has_someone_who_takes_the_answer() -> None:
    from bot.chat.table import table

    source.load_all()
    deaf = [f"{place}: no @question({kind!r})" for place, kind, _ in asks() if kind not in table.answers]
    assert not deaf


@pytest.mark.parametrize("path", sorted(source.TEMPLATES.rglob("*.toml")), ids=lambda path: path.name)
def test_data_beside_the_templates_can_be_read(path: Any) -> None:
    assert tomllib.loads(path.read_text(encoding="utf-8"))


def test_no_template_shows_the_platforms_whole_id_of_a_group() -> None:
    told = re.compile(r"\{\{\s*((?:\w+\.)?(?:group|via_group|chat|chat_id|native_id))\s*(\||\}\})\s*(group)?")
    paths = (*source.TEMPLATES.rglob("*.j2"), *source.TEMPLATES.rglob("*.html"))
    found = [(path.name, *one.groups()) for path in paths for one in told.finditer(path.read_text(encoding="utf-8"))]
    assert len(found) > 10
    assert [one for one in found if one[3] is None] == []


def test_a_day_stands_close_to_the_word_after_it_and_no_number_has_two_signs() -> None:
    sources = {path: path.read_text(encoding="utf-8") for path in source.CHAT.rglob("*.j2")}
    apart = re.compile(r"\|\s*(?:day|full_day)\s*\}\} +[\u4e00-\u9fff]")
    assert sources
    assert [path.name for path, text in sources.items() if apart.search(text) or "##" in text] == []
