"""The bot with parts that break on a word, with what people wrote in their hands: to look at what is logged then."""

import asyncio
import sys
from typing import Any

from sqlalchemy import text

from bot.channels.carrier import Carrier
from bot.channels.recorder import Recorder
from bot.chat.command_run import CommandRun
from bot.cli import main
from bot.store.unit import Unit

BREAK = "断裂"
"""Words with this in them break what they reach."""
_tasks: set[asyncio.Task[None]] = set()


class Broken(Exception):
    """Quotes what it could not take, as many errors do."""


def _quotes(words: str) -> None:
    held = {"words": words, "again": [words]}
    raise Broken(f"cannot take {held!r}")


async def _forgotten(words: str) -> None:
    _quotes(words)


def break_commands() -> None:
    """A handler that raises: in a task nobody waits for, in the database, with a cause and a note."""
    run = CommandRun._run

    async def breaks(self: CommandRun, ctx: Any, command: Any, values: dict[str, Any], reply: Any) -> None:
        words = " ".join(str(value) for value in values.values())
        if BREAK in words:
            task = asyncio.create_task(_forgotten(words))
            _tasks.add(task)
            task.add_done_callback(_tasks.discard)
            if ctx.unit_or_none is not None and len(words) % 2:
                await ctx.unit.session.execute(text("INSERT INTO settings(name) VALUES (:words)"), {"words": words})
            try:
                _quotes(words)
            except Broken as error:
                error.add_note(words)
                raise ValueError(words) from error
        await run(self, ctx, command, values, reply)

    CommandRun._run = breaks  # type: ignore[method-assign]


def break_the_rest() -> None:
    """The recorder, the wording of a queued message, what follows a commit."""
    look, word, send = Recorder._look_at, Carrier._segments, Unit._send

    async def looks(self: Recorder, chat: Any, incoming: Any, key: bytes) -> Any:
        if BREAK in incoming.text:
            _quotes(incoming.text)
        return await look(self, chat, incoming, key)

    async def words(self: Carrier, row: Any) -> Any:
        if BREAK in str(row.words.data):
            _quotes(str(row.words.data))
        return await word(self, row)

    def sends(self: Unit) -> None:
        send(self)
        told = [str(row.words.data) for _, row in self._express]
        if any(BREAK in words for words in told):
            _quotes(told[0])

    Recorder._look_at = looks  # type: ignore[method-assign]
    Carrier._segments = words  # type: ignore[method-assign]
    Unit._send = sends  # type: ignore[method-assign]


if __name__ == "__main__":
    break_commands()
    break_the_rest()
    sys.argv = ["zhixin", "run"]
    main()
