"""Pages of a list: how many there are, and which do not exist."""

from typing import Final

from bot.core.rules.refusal import Refusal

PAGE: Final = 10
"""Lines on one page, where a list says nothing else: they are read on a phone."""


class NoSuchPage(Refusal):
    """没有这一页: a page that does not exist; field ``pages``: how many there are."""

    code = "page.none"


def pages_of(total: int, page: int, size: int = PAGE) -> int:
    """How many pages ``total`` lines have, always one at least; refuses ``page.none``."""
    return check_page(page, max(1, -(-total // size)))


def check_page(page: int, pages: int) -> int:
    """``pages``, if ``page`` is one of them; refuses ``page.none``."""
    if not 1 <= page <= pages:
        raise NoSuchPage(pages=pages)
    return pages
