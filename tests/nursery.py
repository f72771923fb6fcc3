"""Processes that begin in a moment: everything is loaded once, then each start is a fork (many kills in little time).

``python -m tests.nursery`` reads one JSON line a start from its input: ``{"run": "module:function", "cwd": ...,
"env": {...}, "log": file, "about": ...}``. It answers ``{"pid": n}``, and when that one has ended
``{"ended": n, "code": c}``. The fork has its environment before the function runs, as a process started for itself.
"""

import gc
import importlib
import json
import os
import selectors
import signal
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, Final

ROOT: Final = Path(__file__).resolve().parents[1]
PRELOADED: Final = (
    "bot.app",
    "bot.cli",
    "sqlalchemy.dialects.sqlite.aiosqlite",
    "uvicorn.lifespan.on",
    "uvicorn.loops.uvloop",
    "uvicorn.protocols.http.auto",
    "uvicorn.protocols.websockets.auto",
    "alembic.command",
    "alembic.ddl.sqlite",
    "nonebot.drivers.fastapi",
)
CRASHED: Final = 70


class Child:
    """One forked process; the part of ``subprocess.Popen`` that tests use."""

    def __init__(self, pid: int) -> None:
        self.pid = pid
        self.returncode: int | None = None
        self._ended = threading.Event()

    def ended(self, code: int) -> None:
        """Called by the reader of the nursery's answers."""
        self.returncode = code
        self._ended.set()

    def poll(self) -> int | None:
        """The exit code, or None while it runs."""
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for the end; negative: the signal that ended it."""
        if not self._ended.wait(timeout):
            raise TimeoutError(f"process {self.pid} goes on after {timeout} s")
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, sig: int) -> None:
        """Send a signal unless it has ended."""
        if self.returncode is None:
            os.kill(self.pid, sig)


class Nursery:
    """The parent's side: one loaded process for all forks of a test module."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None
        self._children: dict[int, Child] = {}
        self._born: list[Child] = []
        self._news = threading.Condition()
        self._asking = threading.Lock()

    def _begun(self) -> subprocess.Popen[str]:
        if self._process is None:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "tests.nursery"],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
                start_new_session=True,
            )
            threading.Thread(target=self._listen, args=(self._process.stdout,), daemon=True).start()
        return self._process

    def start(
        self, run: str, *, cwd: Path, log: Path, env: Mapping[str, str] | None = None, about: Any = None
    ) -> Child:
        """Fork and run ``module:function``; ``about`` is handed to it."""
        wish = {"run": run, "cwd": str(cwd), "log": str(log), "env": dict(env or {}), "about": about}
        with self._asking:
            process = self._begun()
            assert process.stdin is not None
            process.stdin.write(json.dumps(wish) + "\n")
            process.stdin.flush()
            with self._news:
                if not self._news.wait_for(lambda: self._born or process.poll() is not None, timeout=60):
                    raise TimeoutError("nothing was forked within a minute")
                return self._born.pop()

    def close(self) -> None:
        """Kill what still runs and end."""
        for child in self._children.values():
            if child.poll() is None:
                child.send_signal(signal.SIGKILL)
        if self._process is None:
            return
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=10)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def _listen(self, told: IO[str]) -> None:
        for line in told:
            news = json.loads(line)
            with self._news:
                if "pid" in news:
                    child = self._children[news["pid"]] = Child(news["pid"])
                    self._born.append(child)
                else:
                    self._children[news["ended"]].ended(news["code"])
                self._news.notify_all()


def zhixin(words: list[str]) -> object:
    """``zhixin <words>``, to be run in a fork."""
    from bot.cli import main

    return main(words)


# --- the nursery's own side ------------------------------------------------------------------------------------------


def _load() -> None:
    for name in PRELOADED:
        importlib.import_module(name)
    from sqlalchemy.orm import configure_mappers

    from bot.core.feature import features

    features()
    configure_mappers()


def _become(wish: dict[str, Any]) -> int:
    """In the fork: environment, folder and output as wished for, then the function."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    log = os.open(wish["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for to, source in ((0, nothing), (1, log), (2, log)):
        os.dup2(source, to)
    os.environ.clear()
    os.environ.update(wish["env"])
    os.chdir(wish["cwd"])
    module, _, name = wish["run"].partition(":")
    try:
        code = getattr(importlib.import_module(module), name)(wish["about"])
    except SystemExit as end:
        code = end.code
    except BaseException:
        import traceback

        traceback.print_exc()
        code = CRASHED
    sys.stdout.flush()
    sys.stderr.flush()
    return code if isinstance(code, int) else 0 if code is None else 1


def _reap() -> None:
    while True:
        try:
            pid, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        _tell({"ended": pid, "code": os.waitstatus_to_exitcode(status)})


def _tell(news: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(news) + "\n")
    sys.stdout.flush()


def _serve() -> None:
    heard, bell = os.pipe()
    for end in (heard, bell):
        os.set_blocking(end, False)
    signal.set_wakeup_fd(bell)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    ear = selectors.DefaultSelector()
    ear.register(heard, selectors.EVENT_READ)
    ear.register(sys.stdin, selectors.EVENT_READ)
    while True:
        for key, _ in ear.select():
            if key.fileobj == heard:
                os.read(heard, 4096)
                _reap()
                continue
            line = sys.stdin.readline()
            if not line:
                return
            pid = os.fork()
            if pid == 0:
                ear.close()
                os._exit(_become(json.loads(line)))
            _tell({"pid": pid})
            _reap()


if __name__ == "__main__":
    _load()
    gc.freeze()
    _serve()
