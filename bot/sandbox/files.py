"""Files the bot handed over, in memory only and bounded."""

import secrets
from typing import Final

from bot.sandbox.values import Attachment, Chat, Line, WorldError

MAX_FILE: Final = 20 * 2**20
"""Bytes of one file."""
MAX_FILES: Final = 64
"""Files kept; the oldest goes first."""
MAX_NAME: Final = 120
"""Characters of a file's name."""


class FileStore:
    """文件柜: bytes by a number that cannot be guessed, each belonging to one chat."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[Attachment, Chat, bytes]] = {}

    def keep(self, chat: Chat, name: str, content: bytes, *, picture: bool = False) -> Attachment:
        """Keep a file for this chat."""
        if not content:
            raise WorldError("empty")
        if len(content) > MAX_FILE:
            raise WorldError("too_large")
        attachment = Attachment(secrets.token_hex(12), name[:MAX_NAME] or "file", len(content), picture)
        self._kept[attachment.file_id] = (attachment, chat, content)
        while len(self._kept) > MAX_FILES:
            self._kept.pop(next(iter(self._kept)))
        return attachment

    def find(self, file_id: str) -> tuple[Attachment, Chat, bytes]:
        """A file that is still kept."""
        if file_id not in self._kept:
            raise WorldError("unknown_file")
        return self._kept[file_id]

    def drop_of(self, line: Line) -> None:
        """Forget the files of a message that was taken back."""
        for piece in line.segments:
            if isinstance(piece, Attachment):
                self._kept.pop(piece.file_id, None)
