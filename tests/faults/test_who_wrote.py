"""S3: a copy of the database without its keys guesses the writer of an anonymous voice no better than chance.

Several youths are active; one of them writes. The adversary has a copy from before and one from after, and knows who
was active: every row, every length, every time. Each guess is a way in which a writer was once found.
"""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import sqrt
from typing import Any, Final

import pytest
import pytest_asyncio
from sqlalchemy import select

from bot.store.base import Base
from bot.store.sealing import SIZES
from bot.store.store import Store
from tests.nameless import WORDS, YOUTHS, Nameless

Rows = dict[str, list[dict[str, Any]]]
ORDINARY: Final = ("别再提醒", "恢复提醒", "我的同意", "帮助", "许愿 想要一本 CAD 教程", "看我的数据", "我是谁")
SIGMAS: Final = 3.5
PAUSES: Final = (1, 7, 40, 300)
"""Seconds between what one youth does and the next."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What a pair of copies shows: rows that are new or not what they were, and the ids of those who were active."""

    new: Rows
    after: Rows
    people: Sequence[int]


async def copied(store: Store) -> Rows:
    async with store.read() as session:
        return {
            table.name: [dict(row) for row in (await session.execute(select(table))).mappings()]
            for table in Base.metadata.sorted_tables
        }


def compared(before: Rows, after: Rows, people: Sequence[int]) -> Seen:
    new = {name: [row for row in rows if row not in before[name]] for name, rows in after.items()}
    return Seen({name: rows for name, rows in new.items() if rows}, after, people)


# --- guesses: how much speaks for each ------------------------------------------------------------------------------

Guess = Callable[[Seen], "Counter[int]"]


def receipts_without_an_audit_row(seen: Seen) -> "Counter[int]":
    """The first attack: somebody was answered, and nothing was audited at that moment."""
    audited = {row["at"] for row in seen.new.get("audit_entries", ())}
    rows = seen.new.get("outbox", ())
    return Counter(row["person_id"] for row in rows if row["person_id"] and row["created_at"] not in audited)


def most_rows(seen: Seen) -> "Counter[int]":
    """Whoever stands in most rows was most active."""
    return Counter(
        value for rows in seen.new.values() for row in rows for value in row.values() if value in seen.people
    )


def fewest_rows(seen: Seen) -> "Counter[int]":
    """Whoever was active and stands in fewest rows did something that left none."""
    found = most_rows(seen)
    return Counter({person: 1_000 - found[person] for person in seen.people})


def questions(seen: Seen) -> "Counter[int]":
    """Whoever was asked something, above all under a name that tells it."""
    rows = seen.new.get("prompts", ())
    return Counter({row["person_id"]: 1 + 1_000 * ("anonym" in row["kind"]) for row in rows})


def lengths(seen: Seen) -> "Counter[int]":
    """Whoever was sent or asked something as long as the new voice."""
    long = {len(row["text"]) for row in seen.new.get("anonymous_voices", ()) if row["text"]}
    found: Counter[int] = Counter()
    for row in [*seen.new.get("outbox", ()), *seen.new.get("prompts", ())]:
        sealed = row.get("payload") or row.get("facts") or b""
        if row["person_id"] and long:
            found[row["person_id"]] = max(found[row["person_id"]], 100_000 - min(abs(len(sealed) - n) for n in long))
    return found


def last_row(seen: Seen) -> "Counter[int]":
    """Whoever stands in the newest row: the voice may have been the last thing."""
    moments = _moments(seen)
    return Counter({person: int(at.timestamp() * 1_000) for person, at in moments.items()})


def gone_before_the_end(seen: Seen) -> "Counter[int]":
    """Or whoever has been silent longest."""
    return Counter({person: -value for person, value in last_row(seen).items()})


def _moments(seen: Seen) -> dict[int, datetime]:
    found: dict[int, datetime] = {}
    for rows in seen.new.values():
        for row in rows:
            times = [value for value in row.values() if isinstance(value, datetime)]
            for person in {value for value in row.values() if value in seen.people}:
                if times:
                    found[person] = max([*times, *([found[person]] if person in found else [])])
    return found


def by_day(guess: Guess) -> Guess:
    """The same by one who knows only which days rows are of."""

    def coarse(seen: Seen) -> "Counter[int]":
        def day(value: Any) -> Any:
            return value.date() if isinstance(value, datetime) else value

        new = {name: [{k: day(v) for k, v in row.items()} for row in rows] for name, rows in seen.new.items()}
        return guess(Seen(new, seen.after, seen.people))

    return coarse


GUESSES: Final[dict[str, Guess]] = {
    "receipts": receipts_without_an_audit_row,
    "most": most_rows,
    "fewest": fewest_rows,
    "questions": questions,
    "lengths": lengths,
    "last": last_row,
    "silent": gone_before_the_end,
    "receipts by day": by_day(receipts_without_an_audit_row),
    "most by day": by_day(most_rows),
    "fewest by day": by_day(fewest_rows),
}


def share(scores: "Counter[int]", people: Sequence[int], writer: int) -> float:
    """The chance that this guess names the writer: those it cannot tell apart share it."""
    best = max((scores[person] for person in people), default=0)
    named = [person for person in people if scores[person] == best]
    return 1 / len(named) if writer in named else 0.0


# --- the trial --------------------------------------------------------------------------------------------------------


@pytest_asyncio.fixture
async def scene(any_store: Store) -> Nameless:
    return await Nameless.build(any_store)


async def one_round(scene: Nameless, dice: random.Random, active: Sequence[str]) -> tuple[Seen, int]:
    """Everybody does something or other, one of them also writes; how it looks before and after."""
    scene.talk.advance(timedelta(hours=25))  # nobody has written too much today
    writer = dice.choice(active)
    doings = [(who, dice.choice(ORDINARY)) for who in active for _ in range(dice.randint(1, 2))]
    doings.append((writer, ""))
    dice.shuffle(doings)
    before = await copied(scene.store)
    for who, words in doings:
        scene.talk.advance(timedelta(seconds=dice.choice(PAUSES)))
        if words:
            await scene.says(who, words)
            continue
        await scene.says(who, f"匿名 {WORDS}{'很' * dice.randint(0, 1_000)}")
        scene.talk.advance(timedelta(seconds=dice.choice(PAUSES)))
        await scene.says(who, "1")
    people = [person for who in active if (person := scene.people[who].person_id) is not None]
    named = scene.people[writer].person_id
    assert named is not None
    return compared(before, await copied(scene.store), people), named


@pytest.mark.rule("P23")
async def test_no_guess_from_two_copies_names_the_writer_more_often_than_chance(
    scene: Nameless, scale: Any, table: Any
) -> None:
    rounds, active, dice = scale(24, 300), YOUTHS[:4], random.Random(20261201)
    hits: dict[str, float] = dict.fromkeys(GUESSES, 0.0)
    lengths_seen: set[int] = set()
    for _ in range(rounds):
        seen, writer = await one_round(scene, dice, active)
        assert len(seen.new["anonymous_voices"]) >= 1
        for name, guess in GUESSES.items():
            hits[name] += share(guess(seen), seen.people, writer)
        lengths_seen |= {len(row["text"]) for row in seen.after["anonymous_voices"] if row["text"]}
    chance = rounds / len(active)
    most = chance + SIGMAS * sqrt(rounds * (1 / len(active)) * (1 - 1 / len(active)))
    best = max(hits, key=lambda name: hits[name])
    table.row(
        test="S3 who wrote", size=f"{rounds} rounds of {len(active)}", figure=f"best guess {best} {hits[best]:.1f}"
    )
    assert {name: found for name, found in hits.items() if found > most} == {}
    assert len(lengths_seen) == 1 < len(SIZES)


async def test_the_guesses_find_the_writer_where_a_receipt_names_them(scene: Nameless) -> None:
    """The trial can fail: with a receipt as other commands have one, the first attack names the writer each time."""
    dice, found = random.Random(7), 0.0
    for _ in range(6):
        seen, writer = await one_round(scene, dice, YOUTHS[:1])
        other = [9, *seen.people]
        row = {"person_id": writer, "created_at": scene.talk.clock.now() + timedelta(milliseconds=1), "payload": None}
        told = Seen(seen.new | {"outbox": [row]}, seen.after, other)
        found += share(receipts_without_an_audit_row(told), other, writer)
    assert found == 6


async def test_one_copy_around_an_arrival_tells_only_that_one_arrived(scene: Nameless) -> None:
    await scene.writes(YOUTHS[1])
    before = await copied(scene.store)
    await scene.writes(YOUTHS[0])
    seen = compared(before, await copied(scene.store), [])
    assert set(seen.new) - {"latest_times"} == {"event_keys", "anonymous_voices"}
    assert len(seen.after["anonymous_voices"]) - len(before["anonymous_voices"]) == 1
