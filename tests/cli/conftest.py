"""A folder of its own and a clean environment for every command."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bot.cli import main
from bot.config import Settings

Zhixin = Callable[..., Result]
ORGS = "编码,名称,上级编码,级别,性质\nGT,甘棠市委,,市,地方\nQH,青禾县委,GT,县,地方\n"
PEOPLE = "姓名,组织编码,身份,班子成员\n林晓舟,QH,专职/管理员,是\n何予安,QH,挂职,否\n"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder a command runs in, with a sound roster in it."""
    monkeypatch.chdir(tmp_path)
    for name in Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)
    for module in ("session", "doctor"):  # the handlers of pytest stay
        monkeypatch.setattr(f"bot.cli.{module}.configure", lambda *_: None)
    (tmp_path / "orgs.csv").write_text(ORGS, encoding="utf-8")
    (tmp_path / "people.csv").write_text(PEOPLE, encoding="gb18030")
    return tmp_path


@pytest.fixture
def zhixin(home: Path) -> Zhixin:
    """Run a command; what it says is in ``stdout`` and ``stderr``."""

    def run(*arguments: str) -> Result:
        result = CliRunner().invoke(main, arguments)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


@pytest.fixture
def migrated(zhixin: Zhixin) -> Zhixin:
    """The same after ``zhixin migrate``."""
    assert zhixin("migrate").exit_code == 0
    return zhixin


def mode(path: str | Path) -> int:
    """Who may do what with a file."""
    return stat.S_IMODE(os.stat(path).st_mode)
