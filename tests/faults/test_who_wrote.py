"""S3: a copy of the database without its keys guesses who acted without a name no better than chance.

Several youths are active; one of them also writes an anonymous voice, or asks for an anonymous talk through the bot and
has it. The adversary has a copy from before and one from after, and knows who was active: every row, every length,
every time, every transaction. Each guess is a way in which somebody was once found, or could be.
"""

import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from math import sqrt
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio

from bot.store.sealing import SIZES, key_of
from bot.store.store import Store
from tests.faults.two_copies import (
    Seen,
    compared,
    copied,
    nearest,
    neighbours,
    same_commit,
    same_moment,
    same_transaction,
    threads,
)
from tests.nameless import CADRE, WORDS, YOUTHS, Nameless
from tests.ticking import do_due

ORDINARY: Final = ("别再提醒", "恢复提醒", "我的同意", "帮助", "许愿 想要一本 CAD 教程", "看我的数据", "我是谁")
SIGMAS: Final = 3.5
PAUSES: Final = (1, 7, 40, 300)
"""Seconds between what one youth does and the next."""
VOICE: Final = {"anonymous_voices": ""}
RELAY: Final = {"relays": "", "relay_seats": "", "data_keys": "relay:", "outbox": "relay:", "prompts": "relay."}
"""Tables in whose rows a nameless act shows, and how a text begins that shows it."""
NOT_WRITTEN: Final = frozenset({"latest_times", "org_units"})
"""In which two minutes something was written; the organ, which PostgreSQL notes as referred to."""


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
        return guess(replace(seen, new=new))

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
    "threads": threads,
    "transaction": same_transaction,
    "commit": same_commit,
    "moment": same_moment,
    "nearest": nearest,
    "neighbours": neighbours,
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


async def a_voice(scene: Nameless, who: str, dice: random.Random) -> None:
    """Write without a name."""
    await scene.says(who, f"匿名 {WORDS}{'很' * dice.randint(0, 1_000)}")
    scene.talk.advance(timedelta(seconds=dice.choice(PAUSES)))
    await scene.says(who, "1")


async def a_relay(scene: Nameless, who: str, dice: random.Random) -> None:
    """Ask for a talk without a name; it waits, is put off and asked once more, or is open with words both ways."""
    await scene.says(who, f"找人聊聊 匿名 {'夜班' * dice.randint(0, 20)}")
    how = dice.choice(("waits", "later", "open"))
    if how == "later":
        await scene.says(CADRE, "2")
        await scene.says(CADRE, "1")
        scene.talk.advance(timedelta(minutes=31))
        await do_due(scene.store, scene.talk.clock.now(), "relay")
        await scene.talk.sender.pump()
    if how != "waits":
        await scene.says(CADRE, "1")
    if how == "later":
        await scene.says(who, "1")
    for speaker in (who, CADRE) * (0 if how == "waits" else dice.randint(1, 2)):
        scene.talk.advance(timedelta(seconds=15))
        await scene.says(speaker, "我在")


Act = Callable[[Nameless, str, random.Random], Any]
ACTS: Final[dict[str, tuple[Act, dict[str, str]]]] = {"voice": (a_voice, VOICE), "relay": (a_relay, RELAY)}


async def one_round(
    scene: Nameless, folder: Path, dice: random.Random, active: Sequence[str], act: str = "voice"
) -> tuple[Seen, int]:
    """Everybody does something or other, one of them also acts without a name; how it looks before and after."""
    scene.talk.advance(timedelta(hours=25 if act == "voice" else 24))  # nobody has written too much today
    writer, (acts, tells) = dice.choice(active), ACTS[act]
    doings = [(who, dice.choice(ORDINARY)) for who in active for _ in range(dice.randint(1, 2))]
    doings.append((writer, ""))
    dice.shuffle(doings)
    before = await copied(scene.store, folder)
    for who, words in doings:
        scene.talk.advance(timedelta(seconds=dice.choice(PAUSES)))
        await (scene.says(who, words if act == "voice" else f"/{words}") if words else acts(scene, who, dice))
    people = [person for who in active if (person := scene.people[who].person_id) is not None]
    named = scene.people[writer].person_id
    assert named is not None
    seen = compared(before, await copied(scene.store, folder), people, tells)
    if act == "relay":
        await scene.says(writer, "结束聊天")
    return seen, named


@pytest.mark.rule("P23")
@pytest.mark.parametrize("act", ACTS)
async def test_no_guess_from_two_copies_names_who_acted_more_often_than_chance(
    scene: Nameless, tmp_path: Path, scale: Any, table: Any, act: str
) -> None:
    rounds, active, dice = scale(24, 300), YOUTHS[:4], random.Random(20261201)
    hits: dict[str, float] = dict.fromkeys(GUESSES, 0.0)
    lengths_seen: set[int] = set()
    for _ in range(rounds):
        seen, writer = await one_round(scene, tmp_path, dice, active, act)
        assert seen.told
        for name, guess in GUESSES.items():
            hits[name] += share(guess(seen), seen.people, writer)
        lengths_seen |= sealed_lengths(seen)
        assert seen.after.counters == seen.before.counters
    chance = rounds / len(active)
    most = chance + SIGMAS * sqrt(rounds * (1 / len(active)) * (1 - 1 / len(active)))
    best = max(hits, key=lambda name: hits[name])
    figure = f"best guess {best} {hits[best]:.1f}"
    table.row(test=f"S3 who wrote: {act}", size=f"{rounds} rounds of {len(active)}", figure=figure)
    assert {name: found for name, found in hits.items() if found > most} == {}
    assert len(lengths_seen) == 1 < len(SIZES)


def sealed_lengths(seen: Seen) -> set[int]:
    """How long what is sealed of the act is: a voice's text, the route of a relay."""
    rows = [*seen.after.rows["anonymous_voices"], *seen.after.rows["relays"]]
    return {len(value) for row in rows for name, value in row.items() if name in ("text", "route") and value}


async def test_the_guesses_find_the_writer_where_a_receipt_names_them(scene: Nameless, tmp_path: Path) -> None:
    """The trial can fail: with a receipt as other commands have one, the first attack names the writer each time."""
    dice, found = random.Random(7), 0.0
    for _ in range(6):
        seen, writer = await one_round(scene, tmp_path, dice, YOUTHS[:1])
        other = [9, *seen.people]
        row = {"person_id": writer, "created_at": scene.talk.clock.now() + timedelta(milliseconds=1), "payload": None}
        found += share(
            receipts_without_an_audit_row(replace(seen, new=seen.new | {"outbox": [row]}, people=other)), other, writer
        )
    assert found == 6


@pytest.mark.parametrize("thread", ["person", "conversation", "key", "moment"])
async def test_the_guesses_find_the_asker_where_a_row_has_a_thread_to_them(
    scene: Nameless, tmp_path: Path, thread: str
) -> None:
    """Each by itself is enough: their id, the index of their conversation, the key of theirs, or their moment."""
    seen, writer = await one_round(scene, tmp_path, random.Random(3), YOUTHS[:4], "relay")
    mine = next(row for row in seen.after.rows["outbox"] if row["person_id"] == writer)
    person = next(row for row in seen.after.rows["people"] if row["id"] == writer)
    assert key_of(person["name"])
    traces = {
        "person": ({"subject_id": writer}, threads),
        "conversation": ({"conv": mine["conv"]}, threads),
        "key": ({"payload": person["name"]}, threads),
        "moment": (
            {"created_at": max(row["created_at"] for row in seen.of(writer) if "created_at" in row)},
            same_moment,
        ),
    }
    row, guess = traces[thread]
    assert share(guess(replace(seen, told=[*seen.told, row])), seen.people, writer) == 1


async def test_one_copy_around_an_arrival_tells_only_that_one_arrived(scene: Nameless, tmp_path: Path) -> None:
    await scene.writes(YOUTHS[1])
    before = await copied(scene.store, tmp_path)
    await scene.writes(YOUTHS[0])
    seen = compared(before, await copied(scene.store, tmp_path), [], VOICE)
    assert set(seen.new) - NOT_WRITTEN == {"event_keys", "anonymous_voices"}
    assert len(seen.after.rows["anonymous_voices"]) - len(before.rows["anonymous_voices"]) == 1


async def test_one_copy_around_an_anonymous_request_tells_only_that_its_cadre_was_asked(
    scene: Nameless, tmp_path: Path
) -> None:
    before = await copied(scene.store, tmp_path)
    await scene.says(YOUTHS[0], "找人聊聊 匿名 夜班")
    seen = compared(before, await copied(scene.store, tmp_path), [], RELAY)
    written = {"event_keys", "relays", "relay_seats", "data_keys", "prompts", "outbox"}
    assert set(seen.new) - NOT_WRITTEN - {"accounts"} == written
    assert {row["person_id"] for row in seen.all_new if "person_id" in row} == {scene.people[CADRE].person_id}
