"""The bot, which also writes down every second how many tasks it has."""

import asyncio
import sys
from pathlib import Path

import bot.app
from bot.cli import main

TASKS = "tasks.count"
_watching: set[asyncio.Task[None]] = set()


def _write_down() -> None:
    Path(TASKS).write_text(f"{len(asyncio.all_tasks())}\n", encoding="ascii")


async def _watch() -> None:
    while True:
        _write_down()
        await asyncio.sleep(1)


def observe() -> None:
    """Begin to watch when the bot has started."""
    start = bot.app.start

    async def started(parts: bot.app.Parts) -> None:
        await start(parts)
        _watching.add(asyncio.create_task(_watch()))

    bot.app.start = started


if __name__ == "__main__":
    observe()
    sys.argv = ["zhixin", "run"]
    main()
