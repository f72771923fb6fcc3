"""What most commands begin with: settings read, log quiet, database open; and what its refusals are called."""

import asyncio
import re
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

from pydantic import ValidationError
from sqlalchemy.exc import ArgumentError, DBAPIError

from bot.cli.faults import spelled
from bot.cli.shell import Stop
from bot.cli.words import words
from bot.clock import Clock
from bot.config import Settings
from bot.core.acts.workdays import FILE as WORKDAYS_FILE
from bot.core.acts.workdays import WorkdaysRefused
from bot.core.rules.campaign_file import CampaignsWrong
from bot.log import configure
from bot.store import keyfile
from bot.store.engine import DatabaseInUse, SchemaOutdated
from bot.store.keyfile import KeysLost, KeysOpen, KeysUnusable
from bot.store.migrate import DatabaseDamaged
from bot.store.sealing import MasterKeys, SealingError
from bot.store.store import Store

T = TypeVar("T")


class InUse(Stop):
    """Another process holds the database."""

    def __init__(self) -> None:
        super().__init__("in_use")


ENV_FILE: Final = Path(".env")
KEY_FILE: Final = keyfile.FILE
_SETTING: Final = re.compile(r"\b(?:HOST|PORT|(?:ONEBOT|ZHIXIN)_[A-Z_]+)\b")


def load_settings() -> Settings:
    """The settings; a wrong one ends the command with its name, never with its value."""
    configure("WARNING", "text")
    try:
        return Settings()
    except ValidationError as error:
        names = wrong_settings(error)
    reasons = {name: words()["setting"].get(name, words()["setting"]["other"]) for name in names}
    raise Stop("settings_bad", names=names, reasons=reasons)


def wrong_settings(error: ValidationError) -> list[str]:
    """The names of the settings that an error is about."""
    names: list[str] = []
    for fault in error.errors(include_url=False, include_input=False):
        told = "_".join(map(str, fault["loc"][:1])).upper()
        found = [told] if told else _SETTING.findall(fault["msg"])[:1]
        names += [name for name in found if name not in names]
    return names


def key_file(settings: Settings) -> Path:
    """Where the embedded default keeps its master keys."""
    return settings.zhixin_data_dir / KEY_FILE


def master_keys(settings: Settings) -> MasterKeys:
    """Master keys from the environment, or from the key file, which is made if there is nothing yet to open."""
    return keyfile.master_keys(*_where_keys_are(settings))


def refuse_if_keys_are_lost(settings: Settings) -> None:
    """Before a command writes anything beside a database that it could not open."""
    with refusals():
        keyfile.refuse_if_lost(*_where_keys_are(settings))


def _where_keys_are(settings: Settings) -> tuple[str, Path, str]:
    return settings.zhixin_master_keys.get_secret_value(), key_file(settings), settings.database_url


def fault_of(error: CampaignsWrong) -> dict[str, str]:
    """What is wrong in the organ's file of campaigns, in words: which one, which part, what was found there."""
    reason = words()["campaign_fault"].get(error.fault, error.fault)
    return {"campaign": error.campaign, "part": error.part, "reason": reason, "found": error.found}


@contextmanager
def store_refusals() -> Iterator[None]:
    """Give the store's own refusals their sentences."""
    try:
        yield
    except DatabaseInUse as error:
        raise InUse from error
    except SchemaOutdated as error:
        raise Stop("outdated") from error
    except KeysLost as error:
        raise Stop("keys_lost") from error
    except KeysOpen as error:
        raise Stop("keys_open") from error
    except KeysUnusable as error:
        raise Stop("keys_unusable") from error
    except SealingError as error:
        raise Stop("keys_refused") from error
    except DatabaseDamaged as error:
        raise Stop("damaged") from error
    except CampaignsWrong as error:
        fault = fault_of(error)
        raise Stop(
            "campaigns_bad",
            campaign=fault["campaign"],
            part=fault["part"],
            reason=fault["reason"],
            found=fault["found"],
        ) from error
    except WorkdaysRefused as error:
        raise Stop("workdays_bad", faults=[spelled(WORKDAYS_FILE, fault) for fault in error.faults]) from error


@contextmanager
def refusals() -> Iterator[None]:
    """The same, and what the database or the disk refuses."""
    try:
        with store_refusals():
            yield
    except (ArgumentError, DBAPIError, OSError) as error:
        raise Stop("unreachable") from error


@asynccontextmanager
async def open_store(settings: Settings) -> AsyncIterator[Store]:
    """The store for one command; a running bot on SQLite keeps it out."""
    with refusals():
        store = await Store.open(
            settings.database_url, masters=master_keys(settings), clock=Clock(settings.zhixin_clock)
        )
    try:
        yield store
    finally:
        await store.close()


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run one command's coroutine."""
    return asyncio.run(work)
