"""The other contender's own virtual environment, and the facts of the machine that a figure needs beside it."""

import hashlib
import os
import platform
import subprocess
import sys
import venv
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
LOCK: Final = Path(__file__).with_name("requirements.lock")
RECORDER: Final = "nonebot_plugin_chatrecorder"


def recorder_python() -> str | None:
    """The interpreter with nonebot-plugin-chatrecorder, installed with hashes once; None where that fails."""
    folder = ROOT / ".cache" / f"bench-{hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]}"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    done = folder / "done"
    if not done.exists():
        venv.create(folder, with_pip=True, clear=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
        found = subprocess.run([*pip, "--require-hashes", "-r", str(LOCK)], capture_output=True, check=False)
        if found.returncode != 0:
            return None
        done.touch()
    return str(python)


def machine() -> str:
    """Cores, Python, how busy it was, and which commit was measured."""
    load = f", load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else ""
    return (
        f"{os.cpu_count()} cores ({platform.machine()}){load}, Python {platform.python_version()}, "
        f"{sys.platform}, commit {_commit()}"
    )


def _commit() -> str:
    def git(*words: str) -> str:
        found = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
        return found.stdout.strip() if found.returncode == 0 else ""

    return (
        f"{git('rev-parse', '--short', 'HEAD') or 'unknown'}{' and changes' if git('status', '--short', 'bot') else ''}"
    )
