"""知心 with a given number of declared commands, else as ``zhixin run``: ``python -m tests.bench.ours <commands>``."""

import sys
from typing import Any

from bot import app, parts
from bot.chat.table import Place, Table, Who
from bot.config import Settings


async def _never(_ctx: Any) -> None:
    """The flood calls none of the commands that are declared here."""


def shape(table: Table, wanted: int) -> None:
    """Leave out the last commands, or declare more, until there are ``wanted``."""
    for name in list(table.commands)[wanted:]:
        gone = table.commands.pop(name)
        for word in [word for word, command in table.words.items() if command is gone]:
            del table.words[word]
    for number in range(len(table.commands), wanted):
        table.command(f"bench.n{number}", f"测速 第{number}号", who=Who.ANYONE, where=Place.ANY)(_never)


def main(wanted: int) -> None:
    """As ``zhixin run``, with the table shaped after the plugins have filled it."""
    build = app.build

    async def shaped(*args: Any) -> app.Parts:
        shape(parts.table, wanted)
        return await build(*args)

    app.build = shaped
    app.run(Settings())


if __name__ == "__main__":
    main(int(sys.argv[1]))
