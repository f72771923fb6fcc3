"""Settings: ``bot/config.py`` and ``.env.example`` name the same ones, with a comment and the true default."""

import re
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.config import Settings
from tests.contracts import source

EXAMPLE = source.ROOT / ".env.example"
LINE = re.compile(r"^#? ?([A-Z][A-Z0-9_]+)=(.*)$")


def _example() -> dict[str, tuple[str, str]]:
    """Name of each setting in the example with its default and the comment above it."""
    found: dict[str, tuple[str, str]] = {}
    comment: list[str] = []
    for line in EXAMPLE.read_text(encoding="utf-8").splitlines():
        match = LINE.match(line)
        if match:
            found[match[1]] = (match[2], " ".join(comment))
            comment = []
        elif line.startswith("# "):
            comment.append(line.removeprefix("# "))
        else:
            comment = []
    return found


def _default(name: str) -> str:
    value = Settings.model_fields[name].get_default(call_default_factory=True)
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, bool):
        return str(value).lower()
    if value is None or value == ():
        return ""
    return str(value)


def test_no_setting_is_missing_from_the_example() -> None:
    assert {name.upper() for name in Settings.model_fields} - set(_example()) == set(), "add them to .env.example"


def test_the_example_names_no_setting_that_does_not_exist() -> None:
    assert set(_example()) - {name.upper() for name in Settings.model_fields} == set()


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_each_setting_has_a_chinese_comment_and_its_true_default(name: str) -> None:
    told, comment = _example()[name.upper()]
    assert re.search(r"[\u4e00-\u9fff]", comment), f"{name.upper()} needs a comment"
    assert told == _default(name)


def test_the_example_taken_as_it_is_changes_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    assert Settings(_env_file=EXAMPLE) == Settings(_env_file=None)  # pyright: ignore[reportCallIssue]


def test_only_the_start_reads_the_environment() -> None:
    import ast

    found = [
        f"{path}:{node.lineno}"
        for path, tree in source.trees().items()
        if path != "bot/config.py"
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}
    ]
    assert found == []


def test_the_packaged_example_is_the_same() -> None:
    """``zhixin init`` writes from the copy inside the package, which an installed bot has without the repository."""
    assert (source.TEMPLATES / "cli" / "env.j2").read_text("utf-8") == EXAMPLE.read_text("utf-8"), "cp one to the other"
