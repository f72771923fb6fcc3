"""匿名: the rules of the batches can only be made stricter, and a code is read however it is written."""

import re
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.clock import SHANGHAI
from bot.features.anonymous.reads.own_rules import anonymous_rules
from bot.features.anonymous.rules.anonymous import (
    AnonymousRules,
    RulesTooLoose,
    batch_to_close,
    comes_out_at,
    grouped,
    has_waited,
    make_pickup_code,
    next_batches,
    read_pickup_code,
    released_now,
    rounded,
    week_of,
)

RULES = AnonymousRules()
MONDAY = datetime(2026, 11, 23, 18, tzinfo=SHANGHAI)
instants = st.integers(0, 4 * 366 * 86_400).map(lambda s: datetime(2026, 1, 1, tzinfo=SHANGHAI) + timedelta(seconds=s))


# --- settings --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "looser",
    [
        {"smallest_batch": 2},
        {"smallest_batch": 1},
        {"after_days": 13},
        {"small_unit": 9},
        {"smallest_count": 4},
        {"round_to": 1},
        {"closing_hours": 0},
        {"draft_minutes": 31},
        {"draft_minutes": 0},
        {"per_day": 6},
        {"wrong_codes": 6},
        {"batch_days": []},
        {"batch_days": [0, 2, 4]},
        {"batch_days": [7]},
        {"batch_hour": 23},
        {"batch_hour": 0},
        {"smallest_batch": "3"},
        {"smallest_batch": 3.5},
        {"smallest_batch": True},
        {"batch_days": "03"},
        {"smalest_batch": 5},
    ],
)
def test_what_would_make_voices_easier_to_attribute_is_refused(looser) -> None:
    with pytest.raises(RulesTooLoose):
        AnonymousRules.from_data(looser)


@pytest.mark.parametrize(
    ("looser", "named"),
    [
        ({"smallest_batch": 2}, "smallest_batch: at least 3"),
        ({"draft_minutes": 31}, "draft_minutes: 1 to 30"),
        ({"batch_days": []}, "batch_days: one or 2 of 0"),
        ({"batch_hour": 22}, "batch_hour: after"),
    ],
)
def test_what_is_refused_is_named_with_its_limits(looser, named) -> None:
    with pytest.raises(RulesTooLoose, match="^" + re.escape(named)):
        AnonymousRules.from_data(looser)


def test_stricter_rules_are_taken() -> None:
    rules = AnonymousRules.from_data({"smallest_batch": 10, "batch_days": [4], "after_days": 30, "batch_hour": 12})
    assert (rules.smallest_batch, rules.batch_days, rules.after_days, rules.batch_hour) == (10, (4,), 30, 12)


def test_the_shipped_file_says_what_the_code_says() -> None:
    assert anonymous_rules() == RULES


def test_a_looser_file_of_an_organ_stops_the_start(tmp_path) -> None:
    path = tmp_path / "rules.toml"
    path.write_text("smallest_batch = 1\n", encoding="utf-8")
    with pytest.raises(RulesTooLoose, match="smallest_batch"):
        anonymous_rules(path)


# --- batches ---------------------------------------------------------------------------------------------------------


def test_two_that_wait_do_not_come_out_and_three_do() -> None:
    fresh = date(2026, 11, 23)
    assert released_now([fresh] * 2, date(2026, 11, 26), RULES) == ()
    assert released_now([fresh] * 3, date(2026, 11, 26), RULES) == (0, 1, 2)


def test_one_that_waited_comes_out_without_taking_a_fresh_one_along() -> None:
    old, fresh = date(2026, 11, 2), date(2026, 11, 23)
    assert released_now([fresh, old], date(2026, 11, 23), RULES) == (1,)


@given(st.dates(date(2026, 1, 1), date(2030, 1, 1)), st.integers(0, 40))
def test_nobody_is_brought_out_alone_before_fourteen_days_whichever_day_of_the_week_it_was(written, days) -> None:
    today = written + timedelta(days=days)
    if days < RULES.after_days:
        assert not has_waited(week_of(written), today, RULES)
    if days >= RULES.after_days + 7:
        assert has_waited(week_of(written), today, RULES)


@given(instants)
def test_what_is_written_now_waits_at_least_an_hour_and_at_most_until_the_batch_that_is_told(now) -> None:
    first = next_batches(now, RULES)[0]
    assert first.weekday() in RULES.batch_days
    assert first - now > RULES.closing
    settled = batch_to_close(now, RULES)
    assert settled is None or settled < first


@given(instants)
def test_a_batch_that_is_settled_late_waits_as_long_as_any_other(now) -> None:
    batch = batch_to_close(now, RULES)
    if batch is not None:
        assert comes_out_at(batch, now, RULES) - now >= RULES.closing


@pytest.mark.parametrize(
    ("moment", "settles"),
    [
        (MONDAY - timedelta(hours=1, seconds=1), False),
        (MONDAY - timedelta(hours=1), True),
        (MONDAY + timedelta(hours=1, minutes=59), True),
        (MONDAY + timedelta(hours=2), False),
        (MONDAY + timedelta(days=1), False),
        (MONDAY + timedelta(days=3), True),
    ],
)
def test_a_batch_is_settled_from_an_hour_before_it_to_two_hours_after(moment, settles) -> None:
    assert (batch_to_close(moment, RULES) is not None) is settles


# --- counts ----------------------------------------------------------------------------------------------------------


@given(st.integers(0, 10_000))
def test_a_count_is_shown_rounded_and_of_few_not_at_all(count) -> None:
    shown = rounded(count, RULES)
    if count < 5:
        assert shown is None
    else:
        assert shown is not None
        assert shown % 5 == 0
        assert abs(shown - count) <= 2 or count < 8


# --- codes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "told",
    ["", "有用", "K7M2", "K7M2-QXP9-3RTV-8WZ", "K7M2-QXP9-3RTV-8WZA1", "K7M2-QXP9-3RTV-8WZU", "K7有2" * 9, "K" * 4000],
)
def test_what_is_no_whole_code_is_none(told) -> None:
    assert read_pickup_code(told) is None


@pytest.mark.parametrize(
    "told",
    [
        "K7M2-QXP9-3RTV-8W01",
        "k7m2 qxp9 3rtv 8w01",
        "Ｋ７Ｍ２－ＱＸＰ９—3RTV–8WO1",
        "K7M2QXP93RTV8WOI",
        "k7m2-qxp9-3rtv-8wol",
        "\u200bK7M2-QXP9-\u20603RTV-8W01",
    ],
)
def test_look_alikes_widths_spaces_and_dashes_are_folded(told) -> None:
    assert read_pickup_code(told) == ("K7M2QXP93RTV8W01", "")


@pytest.mark.parametrize("told", ["有用", "①", "没解决 上报", "删除"])
def test_words_after_a_code_are_kept(told) -> None:
    assert read_pickup_code(f"K7M2-QXP9-3RTV-8WZA {told}") == ("K7M2QXP93RTV8WZA", told)
    assert read_pickup_code(f"K7M2-QXP9-3RTV-8WZA：{told}") == ("K7M2QXP93RTV8WZA", told)


@given(st.integers(0, 2**80 - 1))
def test_a_code_carries_eighty_bits_and_reads_back(bits) -> None:
    code = make_pickup_code(lambda count: bits if count == 80 else pytest.fail("80 bits"))
    assert read_pickup_code(grouped(code)) == (code, "")
    value = 0
    for char in code:
        value = value * 32 + "0123456789ABCDEFGHJKMNPQRSTVWXYZ".index(char)
    assert value == int("".join(format(bits >> 5 * n & 31, "05b") for n in range(16)), 2)
