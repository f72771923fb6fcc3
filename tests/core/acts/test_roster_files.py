"""The roster's files: every encoding that offices use, and what is no table at all."""

import io
import os
import stat
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook

from bot.cli.faults import spelled
from bot.cli.words import words
from bot.core.acts.roster_files import as_csv, read_table, write_private
from bot.core.acts.roster_format import OLD_OFFICE
from bot.core.acts.roster_header import UnreadableTable
from bot.core.rules.roster import NOTE, ORG_COLUMNS, PEOPLE_COLUMNS, Fault, PersonRow, parse_people, wrong_cell

PEOPLE = "姓名,组织编码,身份,班子成员\r\n林晓舟,QH,专职,是\r\n何予安,QH,挂职,否\r\n"


def people(folder: Path, content: str | bytes, encoding: str = "utf-8") -> list[tuple[int, list[str]]]:
    path = folder / "people.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return [(cells.line, list(cells.values.values())) for cells in read_table(path, PEOPLE_COLUMNS).rows]


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


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("between", [",", "\t"])
def test_wide_encodings_are_read_with_and_without_their_mark(tmp_path: Path, encoding: str, between: str) -> None:
    assert people(tmp_path, PEOPLE.replace(",", between), encoding)[0] == (2, ["林晓舟", "QH", "专职", "是"])


def test_an_encoding_that_is_none_of_them_is_refused(tmp_path: Path) -> None:
    assert reason(tmp_path, b"\xff\xff\xff\x80" * 9)[0] == "encoding"


@pytest.mark.parametrize("between", [";", "\t", "，", "；", "|"])
@pytest.mark.parametrize("above", ["", "2026 年团干部名册\n", "2026 年团干部名册,,,\n填表：组织部\n\n", "\n\n"])
def test_other_separators_and_a_title_above_the_header_are_read(tmp_path: Path, between: str, above: str) -> None:
    first = above.count("\n") + 2
    assert people(tmp_path, above + PEOPLE.replace(",", between)) == [
        (first, ["林晓舟", "QH", "专职", "是"]),
        (first + 1, ["何予安", "QH", "挂职", "否"]),
    ]


@pytest.mark.parametrize("first", ["sep=;", "SEP=;", '"sep=;"', "\ufeffsep=;"])
def test_the_line_that_names_the_separator_is_no_header(tmp_path: Path, first: str) -> None:
    assert people(tmp_path, f"{first}\n{PEOPLE.replace(',', ';')}")[0] == (3, ["林晓舟", "QH", "专职", "是"])


@pytest.mark.parametrize(
    "header",
    [
        "姓 名,组织 编码,身　份,班子成员",
        "*姓名,团组织编码,角色,是否班子成员",
        "姓名（必填）,单位编码,身份(用/分开),班子成员：",
        "\u200b姓名,组织代码,身份,班子成员 ",
    ],
)
def test_a_header_may_be_spaced_marked_or_called_as_offices_call_it(tmp_path: Path, header: str) -> None:
    assert people(tmp_path, f"{header},,\n林晓舟,QH,专职,是,,\n,,,,,\n") == [(2, ["林晓舟", "QH", "专职", "是"])]


def test_every_cell_may_be_quoted_and_lines_may_end_in_any_way(tmp_path: Path) -> None:
    quoted = "".join(",".join(f'"{cell}"' for cell in line.split(",")) + "\r" for line in PEOPLE.split())
    assert people(tmp_path, quoted + "\x1a")[0] == (2, ["林晓舟", "QH", "专职", "是"])


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
    assert reason(tmp_path, out.getvalue())[0] == "other_format"


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
    assert [(c.line, list(c.values.values())) for c in read_table(path, ORG_COLUMNS).rows] == [
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


# --- workbooks --------------------------------------------------------------------------------------------------------

LINES = [["姓名", "组织编码", "身份", "班子成员"], ["林晓舟", "QH", "专职", "是"]]
READ = [(2, ["林晓舟", "QH", "专职", "是"])]


def book(change: Callable[[Workbook], None] = lambda _book: None, lines: Sequence[Sequence[object]] = LINES) -> bytes:
    """A workbook as bytes."""
    made = Workbook()
    sheet = made.worksheets[0]
    for line in lines:
        sheet.append(list(line))
    change(made)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def with_part(content: bytes, part: str, text: bytes) -> bytes:
    """The same archive with one part put in the place of its own."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w") as new:
        for name in {*old.namelist(), part}:
            new.writestr(name, text if name == part else old.read(name))
    return out.getvalue()


@pytest.mark.parametrize(
    ("part", "text"),
    [
        ("xl/styles.xml", b'<styleSheet><fills count="2"><fill/><fill/></fills></styleSheet>'),
        ("xl/styles.xml", b"<styleSheet><fills><fill><extLst/></fill></fills></styleSheet>"),
        ("xl/styles.xml", b"no xml at all"),
        ("xl/theme/theme1.xml", b""),
        ("docProps/core.xml", b"<cp/>"),
        ("docProps/app.xml", b"<x"),
        ("xl/calcChain.xml", b"<broken"),
    ],
)
def test_parts_that_hold_no_cell_may_be_as_broken_as_they_like(tmp_path: Path, part: str, text: bytes) -> None:
    assert people(tmp_path, with_part(book(), part, text)) == READ


@pytest.mark.parametrize("part", ["xl/workbook.xml", "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"])
@pytest.mark.parametrize("text", [b"", b"<x", b"\0\0", b"<a>" * 5_000])
def test_a_part_with_cells_that_is_broken_is_one_fault(tmp_path: Path, part: str, text: bytes) -> None:
    assert reason(tmp_path, with_part(book(), part, text))[0] in ("malformed", "no_sheet", "no_header")


@pytest.mark.parametrize("state", ["hidden", "veryHidden"])
@pytest.mark.parametrize("place", [0, 1])
def test_a_sheet_that_nobody_sees_is_not_read(tmp_path: Path, state: str, place: int) -> None:
    def hide(made: Workbook) -> None:
        old = made.create_sheet("旧名册", place)
        for line in (LINES[0], ["周敏", "QH", "书记", "否"]):
            old.append(line)
        old.sheet_state = state

    assert people(tmp_path, book(hide)) == READ


def test_a_workbook_of_hidden_sheets_only_is_refused(tmp_path: Path) -> None:
    hidden = b'<workbook><sheets><sheet name="a" state="hidden"/></sheets></workbook>'
    assert reason(tmp_path, with_part(book(), "xl/workbook.xml", hidden))[0] == "no_sheet"


def test_the_sheet_with_the_header_is_read_and_two_of_them_are_refused(tmp_path: Path) -> None:
    def note(made: Workbook) -> None:
        made.create_sheet("填写说明", 0).append(["请如实填写"])

    def second(made: Workbook) -> None:
        for line in LINES:
            made.create_sheet("一份") if "一份" not in made.sheetnames else None
            made["一份"].append(line)

    assert people(tmp_path, book(note)) == READ
    assert reason(tmp_path, book(second))[0] == "several_sheets"


def test_formulas_and_error_values_of_a_workbook_stay_what_they_are(tmp_path: Path) -> None:
    lines = [LINES[0], ["=A1", "#N/A", "专职", "=1/0"]]
    assert people(tmp_path, book(lines=lines)) == [(2, ["=A1", "#N/A", "专职", "=1/0"])]


def test_a_number_that_lost_its_digits_does_not_pass_for_a_code(tmp_path: Path) -> None:
    assert (
        people(tmp_path, book(lines=[LINES[0], ["林晓舟", 110101199001011234, "专职", ""]]))[0][1][1] == "1.101012E+17"
    )


def test_a_title_and_merged_cells_above_the_header_are_passed_over(tmp_path: Path) -> None:
    def merge(made: Workbook) -> None:
        made.worksheets[0].merge_cells("A1:D1")

    assert people(tmp_path, book(merge, [["团干部名册"], [], *LINES])) == [(4, READ[0][1])]


def encrypted() -> bytes:
    return OLD_OFFICE + b"\0" * 504 + "EncryptedPackage".encode("utf-16-le") + b"\0" * 99


def archive(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as made:
        for name in names:
            made.writestr(name, "x")
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "told", "value"),
    [
        (encrypted(), "protected", ""),
        (OLD_OFFICE + b"\0" * 504 + "Workbook".encode("utf-16-le"), "other_format", "xls"),
        (OLD_OFFICE + b"\0" * 504 + "WordDocument".encode("utf-16-le"), "other_format", "word"),
        (archive("mimetype", "content.xml"), "other_format", "ods"),
        (archive("Index/Document.iwa", "Metadata/Properties.plist"), "other_format", "numbers"),
        (archive("[Content_Types].xml", "word/document.xml"), "other_format", "word"),
        (archive("[Content_Types].xml", "ppt/presentation.xml"), "other_format", "slides"),
        (archive("[Content_Types].xml", "xl/workbook.bin"), "other_format", "xlsb"),
        (archive("people.xlsx"), "other_format", "archive"),
        (b"%PDF-1.7 ...", "other_format", "pdf"),
        (b"<html><table><tr><td>x</td></tr></table></html>", "other_format", "web"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><Workbook/>", "other_format", "web"),
    ],
)
def test_what_is_another_kind_of_file_is_called_by_its_name(
    tmp_path: Path, content: bytes, told: str, value: str
) -> None:
    with pytest.raises(UnreadableTable) as refused:
        people(tmp_path, content)
    assert (refused.value.fault.reason, refused.value.fault.value) == (told, value)
    assert told != "other_format" or words()["format"][value]


def read_or_faults(path: Path) -> tuple[list[PersonRow], list[Fault]]:
    """What the import makes of a file; any other exception than its own fails the test."""
    try:
        return parse_people(read_table(path, PEOPLE_COLUMNS, (NOTE,)).rows)
    except UnreadableTable as unreadable:
        return [], [unreadable.fault]


SOMEWHERE = st.tuples(st.integers(0, 10**6), st.binary(min_size=1, max_size=40))


@given(st.lists(SOMEWHERE, max_size=8), st.sampled_from(["xlsx", "csv"]), st.integers(0, 10**6))
def test_whatever_a_file_has_become_it_is_read_or_one_readable_fault(
    tmp_path_factory: pytest.TempPathFactory, damage: list[tuple[int, bytes]], kind: str, cut: int
) -> None:
    whole = bytearray(WHOLE if kind == "xlsx" else PEOPLE.encode())
    for at, change in damage:
        at %= len(whole)
        whole[at : at + len(change)] = change
    path = tmp_path_factory.getbasetemp() / f"damaged.{kind}"
    path.write_bytes(bytes(whole) if cut % 4 else bytes(whole[: cut % len(whole)]))
    _, faults = read_or_faults(path)
    assert all(spelled("f", fault) for fault in faults)


CELL = st.one_of(
    st.sampled_from(["姓名", "组织编码", "林晓舟", "QH", "专职", "#N/A", "=A1", "是", "", " ", "sep=;"]),
    st.text(max_size=8),
    st.integers(),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    st.dates().map(str),
)


@given(st.lists(st.lists(CELL, max_size=6), max_size=6), st.sampled_from(",;\t|"))
def test_every_table_of_any_cells_is_read_or_one_readable_fault(
    tmp_path_factory: pytest.TempPathFactory, lines: list[list[object]], between: str
) -> None:
    path = tmp_path_factory.getbasetemp() / "made.csv"
    text = "\n".join(between.join(str(cell) for cell in line) for line in lines)
    path.write_bytes((between.join(PEOPLE_COLUMNS) + "\n" + text).encode("utf-8", "replace"))
    rows, faults = read_or_faults(path)
    assert all(spelled("f", fault) for fault in faults)
    assert not any(wrong_cell(row.name) for row in rows)


WHOLE = book()


@pytest.mark.parametrize("how", [b'hidden="1"', b'hidden="true"', b'ht="0" customHeight="1"'])
def test_a_line_that_nobody_sees_is_one_fault(tmp_path: Path, how: bytes) -> None:
    """Filtered out or hidden: an old line would give somebody a live code whom nobody meant."""
    content = book(lines=[*LINES, ["周敏", "QH", "书记", "否"], ["吴桐", "QH", "兼职", "否"]])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").replace(b'<row r="3"', b'<row r="3" ' + how)
    assert reason(tmp_path, with_part(content, "xl/worksheets/sheet1.xml", sheet))[:2] == ("hidden_row", 3)


def test_a_hidden_line_above_the_header_or_with_nothing_in_it_hides_nobody(tmp_path: Path) -> None:
    def hide(made: Workbook) -> None:
        for line in (1, 4):
            made.worksheets[0].row_dimensions[line].hidden = True

    lines = [["名册", "", "", ""], *LINES, ["", "", "", ""]]
    assert people(tmp_path, book(hide, lines)) == [(3, READ[0][1])]


def test_a_wanted_column_that_nobody_sees_is_one_fault(tmp_path: Path) -> None:
    def hide(made: Workbook) -> None:
        made.worksheets[0].column_dimensions["C"].hidden = True

    assert reason(tmp_path, book(hide)) == ("hidden_column", 1, "身份")


def test_a_further_column_may_be_hidden(tmp_path: Path) -> None:
    def hide(made: Workbook) -> None:
        made.worksheets[0].column_dimensions["E"].hidden = True

    assert people(tmp_path, book(hide, [[*LINES[0], "电话"], [*LINES[1], "1"]])) == READ


def test_two_lines_of_one_number_are_two_lines(tmp_path: Path) -> None:
    """A program that numbers its lines badly must not make one person of two."""
    content = book(lines=[*LINES, ["周敏", "QH", "书记", "否"]])
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml")
    read = people(tmp_path, with_part(content, "xl/worksheets/sheet1.xml", sheet.replace(b'<row r="3"', b'<row r="2"')))
    assert [line for line, _ in read] == [2, 3]
