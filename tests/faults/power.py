"""Power cuts: what a disk holds when everything that was written and not yet synced may be gone."""

import random
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from tests.faults.disk import SHM, Op

SECTOR = 512
Fate = Callable[[Op], bytes | None]
"""What of an unsynced write reached the disk: its first bytes, or None for nothing."""


def nothing(_: Op) -> bytes | None:
    """The disk kept nothing that it was not told to keep."""
    return None


def anything(dice: random.Random) -> Fate:
    """The disk wrote some of it, in any order: whole, cut off at a sector, or not at all."""

    def fate(op: Op) -> bytes | None:
        match dice.randrange(3):
            case 0:
                return op.data
            case 1:
                return op.data[: dice.randrange(len(op.data) // SECTOR + 1) * SECTOR]
            case _:
                return None

    return fate


def after_cut(ops: Iterable[Op], before: Mapping[str, bytes], fate: Fate) -> dict[str, bytes]:
    """The files after a power cut behind the last of ``ops``. ``before`` was on the disk already."""
    synced = {path: bytearray(content) for path, content in before.items()}
    waiting: dict[str, list[Op]] = {}
    for op in ops:
        if op.path.endswith(SHM):
            continue
        match op.kind:
            case "sync":
                content = synced.setdefault(op.path, bytearray())
                for earlier in waiting.pop(op.path, []):
                    _apply(content, earlier, earlier.data)
            case "delete":
                synced.pop(op.path, None)
                waiting.pop(op.path, None)
            case _:
                waiting.setdefault(op.path, []).append(op)
    for path, late in waiting.items():
        for op in late:
            data = fate(op)
            if data is not None:
                _apply(synced.setdefault(path, bytearray()), op, data)
    return {path: bytes(content) for path, content in synced.items()}


def _apply(content: bytearray, op: Op, data: bytes) -> None:
    if op.kind == "truncate":
        del content[op.at :]
        content.extend(bytes(op.at - len(content)))
        return
    if len(content) < op.at:
        content.extend(bytes(op.at - len(content)))
    content[op.at : op.at + len(data)] = data


def put(files: Mapping[str, bytes], folder: Path) -> None:
    """Write the files of a cut into an empty folder."""
    folder.mkdir(parents=True)
    for path, content in files.items():
        (folder / Path(path).name).write_bytes(content)
