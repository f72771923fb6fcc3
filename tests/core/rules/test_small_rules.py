"""Rules of a few lines: where an answer goes, what an answer is, what fits on a page."""

import pytest

from bot.core.rules.answers import match_option
from bot.core.rules.message import Address, ChatKind, Incoming
from bot.core.rules.pages import split_pages
from bot.core.rules.text import windows


def test_an_answer_goes_the_way_by_which_its_message_came() -> None:
    heard = Incoming("qq", "30003", ChatKind.PRIVATE, "20001", "20001", "1", 0, (), "", via_group="888")
    assert heard.address == Address("qq", "30003", ChatKind.PRIVATE, "20001", "888")


def test_a_friend_is_reached_through_no_group() -> None:
    heard = Incoming("qq", "30003", ChatKind.PRIVATE, "20001", "20001", "1", 0, (), "")
    assert (heard.via_group, heard.address.via_group) == ("", "")
    assert Address("qq", "30003", ChatKind.PRIVATE, "20001").via_group == ""


@pytest.mark.parametrize(
    ("sizes", "pages"),
    [
        ([], [range(0)]),
        ([100], [range(1)]),
        ([60, 40], [range(2)]),
        ([60, 41], [range(1), range(1, 2)]),
        ([150, 100, 1], [range(1), range(1, 2), range(2, 3)]),
    ],
)
def test_a_page_takes_lines_until_the_next_would_not_fit(sizes: list[int], pages: list[range]) -> None:
    assert split_pages(sizes, 100) == pages


@pytest.mark.parametrize(("length", "known"), [(30, True), (31, False)])
def test_an_answer_has_at_most_thirty_characters(length: int, known: bool) -> None:
    word = "好" * length
    assert match_option(word, ["yes"], {"yes": word}) == ("yes" if known else None)


@pytest.mark.parametrize(("length", "count"), [(0, 1), (10, 1), (11, 2), (16, 2), (17, 3)])
def test_there_is_no_window_more_than_is_needed(length: int, count: int) -> None:
    assert len(list(windows("字" * length, size=10, overlap=4))) == count
