"""``quota show``, ``quota set``: the content of the five ones, set by a province from a file (R2.8, R6.9, P40)."""

import tomllib
from pathlib import Path
from typing import Any, Final

import click

from bot.cli.operations import carry_out
from bot.cli.session import load_settings, run
from bot.cli.shell import Main, Stop, command, needed, option, tell
from bot.cli.words import words

MOST_BYTES: Final = 64 * 1024
quota = Main("quota", "quota")


@command("quota_show", "show")
@option("--org", "quota_org")
def quota_show(org: str | None) -> None:
    """The notice's number, and every version that a province has set."""
    rows = run(carry_out(load_settings(), "quota_show", org=(org or "").strip()))
    tell("quota_shown", rows=rows, subjects=words()["quota_subject"])


@command("quota_set", "set")
@option("--file", "quota_file", "path")
def quota_set(file: str | None) -> None:
    """A new version from a file, or everything that is wrong with it, and nothing is written."""
    path = Path(needed(file, "--file"))
    told = _read(path)
    done: dict[str, Any] = run(carry_out(load_settings(), "quota_set", told=told))
    if "faults" in done:
        lines = [_spelled(fault) for fault in done["faults"]]
        raised = any(fault["kind"] in ("raised", "not_province") for fault in done["faults"])
        raise Stop("quota_refused", path=path, lines=lines, raised=raised)
    tell("quota_written", **done["set"])


def _read(path: Path) -> dict[str, Any]:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise Stop("quota_unreadable", path=path, line="")
        return _plain(tomllib.loads(path.read_text(encoding="utf-8-sig")))
    except tomllib.TOMLDecodeError as error:
        raise Stop("quota_unreadable", path=path, line=str(getattr(error, "lineno", ""))) from error
    except (OSError, UnicodeDecodeError) as error:
        raise Stop("quota_unreadable", path=path, line="") from error


def _plain(value: Any) -> Any:
    """Days as text: the file may be carried to the bot that runs."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return value if isinstance(value, str | int | float | bool) else value.isoformat()


def _spelled(fault: dict[str, str]) -> str:
    told = words()["quota_fault"][fault["kind"]]
    return told.replace("{where}", fault["where"]).replace("{value}", fault["value"])


quota.add_command(quota_show)
quota.add_command(quota_set)
COMMANDS: Final[tuple[click.Command, ...]] = (quota,)
