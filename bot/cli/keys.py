"""``keys rotate`` and ``audit verify``: the master key, and the chain of audit entries."""

from typing import Final

import click

from bot.cli.session import key_file, load_settings, master_keys, open_store, refusals, run
from bot.cli.shell import Main, Stop, command, option, tell
from bot.cli.words import words
from bot.config import Settings
from bot.core.acts.roster_files import write_private
from bot.store.audit_check import Fault, verify
from bot.store.rotation import rewrap
from bot.store.sealing import MasterKeys

audit = Main("audit", "audit")
keys = Main("keys", "keys")


@command("audit_verify", "verify")
def audit_verify() -> None:
    """Walk the whole chain and name every entry that does not hold."""
    count, faults = run(_verify(load_settings()))
    if faults:
        raise Stop("audit_faults", count=count, faults=faults, reasons=words()["audit"])
    tell("audit_sound", count=count)


async def _verify(settings: Settings) -> tuple[int, list[Fault]]:
    async with open_store(settings) as store:
        with refusals():
            async with store.read() as session:
                return await verify(session, store.vault)


@command("keys_rotate", "rotate")
@option("--print", "keys_rotate_print", is_flag=True)
@option("--apply", "keys_rotate_apply", is_flag=True)
def keys_rotate(**chosen: bool) -> None:
    """Add a master key and wrap every data key under it.

    With a key file: the file with both keys is in place before anything is wrapped under the new one, so that a crash
    at any moment leaves a database that opens. With keys in the environment the operator does the first step.
    """
    settings = load_settings()
    if settings.zhixin_master_keys.get_secret_value():
        _rotate_environment(settings, show=chosen["print"], apply=chosen["apply"])
        return
    count, version = run(_rotate_file(settings))
    tell("rotated", count=count, version=version, path=key_file(settings))


def _rotate_environment(settings: Settings, *, show: bool, apply: bool) -> None:
    if show == apply:
        raise Stop("rotate_how")
    with refusals():
        masters = master_keys(settings)
    if show:
        tell("rotate_print", keys=masters.with_next().dump())
        return
    count = run(_rewrap(settings, masters))
    tell("rotate_applied", count=count, version=masters.current)


async def _rotate_file(settings: Settings) -> tuple[int, int]:
    async with open_store(settings) as store:
        newer = store.vault.masters.with_next()
        with refusals():
            write_private(key_file(settings), newer.dump() + "\n")
            async with store.unit() as unit:
                count = await rewrap(unit.session, newer)
                await unit.audit(None, "keys.rotated", role="operator", keys=count, version=newer.current)
    return count, newer.current


async def _rewrap(settings: Settings, masters: MasterKeys) -> int:
    async with open_store(settings) as store:
        with refusals():
            async with store.unit() as unit:
                count = await rewrap(unit.session, masters)
                await unit.audit(None, "keys.rotated", role="operator", keys=count, version=masters.current)
    return count


audit.add_command(audit_verify)
keys.add_command(keys_rotate)
COMMANDS: Final[tuple[click.Command, ...]] = (audit, keys)
