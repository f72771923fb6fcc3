"""同一件事，在运行着的机器人里做: what the command line asks of a bot that holds the SQLite file, through a socket.

The socket stands in the data folder, for its owner only. One line of JSON asks for one operation of a closed list,
each the very function that a command runs itself where no bot is; one line answers. Whoever holds the database's lock
holds the socket too, so an old one is nobody's and is replaced.
"""

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from loguru import logger

from bot.cli.shell import Stop
from bot.config import Settings
from bot.store.store import Store

SOCKET: Final = "zhixin.sock"
MOST_BYTES: Final = 16 * 1024 * 1024
"""Of one request: a roster of a hundred thousand people."""
LONGEST_PATH: Final = 100
"""Bytes of a path that every system takes for a socket (108 with its end on Linux)."""
PATIENCE: Final = 10.0
"""Seconds in which a request must have come."""
Operation = Callable[[Store, Settings, Mapping[str, Any]], Awaitable[Any]]


@contextmanager
def short_path(folder: Path) -> Iterator[str]:
    """A path to the socket that is short enough, however deep the folder lies."""
    plain = str(folder / SOCKET)
    if len(os.fsencode(plain)) <= LONGEST_PATH:
        yield plain
        return
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{opened}/{SOCKET}"
    finally:
        os.close(opened)


def is_served(settings: Settings) -> bool:
    """Whether commands need it: only SQLite lets nobody else write while a bot runs."""
    return settings.database_url.startswith("sqlite")


@asynccontextmanager
async def open_door(store: Store, settings: Settings, operations: Mapping[str, Operation]) -> AsyncIterator[None]:
    """Serve while the bot runs; a socket that cannot be made costs the commands, not the bot."""
    server = None
    if is_served(settings):
        try:
            server = await _serve(store, settings, operations)
        except OSError as error:
            logger.warning("no socket for the command line: {}", type(error).__name__)
    try:
        yield
    finally:
        if server is not None:
            server.close()
            with suppress(OSError):
                (settings.zhixin_data_dir / SOCKET).unlink(missing_ok=True)


async def _serve(store: Store, settings: Settings, operations: Mapping[str, Operation]) -> asyncio.Server:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if _is_ours(writer):
                reply = await _carry_out(reader, store, settings, operations)
                writer.write(json.dumps(reply, ensure_ascii=False).encode() + b"\n")
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    with short_path(settings.zhixin_data_dir) as path:
        with suppress(FileNotFoundError):
            os.unlink(path)
        listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        before = os.umask(0o177)
        try:
            listening.bind(path)
        finally:
            os.umask(before)
    return await asyncio.start_unix_server(answer, sock=listening, limit=MOST_BYTES)


def _is_ours(writer: asyncio.StreamWriter) -> bool:
    """Whether whoever asks is who runs the bot, or root."""
    other = writer.get_extra_info("socket").getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    return int.from_bytes(other[4:8], "little") in (0, os.getuid())


async def _carry_out(
    reader: asyncio.StreamReader, store: Store, settings: Settings, operations: Mapping[str, Operation]
) -> dict[str, Any]:
    try:
        async with asyncio.timeout(PATIENCE):
            asked = json.loads(await reader.readline())
        operation, told = operations[asked["do"]], dict(asked["with"])
    except (ValueError, KeyError, TypeError, TimeoutError):
        return {"not": "misread"}
    try:
        return {"done": await operation(store, settings, told)}
    except Stop as stop:
        return {"stop": stop.sentence, "code": stop.code}
    except Exception as error:
        logger.opt(exception=error).error("an operation of the command line failed: {}", asked["do"])
        return {"not": "failed"}


async def ask_running(settings: Settings, name: str, told: Mapping[str, Any]) -> Any:
    """Let the bot that runs do it; ``ConnectionError`` where none listens."""
    try:
        with short_path(settings.zhixin_data_dir) as path:
            reader, writer = await asyncio.open_unix_connection(path, limit=8 * MOST_BYTES)
    except OSError as error:
        raise ConnectionError from error
    try:
        writer.write(json.dumps({"do": name, "with": told}, ensure_ascii=False).encode() + b"\n")
        await writer.drain()
        line = await reader.readline()
    except (OSError, ValueError) as error:
        raise Stop("running_failed") from error
    finally:
        writer.close()
    reply = json.loads(line) if line else {}
    if "stop" in reply:
        raise Stop.said(reply["stop"], reply["code"])
    if "done" not in reply:
        raise Stop("running_failed")
    return reply["done"]
