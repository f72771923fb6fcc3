"""Reading a history backwards: everything back to the edge, also when each look reads a few pages only."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.channels.tail import MOST, PAGE, Tail
from bot.core.rules.message import ChatKind, Incoming, Text


def said(number: int) -> Incoming:
    return Incoming(
        *("qq", "1", ChatKind.GROUP, "888", "2", str(number), 1_000 + number // 3),
        segments=(Text("话"),),
        text="话",
        sequence=number,
        from_history=True,
    )


class Platform:
    """Gives fifty messages up to one of them, that one included; ``pages`` False: always the newest."""

    def __init__(self, said: list[Incoming], *, pages: bool = True) -> None:
        self.said, self.pages, self.asked = said, pages, 0

    def page(self, until: str) -> list[Incoming]:
        self.asked += 1
        numbers = [one.message_id for one in self.said]
        end = numbers.index(until) + 1 if until and self.pages else len(self.said)
        return self.said[max(0, end - PAGE) : end]


def look(tail: Tail, platform: Platform, most: int = 1_000) -> None:
    tail.begin()
    while not tail.ended and most:
        tail.add(platform.page(tail.until))
        most -= 1


@settings(deadline=None)
@given(
    st.integers(0, 900), st.integers(0, 900), st.lists(st.tuples(st.integers(1, 4), st.integers(0, 120)), max_size=9)
)
def test_everything_back_to_the_edge_is_found_however_often_a_look_breaks_off(
    there: int, edge: int, looks: list[tuple[int, int]]
) -> None:
    platform = Platform([said(number) for number in range(there)])
    tail = Tail(edge=1_000 + edge // 3)
    for pages, more in looks:
        look(tail, platform, pages)
        platform.said += [said(number) for number in range(len(platform.said), len(platform.said) + more)]
    look(tail, platform)
    wanted = [one for one in platform.said if one.sent_at >= tail.edge]
    missed = [one for one in wanted if (one.message_id, one.sender_id, one.sent_at) not in tail.found]
    oldest = min((one.sent_at for one in tail.found.values()), default=0)
    assert not missed or (len(tail.found) >= MOST and max(one.sent_at for one in missed) <= oldest), "no hole inside"


def test_a_second_that_a_page_begins_in_is_read_to_its_beginning() -> None:
    platform = Platform([said(number) for number in range(300)])
    first = platform.said[300 - PAGE]
    tail = Tail(edge=first.sent_at)
    look(tail, platform, 1)
    assert platform.said[300 - PAGE - 1].sent_at == first.sent_at, "the page begins in the middle of a second"
    assert (tail.ended, tail.reaches(tail.edge), tail.reaches(tail.edge + 1)) == (False, False, True)
    look(tail, platform)
    assert (tail.ended, tail.reaches(tail.edge)) == (True, True)


@pytest.mark.parametrize("there", [1, PAGE - 1, PAGE + 1])
def test_what_a_history_begins_with_is_all_there_is_of_its_second(there: int) -> None:
    platform = Platform([said(number) for number in range(there)])
    tail = Tail(edge=0)
    look(tail, platform)
    assert tail.reaches(platform.said[0].sent_at)
    assert not tail.reaches(platform.said[0].sent_at - 1)


def test_a_page_that_was_not_given_ends_nothing_that_could_be_known() -> None:
    platform = Platform([said(number) for number in range(300)])
    tail = Tail(edge=platform.said[300 - PAGE].sent_at)
    look(tail, platform, 1)
    tail.add([])
    assert (tail.ended, tail.reaches(tail.edge)) == (True, False)


def test_what_an_earlier_look_has_read_is_not_asked_for_again() -> None:
    platform = Platform([said(number) for number in range(500)])
    tail = Tail(edge=0)
    look(tail, platform, 6)
    platform.said += [said(number) for number in range(500, 510)]
    look(tail, platform)
    assert len(tail.found) == 510
    assert platform.asked == 6 + 1 + 5, "the newest page, then on from where the first look ended"


def test_a_gateway_that_tells_the_newest_page_for_ever_is_asked_twice() -> None:
    platform = Platform([said(number) for number in range(200)], pages=False)
    tail = Tail(edge=0)
    look(tail, platform)
    assert (platform.asked, len(tail.found)) == (2, PAGE)


def test_an_empty_history_ends_at_once() -> None:
    tail = Tail(edge=0)
    look(tail, platform := Platform([]))
    assert (tail.ended, platform.asked) == (True, 1)


def test_so_many_messages_are_enough() -> None:
    platform = Platform([said(number) for number in range(3 * MOST)])
    tail = Tail(edge=0)
    look(tail, platform)
    assert MOST <= len(tail.found) < MOST + PAGE


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(st.integers(1, 30), st.integers(0, 400)), min_size=3, max_size=8))
def test_a_line_that_never_stops_breaking_fills_no_memory(looks: list[tuple[int, int]]) -> None:
    platform = Platform([said(number) for number in range(2 * MOST)])
    tail = Tail(edge=0)
    handed: list[str] = []
    for pages, more in looks:
        look(tail, platform, pages)
        assert len(tail.found) <= MOST + 30 * PAGE
        for one in tail.left():
            handed.append(one.message_id)
            tail.handed(one)
        platform.said += [said(number) for number in range(len(platform.said), len(platform.said) + more)]
    tail.begin()
    assert len(tail.found) <= MOST
    look(tail, platform)
    newest = [one.message_id for one in platform.said[-MOST:]]
    assert set(newest) <= {one.message_id for one in tail.found.values()}, "and no hole in what is kept"


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(1, 4), st.integers(0, 60)), max_size=9))
def test_nothing_is_handed_on_twice(looks: list[tuple[int, int]]) -> None:
    platform = Platform([said(number) for number in range(300)])
    tail, handed = Tail(edge=0), []
    for pages, more in [*looks, (1_000, 0)]:
        look(tail, platform, pages)
        for one in tail.left():
            handed.append(one.message_id)
            tail.handed(one)
        platform.said += [said(number) for number in range(len(platform.said), len(platform.said) + more)]
    assert sorted(handed, key=int) == [one.message_id for one in platform.said[: len(handed)]]
