"""workdays.csv: a table with a fault is refused with line and reason; a sound one beats the official days."""

from datetime import date
from pathlib import Path

import pytest

from bot.core.acts.workdays import FILE, WorkdaysRefused, read_workdays
from bot.core.rules.roster import Cells
from bot.core.rules.workday_table import parse_days
from bot.core.rules.workdays import Certainty, DayInfo, DayKind

HEAD = "date,kind,name\n"


def written(folder: Path, text: str, encoding: str = "utf-8") -> Path:
    (folder / FILE).write_text(text, encoding=encoding)
    return folder


@pytest.mark.parametrize(
    ("row", "column", "reason"),
    [
        ("2027-02-30,休息,春节", "date", "bad_date"),
        ("下周一,休息,春节", "date", "bad_date"),
        ("27-02-09,休息,春节", "date", "bad_date"),
        (",休息,春节", "date", "empty"),
        ("2027-02-09,,春节", "kind", "empty"),
        ("2027-02-09,放假,春节", "kind", "unknown_word"),
        ("2027-02-09,休息," + "长" * 21, "name", "too_long"),
        ("2027/2/8,工作日,", "date", "duplicate"),
    ],
)
def test_a_bad_row_is_refused_with_its_line_and_reason(tmp_path: Path, row: str, column: str, reason: str) -> None:
    with pytest.raises(WorkdaysRefused) as refused:
        read_workdays(written(tmp_path, f"{HEAD}2027-02-08,休息,春节\n{row}\n"))
    assert [(f.line, f.column, f.reason) for f in refused.value.faults] == [(3, column, reason)]


def test_of_a_day_told_twice_the_first_line_is_named(tmp_path: Path) -> None:
    with pytest.raises(WorkdaysRefused) as refused:
        read_workdays(written(tmp_path, f"{HEAD}2027-02-08,休息,春节\n2027/2/8,工作日,\n"))
    assert [(f.line, f.value) for f in refused.value.faults] == [(3, "2")]


@pytest.mark.parametrize(
    ("word", "kind"),
    [
        ("工作日", DayKind.WORKDAY),
        ("休息", DayKind.REST),
        ("法定节假日", DayKind.STATUTORY),
        ("调休上班", DayKind.MAKEUP_WORKDAY),
        ("workday", DayKind.WORKDAY),
        ("rest", DayKind.REST),
        ("statutory", DayKind.STATUTORY),
        ("makeup_workday", DayKind.MAKEUP_WORKDAY),
    ],
)
def test_kinds_of_days_are_read_by_their_words(tmp_path: Path, word: str, kind: DayKind) -> None:
    found = read_workdays(written(tmp_path, f"{HEAD}2027-02-08,{word},春节\n"))
    assert found.day(date(2027, 2, 8)).kind is kind


def test_a_cell_that_is_not_there_is_an_empty_one() -> None:
    days, faults = parse_days([Cells(2, {})])
    assert days == {}
    assert [(f.column, f.reason) for f in faults] == [("date", "empty"), ("kind", "empty")]


def test_every_fault_is_named(tmp_path: Path) -> None:
    with pytest.raises(WorkdaysRefused) as refused:
        read_workdays(written(tmp_path, f"{HEAD}x,y,z\n2027-01-01,休息,元旦\n,,春节\nq,休息,\n"))
    assert [f.line for f in refused.value.faults] == [2, 2, 4, 4, 5]


@pytest.mark.parametrize(("text", "reason"), [("date,kind\n", "column_missing"), ("", "no_header")])
def test_a_file_that_is_no_table_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(WorkdaysRefused) as refused:
        read_workdays(written(tmp_path, text))
    assert refused.value.faults[0].reason == reason


def test_without_a_table_the_official_days_count(tmp_path: Path) -> None:
    assert read_workdays(tmp_path).day(date(2026, 10, 10)).certainty is Certainty.OFFICIAL


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_sound_table_beats_the_official_days_and_the_estimate(tmp_path: Path, encoding: str) -> None:
    days = read_workdays(written(tmp_path, f"{HEAD}2026-10-10,休息,国庆节\n2027/2/20,makeup_workday,春节\n", encoding))
    assert days.day(date(2026, 10, 10)) == DayInfo(DayKind.REST, "国庆节", Certainty.OVERRIDE)
    assert days.is_workday(date(2027, 2, 20))
    assert days.missing_year(date(2027, 1, 1)) == 2027
