"""D4: after a failed sync nothing more is written or acknowledged, and the process ends with an error."""

import pickle
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from bot.clock import Clock
from bot.store.engine import SYNC_FAILED_EXIT
from bot.store.sealing import MasterKeys
from bot.store.store import Store
from tests.faults.conftest import FaultTable, Scale
from tests.faults.disk import Disk, NotReachable, watched
from tests.faults.numbered import Found, look
from tests.faults.power import after_cut, nothing, put
from tests.nursery import Nursery

pytestmark = [pytest.mark.ci, pytest.mark.nightly]

FOLD_AFTER = 25
"""Rows between two foldings of the log, so that the sync of the database file itself is among the first ones."""
DATABASE = "zhixin.db"


def url_of(folder: Path) -> str:
    return f"sqlite+aiosqlite:///{folder / DATABASE}"


@dataclass(frozen=True, slots=True)
class Ended:
    """What a process on a bad disk has told before it ended, and with which code."""

    code: int
    lines: list[str]
    log: str

    def told(self, kind: str) -> set[int]:
        """Numbers that were acknowledged."""
        return {int(number) for word, number in map(str.split, self.lines) if word == kind}


def run_until_sync(nursery: Nursery, number: int, before: bytes, folder: Path, masters: MasterKeys) -> Ended:
    """A process whose sync of this number fails; ``folder/cut`` is what the disk has if the power goes as well."""
    folder.mkdir()
    (folder / DATABASE).write_bytes(before)
    report, kept, log = (folder / name for name in ("report", "kept", "log"))
    about: dict[str, Any] = {"url": url_of(folder), "masters": masters.dump(), "number": number}
    about |= {"report": str(report), "kept": str(kept), "fold_after": FOLD_AFTER}
    code = nursery.start("tests.faults.children:store_on_bad_disk", cwd=folder, log=log, about=about).wait(60)
    ops = pickle.loads(kept.read_bytes())  # noqa: S301 - written by our own process
    put(after_cut(ops, {str(folder / DATABASE): before}, nothing), folder / "cut")
    return Ended(code, report.read_text(encoding="utf-8").splitlines(), log.read_text(encoding="utf-8")[-2000:])


async def found_in(folder: Path, masters: MasterKeys) -> Found:
    store = await Store.open(url_of(folder), masters=masters, clock=Clock())
    try:
        return await look(store)
    finally:
        await store.close()


async def test_a_failed_sync_ends_the_process_and_nothing_is_acknowledged_after_it(
    nursery: Nursery, sqlite_template: Path, masters: MasterKeys, tmp_path: Path, scale: Scale[int], table: FaultTable
) -> None:
    try:
        with watched(Disk()):
            pass
    except NotReachable as why:
        pytest.skip(str(why))
    before = sqlite_template.read_bytes()  # noqa: ASYNC240 - a moment, and nothing else runs
    last = scale(10, 50)
    told, where = 0, set[str]()
    for number in range(1, last + 1):
        folder = tmp_path / f"sync{number}"
        ended = run_until_sync(nursery, number, before, folder, masters)
        said = f"sync {number}: {ended}"
        assert ended.code == SYNC_FAILED_EXIT, said
        assert ended.lines[-1].startswith("failed"), f"written or acknowledged after the failed sync: {said}"
        where.add(ended.lines[-1].split()[-1])
        told += len(ended.told("act")) + len(ended.told("message"))
        for left in (folder, folder / "cut"):  # what the next start sees
            found = await found_in(left, masters)
            assert not found.faults, f"{said} {found.faults}"
            assert ended.told("act") <= found.acts, said
            assert ended.told("message") <= found.messages, said
        shutil.rmtree(folder)
    table.row(
        test="D4 failed sync",
        size=f"syncs 1 to {last} of {' and '.join(sorted(where))}",
        figure=f"exit {SYNC_FAILED_EXIT} in all; {told} acknowledged before, 0 lost; 0 writes after",
    )
    assert where == {".db", ".db-wal"}, "both kinds of sync are to fail"
