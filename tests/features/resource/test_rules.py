"""Offers: understood as people write them, money in no form, and matches that only go forward."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.rules.refusal import Refusal
from bot.features.resource.reads.words import resource_words
from bot.features.resource.rules.resource import (
    MAX_CAPACITY,
    MAX_TEXT,
    ResourceEmpty,
    ResourceKind,
    ResourceMoney,
    ResourcePrivate,
    ResourceTooLong,
    likeness,
    read_offer,
)
from bot.features.wish.rules.match import ASKING, RESERVED, MatchState, may_match_step

WORDS = resource_words()


@pytest.mark.rule("P36")
@pytest.mark.parametrize(
    "text",
    [
        "捐款 5000 元",
        "2000 元助学金",
        "给孩子发红包",
        "现金支持",
        "购物卡 20 张",
        "话费 50 元 10 份",
        "代金券 100 张",
        "提供资金 3 万",
        "每人 500 元",
        "慰问金 4 份",
        "可以借给 2000 块",
        "收款码发我",
        "转账 200",
        "众筹名额 3 个",
    ],
)
def test_money_is_no_resource_whatever_it_is_called(text: str) -> None:
    with pytest.raises(ResourceMoney):
        read_offer(text, WORDS)


@pytest.mark.parametrize(
    "text", ["电话 13812345678 可领 3 件棉衣", "看 https://x.cn 领书 3 本", "【机密】图书 3 本", "找 @小李 领书 3 本"]
)
def test_nobody_is_sent_to_a_phone_a_link_or_a_secret(text: str) -> None:
    with pytest.raises(ResourcePrivate):
        read_offer(text, WORDS)


@pytest.mark.parametrize("text", ["", "  ", "书", "123", "0 本图书", "99999 本图书", "。。。"])
def test_nothing_is_no_resource(text: str) -> None:
    with pytest.raises(ResourceEmpty):
        read_offer(text, WORDS)


def test_an_offer_is_short() -> None:
    with pytest.raises(ResourceTooLong):
        read_offer("图书" * MAX_TEXT, WORDS)


@pytest.mark.parametrize(
    ("text", "capacity", "kind"),
    [
        ("青联捐的图书 60 本", 60, ResourceKind.GOODS),
        ("人社局职业指导 4 场", 4, ResourceKind.SERVICE),
        ("六十本图书", 60, ResourceKind.GOODS),
        ("一批书包，30 个，每个价值 80 元", 30, ResourceKind.GOODS),
        ("志愿者陪伴 20 小时", 20, ResourceKind.TIME),
        ("课业辅导 4 次", 4, ResourceKind.SERVICE),
        ("图书６０本", 60, ResourceKind.GOODS),
        ("书包", 1, ResourceKind.GOODS),
        ("修电脑（周末）", 1, None),
    ],
)
def test_an_offer_is_understood_as_it_is_written(text: str, capacity: int, kind: ResourceKind | None) -> None:
    offer = read_offer(text, WORDS)
    assert (offer.capacity, offer.kind) == (capacity, kind)


@given(st.text(max_size=120))
def test_whatever_is_typed_is_an_offer_within_bounds_or_refused(text: str) -> None:
    try:
        offer = read_offer(text, WORDS)
    except Refusal:
        return
    assert 1 <= offer.capacity <= MAX_CAPACITY
    assert len(offer.text) <= MAX_TEXT


def test_what_has_ended_never_comes_back_and_both_must_say_yes() -> None:
    assert not any(may_match_step(MatchState.ENDED, after) for after in MatchState)
    assert not may_match_step(MatchState.OWNER_ASKED, MatchState.CLAIMED)
    assert not may_match_step(MatchState.DONE, MatchState.ENDED)
    assert ASKING < RESERVED
    assert MatchState.ENDED not in RESERVED


def test_likely_wishes_share_letters() -> None:
    assert likeness("青联捐的图书 60 本", "想要一套童话图书") > likeness("青联捐的图书 60 本", "想学吉他")
    assert likeness("图书", "12") == 0
