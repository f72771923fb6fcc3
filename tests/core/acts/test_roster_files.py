"""The roster's files: every encoding that offices use, and what is no table at all."""

import io
import os
import stat
import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook

from bot.core.acts.roster_files import UnreadableTable, as_csv, read_table, write_private
from bot.core.rules.roster import ORG_COLUMNS, PEOPLE_COLUMNS

PEOPLE = "姓名,组织编码,身份,班子成员\r\n林晓舟,QH,专职,是\r\n何予安,QH,挂职,否\r\n"


def people(folder: Path, content: str | bytes, encoding: str = "utf-8") -> list[tuple[int, list[str]]]:
    path = folder / "people.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return [(cells.line, list(cells.values.values())) for cells in read_table(path, PEOPLE_COLUMNS)]


def reason(folder: Path, content: str | bytes, encoding: str = "utf-8") -> tuple[str, int, str]:
    with pytest.raises(UnreadableTable) as refused:
        people(folder, content, encoding)
    fault = refused.value.fault
    return fault.reason, fault.line, fault.column


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "gbk"])
def test_each_encoding_is_read(tmp_path: Path, encoding: str) -> None:
    assert people(tmp_path, PEOPLE, encoding) == [
        (2, ["林晓舟", "QH", "专职", "是"]),
        (3, ["何予安", "QH", "挂职", "否"]),
    ]


def test_an_encoding_that_is_none_of_them_is_refused(tmp_path: Path) -> None:
    assert reason(tmp_path, PEOPLE, "utf-16")[0] == "encoding"
    assert reason(tmp_path, b"\xff\xff\xff\x80" * 9)[0] == "encoding"


def test_what_is_no_table_is_refused(tmp_path: Path) -> None:
    assert reason(tmp_path, "") == ("no_header", 1, "")
    assert reason(tmp_path, "\n\n ,,\n") == ("no_header", 1, "")
    assert reason(tmp_path, '姓名,组织编码,身份,班子成员\n"林"晓舟,QH,专职,是\n')[:2] == ("malformed", 2)
    assert reason(tmp_path, b"PK\x03\x04 not a workbook")[0] == "malformed"
    with pytest.raises(UnreadableTable, match="not_found"):
        read_table(tmp_path / "gone.csv", PEOPLE_COLUMNS)
    with pytest.raises(UnreadableTable, match="not_readable"):
        read_table(tmp_path, PEOPLE_COLUMNS)


def test_a_workbook_that_is_an_archive_of_something_else_is_refused(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("readme.txt", "hello")
    assert reason(tmp_path, out.getvalue())[0] == "malformed"


def test_a_missing_or_doubled_column_is_named(tmp_path: Path) -> None:
    assert reason(tmp_path, "姓名,组织编码,身份\n") == ("column_missing", 1, "班子成员")
    assert reason(tmp_path, "\n姓名,姓名,组织编码,身份,班子成员\n") == ("column_twice", 2, "姓名")


def test_columns_may_stand_anywhere_and_further_ones_are_not_read(tmp_path: Path) -> None:
    rows = people(tmp_path, "身份证号,班子成员,身份,组织编码, 姓名 \n110101,否,专职,QH,林晓舟\n")
    assert rows == [(2, ["林晓舟", "QH", "专职", "否"])]


def test_empty_lines_are_skipped_and_lines_keep_their_numbers(tmp_path: Path) -> None:
    rows = people(tmp_path, '姓名,组织编码,身份,班子成员\n\n"林\n晓舟",QH,专职,是\n,,,\n何予安,QH\n')
    assert rows == [(3, ["林\n晓舟", "QH", "专职", "是"]), (6, ["何予安", "QH", "", ""])]


def test_a_workbook_is_read_and_its_formulas_are_text(tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.worksheets[0]
    for row in (ORG_COLUMNS, (1001, "=1+1", None, "县", "地方"), (1002.0, "青禾县委", 1001, "县", "地方")):
        sheet.append(row)
    path = tmp_path / "orgs.xlsx"
    book.save(path)
    assert [(c.line, list(c.values.values())) for c in read_table(path, ORG_COLUMNS)] == [
        (2, ["1001", "=1+1", "", "县", "地方"]),
        (3, ["1002", "青禾县委", "1001", "县", "地方"]),
    ]


def test_a_private_file_is_for_its_owner_only_and_never_half(tmp_path: Path) -> None:
    path = tmp_path / "codes.csv"
    path.write_text("old")
    path.chmod(0o644)
    write_private(path, "new")
    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == ("new", 0o600)
    with pytest.raises(UnicodeEncodeError):
        write_private(path, "\ud800")
    assert (path.read_text(), os.listdir(tmp_path)) == ("new", ["codes.csv"])


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", " =1", "\n=1", " \n @x"])
def test_a_cell_that_would_be_a_formula_is_defused(cell: str) -> None:
    assert as_csv(["姓名"], [[cell]]).partition("\n")[2].lstrip('"').startswith("'")
    assert as_csv(["姓名"], [["林-晓舟"]]).splitlines()[1] == "林-晓舟"
