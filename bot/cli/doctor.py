"""``doctor``: whether this machine and these settings can run the bot. Looks only; makes nothing."""

import os
import shutil
import sqlite3
import stat
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final, Literal

import click
from pydantic import ValidationError
from sqlalchemy import make_url, select
from sqlalchemy.exc import ArgumentError, DBAPIError

from bot.chat.picture import drawing
from bot.cli.faults import spelled
from bot.cli.session import ENV_FILE, fault_of, key_file, run, wrong_settings
from bot.cli.shell import Stop, command, tell
from bot.cli.start import secrets_are_open
from bot.cli.waiting import stranded
from bot.cli.words import say, words
from bot.clock import Clock
from bot.config import MIN_TOKEN_LENGTH, Settings
from bot.core.acts.workdays import FILE as WORKDAYS_FILE
from bot.core.acts.workdays import WorkdaysRefused, read_workdays
from bot.core.reads.campaigns import campaigns
from bot.core.rules.campaign_file import CampaignsWrong
from bot.features.guidance.reads.data import check_checklists
from bot.log import configure
from bot.store.audit import verify
from bot.store.audit_heads import last_told, read_heads
from bot.store.delivery import AuditEntry
from bot.store.engine import SAFE_SQLITE, DatabaseInUse, SchemaOutdated, open_engines
from bot.store.keyfile import KeysLost, KeysOpen, holds_sealed, read_key_file
from bot.store.migrate import check, head
from bot.store.sealing import MasterKeys, SealingError
from bot.store.store import Store

MIN_PYTHON: Final = (3, 11)
LITTLE_DISK: Final = 1_024
NO_DISK: Final = 200
"""MiB: the ballast that reliability section 8 keeps to be able to delete."""
UNTOLD: Final = timedelta(days=3)
"""Days after which it is a finding that the audit's head was not told outside, or that the file is gone."""
NETWORK: Final = frozenset({"nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "afs", "ceph", "glusterfs"})
MOUNTS: Final = Path("/proc/mounts")
Level = Literal["good", "warn", "bad"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at: its key among the texts, how it stands, and what was found."""

    key: str
    level: Level
    found: str = ""


@command("doctor")
def doctor() -> None:
    """Print one line a check; exit code 1 if one is bad."""
    configure("ERROR", "text")
    findings = list(examine())
    for finding in findings:
        sentence = say(finding.key, "check", level=finding.level, found=finding.found)
        click.echo(f"{words()['mark'][finding.level]} {sentence}")
    bad = sum(finding.level == "bad" for finding in findings)
    if bad:
        raise Stop("doctor_bad", count=bad)
    tell("doctor_good")


def examine() -> Iterator[Finding]:
    """Every check, in the order in which a beginner would mend them."""
    version = sys.version_info[:3]
    yield Finding("python", "good" if version >= MIN_PYTHON else "bad", _dotted(version))
    yield Finding("sqlite", "good" if sqlite3.sqlite_version_info >= SAFE_SQLITE else "warn", sqlite3.sqlite_version)
    yield _env()
    try:
        settings = Settings()
    except ValidationError as error:
        yield Finding("settings", "bad", "、".join(wrong_settings(error)))
        return
    yield Finding("settings", "good")
    token = len(settings.onebot_access_token.get_secret_value())
    yield Finding("token", "good" if token >= MIN_TOKEN_LENGTH else "bad", str(token))
    yield from _data_dir(settings.zhixin_data_dir)
    yield _workdays(settings)
    yield _campaigns(settings)
    yield _pictures()
    masters, finding = _keys(settings)
    yield finding
    yield from run(_database(settings, masters))


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def _env() -> Finding:
    try:
        mode = f"{stat.S_IMODE(ENV_FILE.stat().st_mode):04o}"
    except OSError:
        return Finding("env", "warn")
    return Finding("env", "bad" if secrets_are_open(ENV_FILE) else "good", mode)


def _data_dir(folder: Path) -> Iterator[Finding]:
    place = folder.absolute()
    while not place.exists():  # what is not there yet will be made below the first folder that is
        place = place.parent
    try:
        with tempfile.TemporaryFile(dir=place):
            writable = True
    except OSError:
        writable = False
    yield Finding("data_dir", "good" if writable else "bad", str(folder))
    kind = filesystem_of(place)
    yield Finding("filesystem", "warn" if not kind else "bad" if kind in NETWORK else "good", kind)
    free = shutil.disk_usage(place).free // 2**20
    yield Finding("disk", "good" if free >= LITTLE_DISK else "warn" if free >= NO_DISK else "bad", str(free))


def filesystem_of(place: Path, mounts: Path = MOUNTS) -> str:
    """The kind of file system below a folder; empty where the system does not tell."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    best, kind = -1, ""
    for parts in (line.split() for line in lines):
        if len(parts) < 3:
            continue
        mounted = parts[1].replace("\\040", " ")
        if place.resolve().is_relative_to(mounted) and len(mounted) >= best:
            best, kind = len(mounted), parts[2]
    return kind


def _workdays(settings: Settings) -> Finding:
    """Whether the table can be read, and from 15 November on whether next year is known (requirements 7.3)."""
    try:
        workdays = read_workdays(settings.zhixin_data_dir)
    except WorkdaysRefused as refused:
        return Finding("workdays", "bad", spelled(WORKDAYS_FILE, refused.faults[0]))
    missing = workdays.missing_year(Clock(settings.zhixin_clock).now().date())
    return Finding("workdays", "warn" if missing else "good", str(missing or ""))


def _campaigns(settings: Settings) -> Finding:
    """Whether the organ's own file of campaigns can be taken."""
    try:
        found = check_checklists(campaigns(settings.zhixin_campaigns_file))
    except CampaignsWrong as error:
        return Finding("campaigns", "bad", " ".join(filter(None, fault_of(error).values())))
    return Finding("campaigns", "good", str(len(found.all)))


def _pictures() -> Finding:
    """Whether 进度 can be shown as a picture too; nothing is missing where it cannot."""
    return Finding("pictures", "good", "drawn" if drawing() is not None else "")


def _keys(settings: Settings) -> tuple[MasterKeys | None, Finding]:
    text = settings.zhixin_master_keys.get_secret_value()
    path = key_file(settings)
    try:
        if not text and not os.path.lexists(path):
            lost = holds_sealed(settings.database_url)
            return None, Finding("keys", "bad" if lost else "warn", "lost")
        masters = MasterKeys.parse(text) if text else read_key_file(path)
    except KeysOpen:
        return None, Finding("keys", "bad", "open")
    except KeysLost:
        return None, Finding("keys", "bad", "lost")
    except (SealingError, ArgumentError, DBAPIError, OSError):
        return None, Finding("keys", "bad")
    return masters, Finding("keys", "good", "" if text else f"（{path}）")


def _is_missing(url: str) -> bool:
    """An SQLite file that is not there: to look must not make it."""
    parsed = make_url(url)
    return parsed.get_backend_name() == "sqlite" and not Path(parsed.database or "").exists()


async def _database(settings: Settings, masters: MasterKeys | None) -> list[Finding]:
    """The database, and the audit in it."""
    url, audit = settings.database_url, list[Finding]()
    try:
        if _is_missing(url):
            return [Finding("database", "bad", "outdated")]
        if masters is not None:
            store = await Store.open(url, masters=masters, clock=Clock())
            try:
                audit += [await _audit(store, settings), await _waiting(store)]
            finally:
                await store.close()
        else:
            engines = open_engines(url)
            try:
                await check(engines)
            finally:
                await engines.dispose()
    except DatabaseInUse:
        return [Finding("database", "warn")]
    except SchemaOutdated:
        return [Finding("database", "bad", "outdated")]
    except SealingError:
        return [Finding("database", "bad", "keys")]
    except (ArgumentError, DBAPIError, OSError) as error:
        return [Finding("database", "bad", type(error).__name__)]
    return [Finding("database", "good", head()), *audit]


async def _audit(store: Store, settings: Settings) -> Finding:
    """The whole chain, what guards it, and whether its head has been told outside lately."""
    path = settings.audit_file
    try:
        told, last = list(read_heads(path)), last_told(path)
    except OSError:
        told, last = [], None
    async with store.read() as session:
        count, faults = await verify(session, store.vault, told)
        began = None if faults else await session.scalar(select(AuditEntry.at).order_by(AuditEntry.seq).limit(1))
    if faults:
        return Finding("audit", "bad", str(len(faults)))
    since = last or (began.date() if began is not None else None)
    late = since is not None and store.clock.now().date() - since > UNTOLD
    return Finding("audit", "warn" if late else "good", str(count))


async def _waiting(store: Store) -> Finding:
    """Whether anything waits that nobody can take."""
    count = sum(line.count for line in await stranded(store))
    return Finding("waiting", "warn" if count else "good", str(count))


COMMANDS: Final = (doctor,)
