"""``zhixin quota``: a province sets the content from a file; another number or a lower organ is refused (R2.8, P40)."""

import sqlite3
from pathlib import Path

import pytest

from tests.cli.conftest import Zhixin
from tests.contracts.source import DOCS

ORGS = "编码,名称,上级编码,级别,性质\nS01,某省团委,,省,地方\nGT,甘棠市委,S01,市,地方\n"
EXAMPLE = (DOCS / "examples" / "quota.toml").read_text(encoding="utf-8")


@pytest.fixture
def province(migrated: Zhixin, home: Path) -> Zhixin:
    """A province and a city below it."""
    (home / "orgs.csv").write_text(ORGS, encoding="utf-8")
    assert migrated("import", "--orgs", "orgs.csv").exit_code == 0
    return migrated


def put(home: Path, text: str) -> str:
    (home / "quota.toml").write_text(text, encoding="utf-8")
    return "quota.toml"


def kept(home: Path, statement: str) -> list[tuple[str, ...]]:
    with sqlite3.connect(home / "data" / "zhixin.db") as connection:
        return connection.execute(statement).fetchall()


VERSIONS = "SELECT subject FROM quota_versions"
REFUSED = "SELECT ref FROM audit_entries WHERE action = 'quota.refused'"


@pytest.mark.rule("P40")
@pytest.mark.parametrize(
    ("old", "new", "where"),
    [
        ("[full_time] ", "[full_time]\nnumber = 8 ", "full_time.number"),
        ("[part_time] ", "[part_time]\nmonths = 1 ", "part_time.months"),
        ('org = "S01"', 'org = "GT"', "org"),
    ],
)
def test_another_number_a_shorter_window_and_a_city_are_refused_and_logged(
    province: Zhixin, home: Path, old: str, new: str, where: str
) -> None:
    assert old in EXAMPLE
    result = province("quota", "set", "--file", put(home, EXAMPLE.replace(old, new)))
    assert (result.exit_code, where in result.stderr) == (1, True)
    assert kept(home, VERSIONS) == []
    assert kept(home, REFUSED) == [(where,)]


@pytest.mark.parametrize("text", ["", "org = ", "\x00", "org = 5\nfrom = true\nplan = 3\nfull_time = []"])
def test_a_broken_file_is_named_and_nothing_is_written(province: Zhixin, home: Path, text: str) -> None:
    result = province("quota", "set", "--file", put(home, text))
    assert (result.exit_code, "Traceback" in result.output) == (1, False)
    assert kept(home, VERSIONS) == kept(home, REFUSED) == []


def test_without_a_file_and_with_one_that_is_not_there(province: Zhixin, home: Path) -> None:
    assert province("quota", "set").exit_code == 2
    assert province("quota", "set", "--file", "nowhere.toml").exit_code == 1


def test_the_example_is_taken_and_shown_with_its_document_and_not_twice(province: Zhixin, home: Path) -> None:
    file = put(home, EXAMPLE)
    assert province("quota", "set", "--file", file).exit_code == 0
    assert sorted(kept(home, VERSIONS)) == [("full_time",), ("organ",), ("part_time",), ("seconded",)]
    shown = province("quota", "show", "--org", "S01")
    assert (shown.exit_code, "2026版" in shown.stdout, "2027-01-01" in shown.stdout) == (0, True, True)
    assert province("quota", "set", "--file", file).exit_code == 1
    assert len(kept(home, VERSIONS)) == 4
