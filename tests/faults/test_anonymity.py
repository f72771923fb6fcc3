"""S6 (reliability 13.3 and 15): who sees all that a cadre and an organ admin may see guesses no better than 1/k.

A county over simulated weeks. Eight youths come on line at known moments; some of them write without a name at one of
these moments, pick up the answer later and say a word about it. The adversary is given more than anybody has: for each
batch exactly who wrote in it and when, and every order and time that the organ's lists, notices, references, audit and
even the bare tables show. What is left to guess is only which voice is whose: k to one.
"""

import random
import uuid
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import sqrt
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select, text

from bot.clock import SHANGHAI, ManualClock
from bot.core.rules.people import Actor, Role
from bot.core.rules.workdays import Workdays
from bot.features.anonymous import tables as rows
from bot.features.anonymous.acts import answer as anonymous_answer
from bot.features.anonymous.acts import pick_up as anonymous_word
from bot.features.anonymous.acts.keep import receive
from bot.features.anonymous.reads.anonymous import Recipient, listed
from bot.features.anonymous.rules.anonymous import AnonymousRules, AuthorsWord, read_pickup_code
from bot.features.anonymous.tables import AnonymousVoice, place_of
from bot.store.delivery import AuditEntry
from bot.store.engine import pragma
from bot.store.store import Store
from tests.people_built import make_org, make_person
from tests.ticking import do_due

pytestmark = [pytest.mark.ci, pytest.mark.nightly, pytest.mark.timeout(5400)]

RULES, WORKDAYS = AnonymousRules(), Workdays()
BEGIN = datetime(2026, 11, 23, 0, tzinfo=SHANGHAI)
YOUTHS = 8
SIGHTINGS = 6
"""Moments at which a youth is seen on line between two batches."""
SIGMAS = 3.0


@dataclass(slots=True)
class Batch:
    """One batch as it was, and as it was seen."""

    written: list[int]
    """Every writing that came out, in the order of its moment; the adversary is told whose each was, and when.

    Somebody may have written twice: what is to be guessed is which voice is which writing, so chance is 1/k for each.
    """
    writers: dict[int, int]
    """Whose."""
    online: list[tuple[datetime, int]]
    """Every sighting since the batch before."""
    orders: dict[str, list[int]] = field(default_factory=dict)
    """By what is seen: the true writings in that order."""


class County:
    """A store whose people live at the pace of a test."""

    def __init__(self, store: Store, to: Recipient, admin: Actor, chance: random.Random) -> None:
        self.store, self.to, self.admin, self.chance = store, to, admin, chance
        assert isinstance(store.clock, ManualClock)
        self.clock = store.clock
        self.waiting: list[int] = []
        self.writers: dict[int, int] = {}
        self.codes: dict[str, str] = {}
        self.batches: list[Batch] = []
        self.words: list[Batch] = []
        self.to_rate: list[tuple[int, str]] = []
        self.keys: list[bytes] = []
        self.number = 0

    async def between(self, since: datetime, until: datetime) -> None:
        """From one batch to the next: youths come and go, some write, some say a word on an answer."""
        span = (until - RULES.closing - since).total_seconds()
        online = sorted(
            (since + timedelta(seconds=self.chance.random() * span), youth)
            for youth in range(YOUTHS)
            for _ in range(SIGHTINGS)
        )
        writing = dict.fromkeys(self.chance.sample(range(YOUTHS), self.chance.randint(1, 5)))
        spoken: list[tuple[datetime, int]] = []
        raters = {self.writers[n]: (n, code) for n, code in self.to_rate if self.chance.random() < 0.8}
        self.to_rate = []
        async with self.store.unit(now=since) as unit:
            for moment, youth in self.chance.sample(online, len(online)):  # at any of their sightings
                if youth in raters:
                    spoken.append((moment, youth))
                if youth in writing and writing[youth] is None:
                    writing[youth] = moment
            for moment, youth in sorted((m, y) for y, m in writing.items() if m is not None):
                unit.now = moment
                self.number += 1
                taken = await receive(unit, self.to, f"{youth} {self.number}", RULES)
                self.codes[f"{youth} {self.number}"] = taken.code.code
                self.waiting.append(self.number)
                self.writers[self.number] = youth
        seen = await self._rate(dict(spoken_once(spoken)), raters)
        await self._release(until, online, seen)

    async def _rate(self, moments: dict[int, datetime], raters: dict[int, tuple[int, str]]) -> list[int]:
        """Words on answers, in the order of the moments at which they are said; which writing each is about."""
        order = sorted(moments, key=lambda youth: moments[youth])
        async with self.store.unit() as unit:
            for youth in order:
                unit.now = moments[youth]
                word = self.chance.choice((AuthorsWord.HELPFUL, AuthorsWord.UNRATED))
                await anonymous_word.say_word(unit, raters[youth][1], word, RULES)
        return [raters[youth][0] for youth in order]

    async def _release(self, until: datetime, online: list[tuple[datetime, int]], raters: list[int]) -> None:
        """The batch, and everything that anybody can then see of it."""
        async with self.store.read() as session:
            audited = (await session.execute(text("SELECT max(seq) FROM audit_entries"))).scalar_one() or 0
        for moment in (until - RULES.closing, until):
            self.clock.advance(moment - self.clock.now())
            await do_due(self.store, moment, "anonymous")
        seen, closed = await self._look(audited)
        if seen["list"]:
            out = set(seen["list"])
            self.batches.append(Batch(self.waiting, self.writers, online, await self._named(seen)))
            self.waiting = []
            await self._answer(out)
        if raters:
            self.words.append(Batch(raters, self.writers, online, await self._named({"audit of the closing": closed})))

    async def _look(self, audited: int) -> tuple[dict[str, list[int]], list[int]]:
        """References of this batch in every order there is; and those that were closed."""
        today = self.clock.now().date()
        async with self.store.read() as session:
            lines = [row.ref for row in await session.scalars(await listed(session, self.admin, now=self.clock.now()))]
            table = text("SELECT ref FROM anonymous_voices WHERE released_on = :day")
            plain = list((await session.execute(table, {"day": today.isoformat()})).scalars())
            newest = text("SELECT number FROM ref_numbers ORDER BY rowid DESC LIMIT 9")
            drawn = list((await session.execute(newest)).scalars())[::-1]
            log = select(AuditEntry).where(AuditEntry.seq > audited).order_by(AuditEntry.seq)
            entries = (await session.execute(log)).scalars().all()
            notices = (await session.execute(text("SELECT created_at FROM outbox"))).scalars().all()
        assert len(notices) == len(set(notices))  # one a batch: no order within it
        seen = {
            "list": [ref for ref in lines if ref in plain],
            "references": sorted(plain),
            "audit": [int(entry.ref[1:]) for entry in entries if entry.action == "anonymous.released"],
            "table": plain,
            "numbers drawn": [ref for ref in drawn if ref in plain],
        }
        by_word = [e for e in entries if e.action == "anonymous.closed" and e.facts["outcome"] != "none"]
        return seen, [int(entry.ref[1:]) for entry in by_word]

    async def _named(self, seen: dict[str, list[int]]) -> dict[str, list[int]]:
        """The truth: which writing each is."""
        found: dict[int, int] = {}
        async with self.store.read() as session:
            wanted = {ref for refs in seen.values() for ref in refs}
            voices = await session.execute(select(AnonymousVoice).where(AnonymousVoice.ref.in_(wanted)))
            for voice in voices.scalars():
                words = await self.store.vault.read(session, place_of(voice.key, "text"), voice.text)
                found[voice.ref or 0] = int((words or "").split()[1])
        return {name: [found[ref] for ref in refs] for name, refs in seen.items()}

    async def _answer(self, refs: Iterable[int]) -> None:
        """The organ answers all; their writers will look some day."""
        async with self.store.unit() as unit:
            for ref in sorted(refs):
                await anonymous_answer.answer(unit, self.admin, ref, "已办")
            voices = await unit.session.execute(select(AnonymousVoice).where(AnonymousVoice.ref.in_(list(refs))))
            for voice in voices.scalars():
                words = await unit.open(place_of(voice.key, "text"), voice.text) or ""
                code = read_pickup_code(self.codes.pop(words))
                assert code is not None
                self.to_rate.append((int(words.split()[1]), code[0]))


def spoken_once(spoken: Sequence[tuple[datetime, int]]) -> dict[int, datetime]:
    """The first of each youth's moments."""
    return {youth: moment for moment, youth in reversed(spoken)}


# --- the adversary ---------------------------------------------------------------------------------------------------

Guess = Callable[[Batch], list[int]]
"""What is known of a batch -> which writing each voice is, in the order in which they are seen."""


def first_is_first(batch: Batch) -> list[int]:
    """The order that is seen is that of writing."""
    return batch.written


def last_is_first(batch: Batch) -> list[int]:
    """Or that backwards."""
    return batch.written[::-1]


def seen_last_is_last(batch: Batch) -> list[int]:
    """Or that in which their writers were on line last before the batch."""
    last = {youth: moment for moment, youth in batch.online}
    return sorted(batch.written, key=lambda n: last[batch.writers[n]])


def seen_first_is_first(batch: Batch) -> list[int]:
    """Or first after the batch before."""
    first = {youth: moment for moment, youth in reversed(batch.online)}
    return sorted(batch.written, key=lambda n: first[batch.writers[n]])


GUESSES: tuple[Guess, ...] = (first_is_first, last_is_first, seen_last_is_last, seen_first_is_first)


def hits(batches: Sequence[Batch], what: str, guess: Guess) -> tuple[int, float, float, int]:
    """Right guesses, how many 1/k allows, the standard deviation of that, and the number of voices."""
    right, allowed, variance, voices = 0, 0.0, 0.0, 0
    for batch in batches:
        truth = batch.orders[what]
        assert sorted(truth) == sorted(batch.written)
        if len(truth) < 2:
            continue  # of one alone there is nothing to guess
        right += sum(a == b for a, b in zip(truth, guess(batch), strict=True))
        allowed += 1.0
        variance += 1.0  # of the fixed points of a random permutation, whatever its length
        voices += len(truth)
    return right, allowed, sqrt(variance), voices


@pytest_asyncio.fixture
async def county(store: Store, monkeypatch: pytest.MonkeyPatch) -> County:
    """The same weeks every time: a test of chance must not fail by chance."""
    chance = random.Random(20261123)
    monkeypatch.setattr(rows, "_chance", random.Random(6))
    monkeypatch.setattr(rows, "uuid4", lambda: uuid.UUID(int=chance.getrandbits(128), version=4))
    monkeypatch.setattr("bot.store.refs.secrets.randbelow", chance.randrange)
    async with store.engines.writer.connect() as connection:
        await pragma(connection, "synchronous=OFF")  # nobody cuts the power here
    org = await make_org(store)
    admin = await make_person(store, org, "何立", number="30002", roles=(Role.ORGAN_ADMIN,))
    return County(store, Recipient(org.id, org.name, org.key_id), admin, chance)


async def live(county: County, weeks: int) -> None:
    """Weeks with a batch on Monday and one on Thursday."""
    since = BEGIN
    for _ in range(weeks):
        for day in (3, 7):
            until = (since - timedelta(days=since.weekday())).replace(hour=18) + timedelta(days=day)
            await county.between(since, until)
            since = until


async def test_no_order_and_no_time_tells_whose_a_voice_or_a_word_on_an_answer_is(county, scale, table) -> None:
    weeks = scale(40, 1000)
    await live(county, weeks)
    assert len(county.batches) > weeks
    for name, batches in (("S6 anonymity", county.batches), ("S6 words on answers", county.words)):
        best, chance, limit = guessed(batches)
        assert len(batches) > weeks / 2
        figure = f"best guess {best:.3f}; 1/k {chance:.3f}, with 3 sigma {limit:.3f}"
        table.row(test=name, size=f"{weeks} weeks, {len(batches)} batches", figure=figure)
        assert best <= limit, name


def guessed(batches: Sequence[Batch]) -> tuple[float, float, float]:
    """The best share of right guesses over everything that is seen and every guess; 1/k; and that with 3 sigma."""
    shares: list[tuple[float, float, float]] = []
    for what in batches[0].orders:
        for guess in GUESSES:
            right, allowed, sigma, voices = hits(batches, what, guess)
            shares.append((right / voices, allowed / voices, (allowed + SIGMAS * sigma) / voices))
    return max(shares)


async def test_the_adversary_finds_everybody_where_the_order_is_kept(county, monkeypatch) -> None:
    """The test can fail: without the mixing every voice is found by the order of its release."""

    def by_arrival(items: Sequence[Any]) -> list[Any]:
        return sorted(items, key=lambda row: county.keys.index(row["key"]) if row.get("ref") is None else 0)

    original = rows.new_voice_key

    def remembered() -> bytes:
        county.keys.append(original())
        return county.keys[-1]

    monkeypatch.setattr("bot.features.anonymous.acts.keep.new_voice_key", remembered)
    monkeypatch.setattr("bot.features.anonymous.acts.release.shuffled", by_arrival)
    await live(county, 12)
    right, allowed, sigma, voices = hits(county.batches, "audit", first_is_first)
    assert right == voices > allowed + SIGMAS * sigma


def test_the_mixing_itself_cannot_be_repeated() -> None:
    """In a running bot the order comes from the operating system, not from a seed."""
    assert isinstance(rows._chance, random.SystemRandom)
