"""日历: a calendar at an address that nobody guesses, judged by a strange reader; who may not read it gets nothing."""

import re
from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import pytest_asyncio
import vobject
from fastapi import FastAPI
from loguru import logger
from sqlalchemy import func, select

from bot.channels.onebot import Guard
from bot.config import Settings
from bot.console import feeds
from bot.console.feeds import feeds_router
from bot.core.acts.erase import erase_person
from bot.core.acts.offices import end_roles, set_away
from bot.core.installation import Installation
from bot.core.rules.people import Actor, Role
from bot.features.feed.acts.address import give, renew, stop
from bot.features.feed.rules.feed import FeedNoLinks
from bot.features.feed.tables import CalendarFeed
from bot.store.chat import Chat
from bot.store.delivery import AuditEntry, OutboxMessage
from bot.store.people import Account, OrgUnit, RoleGrant
from bot.store.store import Store
from tests.activities_built import make_activity
from tests.harness import Talkers
from tests.people_built import make_cadre, make_chat, make_org, make_person, make_youth
from tests.reminders_built import make_reminder
from tests.said import Refused, Said, fields

BASE = "https://zhixin.test"
CADRE, ADMIN, ZHAO, GROUP = "10001", "10009", "20001", "888"
TOKEN = re.compile(r"/c/([A-Za-z0-9_-]{43})\.ics$")


@pytest_asyncio.fixture
async def talk(store: Store) -> Talkers:
    return await Talkers.open(store)


@pytest_asyncio.fixture
async def org(store: Store) -> OrgUnit:
    return await make_org(store)


@pytest_asyncio.fixture
async def cadre(store: Store, org: OrgUnit) -> Actor:
    return await make_cadre(store, org)


@pytest_asyncio.fixture
async def chat(store: Store, org: OrgUnit, cadre: Actor) -> Chat:
    return await make_chat(store, org, cadre)


@pytest_asyncio.fixture
async def admin(store: Store, org: OrgUnit) -> Actor:
    return await make_person(store, org, "苏敏", number=ADMIN, roles=[Role.ORGAN_ADMIN])


@pytest_asyncio.fixture
async def door(store: Store) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.include_router(feeds_router(store, store.clock, Installation()))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(Guard(app)), base_url=BASE) as client:
        yield client


async def address(talk: Talkers, who: str = CADRE, words: str = "日历") -> str:
    """The only address in what they are told."""
    said = await talk.says(who, f"/{words}")
    assert said == [Said("feed/given")], said
    [one] = fields(said[0])["addresses"]
    return one["url"]


async def events(door: httpx.AsyncClient, url: str) -> dict[str, Any]:
    """The events by uid, as a stranger reads them."""
    answer = await door.get(url)
    assert answer.status_code == 200
    [calendar] = vobject.readComponents(answer.content.decode(), validate=True)
    found = {one.uid.value: one for one in calendar.vevent_list}
    assert len(found) == len(calendar.vevent_list)
    return found


def of_kind(found: dict[str, Any], kind: str) -> list[Any]:
    return [one for uid, one in sorted(found.items()) if uid.startswith(f"{kind}-")]


async def feeds_kept(store: Store) -> int:
    async with store.read() as session:
        return (await session.execute(select(func.count()).select_from(CalendarFeed))).scalar_one()


async def opens(door: httpx.AsyncClient, url: str) -> bool:
    answer = await door.get(url)
    assert answer.status_code in (200, 404)
    return answer.status_code == 200


# --- who gets an address ----------------------------------------------------------------------------------------------


async def test_a_cadre_gets_an_address_once_and_only_its_hash_is_kept(
    talk: Talkers, store: Store, door: httpx.AsyncClient, cadre: Actor
) -> None:
    url = await address(talk)
    assert url.startswith(f"{BASE}/c/")
    token = TOKEN.search(url)
    assert token is not None
    assert await opens(door, url)
    again = await talk.says(CADRE, "/日历")
    assert (fields(again[0])["addresses"], len(fields(again[0])["kept"])) == ([], 1)
    async with store.read() as session:
        [row] = (await session.execute(select(CalendarFeed))).scalars()
        assert token[1].encode() not in row.token_hash
        facts = [str(one.facts) for one in (await session.execute(select(AuditEntry))).scalars()]
        assert not any(token[1] in one for one in facts)
        said = (await session.execute(select(OutboxMessage.payload))).scalars().all()
        assert not any(one and token[1].encode() in bytes(one) for one in said)


async def test_an_admin_gets_the_organs_and_who_is_both_gets_two(talk: Talkers, store: Store, org: OrgUnit) -> None:
    await make_person(store, org, "苏敏", number=ADMIN, roles=[Role.ORGAN_ADMIN, Role.CADRE])
    said = await talk.says(ADMIN, "/日历")
    organs = [one["organ"] for one in fields(said[0])["addresses"]]
    assert organs == ["", org.name]
    assert await feeds_kept(store) == 2


async def test_youths_strangers_and_groups_get_none(
    talk: Talkers, store: Store, org: OrgUnit, cadre: Actor, chat: Chat
) -> None:
    await make_youth(store, org, "小赵", ZHAO, cadre=cadre, chat=chat)
    await make_person(store, org, "值班", number="10008", roles=[Role.DUTY_OFFICER, Role.REPORTER, Role.SECRETARY])
    for who in (ZHAO, "10008", "99999"):
        for words in ("日历", "日历 换", "日历 停"):
            assert Said("feed/given") not in await talk.says(who, f"/{words}")
    assert Said("feed/given") not in await talk.says(CADRE, "/日历", group=GROUP)
    assert await feeds_kept(store) == 0


@pytest.mark.parametrize("words", ["日历", "日历 换"])
async def test_without_a_public_address_it_says_what_is_missing(
    store: Store, talk: Talkers, cadre: Actor, words: str
) -> None:
    object.__setattr__(talk.services, "feed_url", "")
    assert await talk.says(CADRE, f"/{words}") == [Refused("feed.off")]
    assert await feeds_kept(store) == 0


async def test_on_a_channel_without_links_it_says_so_and_a_stop_works_all_the_same(
    store: Store, talk: Talkers, door: httpx.AsyncClient, cadre: Actor
) -> None:
    url = await address(talk)
    for act in (give, renew):
        with pytest.raises(FeedNoLinks):
            async with store.unit() as unit:
                await act(unit, cadre, BASE, "qq_official")
    assert await opens(door, url)
    async with store.unit() as unit:
        await stop(unit, cadre)
    assert not await opens(door, url)


# --- what ends an address ---------------------------------------------------------------------------------------------


async def test_a_new_address_ends_the_old_one_and_a_stop_ends_all(
    talk: Talkers, store: Store, door: httpx.AsyncClient, cadre: Actor
) -> None:
    first = await address(talk)
    second = await address(talk, words="日历 换")
    assert first != second
    assert (await opens(door, first), await opens(door, second)) == (False, True)
    assert await talk.says(CADRE, "/日历 停") == [Said("feed/stopped")]
    assert not await opens(door, second)
    assert await talk.says(CADRE, "/日历 停") == [Refused("feed.none")]
    assert await feeds_kept(store) == 0


async def test_out_of_office_nothing_opens_and_nothing_is_kept(
    talk: Talkers, store: Store, org: OrgUnit, door: httpx.AsyncClient, cadre: Actor, admin: Actor
) -> None:
    own, organ = await address(talk), await address(talk, ADMIN)
    async with store.unit() as unit:
        await end_roles(unit, [cadre.person_id or 0], Role.CADRE)
    assert (await opens(door, own), await opens(door, organ)) == (False, True)
    assert await feeds_kept(store) == 1
    async with store.unit() as unit:
        await end_roles(unit, [admin.person_id or 0])
    assert not await opens(door, organ)
    assert await feeds_kept(store) == 0


async def test_who_is_away_keeps_the_address(
    talk: Talkers, store: Store, door: httpx.AsyncClient, cadre: Actor
) -> None:
    url = await address(talk)
    async with store.unit() as unit:
        await set_away(unit, cadre.person_id or 0, unit.now + timedelta(days=9))
    assert await opens(door, url)


async def test_an_office_that_runs_out_by_its_date_opens_nothing_from_that_moment(
    talk: Talkers, store: Store, door: httpx.AsyncClient, admin: Actor
) -> None:
    url = await address(talk, ADMIN)
    async with store.unit() as unit:
        grants = await unit.session.execute(select(RoleGrant).where(RoleGrant.person_id == admin.person_id))
        for grant in grants.scalars():
            grant.until = unit.now + timedelta(hours=1)
    assert await opens(door, url)
    talk.advance(timedelta(hours=1))
    assert not await opens(door, url)


async def test_erased_and_unbound_nothing_opens(
    talk: Talkers, store: Store, door: httpx.AsyncClient, org: OrgUnit, cadre: Actor, admin: Actor, tmp_path: Path
) -> None:
    own, organ = await address(talk), await address(talk, ADMIN)
    await talk.says(CADRE, "/解绑")
    await talk.says(CADRE, "1")
    async with store.read() as session:
        left = select(func.count()).select_from(Account).where(Account.person_id == cadre.person_id)
        assert (await session.execute(left)).scalar_one() == 0
    assert not await opens(door, own)
    async with store.unit() as unit:
        await erase_person(unit, admin.person_id or 0, actor=admin, tombstones=tmp_path / "erased.log")
    assert not await opens(door, organ)
    assert await feeds_kept(store) == 0


# --- the door ---------------------------------------------------------------------------------------------------------


WRONG = ["x", "A" * 43, "A" * 44, "A" * 5000, "..%2f..%2fetc", "%00", "' OR 1=1 --", "%E7%9F%A5%E5%BF%83", "*", "%"]


@pytest.mark.parametrize("wrong", WRONG)
async def test_a_wrong_address_opens_nothing_and_answers_like_a_dead_one(
    talk: Talkers, door: httpx.AsyncClient, cadre: Actor, wrong: str
) -> None:
    dead = await address(talk)
    await address(talk, words="日历 换")
    answers = [await door.get(f"/c/{wrong}.ics"), await door.get(dead)]
    if "%2f" not in wrong:  # a path of another shape is not ours at all
        assert len({(one.status_code, one.content, tuple(sorted(one.headers.items()))) for one in answers}) == 1
    assert {one.status_code for one in answers} == {404}


@pytest.mark.parametrize("bent", ["", "?x=1", "#A"])
async def test_the_address_alone_opens_it(talk: Talkers, door: httpx.AsyncClient, cadre: Actor, bent: str) -> None:
    assert await opens(door, await address(talk) + bent)


@pytest.mark.parametrize("change", [lambda t: t[:-1], lambda t: t + "A", lambda t: t.swapcase(), lambda t: t[::-1]])
async def test_an_address_that_is_nearly_right_is_wrong(
    talk: Talkers, door: httpx.AsyncClient, cadre: Actor, change: Any
) -> None:
    token = TOKEN.search(await address(talk))
    assert token is not None
    assert not await opens(door, f"/c/{change(token[1])}.ics")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "REPORT", "MKCALENDAR"])
async def test_nothing_can_be_written_through_it(
    talk: Talkers, door: httpx.AsyncClient, cadre: Actor, method: str
) -> None:
    url = await address(talk)
    before = (await door.get(url)).content
    answer = await door.request(method, url, content=b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n")
    assert answer.status_code == 405
    assert (await door.get(url)).content == before


async def test_what_is_unchanged_is_not_sent_again_and_any_change_is(
    talk: Talkers, store: Store, door: httpx.AsyncClient, cadre: Actor, chat: Chat
) -> None:
    url = await address(talk)
    first = await door.get(url)
    talk.advance(timedelta(minutes=5))
    tag = first.headers["etag"]
    for told in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = await door.get(url, headers={"if-none-match": told})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert (await door.get(url, headers={"if-none-match": '"other"'})).status_code == 200
    await make_activity(store, cadre, chat)
    changed = await door.get(url, headers={"if-none-match": tag})
    assert (changed.status_code, changed.headers["etag"] != tag) == (200, True)


async def test_a_look_at_the_head_tells_the_same_without_a_word(
    talk: Talkers, door: httpx.AsyncClient, cadre: Actor
) -> None:
    url = await address(talk)
    head, whole = await door.head(url), await door.get(url)
    assert (head.status_code, head.headers["etag"]) == (200, whole.headers["etag"])
    assert whole.headers["content-type"] == "text/calendar; charset=utf-8"
    assert "private" in whole.headers["cache-control"]
    assert "noindex" in whole.headers["x-robots-tag"]


def _of_the_bot(record: Any) -> bool:
    """The bot's lines, and the broken one below: what this test's own client says may be led into the same log."""
    return (record["name"] or "").startswith(("bot", "tests"))


async def test_no_address_stands_in_the_log_not_even_when_it_breaks(
    talk: Talkers, door: httpx.AsyncClient, cadre: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines: list[str] = []
    kept = logger.add(lines.append, level="TRACE", diagnose=False, filter=_of_the_bot)
    try:
        url = await address(talk)
        await door.get(url)

        async def breaks(*_: object) -> None:
            raise RuntimeError("the disk is gone")

        monkeypatch.setattr(feeds, "entries", breaks)
        with pytest.raises(RuntimeError) as broken:
            await door.get(url)
        logger.opt(exception=broken.value).error("it broke")
    finally:
        logger.remove(kept)
    token = TOKEN.search(url)
    assert token is not None
    assert lines != []
    assert [line for line in lines if token[1] in line] == []


def test_it_is_off_unless_an_encrypted_address_is_public(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)

    def url(**told: Any) -> str:
        return Settings(**told).feed_url

    assert url() == ""
    assert url(zhixin_public_url="https://zhixin.test/") == "https://zhixin.test"
    assert url(zhixin_public_url="http://zhixin.test", host="192.0.2.1") == ""
    assert url(zhixin_public_url="http://127.0.0.1:8080") == "http://127.0.0.1:8080"


# --- what stands in it ------------------------------------------------------------------------------------------------


async def test_the_file_is_a_calendar_with_its_zone_and_folded_lines(
    talk: Talkers, store: Store, door: httpx.AsyncClient, cadre: Actor, chat: Chat
) -> None:
    await make_activity(store, cadre, chat, topic="一起去清溪社区清理步道" * 8)
    content = (await door.get(await address(talk))).content
    [calendar] = vobject.readComponents(content.decode(), validate=True)
    assert (calendar.version.value, calendar.method.value) == ("2.0", "PUBLISH")
    assert calendar.vtimezone.tzid.value == "Asia/Shanghai"
    assert b"DTSTART;TZID=Asia/Shanghai:" in content
    assert content.endswith(b"\r\n")
    assert not re.search(rb"[^\r]\n", content)
    assert all(len(line) <= 75 for line in content.split(b"\r\n"))
    content.decode()
    assert all(line.decode() is not None for line in content.split(b"\r\n "))


async def test_an_activity_keeps_its_uid_moves_with_a_higher_sequence_and_ends_as_cancelled(
    talk: Talkers, store: Store, door: httpx.AsyncClient, cadre: Actor, chat: Chat
) -> None:
    ref = await make_activity(store, cadre, chat)
    url = await address(talk)
    seen: list[tuple[str, int, str, datetime]] = []
    changes = ("时间 11月29日下午3点", "主题 种树", "地点 河边")
    for words in ("", *(f"改活动 A{ref} {one}" for one in changes), f"取消活动 A{ref} 下雨"):
        if words:
            await talk.says(CADRE, f"/{words}")
        [one] = of_kind(await events(door, url), "activity")
        seen.append((one.uid.value, int(one.sequence.value), one.status.value, one.dtstart.value))
    uids, sequences, states, starts = zip(*seen, strict=True)
    assert len(set(uids)) == 1
    assert list(sequences) == sorted(set(sequences))
    assert states == ("CONFIRMED",) * 4 + ("CANCELLED",)
    assert starts[1].replace(tzinfo=None) == datetime(2026, 11, 29, 15)  # noqa: DTZ001 - the hour on the wall
    assert starts[1].utcoffset() == timedelta(hours=8)


async def test_a_reminder_stands_at_its_next_times_and_a_skipped_one_is_cancelled(
    talk: Talkers, store: Store, door: httpx.AsyncClient, cadre: Actor, chat: Chat
) -> None:
    ref = await make_reminder(store, cadre, chat, "每周五20:00 看团课")
    url = await address(talk)
    before = of_kind(await events(door, url), "reminder")
    assert {one.dtstart.value.strftime("%a %H:%M") for one in before} == {"Fri 20:00"}
    assert len(before) > 50
    states: list[tuple[str, int]] = []
    for words in ("", "提醒 这次不发 R", "提醒 开 R"):
        if words:
            await talk.says(CADRE, f"/{words}{ref}")
        first = min(of_kind(await events(door, url), "reminder"), key=lambda one: one.dtstart.value)
        states.append((first.status.value, int(first.sequence.value)))
    assert [state for state, _ in states] == ["CONFIRMED", "CANCELLED", "CONFIRMED"]
    assert states[0][1] < states[1][1] < states[2][1]
    await talk.says(CADRE, f"/提醒 停 R{ref}")
    stopped = of_kind(await events(door, url), "reminder")
    assert {one.status.value for one in stopped} == {"CANCELLED"}
    await talk.says(CADRE, f"/提醒 删 R{ref}")
    assert of_kind(await events(door, url), "reminder") == []


async def test_in_the_night_a_groups_reminder_stands_where_it_really_comes(
    talk: Talkers, store: Store, door: httpx.AsyncClient, cadre: Actor, chat: Chat
) -> None:
    await make_reminder(store, cadre, chat, "每天23:00 早点睡")
    found = of_kind(await events(door, await address(talk)), "reminder")
    assert {one.dtstart.value.hour for one in found} == {8}


async def test_no_youths_name_stands_in_it(
    talk: Talkers, store: Store, org: OrgUnit, door: httpx.AsyncClient, cadre: Actor, chat: Chat, admin: Actor
) -> None:
    await make_youth(store, org, "小赵", ZHAO, cadre=cadre, chat=chat)
    await make_activity(store, cadre, chat, topic="陪小 赵去面试")
    await make_activity(store, cadre, chat, place="小赵家")
    await make_activity(store, cadre, chat, kind="talk", topic="和阿明聊夜班")
    await make_reminder(store, cadre, chat, "每周五20:00 等小赵一起看团课")
    await make_reminder(store, cadre, None, "每天9:00 给阿明回话")
    for url in (await address(talk), await address(talk, ADMIN)):
        text = (await door.get(url)).content.replace(b"\r\n ", b"").decode()
        assert not any(name in text for name in ("小赵", "小 赵", "阿明", ZHAO))


async def test_nothing_of_another_cadre_of_another_organ_or_of_ones_own_in_the_organs(
    talk: Talkers, store: Store, org: OrgUnit, door: httpx.AsyncClient, cadre: Actor, chat: Chat, admin: Actor
) -> None:
    other_org = await make_org(store, "石湾县团委")
    other = await make_person(store, other_org, "田野", number="10002", roles=[Role.CADRE])
    far = await make_chat(store, other_org, other, "999")
    await make_activity(store, other, far)
    await make_reminder(store, other, far)
    own = await events(door, await address(talk))
    assert of_kind(own, "activity") + of_kind(own, "reminder") == []
    await make_activity(store, cadre, chat)
    organ = await events(door, await address(talk, ADMIN))
    assert of_kind(organ, "activity") + of_kind(organ, "reminder") == []


async def test_the_days_of_the_notice_stand_in_it_as_whole_days(
    talk: Talkers, store: Store, door: httpx.AsyncClient, cadre: Actor, admin: Actor
) -> None:
    own = await events(door, await address(talk))
    ends = [one.dtstart.value for one in of_kind(own, "window")]
    assert ends[:3] == [date(2026, 12, 31), date(2027, 2, 28), date(2027, 4, 30)]
    assert of_kind(own, "report") + of_kind(own, "assessment") == []
    organ = await events(door, await address(talk, ADMIN))
    assert of_kind(organ, "report")[0].dtstart.value == date(2026, 12, 31)
    assert [one.dtstart.value for one in of_kind(organ, "assessment")] == [date(2026, 12, 10), date(2027, 6, 15)]


async def test_a_group_that_is_no_longer_linked_leaves_the_calendar_of_who_looked_after_it(
    talk: Talkers, store: Store, org: OrgUnit, door: httpx.AsyncClient, cadre: Actor, chat: Chat
) -> None:
    await make_reminder(store, cadre, chat, "每周五20:00 看团课")
    url = await address(talk)
    assert of_kind(await events(door, url), "reminder") != []
    await talk.says(CADRE, "/解除关联", group=GROUP)
    await talk.says(CADRE, "1", group=GROUP)
    left = [one for one in of_kind(await events(door, url), "reminder") if one.status.value == "CONFIRMED"]
    assert left == []
