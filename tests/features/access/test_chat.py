"""查阅: a minor's record by others than its cadre, and a look in danger to life (P14, P16)."""

from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import select

from bot.core.rules.access import ACCESS_LIFE, DECIDE_WITHIN, REVIEW_WITHIN
from bot.core.rules.people import Role
from bot.core.tables import AccessRequest
from bot.features.access.tables import BreakGlass
from bot.store.people import RoleGrant
from bot.store.store import Store
from tests.officers_built import (
    ADMIN,
    ADULT,
    CADRE,
    CITY_ADMIN,
    CITY_PRIVACY,
    COLLEAGUE,
    DUTY,
    DUTY_2,
    FAR_ADMIN,
    FAR_DUTY,
    FAR_PRIVACY,
    MINOR,
    NAME,
    PRIVACY,
    SAID,
    STRANGER,
    WISH,
    WORDS,
    Officers,
    audited,
    hand_up_named,
    make_officers,
    rows_of,
)
from tests.played import Once
from tests.said import Refused, Said
from tests.ticking import do_due

WHY = "核实宿舍里的情况"
DANGER = "人联系不上，可能出事"


@pytest_asyncio.fixture
async def scene(any_store: Store, once: Once) -> Officers:
    return await once(any_store, make_officers)


async def says(scene: Officers, who: str, words: str) -> str:
    return (await scene.talk.says(who, words))[0]


async def approved(scene: Officers, how: str = "") -> None:
    await says(scene, ADMIN, f"申请查阅 {scene.wish} {WHY}")
    assert await says(scene, PRIVACY, f"批准 {scene.wish}{how}") == Said("access/decided", approved=True)


async def end_role(scene: Officers, role: Role) -> None:
    async with scene.store.unit() as unit:
        for grant in (await unit.session.execute(select(RoleGrant).where(RoleGrant.role == role.value))).scalars():
            grant.until = unit.now


# --- asking: refused -------------------------------------------------------------------------------------------------


@pytest.mark.rule("P14", "P13")
@pytest.mark.parametrize("who", [STRANGER, MINOR, ADULT, CADRE, COLLEAGUE])
async def test_who_holds_no_such_office_asks_nothing(scene: Officers, who: str) -> None:
    assert await says(scene, who, f"申请查阅 {scene.wish} {WHY}") == Refused("not_allowed")
    assert await rows_of(scene.store, AccessRequest) == 0


@pytest.mark.rule("P14", "P13")
async def test_what_is_foreign_an_adults_or_not_there_is_answered_alike(scene: Officers) -> None:
    answers = [
        await says(scene, FAR_ADMIN, f"申请查阅 {scene.wish} {WHY}"),
        await says(scene, FAR_PRIVACY, f"申请查阅 {scene.wish} {WHY}"),
        await says(scene, ADMIN, f"申请查阅 {scene.adults} {WHY}"),
        await says(scene, ADMIN, f"申请查阅 W999999 {WHY}"),
    ]
    assert answers == [Refused("not_found")] * 4
    assert len({str(one) for one in answers}) == 1
    assert await rows_of(scene.store, AccessRequest) == 0


@pytest.mark.rule("P14", "P11")
async def test_a_talk_cannot_be_asked_for_whichever_it_is(scene: Officers) -> None:
    for ref in (scene.conversation, "T999999"):
        assert await says(scene, ADMIN, f"申请查阅 {ref} {WHY}") == Refused("access.talk")
    assert await rows_of(scene.store, AccessRequest) == 0


@pytest.mark.rule("P14")
async def test_without_a_reason_nothing_is_asked(scene: Officers) -> None:
    assert await says(scene, ADMIN, f"申请查阅 {scene.wish}") == Said("common/content_asked")
    assert await rows_of(scene.store, AccessRequest) == 0
    assert await says(scene, ADMIN, "看看") == Refused("access.no_reason")
    assert await says(scene, ADMIN, f"申请查阅 {scene.wish} 看看") == Refused("access.no_reason")
    assert await rows_of(scene.store, AccessRequest) == 0


@pytest.mark.rule("P14")
async def test_where_nobody_may_approve_nothing_is_asked(scene: Officers) -> None:
    await end_role(scene, Role.PRIVACY_OFFICER)
    assert await says(scene, ADMIN, f"申请查阅 {scene.wish} {WHY}") == Refused("access.nobody")
    assert await rows_of(scene.store, AccessRequest) == 0


# --- deciding: refused -----------------------------------------------------------------------------------------------


@pytest.mark.rule("P14")
@pytest.mark.parametrize("who", [STRANGER, CADRE, ADMIN, DUTY, CITY_ADMIN, FAR_PRIVACY])
@pytest.mark.parametrize("word", ["批准", "不批"])
async def test_nobody_else_decides(scene: Officers, who: str, word: str) -> None:
    await says(scene, ADMIN, f"申请查阅 {scene.wish} {WHY}")
    wanted = "not_found" if who == FAR_PRIVACY else "not_allowed"
    assert await says(scene, who, f"{word} {scene.wish}") == Refused(wanted)
    assert await says(scene, ADMIN, f"查阅 {scene.wish}") == Refused("access.none")


@pytest.mark.rule("P14")
async def test_an_officer_who_asks_is_approved_by_another_one(scene: Officers) -> None:
    assert await says(scene, PRIVACY, f"申请查阅 {scene.wish} {WHY}") == Said("access/asked", org="甘泉市团委")
    assert await says(scene, PRIVACY, f"批准 {scene.wish}") == Refused("not_found")
    assert await says(scene, CITY_PRIVACY, f"批准 {scene.wish}") == Said("access/decided", approved=True)
    assert await says(scene, PRIVACY, f"查阅 {scene.wish}") == Said("access/item")


@pytest.mark.rule("P14")
async def test_without_an_approval_nobody_reads(scene: Officers) -> None:
    for who in (ADMIN, DUTY, PRIVACY, CITY_ADMIN, FAR_ADMIN):
        for ref in (scene.wish, scene.voice, "W999999"):
            assert await says(scene, who, f"查阅 {ref}") == Refused("access.none")
    assert await audited(scene.store, "read.access") == []


@pytest.mark.rule("P14")
async def test_an_approval_is_for_who_asked_and_for_that_item_alone(scene: Officers) -> None:
    await approved(scene)
    assert await says(scene, DUTY, f"查阅 {scene.wish}") == Refused("access.none")
    assert await says(scene, ADMIN, f"查阅 {scene.voice}") == Refused("access.none")


@pytest.mark.rule("P14")
async def test_a_no_and_a_week_of_silence_open_nothing(scene: Officers) -> None:
    await says(scene, ADMIN, f"申请查阅 {scene.wish} {WHY}")
    assert await says(scene, PRIVACY, f"不批 {scene.wish} 不看也能办") == Said("access/decided", approved=False)
    assert scene.talk.last(ADMIN) == Said("access/answer", until=None, reason="不看也能办")
    await says(scene, ADMIN, f"申请查阅 {scene.wish} {WHY}")
    scene.talk.advance(DECIDE_WITHIN + timedelta(minutes=1))
    await do_due(scene.store, scene.talk.clock.now(), "core.questions")
    await scene.talk.sender.pump()
    assert scene.talk.last(ADMIN) == Said("access/answer", until=None)
    assert await says(scene, PRIVACY, f"批准 {scene.wish}") == Refused("not_found")
    assert await says(scene, ADMIN, f"查阅 {scene.wish}") == Refused("access.none")


# --- the way ---------------------------------------------------------------------------------------------------------


@pytest.mark.rule("P14", "P15")
async def test_asked_with_a_reason_approved_read_logged_and_told_to_the_minor(scene: Officers) -> None:
    asked = await says(scene, ADMIN, f"申请查阅 {scene.wish} {WHY}")
    assert asked == Said("access/asked", ref=scene.wish, org="清河县团委", again=False)
    assert await says(scene, ADMIN, f"申请查阅 {scene.wish} {WHY}") == Said("access/asked", again=True)
    call = scene.talk.last(PRIVACY)
    assert call == Said("access/call", ref=scene.wish, role=Role.ORGAN_ADMIN, reason=WHY)
    assert WISH not in call
    assert NAME not in call
    assert await says(scene, PRIVACY, "待办") == Said("todo/list", total=1)
    assert await says(scene, PRIVACY, "1") == Said("access/decided", approved=True, told=True)
    assert scene.talk.last(MINOR) == Said("access/told", ref=scene.wish, role=Role.ORGAN_ADMIN, reason=WHY)
    read = await says(scene, ADMIN, f"查阅 {scene.wish}")
    assert read == Said("access/item")
    assert WISH in read
    (row,) = await audited(scene.store, "read.access")
    assert (row.subject_id, row.ref) == (scene.minor.person_id, scene.wish)
    assert await says(scene, MINOR, "谁看过我的数据") == Said("rights/reads", lines=[{"role": "管理员"}])


@pytest.mark.rule("P14")
async def test_after_72_hours_it_is_closed_again(scene: Officers) -> None:
    await approved(scene)
    scene.talk.advance(ACCESS_LIFE - timedelta(minutes=1))
    assert await says(scene, ADMIN, f"查阅 {scene.wish}") == Said("access/item")
    scene.talk.advance(timedelta(minutes=2))
    assert await says(scene, ADMIN, f"查阅 {scene.wish}") == Refused("access.none")


@pytest.mark.rule("P14")
async def test_who_loses_the_office_reads_no_longer(scene: Officers) -> None:
    await approved(scene)
    await end_role(scene, Role.ORGAN_ADMIN)
    assert await says(scene, ADMIN, f"查阅 {scene.wish}") == Refused("not_allowed")


@pytest.mark.rule("P14")
async def test_kept_from_the_minor_only_with_a_reason_and_then_nowhere_to_be_seen(scene: Officers) -> None:
    await says(scene, ADMIN, f"申请查阅 {scene.wish} {WHY}")
    assert await says(scene, PRIVACY, f"批准 {scene.wish} 不告知") == Refused("access.no_reason")
    before = len(scene.talk.shown(MINOR))
    said = await says(scene, PRIVACY, f"批准 {scene.wish} 不告知：家里人会看他手机")
    assert said == Said("access/decided", approved=True, told=False)
    assert await says(scene, ADMIN, f"查阅 {scene.wish}") == Said("access/item")
    assert len(scene.talk.shown(MINOR)) == before
    assert await says(scene, MINOR, "谁看过我的数据") == Said("rights/reads", lines=[])
    await scene.talk.says(MINOR, "导出我的数据")
    assert not any(WHY in one for one in scene.talk.shown(MINOR))
    assert len(await audited(scene.store, "access.read_withheld")) == 1


@pytest.mark.rule("P14")
async def test_a_named_voice_of_a_minor_that_went_up_is_read_by_the_organ_after_an_approval(scene: Officers) -> None:
    await hand_up_named(scene)
    assert await says(scene, ADMIN, f"查看心声 {scene.voice}") == Refused("access.needed", ref=scene.voice)
    assert await audited(scene.store, "read.voice") == []
    assert await says(scene, CADRE, f"查看心声 {scene.voice}") == Said("voice/shown")
    await says(scene, ADMIN, f"申请查阅 {scene.voice} {WHY}")
    await says(scene, PRIVACY, f"批准 {scene.voice}")
    assert await says(scene, ADMIN, f"查看心声 {scene.voice}") == Said("voice/shown", author=NAME, words=WORDS)
    assert await says(scene, ADMIN, f"查阅 {scene.voice}") == Said("access/item")


@pytest.mark.rule("P14", "P7")
async def test_the_minor_who_deletes_everything_takes_the_request_along(scene: Officers) -> None:
    await approved(scene)
    await says(scene, DUTY, f"申请查阅 {scene.wish} {WHY}")
    await scene.talk.says(MINOR, "删除我的数据")
    await scene.talk.says(MINOR, "确认删除")
    assert await rows_of(scene.store, AccessRequest) == 0
    assert await says(scene, ADMIN, f"查阅 {scene.wish}") == Refused("access.none")
    assert await says(scene, PRIVACY, "待办") == Said("todo/list", total=0)


# --- in danger to life -----------------------------------------------------------------------------------------------


@pytest.mark.rule("P16", "P11", "P13")
@pytest.mark.parametrize("who", [STRANGER, MINOR, ADULT, COLLEAGUE, ADMIN, PRIVACY, CITY_PRIVACY])
async def test_who_is_not_on_duty_never_looks(scene: Officers, who: str) -> None:
    said = await says(scene, who, f"紧急查阅 {scene.conversation} {DANGER}")
    assert said == Refused("not_allowed")
    assert await rows_of(scene.store, BreakGlass) == 0


@pytest.mark.rule("P16", "P13")
async def test_another_countys_officer_and_what_is_not_there_are_answered_alike(scene: Officers) -> None:
    for who, ref in ((FAR_DUTY, scene.conversation), (FAR_DUTY, scene.voice), (DUTY, "T999999"), (DUTY, "V999999")):
        assert await says(scene, who, f"紧急查阅 {ref} {DANGER}") == Refused("not_found")
    assert await rows_of(scene.store, BreakGlass) == 0
    assert await audited(scene.store, "read.break_glass") == []


@pytest.mark.rule("P16", "P15")
async def test_one_looks_and_the_responsible_person_knows_in_the_same_moment(scene: Officers) -> None:
    shown = await says(scene, DUTY, f"紧急查阅 {scene.conversation} {DANGER}")
    assert shown == Said("access/item", until=None, responsible="清河县团委")
    assert SAID in shown
    call = scene.talk.last(PRIVACY)
    assert call == Said("access/break_glass", ref=scene.conversation, reason=DANGER)
    assert SAID not in call
    assert len(await audited(scene.store, "read.break_glass")) == 1
    assert await says(scene, MINOR, "谁看过我的数据") == Said("rights/reads", lines=[{"role": "值班人"}])
    await scene.talk.says(DUTY, f"紧急查阅 {scene.conversation} {DANGER}")
    assert await rows_of(scene.store, BreakGlass) == 1
    assert await says(scene, PRIVACY, "1") == Said("access/reviewed", right=True)
    assert scene.talk.last(DUTY) == Said("access/review_told", right=True)


@pytest.mark.rule("P16")
async def test_the_notice_goes_out_at_night_too(scene: Officers) -> None:
    scene.talk.advance(timedelta(hours=13))
    await scene.talk.says(DUTY, f"紧急查阅 {scene.voice} {DANGER}")
    assert scene.talk.last(PRIVACY) == Said("access/break_glass")


@pytest.mark.rule("P16")
async def test_what_nobody_reviews_in_three_days_is_told_above_once_and_stays_to_be_done(scene: Officers) -> None:
    await scene.talk.says(DUTY, f"紧急查阅 {scene.voice} {DANGER}")
    scene.talk.advance(REVIEW_WITHIN - timedelta(minutes=1))
    assert await do_due(scene.store, scene.talk.clock.now(), "access") == 0
    scene.talk.advance(timedelta(minutes=2))
    assert await do_due(scene.store, scene.talk.clock.now(), "access") == 1
    assert await do_due(scene.store, scene.talk.clock.now(), "access") == 0
    await scene.talk.sender.pump()
    assert Said("access/review_overdue", ref=scene.voice, wrong=False) in scene.talk.shown(CITY_PRIVACY)
    assert await says(scene, PRIVACY, "待办") == Said("todo/list", total=1)


@pytest.mark.rule("P16")
async def test_what_was_wrong_is_told_to_the_officer_and_above(scene: Officers) -> None:
    await scene.talk.says(DUTY, f"紧急查阅 {scene.voice} {DANGER}")
    assert await says(scene, PRIVACY, "不合规") == Said("access/reviewed", right=False)
    assert scene.talk.last(DUTY) == Said("access/review_told", right=False)
    assert scene.talk.last(CITY_PRIVACY) == Said("access/review_overdue", wrong=True)


@pytest.mark.rule("P16")
async def test_where_nobody_responsible_is_there_it_takes_two(scene: Officers) -> None:
    await end_role(scene, Role.PRIVACY_OFFICER)
    assert await says(scene, DUTY, f"紧急查阅 {scene.voice} {DANGER}") == Said("access/second_needed")
    scene.talk.advance(timedelta(seconds=5))
    assert await says(scene, DUTY, f"紧急查阅 {scene.voice} {DANGER}！") == Said("access/second_needed")
    assert await audited(scene.store, "read.break_glass") == []
    assert await says(scene, DUTY_2, f"紧急查阅 {scene.voice} {DANGER}") == Said("access/item")
    scene.talk.advance(timedelta(seconds=5))
    assert await says(scene, DUTY, f"紧急查阅 {scene.voice} {DANGER}") == Said("access/item")
    assert len(await audited(scene.store, "read.break_glass")) == 2


@pytest.mark.rule("P16", "P27")
async def test_an_officer_who_writes_of_somebodys_danger_gets_no_card_and_anybody_else_does(scene: Officers) -> None:
    words = f"紧急查阅 {scene.voice} 他说不想活了，要找到他"
    assert await scene.talk.says(DUTY, words) == [Said("access/item")]
    assert (await scene.talk.says(MINOR, words))[0] == Said("crisis/card")
