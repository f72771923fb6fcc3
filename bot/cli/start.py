"""``init``, ``migrate``, ``run`` and ``demo``: from nothing to a running bot."""

import os
import re
import secrets
import socket
import stat
from contextlib import suppress
from datetime import datetime, time
from pathlib import Path
from typing import Final

from pydantic import SecretStr

from bot.cli.session import ENV_FILE, KEY_FILE, load_settings, refusals, refuse_if_keys_are_lost, run, store_refusals
from bot.cli.shell import Stop, command, tell
from bot.cli.words import FOLDER
from bot.clock import SHANGHAI, Clock
from bot.config import MIN_TOKEN_LENGTH, Settings
from bot.core.acts.roster_files import write_private
from bot.core.acts.workdays import read_workdays
from bot.store.audit_heads import FILE as AUDIT_FILE
from bot.store.engine import DatabaseInUse, FileLock
from bot.store.migrate import upgrade

TOKEN_BYTES: Final = 32
"""Random bytes of a fresh token: 43 characters, more than ``MIN_TOKEN_LENGTH``."""
SECRETS: Final = ("ONEBOT_ACCESS_TOKEN", "ONEBOT_SECRET", "ZHIXIN_MASTER_KEYS")
FIRST_SECRET: Final = SECRETS[0]
DATABASE: Final = "ZHIXIN_DATABASE_URL"
_PASSWORD_IN_URL: Final = re.compile(r"://[^/@:]*:[^/@]")
DEMO_BEGINS: Final = time(19, 30)
"""An evening before the quiet hours, whatever the hour is here: people are in their groups and may be written to."""
DEMO_FOLDER: Final = "demo"
DEMO_ADDRESS: Final = "address.txt"
"""Where the demo that runs is to be opened, for whoever starts a second one."""


@command("init")
def init() -> None:
    """Write ``.env`` from the packaged example with a fresh token, readable for its owner only."""
    if os.path.lexists(ENV_FILE):
        raise Stop("init_exists", path=ENV_FILE)
    refuse_if_keys_are_lost(load_settings())
    example = (FOLDER / "env.j2").read_text(encoding="utf-8")
    text = example.replace(f"{FIRST_SECRET}=\n", f"{FIRST_SECRET}={secrets.token_urlsafe(TOKEN_BYTES)}\n")
    try:
        write_private(ENV_FILE, text)
    except OSError as error:
        raise Stop("init_failed", path=ENV_FILE) from error
    tell("init_done", path=ENV_FILE)


@command("migrate")
def migrate() -> None:
    """Bring the database to this program's schema."""
    before, after = _migrate(load_settings())
    tell("migrate_same" if before == after else "migrated", before=before or "0", after=after)


def _migrate(settings: Settings) -> tuple[str | None, str]:
    refuse_if_keys_are_lost(settings)
    with refusals():
        settings.zhixin_data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        return run(upgrade(settings.database_url))


@command("run")
def run_bot() -> None:
    """Start the bot and serve until told to stop."""
    settings = load_settings()
    if secrets_are_open(ENV_FILE):
        raise Stop("env_open", path=ENV_FILE)
    token = settings.onebot_access_token.get_secret_value()
    if len(token) < MIN_TOKEN_LENGTH and not (settings.zhixin_sandbox and settings.loopback):
        raise Stop("token_missing")
    _serve(settings, demo=False)


@command("demo")
def demo() -> None:
    """Start on a fresh embedded database with the invented county and the sandbox; the real data is not touched."""
    settings = load_settings()
    if not settings.loopback:
        raise Stop("demo_not_local")
    folder = settings.zhixin_data_dir / DEMO_FOLDER
    settings = settings.model_copy(
        update={
            "zhixin_sandbox": True,
            "zhixin_data_dir": folder,
            "zhixin_database_url": "",
            "zhixin_master_keys": SecretStr(""),
            "zhixin_audit_file": None,
            "onebot_access_token": SecretStr(secrets.token_urlsafe(TOKEN_BYTES)),
            "onebot_self_ids": (),
            "zhixin_clock": settings.zhixin_clock
            or datetime.combine(Clock().now().date(), DEMO_BEGINS, tzinfo=SHANGHAI),
            "zhixin_pace": "night",  # nobody waits for a budget, but the night is as quiet as it will be
            "zhixin_log_level": _demo_log_level(settings),
        }
    )
    _forget_last_demo(folder)
    _try_port(settings)
    if settings.port:  # 0: one that is free, known once it is served
        (folder / DEMO_ADDRESS).write_text(f"http://{settings.host}:{settings.port}/sandbox/", encoding="utf-8")
    tell("demo_begins", path=folder)
    _migrate(settings)
    _serve(settings, demo=True)


def _demo_log_level(settings: Settings) -> str:
    """Only what breaks, so that the address stands out (a warning is for operators); unless the user asked for more."""
    return settings.zhixin_log_level if "zhixin_log_level" in settings.model_fields_set else "ERROR"


def _forget_last_demo(folder: Path) -> None:
    """Remove what the last demo wrote; a demo that still runs keeps it."""
    with refusals():
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            lock = FileLock(folder / "zhixin.db.lock")
        except DatabaseInUse as error:
            address = folder / DEMO_ADDRESS
            told = address.read_text(encoding="utf-8") if address.exists() else ""
            raise Stop("demo_running", address=told) from error
        try:
            for name in (
                "zhixin.db",
                "zhixin.db-wal",
                "zhixin.db-shm",
                "erased.log",
                AUDIT_FILE,
                DEMO_ADDRESS,
                KEY_FILE,
            ):
                (folder / name).unlink(missing_ok=True)
        finally:
            lock.release()


def _serve(settings: Settings, *, demo: bool) -> None:
    from bot import app  # the whole bot: too slow to load for the other commands

    with store_refusals():
        read_workdays(settings.zhixin_data_dir)  # a fault in it is found before anything is opened
    _try_port(settings)
    with store_refusals(), suppress(KeyboardInterrupt):  # an interrupted bot has stopped in order
        app.run(settings, demo=demo)


def _try_port(settings: Settings) -> None:
    """Find out before the database is opened that nobody could connect."""
    try:
        with socket.create_server((settings.host, settings.port)):
            return
    except OSError as error:
        raise Stop("port_taken", port=settings.port) from error


def secrets_are_open(path: Path) -> bool:
    """Whether others can read a settings file that holds a secret (threat 21)."""
    try:
        mode, text = path.stat().st_mode, path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    return bool(stat.S_IMODE(mode) & 0o077) and any(_holds_secret(line) for line in text.splitlines())


def _holds_secret(line: str) -> bool:
    """One line of a settings file, in every spelling that the settings are read in."""
    name, _, value = line.partition("=")
    name, value = name.strip().removeprefix("export ").strip().upper(), value.strip().strip("'\"")
    if name == DATABASE:
        return bool(_PASSWORD_IN_URL.search(value))
    return name in SECRETS and bool(value)


COMMANDS: Final = (init, migrate, run_bot, demo)
