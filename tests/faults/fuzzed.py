"""A world in which hostile strings go through every declared command, watched at its edges: what is sealed and sent."""

import json
import random
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from itertools import cycle
from typing import Any

from sqlalchemy import select
from typing_extensions import override

from bot.channels.onebot.convert import read_message, to_onebot
from bot.channels.port import Delivery
from bot.chat.table import Command, Place, Who, table
from bot.chat.text import command_texts
from bot.clock import Clock
from bot.core.rules.consent import ConsentScope
from bot.core.rules.message import Address, FileOut, Incoming, OutSegment
from bot.core.rules.people import Role
from bot.core.rules.text import after_slash, clean, match_word
from bot.features.talk.reads.record import lines_of
from bot.features.talk.tables import Talk
from bot.store.base import Base
from bot.store.chat import RefNumber
from bot.store.store import Store
from tests.faults.hostile import CANARY, Hostile
from tests.harness import BOT, FakeChannel, Talkers
from tests.people_built import make_chat, make_consent, make_org, make_person, make_youth

BOSS, GROUP = "10001", "888"
YOUTHS = {"20001": "小赵", "20002": "小雨", "20003": "阿凯", "20004": "老周"}
STRANGERS = tuple(str(number) for number in range(66600, 66620))
OUT = {"text", "at", "reply"}
"""Segments that may go out; an ``at`` only with one person's number."""
NOT_ROWS = ("outbox", "prompts")
"""Tables whose sealed words are emptied when they have been used."""


class StrictChannel(FakeChannel):
    """Refuses what must not go out, as the real one does, and looks at every part."""

    def __init__(self) -> None:
        super().__init__()
        self.segments: Counter[str] = Counter()

    @override
    async def deliver(self, address: Address, segments: Sequence[OutSegment]) -> Delivery:
        if not any(isinstance(part, FileOut) for part in segments):
            for part in to_onebot(segments):
                self.segments[part["type"]] += 1
                assert part["type"] in OUT
                assert clean(str(part["data"].get("text", ""))) == part["data"].get("text", "")
        self.shown[address.native_id].clear()  # nobody reads it again, and it would be a gigabyte
        return await super().deliver(address, segments)


class Sealed:
    """Everything that was sealed since, by its place; and that it is normalised."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.places: dict[str, dict[bytes, str]] = {}
        self.fresh: list[str] = []
        self.compared = 0
        self._seal = store.vault.seal
        store.vault.seal = self._noted  # type: ignore[method-assign]

    def _noted(self, key_id: int, place: str, text: str | bytes, *, least: int = 0) -> bytes:
        sealed = self._seal(key_id, place, text, least=least)
        if isinstance(text, str):
            assert _is_normal(text), f"not normalised: {place.split(':')[0]}"
            self.places.setdefault(place, {})[sealed] = text
            self.fresh.append(text)
        return sealed

    def has(self, words: str) -> bool:
        """Whether just these words were sealed since this was asked last, as they are or in JSON."""
        fresh, self.fresh = self.fresh, []
        in_json = json.dumps(words, ensure_ascii=False)[1:-1]
        return any(words in text or in_json in text for text in fresh)

    async def compare(self) -> None:
        """Read back what is there of it now (some of it was refused after all): equal to what was sealed."""
        async with self.store.read() as session:
            for place, tried in self.places.items():
                name, row, column = place.split(":")
                if name in NOT_ROWS:
                    continue
                told = Base.metadata.tables[name]
                key = list(told.primary_key.columns)
                parts = row.split(".")
                if len(parts) != len(key) or not all(part.isdigit() for part in parts):
                    continue
                where = [one == int(part) for one, part in zip(key, parts, strict=True)]
                value = await session.scalar(select(told.c[column]).where(*where))
                if value in tried:
                    self.compared += 1
                    assert await self.store.vault.read(session, place, value) in (tried[value], None), name
        self.places.clear()


def _is_normal(text: str) -> bool:
    """Normalised, or JSON of what is: in JSON a line end is an ``n``, which may be composed with a mark behind it."""
    if clean(text) == text:
        return True
    try:
        return all(clean(part) == part for part in texts_in(json.loads(text)))
    except ValueError:
        return False


def texts_in(value: object) -> list[str]:
    """Every string of a JSON value."""
    if isinstance(value, str):
        return [value]
    inner = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    return [text for part in inner for text in texts_in(part)]


class World:
    """A group with a talk open, youths who agreed to everything, one person with every office, and strangers."""

    def __init__(self, talk: Talkers, dice: random.Random) -> None:
        self.talk, self.store, self.dice = talk, talk.store, dice
        self.hostile = Hostile(dice)
        self.channel = StrictChannel()
        talk.channel = self.channel
        talk.sender.attach(self.channel)
        self.sealed = Sealed(talk.store)
        self.times: list[float] = []
        self.kept: Counter[str] = Counter()
        self.typed: Counter[str] = Counter()
        self.refs: dict[str, list[int]] = {}
        self._commands = cycle(list(table.commands.values()))
        self._clock = Clock()
        self._ids = 0

    @classmethod
    async def open(cls, store: Store, dice: random.Random) -> "World":
        org = await make_org(store)
        offices = [role for role in Role if role is not Role.YOUTH]
        boss = await make_person(store, org, "林晓舟", number=BOSS, roles=offices)
        chat = await make_chat(store, org, boss, GROUP)
        for number, name in YOUTHS.items():
            youth = await make_youth(store, org, name, number, cadre=boss, chat=chat)
            for scope in ConsentScope:
                await make_consent(store, youth, scope, chat if scope is ConsentScope.ORIGINAL_MESSAGES else None)
        return cls(await Talkers.open(store), dice)

    # --- one thing that somebody types -------------------------------------------------------------------------------

    async def step(self) -> None:
        """A command with hostile words, an answer, or something said in the talk."""
        dice = self.dice.random()
        if dice < 0.75:
            await self._command(next(self._commands))
        elif dice < 0.85:
            await self.type(self._somebody(), self.dice.choice(("1", "2", "3", "①", "②")))
        elif dice < 0.95:
            words = self.hostile.make()
            await self.type(self._somebody(), words)
            self._count("an answer", words)
        else:
            words = self.hostile.make()
            await self.type(self.dice.choice([*YOUTHS, BOSS]), words, group=True)
            self._count("said in the talk", words)

    async def refresh(self) -> None:
        """What commands need to get anywhere; and what was stored is compared."""
        await self.sealed.compare()
        await self.type(BOSS, "/关联本群", group=True)
        await self.type(BOSS, "/谈心 开始", group=True)
        async with self.store.read() as session:
            rows = (await session.execute(select(RefNumber.letter, RefNumber.number))).all()
        self.refs = {
            letter: [row.number for row in rows if row.letter == letter] for letter in {r.letter for r in rows}
        }

    async def type(self, who: str, words: str, *, group: bool = False) -> None:
        """As it comes from the platform: through the edge, the gate, and everything that goes out for it."""
        incoming = self._incoming(who, words, group=group)
        begun = self._clock.monotonic()
        work = self.talk.gate.arrive(incoming)
        if work is not None:
            await work
        self.times.append(self._clock.monotonic() - begun)
        if self._ids % 3 == 0:  # not after each: a third of the time went into looking for what may go out
            await self.talk.sender.pump()
        self.talk.advance(timedelta(seconds=1))

    async def _command(self, command: Command) -> None:
        words = self.hostile.make()
        in_group = not command.where & Place.PRIVATE or (bool(command.where & Place.GROUP) and self.dice.random() < 0.5)
        if command.where is Place.PRIVATE and self.dice.random() < 0.1:
            in_group = True  # the wrong place
        if command.feature == "talk" and in_group and self.dice.random() < 0.7:
            await self.type(BOSS, "/谈心 开始", group=True)
        self.sealed.fresh.clear()
        text = self._typed(command, words)
        await self.type(self._actor(command), "/" + text if in_group else text, group=in_group)
        self._count(command.id, words)

    def _typed(self, command: Command, words: str) -> str:
        """The word, what its first arguments may be, and then the hostile words; sometimes glued, sometimes bare."""
        word = self.dice.choice(command.words)
        form = self.dice.random()
        if form < 0.1:
            return word + words
        if form < 0.25:
            return f"{word} {words}"
        return f"{word} {self._lead(command)}{words}"

    def _lead(self, command: Command) -> str:
        """The first arguments of the command's own example, with references that exist."""
        example = command_texts()[command.id]["example"]
        found = match_word(after_slash(example) or example, table.words)
        if found is None or len(command.args) < 2:
            return ""
        rest = found[1]
        lead: list[str] = []
        for arg in command.args[:-1]:
            kinds = str(getattr(arg, "kinds", ""))
            numbers = [f"{letter}{number}" for letter in kinds for number in self.refs.get(letter, ())]
            value, rest = arg.take(rest)
            lead.append(self.dice.choice(numbers) if numbers else str(value or ""))
        return " ".join(lead) + " "

    def _actor(self, command: Command) -> str:
        if command.who in (Who.ANYONE, Who.KNOWN):
            return self._somebody()
        return self.dice.choice(list(YOUTHS)) if command.who is Who.YOUTH else BOSS

    def _somebody(self) -> str:
        return self.dice.choice((*YOUTHS, *YOUTHS, BOSS, self.dice.choice(STRANGERS)))

    def _count(self, name: str, words: str) -> None:
        self.typed[name] += 1
        core = clean(words).strip()
        if len(core) > len(CANARY) and self.sealed.has(core):
            self.kept[name] += 1
        self.sealed.fresh.clear()

    def _incoming(self, who: str, words: str, *, group: bool) -> Incoming:
        self._ids += 1
        raw: dict[str, Any] = {
            "time": int(self.talk.clock.now().timestamp()),
            "message_type": "group" if group else "private",
            "message_id": self._ids,
            "user_id": int(who),
            "message": [{"type": "text", "data": {"text": words}}],
        }
        told = json.dumps(raw | ({"group_id": int(GROUP)} if group else {}))
        incoming = read_message(json.loads(told), BOT)
        assert isinstance(incoming, Incoming)
        return incoming

    # --- at the end --------------------------------------------------------------------------------------------------

    async def recorded(self) -> list[str]:
        """Every recorded message in clear."""
        async with self.store.read() as session:
            talks = (await session.execute(select(Talk.id))).scalars().all()
            return [line.words or "" for one in talks for line in await lines_of(session, self.store.vault, one)]

    def p99(self) -> float:
        """Milliseconds that a handler took, but for one in a hundred."""
        return sorted(self.times)[len(self.times) * 99 // 100] * 1000
