"""Commands while a bot holds the SQLite file: the bot carries out the same function; the socket is its owner's only."""

import asyncio
import json
import os
import socket
import stat
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from click.testing import Result

from bot.cli.door import MOST_BYTES, SOCKET, ask_running, open_door, short_path
from bot.cli.operations import OPERATIONS
from bot.cli.session import load_settings, master_keys
from bot.clock import Clock
from bot.config import Settings
from bot.store.store import Store
from tests.cli.conftest import Zhixin

REASON = ("--reason", "本人书面申请")


@pytest.fixture
def settings(migrated: Zhixin) -> Settings:
    return load_settings()


@pytest_asyncio.fixture
async def running(settings: Settings) -> AsyncIterator[Settings]:
    """A bot that holds the database and listens."""
    store = await Store.open(settings.database_url, masters=master_keys(settings), clock=Clock())
    try:
        async with open_door(store, settings, OPERATIONS):
            yield settings
    finally:
        await store.close()


def read(name: str) -> bytes:
    return Path(name).read_bytes()


async def says(zhixin: Zhixin, *words: str) -> Result:
    return await asyncio.to_thread(zhixin, *words)


async def imported(zhixin: Zhixin) -> None:
    done = await says(zhixin, "import", "--orgs", "orgs.csv", "--people", "people.csv", "--codes", "codes.csv")
    assert done.exit_code == 0, done.stderr


async def test_the_roster_is_kept_through_the_bot_that_runs(running: Settings, zhixin: Zhixin) -> None:
    await imported(zhixin)
    for words in (
        ("invite", "--org", "QH", "--name", "林晓舟"),
        ("away", "--org", "QH", "--name", "林晓舟", "--until", "2099-01-01"),
        ("away", "--org", "QH", "--name", "林晓舟", "--back"),
        ("end-role", "--org", "QH", "--name", "林晓舟", "--role", "管理员"),
        ("export-person", "--org", "QH", "--name", "何予安", "--out", "he.zip", "--yes", *REASON),
        ("erase-person", "--org", "QH", "--name", "何予安", "--yes", *REASON),
    ):
        done = await says(zhixin, *words)
        assert done.exit_code == 0, (words, done.stderr)
    assert read("he.zip")[:2] == b"PK"
    assert read("codes.csv").count(b"\n") == 3


@pytest.mark.parametrize(
    "words",
    [
        ("invite", "--org", "QH", "--name", "没有这个人"),
        ("away", "--org", "QH", "--name", "林晓舟", "--until", "2001-01-01"),
        ("end-role", "--org", "QH", "--name", "林晓舟", "--role", "隐私负责人"),
        ("import", "--orgs", "orgs.csv", "--people", "none.csv", "--codes", "more.csv"),
    ],
)
async def test_a_refusal_is_the_same_as_without_a_bot(
    settings: Settings, zhixin: Zhixin, words: tuple[str, ...]
) -> None:
    await imported(zhixin)
    alone = await says(zhixin, *words)
    store = await Store.open(settings.database_url, masters=master_keys(settings), clock=Clock())
    try:
        async with open_door(store, settings, OPERATIONS):
            there = await says(zhixin, *words)
    finally:
        await store.close()
    assert (there.exit_code, there.stdout, there.stderr) == (alone.exit_code, alone.stdout, alone.stderr)
    assert alone.exit_code == 1


async def test_the_socket_is_its_owners_and_goes_with_the_bot(running: Settings) -> None:
    found = os.stat(running.zhixin_data_dir / SOCKET)
    assert stat.S_ISSOCK(found.st_mode)
    assert stat.S_IMODE(found.st_mode) == 0o600


async def test_only_a_closed_list_is_carried_out(running: Settings) -> None:
    for line in (
        b"",
        b"no json\n",
        b'{"do": "shell", "with": {}}\n',
        b'["invite"]\n',
        b"x" * (MOST_BYTES + 10) + b"\n",
    ):
        with short_path(running.zhixin_data_dir) as path:
            reader, writer = await asyncio.open_unix_connection(path)
        try:
            writer.write(line)
            writer.write_eof()
            assert json.loads(await reader.readline()) == {"not": "misread"}
        except ConnectionError:
            assert len(line) > MOST_BYTES
        finally:
            writer.close()


async def test_a_socket_that_nobody_hears_is_removed(settings: Settings, zhixin: Zhixin) -> None:
    old = socket.socket(socket.AF_UNIX)
    old.bind(str(settings.zhixin_data_dir / SOCKET))
    old.close()
    with pytest.raises(ConnectionError):
        await ask_running(settings, "invite", {})
    await imported(zhixin)
    assert not (settings.zhixin_data_dir / SOCKET).exists()


async def test_who_holds_the_file_and_does_not_listen_is_told_as_before(settings: Settings, zhixin: Zhixin) -> None:
    store = await Store.open(settings.database_url, masters=master_keys(settings), clock=Clock())
    try:
        done = await says(zhixin, "invite", "--org", "QH", "--name", "林晓舟")
    finally:
        await store.close()
    assert done.exit_code == 1


async def test_a_folder_deep_down_has_a_socket_too(home: Path, zhixin: Zhixin, monkeypatch: pytest.MonkeyPatch) -> None:
    deep = home / ("d" * 60) / ("e" * 60)
    monkeypatch.setenv("ZHIXIN_DATA_DIR", str(deep))
    assert (await says(zhixin, "migrate")).exit_code == 0
    settings = load_settings()
    store = await Store.open(settings.database_url, masters=master_keys(settings), clock=Clock())
    try:
        async with open_door(store, settings, OPERATIONS):
            await imported(zhixin)
    finally:
        await store.close()
