"""Questions: each says whom it asks and what silence means, and no "不", 算了 or silence gives, erases or sends."""

import pytest

from bot.chat.table import table
from bot.chat.text import labels
from bot.core.feature import questions
from bot.core.question import Asks, ends
from tests.contracts import source
from tests.contracts.test_templates import asks

NUMBERED = {
    "activity.chat",
    "activity.slot",
    "activity.draft",
    "activity.late",
    "activity.witness",
    "activity.process",
    "core.content",
    "consent.give_which",
    "digest.act",
    "relay.which",
    "reminder.draft",
    "voice.cadre",
    "wish.cadre",
}
"""Questions that are answered by a number of what they list, and by no word of ours."""
GIVES = {
    "yes": "agrees to whatever was asked",
    "agree": "co-signs a record",
    "notes": "keeps 要点",
    "named": "gives the name",
    "anonymous": "asks a cadre for a talk",
    "now": "opens a relay",
    "done": "ends a request that others wait for",
    "received": "closes a wish",
    "helpful": "closes a 心声",
    "want_contact": "tells a duty officer",
    "contact": "tells a duty officer",
    "send": "sends",
    "post": "makes a wish",
    "reopen": "puts a wish before others again",
    "confirm": "erases everything",
    "delete": "erases",
    "not_needed": "takes a wish back, and its words are gone",
    "all": "means every one of what is listed",
}
"""Options that give, erase or send, whatever the question: they are chosen on purpose only."""
GIVES_HERE = {
    ("voice.sensitive", "keep"): "keeps words about a private matter",
    ("voice.sensitive", "talk"): "sends",
    ("voice.up", "nameless"): "sends it up",
    ("talk.note_sensitive", "keep"): "keeps words about a private matter",
    ("talk.note", "once"): "keeps that they talked",
    ("talk.relay", "once"): "keeps that they talked",
}
"""The same, of options that are harmless in other questions."""
KINDS = sorted(questions())


def words_of(kind: str) -> dict[str, str]:
    return labels().get("option_" + kind.replace(".", "_"), {})


@pytest.fixture(scope="module")
def asked_with() -> dict[str, list[tuple[str, ...]]]:
    found: dict[str, list[tuple[str, ...]]] = {}
    for _, kind, options in asks():
        found.setdefault(kind, []).append(options)
    return found


@pytest.mark.parametrize("kind", KINDS)
def test_a_question_says_whom_it_asks_and_what_silence_means(kind: str) -> None:
    question = questions()[kind]
    assert question.asks in Asks
    assert question.silence is not None, f"{kind}: give silence=ends, or mark an act with .when_silent"
    assert question.version == 1 or question.upgrade is not None, f"{kind}: rows of version 1 may still wait"


@pytest.mark.parametrize("kind", KINDS)
def test_no_and_cancel_are_options_that_give_nothing(kind: str, asked_with: dict[str, list[tuple[str, ...]]]) -> None:
    question = questions()[kind]
    for option in filter(None, (question.no, question.cancel)):
        assert option in words_of(kind), f"{kind}: no word for {option}"
        assert all(option in options for options in asked_with.get(kind, [])), f"{kind} is asked without {option}"
        assert option not in GIVES, f"{kind}: {option} {GIVES[option]}"
        assert (kind, option) not in GIVES_HERE


@pytest.mark.parametrize("kind", KINDS)
def test_a_question_and_its_options_have_words(kind: str) -> None:
    assert kind in labels()["question_kind"], f"labels.toml [question_kind] has no {kind}"
    assert bool(words_of(kind)) != (kind in NUMBERED), f"labels.toml [option_{kind.replace('.', '_')}]"


def test_what_gives_is_an_option_of_some_question() -> None:
    every = {option for kind in KINDS for option in words_of(kind)}
    assert set(GIVES) <= every
    assert [(kind, option) for kind, option in GIVES_HERE if option not in words_of(kind)] == []


def test_no_words_stand_for_a_question_that_nobody_declares() -> None:
    tables = {name for name in labels() if name.startswith("option_")}
    assert tables <= {"option_" + kind.replace(".", "_") for kind in KINDS}
    assert set(labels()["question_kind"]) <= set(KINDS)


def test_every_question_has_a_handler_and_every_handler_a_question() -> None:
    source.load_all()
    assert set(table.answers) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_a_question_says_why_it_is_asked(kind: str) -> None:
    assert questions()[kind].reason is not None, (
        f"{kind}: give reason=as_long_as(Table.id, ...) for what subject_id names, or reason=always where only its "
        "answer or its time ends it: a question whose reason is gone is taken back, and never shown"
    )


@pytest.mark.parametrize("kind", [kind for kind in KINDS if questions()[kind].optional])
def test_nothing_hangs_on_an_optional_question(kind: str) -> None:
    assert questions()[kind].silence is ends, f"{kind}: what silence changes is needed"
    assert questions()[kind].unshown is None


def test_who_asked_hears_of_what_is_untold_by_another_way() -> None:
    """``untold`` keeps who asked out of the row; then a clock or ``when_unshown`` tells them."""
    untold = {kind for kind in KINDS if questions()[kind].untold and questions()[kind].unshown is None}
    assert untold == {"activity.confirm", "crisis.followup", "relay.later", "talk.relay"}
