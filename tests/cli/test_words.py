"""Help and errors of the command line: our words, our exit codes."""

import re
from pathlib import Path

import click
import pytest

from bot.cli import main
from bot.cli.words import FOLDER, words
from tests.cli.conftest import Zhixin
from tests.contracts.source import BOT, ROOT

ENGLISH = re.compile(r"\b(?:Usage|Options|Commands|Error|Show|Try|Missing|No such|Got|Invalid|Traceback)\b")


def _commands(group: click.Group, *before: str) -> list[tuple[str, ...]]:
    found: list[tuple[str, ...]] = []
    for name, command in group.commands.items():
        found.append((*before, name))
        if isinstance(command, click.Group):
            found += _commands(command, *before, name)
    return found


@pytest.mark.parametrize(
    "arguments",
    [("imprt",), ("import", "--org"), ("import", "--orgs"), ("init", "more"), ("--nothing",), ("keys",), ("keys", "x")],
)
def test_wrong_usage_ends_with_2_and_in_chinese(zhixin: Zhixin, arguments: tuple[str, ...]) -> None:
    result = zhixin(*arguments)
    assert result.exit_code == 2
    assert not ENGLISH.search(result.output)
    assert re.search(r"[\u4e00-\u9fff]", result.stderr)


@pytest.mark.parametrize("arguments", [(), *_commands(main)])
def test_help_is_in_chinese(zhixin: Zhixin, arguments: tuple[str, ...]) -> None:
    result = zhixin(*arguments, "--help")
    assert result.exit_code == 0
    assert not ENGLISH.search(result.output)


def test_a_near_word_is_offered(zhixin: Zhixin) -> None:
    assert "import" in zhixin("imprt").stderr


def test_every_sentence_is_used_and_every_used_one_exists() -> None:
    code = "".join(path.read_text(encoding="utf-8") for path in sorted((BOT / "cli").glob("*.py")))
    told = {*words()["say"], *words()["help"]}
    unused = {key for key in told if f'"{key}"' not in code}
    assert unused == set(), f"nobody says these of {FOLDER.name}/words.toml"
    asked = set(re.findall(r'(?:Stop|tell|misused)\(\s*"(\w+)"', code))
    assert asked - set(words()["say"]) == set()


def test_the_example_in_the_package_is_the_one_in_the_repository() -> None:
    packaged = Path(FOLDER / "env.j2").read_text(encoding="utf-8")
    assert packaged == (ROOT / ".env.example").read_text(encoding="utf-8"), "zhixin init writes the packaged one"
