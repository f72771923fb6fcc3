"""Answers in people's own words: nothing is taken for what it is not, and most is understood (No is no)."""

import json
from pathlib import Path

import pytest

from tests.speech.answers import Scored, score

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="module", params=["answers.jsonl", "answers_more.jsonl", "answers_later.jsonl"])
def scored(request) -> list[Scored]:
    lines = (DATA / request.param).read_text(encoding="utf-8").splitlines()
    return score(json.loads(line) for line in lines)


def test_no_answer_is_taken_for_an_option_that_was_not_meant(scored: list[Scored]):
    assert [(one.line["question"], one.line["say"], one.got) for one in scored if one.verdict == "fault"] == []


def test_nearly_all_answers_are_understood(scored: list[Scored]):
    missed = [one for one in scored if one.verdict == "not understood"]
    wrong = [one for one in scored if one.verdict == "wrong"]
    assert len(missed) < 0.06 * len(scored)
    assert len(wrong) < 0.02 * len(scored)
