"""Times in people's own words: nothing is guessed, and nearly all is read as it is meant (reminders.md)."""

import json
from pathlib import Path

import pytest

from tests.speech.__main__ import main
from tests.speech.times import Scored, score

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="module", params=["times.jsonl", "times_more.jsonl", "times_other.jsonl"])
def scored(request) -> list[Scored]:
    lines = (DATA / request.param).read_text(encoding="utf-8").splitlines()
    return score(json.loads(line) for line in lines)


def test_no_time_is_guessed(scored: list[Scored]):
    assert [(one.line["say"], one.got) for one in scored if one.verdict == "fault"] == []


def test_nearly_all_times_are_read_or_rightly_asked(scored: list[Scored]):
    assert sum(one.verdict == "right" for one in scored) >= 0.97 * len(scored)
    assert sum(one.verdict == "refused" for one in scored) <= 0.01 * len(scored)


def test_a_file_of_times_is_scored_from_the_command_line(capsys: pytest.CaptureFixture[str]):
    assert main([str(DATA / "times.jsonl")]) == 0
    assert "fault 0" in capsys.readouterr().out
