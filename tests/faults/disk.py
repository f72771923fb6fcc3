"""A disk that can be watched, cut off, filled and broken: a shim around SQLite's own file layer.

The default VFS of the very SQLite library that Python uses is copied, its ``xOpen`` and ``xDelete`` are ours, and each
file that is opened gets a table of methods in which writing, truncating and syncing go through here. Everything else
(reading, locks, shared memory) stays SQLite's own. ``with watched(disk):`` makes it the default for new connections.
"""

import ctypes as c
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

OK: Final = sqlite3.SQLITE_OK
FULL: Final = sqlite3.SQLITE_FULL
SYNC_FAILED: Final = sqlite3.SQLITE_IOERR_FSYNC
SHM: Final = "-shm"


@dataclass(frozen=True, slots=True)
class Op:
    """One change of a file: ``write`` (at, data), ``truncate`` (at), ``sync``, ``delete``."""

    kind: str
    path: str
    at: int = 0
    data: bytes = b""


@dataclass(slots=True)
class Disk:
    """What happened to the files, in order; and what is to go wrong.

    ``capacity``: bytes that all files together may have; a write that needs more is refused as on a full volume.
    With 0 nothing at all may be written: some file systems need room even where a file is written over.
    ``on_sync``: asked before each sync with its number (from 1) and path; anything but ``OK`` is what SQLite is told.
    """

    ops: list[Op] = field(default_factory=list)
    capacity: int | None = None
    on_sync: Callable[[int, str], int] | None = None
    keep: bool = True
    """False: nothing is remembered, only faults are put in."""
    sizes: dict[str, int] = field(default_factory=dict)
    syncs: int = 0
    refused: int = 0

    def write(self, path: str, at: int, data: Callable[[], bytes], amount: int) -> int:
        """Before SQLite writes; ``OK`` lets it."""
        size = self.sizes.get(path, 0)
        more = max(at + amount - size, 0)
        if self.capacity == 0 or (
            more and self.capacity is not None and sum(self.sizes.values()) + more > self.capacity
        ):
            self.refused += 1
            return FULL
        self.sizes[path] = size + more
        if self.keep:
            self.ops.append(Op("write", path, at, data()))
        return OK

    def truncate(self, path: str, size: int) -> int:
        """Before SQLite cuts a file."""
        self.sizes[path] = size
        if self.keep:
            self.ops.append(Op("truncate", path, size))
        return OK

    def sync(self, path: str) -> int:
        """Before SQLite syncs. A sync that fails is no sync."""
        self.syncs += 1
        code = OK if self.on_sync is None else self.on_sync(self.syncs, path)
        if self.keep and code == OK:
            self.ops.append(Op("sync", path))
        return code

    def delete(self, path: str) -> None:
        """Before SQLite removes a file."""
        self.sizes.pop(path, None)
        if self.keep:
            self.ops.append(Op("delete", path))


# --- SQLite's own structures -----------------------------------------------------------------------------------------

_FILE = c.c_void_p
_WRITE = c.CFUNCTYPE(c.c_int, _FILE, c.c_void_p, c.c_int, c.c_int64)
_TRUNCATE = c.CFUNCTYPE(c.c_int, _FILE, c.c_int64)
_SYNC = c.CFUNCTYPE(c.c_int, _FILE, c.c_int)
_NAME = c.c_void_p
"""SQLite keeps the pointer itself: a copy of the name would be gone when it needs it."""
_OPEN = c.CFUNCTYPE(c.c_int, c.c_void_p, _NAME, _FILE, c.c_int, c.c_void_p)
_DELETE = c.CFUNCTYPE(c.c_int, c.c_void_p, _NAME, c.c_int)


class _Methods(c.Structure):
    """``sqlite3_io_methods``."""

    _fields_ = (
        ("version", c.c_int),
        ("close", c.c_void_p),
        ("read", c.c_void_p),
        ("write", _WRITE),
        ("truncate", _TRUNCATE),
        ("sync", _SYNC),
        ("others", c.c_void_p * 13),
    )


class _Vfs(c.Structure):
    """``sqlite3_vfs``."""

    _fields_ = (
        ("version", c.c_int),
        ("file_size", c.c_int),
        ("longest_path", c.c_int),
        ("next", c.c_void_p),
        ("name", c.c_char_p),
        ("data", c.c_void_p),
        ("open", _OPEN),
        ("delete", _DELETE),
        ("others", c.c_void_p * 14),
    )


class NotReachable(Exception):
    """The file layer of Python's SQLite cannot be got at here; the message says why."""


class _Shim:
    """The copied VFS. Never freed: a connection that was opened through it may outlive the test."""

    def __init__(self, library: Any) -> None:
        library.sqlite3_vfs_find.restype = c.POINTER(_Vfs)
        library.sqlite3_vfs_find.argtypes = (c.c_char_p,)
        library.sqlite3_vfs_register.argtypes = (c.c_void_p, c.c_int)
        self._library = library
        self._stock: Any = library.sqlite3_vfs_find(None)
        self._ours = _Vfs()
        c.memmove(c.byref(self._ours), self._stock, c.sizeof(_Vfs))
        self._ours.name = b"zhixin-fault"
        self._open, self._delete = self._stock.contents.open, self._stock.contents.delete
        self._ours.open, self._ours.delete = _OPEN(self._opens), _DELETE(self._deletes)
        self._tables: dict[tuple[int, str], _Methods] = {}
        self._kept: list[Any] = []
        self.disk: Disk | None = None

    def begin(self, disk: Disk) -> None:
        """New connections go through here."""
        self.disk = disk
        self._library.sqlite3_vfs_register(c.byref(self._ours), 1)

    def end(self) -> None:
        """New connections go SQLite's own way again; those that are open pass through unwatched."""
        self.disk = None
        self._library.sqlite3_vfs_register(self._stock, 1)
        self._library.sqlite3_vfs_unregister(c.byref(self._ours))

    def _opens(self, vfs: int, name: int | None, file: int, flags: int, out: int) -> int:
        code = self._open(vfs, name, file, flags, out)
        if code == OK and name and self.disk is not None:
            path = c.string_at(name).decode()
            table = c.cast(file, c.POINTER(c.POINTER(_Methods)))
            self.disk.sizes[path] = Path(path).stat().st_size
            table[0] = c.pointer(self._table(table[0].contents, path))
        return code

    def _deletes(self, vfs: int, name: int, sync: int) -> int:
        if self.disk is not None:
            self.disk.delete(c.string_at(name).decode())
        return self._delete(vfs, name, sync)

    def _table(self, stock: _Methods, path: str) -> _Methods:
        known = self._tables.get((c.addressof(stock), path))
        if known is not None:
            return known
        ours = _Methods()
        size = c.sizeof(_Methods) - c.sizeof(c.c_void_p) * (0 if stock.version >= 3 else 2)
        c.memmove(c.byref(ours), c.byref(stock), size)

        def write(file: int, data: int, amount: int, at: int) -> int:
            code = self.disk.write(path, at, lambda: c.string_at(data, amount), amount) if self.disk else OK
            return stock.write(file, data, amount, at) if code == OK else code

        def truncate(file: int, size: int) -> int:
            code = self.disk.truncate(path, size) if self.disk else OK
            return stock.truncate(file, size) if code == OK else code

        def sync(file: int, flags: int) -> int:
            code = self.disk.sync(path) if self.disk else OK
            return stock.sync(file, flags) if code == OK else code

        ours.write, ours.truncate, ours.sync = _WRITE(write), _TRUNCATE(truncate), _SYNC(sync)
        self._kept.append((stock, ours.write, ours.truncate, ours.sync))
        self._tables[(c.addressof(stock), path)] = ours
        return ours


_shim: list[_Shim] = []


def _libraries() -> Iterator[str]:
    """The loaded SQLite; in a Python that has it built in, the extension module itself."""
    import _sqlite3

    maps = Path("/proc/self/maps")
    if maps.exists():
        lines = maps.read_text(encoding="utf-8", errors="replace").splitlines()
        yield from {line.split(maxsplit=5)[5] for line in lines if "sqlite3" in line and ".so" in line}
    yield str(getattr(_sqlite3, "__file__", ""))


def _find() -> _Shim:
    if _shim:
        return _shim[0]
    for path in _libraries():
        try:
            made = _Shim(c.CDLL(path))
        except (OSError, AttributeError):
            continue
        _shim.append(made)
        return made
    raise NotReachable("this Python's SQLite does not show its functions (sqlite3_vfs_register)")


@contextmanager
def watched(disk: Disk) -> Iterator[Disk]:
    """Connections that are opened in here write through ``disk``; ``NotReachable`` where that cannot be done."""
    shim = _find()
    _prove(shim)
    shim.begin(disk)
    try:
        yield disk
    finally:
        shim.end()


def _prove(shim: _Shim) -> None:
    """What was found is the SQLite that Python uses."""
    probe = Disk()
    shim.begin(probe)
    try:
        with tempfile.TemporaryDirectory() as folder, closing(sqlite3.connect(Path(folder) / "probe.db")) as connection:
            connection.execute("CREATE TABLE probe (x)")
    finally:
        shim.end()
    if not probe.syncs:
        raise NotReachable("Python uses another SQLite than the one that was found")
