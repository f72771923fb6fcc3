"""A whole bot as its own process on loopback, started as an operator starts it; and a roster to begin with."""

import asyncio
import csv
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import httpx

TOKEN = "t" * 40
BOT = "90000000"
START_WITHIN = 30.0
"""Seconds until a process must be ready; generous: the machine may be busy (the promise of 3 s is measured apart)."""


def free_port() -> int:
    """A port nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class LiveBot:
    """One data folder and the process that runs on it; may be killed and started again."""

    program: tuple[str, ...] = ("-m", "bot", "run")

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
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def base(self) -> str:
        """Where its HTTP doors are."""
        return f"http://127.0.0.1:{self.port}"

    def command(self, *words: str, expect: int = 0) -> str:
        """Run ``zhixin <words>`` to its end; returns what it printed."""
        done = subprocess.run(
            [sys.executable, "-m", "bot", *words],
            cwd=self.folder,
            env=self.env,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == expect, done.stdout + done.stderr
        return done.stdout + done.stderr

    async def start(self) -> None:
        """Start the process and wait until it says it is ready."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(  # noqa: ASYNC220 - starting it takes no time
                [sys.executable, *self.program], cwd=self.folder, env=self.env, stdout=log, stderr=log
            )
        async with asyncio.timeout(START_WITHIN), httpx.AsyncClient() as client:
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
        return process.wait(timeout=20)

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
