"""表格文件: the visible sheets of an XLSX workbook as lines of text.

Only what a table needs is read: which sheets are visible, their cells, the shared strings. Styles, drawings, names and
links are never opened, so a program that writes those badly keeps nobody's roster out.
"""

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final
from xml.etree import ElementTree as Xml

Lines = Iterator[tuple[int, Sequence[str]]]

MAX_PART_BYTES: Final = 512 * 2**20
"""Of one part after unpacking; a roster of 500 000 lines is far below."""
MAX_COLUMNS: Final = 256
EXACT: Final = 10**15
"""Numbers from here on lose their last digits in a spreadsheet: such a code is no longer the one that was typed."""
_REFERENCE: Final = re.compile(r"([A-Z]{1,3})(\d+)", re.ASCII)
_ESCAPED: Final = re.compile(r"_x([0-9A-Fa-f]{4})_", re.ASCII)
_TRUE: Final = ("1", "true")
_HIDDEN: Final = ("hidden", "veryhidden")


class TooBig(Exception):
    """A part unpacks to more than any roster holds."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """One visible sheet; ``part`` is where its cells stand in the archive."""

    name: str
    part: str


class Book:
    """A workbook that is read part by part. Whatever is wrong with it comes out as the exception of the reader."""

    def __init__(self, content: bytes) -> None:
        self._archive = zipfile.ZipFile(io.BytesIO(content))
        self._names = {_path(name): name for name in self._archive.namelist()}
        self._strings: list[str] | None = None
        self.hidden: set[int] = set()
        """Lines read so far that nobody who opens the file sees."""

    def sheets(self) -> list[Sheet]:
        """The sheets that somebody who opens the file sees."""
        whole = self._targets("", ".rels")
        part = next((to for kind, to in whole.values() if kind == "officeDocument"), "xl/workbook.xml")
        targets = self._targets(*posixpath.split(part))
        found: list[Sheet] = []
        for element in self._elements(part, "sheet"):
            marks = {_plain(name): value for name, value in element.attrib.items()}
            kind, target = targets.get(marks.get("id", ""), ("", ""))
            if kind == "worksheet" and marks.get("state", "").lower() not in _HIDDEN:
                found.append(Sheet(marks.get("name", ""), target))
        return found

    def lines(self, sheet: Sheet) -> Lines:
        """The lines of a sheet with their numbers, as the spreadsheet shows them."""
        if self._strings is None:
            has_strings = _path("xl/sharedStrings.xml") in self._names
            found = self._elements("xl/sharedStrings.xml", "si") if has_strings else iter(())
            self._strings = [_text(element) for element in found]
        number = 0
        self.hidden = set()
        for row in self._elements(sheet.part, "row"):
            told = row.get("r", "")
            number = max(number + 1, int(told) if told.isdigit() else 0)  # no two lines have one number
            if row.get("hidden") in _TRUE or (row.get("customHeight") in _TRUE and row.get("ht") in ("0", "0.0")):
                self.hidden.add(number)
            yield number, self._row(row, self._strings)

    def hidden_columns(self, sheet: Sheet) -> set[int]:
        """Places of columns that nobody sees."""
        return {
            place - 1
            for column in self._elements(sheet.part, "col")
            if column.get("hidden") in _TRUE or column.get("width") == "0"
            for place in range(int(column.get("min", "1")), min(int(column.get("max", "1")), MAX_COLUMNS) + 1)
        }

    def _row(self, row: Xml.Element, strings: Sequence[str]) -> list[str]:
        cells: list[str] = []
        for cell in row:
            if _plain(cell.tag) != "c":
                continue
            match = _REFERENCE.fullmatch(cell.get("r", ""))
            place = _column(match[1]) if match else len(cells)
            if place < MAX_COLUMNS:
                cells.extend([""] * (place + 1 - len(cells)))
                cells[place] = _value(cell, strings)
        return cells

    def _targets(self, folder: str, name: str) -> dict[str, tuple[str, str]]:
        """Kind and part of what a part refers to, by the id of the reference."""
        rels = posixpath.join(folder, "_rels", name if name == ".rels" else f"{name}.rels")
        if _path(rels) not in self._names:
            return {}
        return {
            one.get("Id", ""): (
                one.get("Type", "").rpartition("/")[2],
                posixpath.normpath(posixpath.join("/", folder, one.get("Target", "").replace("\\", "/")))[1:],
            )
            for one in self._elements(rels, "Relationship")
        }

    def _elements(self, part: str, tag: str) -> Iterator[Xml.Element]:
        info = self._archive.getinfo(self._names[_path(part)])
        if info.file_size > MAX_PART_BYTES:
            raise TooBig
        with self._archive.open(info) as stream:
            # Nothing outside is fetched, and expat bounds what entities may grow to.
            for _, element in Xml.iterparse(stream):  # noqa: S314
                if _plain(element.tag) == tag:
                    yield element
                    element.clear()


def _path(name: str) -> str:
    return name.replace("\\", "/").lstrip("/").lower()


def _plain(name: str) -> str:
    """A tag without its namespace; strict and transitional files differ in nothing else here."""
    return name.rpartition("}")[2]


def _column(letters: str) -> int:
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - 64
    return place - 1


def _text(element: Xml.Element) -> str:
    """The runs of a string; how it is read aloud (``rPh``) is no part of it."""
    parts = [
        (one.text or "") if _plain(one.tag) == "t" else _text(one) if _plain(one.tag) in ("r", "is") else ""
        for one in element
    ]
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), "".join(parts))


def _value(cell: Xml.Element, strings: Sequence[str]) -> str:
    """A cell as text: 1001.0 is the code 1001; a formula stays a formula and is never worked out."""
    parts = {_plain(part.tag): part for part in cell}
    if "f" in parts:
        return "=" + (parts["f"].text or "")
    kind = cell.get("t", "n")
    if kind == "inlineStr":
        return _text(cell)
    told = (parts["v"].text or "") if "v" in parts else ""
    if kind == "s":
        return strings[int(told)] if told else ""
    if kind == "b":
        return "TRUE" if told == "1" else "FALSE"
    return _number(told) if kind == "n" and told else told


def _number(told: str) -> str:
    number = float(told)
    if abs(number) >= EXACT:
        return f"{number:E}"
    return str(int(number)) if number.is_integer() else told
