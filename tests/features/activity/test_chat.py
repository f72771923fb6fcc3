"""活动 from 发起 to 进度: what is typed, what is said, and what counts (S1, R2.9, P35, P38, P39)."""

import re
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from bot.channels.pacing import Pacer, Quotas
from bot.core.rules.message import Quote, Text
from bot.core.rules.people import Actor
from bot.core.shipped import TEMPLATES
from bot.features.activity.tables import Activity, ActivityChange, ActivityPart
from bot.store.chat import Chat
from bot.store.delivery import AuditEntry, EventKey, OutboxMessage
from bot.store.people import OrgUnit
from bot.store.store import Store
from tests.harness import Talkers
from tests.people_built import make_cadre, make_chat, make_org, make_youth
from tests.said import Refused, Said, fields

CADRE, ZHAO, KAI, GROUP = "10001", "20001", "20002", "888"
NOBODY_HAS_TO = "不方便可以不来"
WORDS = "志愿服务 周六14:00 清溪社区 捡垃圾 限10人"


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
async def zhao(store: Store, org: OrgUnit, cadre: Actor, chat: Chat) -> Actor:
    return await make_youth(store, org, "小赵", ZHAO, cadre=cadre, chat=chat)


@pytest_asyncio.fixture
async def kai(store: Store, org: OrgUnit, cadre: Actor, chat: Chat) -> Actor:
    return await make_youth(store, org, "阿凯", KAI, cadre=cadre, chat=chat)


async def count(store: Store, table: Any, *where: Any) -> int:
    async with store.read() as session:
        return (await session.execute(select(func.count()).select_from(table).where(*where))).scalar_one()


def ref_in(text: str) -> str:
    found = re.search(r"#?(A\d+)", text)
    assert found, text
    return found[1]


async def announced(talk: Talkers, words: str = WORDS) -> str:
    [said] = await talk.says(CADRE, f"/发起 {words}", group=GROUP)
    assert said == Said("activity/announced")
    return ref_in(said)


async def progress(talk: Talkers) -> tuple[int, int]:
    [said] = await talk.says(CADRE, "进度")
    [window] = fields(said)["windows"]
    return window["state"]["done"], window["state"]["counted"]


@pytest.mark.rule("P39")
async def test_from_the_announcement_to_what_counts(
    talk: Talkers, store: Store, cadre: Actor, zhao: Actor, kai: Actor
) -> None:
    ref = await announced(talk)
    assert await talk.says(ZHAO, "/报名", group=GROUP) == [Said("activity/signed_up", place=0, again=False)]
    assert await talk.says(KAI, f"报名 {ref}") == [Said("activity/signed_up", place=0)]
    assert await talk.says(CADRE, f"结束活动 {ref} 捡完了") == [Refused("activity.not_begun")]
    talk.advance(timedelta(days=4, hours=3, minutes=45))
    [code] = await talk.says(CADRE, f"签到码 {ref}")
    assert await talk.says(ZHAO, f"签到 {fields(code)['code']}") == [Said("activity/checked_in", again=False)]
    talk.advance(timedelta(hours=2))
    [asked] = await talk.says(CADRE, f"结束活动 {ref} 沿河边捡了两公里垃圾")
    assert asked == Said("activity/process", asking="present")
    assert await progress(talk) == (0, 0)
    assert await talk.says(CADRE, "9人") == [Said("activity/ended", present=9, asked=True, confirmed=False)]
    assert await progress(talk) == (1, 0)
    assert talk.last(ZHAO) == Said("activity/confirm")
    assert await talk.says(KAI, "③") == [Said("activity/confirm_taken", answer="unsaid")]
    assert await progress(talk) == (1, 0)
    assert await talk.says(ZHAO, "1") == [Said("activity/confirm_taken", answer="took_part")]
    assert await progress(talk) == (1, 1)
    assert await count(store, Activity) == 1


async def test_what_is_missing_is_asked_for_one_by_one(talk: Talkers, store: Store, cadre: Actor, chat: Chat) -> None:
    assert await talk.says(CADRE, "发起 周六14:00") == [Said("activity/part", asking="kind")]
    assert await talk.says(CADRE, "志愿服务") == [Said("activity/part", asking="place")]
    assert await talk.says(CADRE, "清溪社区") == [Said("activity/part", asking="topic")]
    assert (await talk.says(CADRE, "捡垃圾"))[0] == Said("activity/made", group=GROUP)
    assert talk.last(GROUP) == Said("activity/announced", line={"topic": "捡垃圾", "place": "清溪社区"})


async def test_two_groups_are_asked_about(talk: Talkers, store: Store, cadre: Actor, org: OrgUnit, chat: Chat) -> None:
    talk.advance(timedelta(minutes=1))
    await make_chat(store, org, cadre, "999")
    [asked] = await talk.says(CADRE, f"发起 {WORDS}")
    assert asked == Said("activity/which_chat", chats=[GROUP, "999"])
    assert await talk.says(CADRE, "2") == [Said("activity/made", group="999")]
    assert talk.shown(GROUP) == []


@pytest.mark.rule("P38")
async def test_who_says_not_leaves_a_number_and_no_name(talk: Talkers, store: Store, cadre: Actor, zhao: Actor) -> None:
    ref = await announced(talk)
    await talk.says(ZHAO, f"报名 {ref}")
    talk.advance(timedelta(days=4, hours=6))
    await talk.says(CADRE, f"结束活动 {ref} 沿河边捡了两公里垃圾，9人")
    await talk.says(ZHAO, "没参加")
    assert await count(store, ActivityPart, ActivityPart.state == "declined", ActivityPart.person_id.is_(None)) == 1
    assert await count(store, ActivityPart) == 1
    assert await progress(talk) == (1, 0)


@pytest.mark.rule("P38")
def test_every_announcement_says_that_nobody_has_to_come() -> None:
    words = (TEMPLATES / "chat" / "activity" / "announced.txt.j2").read_text(encoding="utf-8")
    assert NOBODY_HAS_TO in words


# --- 来 --------------------------------------------------------------------------------------------------------------


async def test_come_right_after_the_announcement_is_a_sign_up(
    talk: Talkers, store: Store, cadre: Actor, zhao: Actor
) -> None:
    ref = await announced(talk)
    assert await talk.says(ZHAO, "来！", group=GROUP) == [Said("activity/signed_up", line={"ref": int(ref[1:])})]
    assert await talk.says(ZHAO, "算我一个", group=GROUP) == [Said("activity/signed_up", again=True)]
    assert await count(store, ActivityPart) == 1


@pytest.mark.parametrize("words", ["来晚了", "来不来", "我不来", "今天送货，下次", "来 吗"])
async def test_ordinary_speech_is_no_sign_up_and_nothing_is_kept_of_it(
    talk: Talkers, store: Store, cadre: Actor, zhao: Actor, words: str
) -> None:
    await announced(talk)
    kept = await count(store, EventKey)
    assert await talk.says(ZHAO, words, group=GROUP) == []
    assert await count(store, ActivityPart) == 0
    assert await count(store, EventKey) == kept


async def test_come_is_heard_for_ten_minutes_and_in_this_group_only(
    talk: Talkers, store: Store, cadre: Actor, zhao: Actor, org: OrgUnit
) -> None:
    await make_chat(store, org, cadre, "999")
    await announced(talk)
    assert await talk.says(ZHAO, "来", group="999") == []
    assert await talk.says("66666", "来", group=GROUP) == []
    talk.advance(timedelta(minutes=10))
    assert await talk.says(ZHAO, "来", group=GROUP) == [Said("activity/signed_up")]
    await talk.says(ZHAO, "/取消报名", group=GROUP)
    talk.advance(timedelta(seconds=1))
    kept = await count(store, EventKey)
    assert await talk.says(ZHAO, "来", group=GROUP) == []
    assert await count(store, ActivityPart) == 0
    assert await count(store, EventKey) == kept


async def test_a_quoted_announcement_is_meant_however_old_and_another_quote_is_not(
    talk: Talkers, store: Store, cadre: Actor, zhao: Actor
) -> None:
    ref = await announced(talk)
    async with store.read() as session:
        native = await session.scalar(select(OutboxMessage.native_id).where(OutboxMessage.idem_key.like("activity:%")))
    assert await talk.says(ZHAO, [Quote("77777"), Text("来")], group=GROUP) == []
    talk.advance(timedelta(hours=20))
    said = await talk.says(ZHAO, [Quote(native or ""), Text("来")], group=GROUP)
    assert said == [Said("activity/signed_up", line={"ref": int(ref[1:])})]


async def test_of_two_just_announced_it_is_asked_which(talk: Talkers, store: Store, cadre: Actor, zhao: Actor) -> None:
    first = await announced(talk)
    talk.advance(timedelta(minutes=2))
    second = await announced(talk, "文体活动 周日14:00 清溪社区 打球")
    [asked] = await talk.says(ZHAO, "来", group=GROUP)
    assert asked == Said("activity/which", lines=[{"ref": int(first[1:])}, {"ref": int(second[1:])}])
    assert await count(store, ActivityPart) == 0
    assert await talk.says(ZHAO, f"/报名 {second}", group=GROUP) == [Said("activity/signed_up")]


# --- over already ----------------------------------------------------------------------------------------------------


async def test_what_is_over_is_entered_late_and_confirmed_by_a_line_in_the_group(
    talk: Talkers, store: Store, cadre: Actor, zhao: Actor
) -> None:
    said = await talk.says(CADRE, "记活动 团课 昨晚7点 二车间休息室 讲了女工夜校的故事，6个人")
    assert said == [Said("activity/ended", present=6, late=False, notes=[]), Said("activity/witness", chats=[GROUP])]
    ref = ref_in(said[0])
    assert await talk.says(CADRE, f"进度 {ref}") == [Said("activity/standing", missing="confirmation")]
    assert await talk.says(CADRE, "1") == [Said("activity/witnesses_asked", group=GROUP)]
    assert talk.last(GROUP) == Said("activity/who_was_there")
    assert await progress(talk) == (1, 0)
    assert (await talk.says(ZHAO, f"/参加了 {ref}", group=GROUP))[0] == Said("activity/confirm_taken")
    assert await progress(talk) == (1, 1)
    assert await talk.says(CADRE, f"进度 {ref}") == [Said("activity/standing", missing="nothing", confirmed=None)]


async def test_up_to_three_youths_are_asked_by_name(
    talk: Talkers, store: Store, cadre: Actor, zhao: Actor, kai: Actor
) -> None:
    await talk.says(CADRE, "记活动 团课 昨晚7点 二车间休息室 讲了女工夜校的故事，6个人")
    assert await talk.says(CADRE, "小赵、小王、小李、小孙") == [Refused("activity.too_many_named")]
    await talk.says(CADRE, "记活动 文体活动 前天14:00 球场 打了三局球，4个人")
    assert (await talk.says(CADRE, "小赵、阿凯"))[0] == Said("activity/witnesses_asked", group="")
    assert talk.last(ZHAO) == Said("activity/confirm")
    assert talk.last(KAI) == Said("activity/confirm")


async def test_missing_parts_of_what_is_over_are_asked_for(talk: Talkers, cadre: Actor, chat: Chat) -> None:
    assert await talk.says(CADRE, "记活动 团课") == [Said("activity/late_part", asking="time")]
    assert await talk.says(CADRE, "昨天14:00") == [Said("activity/late_part", asking="place")]
    assert await talk.says(CADRE, "二车间休息室") == [Said("activity/late_part", asking="what")]
    assert await talk.says(CADRE, "讲了女工夜校的故事") == [Said("activity/late_part", asking="present")]
    assert (await talk.says(CADRE, "六个"))[0] == Said("activity/ended", present=6)
    assert await talk.says(CADRE, "记活动 团课 12月5日14:00 二车间 讲了女工夜校，6人") == [
        Refused("activity.not_over_yet")
    ]


@pytest.mark.rule("P39")
async def test_the_cadre_hears_first_what_a_person_should_look_at_and_may_explain_it(
    talk: Talkers, cadre: Actor, chat: Chat
) -> None:
    words = "讲了女工夜校的故事，大家说了很多，6个人"
    await talk.says(CADRE, f"记活动 团课 昨天14:00 二车间休息室 {words}")
    await talk.says(CADRE, "算了")
    talk.advance(timedelta(hours=1))
    [said, *_] = await talk.says(CADRE, f"记活动 团课 昨天14:00 三车间休息室 {words}")
    assert said == Said("activity/ended", notes=["alike", "same_time"])
    await talk.says(CADRE, "算了")
    ref = ref_in(said)
    assert await talk.says(CADRE, f"说明 {ref} 上下两场") == [Said("activity/explained")]
    assert await talk.says(CADRE, f"进度 {ref}") == [Said("activity/standing", explained=True)]


async def test_after_the_end_a_number_is_corrected_and_the_old_one_stays_in_the_history(
    talk: Talkers, store: Store, cadre: Actor, chat: Chat
) -> None:
    ref = ref_in((await talk.says(CADRE, "记活动 团课 昨天14:00 二车间休息室 讲了女工夜校的故事，6个人"))[0])
    await talk.says(CADRE, "算了")
    assert await talk.says(CADRE, f"更正活动 {ref} 人数 8") == [Said("activity/corrected", old="6", new="8")]
    assert await talk.says(CADRE, f"更正活动 {ref} 类别 谈心") == [Said("activity/corrected", new="talk")]
    assert await talk.says(CADRE, f"更正活动 {ref} 地点 别处") == [Refused("activity.nothing_to_correct")]
    assert await count(store, ActivityChange) == 2


@pytest.mark.parametrize(("late", "marked"), [(timedelta(days=7), False), (timedelta(days=7, seconds=1), True)])
async def test_exactly_seven_days_are_in_time(
    talk: Talkers, cadre: Actor, chat: Chat, late: timedelta, marked: bool
) -> None:
    talk.advance(timedelta(hours=6) + late)
    [said, *_] = await talk.says(CADRE, "记活动 团课 11月24日14:00到16:00 二车间休息室 讲了女工夜校的故事，6个人")
    assert said == Said("activity/ended", late=marked)


@pytest.mark.rule("P39")
async def test_31_without_a_process_it_is_asked_for_one_by_one_and_counts_nothing(
    talk: Talkers, store: Store, cadre: Actor, zhao: Actor
) -> None:
    ref = await announced(talk)
    await talk.says(ZHAO, f"报名 {ref}")
    talk.advance(timedelta(days=4, hours=6))
    assert await talk.says(CADRE, f"结束活动 {ref}") == [Said("activity/process", asking="what")]
    assert await talk.says(CADRE, "9人") == [Said("activity/process", asking="what", again=True)]
    assert await talk.says(ZHAO, f"参加了 {ref}") == [Said("activity/confirm_taken")]
    assert await progress(talk) == (0, 0)
    assert (await talk.says(CADRE, "沿河边捡了两公里垃圾"))[0] == Said("activity/ended", present=9, confirmed=True)
    assert await progress(talk) == (1, 1)


# --- in fewer words --------------------------------------------------------------------------------------------------


async def test_a_word_alone_asks_for_what_it_needs(talk: Talkers, cadre: Actor, chat: Chat) -> None:
    assert await talk.says(CADRE, "发起") == [Said("activity/part", asking="kind")]
    await talk.says(CADRE, "算了")
    assert await talk.says(CADRE, "记活动") == [Said("activity/late_part", asking="kind")]
    await talk.says(CADRE, "算了")
    assert await talk.says(CADRE, "结束活动") == [Refused("activity.which_own", refs=[])]


async def test_the_only_activity_of_the_moment_needs_no_reference(
    talk: Talkers, cadre: Actor, zhao: Actor, store: Store
) -> None:
    await announced(talk)
    talk.advance(timedelta(days=4, hours=3, minutes=45))
    [code] = await talk.says(CADRE, "签到码")
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in fields(code)["code"])
    assert await talk.says(ZHAO, f"签到 {wide[:2]} {wide[2:]}") == [Said("activity/checked_in")]
    talk.advance(timedelta(hours=2))
    assert (await talk.says(CADRE, "结束活动 沿河边捡了两公里垃圾，9人"))[0] == Said("activity/ended")


@pytest.mark.parametrize(
    ("words", "seats"),
    [
        ("志愿服务 周六14:00 清溪社区 捡垃圾 限十人", 10),
        ("限10人 捡垃圾 清溪社区 志愿服务 周六14:00", 10),
        ("志愿服务 周六14:00 清溪社区 学习限10人政策 限3人", 3),
        ("志愿服务 周六14:00 清溪社区 捡垃圾 不限人数", None),
        ("志愿服务 周六14:00 清溪社区 捡垃圾 限9999人", 9999),
    ],
)
async def test_41_seats_are_read_where_they_stand_alone(
    talk: Talkers, store: Store, cadre: Actor, chat: Chat, words: str, seats: int | None
) -> None:
    await announced(talk, words)
    async with store.read() as session:
        activity = (await session.execute(select(Activity))).scalar_one()
    assert activity.capacity == seats


@pytest.mark.parametrize("wrong", ["限-3人", "限0人", "限10000人"])
async def test_41_no_number_of_seats_is_refused(
    talk: Talkers, store: Store, cadre: Actor, chat: Chat, wrong: str
) -> None:
    said = await talk.says(CADRE, f"/发起 志愿服务 周六14:00 清溪社区 捡垃圾 {wrong}", group=GROUP)
    assert said == [Refused("activity.wrong_seats")]
    assert await count(store, Activity) == 0


async def test_43_names_with_markup_and_links_stay_words(
    talk: Talkers, store: Store, cadre: Actor, org: OrgUnit, chat: Chat
) -> None:
    await make_youth(store, org, "<b>小@全体成员</b>", KAI, cadre=cadre, chat=chat)
    ref = await announced(talk, "文体活动 周六14:00 清溪社区 [CQ:at,qq=all]打球")
    await talk.says(KAI, f"报名 {ref}")
    [listed] = await talk.says(CADRE, f"名单 {ref}")
    assert listed == Said("activity/list", total=1, waiting=[])


@pytest.mark.rule("P15", "P38")
async def test_the_list_names_who_signed_up_and_waits_and_is_logged_and_ends_with_the_activity(
    talk: Talkers, store: Store, cadre: Actor, zhao: Actor, kai: Actor
) -> None:
    ref = await announced(talk, "志愿服务 周六14:00 清溪社区 捡垃圾 限1人")
    for youth in (ZHAO, KAI):
        await talk.says(youth, f"报名 {ref}")
    assert await talk.says(CADRE, f"名单 {ref}") == [Said("activity/list", seated=["小赵"], waiting=["阿凯"], total=2)]
    for youth in (zhao, kai):
        read = (AuditEntry.action == "read.activity", AuditEntry.subject_id == youth.person_id)
        assert await count(store, AuditEntry, *read) == 1
    talk.advance(timedelta(days=4, hours=6))
    await talk.says(CADRE, f"结束活动 {ref} 沿河边捡了两公里垃圾，9人")
    assert await talk.says(CADRE, f"名单 {ref}") == [Refused("activity.list_over")]


async def test_3_a_sign_up_that_is_delivered_twice_has_its_effect_once(
    talk: Talkers, store: Store, cadre: Actor, zhao: Actor
) -> None:
    await announced(talk)
    incoming = talk.incoming(ZHAO, "/报名", group=GROUP)
    assert len(await talk.deliver(incoming)) == 1
    assert await talk.deliver(incoming) == []
    assert await count(store, ActivityPart) == 1


async def test_many_who_come_at_once_are_told_together_by_their_number_and_nobody_by_name(
    store: Store, org: OrgUnit, cadre: Actor, chat: Chat
) -> None:
    """Who takes back that they come is in no number (P38)."""
    talk = await Talkers.open(store, pacer=Pacer(Quotas.load()))
    youths = [f"2{at:04}" for at in range(10, 18)]
    for youth in youths:
        await make_youth(store, org, f"小{youth}", youth, cadre=cadre, chat=chat)
    await announced(talk, "志愿服务 周六14:00 清溪社区 捡垃圾 限5人")
    for youth in youths:
        await talk.says(youth, "来", group=GROUP)
    await talk.says(youths[1], "/取消报名", group=GROUP)
    talk.advance(timedelta(seconds=3))
    await talk.sender.pump()
    _, first, together = talk.shown(GROUP)
    assert first == Said("activity/signed_up", place=0)
    gathered = ["signed_up"] * 7 + ["left"]
    assert [one["of"].partition("/")[2] for one in fields(together)["each"]] == gathered
    assert [int(number) for number in re.findall(r"(\d+) 位", together)] == [4, 3]
    assert not any(f"小{youth}" in together for youth in youths)
    assert await count(store, OutboxMessage, OutboxMessage.state != "sent") == 0
