"""What the crisis words and the scale beside them find in sentences that they have not seen, and leave alone (P27)."""

import json
import time
from collections import Counter
from collections.abc import Callable
from math import isfinite
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.text import crisis_words
from bot.core.rules.crisis import CrisisKind, find_crisis, sounds_low
from bot.core.rules.crisis_scale import MAX_CHARS, PIECE, CrisisScale, pieces
from bot.core.shipped import TEMPLATES, shipped
from tests.core.rules.test_text import steps
from tests.speech.__main__ import main
from tests.speech.crisis import Tally, answer, share
from tests.speech.labelled import CARD, DATA, JUDGED, NONE, SOFT, invented, judged
from tests.speech.train import Folds, Training

WORDS = crisis_words()
assert WORDS.scale is not None
SCALE: CrisisScale = WORDS.scale


@pytest.fixture(scope="module")
def unseen() -> Tally:
    """Each sentence to judge by, answered with weights and limits that were chosen without it."""
    return Folds(Training()).tally()


# --- what must be found ----------------------------------------------------------------------------------------------


@pytest.mark.rule("P27")
def test_of_words_of_danger_three_quarters_are_not_passed_over_and_most_bring_the_card(unseen: Tally) -> None:
    assert share(unseen, CARD, CARD, SOFT) >= 0.75
    assert share(unseen, CARD, CARD) >= 0.55


def test_of_words_of_distress_at_least_half_are_heard(unseen: Tally) -> None:
    assert share(unseen, SOFT, CARD, SOFT) >= 0.50


# --- what must not ---------------------------------------------------------------------------------------------------


def test_everyday_words_that_only_sound_alike_are_left_alone(unseen: Tally) -> None:
    assert share(unseen, NONE, CARD) <= 0.04
    assert share(unseen, NONE, SOFT) <= 0.10


def test_distress_is_seldom_taken_for_danger(unseen: Tally) -> None:
    assert share(unseen, SOFT, CARD) <= 0.15


@pytest.mark.parametrize("name", ["answers.jsonl", "answers_more.jsonl"])
def test_answers_to_the_bots_questions_are_no_words_of_danger(name: str) -> None:
    """Nothing was trained on these."""
    told = [json.loads(line)["say"] for line in (DATA / name).read_text(encoding="utf-8").splitlines()]
    got = Counter(map(answer, told))
    assert got[CARD] <= len(told) * 0.01
    assert got[SOFT] <= len(told) * 0.03


SHORT = (
    "算了 不想 不要了 不同意 我再想想 都删了吧 别告诉我爸妈 退出 没有了 我不想加 打错了 再见 拜拜 先走了 我走了 死机了"
    " 笑死 哈哈哈 累死了 好的谢谢老师 明天见 帮我取消报名 后天晚上八点 停止记录 😂😂😂 ? 。。。"
)


@pytest.mark.parametrize("say", SHORT.split())
def test_short_everyday_words_are_nothing_at_all(say: str) -> None:
    assert answer(say) == NONE


@pytest.mark.parametrize("say", ["", " ", "\n\n", "。。。", "🙂", "a", "\u0301", "1"])
def test_nearly_nothing_is_nothing(say: str) -> None:
    assert answer(say) == NONE
    weighed = SCALE.weigh(say)
    assert isfinite(weighed.danger)
    assert isfinite(weighed.distress)


# --- how it decides --------------------------------------------------------------------------------------------------


def test_a_phrase_counts_where_the_scale_is_unsure_and_not_in_talk_about_a_film() -> None:
    assert answer("家暴怎么办") == CARD
    assert answer("昨晚央视讲家暴的那部纪录片拍得真好") == NONE
    assert answer("看完那部讲家暴的片子\n我爸昨晚又拿皮带抽我") == CARD


def test_each_kind_of_danger_has_its_first_sentence() -> None:
    kinds = {one.danger for one in judged() if one.danger}
    assert kinds == set(CrisisKind)
    right = [one.danger is sign.kind for one in judged() if one.danger and (sign := find_crisis(one.say, WORDS))]
    assert sum(right) >= len(right) * 0.85


@given(st.text(st.characters(exclude_categories=()), max_size=150))
def test_no_text_breaks_the_scale(text: str) -> None:
    sounds_low(text, WORDS)


def test_one_grave_sentence_among_many_is_weighed_alone() -> None:
    grave = "我把攒的药都倒在桌上了 数了三遍"
    long = "今天天气不错，大家一起去爬山了。" * 8
    assert answer(grave) == CARD
    assert answer(f"{long}{grave}。{long}") == CARD


def test_a_text_is_cut_before_anything_is_scanned() -> None:
    seen = list(pieces("今天" * 100_000))
    assert sum(map(len, seen)) <= 2.2 * MAX_CHARS
    assert max(map(len, seen)) <= PIECE


@pytest.mark.parametrize("shape", ["打", "我爸", "今天下午打球", "。", "哭 ", "我被他打得好疼"])
def test_twice_the_text_is_at_most_twice_the_work(shape: str) -> None:
    small, large = (steps(lambda t: SCALE.weigh(t), shape * n) for n in (160, 640))
    assert large <= small * 5 + 2_000


def _least(work: Callable[[], Any], times: int) -> float:
    spent: list[float] = []
    for _ in range(times):
        begun = time.process_time()
        work()
        spent.append(time.process_time() - begun)
    return min(spent)


def test_a_message_is_weighed_in_a_moment_and_the_weights_are_small() -> None:
    assert _least(lambda: SCALE.weigh(("今天下午去操场打球，晚上一起吃火锅好不好呀" * 4)[:60]), 30) < 0.003
    assert _least(lambda: CrisisScale(SCALE.families, shipped("crisis", "weights.toml")), 3) < 0.25
    assert (TEMPLATES / "crisis" / "weights.toml").stat().st_size < 300_000


# --- the sentences ---------------------------------------------------------------------------------------------------


def test_our_own_sentences_are_many_and_none_of_them_stands_twice() -> None:
    told = [one.say for one in invented()]
    assert len(told) >= 1_500
    assert len({*told, *(one.say for one in judged())}) == len(told) + len(judged())
    assert {one.level for one in invented()} == {CARD, SOFT, NONE}


def test_the_scorer_reads_a_file_and_refuses_what_it_does_not_know(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([str(JUDGED)]) == 0
    assert "card on none" in capsys.readouterr().out.splitlines()[-1]
    other = tmp_path / "other.jsonl"
    other.write_text('{"say": "x"}\n', encoding="utf-8")
    assert main([str(other)]) == 2
