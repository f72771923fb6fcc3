"""What the code must not do: read the clock, speak by itself, print, log what people write, or render their words."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.core.feature import letters
from tests.contracts import source

LEVELS = {"trace", "debug", "info", "success", "warning", "error", "critical", "exception", "log"}
PERSONAL = {
    "text", "texts", "content", "body", "words", "word", "message", "messages", "raw", "payload", "token", "secret",
    "password", "note", "notes", "topic", "answer", "said", "say", "rest", "segments", "native_id", "sender_id",
    "user_id", "chat_id", "incoming", "event", "data", "pickup_code", "bind_code", "phone", "facts", "details",
}  # fmt: skip
"""Names that hold what a person wrote, who they are, or a secret; none of them goes into a log line (13.5)."""
ERROR_NAMES = {"error", "exc", "exception", "err", "e"}
"""An error's own text may hold what was being worked on: only its type is named."""
SENTENCE = re.compile(r"[\u4e00-\u9fff][^\n]*[。！？；，…]|[。！？；，…][^\n]*[\u4e00-\u9fff]")
PATTERN = re.compile(r"[|\[\]\\(){}]|\(\?")
"""What a pattern that reads people's words has, and a sentence for them has not."""
HAN = re.compile(r"[\u4e00-\u9fff]")
COMPARED = {"bot/core/rules/likeness.py", "bot/core/rules/name_words.py"}
"""What names are compared with, and nobody is told."""
CHARACTERS = {"我今年已经满刚岁周 了+。.,!", "〇零一二三四五六七八九幺壹贰叁肆伍陆柒捌玖", "。.!！~～、,， 吧"}
"""Sets of single characters that are stripped from what people type."""
LONG = 12
"""Chinese characters in one literal: command words and usual words of dates are shorter, sentences are not."""
MAY_READ_THE_CLOCK = {"bot/clock.py"}
CALENDARS = {"chinese_calendar": "bot/core/rules/workdays.py", "lunar_python": "bot/core/rules/lunar.py"}
"""Each kept behind one file: their data ends, and one day one of them will be replaced."""
CLOCKS = {
    "datetime.now", "datetime.utcnow", "datetime.today", "date.today", "datetime.datetime.now", "datetime.date.today",
    "datetime.datetime.utcnow", "time.time", "time.time_ns", "time.monotonic", "time.localtime", "time.gmtime",
    "time.strftime", "func.now", "func.current_timestamp", "sa.func.now",
}  # fmt: skip


def _lines(found: Iterator[tuple[str, ast.AST, str]]) -> list[str]:
    return [f"{path}:{getattr(node, 'lineno', 0)} {what}" for path, node, what in found]


def test_only_the_clock_reads_the_clock() -> None:
    def reads() -> Iterator[tuple[str, ast.AST, str]]:
        for path, call in source.calls():
            if path not in MAY_READ_THE_CLOCK and source.called(call) in CLOCKS:
                yield path, call, source.called(call)
        for path, tree in source.trees().items():
            for node in ast.walk(tree):
                if isinstance(node, ast.ImportFrom) and node.module == "time" and path not in MAY_READ_THE_CLOCK:
                    yield path, node, "import from time"

    assert _lines(reads()) == []


def test_words_of_danger_are_looked_for_in_one_place() -> None:
    assert [path for path, call in source.calls() if source.called(call) == "find_crisis"] == ["bot/chat/context.py"]


def test_no_sentence_for_people_stands_in_the_code() -> None:
    # NoneBot wants a plugin's description in its code: whoever chooses plugins reads it there.
    described = {
        id(part) for _, call in source.calls() if source.called(call) == "PluginMetadata" for part in ast.walk(call)
    }
    found = [
        f"{path}:{literal.lineno} {words[:30]!r}"
        for path, tree in source.trees().items()
        for literal, words in source.texts(tree)
        if path not in COMPARED
        and id(literal) not in described
        and words not in CHARACTERS
        and not PATTERN.search(words)
        if SENTENCE.search(words) or len(HAN.findall(words)) > LONG
    ]
    assert found == [], "sentences stand in bot/templates"


def test_nothing_is_printed() -> None:
    assert [f"{path}:{call.lineno}" for path, call in source.calls() if source.called(call) == "print"] == []


def test_no_message_is_made_from_a_string() -> None:
    """A string would be read for CQ codes (threat 10): only segments go out."""
    found: list[str] = []
    for path, call in source.calls():
        name = source.called(call)
        if name.rpartition(".")[2] == "Message" and any(
            isinstance(a, ast.Constant | ast.JoinedStr | ast.BinOp)
            and not (isinstance(a, ast.Constant) and a.value == "")
            for a in call.args
        ):
            found.append(f"{path}:{call.lineno} {name}(...)")
        found += [
            f"{path}:{call.lineno} {k.arg}="
            for k in call.keywords
            if k.arg == "message" and isinstance(k.value, ast.JoinedStr)
        ]
        if name.startswith("bot.send") or name == "MessageSegment.cq":
            found.append(f"{path}:{call.lineno} {name}")
    assert found == []


def test_no_words_of_people_become_a_template() -> None:
    """Threats 11 and 12: nothing is compiled from a string, nothing is marked as safe."""
    found = [
        f"{path}:{call.lineno} {source.called(call)}"
        for path, call in source.calls()
        if source.called(call).rpartition(".")[2] in {"from_string", "Markup", "Template", "eval", "exec"}
    ]
    unsafe = [
        path.relative_to(source.ROOT).as_posix()
        for path in sorted(source.TEMPLATES.rglob("*"))
        if path.suffix in (".html", ".j2") and re.search(r"\|\s*safe\b|autoescape\s+false", path.read_text("utf-8"))
    ]
    assert (found, unsafe) == ([], [])


def test_pages_do_not_write_raw_html_in_the_browser() -> None:
    found = [
        f"{path.relative_to(source.ROOT)}: {match.group()}"
        for path in sorted(source.BOT.rglob("*.js"))
        for match in re.finditer(
            r"\.(innerHTML|outerHTML)\s*=|insertAdjacentHTML|document\.write|\beval\(", path.read_text("utf-8")
        )
    ]
    assert found == []


def _log_calls() -> Iterator[tuple[str, ast.Call]]:
    """Calls such as ``logger.info(...)`` and ``logger.opt(...).error(...)``."""
    for path, call in source.calls():
        if isinstance(call.func, ast.Attribute) and call.func.attr in LEVELS:
            root: ast.expr = call.func.value
            while isinstance(root, ast.Call | ast.Attribute):
                root = root.func if isinstance(root, ast.Call) else root.value
            if isinstance(root, ast.Name) and root.id in {"logger", "log", "logging"}:
                yield path, call


def _spoken(node: ast.AST) -> Iterator[str]:
    """Names whose value would be printed; what only a length, a type or a fingerprint is taken of is not."""
    if isinstance(node, ast.Call):
        name = source.called(node).rpartition(".")[2]
        if name in {"len", "type", "short", "fingerprint", "sum", "int"}:
            return
    if isinstance(node, ast.Attribute):
        yield "." + node.attr
        if node.attr in {"__name__", "value", "id"}:  # the type's name, an enum's value, a random id
            return
        yield from _spoken(node.value)
        return
    if isinstance(node, ast.Name):
        yield node.id
    for child in ast.iter_child_nodes(node):
        yield from _spoken(child)


@pytest.mark.rule("P19")
def test_no_log_line_holds_what_people_write_or_who_they_are() -> None:
    found: list[str] = []
    for path, call in _log_calls():
        if path == "bot/log.py":  # the bridge itself; tested for what it lets through
            continue
        for argument in [*call.args, *(k.value for k in call.keywords)]:
            found += [
                f"{path}:{call.lineno} {name}"
                for name in _spoken(argument)
                if name.lstrip(".") in PERSONAL or name in ERROR_NAMES
            ]
    assert found == []


def test_a_log_line_is_not_formatted_before_it_is_logged() -> None:
    """loguru would take braces in the words for places of its own."""
    found = [
        f"{path}:{call.lineno}"
        for path, call in _log_calls()
        if path != "bot/log.py" and call.args and not isinstance(call.args[0], ast.Constant)
    ]
    assert found == []


def test_plugins_keep_their_annotations() -> None:
    """Trap K: with ``from __future__ import annotations`` a plugin's handlers lose their types."""
    found = [
        path
        for path, tree in source.trees().items()
        if path.startswith("bot/plugins/")
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "__future__"
    ]
    assert found == []


def test_nothing_is_sent_by_exception_inside_a_transaction() -> None:
    """Trap B: NoneBot's ``finish`` and its kin raise, and a transaction around them rolls back; we use none of them."""
    words = {"finish", "reject", "pause", "skip", "got", "receive"}
    found = [
        f"{path}:{call.lineno} {source.called(call)}"
        for path, call in source.calls()
        if not path.startswith("bot/sandbox/")
        and source.called(call).rpartition(".")[2] in words
        and "matcher" in source.called(call).lower()
    ]
    assert found == []


def test_plugins_are_loaded_by_dotted_name() -> None:
    """Trap I: a folder's path loads a second copy of every module."""
    found = [
        f"{path}:{call.lineno}"
        for path, call in source.calls()
        if source.called(call).rpartition(".")[2] in {"load_plugins", "load_from_toml", "load_from_json"}
    ]
    assert found == []


def test_no_bot_py_stands_beside_the_package() -> None:
    """Trap J: it would be shadowed; the start is ``python -m bot``."""
    assert not (source.ROOT / "bot.py").exists()


def test_every_package_of_ways_in_can_be_seen_by_the_layer_check() -> None:
    """Trap L: a folder without ``__init__.py`` escapes the import contracts."""
    bare = sorted(
        {
            path.parent.relative_to(source.ROOT).as_posix()
            for path in source.BOT.rglob("*.py")
            if not (path.parent / "__init__.py").exists()
        }
    )
    assert bare == []


def test_no_test_asks_whether_just_anything_finished() -> None:
    """Trap M: nonebug's ``should_finished()`` without a matcher passes on a message that never matched."""
    bare = re.compile(r"should_(finished|paused|rejected)\(\s*\)")
    found = [
        path.relative_to(source.ROOT).as_posix()
        for path in sorted((source.ROOT / "tests").rglob("*.py"))
        if path != Path(__file__) and bare.search(path.read_text("utf-8"))
    ]
    assert found == []


def test_relationships_are_never_loaded_behind_our_back() -> None:
    """Trap H: an unloaded relationship in async code ends in a confusing error."""
    found = [
        f"{path}:{call.lineno}"
        for path, call in source.calls()
        if source.called(call) in {"relationship", "orm.relationship"}
        and not any(
            k.arg == "lazy" and isinstance(k.value, ast.Constant) and k.value.value == "raise" for k in call.keywords
        )
    ]
    assert found == []


def _imported() -> Iterator[tuple[str, ast.AST, str]]:
    for path, tree in source.trees().items():
        for node in ast.walk(tree):
            names = [a.name for a in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            yield from ((path, node, name) for name in names)


def test_rules_need_nothing_but_the_standard_library() -> None:
    found = (
        (path, node, name)
        for path, node, name in _imported()
        if source.is_rule(path)
        and name.partition(".")[0] not in sys.stdlib_module_names | CALENDARS.keys()
        and not (name.startswith("bot.") and ".rules" in name)
    )
    assert _lines(found) == []


def test_only_its_file_imports_a_calendar() -> None:
    """And never at its head: a start need not wait for them."""
    found = (
        (path, node, name)
        for path, node, name in _imported()
        if (home := CALENDARS.get(name.partition(".")[0])) and (path != home or node in source.trees()[home].body)
    )
    assert _lines(found) == []


def test_layers_hold() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    if not program.exists():
        pytest.fail("import-linter is not installed")
    done = subprocess.run([program, "--no-cache"], cwd=source.ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_every_letter_of_a_reference_is_declared_by_one_feature() -> None:
    used = {
        part.value
        for _, call in source.calls()
        if source.called(call) in {"new_ref", "RefArg"}
        for part in call.args[1:]
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    }
    assert "".join(sorted({letter for kinds in used for letter in kinds} - set(letters()))) == ""
    assert used >= {"T", "V", "W"}
