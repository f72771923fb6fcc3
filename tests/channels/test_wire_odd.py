"""Every field of a message bent, dropped, doubled or of another type: it is understood, or told; never silent.

Each frame goes through the real door's reading; what it reads there goes through the gate, the router and the store,
one of each kind: to the house behind the door, messages that differ only in their number and second are the same.
"""

import asyncio
import copy
import random
import shutil
from collections.abc import Awaitable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from bot.channels.onebot.convert import to_plain
from bot.channels.onebot.shape import Malformed, Unfamiliar, Unreadable
from bot.clock import ManualClock
from bot.core.rules.consent import ConsentScope
from bot.core.rules.message import MADE_UP, Incoming, Notice, Unread
from bot.core.tables import Consent
from bot.features.talk.tables import Gap
from bot.features.wish.tables import Wish
from bot.store.delivery import Prompt
from bot.store.sealing import MasterKeys
from bot.store.store import Store
from tests.databases import NOW
from tests.harness import BOT, Talkers
from tests.people_built import make_cadre, make_chat, make_consent, make_org, make_youth

CADRE, ZHAO, GROUP = 10001, 20001, 888
STOP, DANGER, WISH = "/停止记录", "我真的不想活了", "许愿 一个篮球"
Json = dict[str, Any]


@dataclass(frozen=True)
class Bend:
    """One thing done to a frame: which field, what, and with which strange value."""

    path: tuple[str | int, ...]
    how: str
    value: Any


def frame(kind: str, words: str, number: int, now: int) -> Json:
    """A message as NapCat sends it."""
    parts: list[Json] = [{"type": "text", "data": {"text": words}}]
    if kind == "group":
        parts[:0] = [{"type": "reply", "data": {"id": "77"}}, {"type": "at", "data": {"qq": BOT, "name": "知心"}}]
    event: Json = {
        "self_id": int(BOT), "time": now, "post_type": "message", "message_type": kind, "message_id": 1_000 + number,
        "user_id": ZHAO, "sub_type": "normal" if kind == "group" else "friend", "font": 14, "real_seq": str(number),
        "raw_message": words, "message": parts, "message_format": "array",
        "sender": {"user_id": ZHAO, "nickname": "小赵", "card": "", "role": "member"},
    }  # fmt: skip
    return event | ({"group_id": GROUP, "anonymous": None} if kind == "group" else {})


def paths(value: Any, at: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every field of a frame, of its segments and of their data."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, inner in inside:
        yield (*at, name)
        yield from paths(inner, (*at, name))


KINDS = (("group", STOP), ("private", STOP[1:]), ("private", DANGER), ("private", WISH))
FIELDS = {kind: [p for p in paths(frame(kind, "x", 1, 1)) if p[0] != "self_id"] for kind in ("group", "private")}
STRANGE: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, 2**64, 10**80, float("nan"), float("inf"), "", " ", "x", "x" * 70, "\x00", "\ud800",
    [], {}, [[]], [None], [[{"type": "text", "data": None}]], {"type": "text"}, {"a": {"a": {}}}, "[CQ:at,qq=all]",
)  # fmt: skip


HOWS = ("drop", "retype", "double", "nest", "text")
MOST_BENDS = 3
SHARDS = 10


def dealt(number: int) -> tuple[tuple[str, str], list[Bend]]:
    """The bends of one number, the same in every run."""
    dice = random.Random(number)
    kind = dice.choice(KINDS)
    some = dice.randint(1, MOST_BENDS)
    return kind, [Bend(dice.choice(FIELDS[kind[0]]), dice.choice(HOWS), dice.choice(STRANGE)) for _ in range(some)]


@st.composite
def bent(draw: st.DrawFn) -> tuple[tuple[str, str], list[Bend]]:
    kind = draw(st.sampled_from(KINDS))
    some = st.builds(
        Bend,
        st.sampled_from(FIELDS[kind[0]]),
        st.sampled_from(HOWS),
        st.sampled_from(STRANGE),
    )
    return kind, draw(st.lists(some, min_size=1, max_size=MOST_BENDS))


def is_words(place: Any, name: str | int) -> bool:
    """Whether a text in this field is what was said."""
    return name in ("text", "message", "raw_message") or (name == "data" and place.get("type") == "text")


def bend(event: Json, one: Bend) -> None:
    """Do it, if the field is still there."""
    place: Any = event
    for name in one.path[:-1]:
        try:
            place = place[name]
        except (KeyError, IndexError, TypeError):
            return
    name = one.path[-1]
    try:
        old = place[name]
    except (KeyError, IndexError, TypeError):
        return
    if isinstance(place, str):
        return
    match one.how:
        case "drop":
            del place[name]
        case "retype" if isinstance(one.value, str) and one.value.strip() and is_words(place, name):
            pass  # other words are another message
        case "retype":
            place[name] = copy.deepcopy(one.value)
        case "double" if isinstance(place, list):
            place.insert(int(name), copy.deepcopy(old))
        case "nest" | "double":
            place[name] = [copy.deepcopy(old)]
        case "text" if not isinstance(old, dict | list) and not is_words(place, name):
            place[name] = str(old)


def is_account(value: Any) -> bool:
    """Whether a platform may have an account of this number, which then can be told something."""
    return str(value).isdigit() and 0 < int(value) <= 2**64


def alike(what: Incoming | Notice | Unread, now: int, number: int) -> tuple[object, ...]:
    """What the house behind the door sees of a message, but which number and which second it is."""
    if not isinstance(what, Incoming):
        return (what,)
    time = what.sent_at and (what.sent_at > now) - (what.sent_at < now) + 2
    sequence = what.sequence if what.sequence is None else what.sequence == number
    id = "made up" if what.message_id.startswith(MADE_UP) else what.message_id == str(1_000 + number)
    return (replace(what, sent_at=0, sequence=None, message_id=""), time, sequence, id)


class Wire:
    """One store and one open talk for all examples, in a loop of its own."""

    def __init__(self, folder: Path, template: Path) -> None:
        shutil.copyfile(template, folder / "zhixin.db")
        self.url = f"sqlite+aiosqlite:///{folder / 'zhixin.db'}"
        self.loop = asyncio.new_event_loop()
        self.number = 0
        self.known: set[tuple[object, ...]] = set()
        """Kinds of messages that have been seen to be heard or told."""
        self.run(self._open())

    def run(self, work: Awaitable[Any]) -> Any:
        return self.loop.run_until_complete(work)

    async def _open(self) -> None:
        self.store = await Store.open(self.url, masters=MasterKeys.generate(), clock=ManualClock(NOW))
        org = await make_org(self.store)
        cadre = await make_cadre(self.store, org, number=str(CADRE))
        self.chat = await make_chat(self.store, org, cadre, native_id=str(GROUP))
        self.zhao = await make_youth(self.store, org, "小赵", str(ZHAO), cadre=cadre, chat=self.chat)
        self.talk = await Talkers.open(self.store)
        await self.talk.says(str(CADRE), "/谈心 开始", group=str(GROUP))

    async def agreed(self) -> int:
        async with self.store.read() as session:
            rows = select(func.count()).where(Consent.withdrawn_at.is_(None), Consent.scope == "original_messages")
            return (await session.execute(rows)).scalar_one()

    async def heard(self) -> int:
        """What people were told so far, wishes, what they will be asked, and the gaps that the talk's end will tell."""
        await self.talk.recorder.flush()
        async with self.store.read() as session:
            counts = [select(func.count()).select_from(table) for table in (Gap, Wish, Prompt)]
            rows = [(await session.execute(count)).scalar_one() for count in counts]
        return sum(rows) + sum(len(shown) for shown in self.talk.channel.shown.values())

    async def send(self, kind: tuple[str, str], bends: list[Bend]) -> None:
        self.number += 1
        self.talk.advance(timedelta(seconds=90))
        now = int(self.talk.clock.now().timestamp())
        event = frame(*kind, self.number, now)
        for one in bends:
            bend(event, one)
        try:
            what = to_plain(event, BOT)
        except Unreadable:
            assert event.get("message_type") != "group"
            assert not is_account(event.get("user_id")), "somebody who could have been told"
            return
        except (Unfamiliar, Malformed):
            assert event.get("post_type") != "message" or event.get("message_type") not in ("group", "private", None)
            return
        if what is None:
            assert event.get("post_type") != "message"
            return
        like = (kind, *alike(what, now, self.number))
        if like not in self.known:
            await self.is_heard_or_told(kind, what)
            self.known.add(like)

    async def is_heard_or_told(self, kind: tuple[str, str], what: Incoming | Notice | Unread) -> None:
        if not await self.agreed():
            await make_consent(self.store, self.zhao, ConsentScope.ORIGINAL_MESSAGES, self.chat)
            self.store.signal("chat", (self.chat.channel, self.chat.bot_id, self.chat.native_id))
        before = await self.heard()
        work = self.talk.gate.arrive(what)
        if work is not None:
            await work
        await self.talk.sender.pump()
        stopped = STOP[1:] in kind[1] and not await self.agreed()
        assert stopped or await self.heard() > before, what

    def close(self) -> None:
        self.run(self.store.close())
        self.loop.close()


@pytest.fixture(scope="module")
def wire(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[Wire]:
    made = Wire(tmp_path_factory.mktemp("wire"), sqlite_template)
    yield made
    made.close()


def test_a_bent_message_is_understood_or_told(wire: Wire) -> None:
    @settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow], database=None)
    @given(bent())
    def play(example: tuple[tuple[str, str], list[Bend]]) -> None:
        wire.run(wire.send(*example))

    play()


@pytest.mark.nightly
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("shard", range(SHARDS))
def test_a_hundred_thousand_bent_messages_are_understood_or_told(wire: Wire, shard: int) -> None:
    """Dealt by number: what Hypothesis remembers of each example would make this many take hours."""
    for number in range(shard, 100_000, SHARDS):
        try:
            wire.run(wire.send(*dealt(number)))
        except Exception as error:
            raise AssertionError(f"number {number}: {dealt(number)}") from error
