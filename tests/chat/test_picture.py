"""图: 进度 as a picture, after the same facts in words; without the extra, or where it breaks, words alone."""

import struct
from datetime import date, timedelta
from importlib.util import find_spec
from xml.etree import ElementTree

import pytest

from bot.channels.carrier import Draw
from bot.channels.onebot.convert import to_onebot
from bot.channels.pacing import Pacer, Quotas
from bot.channels.sender import Sender
from bot.chat import picture
from bot.chat.picture import drawing, sketch
from bot.chat.text import render
from bot.core.rules.five_ones import ActivityKind, Confirmed, FiveOnesItem, five_ones, quota_rule
from bot.core.rules.message import Address, ChatKind, PictureOut, Sketch, Text
from bot.core.rules.people import CadreKind
from bot.core.rules.workdays import Workdays
from bot.features.five_ones.reads.progress import CadreWindow, Progress
from bot.features.five_ones.reads.quota import QuotaContent
from bot.store.outbox import Words
from bot.store.store import Store
from tests.channels.test_sender import BOT, Channel

TODAY = date(2026, 11, 24)
ME = Address("qq", BOT, ChatKind.PRIVATE, "10001")
SVG = "{http://www.w3.org/2000/svg}"


def progress(counted: int, waiting: int = 0, *, plan: str = "") -> Words:
    states = [Confirmed.YES] * counted + [Confirmed.WAITING] * waiting
    items = [FiveOnesItem(ActivityKind.TALK, TODAY, one, ref=f"A{at}") for at, one in enumerate(states)]
    rule = quota_rule(CadreKind.FULL_TIME)
    state = five_ones(rule, items, TODAY, Workdays())
    content = QuotaContent((ActivityKind.TALK,), plan, "1", TODAY)
    window = CadreWindow(("清河县团委",), (CadreKind.FULL_TIME,), rule.months, content, 0, state)
    return Words.of(Progress((window,), (ActivityKind.TALK,), TODAY))


def tree_of(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)  # noqa: S314 our own drawing


def texts(svg: str) -> list[str]:
    return ["".join(one.itertext()) for one in tree_of(svg).iter(f"{SVG}text")]


async def shown(store: Store, draw: Draw | None, *, pictures: bool = True) -> list[str]:
    """What a channel is given of a picture and of words behind it, by kind."""
    channel = Channel()
    channel.pictures = pictures
    sender = Sender(store, store.clock, Pacer(Quotas.load(), on=False), render, repeated="", draw=draw)
    sender.attach(channel)
    sender.connected("qq", BOT)
    sender.answer(ME, (Sketch("<svg/>"),))
    sender.answer(ME, (Text("之后"),))
    await sender.pump()
    return [said for _, said in channel.calls]


@pytest.mark.parametrize(("counted", "waiting"), [(0, 0), (3, 1), (5, 0), (12, 9)])
def test_every_number_of_the_picture_stands_in_the_words(counted: int, waiting: int) -> None:
    words = progress(counted, waiting)
    said = " ".join(texts(sketch("progress", words)))
    told = render(words)
    digits = {number for number in "".join(c if c.isdigit() else " " for c in said).split() if number != "100"}
    on_the_date = {"2026", "11", "24"}
    assert digits - on_the_date <= set("".join(c if c.isdigit() else " " for c in told).split())
    assert str(counted) in digits


def test_there_is_a_box_for_each_that_is_asked_for_and_a_word_in_each() -> None:
    svg = sketch("progress", progress(3, 1))
    boxes = [one for one in tree_of(svg).iter(f"{SVG}rect") if one.get("rx")]
    assert len(boxes) == 5
    assert len(texts(svg)) == 5 + len(texts(sketch("progress", progress(5)))) - 5


def test_words_of_people_are_text_and_never_a_piece_of_the_drawing() -> None:
    svg = sketch("progress", progress(1, plan='</text><image href="file:///etc/passwd"/>&<'))
    assert not list(tree_of(svg).iter(f"{SVG}image"))
    assert any("passwd" in text for text in texts(svg))


def test_a_picture_goes_out_inside_a_message() -> None:
    [segment] = to_onebot([PictureOut(b"\x89PNG")])
    assert segment == {"type": "image", "data": {"file": "base64://iVBORw=="}}


async def test_a_sketch_is_drawn_before_it_is_handed_over(store: Store) -> None:
    assert await shown(store, lambda svg: svg.encode()) == [PictureOut.__name__, "之后"]


async def test_without_a_renderer_nothing_is_missing(store: Store) -> None:
    assert await shown(store, None) == ["之后"]


async def test_a_channel_without_pictures_is_given_none(store: Store) -> None:
    assert await shown(store, lambda svg: svg.encode(), pictures=False) == ["之后"]


async def test_what_cannot_be_drawn_holds_up_nothing(store: Store) -> None:
    def broken(_svg: str) -> bytes:
        raise ValueError

    assert await shown(store, broken) == ["之后"]


def test_without_the_extra_there_is_no_drawing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture, "RENDERER", "no_such_renderer")
    assert drawing() is None


@pytest.mark.skipif(find_spec(picture.RENDERER) is None, reason="the extra pictures is not installed here")
def test_the_picture_is_a_png_as_wide_as_a_phone_wants_and_shows_its_words() -> None:
    draw = drawing()
    assert draw is not None
    svg = sketch("progress", progress(3, 1))
    png = draw(svg)
    assert png.startswith(b"\x89PNG")
    assert struct.unpack(">I", png[16:20]) == (picture.WIDTH,)
    silent = svg.replace("<text ", '<text visibility="hidden" ')
    assert draw(silent) != png, "the font has the characters"


def test_a_day_later_it_says_another_date() -> None:
    words = progress(3)
    later = Words(words.template, words.data | {"on": TODAY + timedelta(days=1)})
    assert texts(sketch("progress", words))[-1] != texts(sketch("progress", later))[-1]
