"""Pace: answers have their own budget; what nobody asked for obeys limits, quiet hours and the breaker."""

from datetime import datetime, timedelta

import pytest

from bot.channels.pacing import Limit, Pacer, Quotas, is_quiet, quiet_ends
from bot.clock import SHANGHAI

DAY = datetime(2026, 11, 24, 10, 0, tzinfo=SHANGHAI)
QUOTAS = Quotas.load()


def push(
    pacer: Pacer, at: float, *, conv: str = "c", now: datetime = DAY, cls: str = "O", group: bool = False
) -> float:
    return pacer.push_wait(channel="qq", bot_id="b", conv=conv, group=group, cls=cls, now=now, at=at)


@pytest.mark.parametrize("text", ["", "10", "10/", "/min", "10/week", "ten/min", "-1/min"])
def test_a_limit_that_is_not_one_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not a limit"):
        Limit.parse(text)


def test_a_burst_of_answers_goes_out_at_once_and_then_two_a_second() -> None:
    pacer = Pacer(QUOTAS)
    assert [pacer.reply_wait("b", 0.0) for _ in range(30)] == [0.0] * 30
    assert pacer.reply_wait("b", 0.0) == pytest.approx(0.5)
    assert pacer.reply_wait("b", 0.5) == 0.0


def test_answers_of_one_bot_do_not_use_up_those_of_another() -> None:
    pacer = Pacer(QUOTAS)
    for _ in range(31):
        pacer.reply_wait("a", 0.0)
    assert pacer.reply_wait("b", 0.0) == 0.0


def test_two_pushes_to_one_group_are_thirty_seconds_apart() -> None:
    pacer = Pacer(QUOTAS)
    assert push(pacer, 0.0, group=True) == 0.0
    assert push(pacer, 3.0, group=True) == pytest.approx(27.0)
    assert push(pacer, 30.0, group=True) == 0.0


def test_pushes_of_one_bot_are_two_seconds_apart() -> None:
    pacer = Pacer(QUOTAS)
    assert push(pacer, 0.0, conv="a") == 0.0
    assert push(pacer, 1.0, conv="b") == pytest.approx(1.0)


@pytest.mark.rule("P22")
@pytest.mark.parametrize(("hour", "quiet"), [(21, False), (22, True), (23, True), (0, True), (7, True), (8, False)])
def test_quiet_hours_are_from_ten_to_eight(hour: int, quiet: bool) -> None:
    assert is_quiet(DAY.replace(hour=hour), QUOTAS) is quiet


@pytest.mark.rule("P22")
def test_in_quiet_hours_pushes_wait_and_answers_do_not() -> None:
    pacer = Pacer(QUOTAS)
    night = DAY.replace(hour=23)
    assert push(pacer, 0.0, now=night) > 0
    assert pacer.reply_wait("b", 0.0) == 0.0


def test_quiet_hours_end_at_eight_of_the_right_day() -> None:
    assert quiet_ends(DAY.replace(hour=23), QUOTAS) == DAY.replace(hour=8) + timedelta(days=1)
    assert quiet_ends(DAY.replace(hour=3), QUOTAS) == DAY.replace(hour=8)


def test_three_bad_outcomes_in_a_row_stop_class_o_for_half_an_hour_but_not_class_l() -> None:
    pacer = Pacer(QUOTAS)
    assert [pacer.outcome("b", at, good=False) for at in (1.0, 2.0, 3.0)] == [False, False, True]
    assert push(pacer, 10.0, cls="O") > 0
    assert push(pacer, 10.0, cls="L") == 0.0
    assert push(pacer, 3.0 + 1800, conv="later", cls="O") == 0.0


def test_after_a_pause_the_rate_is_a_fifth() -> None:
    pacer = Pacer(QUOTAS)
    for at in (1.0, 2.0, 3.0):
        pacer.outcome("b", at, good=False)
    begin = 3.0 + 1800
    assert push(pacer, begin, conv="a") == 0.0
    assert push(pacer, begin + 2, conv="b") == pytest.approx(8.0)


def test_a_good_outcome_in_between_keeps_the_breaker_shut() -> None:
    pacer = Pacer(QUOTAS)
    for good in (False, False, True, False, False):
        assert not pacer.outcome("b", 1.0, good=good)


def test_bad_outcomes_far_apart_do_not_stop_anything() -> None:
    pacer = Pacer(QUOTAS)
    assert not any(pacer.outcome("b", at, good=False) for at in (0.0, 700.0, 1400.0))


def test_switched_off_nothing_waits() -> None:
    pacer = Pacer(QUOTAS, on=False)
    assert all(push(pacer, 0.0, now=DAY.replace(hour=2), group=True) == 0.0 for _ in range(100))


@pytest.mark.parametrize(("quiet", "waits"), [(True, True), (False, False), (None, False)])
def test_a_rehearsal_without_budgets_may_keep_the_night(quiet: bool | None, waits: bool) -> None:
    pacer = Pacer(QUOTAS, on=False, quiet=quiet)
    night = DAY.replace(hour=23)
    assert (push(pacer, 0.0, now=night) > 0) is waits
    assert [push(pacer, 0.0) for _ in range(50)] == [0.0] * 50
    assert pacer.reply_wait("b", 0.0) == 0.0
