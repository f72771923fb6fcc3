"""Scenes that are built once a module: a copy of the SQLite file and what the people have seen until then.

    @pytest_asyncio.fixture
    async def scene(store: Store, once: Once) -> Scene:
        return await once(store, Scene.build)

The first test of a module that asks for it builds the scene; the others get a copy of its database (before the store
is opened, so that nothing in memory is older than the file), a new ``Talkers`` on it, and the same people. On
PostgreSQL it is built each time. One ``once`` for a module.
"""

import copy
import dataclasses
import itertools
import sqlite3
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol, TypeVar, cast

import pytest

from bot.clock import ManualClock
from bot.store.store import Store
from tests.harness import FakeChannel, Talkers

T = TypeVar("T")


class Once(Protocol):
    """Build this on the store, or go on from where the first test of the module has built it."""

    async def __call__(self, store: Store, build: Callable[[Store], Awaitable[T]]) -> T: ...


@dataclass(frozen=True, slots=True)
class Played:
    """A scene as it was when it was built."""

    file: Path
    scene: Any
    now: datetime
    seen: FakeChannel | None
    next_id: int
    paced: bool


@pytest.fixture(scope="session")
def played_before() -> dict[str, Played]:
    """Scenes by module."""
    return {}


def played_file(request: pytest.FixtureRequest) -> Path | None:
    """The database to begin with instead of an empty one, if this test asks for a scene that was built before."""
    if "once" not in request.fixturenames:
        return None
    before: dict[str, Played] = request.getfixturevalue("played_before")
    found = before.get(request.module.__name__)
    return found.file if found is not None else None


@pytest.fixture
def once(
    request: pytest.FixtureRequest, played_before: dict[str, Played], tmp_path_factory: pytest.TempPathFactory
) -> Once:
    """See above."""
    module = request.module.__name__
    known = played_before.get(module)

    async def built_or_again(store: Store, build: Callable[[Store], Awaitable[T]]) -> T:
        path = store.engines.writer.url.database if store.engines.is_sqlite else None
        if path is None:
            return await build(store)
        if known is not None:
            return await _again(known, store)
        scene = await build(store)
        file = tmp_path_factory.mktemp("played") / "zhixin.db"
        played_before[module] = _remember(scene, store, Path(path), file)
        return scene

    return cast(Once, built_or_again)


def _remember(scene: Any, store: Store, path: Path, file: Path) -> Played:
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(file)) as target:
        source.backup(target)
    talks = _found(scene, Talkers)
    assert len(talks) <= 1, "one Talkers in a scene"
    talk = talks[0] if talks else None
    next_id = next(talk._ids) if talk is not None else 0
    if talk is not None:
        talk._ids = itertools.count(next_id)
    seen = _channel(talk.channel) if talk is not None else None
    paced = talk is not None and talk.services.paced
    return Played(file, _copied(scene, {}), store.clock.now(), seen, next_id, paced)


async def _again(known: Played, store: Store) -> Any:
    assert isinstance(store.clock, ManualClock)
    store.clock.advance(known.now - store.clock.now())
    others: dict[type, Any] = {Store: store}
    if known.seen is not None:
        talk = await Talkers.open(store, paced=known.paced)
        seen = _channel(known.seen)
        talk.channel.shown.update(seen.shown)
        talk.channel.by, talk.channel.files, talk.channel._ids = seen.by, seen.files, seen._ids
        talk._ids = itertools.count(known.next_id)
        others[Talkers] = talk
    return _copied(known.scene, others)


def _channel(channel: FakeChannel) -> FakeChannel:
    """What a channel has shown, apart from the channel."""
    shown: dict[str, list[str]] = defaultdict(list, {chat: list(texts) for chat, texts in channel.shown.items()})
    apart = FakeChannel(channel.name, shown)
    apart.by, apart.files = list(channel.by), list(channel.files)
    number = next(channel._ids)
    channel._ids, apart._ids = itertools.count(number), itertools.count(number)
    return apart


def _fields(thing: Any) -> list[str]:
    if dataclasses.is_dataclass(thing):
        return [field.name for field in dataclasses.fields(thing)]
    return list(vars(thing)) if hasattr(thing, "__dict__") else []


def _ours(thing: Any) -> bool:
    return type(thing).__module__.startswith("tests.") and not isinstance(thing, Talkers)


def _found(thing: Any, kind: type[T]) -> list[T]:
    if isinstance(thing, kind):
        return [thing]
    if not _ours(thing):
        return []
    found = [one for name in _fields(thing) for one in _found(getattr(thing, name, None), kind)]
    return list({id(one): one for one in found}.values())


def _copied(thing: Any, others: Mapping[type, Any]) -> Any:
    """The same, its lists and dictionaries apart, and in place of a store or a ``Talkers`` the others."""
    if type(thing) in others:
        return others[type(thing)]
    if isinstance(thing, (list, set)) or (isinstance(thing, dict) and type(thing) in (dict, defaultdict)):
        return copy.copy(thing)
    if isinstance(thing, Sequence) or not _ours(thing):
        return thing
    made = copy.copy(thing)
    for name in _fields(thing):
        if hasattr(thing, name):
            object.__setattr__(made, name, _copied(getattr(thing, name), others))
    return made
