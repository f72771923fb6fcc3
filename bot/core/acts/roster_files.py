"""Reads and writes the roster's files: CSV in what offices write, and XLSX, come in; the codes go out as CSV."""

import csv
import io
import os
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bot.core.acts.roster_book import Book, Sheet, TooBig
from bot.core.acts.roster_format import ZIP, other_format, protected
from bot.core.acts.roster_header import Header, Lines, UnreadableTable, best_header, named
from bot.core.rules.roster import Cells

MAX_FILE_BYTES: Final = 64 * 2**20
"""100 000 people are 6 MiB; more than this is no roster."""
DELIMITERS: Final = (",", ";", "\t", "，", "；", "|")
_FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n")
_MARKED: Final = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe\0\0", "utf-32"), (b"\0\0\xfe\xff", "utf-32"))
_WIDE_MARKS: Final = ((b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))


@dataclass(frozen=True, slots=True)
class Table:
    """The lines of a file below its header; ``sheet`` names the sheet of a workbook that they stand in."""

    rows: list[Cells]
    sheet: str = ""


def read_table(path: Path, columns: Sequence[str], optional: Sequence[str] = ()) -> Table:
    """The lines of a CSV or XLSX file by their column names. ``UnreadableTable`` for everything that is none."""
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise UnreadableTable("too_big")
        content = path.read_bytes()
    except OSError as error:
        raise UnreadableTable("not_found" if isinstance(error, FileNotFoundError) else "not_readable") from error
    if protected(content):
        raise UnreadableTable("protected")
    if (name := other_format(content)) is not None:
        raise UnreadableTable("other_format", value=name)
    if not content.startswith(ZIP):
        return _from_csv(content, columns, optional)
    try:
        return _from_book(Book(content), columns, optional)
    except UnreadableTable:
        raise
    except TooBig as error:
        raise UnreadableTable("too_big") from error
    except Exception as error:  # an archive can be broken in every part of it, and each breaks a reader in its own way
        raise UnreadableTable("malformed") from error


def _from_book(book: Book, columns: Sequence[str], optional: Sequence[str]) -> Table:
    """The one visible sheet that is this table."""
    sheets = book.sheets()
    if not sheets:
        raise UnreadableTable("no_sheet")
    headers = [(sheet, best_header(book.lines(sheet), columns, optional)) for sheet in sheets]
    whole = [(sheet, header) for sheet, header in headers if header is not None and header.fault is None]
    if len(whole) > 1:
        raise UnreadableTable("several_sheets", value="、".join(sheet.name for sheet, _ in whole))
    if not whole:
        raise _refused(*max(headers, key=lambda each: _found(each[1])))
    ((sheet, header),) = whole
    unseen = book.hidden_columns(sheet)
    column = next((name for name, place in header.places.items() if place in unseen), None)
    if column is not None:
        raise UnreadableTable("hidden_column", header.line, column, sheet=sheet.name)
    rows = list(named(book.lines(sheet), header))
    line = next((row.line for row in rows if row.line in book.hidden), None)
    if line is not None:
        raise UnreadableTable("hidden_row", line, sheet=sheet.name)
    return Table(rows, sheet.name)


def _found(header: Header | None) -> int:
    return header.found if header is not None else 0


def _refused(sheet: Sheet | None, header: Header | None) -> UnreadableTable:
    name = sheet.name if sheet else ""
    if header is None or header.fault is None:
        return UnreadableTable("no_header", 1, sheet=name)
    fault = header.fault
    return UnreadableTable(fault.reason, fault.line, fault.column, fault.value, name)


def _from_csv(content: bytes, columns: Sequence[str], optional: Sequence[str]) -> Table:
    """The table in whichever encoding and with whichever separator shows its header."""
    tried: list[Header | None] = []
    for text in _texts(content):
        for delimiter in _delimiters(text):
            header = best_header(_lines(text, delimiter, strict=False), columns, optional)
            if header is not None and header.fault is None:
                return Table(list(named(_lines(text, delimiter), header)))
            tried.append(header)
    raise _refused(None, max(tried, key=_found))


def _texts(content: bytes) -> Iterator[str]:
    """The file as text, in each encoding that it may be in; nothing to choose where it says so itself."""
    marked = next((name for mark, name in (*_MARKED, *_WIDE_MARKS) if content.startswith(mark)), None)
    wide = ("utf-16-le", "utf-16-be") if b"\0" in content else ()
    read = False
    for encoding in (marked,) if marked else (*wide, "utf-8", "gb18030"):
        with suppress(UnicodeDecodeError):
            yield content.decode(encoding).replace("\0", "")
            read = True
            if encoding == "utf-8" and not wide:
                return
    if not read:
        raise UnreadableTable("encoding")


def _delimiters(text: str) -> Sequence[str]:
    """What may stand between the cells; ``sep=;`` in the first line says it."""
    first = text[:8].strip("\ufeff\"' ")
    return (first[4],) if first[:4].lower() == "sep=" and len(first) > 4 and first[4] not in "\r\n" else DELIMITERS


def _lines(text: str, delimiter: str, *, strict: bool = True) -> Lines:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=strict)
    line = 1
    while True:
        try:
            row = next(reader, None)
        except csv.Error as error:
            if not strict:
                return
            raise UnreadableTable("malformed", line) from error
        if row is None:
            return
        yield line, row
        line = reader.line_num + 1


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
