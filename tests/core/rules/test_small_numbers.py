"""Numbers about few people: not shown, and not to be worked out from what is shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.rules.small_numbers import LEAST_PEOPLE, NOTHING, published, published_median, published_share

people = st.lists(st.one_of(st.none(), st.integers(1, 25)), max_size=20)
tables = st.dictionaries(st.sampled_from("abcdefg"), people, max_size=7)


@pytest.mark.rule("P30")
def test_four_people_are_nobody() -> None:
    assert published({"study": [1, 2, 3, 4, 4, 4]}) == NOTHING
    assert published({}) == NOTHING
    assert published({"study": [None] * 50}) == NOTHING


def test_one_small_cell_takes_the_next_smallest_with_it() -> None:
    found = published({"a": [1], "b": range(1, 7), "c": range(1, 30)})
    assert found.cells == {"c": 29}
    assert found.rest == 7
    assert found.total == 36


def test_small_cells_that_come_to_enough_take_nothing_else() -> None:
    found = published({"a": [1, 2, 3], "b": [4, 5, 6], "c": range(1, 30)})
    assert (found.cells, found.rest) == ({"c": 29}, 6)


def test_enough_everywhere_is_shown_as_it_is() -> None:
    found = published({"a": range(5), "b": range(5, 11), "empty": []})
    assert (found.cells, found.rest, found.total) == ({"a": 5, "b": 6}, 0, 11)


def test_many_items_of_one_person_are_one_person() -> None:
    assert published({"a": [1] * 50, "b": [2] * 50}) == NOTHING


def distinct(items: list[int | None]) -> int:
    return len({person for person in items if person is not None})


@pytest.mark.rule("P30")
@given(tables)
def test_neither_a_cell_nor_a_difference_speaks_of_fewer_than_five(table: dict[str, list[int | None]]) -> None:
    found = published(table)
    assert all(distinct(table[name]) >= LEAST_PEOPLE for name in found.cells)
    hidden = [person for name, items in table.items() if name not in found.cells for person in items]
    if found.total is None:
        assert not found.cells
        assert found.rest == 0
        return
    assert found.total - sum(found.cells.values()) == found.rest == len(hidden)
    assert found.rest == 0 or distinct(hidden) >= LEAST_PEOPLE


@given(tables)
def test_all_but_one_cell_and_the_total_tell_nothing_of_the_last(table: dict[str, list[int | None]]) -> None:
    found = published(table)
    for known in found.cells:  # total minus all cells but one: that one, or it and the rest
        others = [name for name in table if name not in found.cells or name == known]
        assert distinct([person for name in others for person in table[name]]) >= LEAST_PEOPLE


@given(people, people)
def test_a_share_is_shown_only_with_enough_on_both_sides(yes: list[int | None], no: list[int | None]) -> None:
    share = published_share(yes, no)
    if share is not None:
        assert all(not side or distinct(side) >= LEAST_PEOPLE for side in (yes, no))
        assert 0 <= share <= 100


def test_shares() -> None:
    assert published_share(range(1, 16), range(16, 21)) == 75
    assert published_share(range(1, 16), []) == 100
    assert published_share(range(1, 16), [99]) is None
    assert published_share([], []) is None


def test_a_middle_needs_five_people() -> None:
    assert published_median({1: [1, 2, 3], 2: [4], 3: [5], 4: [6]}) is None
    assert published_median({1: [2], 2: [4], 3: [6], 4: [8], 5: [10], 6: []}) == 6
