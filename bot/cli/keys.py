"""``keys rotate`` and ``audit verify``: the master key, and the chain of audit entries."""

from typing import Final

import click

from bot.cli.session import key_file, load_settings, master_keys, open_store, refusals, run
from bot.cli.shell import Main, Stop, command, misused, option, tell
from bot.cli.words import words
from bot.config import Settings
from bot.core.acts.roster_files import write_private
from bot.store.audit import Fault, Told, heads_now, verify
from bot.store.audit_heads import read_head, read_heads, shown_head
from bot.store.rotation import rewrap
from bot.store.sealing import MasterKeys

audit = Main("audit", "audit")
keys = Main("keys", "keys")


@command("audit_verify", "verify")
@option("--head", "audit_head", "code")
def audit_verify(head: str | None) -> None:
    """Walk the whole chain, against the heads told outside too, and name every entry that does not hold."""
    told = read_head(head) if head is not None else None
    if head is not None and told is None:
        misused("audit_no_head")
    settings = load_settings()
    with refusals():
        outside = [*read_heads(settings.audit_file), *([told] if told else [])]
    count, faults, heads = run(_verify(settings, outside))
    if faults:
        raise Stop("audit_faults", count=count, faults=faults, reasons=words()["audit"])
    tell("audit_sound", count=count, told=len(outside), heads=[shown_head(one) for one in heads])


async def _verify(settings: Settings, told: list[Told]) -> tuple[int, list[Fault], list[Told]]:
    async with open_store(settings) as store:
        with refusals():
            async with store.read() as session:
                count, faults = await verify(session, store.vault, told)
                return count, faults, await heads_now(session, store.vault)


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
