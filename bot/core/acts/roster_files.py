"""Reads and writes the roster's files: CSV (UTF-8 with or without BOM, GB18030) and XLSX in, the codes as CSV out."""

import csv
import io
import os
import tempfile
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, suppress
from pathlib import Path
from typing import Any, Final

from bot.core.rules.roster import Cells, Fault

MAX_FILE_BYTES: Final = 64 * 2**20
"""100 000 people are 6 MiB; more than this is no roster."""
MAX_ROWS: Final = 500_000
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
_UTF16_MARKS: Final = (b"\xff\xfe", b"\xfe\xff")


class UnreadableTable(Exception):
    """A file that is no table: ``reason`` is a code of the fault texts, ``line`` where reading stopped."""

    def __init__(self, reason: str, line: int = 0, column: str = "") -> None:
        super().__init__(reason)
        self.fault = Fault(line, column, reason)


def read_table(path: Path, columns: Sequence[str]) -> list[Cells]:
    """The lines of a CSV or XLSX file by their column names; further columns are not read (P6)."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise UnreadableTable("too_big")
        content = path.read_bytes()
    except OSError as error:
        raise UnreadableTable("not_found" if isinstance(error, FileNotFoundError) else "not_readable") from error
    lines = _xlsx(content) if content[:4] == b"PK\x03\x04" else _csv(content)
    return list(_named(lines, columns))


def _csv(content: bytes) -> Iterator[tuple[int, Sequence[str]]]:
    if content.startswith(_UTF16_MARKS):
        raise UnreadableTable("encoding")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        try:
            text = content.decode("gb18030")
        except UnicodeDecodeError as error:
            raise UnreadableTable("encoding") from error
    reader = csv.reader(io.StringIO(text.replace("\0", ""), newline=""), strict=True)
    line = 1
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            raise UnreadableTable("malformed", line) from error
        if row is None:
            return
        yield line, row
        line = reader.line_num + 1


def _xlsx(content: bytes) -> Iterator[tuple[int, Sequence[str]]]:
    from openpyxl import load_workbook  # a quarter of a second that only this command needs
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=False, keep_links=False)
        with closing(book):
            # A sheet may claim too small a size; without it openpyxl reads what is there.
            sheet: Any = book.worksheets[0]
            sheet.reset_dimensions()
            for line, row in enumerate(sheet.iter_rows(values_only=True), 1):
                yield line, [_cell(value) for value in row]
    except (InvalidFileException, zipfile.BadZipFile, KeyError, IndexError, ValueError, EOFError, SyntaxError) as error:
        raise UnreadableTable("malformed") from error


def _cell(value: Any) -> str:
    """A cell as text: 1001.0 is the code 1001; a formula is its own text and is never worked out."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(getattr(value, "text", value))


def _named(lines: Iterable[tuple[int, Sequence[str]]], columns: Sequence[str]) -> Iterator[Cells]:
    places: dict[str, int] | None = None
    for count, (line, row) in enumerate(lines):
        if not any(cell.strip() for cell in row):
            continue
        if count > MAX_ROWS:
            raise UnreadableTable("too_big", line)
        if places is None:
            places = _places([cell.strip() for cell in row], columns, line)
        else:
            yield Cells(line, {name: row[at] if at < len(row) else "" for name, at in places.items()})
    if places is None:
        raise UnreadableTable("no_header", 1)


def _places(header: list[str], columns: Sequence[str], line: int) -> dict[str, int]:
    for name in columns:
        if header.count(name) != 1:
            raise UnreadableTable("column_twice" if name in header else "column_missing", line, name)
    return {name: header.index(name) for name in columns}


def write_private(path: Path, content: str, *, encoding: str = "utf-8") -> None:
    """Put ``content`` in place of a file at once, readable for its owner only: never half, never open for a moment."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # made with mode 0600
    try:
        with os.fdopen(handle, "w", encoding=encoding, newline="") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        with suppress(OSError):
            Path(name).unlink()
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def as_csv(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table for spreadsheets: cells that would be formulas get a leading ' (threat 13)."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(header)
    writer.writerows([_harmless(cell) for cell in row] for row in rows)
    return out.getvalue()


def _harmless(cell: str) -> str:
    return "'" + cell if cell.lstrip(" \n").startswith(_FORMULA_STARTS) or cell.startswith(_FORMULA_STARTS) else cell
