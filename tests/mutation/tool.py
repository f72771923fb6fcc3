"""mutmut's operators, from a folder of their own: installed once with hashes, and last on the path."""

import hashlib
import importlib
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]
CACHE: Final = ROOT / ".cache" / "mutation"
LOCK: Final = Path(__file__).with_name("requirements.lock")


def _installed() -> Path:
    folder = CACHE / f"tool-{hashlib.sha256(LOCK.read_bytes()).hexdigest()[:12]}"
    if not (folder / "done").exists():
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-input"]
        subprocess.run([*pip, "--require-hashes", "--target", str(folder), "-r", str(LOCK)], check=True)
        (folder / "done").touch()
    return folder


def tool(name: str) -> Any:
    """A module of the tool; it has no types here, since it is not one of the packages of development."""
    folder = str(_installed())
    if folder not in sys.path:
        sys.path.append(folder)
    return importlib.import_module(name)
