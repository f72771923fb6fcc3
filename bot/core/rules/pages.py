"""Pages of long texts: what fits into one message on a phone."""

from collections.abc import Sequence
from typing import Final

PAGE_CHARS: Final = 1_500
"""Characters of recorded words on one page of a record."""


def split_pages(sizes: Sequence[int], limit: int = PAGE_CHARS) -> list[range]:
    """Pages of a long record: as many lines as fit into ``limit`` characters, at least one; always one page."""
    pages: list[range] = []
    start = spent = 0
    for index, size in enumerate(sizes):
        if index > start and spent + size > limit:
            pages.append(range(start, index))
            start, spent = index, 0
        spent += size
    pages.append(range(start, len(sizes)))
    return pages
