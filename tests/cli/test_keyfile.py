"""S13: without the right master key every command refuses first and writes nothing."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.store.keyfile import KeysLost, holds_sealed, master_keys
from bot.store.sealing import MasterKeys
from bot.store.store import Store
from tests.cli.conftest import Zhixin

IMPORT = ("import", "--orgs", "orgs.csv", "--people", "people.csv", "--codes", "codes.csv")
COMMANDS = (
    ("init",),
    ("migrate",),
    ("run",),
    IMPORT,
    ("invite", "--org", "QH", "--name", "林晓舟"),
    ("audit", "verify"),
    ("keys", "rotate"),
    ("doctor",),
)
NEED_KEYS = (IMPORT, ("run",), ("keys", "rotate"), ("doctor",))
Harm = Callable[[Path], object]


def _foreign(path: Path) -> None:
    path.write_text(MasterKeys.generate().dump(), encoding="ascii")


def _dangling(path: Path) -> None:
    path.unlink()
    path.symlink_to("nowhere")


def _folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


HARMS: dict[str, Harm] = {
    "empty": lambda path: path.write_text(""),
    "spaces": lambda path: path.write_text(" \n,\n"),
    "cut": lambda path: path.write_text(path.read_text()[:20]),
    "rubbish": lambda path: path.write_bytes(b"\xff\x00\xfe"),
    "open to others": lambda path: path.chmod(0o644),
    "of another database": _foreign,
    "a link to nothing": _dangling,
    "a folder": _folder,
}


@pytest.fixture
def filled(migrated: Zhixin, home: Path, monkeypatch: pytest.MonkeyPatch) -> Zhixin:
    """A database with people in it."""
    assert migrated(*IMPORT).exit_code == 0
    monkeypatch.setenv("ONEBOT_ACCESS_TOKEN", "t" * 43)
    monkeypatch.setattr("bot.app.run", lambda settings, *, demo=False: _opened(settings))
    return migrated


def _opened(settings: object) -> None:
    import asyncio

    from bot.clock import Clock
    from bot.parts import build

    asyncio.run(build(settings, Clock()))  # pyright: ignore[reportArgumentType]


def everything(home: Path) -> dict[str, tuple[int, bytes]]:
    """Every file below a folder with its mode, but for the lock and SQLite's own memory of who reads."""
    found = {}
    for path in sorted(home.rglob("*")):
        if path.name.endswith((".lock", "-shm", "-wal")) or path.is_symlink() or path.is_dir():
            continue
        found[str(path.relative_to(home))] = (path.stat().st_mode, path.read_bytes())
    return found


@pytest.mark.rule("P17")
@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command[0])
def test_a_key_file_that_is_gone_is_refused_by_every_command_and_not_made_anew(
    filled: Zhixin, home: Path, command: tuple[str, ...]
) -> None:
    (home / "data" / "master.key").unlink()
    before = everything(home)
    (home / "codes.csv").unlink()
    before.pop("codes.csv")
    result = filled(*command)
    assert result.exit_code == 1
    assert "master.key" in result.output
    assert everything(home) == before
    assert not os.path.lexists(home / ".env")


@pytest.mark.parametrize("harm", HARMS)
@pytest.mark.parametrize("command", NEED_KEYS, ids=lambda command: command[0])
def test_a_key_file_that_cannot_be_used_is_refused_by_every_command_that_needs_it(
    filled: Zhixin, home: Path, command: tuple[str, ...], harm: str
) -> None:
    HARMS[harm](home / "data" / "master.key")
    (home / "codes.csv").unlink()
    before = everything(home)
    result = filled(*command)
    assert (result.exit_code, "密钥" in result.output) == (1, True)
    assert everything(home) == before


def test_the_demo_beside_a_database_without_its_key_leaves_that_alone(
    filled: Zhixin, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "data" / "master.key").unlink()
    before = everything(home)
    monkeypatch.setenv("PORT", "0")
    monkeypatch.setattr("bot.app.run", lambda settings, *, demo=False: None)
    filled("demo")
    after = everything(home)
    assert {name: after.get(name) for name in before} == before
    assert "data/master.key" not in after


def test_an_empty_database_gets_its_key_on_the_first_start(migrated: Zhixin, home: Path) -> None:
    assert not (home / "data" / "master.key").exists()
    assert migrated("audit", "verify").exit_code == 0
    assert (home / "data" / "master.key").stat().st_mode & 0o777 == 0o600


async def test_on_both_databases_what_holds_sealed_data_is_known_before_it_is_opened(
    any_url: str, any_store: Store, tmp_path: Path
) -> None:
    assert holds_sealed(any_url)  # while it is open as well as afterwards
    await any_store.close()
    assert holds_sealed(any_url)
    with pytest.raises(KeysLost):
        master_keys("", tmp_path / "keys" / "master.key", any_url)
    assert not (tmp_path / "keys").exists()
