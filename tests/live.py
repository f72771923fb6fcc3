"""A whole bot as its own process on loopback; and a roster to begin with."""

import asyncio
import csv
import itertools
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Protocol

import httpx

from tests.nursery import Nursery
from tests.patience import PATIENCE

TOKEN = "t" * 40
BOT = "90000000"


def free_port() -> int:
    """A port nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Process(Protocol):
    """What is asked of a running process."""

    @property
    def pid(self) -> int: ...

    def poll(self) -> int | None: ...

    def wait(self, timeout: float | None = None) -> int: ...

    def send_signal(self, sig: int) -> None: ...


class LiveBot:
    """One data folder and the process that runs on it; may be killed and started again."""

    program: tuple[str, ...] | None = None
    """Another program in place of ``zhixin run``."""
    nursery: ClassVar[Nursery | None] = None
    """Where processes are forked from; without it each loads everything anew, as an operator's does."""

    def __init__(self, folder: Path, **more: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.log = folder / "bot.log"
        self.env = {
            **{k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH", "VIRTUAL_ENV")},
            "PYTHONPATH": str(Path(__file__).resolve().parent.parent),
            "HOST": "127.0.0.1",
            "PORT": str(self.port),
            "ONEBOT_ACCESS_TOKEN": TOKEN,
            "ZHIXIN_ACCEPT_QQ_RISK": "true",
            "ZHIXIN_DATA_DIR": str(folder / "data"),
            "ZHIXIN_PACE": "off",
            **more,
        }
        self.process: Process | None = None
        self._commands = itertools.count()

    @property
    def base(self) -> str:
        """Where its HTTP doors are."""
        return f"http://127.0.0.1:{self.port}"

    def command(self, *words: str, expect: int = 0) -> str:
        """Run ``zhixin <words>`` to its end; returns what it printed."""
        log = self.folder / f"command{next(self._commands)}.log"
        code = self._run(words, log).wait(timeout=120)
        said = log.read_text(encoding="utf-8")
        assert code == expect, said
        return said

    def begin(self) -> Process:
        """Start the process."""
        if self.program is not None:
            return self._load(self.program, self.log)
        return self.run("run")

    def run(self, *words: str) -> Process:
        """Start ``zhixin <words>``; what it prints stands in the log."""
        return self._run(words, self.log)

    def fork(self, run: str, log: Path, about: Any) -> Process:
        """Run ``module:function`` in a process that is loaded already."""
        assert self.nursery is not None
        return self.nursery.start(run, cwd=self.folder, log=log, env=self.env, about=about)

    def _run(self, words: Sequence[str], log: Path) -> Process:
        if self.nursery is None:
            return self._load(("-m", "bot", *words), log)
        return self.fork("tests.nursery:zhixin", log, list(words))

    def _load(self, program: Sequence[str], log: Path) -> Process:
        with log.open("ab") as output:
            return subprocess.Popen(
                [sys.executable, *program], cwd=self.folder, env=self.env, stdout=output, stderr=output
            )

    async def start(self) -> None:
        """Start the process and wait until it says it is ready."""
        self.process = self.begin()
        async with asyncio.timeout(PATIENCE), httpx.AsyncClient() as client:
            while True:
                assert self.process.poll() is None, self.log.read_text(encoding="utf-8")[-3000:]
                try:
                    if (await client.get(f"{self.base}/healthz")).status_code == 200:
                        return
                except httpx.TransportError:
                    pass
                await asyncio.sleep(0.02)

    def kill(self) -> None:
        """The hard way: SIGKILL."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """The orderly way: SIGTERM; returns the exit code."""
        return self._end(signal.SIGTERM)

    def _end(self, sig: signal.Signals) -> int:
        process, self.process = self.process, None
        if process is None:
            return 0
        process.send_signal(sig)
        return process.wait(timeout=PATIENCE)

    def read_log(self) -> str:
        """Everything the process has logged."""
        return self.log.read_text(encoding="utf-8")


def write_roster(folder: Path, people: Mapping[str, str]) -> tuple[Path, Path]:
    """Two organisations and these people (name -> 身份) in the county; returns the two files."""
    orgs, rows = folder / "orgs.csv", folder / "people.csv"
    with orgs.open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(
            [
                ["编码", "名称", "上级编码", "级别", "性质"],
                ["GT", "共青团甘棠市委员会", "", "市", "地方"],
                ["QH", "共青团青禾县委员会", "GT", "县", "地方"],
            ]
        )
    with rows.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(
            [["姓名", "组织编码", "身份", "班子成员"], *[[name, "QH", roles, "否"] for name, roles in people.items()]]
        )
    return orgs, rows


def read_codes(path: Path) -> dict[str, str]:
    """Bind codes by name."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {row["姓名"]: row["绑定码"] for row in csv.DictReader(file)}


def with_roster(bot: LiveBot, people: Mapping[str, str]) -> dict[str, str]:
    """Migrate, import these people, and return their bind codes."""
    bot.command("migrate")
    orgs, rows = write_roster(bot.folder, people)
    codes = bot.folder / "codes.csv"
    bot.command("import", "--orgs", str(orgs), "--people", str(rows), "--codes", str(codes))
    return read_codes(codes)
