"""``init``, ``migrate``, ``run``, ``demo`` and ``doctor``: refusals first, then from nothing to a running bot."""

import asyncio
import re
import socket
from pathlib import Path
from typing import Any

import pytest

from bot.cli.doctor import filesystem_of
from bot.config import Settings
from bot.store.engine import FileLock
from bot.store.migrate import head
from tests.cli.conftest import Zhixin, mode

TOKEN = "t" * 43


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Settings, bool]]:
    """What the application would have been started with."""
    seen: list[tuple[Settings, bool]] = []

    def run(settings: Settings, *, demo: bool = False) -> None:
        seen.append((settings, demo))

    monkeypatch.setattr("bot.app.run", run)
    monkeypatch.setenv("PORT", "0")
    return seen


def test_init_touches_no_settings_that_exist(zhixin: Zhixin, home: Path) -> None:
    (home / ".env").write_text("HOST=127.0.0.1\n")
    assert zhixin("init").exit_code == 1
    assert (home / ".env").read_text() == "HOST=127.0.0.1\n"


def test_init_writes_a_fresh_token_for_its_owner_only_and_does_not_show_it(zhixin: Zhixin, home: Path) -> None:
    result = zhixin("init")
    assert result.exit_code == 0
    assert mode(home / ".env") == 0o600
    token = Settings().onebot_access_token.get_secret_value()
    assert len(token) >= 43
    assert token not in result.output
    (home / ".env").rename(home / "old")
    zhixin("init")
    assert Settings().onebot_access_token.get_secret_value() != token


def test_migrate_makes_the_database_for_its_owner_only_and_twice_is_once(zhixin: Zhixin, home: Path) -> None:
    assert head() in zhixin("migrate").stdout
    assert (mode(home / "data"), mode(home / "data" / "zhixin.db")) == (0o700, 0o600)
    assert "没有改动" in zhixin("migrate").stdout


def test_a_database_that_a_bot_uses_is_not_touched(migrated: Zhixin, home: Path) -> None:
    lock = FileLock(home / "data" / "zhixin.db.lock")
    for arguments in (("migrate",), ("audit", "verify"), ("invite", "--org", "QH", "--name", "林晓舟")):
        result = migrated(*arguments)
        assert (result.exit_code, "正被另一个" in result.stderr) == (1, True)
    lock.release()


@pytest.mark.parametrize("url", ["postgresql://x@127.0.0.1:1/x", "nonsense", "sqlite:////proc/nowhere/x.db"])
def test_a_database_that_cannot_be_reached_is_a_sentence_and_no_traceback(
    zhixin: Zhixin, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("ZHIXIN_DATABASE_URL", url)
    result = zhixin("migrate")
    assert (result.exit_code, "连不上数据库" in result.stderr) == (1, True)


def test_a_wrong_setting_is_named_and_its_value_is_not_shown(zhixin: Zhixin, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ONEBOT_ACCESS_TOKEN", "canary4715")
    monkeypatch.setenv("PORT", "canary4716")
    for command in ("migrate", "doctor", "run"):
        result = zhixin(command)
        assert result.exit_code == 1
        assert "PORT" in result.output
        assert "canary" not in result.output
    monkeypatch.delenv("PORT")
    result = zhixin("migrate")
    assert ("ONEBOT_ACCESS_TOKEN" in result.stderr, "canary" in result.output) == (True, False)


def test_run_without_a_token_is_refused(zhixin: Zhixin, served: list[Any]) -> None:
    assert zhixin("run").exit_code == 1
    assert served == []


def test_run_is_refused_while_others_can_read_the_secrets(zhixin: Zhixin, home: Path, served: list[Any]) -> None:
    zhixin("init")
    (home / ".env").chmod(0o644)
    result = zhixin("run")
    assert (result.exit_code, "chmod 600" in result.stderr) == (1, True)
    assert served == []
    (home / ".env").chmod(0o600)
    assert zhixin("run").exit_code == 0
    assert [demo for _, demo in served] == [False]


def test_run_on_a_port_that_is_taken_is_refused(
    zhixin: Zhixin, monkeypatch: pytest.MonkeyPatch, served: list[Any]
) -> None:
    monkeypatch.setenv("ONEBOT_ACCESS_TOKEN", TOKEN)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        monkeypatch.setenv("PORT", str(taken.getsockname()[1]))
        assert zhixin("run").exit_code == 1
    assert served == []


def test_demo_is_refused_unless_it_is_local(zhixin: Zhixin, monkeypatch: pytest.MonkeyPatch, served: list[Any]) -> None:
    monkeypatch.setenv("HOST", "0.0.0.0")  # noqa: S104 to be refused
    assert zhixin("demo").exit_code == 1
    assert served == []


def test_demo_starts_afresh_beside_the_real_data(
    zhixin: Zhixin, home: Path, monkeypatch: pytest.MonkeyPatch, served: list[tuple[Settings, bool]]
) -> None:
    monkeypatch.setenv("ONEBOT_ACCESS_TOKEN", TOKEN)
    monkeypatch.setenv("ZHIXIN_DATABASE_URL", "postgresql://real@127.0.0.1:1/real")
    (home / "data" / "demo").mkdir(parents=True)
    (home / "data" / "demo" / "zhixin.db").write_text("of the last demo")
    (home / "data" / "demo" / "erased.log").write_text("of the last demo")
    (home / "data" / "zhixin.db").write_text("real")
    assert zhixin("demo").exit_code == 0
    ((settings, demo),) = served
    assert demo
    assert settings.zhixin_sandbox
    assert (settings.zhixin_pace, settings.zhixin_log_level) == ("night", "ERROR")
    assert not (home / "data" / "demo" / "erased.log").exists()
    assert settings.database_url.endswith("data/demo/zhixin.db")
    assert settings.onebot_access_token.get_secret_value() not in ("", TOKEN)
    assert (home / "data" / "zhixin.db").read_text() == "real"
    assert (home / "data" / "demo" / "zhixin.db").read_bytes().startswith(b"SQLite format 3")


def test_a_demo_that_runs_keeps_its_data_and_a_second_one_tells_its_address(
    zhixin: Zhixin, home: Path, monkeypatch: pytest.MonkeyPatch, served: list[Any]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    monkeypatch.setenv("PORT", str(port))
    assert zhixin("demo").exit_code == 0
    lock = FileLock(home / "data" / "demo" / "zhixin.db.lock")
    (home / "data" / "demo" / "zhixin.db").write_text("in use")
    with socket.create_server(("127.0.0.1", port)):
        second = zhixin("demo")
    assert (second.exit_code, f"http://127.0.0.1:{port}/sandbox/" in second.stderr) == (1, True)
    assert (home / "data" / "demo" / "zhixin.db").read_text() == "in use"
    lock.release()


# --- doctor ----------------------------------------------------------------------------------------------------------


def test_doctor_finds_what_is_missing_and_makes_nothing(zhixin: Zhixin, home: Path) -> None:
    result = zhixin("doctor")
    assert result.exit_code == 1
    assert re.search(r"✗ 口令没有设置", result.stdout)
    assert re.search(r"✗ 数据库.*zhixin migrate", result.stdout)
    assert sorted(path.name for path in home.iterdir()) == ["orgs.csv", "people.csv"]


def test_doctor_finds_open_files_and_foreign_keys(
    migrated: Zhixin, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    migrated("init")
    migrated("audit", "verify")  # makes the master key
    assert migrated("doctor").exit_code == 0
    (home / ".env").chmod(0o640)
    (home / "data" / "master.key").chmod(0o640)
    result = migrated("doctor")
    assert result.exit_code == 1
    assert len(re.findall("^✗", result.stdout, re.MULTILINE)) == 2
    (home / ".env").chmod(0o600)
    monkeypatch.setenv("ZHIXIN_MASTER_KEYS", "1:" + "A" * 43 + "=")
    assert "主密钥不是这个数据库的那一把" in migrated("doctor").stdout


def test_doctor_sees_a_running_bot_without_disturbing_it(migrated: Zhixin, home: Path) -> None:
    migrated("init")
    migrated("audit", "verify")
    lock = FileLock(home / "data" / "zhixin.db.lock")
    result = migrated("doctor")
    assert (result.exit_code, "正被运行中的机器人使用" in result.stdout) == (0, True)
    lock.release()


def test_a_network_file_system_is_recognised(tmp_path: Path) -> None:
    mounts = tmp_path / "mounts"
    place = tmp_path / "my data"
    place.mkdir()
    spelled = str(place).replace(" ", "\\040")
    mounts.write_text(f"/dev/vda / ext4 rw 0 0\nserver:/x {spelled} nfs4 rw 0 0\nbroken\n")
    assert filesystem_of(place / "deep", mounts) == "nfs4"
    assert filesystem_of(tmp_path, mounts) == "ext4"
    assert filesystem_of(tmp_path, tmp_path / "none") == ""


async def test_the_module_is_the_command(home: Path) -> None:
    import sys

    from tests.contracts.source import ROOT

    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bot", "nothing", env={"PYTHONPATH": str(ROOT)}, stderr=asyncio.subprocess.PIPE
    )
    _, said = await process.communicate()
    assert (process.returncode, "没有“nothing”这个命令" in said.decode()) == (2, True)


# --- workdays --------------------------------------------------------------------------------------------------------


def test_a_workday_table_with_a_fault_refuses_the_start(
    migrated: Zhixin, home: Path, monkeypatch: pytest.MonkeyPatch, served: list[Any]
) -> None:
    monkeypatch.setenv("ONEBOT_ACCESS_TOKEN", TOKEN)
    (home / "data" / "workdays.csv").write_text("date,kind,name\n2027-02-30,休息,春节\n")
    result = migrated("run")
    assert (result.exit_code, served) == (1, [])
    assert "workdays.csv 第 2 行「date」：不是日期" in result.stderr
    assert re.search("✗ 工作日表有误：.*第 2 行", migrated("doctor").stdout)


@pytest.mark.parametrize(("day", "mark"), [("2026-11-14", "✓ 工作日"), ("2026-11-15", "! 工作日：还没有 2027 年")])
def test_doctor_warns_from_15_november_while_the_next_year_is_missing(
    migrated: Zhixin, monkeypatch: pytest.MonkeyPatch, day: str, mark: str
) -> None:
    monkeypatch.setenv("ZHIXIN_CLOCK", f"{day}T10:00:00+08:00")
    assert mark in migrated("doctor").stdout
