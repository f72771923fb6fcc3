"""Written requests on the command line: a reason, one question, one person, and an audit row (P7, P15)."""

import json
import stat
import zipfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

from bot.cli import main
from bot.clock import Clock
from bot.store.delivery import AuditEntry
from bot.store.people import OrgUnit, Person
from bot.store.sealing import MasterKeys
from bot.store.store import Store
from bot.store.tombstones import read_tombstones
from tests.databases import in_own_loop
from tests.people_built import make_org, make_youth

T = TypeVar("T")


class Machine:
    """A data folder on which the command line works."""

    def __init__(self, folder: Path, url: str) -> None:
        self.folder, self.url = folder, url
        self.org: OrgUnit = self.do(make_org)

    def do(self, work: Callable[[Store], Awaitable[T]]) -> T:
        async def run() -> T:
            masters = MasterKeys.from_file(self.folder / "master.key")
            store = await Store.open(self.url, masters=masters, clock=Clock())
            try:
                return await work(store)
            finally:
                await store.close()

        return in_own_loop(run())

    def youth(self, name: str, number: str) -> int:
        return self.do(lambda store: make_youth(store, self.org, name, number)).person_id or 0

    def people(self) -> int:
        async def count(store: Store) -> int:
            async with store.read() as session:
                return len((await session.execute(select(Person.id))).all())

        return self.do(count)

    def audit(self, action: str) -> list[Any]:
        async def rows(store: Store) -> list[Any]:
            async with store.read() as session:
                found = await session.execute(select(AuditEntry).where(AuditEntry.action == action))
                return list(found.scalars())

        return self.do(rows)

    def run(self, *words: str, typed: str = "") -> Result:
        return CliRunner().invoke(main, words, input=typed)


@pytest.fixture
def machine(tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch) -> Machine:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ZHIXIN_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("ZHIXIN_DATABASE_URL", sqlite_url)
    return Machine(tmp_path, sqlite_url)


def test_without_a_reason_nothing_is_done(machine: Machine) -> None:
    machine.youth("小赵", "20001")
    assert machine.run("erase-person", "--account", "20001", "--yes").exit_code == 2
    assert machine.run("erase-person", "--account", "20001", "--yes", "--reason", "好奇").exit_code == 2
    assert machine.run("export-person", "--account", "20001", "--yes", "--out", "x.zip").exit_code == 2
    assert machine.people() == 1
    assert not (machine.folder / "x.zip").exists()


def test_a_person_who_does_not_exist_and_one_of_two_names_alike_are_not_touched(machine: Machine) -> None:
    machine.youth("小赵", "20001")
    machine.youth("小赵", "20002")
    for who in (
        ("--account", "99999"),
        ("--org", machine.org.code, "--name", "小钱"),
        ("--org", "x", "--name", "小赵"),
    ):
        assert machine.run("erase-person", *who, "--reason", "本人书面申请", "--yes").exit_code == 1
    same = machine.run("erase-person", "--org", machine.org.code, "--name", "小赵", "--reason", "self", "--yes")
    assert (same.exit_code, "--account" in same.output) == (1, True)
    assert machine.run("erase-person", "--name", "小赵", "--reason", "self", "--yes").exit_code == 2
    assert machine.people() == 2


@pytest.mark.parametrize("typed", ["", "\n", "是\n", "y\n"])
def test_anything_but_the_word_confirms_nothing(machine: Machine, typed: str) -> None:
    machine.youth("小赵", "20001")
    assert machine.run("erase-person", "--account", "20001", "--reason", "self", typed=typed).exit_code == 1
    assert machine.people() == 1
    assert machine.audit("rights.written_request") == []


@pytest.mark.rule("P7")
def test_an_erasure_is_confirmed_audited_and_noted_outside_the_database(machine: Machine) -> None:
    gone = machine.youth("小赵", "20001")
    machine.youth("小钱", "20002")
    done = machine.run("erase-person", "--account", "20001", "--reason", "监护人申请", typed="确认\n")
    assert done.exit_code == 0
    assert "D-" in done.output
    assert machine.people() == 1
    (row,) = machine.audit("rights.written_request")
    assert (row.actor_role, row.subject_id, row.facts) == ("operator", gone, {"reason": "guardian"})
    assert [stone.person_id for stone in read_tombstones(machine.folder / "erased.log")] == [gone]


@pytest.mark.rule("P7")
def test_an_export_is_for_the_owner_of_the_file_only_and_the_youth_can_see_it(machine: Machine) -> None:
    person = machine.youth("小赵", "20001")
    machine.youth("小钱", "20002")
    words = ("export-person", "--org", machine.org.code, "--name", "小赵", "--reason", "self", "--out", "x.zip")
    assert machine.run(*words, typed="确认\n").exit_code == 0
    path = machine.folder / "x.zip"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with zipfile.ZipFile(path) as zipped:
        data = json.loads(zipped.read("data.json"))
    assert data["person"]["name"] == "小赵"
    assert "小钱" not in json.dumps(data, ensure_ascii=False)
    (row,) = machine.audit("read.export")
    assert (row.actor_role, row.subject_id) == ("operator", person)
    assert machine.run(*words, typed="确认\n").exit_code == 1
    assert len(machine.audit("read.export")) == 1


@pytest.mark.parametrize("fails", ["bot.store.unit.Unit.write_audit", "bot.cli.rights._write"])
def test_what_cannot_be_logged_or_written_is_neither(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    machine.youth("小赵", "20001")

    def failing(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(fails, failing)
    words = ("export-person", "--account", "20001", "--yes", "--reason", "self", "--out", "x.zip")
    assert machine.run(*words).exit_code != 0
    assert machine.audit("read.export") == []
    assert [path.name for path in machine.folder.glob("x.zip*")] == []


def test_an_export_leaves_no_half_file(machine: Machine) -> None:
    machine.youth("小赵", "20001")
    words = ("export-person", "--account", "20001", "--yes", "--reason", "self", "--out", "x.zip")
    assert machine.run(*words).exit_code == 0
    assert [path.name for path in machine.folder.glob("x.zip*")] == ["x.zip"]
