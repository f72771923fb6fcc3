"""日历文件: judged by a strange reader of calendars: of who signed up, and moves and cancellations reach it (17)."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
import vobject
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from bot.clock import SHANGHAI
from bot.core.tables import Download
from bot.features.activity.reads.activity import ActivityLine
from bot.features.activity.reads.entry import entry
from bot.features.activity.rules.activity import ActivityState
from bot.store.delivery import OutboxMessage
from bot.store.store import Store
from tests.activities_built import make_activity, parts_of
from tests.harness import Talkers
from tests.people_built import make_cadre, make_chat, make_org, make_youth
from tests.said import Said
from tests.ticking import do_due

CADRE, ZHAO, KAI, GROUP = "10001", "20001", "20002", "888"
NOW = datetime(2026, 11, 25, 10, tzinfo=SHANGHAI)
ANY_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=120)


def line(**changed: Any) -> ActivityLine:
    told: dict[str, Any] = {
        **{"ref": 4821, "kind": "volunteering", "state": ActivityState.OPEN, "when": "", "place": "清溪社区"},
        **{"starts_at": NOW, "ends_at": NOW + timedelta(hours=2), "topic": "捡垃圾"},
        **{"capacity": 10, "left": 9, "waiting": 0},
    }
    return ActivityLine(**(told | changed))


def read(content: bytes) -> Any:
    """The one event, as a stranger reads it; it refuses what is no calendar."""
    [calendar] = vobject.readComponents(content.decode(), validate=True)
    assert (calendar.version.value, calendar.method.value) == ("2.0", "PUBLISH")
    return calendar.vevent


@given(ANY_TEXT.map(" ".join(["{}"]).format), ANY_TEXT, st.integers(0, 99))
def test_whatever_is_said_is_one_event_with_these_words(topic: str, place: str, revision: int) -> None:
    topic, place = " ".join(topic.split()) or "捡垃圾", " ".join(place.split()) or "清溪社区"
    content = entry(line(topic=topic, place=place), 77, revision, NOW)
    found = read(content)
    assert (found.summary.value, found.location.value, found.sequence.value) == (topic, place, str(revision))
    assert content.count(b"BEGIN:VEVENT") == 1
    assert content.endswith(b"\r\n")
    assert not re.search(rb"[^\r]\n", content)
    assert all(len(one) <= 75 for one in content.split(b"\r\n"))


def test_the_same_activity_is_the_same_entry_and_cancelled_says_so() -> None:
    first, off = read(entry(line(), 77, 0, NOW)), read(entry(line(state=ActivityState.CANCELLED), 77, 1, NOW))
    assert first.uid.value == off.uid.value != read(entry(line(), 78, 0, NOW)).uid.value
    assert (first.status.value, off.status.value) == ("CONFIRMED", "CANCELLED")
    assert (first.dtstart.value, first.dtend.value) == (NOW.astimezone(UTC), NOW.astimezone(UTC) + timedelta(hours=2))


def test_words_that_ran_out_leave_a_whole_entry() -> None:
    found = read(entry(line(topic="", place=""), 77, 0, NOW))
    assert found.summary.value
    assert "location" not in found.contents


class Scene:
    talk: Talkers
    store: Store
    ref: int

    async def signs_up(self, who: str = ZHAO) -> list[str]:
        """报名, and what comes of it within the next look."""
        said = await self.talk.says(who, f"报名 A{self.ref}")
        await do_due(self.store, self.talk.clock.now(), "activity.entries")
        await self.talk.sender.pump()
        return said

    def files(self, of: str = ZHAO) -> list[Any]:
        return [read(content) for to, name, content in self.talk.channel.files if to == of and name.endswith(".ics")]


@pytest_asyncio.fixture
async def scene(store: Store) -> Scene:
    found = Scene()
    found.store, found.talk = store, await Talkers.open(store)
    org = await make_org(store)
    cadre = await make_cadre(store, org)
    chat = await make_chat(store, org, cadre)
    for name, number in (("小赵", ZHAO), ("阿凯", KAI)):
        await make_youth(store, org, name, number, cadre=cadre, chat=chat)
    found.ref = await make_activity(store, cadre, chat, seats=1)
    return found


async def test_who_has_a_seat_gets_the_entry_and_again_when_they_say_it_again(scene: Scene) -> None:
    assert await scene.signs_up() == [Said("activity/signed_up", place=0)]
    await scene.signs_up()
    assert [one.sequence.value for one in scene.files()] == ["0", "0"]
    assert list((await parts_of(scene.store, scene.ref)).values()) == ["signed_up"]


async def test_who_waits_and_who_signs_up_in_the_group_gets_no_file(scene: Scene) -> None:
    await scene.talk.says(ZHAO, f"/报名 A{scene.ref}", group=GROUP)
    await scene.signs_up(KAI)
    assert scene.talk.channel.files == []


async def test_where_no_file_can_be_sent_the_words_say_all(scene: Scene) -> None:
    scene.talk.router._exchange.services = replace(scene.talk.services, can_upload=lambda _bot: False)
    assert await scene.signs_up() == [Said("activity/signed_up", place=0)]
    async with scene.store.read() as session:
        assert (await session.execute(select(func.count()).select_from(Download))).scalar_one() == 0


@pytest.mark.parametrize("what", ["时间 12月5日 15:00", "地点 县图书馆"])
async def test_a_move_renews_the_entry_of_who_has_it(scene: Scene, what: str) -> None:
    await scene.signs_up()
    await scene.talk.says(CADRE, f"改活动 A{scene.ref} {what}")
    first, moved = scene.files()
    assert (first.uid.value, moved.sequence.value, moved.status.value) == (moved.uid.value, "1", "CONFIRMED")
    assert (first.dtstart.value, first.location.value) != (moved.dtstart.value, moved.location.value)


async def test_a_new_text_and_new_seats_send_nobody_a_file(scene: Scene) -> None:
    await scene.signs_up()
    await scene.talk.says(CADRE, f"改活动 A{scene.ref} 主题 扫雪")
    await scene.talk.says(CADRE, f"改活动 A{scene.ref} 人数 5")
    assert len(scene.files()) == 1


async def test_17_cancelled_the_entry_is_cancelled_with_a_higher_sequence_once(scene: Scene) -> None:
    await scene.signs_up()
    await scene.talk.says(CADRE, f"取消活动 A{scene.ref} 下雨")
    first, off = scene.files()
    assert (off.uid.value, off.status.value, off.sequence.value) == (first.uid.value, "CANCELLED", "1")
    assert scene.files(KAI) == []


async def test_who_left_hears_and_gets_nothing_more(scene: Scene) -> None:
    await scene.signs_up()
    await scene.talk.says(ZHAO, f"取消报名 A{scene.ref}")
    await scene.talk.says(CADRE, f"取消活动 A{scene.ref}")
    assert len(scene.files()) == 1


async def test_at_night_the_cancelled_entry_waits_for_the_morning_with_its_words(scene: Scene) -> None:
    await scene.signs_up()
    tonight = scene.store.clock.now().replace(hour=22, minute=30)
    scene.talk.advance(tonight - scene.store.clock.now())
    await scene.talk.says(CADRE, f"取消活动 A{scene.ref}")
    assert len(scene.files()) == 1
    async with scene.store.read() as session:
        rows = await session.execute(select(OutboxMessage.not_before).where(OutboxMessage.state == "ready"))
        assert {at.astimezone(SHANGHAI).hour for at in rows.scalars()} == {8}
    scene.talk.advance(timedelta(hours=9, minutes=31))
    await scene.talk.sender.pump()
    assert [one.status.value for one in scene.files()] == ["CONFIRMED", "CANCELLED"]
