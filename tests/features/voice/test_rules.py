"""青年之声: closed by its author or by silence, handed up by its author's word, opened again by nobody else (6.4)."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from bot.clock import SHANGHAI
from bot.core.rules.workdays import Workdays
from bot.features.voice.rules.category import VoiceCategories
from bot.features.voice.rules.voice import (
    COUNTED,
    MAX_CHARS,
    MIN_CHARS,
    REOPEN_WITHIN,
    SILENCE,
    AnsweredAlready,
    NotAnswered,
    NotClosed,
    NoWordFromAuthor,
    ReopenTooLate,
    VoiceAbout,
    VoiceClosed,
    VoiceOutcome,
    VoiceRating,
    VoiceStanding,
    VoiceState,
    VoiceTooLong,
    VoiceTooShort,
    answer_due,
    answered,
    checked_voice,
    ended,
    escalated,
    held_before,
    next_morning,
    rated,
    reopened,
    silent,
)

OPEN = VoiceStanding(VoiceState.OPEN)
ANSWERED = VoiceStanding(VoiceState.ANSWERED)
CLOSED = VoiceStanding(VoiceState.CLOSED, VoiceOutcome.HELPFUL)
NOW = datetime(2026, 11, 24, 10, 0, tzinfo=SHANGHAI)
DAYS = Workdays()


def at(month: int, day: int, hour: int = 10) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=SHANGHAI)


# --- refused ---------------------------------------------------------------------------------------------------------


def test_nothing_goes_up_without_its_authors_yes():
    with pytest.raises(NoWordFromAuthor):
        escalated(OPEN, author_said_yes=False)


@pytest.mark.parametrize("step", [answered, lambda s: escalated(s, author_said_yes=True)])
def test_a_closed_item_is_neither_answered_nor_handed_up(step):
    with pytest.raises(VoiceClosed):
        step(CLOSED)


@pytest.mark.parametrize("rating", list(VoiceRating))
def test_a_closed_item_is_not_rated_again(rating):
    with pytest.raises(VoiceClosed):
        rated(CLOSED, rating)


def test_nobody_answers_over_somebody_elses_answer():
    with pytest.raises(AnsweredAlready):
        answered(ANSWERED)
    assert answered(ANSWERED, again=True) == ANSWERED


@pytest.mark.parametrize("state", [VoiceState.OPEN, VoiceState.ESCALATED])
def test_there_is_nothing_to_rate_before_an_answer(state):
    with pytest.raises(NotAnswered):
        rated(VoiceStanding(state), VoiceRating.HELPFUL)


@pytest.mark.parametrize("standing", [OPEN, ANSWERED, VoiceStanding(VoiceState.ESCALATED, raised=1)])
def test_what_is_not_closed_cannot_be_opened_again(standing):
    with pytest.raises(NotClosed):
        reopened(standing, None, NOW)


@pytest.mark.parametrize("outcome", [VoiceOutcome.WITHDRAWN, VoiceOutcome.ERASED])
def test_what_its_author_took_back_stays_closed(outcome):
    with pytest.raises(ReopenTooLate):
        reopened(VoiceStanding(VoiceState.CLOSED, outcome), NOW, NOW)


def test_after_thirty_days_it_stays_closed():
    assert reopened(CLOSED, NOW - REOPEN_WITHIN, NOW) == OPEN
    with pytest.raises(ReopenTooLate):
        reopened(CLOSED, NOW - REOPEN_WITHIN - timedelta(seconds=1), NOW)


# --- allowed ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rating", [VoiceRating.HELPFUL, VoiceRating.UNRATED])
def test_the_authors_word_closes_it_and_makes_it_countable(rating):
    closed = rated(ANSWERED, rating)
    assert (closed.state, closed.outcome) == (VoiceState.CLOSED, VoiceOutcome(rating.value))
    assert closed.outcome in COUNTED


def test_unsolved_opens_it_where_it_lies():
    assert rated(ANSWERED, VoiceRating.UNSOLVED) == OPEN
    above = VoiceStanding(VoiceState.ANSWERED, raised=2)
    assert rated(above, VoiceRating.UNSOLVED) == VoiceStanding(VoiceState.ESCALATED, raised=2)


def test_seven_days_of_silence_close_an_answered_item_and_no_other():
    almost = NOW - SILENCE + timedelta(seconds=1)
    assert silent(ANSWERED, almost, NOW) == ANSWERED
    assert silent(ANSWERED, NOW - SILENCE, NOW) == VoiceStanding(VoiceState.CLOSED, VoiceOutcome.NONE)
    assert silent(OPEN, NOW - SILENCE, NOW) == OPEN
    assert silent(ANSWERED, None, NOW) == ANSWERED


def test_withdrawing_a_counted_item_leaves_the_count():
    assert ended(CLOSED, VoiceOutcome.WITHDRAWN) == CLOSED
    dropped = VoiceStanding(VoiceState.CLOSED, VoiceOutcome.DROPPED)
    assert ended(dropped, VoiceOutcome.WITHDRAWN).outcome is VoiceOutcome.WITHDRAWN
    assert ended(OPEN, VoiceOutcome.ERASED) == VoiceStanding(VoiceState.CLOSED, VoiceOutcome.ERASED)


# --- length ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["", "  ", "烦" * (MIN_CHARS - 1), f" {'烦' * (MIN_CHARS - 1)}\n"])
def test_too_little_is_told_how_much_is_needed(text):
    with pytest.raises(VoiceTooShort) as refused:
        checked_voice(text)
    assert refused.value.details == {"least": MIN_CHARS}


def test_too_much_is_told_how_much_it_is():
    with pytest.raises(VoiceTooLong) as refused:
        checked_voice("长" * (MAX_CHARS + 1))
    assert refused.value.details == {"most": MAX_CHARS, "length": MAX_CHARS + 1}
    assert checked_voice(" " + "长" * MAX_CHARS) == "长" * MAX_CHARS


# --- workdays --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "due"),
    [
        (at(11, 24), (11, 27)),  # Tuesday
        (at(11, 26), (12, 1)),  # Thursday: over a weekend
        (at(11, 28), (12, 2)),  # Saturday
        (at(9, 30), (10, 10)),  # before the National Day week; 10 October is a makeup workday
    ],
)
def test_three_workdays_are_counted_by_the_calendar(said, due):
    assert answer_due(said, DAYS) == date(2026, *due)


@given(st.dates(date(2026, 1, 1), date(2027, 6, 1)), st.times(), st.integers(1, 6))
def test_held_before_says_the_same_as_counting_forward(day, clock, n):
    now = datetime.combine(day, clock, tzinfo=SHANGHAI)
    border = held_before(now, n, DAYS)
    last = border - timedelta(minutes=1)
    assert DAYS.after(last.date(), n) <= now.date()
    assert DAYS.after(border.date(), n) > now.date()


def test_a_complaints_notice_waits_for_the_morning_of_the_next_workday():
    assert next_morning(at(11, 24, 23), DAYS) == at(11, 25, 9)
    assert next_morning(at(11, 27), DAYS) == at(11, 30, 9)


# --- categories ------------------------------------------------------------------------------------------------------

FILE = {"category": [{"key": "work", "name": "就业创业", "words": "就业 找工作"}, {"key": "other", "name": "其他"}]}


def test_a_category_is_found_by_name_word_or_place():
    categories = VoiceCategories.from_data(FILE)
    found = [categories.find(told) for told in ("就业创业", "找工作", "２", "住房", "3", "")]
    assert [each.key if each else None for each in found] == ["work", "work", "other", None, None, None]


def test_a_key_that_was_taken_out_of_the_file_is_shown_as_it_is():
    categories = VoiceCategories.from_data(FILE)
    assert [categories.name_of(key) for key in ("work", "gone", None)] == ["就业创业", "gone", ""]


@pytest.mark.parametrize(
    "category",
    [
        {"key": "work", "name": "另一个"},
        {"key": "new", "name": "就业创业"},
        {"key": "new", "name": "新的", "words": "找工作"},
        {"key": "中文", "name": "新的"},
        {"key": "a b", "name": "新的"},
    ],
)
def test_a_file_in_which_two_categories_cannot_be_told_apart_is_refused(category):
    with pytest.raises(ValueError, match=r"twice|English"):
        VoiceCategories.from_data({"category": [*FILE["category"], category]})


# --- any order of steps ----------------------------------------------------------------------------------------------


class Voices(RuleBasedStateMachine):
    """Whatever cadres, organs, authors and the clock do in whatever order."""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW
        self.standing = OPEN
        self.answered_at: datetime | None = None
        self.closed_at: datetime | None = None
        self.yes_said = 0
        self.closed_by = ""

    def _become(self, standing: VoiceStanding, by: str) -> None:
        if standing.state is VoiceState.CLOSED and self.standing.state is not VoiceState.CLOSED:
            self.closed_at, self.closed_by = self.now, by
        if self.standing.state is VoiceState.CLOSED and standing.state is not VoiceState.CLOSED:
            assert by == "author", "a closed item is opened by its author alone"
            self.closed_at = None
        self.standing = standing

    @rule(days=st.integers(0, 40))
    def time_passes(self, days: int) -> None:
        self.now += timedelta(days=days)
        self._become(silent(self.standing, self.answered_at, self.now), "clock")

    @rule(again=st.booleans())
    def somebody_answers(self, again: bool) -> None:
        try:
            standing = answered(self.standing, again=again)
        except (VoiceClosed, AnsweredAlready):
            return
        self.answered_at = self.now
        self._become(standing, "holder")

    @rule(yes=st.booleans())
    def the_holder_wants_it_to_go_up(self, yes: bool) -> None:
        before = self.standing.raised
        try:
            standing = escalated(self.standing, author_said_yes=yes)
        except (VoiceClosed, NoWordFromAuthor):
            assert self.standing.raised == before
            return
        self.yes_said += 1
        self._become(standing, "author")

    @rule(rating=st.sampled_from(list(VoiceRating)))
    def the_author_rates(self, rating: VoiceRating) -> None:
        try:
            self._become(rated(self.standing, rating), "author")
        except (VoiceClosed, NotAnswered):
            return

    @rule()
    def the_author_opens_it_again(self) -> None:
        try:
            self._become(reopened(self.standing, self.closed_at, self.now), "author")
        except (NotClosed, ReopenTooLate):
            return

    @precondition(lambda self: self.standing.state is not VoiceState.CLOSED)
    @rule(outcome=st.sampled_from([VoiceOutcome.WITHDRAWN, VoiceOutcome.ERASED, VoiceOutcome.DROPPED]))
    def it_ends(self, outcome: VoiceOutcome) -> None:
        self._become(ended(self.standing, outcome), "author" if outcome is not VoiceOutcome.DROPPED else "clock")

    @invariant()
    def it_went_up_only_by_its_authors_word(self) -> None:
        assert self.standing.raised == self.yes_said

    @invariant()
    def no_holder_ever_closes_it(self) -> None:
        assert self.closed_by != "holder"

    @invariant()
    def only_a_closed_item_has_an_outcome(self) -> None:
        assert (self.standing.outcome is not None) == (self.standing.state is VoiceState.CLOSED)

    @invariant()
    def what_counts_was_answered(self) -> None:
        if self.standing.outcome in COUNTED:
            assert self.answered_at is not None

    @invariant()
    def what_has_gone_up_waits_above(self) -> None:
        if self.standing.waits:
            expected = VoiceState.ESCALATED if self.standing.raised else VoiceState.OPEN
            assert self.standing.state is expected


TestVoices = Voices.TestCase


def test_the_words_that_stand_in_databases_are_never_others() -> None:
    assert {about.name: about.value for about in VoiceAbout} == {
        about: about.lower() for about in ("CADRE", "ORG", "OTHER")
    }
