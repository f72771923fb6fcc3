"""S6: ``audit verify`` and ``doctor`` find what somebody with the database file alone has done to the audit."""

import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from bot.cli import doctor
from tests.cli.conftest import Zhixin

IMPORT = ("import", "--orgs", "orgs.csv", "--people", "people.csv", "--codes", "codes.csv")
CODE = re.compile(r"main:\d+:[0-9a-f]+")
Attack = Callable[[sqlite3.Connection], object]
LAST = "(SELECT max(seq) FROM audit_entries)"


@pytest.fixture
def filled(migrated: Zhixin, home: Path) -> Zhixin:
    """A database with people in it and a few entries."""
    assert migrated(*IMPORT).exit_code == 0
    for _ in range(3):
        assert migrated("keys", "rotate").exit_code == 0
    migrated("init")
    return migrated


def attack(home: Path, *statements: str) -> None:
    with closing(sqlite3.connect(home / "data" / "zhixin.db")) as database:
        for statement in statements:
            database.execute(statement)
        database.commit()


NO_TRIGGERS = ("DROP TRIGGER audit_entries_no_update", "DROP TRIGGER audit_entries_no_delete")
GUARDS = "SELECT sql FROM sqlite_master WHERE type = 'trigger'"
CUT = f"DELETE FROM audit_entries WHERE seq = {LAST}"  # noqa: S608
MOVED = f"UPDATE audit_heads SET seq = {LAST}, hash = (SELECT hash FROM audit_entries WHERE seq = {LAST})"  # noqa: S608
ATTACKS = {
    "triggers dropped": (),
    "the end cut": (CUT,),
    "the end cut and the head moved": (CUT, MOVED),
    "cut in the middle": ("DELETE FROM audit_entries WHERE seq = 2",),
    "both emptied": ("DELETE FROM audit_entries", "DELETE FROM audit_heads"),
    "entries emptied": ("DELETE FROM audit_entries",),
    "the head taken away": ("DELETE FROM audit_heads",),
    "an entry changed": ("UPDATE audit_entries SET actor_role = 'cadre' WHERE seq = 1",),
    "chained anew without the key": (
        "DELETE FROM audit_entries WHERE seq = 2",
        "UPDATE audit_entries SET seq = 2, prev = (SELECT hash FROM audit_entries WHERE seq = 1) WHERE seq = 3",
    ),
}


@pytest.mark.rule("P15")
@pytest.mark.parametrize("how", ATTACKS)
@pytest.mark.parametrize("triggers_back", [False, True])
def test_every_attack_with_the_file_alone_is_found(filled: Zhixin, home: Path, how: str, triggers_back: bool) -> None:
    assert filled("audit", "verify").exit_code == 0
    with closing(sqlite3.connect(home / "data" / "zhixin.db")) as database:
        guards = [row[0] for row in database.execute(GUARDS)]
    attack(home, *NO_TRIGGERS, *ATTACKS[how], *(guards if triggers_back else ()))
    sound = how == "triggers dropped" and triggers_back
    assert filled("audit", "verify").exit_code == (0 if sound else 1)
    assert filled("doctor").exit_code == (0 if sound else 1)


def test_an_older_copy_of_everything_is_found_by_the_file_and_by_a_noted_code(filled: Zhixin, home: Path) -> None:
    shutil.copytree(home / "data", home / "older")
    filled("keys", "rotate")
    code = CODE.search(filled("audit", "verify").stdout)
    assert code is not None
    assert filled("audit", "verify", "--head", code[0]).exit_code == 0
    for name in ("zhixin.db", "master.key"):
        shutil.copy(home / "older" / name, home / "data" / name)
    assert filled("audit", "verify").exit_code == 0  # nobody noted anything
    assert filled("audit", "verify", "--head", code[0]).exit_code == 1
    (home / "data" / "audit-heads.log").write_text(f"2026-11-24 {code[0]}\n")
    assert (filled("audit", "verify").exit_code, filled("doctor").exit_code) == (1, 1)


def test_the_file_may_lie_elsewhere(filled: Zhixin, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "far").mkdir()
    (home / "far" / "heads").write_text("2026-11-24 main:900:" + "a" * 64 + "\n")
    assert filled("audit", "verify").exit_code == 0
    monkeypatch.setenv("ZHIXIN_AUDIT_FILE", str(home / "far" / "heads"))
    assert filled("audit", "verify").exit_code == 1


@pytest.mark.parametrize("head", ["", "main", "main:1:abc", "x" * 500])
def test_what_is_no_code_is_wrong_usage(filled: Zhixin, head: str) -> None:
    assert filled("audit", "verify", "--head", head).exit_code == 2


def test_a_file_of_heads_that_is_gone_is_told_once_the_chain_is_some_days_old(
    filled: Zhixin, monkeypatch: pytest.MonkeyPatch
) -> None:
    def level() -> str:
        return next(finding.level for finding in doctor.examine() if finding.key == "audit")

    assert level() == "good"
    monkeypatch.setattr(doctor, "UNTOLD", timedelta(days=-1))  # as if all of it were some days older
    assert level() == "warn"
