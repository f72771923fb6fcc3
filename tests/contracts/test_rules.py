"""The product rules: each is held by a test that says so, or says what it waits for; ``docs/rules.md`` shows them."""

from pathlib import Path

from tests import rules

NOTICE = [*(f"R1.{n}" for n in (1, 2, 3, 4, 5, 6, 7, 8, 9, 11)), "R2.3", "R2.4", *(f"R3.{n}" for n in range(1, 6))]
"""Clauses of the notice that have a rule of their own here; the others are held by P and K."""
ALL = [*(f"P{n}" for n in range(1, 42)), "P10a", *(f"K{n}" for n in range(1, 8)), *NOTICE]


def test_every_rule_is_written_down_once_and_no_other() -> None:
    assert sorted(rules.written()) == sorted(ALL)


def test_no_test_holds_a_rule_that_does_not_exist() -> None:
    assert {one for one in rules.held() if one.rule not in ALL} == set()


def test_a_rule_is_held_by_a_test_or_says_what_it_waits_for() -> None:
    held = {one.rule for one in rules.held()}
    assert [rule for rule, says in rules.written().items() if rule not in held and not says.get("waits")] == []


def test_the_document_is_as_the_tests_are() -> None:
    assert rules.DOCUMENT.read_text(encoding="utf-8") == rules.document(), "run python -m tests.rules"


def test_a_mark_is_seen_on_a_test_a_class_and_a_file(tmp_path: Path) -> None:
    (tmp_path / "test_some.py").write_text(
        "import pytest\n"
        'pytestmark = [pytest.mark.nightly, pytest.mark.rule("P1")]\n'
        '@pytest.mark.rule("P2", "P3")\n'
        "async def test_one(): ...\n"
        '@pytest.mark.rule("P4")\n'
        "class TestMany:\n"
        '    @pytest.mark.rule("P5")\n'
        "    def test_two(self): ...\n",
        encoding="utf-8",
    )
    found = {(one.rule, one.name) for one in rules.held(tmp_path)}
    assert found == {
        ("P1", ""),
        ("P2", "test_one"),
        ("P3", "test_one"),
        ("P4", "TestMany"),
        ("P5", "TestMany::test_two"),
    }
