"""Where the master keys come from: the environment, or a file beside the embedded default that is made once (13.4).

A file is made only where there is nothing yet that it could open. Beside a database that has its keys a new one opens
nothing and hides that the right one is missing, so the start is refused before anything is written.
"""

import asyncio
import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Final

from sqlalchemy import make_url, text

from bot.store.engine import open_engines
from bot.store.sealing import MasterKeys, SealingError

FILE: Final = "master.key"
PRIVATE: Final = 0o077
_ANY: Final = "SELECT EXISTS (SELECT 1 FROM data_keys) OR EXISTS (SELECT 1 FROM people)"


class KeysLost(SealingError):
    """There is a database with sealed data, and neither a key file nor keys in the environment."""


class KeysOpen(SealingError):
    """Others can read the key file."""


class KeysUnusable(SealingError):
    """The key file is empty, damaged, or cannot be read by this user."""


def master_keys(told: str, path: Path, url: str) -> MasterKeys:
    """``told`` is ``ZHIXIN_MASTER_KEYS``; else the file, made with mode 0600 on the very first start."""
    if told:
        return MasterKeys.parse(told)
    if not os.path.lexists(path):
        if holds_sealed(url):
            raise KeysLost(f"{path.name} is not there")
        return MasterKeys.from_file(path)
    return read_key_file(path)


def refuse_if_lost(told: str, path: Path, url: str) -> None:
    """Refuse before anything is written for a database that nobody could open."""
    if not told and not os.path.lexists(path) and holds_sealed(url):
        raise KeysLost(f"{path.name} is not there")


def read_key_file(path: Path) -> MasterKeys:
    """The keys of an existing file; the error says why it cannot be used."""
    try:
        if path.stat().st_mode & PRIVATE:
            raise KeysOpen(f"{path.name} must be readable for its owner only (chmod 600)")
        return MasterKeys.parse(path.read_text(encoding="ascii"))
    except KeysOpen:
        raise
    except (OSError, UnicodeDecodeError, SealingError) as error:
        raise KeysUnusable(f"{path.name} cannot be used") from error


def holds_sealed(url: str) -> bool:
    """Whether a database has data keys or people; looking makes and changes nothing."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite":
        return _file_holds_sealed(Path(parsed.database or ""))
    with ThreadPoolExecutor(1) as aside:  # a loop may be running here, and this is asked once at a start
        return aside.submit(asyncio.run, _server_holds_sealed(url)).result()


async def _server_holds_sealed(url: str) -> bool:
    engines = open_engines(url, lock=False)
    try:
        async with engines.looker.connect() as connection:
            there = await connection.scalar(text("SELECT to_regclass('people') IS NOT NULL"))
            return bool(there) and bool(await connection.scalar(text(_ANY)))
    finally:
        await engines.dispose()


def _file_holds_sealed(path: Path) -> bool:
    if not path.is_file() or not path.stat().st_size:
        return False
    # Without a log there is nothing to recover, and SQLite need not make one; with one it must be read too.
    how = "mode=ro" if path.with_name(path.name + "-wal").exists() else "mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True)) as database:
            return bool(database.execute(_ANY).fetchone()[0])
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            return False
        raise KeysLost("nobody can tell what the database holds") from error
    except sqlite3.DatabaseError:  # damaged, which the start itself tells
        return False
