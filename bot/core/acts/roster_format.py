"""文件格式: what a file is that is no table we read, so that the person hears how to save it instead."""

import io
import zipfile
from typing import Final

OLD_OFFICE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP: Final = (b"PK\x03\x04", b"PK\x05\x06")
_MARKS: Final = {
    b"%PDF": "pdf",
    b"Rar!": "archive",
    b"7z\xbc\xaf\x27\x1c": "archive",
    b"\x1f\x8b": "archive",
    b"\x89PNG": "picture",
    b"\xff\xd8\xff": "picture",
    b"GIF8": "picture",
    b"{\\rtf": "word",
    b"SQLite format 3": "database",
}
_PARTS: Final = {
    "word/document.xml": "word",
    "ppt/presentation.xml": "slides",
    "xl/workbook.bin": "xlsb",
    "index.zip": "numbers",
    "index/document.iwa": "numbers",
    "content.xml": "ods",
}
_OLD_PARTS: Final = {"WordDocument": "word", "PowerPoint Document": "slides"}
_ENCRYPTED: Final = 0x1


def protected(content: bytes) -> bool:
    """Whether a password keeps the file shut: an encrypted package of Office, or an encrypted archive."""
    if content.startswith(OLD_OFFICE):
        return any(_wide(name) in content for name in ("EncryptedPackage", "EncryptionInfo"))
    if content.startswith(ZIP):
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                return any(info.flag_bits & _ENCRYPTED for info in archive.infolist())
        except zipfile.BadZipFile:
            return False
    return False


def other_format(content: bytes) -> str | None:
    """A code of the format when it is neither CSV nor XLSX; None where it may be one of them."""
    for mark, name in _MARKS.items():
        if content.startswith(mark):
            return name
    if content.startswith(OLD_OFFICE):
        return next((name for part, name in _OLD_PARTS.items() if _wide(part) in content), "xls")
    if content.startswith(ZIP):
        return _in_archive(content)
    head = content[:512].removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    return "web" if head.startswith((b"<!doctype", b"<html", b"<table", b"<?xml", b"<meta", b"<head")) else None


def _in_archive(content: bytes) -> str | None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            names = {name.replace("\\", "/").lower() for name in archive.namelist()}
    except zipfile.BadZipFile:
        return None
    if any(name.endswith("xl/workbook.xml") or name == "[content_types].xml" for name in names) and not any(
        part in names for part in _PARTS
    ):
        return None
    found = (kind for part, kind in _PARTS.items() if part in names)
    return next(found, "numbers" if any(name.endswith(".iwa") for name in names) else "archive")


def _wide(name: str) -> bytes:
    return name.encode("utf-16-le")
