"""What forked processes run (nursery.py): the whole bot, or a store alone on a disk that breaks."""

import asyncio
import itertools
import os
import pickle
from pathlib import Path
from typing import Any

from bot.channels import backfill
from bot.chat.table import table
from bot.cli import main
from bot.clock import Clock
from bot.features.talk.acts.record import Recording
from bot.log import configure
from bot.schedule import runner
from bot.store.sealing import MasterKeys
from bot.store.store import Store
from tests.faults import drill
from tests.faults.disk import OK, SYNC_FAILED, Disk, watched
from tests.faults.numbered import act, message, open_talk

WRITERS = 4
EACH = 40


def drilled_bot(about: dict[str, Any]) -> object:
    """``zhixin run`` with the drill's command, a quick schedule and a history without rests."""
    drill.install(table, about["cadre"])
    backfill.PAUSE_SECONDS = about["pause"]  # type: ignore[misc]
    runner.TICK_SECONDS = about["tick"]  # type: ignore[misc]
    return main(["run"])


class Log:
    """What the process tells before it ends, line by line; a line is out as soon as it is written."""

    def __init__(self, path: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def __call__(self, *words: object) -> None:
        os.write(self._file, (" ".join(map(str, words)) + "\n").encode())


class FailsOnce(Disk):
    """The n-th sync fails, as Linux fails them: once; the next one says that all is well."""

    def __init__(self, number: int, log: Log, kept: Path) -> None:
        super().__init__(on_sync=self._fate)
        self._number, self._log, self._kept = number, log, kept
        self._failed = False

    def _fate(self, number: int, path: str) -> int:
        if number != self._number:
            return OK
        self._failed = True
        self._kept.write_bytes(pickle.dumps(self.ops))
        self._log("failed", Path(path).suffix)
        return SYNC_FAILED

    def write(self, path: str, at: int, data: Any, amount: int) -> int:
        if self._failed:
            self._log("written", Path(path).name)
        return super().write(path, at, data, amount)


def store_on_bad_disk(about: dict[str, Any]) -> int:
    """Acts and messages until the sync ``about['number']`` fails; 0 only if nobody minded."""
    configure("INFO", "text")
    log = Log(about["report"])
    with watched(FailsOnce(about["number"], log, Path(about["kept"]))):
        asyncio.run(_work(about, log))
    log("went on")
    return 0


async def _work(about: dict[str, Any], log: Log) -> None:
    store = await Store.open(about["url"], masters=MasterKeys.parse(about["masters"]), clock=Clock())
    store.engines.fold_after = about["fold_after"]
    talking, recording, numbers = await open_talk(store), Recording(store), itertools.count()

    async def acts() -> None:
        for number in itertools.islice(numbers, EACH):
            await act(store, number)
            log("act", number)

    async def talks() -> None:
        for number in itertools.islice(numbers, EACH):
            await recording.put(message(store, talking, number))
            log("message", number)

    works = [work() for work in (acts, talks) for _ in range(WRITERS)]
    await asyncio.gather(*works, return_exceptions=True)
    await store.close()
