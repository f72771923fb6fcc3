"""The download door: looking uses nothing up, fetching works once, everything else is the same 404 (P7, threat 20)."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import httpx
import pytest
import pytest_asyncio
from fastapi import FastAPI
from sqlalchemy import func, select

from bot.clock import ManualClock
from bot.console.downloads import downloads_router
from bot.core.acts.download import keep_download, seal_download
from bot.core.rules.people import Actor
from bot.core.tables import Download
from bot.store.delivery import AuditEntry
from bot.store.people import Person
from bot.store.store import Store
from bot.store.unit import Unit
from tests.people_built import make_org, make_youth
from tests.ticking import do_due

CONTENT = b"PK\x03\x04 everything about somebody"


@pytest_asyncio.fixture
async def door(any_store: Store, clock: ManualClock) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.include_router(downloads_router(any_store, clock))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://bot.test") as client:
        yield client


@pytest_asyncio.fixture
async def youth(any_store: Store) -> Actor:
    return await make_youth(any_store, await make_org(any_store))


@pytest_asyncio.fixture
async def token(any_store: Store, youth: Actor) -> str:
    async with any_store.unit() as unit:
        person = await unit.session.get_one(Person, youth.person_id)
        return await kept(unit, person)


async def kept(unit: Unit, person: Person) -> str:
    made = await seal_download(unit.session, unit.vault, person, CONTENT)
    await keep_download(unit, made)
    return made.token


async def waiting(store: Store) -> int:
    async with store.read() as session:
        return (await session.execute(select(func.count()).select_from(Download))).scalar_one()


@pytest.mark.parametrize("wrong", ["x", "A" * 43, "A" * 5000, "..%2f..%2fetc", "%00", "' OR 1=1 --"])
async def test_a_wrong_token_opens_nothing(door: httpx.AsyncClient, token: str, wrong: str) -> None:
    for answer in (await door.get(f"/x/{wrong}"), await door.post(f"/x/{wrong}")):
        assert answer.status_code == 404
        assert CONTENT not in answer.content


async def test_wrong_used_and_expired_answer_alike(
    door: httpx.AsyncClient, any_store: Store, youth: Actor, token: str, clock: ManualClock
) -> None:
    async with any_store.unit() as unit:
        person = await unit.session.get_one(Person, youth.person_id)
        old = await kept(unit, person)
    assert (await door.post(f"/x/{token}")).status_code == 200
    clock.advance(timedelta(minutes=15))
    answers = [await ask(f"/x/{t}") for t in (token, old, "A" * 43) for ask in (door.get, door.post)]
    assert {(a.status_code, a.content) for a in answers} == {(404, answers[0].content)}
    assert len({tuple(sorted(a.headers.items())) for a in answers}) == 1


async def test_another_site_cannot_press_the_button(door: httpx.AsyncClient, any_store: Store, token: str) -> None:
    for headers in ({"origin": "https://evil.test"}, {"origin": "null", "sec-fetch-site": "cross-site"}):
        assert (await door.post(f"/x/{token}", headers=headers)).status_code == 404
    assert await waiting(any_store) == 1


async def test_looking_as_link_previews_do_uses_nothing_up(
    door: httpx.AsyncClient, any_store: Store, token: str
) -> None:
    for _ in range(3):
        page = await door.get(f"/x/{token}")
        assert page.status_code == 200
        assert page.text.count("<button") == 1
        assert token not in page.text
    assert (await door.head(f"/x/{token}")).status_code == 200
    assert await waiting(any_store) == 1


async def test_the_button_hands_out_the_file_once_and_says_so_in_the_audit(
    door: httpx.AsyncClient, any_store: Store, youth: Actor, token: str
) -> None:
    answer = await door.post(f"/x/{token}", headers={"origin": "http://bot.test"})
    assert (answer.status_code, answer.content) == (200, CONTENT)
    assert answer.headers["content-type"] == "application/zip"
    assert "attachment" in answer.headers["content-disposition"]
    assert await waiting(any_store) == 0
    assert (await door.post(f"/x/{token}")).status_code == 404
    async with any_store.read() as session:
        rows = (await session.execute(select(AuditEntry).where(AuditEntry.action == "rights.fetched"))).scalars().all()
    assert [row.subject_id for row in rows] == [youth.person_id]
    assert token not in repr([row.facts for row in rows])


async def test_two_presses_at_once_hand_out_one_file(door: httpx.AsyncClient, token: str) -> None:
    answers = await asyncio.gather(*(door.post(f"/x/{token}") for _ in range(4)))
    assert sorted(a.status_code for a in answers) == [200, 404, 404, 404]


async def test_every_answer_is_kept_out_of_caches_frames_and_sniffing(door: httpx.AsyncClient, token: str) -> None:
    for answer in (await door.get("/x/none"), await door.get(f"/x/{token}"), await door.post(f"/x/{token}")):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert "default-src 'none'" in answer.headers["content-security-policy"]


async def test_an_unfetched_file_is_removed(any_store: Store, token: str, clock: ManualClock) -> None:
    await do_due(any_store, clock.now(), "rights.expire_downloads")
    assert await waiting(any_store) == 1
    await do_due(any_store, clock.advance(timedelta(minutes=15)), "rights.expire_downloads")
    assert await waiting(any_store) == 0
