"""Sealing at rest (P17, reliability 13.4): moved, changed or foreign values do not open."""

import asyncio
import os
import secrets
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from bot.clock import ManualClock
from bot.store.delivery import DataKey
from bot.store.rotation import rewrap
from bot.store.sealing import FORMAT, NONCE_BYTES, SIZES, UNPADDED, MasterKeys, SealingError, filled_up, key_of
from bot.store.store import Store

PLACE = "talks:7:notes"


async def sealed_note(store: Store, words: str = "想换工作") -> tuple[int, bytes]:
    async with store.unit() as unit:
        key_id = await store.vault.new_key(unit.session, "talk:7")
        return key_id, await unit.seal(key_id, PLACE, words)


async def opened(store: Store, place: str, sealed: bytes) -> str | None:
    async with store.read() as session:
        return await store.vault.read(session, place, sealed)


async def reopened(store: Store, url: str, masters: MasterKeys, clock: ManualClock) -> Store:
    """The same database in a new process: nothing is left in memory."""
    await store.close()
    return await Store.open(url, masters=masters, clock=clock)


@pytest.mark.rule("P17")
async def test_a_value_moved_to_another_row_or_column_does_not_open(store: Store) -> None:
    _, sealed = await sealed_note(store)
    for place in ("talks:8:notes", "talks:7:topic", "voices:7:notes"):
        assert await opened(store, place, sealed) is None
    assert await opened(store, PLACE, sealed) == "想换工作"


async def test_a_value_changed_in_any_part_does_not_open_as_something_else(store: Store) -> None:
    _, sealed = await sealed_note(store)
    for position in range(len(sealed)):
        changed = sealed[:position] + bytes([sealed[position] ^ 1]) + sealed[position + 1 :]
        assert await opened(store, PLACE, changed) is None
    for torn in (b"", sealed[:10], sealed[:21], sealed[:-1], sealed + b"x", b"\xff" * len(sealed), sealed[:1] + sealed):
        assert await opened(store, PLACE, torn) is None


@given(words=st.text(max_size=3_000))
def test_a_length_is_one_of_eight_and_what_was_filled_up_comes_out_as_it_was(words: str) -> None:
    data = words.encode()
    filled = filled_up(data)
    assert len(filled) in SIZES
    assert len(SIZES) <= 8
    assert filled[: filled.rfind(b"\x80")] == data


async def test_what_an_earlier_release_sealed_without_filling_it_up_still_opens(store: Store) -> None:
    key_id, _ = await sealed_note(store)
    nonce = secrets.token_bytes(NONCE_BYTES)
    key = store.vault._cache[key_id]
    old = UNPADDED + key_id.to_bytes(8, "big") + nonce + key.encrypt(nonce, "旧话".encode(), PLACE.encode())
    assert await opened(store, PLACE, old) == "旧话"
    for changed in (FORMAT + old[1:], old[:-1]):
        assert await opened(store, PLACE, changed) is None


async def test_a_data_key_that_cannot_be_unwrapped_makes_its_own_values_unreadable_only(
    any_url: str, any_store: Store, masters: MasterKeys, clock: ManualClock
) -> None:
    broken, sealed = await sealed_note(any_store)
    _, other = await sealed_note(any_store, "留下的")
    async with any_store.unit() as unit:
        await unit.session.execute(update(DataKey).where(DataKey.id == broken).values(wrapped=b"x" * 60))
    again = await reopened(any_store, any_url, masters, clock)
    async with again.read() as session:
        await again.vault.ready(session, broken, key_of(other))
    assert await opened(again, PLACE, sealed) is None
    assert await opened(again, PLACE, other) == "留下的"
    await again.close()


@pytest.mark.rule("P17")
async def test_the_same_words_are_never_sealed_alike_and_are_not_in_the_file(
    store: Store, masters: MasterKeys, sqlite_url: str
) -> None:
    key_id, first = await sealed_note(store, "暗号-4713")
    async with store.unit() as unit:
        assert await unit.seal(key_id, PLACE, "暗号-4713") != first
    await store.close()
    content = await asyncio.to_thread(Path(sqlite_url.removeprefix("sqlite+aiosqlite:///")).read_bytes)
    assert "暗号-4713".encode() not in content
    assert masters.dump().encode() not in content


@pytest.mark.rule("P17")
async def test_another_master_key_is_refused_when_the_store_opens(
    any_url: str, any_store: Store, clock: ManualClock
) -> None:
    await any_store.close()
    with pytest.raises(SealingError):
        await Store.open(any_url, masters=MasterKeys.generate(), clock=clock)


@pytest.mark.rule("P17")
async def test_a_destroyed_key_makes_its_values_unreadable_and_nothing_else(
    any_url: str, any_store: Store, masters: MasterKeys, clock: ManualClock
) -> None:
    gone, sealed = await sealed_note(any_store)
    _, other = await sealed_note(any_store, "留下的")
    async with any_store.unit() as unit:
        await unit.session.execute(delete(DataKey).where(DataKey.id == gone))
        unit.after_commit(lambda: any_store.vault.forget(gone))
    assert await opened(any_store, PLACE, sealed) is None
    again = await reopened(any_store, any_url, masters, clock)
    assert await opened(again, PLACE, sealed) is None
    assert await opened(again, PLACE, other) == "留下的"
    await again.close()


async def test_a_changed_master_key_opens_everything_and_the_old_one_alone_nothing(
    any_url: str, any_store: Store, masters: MasterKeys, clock: ManualClock
) -> None:
    _, sealed = await sealed_note(any_store)
    index = any_store.vault.mac("index", "x")
    newer = masters.with_next()
    async with any_store.unit() as unit:
        count = await rewrap(unit.session, newer)
        assert count == len((await unit.session.execute(select(DataKey.id))).all())
        assert await rewrap(unit.session, newer) == 0
    only_new = MasterKeys.parse(newer.dump().partition(",")[2])
    again = await reopened(any_store, any_url, only_new, clock)
    assert await opened(again, PLACE, sealed) == "想换工作"
    assert again.vault.mac("index", "x") == index
    await again.close()
    with pytest.raises(SealingError):
        await Store.open(any_url, masters=masters, clock=clock)


async def test_two_nodes_that_start_on_an_empty_database_share_their_keys(
    postgres_url: str, masters: MasterKeys, clock: ManualClock
) -> None:
    stores = await asyncio.gather(*(Store.open(postgres_url, masters=masters, clock=clock) for _ in range(4)))
    assert len({store.vault.mac("index", "somebody") for store in stores}) == 1
    for store in stores:
        await store.close()


async def test_blind_indexes_of_two_purposes_or_borders_never_meet(store: Store) -> None:
    assert store.vault.mac("index", "a") != store.vault.mac("codes", "a")
    assert store.vault.mac("index", "ab", "c") != store.vault.mac("index", "a", "bc")


def test_a_key_file_is_made_for_its_owner_only_and_refused_when_others_can_read_it(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "master.key"
    made = MasterKeys.from_file(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert MasterKeys.from_file(path).dump() == made.dump()
    os.chmod(path, 0o640)
    with pytest.raises(SealingError):
        MasterKeys.from_file(path)


@pytest.mark.parametrize("text", ["", "1:short", "x:AAAA", "1:AAAA", "1", "1:" + "!" * 44])
def test_a_malformed_master_key_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(SealingError) as refused:
        MasterKeys.parse(text)
    assert len(text) < 2 or text not in str(refused.value)
