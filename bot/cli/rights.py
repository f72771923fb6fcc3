"""``export-person``, ``erase-person``: written requests, done by the operator, with an audited reason (P7, P15).

The operator names the person by account number, or by name within an organisation; neither is logged.
"""

import os
from base64 import b64decode
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click

from bot.chat.export import archive
from bot.cli.operations import carry_out
from bot.cli.session import InUse, load_settings, open_store, refusals, run
from bot.cli.shell import Stop, command, misused, needed, option, tell
from bot.cli.words import say, words
from bot.config import Settings
from bot.core.acts.erase import Erased
from bot.core.acts.log_reading import ReadingChanged, log_reading
from bot.core.reads.audited import Logged, seen
from bot.core.reads.find_person import Found
from bot.core.rules.people import Role
from bot.features.rights.reads.export import export_person, still_held


def _who(run_command: Callable[..., Any]) -> Callable[..., Any]:
    """The options by which a person is named, and the reason."""
    for flag, key in (
        ("--reason", "rights_reason"),
        ("--account", "rights_account"),
        ("--name", "rights_name"),
        ("--org", "rights_org"),
    ):
        run_command = option(flag, key)(run_command)
    return option("--yes", "rights_yes", is_flag=True)(run_command)


@command("export_person", "export-person")
@option("--out", "rights_out", "path")
@_who
def export_command(out: str | None, yes: bool, **told: str | None) -> None:
    """Write everything that is held of one person into a zip that only the operator can read."""
    target = Path(needed(out, "--out"))
    reason, settings = _reason(told["reason"]), load_settings()
    if target.exists():
        raise Stop("export_exists", path=target)
    try:
        rows = run(_export(settings, told, reason, target, yes=yes))
    except InUse:
        rows = run(_export_there(settings, told, reason, target, yes=True))
    tell("export_written", path=target, rows=rows)


@command("erase_person", "erase-person")
@_who
def erase_command(yes: bool, **told: str | None) -> None:
    """Erase one person for good, after one question."""
    reason, settings = _reason(told["reason"]), load_settings()
    done = run(_erase(settings, told, reason, yes=yes))
    tell("erase_done", receipt=done.receipt, youth_only=done.is_cadre)


def _reason(told: str | None) -> str:
    """The reason as a code: the audit holds codes, never words about a person."""
    known = words()["reason"]
    reason = needed(told, "--reason").strip()
    for code, label in known.items():
        if reason in (code, label):
            return code
    misused("reason_unknown", reasons=list(known.values()))


async def _export(settings: Settings, told: dict[str, str | None], reason: str, target: Path, *, yes: bool) -> int:
    found = await _found(settings, told)
    _confirm("export_confirm", found, yes=yes)
    async with open_store(settings) as store:
        with refusals():
            async with store.read() as session:
                held = await export_person(session, store.vault, found.person_id, now=store.clock.now())
                facts = {"reason": reason, "rows": held.counts()}
                logged = Logged("read.export", Role.OPERATOR, found.person_id, facts=facts)
                read = await seen(session, None, [logged], still_held(found.person_id))
        part = target.with_name(f"{target.name}.part")
        try:
            _write(part, archive(held))  # before the audit row: a file that could not be written is no read
            async with store.unit() as unit:
                await log_reading(unit, None, read)
            part.rename(target)  # under its name only once that is committed
        except ReadingChanged:
            raise Stop("export_changed") from None
        finally:
            part.unlink(missing_ok=True)
    return sum(held.counts().values())


async def _export_there(
    settings: Settings, told: dict[str, str | None], reason: str, target: Path, *, yes: bool
) -> int:
    """The same where a bot runs: it hands the file over."""
    found = await _found(settings, told)
    _confirm("export_confirm", found, yes=yes)
    done = await carry_out(settings, "export_person", person_id=found.person_id, reason=reason)
    _write(target, b64decode(done["zip"]))
    return int(done["rows"])


async def _erase(settings: Settings, told: dict[str, str | None], reason: str, *, yes: bool) -> Erased:
    found = await _found(settings, told)
    _confirm("erase_confirm", found, yes=yes)
    return Erased(**await carry_out(settings, "erase_person", person_id=found.person_id, reason=reason))


async def _found(settings: Settings, told: dict[str, str | None]) -> Found:
    if not told["account"] and not (told["name"] and told["org"]):
        misused("person_how")
    who = {key: told[key] for key in ("account", "name", "org")}
    return Found(**await carry_out(settings, "find_person", **who))


def _confirm(key: str, found: Found, *, yes: bool) -> None:
    """Ask once; without a terminal nothing is done unless ``--yes`` stands there."""
    if yes:
        return
    click.echo(say(key, name=found.name, org=found.org))
    answer = click.prompt(say("confirm_type"), default="", show_default=False, prompt_suffix=" ")
    if answer.strip() != say("confirm_word"):
        raise Stop("not_confirmed")


def _write(target: Path, content: bytes) -> None:
    """A new file for its owner only; an existing one is never replaced."""
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


COMMANDS: Final = (export_command, erase_command)
