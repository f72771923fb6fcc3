"""``import`` and ``invite``, ``audit verify`` and ``keys rotate`` as an operator meets them."""

import csv
import re
import sqlite3
from pathlib import Path

import pytest

from bot.store.sealing import MasterKeys
from tests.cli.conftest import Zhixin, mode

IMPORT = ("import", "--orgs", "orgs.csv", "--people", "people.csv", "--codes", "codes.csv")
HEADER = "姓名,组织编码,身份,班子成员\n"


def codes(home: Path) -> list[dict[str, str]]:
    with (home / "codes.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def people_stored(home: Path) -> int:
    with sqlite3.connect(home / "data" / "zhixin.db") as connection:
        (count,) = connection.execute("SELECT count(*) FROM people").fetchone()
    connection.close()
    return count


@pytest.mark.parametrize("arguments", [("import",), ("import", "--people", "people.csv"), ("invite", "--org", "QH")])
def test_left_out_options_are_wrong_usage(migrated: Zhixin, arguments: tuple[str, ...]) -> None:
    assert migrated(*arguments).exit_code == 2


def test_every_bad_row_is_named_with_file_line_column_and_reason(migrated: Zhixin, home: Path) -> None:
    (home / "orgs.csv").write_text("编码,名称,上级编码,级别,性质\nGT,市委,,区,地方\n", encoding="utf-8")
    (home / "people.csv").write_text(HEADER + "林晓舟,QH,专职,是\n,QH,挂值,否\n", encoding="utf-8")
    result = migrated(*IMPORT)
    assert result.exit_code == 1
    assert result.stderr.splitlines() == [
        "orgs.csv 第 2 行「级别」：不认识“区”，可以写：中央、省、市、县、基层、支部",
        "people.csv 第 3 行「姓名」：不能空着",
        "people.csv 第 3 行「身份」：不认识“挂值”，可以写：专职、挂职、兼职、书记、管理员、隐私负责人、值班、报送人、"
        "阅览人，几个之间用 / 分开",
        "名册里有 3 处要改，什么都没有写入。",
    ]
    assert people_stored(home) == 0
    assert not (home / "codes.csv").exists()


def test_an_unknown_organisation_is_named_as_promised(migrated: Zhixin, home: Path) -> None:
    lines = "".join(f"人{n},QH,专职,否\n" for n in range(5))
    (home / "people.csv").write_text(HEADER + lines + "何予安,X9,挂职,否\n", encoding="utf-8")
    result = migrated(*IMPORT)
    assert "people.csv 第 7 行「组织编码」：没有编码为 X9 的组织" in result.stderr.splitlines()
    assert (result.exit_code, people_stored(home)) == (1, 0)


def test_words_in_cells_are_shown_as_they_are_and_cut(migrated: Zhixin, home: Path) -> None:
    (home / "people.csv").write_text(
        HEADER + "林晓舟,QH,{{ 7*7 }},否\n何予安,QH," + "长" * 90 + ",否\n", encoding="utf-8"
    )
    result = migrated(*IMPORT)
    assert "“{{ 7*7 }}”" in result.stderr
    assert "长" * 41 not in result.stderr


def test_very_many_faults_are_counted_and_not_all_shown(migrated: Zhixin, home: Path) -> None:
    (home / "people.csv").write_text(HEADER + ",QH,专职,否\n" * 500, encoding="utf-8")
    result = migrated(*IMPORT)
    assert len(result.stderr.splitlines()) == 202
    assert "500 处" in result.stderr


@pytest.mark.parametrize("name", ["gone.csv", "."])
def test_a_file_that_cannot_be_read_is_named(migrated: Zhixin, name: str) -> None:
    assert migrated("import", "--orgs", name).exit_code == 1


def test_nothing_is_imported_when_the_codes_could_not_be_written(migrated: Zhixin, home: Path) -> None:
    for target in ("no/folder/codes.csv", "data"):
        result = migrated(*IMPORT[:-1], target)
        assert (result.exit_code, "名册没有导入" in result.stderr) == (1, True)
    assert people_stored(home) == 0


def test_codes_that_are_lost_after_the_commit_are_told_with_the_way_to_new_ones(
    migrated: Zhixin, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from bot.cli import roster

    real = roster.write_private

    def full(path: Path, content: str, **options: str) -> None:
        if content:
            raise OSError(28, "No space left on device")
        real(path, content, **options)

    monkeypatch.setattr(roster, "write_private", full)
    result = migrated(*IMPORT)
    assert (result.exit_code, "zhixin invite" in result.stderr) == (1, True)
    assert people_stored(home) == 2


def test_an_import_writes_the_codes_for_its_owner_only_and_shows_none(migrated: Zhixin, home: Path) -> None:
    result = migrated(*IMPORT)
    assert result.exit_code == 0, result.stderr
    assert mode(home / "codes.csv") == 0o600
    rows = codes(home)
    assert [(row["姓名"], row["组织编码"]) for row in rows] == [("林晓舟", "QH"), ("何予安", "QH")]
    for row in rows:
        assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{10}", row["绑定码"])
        assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d", row["有效期"])
        assert row["绑定码"] not in result.output
    assert sorted(path.name for path in home.iterdir()) == ["codes.csv", "data", "orgs.csv", "people.csv"]


def test_invite_shows_one_fresh_code_and_refuses_whom_it_does_not_know(migrated: Zhixin, home: Path) -> None:
    migrated(*IMPORT)
    old = {row["绑定码"] for row in codes(home)}
    result = migrated("invite", "--org", "QH", "--name", "林晓舟")
    found = re.search(r"绑定码：([0-9A-Z]{10})", result.stdout)
    assert found is not None
    assert found[1] not in old
    assert migrated("invite", "--org", "QH", "--name", "没有").exit_code == 1


def test_a_tampered_audit_is_reported(migrated: Zhixin, home: Path) -> None:
    migrated(*IMPORT)
    assert "没有发现改动" in migrated("audit", "verify").stdout
    with sqlite3.connect(home / "data" / "zhixin.db") as connection:
        connection.execute("DROP TRIGGER audit_entries_no_update")
        connection.execute("UPDATE audit_entries SET action = 'nothing' WHERE seq = 1")
    connection.close()
    result = migrated("audit", "verify")
    assert (result.exit_code, "main 第 1 条" in result.stderr) == (1, True)


def test_rotate_changes_the_key_file_and_everything_still_opens(migrated: Zhixin, home: Path) -> None:
    migrated(*IMPORT)
    path = home / "data" / "master.key"
    before = path.read_text()
    result = migrated("keys", "rotate")
    assert result.exit_code == 0
    assert mode(path) == 0o600
    assert path.read_text().startswith(before.strip())
    assert MasterKeys.from_file(path).current == 2
    assert not any(part.partition(":")[2] in result.output for part in path.read_text().strip().split(","))
    assert "没有发现改动" in migrated("audit", "verify").stdout
    assert migrated(*IMPORT).exit_code == 0


def test_rotate_of_keys_in_the_environment_shows_them_only_when_asked(
    migrated: Zhixin, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    masters = MasterKeys.generate()
    monkeypatch.setenv("ZHIXIN_MASTER_KEYS", masters.dump())
    migrated(*IMPORT)
    secret = masters.dump().partition(":")[2]
    for arguments in ((), ("--print", "--apply")):
        refused = migrated("keys", "rotate", *arguments)
        assert (refused.exit_code, secret in refused.output) == (1, False)
    newer = migrated("keys", "rotate", "--print").stdout.strip().splitlines()[-1]
    monkeypatch.setenv("ZHIXIN_MASTER_KEYS", newer)
    assert migrated("keys", "rotate", "--apply").exit_code == 0
    monkeypatch.setenv("ZHIXIN_MASTER_KEYS", newer.partition(",")[2])
    assert migrated("audit", "verify").exit_code == 0
    monkeypatch.setenv("ZHIXIN_MASTER_KEYS", masters.dump())
    assert migrated("audit", "verify").exit_code == 1
    assert not (home / "data" / "master.key").exists()


@pytest.mark.nightly
@pytest.mark.timeout(600)
def test_a_hundred_thousand_people_come_in_within_a_minute(migrated: Zhixin, home: Path) -> None:
    from bot.clock import Clock

    (home / "people.csv").write_text(
        HEADER + "".join(f"人{n},QH,专职/书记,否\n" for n in range(100_000)), encoding="utf-8"
    )
    clock = Clock()
    start = clock.monotonic()
    assert migrated(*IMPORT).exit_code == 0
    assert clock.monotonic() - start < 60
    assert people_stored(home) == 100_000


# --- offices that end -------------------------------------------------------------------------------------------------


def grants(home: Path) -> dict[str, int]:
    """How many offices are in force, by role."""
    with sqlite3.connect(home / "data" / "zhixin.db") as connection:
        rows = connection.execute("SELECT role, count(*) FROM role_grants WHERE until IS NULL GROUP BY role").fetchall()
    connection.close()
    return dict(rows)


def test_who_is_missing_from_a_roster_is_listed_and_keeps_the_office_until_it_is_said(
    migrated: Zhixin, home: Path
) -> None:
    migrated(*IMPORT)
    (home / "people.csv").write_text(HEADER + "林晓舟,QH,专职/管理员,是\n", encoding="utf-8")
    result = migrated(*IMPORT)
    assert (result.exit_code, "何予安（QH）" in result.stdout, "--end-missing" in result.stdout) == (0, True, True)
    assert grants(home) == {"cadre": 2, "organ_admin": 1}
    result = migrated(*IMPORT, "--end-missing")
    assert (result.exit_code, "何予安（QH）" in result.stdout) == (0, True)
    assert grants(home) == {"cadre": 1, "organ_admin": 1}
    assert "何予安" not in migrated(*IMPORT).stdout


def test_organisations_alone_say_nothing_of_people(migrated: Zhixin, home: Path) -> None:
    migrated(*IMPORT)
    assert migrated("import", "--orgs", "orgs.csv", "--end-missing").exit_code == 0
    assert grants(home) == {"cadre": 2, "organ_admin": 1}


def test_one_office_or_all_of_one_person_end_by_a_command(migrated: Zhixin, home: Path) -> None:
    migrated(*IMPORT)
    assert migrated("end-role", "--name", "林晓舟", "--role", "专职").exit_code == 0
    assert grants(home) == {"cadre": 1, "organ_admin": 1}
    assert migrated("end-role", "--org", "QH", "--name", "林晓舟").exit_code == 0
    assert grants(home) == {"cadre": 1}
    assert migrated("end-role", "--name", "林晓舟").exit_code == 1
    assert migrated("end-role", "--name", "没有").exit_code == 1
    assert migrated("end-role", "--name", "何予安", "--role", "组长").exit_code == 2
    assert migrated("end-role", "--org", "QH").exit_code == 2
    assert grants(home) == {"cadre": 1}


def away_until(home: Path) -> list[int]:
    with sqlite3.connect(home / "data" / "zhixin.db") as connection:
        rows = connection.execute("SELECT away_until FROM people WHERE away_until IS NOT NULL").fetchall()
    connection.close()
    return [until for (until,) in rows]


def test_somebody_is_away_until_the_end_of_a_day_or_comes_back_before(migrated: Zhixin, home: Path) -> None:
    migrated(*IMPORT)
    assert migrated("away", "--name", "林晓舟", "--until", "2999-12-20").exit_code == 0
    assert len(away_until(home)) == 1
    assert grants(home) == {"cadre": 2, "organ_admin": 1}
    assert migrated("away", "--name", "林晓舟", "--back").exit_code == 0
    assert away_until(home) == []
    assert migrated("away", "--name", "林晓舟", "--until", "2001-01-01").exit_code == 1
    assert migrated("away", "--name", "林晓舟", "--until", "下周").exit_code == 2
    assert migrated("away", "--name", "林晓舟").exit_code == 2
    assert away_until(home) == []


def test_a_name_in_two_organisations_needs_the_organisation(migrated: Zhixin, home: Path) -> None:
    (home / "people.csv").write_text(HEADER + "林晓舟,QH,专职,否\n林晓舟,GT,专职,否\n", encoding="utf-8")
    migrated(*IMPORT)
    result = migrated("end-role", "--name", "林晓舟")
    assert (result.exit_code, "QH" in result.stderr, "GT" in result.stderr) == (1, True, True)
    assert migrated("end-role", "--name", "林晓舟", "--org", "GT").exit_code == 0
    assert grants(home) == {"cadre": 1}
