"""Run mutants: each in a forked process in which everything is loaded, with one function or constant exchanged.

What cannot be exchanged there (defaults, enums, what runs while modules are loaded) is run in a forked process that
loads the bot anew.
"""

import gc
import importlib
import os
import select
import shutil
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import CodeType, FunctionType
from typing import Any, Final, NoReturn, cast

import pytest

from tests.mutation.choose import Chosen, of_few_files
from tests.mutation.exchange import Functions, exchange
from tests.mutation.operators import Mutant
from tests.mutation.reach import ARGUMENTS, SCOPE, forget_cached
from tests.mutation.tool import ROOT

Job = tuple[Mutant, Chosen]
Tell = Callable[[Job, str, str, float], None]
"""What became of a mutant: ``killed``, ``timeout`` or ``survived``, by which test, in how many seconds."""
WARM: Final = "tests/core/test_reads.py"
"""Its first test makes what a session makes once."""
PATIENCE: Final = 360.0
BROKEN: Final = "broken"
"""The run itself failed: no result."""


def warmed() -> None:
    """Load what is not ours, once for all forks."""
    for name in ("sqlalchemy.ext.asyncio", "aiosqlite", "nonebot", "fastapi", "cryptography", "jinja2", "openpyxl"):
        importlib.import_module(name)


def run_loaded(jobs: list[Job], tell: Tell) -> None:
    """All mutants that are one exchanged function, from one loaded session."""

    def child() -> int:
        return int(pytest.main([*ARGUMENTS, *SCOPE], plugins=[_Session(jobs, tell)]))

    if not jobs:
        return
    pid = os.fork()
    if pid == 0:
        os._exit(child())
    os.waitpid(pid, 0)


def run_anew(job: Job, tell: Tell) -> None:
    """One mutant in a process that loads the bot anew."""
    mutant, chosen = job[0], of_few_files(job[0].path, job[1])

    def child(out: int) -> None:
        _load_instead(mutant)
        _read_instead(mutant)
        files = sorted({test.partition("::")[0] for test in chosen.tests})
        code = pytest.main([*ARGUMENTS, *files], plugins=[_Chosen(chosen.tests, out)])
        if code not in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
            os.write(out, b"loading")

    _judge(job, child, tell)


def _judge(job: Job, child: Callable[[int], None], tell: Tell) -> None:
    """Fork, wait for the first failed test or the end, and kill what hangs."""
    began = time.monotonic()
    if not job[1].tests:
        tell(job, "survived", "no test reaches it", 0.0)
        return
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        _as_child(read, write, child)
    os.close(write)
    ready, _, _ = select.select([read], [], [], PATIENCE)
    by = os.read(read, 500).decode(errors="replace") if ready else ""
    os.close(read)
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    died = os.WIFEXITED(status) and os.WEXITSTATUS(status) != 0
    word = "timeout" if not ready else "broken" if by.startswith(BROKEN) else "killed" if by or died else "survived"
    tell(job, word, by, time.monotonic() - began)


def _as_child(read: int, write: int, child: Callable[[int], None]) -> NoReturn:
    os.setsid()
    os.close(read)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    try:
        child(write)
    except BaseException as problem:
        os.write(write, f"{BROKEN}: {type(problem).__name__}".encode())
    os._exit(0)


class _Stop:
    """The first failed test ends everything."""

    def __init__(self, out: int) -> None:
        self.out = out

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.failed:
            os.write(self.out, report.nodeid.encode()[:480])
            os._exit(0)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if report.failed:
            os.write(self.out, f"loading {report.nodeid}".encode()[:480])
            os._exit(0)


class _Chosen(_Stop):
    """Of what was collected run these tests, in this order."""

    def __init__(self, tests: list[str], out: int) -> None:
        super().__init__(out)
        self._place = {test: number for number, test in enumerate(tests)}

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = sorted((one for one in items if one.nodeid in self._place), key=lambda one: self._place[one.nodeid])


class _Session:
    """In place of the loop over tests: a loop over mutants."""

    def __init__(self, jobs: list[Job], tell: Tell) -> None:
        self._jobs, self._tell = jobs, tell

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = {item.nodeid: item for item in session.items}
        first = next(item for item in session.items if item.nodeid.startswith(WARM))
        away = next(item for item in session.items if item.nodeid.split("/")[1] != first.nodeid.split("/")[1])
        first.config.hook.pytest_runtest_protocol(item=first, nextitem=away)
        functions = _functions()
        base = Path(session.config._tmp_path_factory.getbasetemp())  # pyright: ignore[reportAttributeAccessIssue]
        kept = set(base.iterdir())
        for job in self._jobs:
            _judge(job, lambda out, job=job: self._child(session, items, functions, job, out), self._tell)
            for left in set(base.iterdir()) - kept:
                shutil.rmtree(left, ignore_errors=True)
        return True

    def _child(
        self,
        session: pytest.Session,
        items: dict[str, pytest.Item],
        functions: Functions,
        job: Job,
        out: int,
    ) -> None:
        mutant, chosen = job
        exchange(mutant, chosen, functions)
        _read_instead(mutant)
        forget_cached()
        session.config.pluginmanager.register(_Stop(out))
        run = [items[test] for test in chosen.tests if test in items]
        for item, following in zip(run, [*run[1:], session.items[0]], strict=True):
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)


def _functions() -> Functions:
    """Every loaded function of the bot by where it stands: one dataclass with slots has each of its methods twice."""
    found: Functions = defaultdict(list)
    gc.unfreeze()
    for thing in gc.get_objects():
        if isinstance(thing, FunctionType) and thing.__code__.co_filename.startswith(str(ROOT / "bot")):
            code = thing.__code__
            found[code.co_filename, code.co_qualname, code.co_firstlineno].append(thing)
    gc.freeze()
    return found


def _load_instead(mutant: Mutant) -> None:
    """Whenever the file is loaded, it is the mutant."""
    file, load = str(ROOT / mutant.path), SourceFileLoader.get_code

    def get_code(loader: SourceFileLoader, fullname: str) -> CodeType | None:
        if loader.path == file:
            return cast(CodeType, compile(mutant.code, file, "exec"))
        return load(loader, fullname)

    cast(Any, SourceFileLoader).get_code = get_code


def _read_instead(mutant: Mutant) -> None:
    """Tests that read the source of the bot read the mutant."""
    file, read_text = ROOT / mutant.path, Path.read_text

    def read(path: Path, *how: Any, **named: Any) -> str:
        return mutant.code if path == file else read_text(path, *how, **named)

    cast(Any, Path).read_text = read
    source = sys.modules.get("tests.contracts.source")
    if source is not None:
        source.trees.cache_clear()
