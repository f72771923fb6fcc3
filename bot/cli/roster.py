"""``import`` and ``invite``: the roster from files into the tables, and bind codes to hand out."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

import click

from bot.cli.faults import spelled
from bot.cli.operations import carry_out
from bot.cli.session import load_settings, run
from bot.cli.shell import Stop, command, needed, option, tell
from bot.cli.words import say, words
from bot.config import Settings
from bot.core.acts.roster import Missing, RosterApplied, code_rows
from bot.core.acts.roster_files import as_csv, read_table, write_private
from bot.core.acts.roster_header import UnreadableTable
from bot.core.acts.roster_people import IssuedCode, RosterRefused
from bot.core.rules.roster import (
    NAME,
    NOTE,
    ORG_COLUMNS,
    PEOPLE_COLUMNS,
    Cells,
    Fault,
    OrgRow,
    PersonRow,
    parse_orgs,
    parse_people,
)

SHOW_PROGRESS_FROM: Final = 1_000
"""People; fewer are done before a bar is drawn."""
MAX_FAULTS_SHOWN: Final = 200
MAX_MISSING_SHOWN: Final = 50
Row = TypeVar("Row", OrgRow, PersonRow)


@dataclass(frozen=True, slots=True)
class _File(Generic[Row]):
    """A file of the roster as it was read."""

    name: str
    rows: list[Row]
    faults: list[Fault]
    sheet: str = ""


@command("import")
@option("--orgs", "import_orgs", "path")
@option("--people", "import_people", "path")
@option("--codes", "import_codes", "path")
@option("--end-missing", "import_end_missing", is_flag=True)
def import_files(orgs: str | None, people: str | None, codes: str | None, end_missing: bool) -> None:
    """All rows of both files, or none; every bad one is named."""
    if not orgs and not people:
        raise Stop("nothing_to_import", code=2)
    if people and not codes:
        raise Stop("codes_needed", code=2)
    settings = load_settings()
    org_file = _parsed(orgs, ORG_COLUMNS, parse_orgs)
    people_file = _parsed(people, PEOPLE_COLUMNS, parse_people)
    _refuse_faults((org_file, org_file.faults), (people_file, people_file.faults))
    target = Path(codes) if codes else None
    if target is not None:
        _try_to_write(target)
    try:
        done = run(_import(settings, org_file.rows, people_file.rows, end_missing=end_missing))
    except RosterRefused as refused:
        _refuse_faults((org_file, refused.orgs), (people_file, refused.people))
        raise
    if target is not None:
        _write_codes(target, done)
    tell(
        "imported",
        orgs_added=done.orgs_added,
        orgs_changed=done.orgs_changed,
        people_added=done.people_added,
        grants_given=done.grants_given,
        grants_ended=done.grants_ended,
        bound=done.bound,
        codes=len(done.codes),
    )
    if target is not None and done.codes:
        tell("codes_written", path=target)
    if done.missing:
        names = [f"{one.name}（{one.org_code}）" for one in done.missing[:MAX_MISSING_SHOWN]]
        tell("missing_ended" if end_missing else "missing", names=names, count=len(done.missing))


def _parsed(
    name: str | None, columns: Sequence[str], parse: Callable[[list[Cells]], tuple[list[Row], list[Fault]]]
) -> _File[Row]:
    if not name:
        return _File("", [], [])
    try:
        table = read_table(Path(name), columns, (NOTE,) if NAME in columns else ())
    except UnreadableTable as unreadable:
        return _File(Path(name).name, [], [unreadable.fault], unreadable.sheet)
    return _File(Path(name).name, *parse(table.rows), table.sheet)


def _refuse_faults(*files: tuple[_File[Any], Sequence[Fault]]) -> None:
    """Name every bad row with file, sheet, line, column and reason; returns if there is none."""
    lines = [spelled(file.name, fault, file.sheet) for file, faults in files for fault in faults]
    if not lines:
        return
    for line in lines[:MAX_FAULTS_SHOWN]:
        click.echo(line, err=True)
    if len(lines) > MAX_FAULTS_SHOWN:
        tell("faults_more", err=True, count=len(lines) - MAX_FAULTS_SHOWN)
    raise Stop("faults", count=len(lines))


async def _import(
    settings: Settings, orgs: Sequence[OrgRow], people: Sequence[PersonRow], *, end_missing: bool
) -> RosterApplied:
    told = {"orgs": [asdict(one) for one in orgs], "people": [_plain(one) for one in people]}
    with _progress(len(people)) as advance:
        done = await carry_out(settings, "import", **told, end_missing=end_missing, progress=advance)
    if "applied" not in done:
        raise RosterRefused([Fault(**one) for one in done["orgs"]], [Fault(**one) for one in done["people"]])
    applied = done["applied"]
    codes = [IssuedCode(**one | {"expires_at": datetime.fromisoformat(one["expires_at"])}) for one in applied["codes"]]
    missing = [Missing(**one) for one in applied["missing"]]
    return RosterApplied(**applied | {"codes": tuple(codes), "missing": tuple(missing)})


def _plain(person: PersonRow) -> dict[str, Any]:
    return asdict(person) | {"roles": sorted(person.roles)}


@contextmanager
def _progress(total: int) -> Iterator[Callable[[int], None]]:
    """A bar on the terminal for long imports; nothing where nobody looks at it."""
    if total <= SHOW_PROGRESS_FROM or not sys.stderr.isatty():
        yield lambda _done: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(say("progress"), total=total)
        yield lambda done: bar.advance(task, done)


def _try_to_write(target: Path) -> None:
    """Find out before anything is stored that the codes could not be written."""
    probe = target.with_name(f".{target.name}.probe")
    try:
        if target.is_dir():
            raise IsADirectoryError
        write_private(probe, "")
    except OSError as error:
        raise Stop("codes_not_writable", path=target) from error
    finally:
        with suppress(OSError):
            probe.unlink()


def _write_codes(target: Path, done: RosterApplied) -> None:
    """Only after the commit: a code in the file is a code in the tables. The BOM lets spreadsheets read it."""
    if not done.codes:
        return
    try:
        write_private(target, as_csv(words()["codes"]["header"], code_rows(done.codes)), encoding="utf-8-sig")
    except OSError as error:
        raise Stop("codes_lost", path=target) from error


@command("invite")
@option("--org", "invite_org")
@option("--name", "invite_name")
def invite(org: str | None, name: str | None) -> None:
    """A fresh code for one person; the unused ones die."""
    settings = load_settings()
    told = {"org": needed(org, "--org").strip(), "name": needed(name, "--name").strip()}
    issued = run(carry_out(settings, "invite", **told))
    until = f"{datetime.fromisoformat(issued['until']):%Y-%m-%d %H:%M}"
    tell("invited", name=issued["name"], org=issued["org"], code=issued["code"], until=until)


COMMANDS: Final = (import_files, invite)
