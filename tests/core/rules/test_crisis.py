"""危机: what calls for the crisis card, what must not, and the clock of the follow-up (P27, S3b)."""

import time
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import bot
from bot.chat.text import crisis_words
from bot.clock import SHANGHAI
from bot.core.rules.crisis import (
    CRISIS_CLOCK,
    FIRST_CONTACT,
    REMIND_AFTER,
    CrisisCalm,
    CrisisChoice,
    CrisisKind,
    CrisisState,
    Hotline,
    calm_until,
    crisis_due,
    find_crisis,
    hotlines_for,
    reminder_due,
    reminders_until,
    state_after_asking,
    state_after_choice,
    state_after_closing,
    state_after_follow_up,
    waits_for_follow_up,
)
from bot.core.rules.refusal import Refusal
from tests.core.rules.test_text import steps

TEMPLATES = Path(bot.__file__).parent / "templates" / "crisis"
WORDS = crisis_words()
LINES = Hotline.from_data(tomllib.loads((TEMPLATES / "hotlines.toml").read_text(encoding="utf-8")))
SENTENCES: dict[str, list[dict[str, Any]]] = tomllib.loads(
    (Path(__file__).parent / "crisis_sentences.toml").read_text(encoding="utf-8")
)
NOW = datetime(2026, 11, 25, 23, 40, tzinfo=UTC)
any_text = st.text(st.characters(exclude_categories=()), max_size=200)


def sentences(section: str) -> Iterator[tuple[str, str]]:
    for group in SENTENCES[section]:
        for sentence in group["sentences"]:
            yield sentence, group.get("kind", "")


MUST = list(sentences("must"))


@pytest.mark.rule("P27")
@pytest.mark.parametrize("text", [s for s, _ in sentences("must_not")])
def test_everyday_words_call_for_no_card(text: str) -> None:
    assert find_crisis(text, WORDS) is None


@pytest.mark.rule("P27")
@pytest.mark.parametrize(("text", "kind"), MUST)
def test_words_of_need_call_for_the_card(text: str, kind: str) -> None:
    sign = find_crisis(text, WORDS)
    assert sign is not None
    assert sign.kind is CrisisKind(kind)


def test_there_are_enough_sentences_and_none_stands_twice() -> None:
    must, must_not = [s for s, _ in MUST], [s for s, _ in sentences("must_not")]
    assert min(len(must), len(must_not)) >= 150
    assert len({*must, *must_not}) == len(must) + len(must_not)


def test_what_the_list_is_known_to_get_wrong_is_still_wrong() -> None:
    """A better list moves these sentences to where they belong."""
    assert [s for s, _ in sentences("known_miss") if find_crisis(s, WORDS)] == []
    assert [s for s, _ in sentences("known_false_alarm") if not find_crisis(s, WORDS)] == []


@given(any_text, st.sampled_from(MUST), any_text)
def test_nothing_written_before_or_after_silences_words_of_need(before: str, need: tuple[str, str], after: str) -> None:
    assert find_crisis(f"{before}\n{need[0]}\n{after}", WORDS) is not None


def test_words_behind_a_very_long_text_are_found() -> None:
    assert find_crisis("今天天气很好。" * 2_000 + "我不想活了", WORDS) is not None


@given(any_text)
def test_no_text_breaks_the_search(text: str) -> None:
    find_crisis(text, WORDS)


@pytest.mark.parametrize(
    "shape", ["想死", "我", "被", "活着", "今天下午打球", "笑死我了", "。", "\u0301", "zs ", "想我被他的把"]
)
def test_twice_the_text_is_at_most_twice_the_work(shape: str) -> None:
    small, large = (
        steps(lambda t: find_crisis(t, WORDS), shape * 200),
        steps(lambda t: find_crisis(t, WORDS), shape * 800),
    )
    assert large <= small * 4.5 + 400


def test_a_message_of_200_characters_is_looked_at_in_a_moment() -> None:
    text = ("今天下午去操场打球，晚上一起吃火锅好不好呀？" * 10)[:200]
    times: list[float] = []
    for _ in range(50):
        begun = time.process_time()
        find_crisis(text, WORDS)
        times.append(time.process_time() - begun)
    assert min(times) < 0.005  # it takes a tenth of this; the margin is for slow and busy machines


# --- the clock -------------------------------------------------------------------------------------------------------


def test_a_closed_crisis_takes_no_step() -> None:
    for step in (state_after_asking, state_after_follow_up, state_after_closing):
        with pytest.raises(Refusal) as refused:
            step(CrisisState.CLOSED)
        assert refused.value.code == "crisis.already_closed"
    with pytest.raises(Refusal):
        state_after_choice(CrisisState.CLOSED, CrisisChoice.WANT_CONTACT)


@pytest.mark.parametrize("state", [CrisisState.OPEN, CrisisState.ASKED, CrisisState.CONTACT_WANTED])
def test_nobody_closes_what_nobody_followed_up(state: CrisisState) -> None:
    with pytest.raises(Refusal) as refused:
        state_after_closing(state)
    assert refused.value.code == "crisis.not_followed_up"
    assert state_after_closing(state_after_follow_up(state)) is CrisisState.CLOSED


@pytest.mark.parametrize("choice", [CrisisChoice.NOT_NOW, CrisisChoice.WAIT_WITH_ME])
def test_a_no_takes_no_call_for_contact_back(choice: CrisisChoice) -> None:
    assert state_after_choice(CrisisState.ASKED, choice) is CrisisState.ASKED
    assert state_after_choice(CrisisState.CONTACT_WANTED, choice) is CrisisState.CONTACT_WANTED


def test_contact_may_be_wanted_at_any_time_before_the_end() -> None:
    for state in CrisisState:
        if state is not CrisisState.CLOSED:
            assert state_after_choice(state, CrisisChoice.WANT_CONTACT) is CrisisState.CONTACT_WANTED
    assert state_after_asking(CrisisState.OPEN) is CrisisState.ASKED
    assert state_after_asking(CrisisState.CONTACT_WANTED) is CrisisState.CONTACT_WANTED


@pytest.mark.rule("P27")
def test_the_clock_runs_24_hours_and_stops_with_the_follow_up() -> None:
    assert crisis_due(NOW) == NOW + timedelta(hours=24)
    assert [s for s in CrisisState if not waits_for_follow_up(s)] == [CrisisState.FOLLOWED_UP, CrisisState.CLOSED]


def test_nobody_is_reminded_before_the_first_instant_or_after_the_follow_up() -> None:
    assert not reminder_due(CrisisState.ASKED, NOW, NOW + REMIND_AFTER[0] - timedelta(seconds=1))
    assert not reminder_due(CrisisState.FOLLOWED_UP, NOW, NOW + timedelta(hours=30))


def test_wanted_contact_reminds_after_ten_minutes() -> None:
    wanted = NOW + timedelta(minutes=3)
    at = wanted + timedelta(minutes=10)
    assert not reminder_due(CrisisState.CONTACT_WANTED, NOW, at - timedelta(seconds=1), contact_wanted_at=wanted)
    assert reminder_due(CrisisState.CONTACT_WANTED, NOW, at, contact_wanted_at=wanted)
    assert not reminder_due(CrisisState.CONTACT_WANTED, NOW, at, contact_wanted_at=wanted, reminded_at=at)


@given(st.lists(st.integers(0, 30 * 60), min_size=1, max_size=80))
def test_each_instant_reminds_at_most_once_however_the_ticks_fall(minutes: list[int]) -> None:
    reminded: list[datetime] = []
    for minute in sorted(minutes):
        now = NOW + timedelta(minutes=minute)
        if reminder_due(CrisisState.ASKED, NOW, now, reminded_at=reminded[-1] if reminded else None):
            reminded.append(now)
    passed = [t for t in reminders_until(NOW, None) if t <= NOW + timedelta(minutes=max(minutes))]
    assert len(reminded) <= len(passed)
    assert bool(reminded) == bool(passed)


def test_the_periods_of_a_crisis_are_those_that_were_promised() -> None:
    assert timedelta(minutes=10) == FIRST_CONTACT
    assert timedelta(hours=24) == CRISIS_CLOCK
    assert CrisisCalm().hours == 24
    assert [age // timedelta(hours=1) for age in REMIND_AFTER] == [1, 4, 12, 20, 23]


def test_a_line_of_the_file_keeps_all_that_it_says() -> None:
    bare = {"number": "12355", "what": "青少年服务台"}
    whole = bare | {"note": "各地时间不同", "regions": ["北京市"], "on_card": True}
    assert Hotline.from_data({"hotline": [bare, whole]}) == (
        Hotline("12355", "青少年服务台", "", (), False),
        Hotline("12355", "青少年服务台", "各地时间不同", ("北京市",), True),
    )


# --- hotlines --------------------------------------------------------------------------------------------------------


def test_a_line_of_another_region_is_not_shown() -> None:
    assert "010-82951332" not in [line.number for line in hotlines_for("", LINES)]
    assert "010-82951332" not in [line.number for line in hotlines_for("河北省清河县", LINES)]
    assert "010-82951332" in [line.number for line in hotlines_for("北京市海淀区", LINES)]


def test_danger_to_life_comes_first_whatever_the_order_of_the_file() -> None:
    numbers = [line.number for line in hotlines_for("", tuple(reversed(LINES)))]
    assert set(numbers[:2]) == {"110", "120"}


@pytest.mark.rule("P27")
def test_the_card_names_what_the_rule_demands_and_promises_no_round_the_clock_line() -> None:
    card = {line.number: line for line in hotlines_for("", LINES) if line.on_card}
    assert set(card) == {"110", "120", "12356", "12355"}
    assert "18" in card["12356"].note
    assert card["12355"].note
    assert {"12345", "12348", "12338", "12333"} <= {line.number for line in LINES}


@pytest.mark.parametrize(
    ("hours", "hour", "days", "then"),
    [(24, 0, 1, 9), (24, 8, 1, 9), (24, 14, 1, 14), (24, 21, 2, 9), (24, 23, 2, 9), (36, 8, 1, 20), (36, 23, 2, 11)],
)
def test_what_waits_for_a_crisis_to_pass_waits_a_day_and_never_comes_at_night(
    hours: int, hour: int, days: int, then: int
) -> None:
    began = datetime(2026, 11, 24, hour, tzinfo=SHANGHAI)
    assert calm_until(began, CrisisCalm(hours)) == datetime(2026, 11, 24 + days, then, tzinfo=SHANGHAI)


def test_of_a_text_longer_than_people_write_beginning_and_end_are_looked_at():
    words, filling = crisis_words(), "我今天想说一说宿舍的事情，" * 30_000
    assert find_crisis("我不想活了。" + filling, words) is not None
    assert find_crisis(filling + "我不想活了。", words) is not None
    assert find_crisis(filling, words) is None
