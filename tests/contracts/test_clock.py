"""Who may move the clock: the demo alone, whose database is thrown away. Over real data a moved clock would erase."""

import ast

from tests.contracts import source

MOVES = {"bot/sandbox/demo.py", "bot/sandbox/passing.py"}
STRIKES = {"bot/sandbox/passing.py", "bot/app.py"}
"""``app`` hands the schedule to the demo's player."""


def _naming(attribute: str, *owners: str) -> set[str]:
    """Files that name this attribute of something called like one of these."""
    return {
        path
        for path, tree in source.trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and node.attr == attribute and ast.unparse(node.value).endswith(owners)
    }


def test_only_the_rehearsal_moves_the_clock() -> None:
    assert _naming("move_to", "clock") == MOVES


def test_only_the_rehearsal_lets_ticks_strike_at_an_hour_of_its_own() -> None:
    assert _naming("strike", "schedule", "ticks") == STRIKES


def test_a_hand_on_the_clock_is_given_out_in_one_place_and_only_in_a_demo() -> None:
    given = [
        (path, ast.unparse(node.value))
        for path, tree in source.trees().items()
        for node in ast.walk(tree)
        if isinstance(node, ast.keyword) and node.arg == "hand"
    ]
    assert [path for path, _ in given] == ["bot/app.py"]
    assert given[0][1].endswith("if demo else None")
