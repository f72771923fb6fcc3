"""Phrases: how the data files are read, and what a phrase finds."""

import pytest

from bot.core.rules.phrases import Phrases, plain_text, see

REPLACE = {ord("殺"): "杀"}


def found(phrase: str, text: str) -> bool:
    return Phrases({"it": [phrase]}, REPLACE).labels(see(plain_text(text, REPLACE))) == {"it"}


@pytest.mark.parametrize(
    "phrase",
    [
        "",
        "死",
        "(死|不想活)",
        "想(死",
        "想死)",
        "…死",
        "想…",
        "想(死|…)",
        "(|)",
        "想.死",
        "想 死",
        "想?死",
        "((想)死)",
        "$",
    ],
)
def test_a_phrase_that_cannot_be_read_names_itself(phrase: str) -> None:
    with pytest.raises(ValueError, match="a phrase"):
        Phrases({"it": [phrase]}, {})


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("想死", "想活"),
        ("活着…没意思", "活着就是这么一件很没意思的事"),
        ("活着…没意思", "他还活着。没意思的电影"),
        ("活着…没意思", "还活着\n没意思"),
        ("想(再|)活", "想要活"),
        ("zs", "zsh"),
        ("zs", "xzs"),
        ("想s", "想sleep"),
        ("4了", "14了"),
        ("杀他", "杀\u200d毒"),
    ],
)
def test_what_a_phrase_does_not_say_is_not_found(phrase: str, text: str) -> None:
    assert not found(phrase, text)


@pytest.mark.parametrize(
    ("phrase", "text"),
    [
        ("想死", "我想死了"),
        ("想死", "想 死"),
        ("想死", "想-*~·_死"),
        ("想死", "想😀死"),
        ("想死", "想\u200b死"),
        ("想死", "想。死"),
        ("想死", "想\n死"),
        ("杀他", "殺他"),
        ("活着…没意思", "活着真的没意思"),
        ("活着…没意思", "活着，没意思"),
        ("活着…没意思", "活着。。。没意思"),
        ("活着……没意思", "活着一二三四五六七八九十没意思"),
        ("想(再|不|)活", "想活"),
        ("想(再|不|)活", "想不活"),
        ("被…打", "被他打"),
        ("被…打…伤", "被打了打了很多伤"),
        ("zs", "想zs了"),
        ("zs", "ok zs"),
        ("zs", "ＺＳ"),
        ("wanttodie", "I want to die!"),
    ],
)
def test_a_phrase_is_found_however_it_is_dressed(phrase: str, text: str) -> None:
    assert found(phrase, text)


def test_an_idiom_is_cut_only_where_it_stands_whole_and_the_longest_goes() -> None:
    idioms = Phrases({"": ["死党", "死党员", "泳池…跳"]}, {})
    assert idioms.without("我死党员好") == "我\x00好"
    assert idioms.without("死党死党") == "\x00\x00"
    assert idioms.without("死 党，死，党") == "死 党，死，党"
    assert idioms.without("泳池里跳") == "\x00"
    assert idioms.without("泳池。跳") == "泳池。跳"
    assert idioms.without("") == ""
