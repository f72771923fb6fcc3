"""危机, as people see it: the card at once, the choice, and whom the duty officers are asked to reach (P27, S3b)."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import func, select, text

from bot.chat.text import consent_texts
from bot.clock import SHANGHAI, ManualClock
from bot.core.acts.consent import ask_scope
from bot.core.acts.crisis_call import CrisisOver, CrisisReached
from bot.core.installation import Installation
from bot.core.reads.unsolicited import may_be_written_to
from bot.core.rules.consent import ConsentScope
from bot.core.rules.crisis import CrisisCalm
from bot.core.rules.people import Actor, AgeBand, Role
from bot.core.rules.workdays import Workdays
from bot.core.tables import Consent, Crisis
from bot.store.delivery import AuditEntry, OutboxMessage, Prompt
from bot.store.people import OrgUnit
from bot.store.store import Store
from tests.harness import Talkers
from tests.people_built import make_cadre, make_chat, make_org, make_person, make_youth
from tests.played import Once
from tests.said import Said, told
from tests.ticking import do_due

WORDS = "感觉活着没意思 也没人在乎"
YOUTH, CADRE, HE, LI, ADMIN, OFFICER = "20001", "10001", "10008", "10009", "10002", "10003"


class Scene:
    """A county below its city; 小雨 is somebody's youth there."""

    def __init__(self, talk: Talkers, city: OrgUnit, county: OrgUnit, youth: Actor) -> None:
        self.talk, self.city, self.county, self.youth = talk, city, county, youth
        self.store = talk.store

    async def duty(self, org: OrgUnit, name: str, number: str) -> Actor:
        return await make_person(self.store, org, name, number=number, roles=(Role.DUTY_OFFICER,))

    async def crises(self) -> list[Crisis]:
        async with self.store.read() as session:
            return list((await session.execute(select(Crisis))).scalars())

    async def tick(self, after: timedelta) -> int:
        now = self.talk.clock.advance(after)
        done = await do_due(self.store, now, "core.crises")
        await self.talk.sender.pump()
        return done


async def build_scene(store: Store) -> Scene:
    city = await make_org(store, "云川市团委")
    county = await make_org(store, "清河县团委", parent=city)
    cadre = await make_cadre(store, county, number=CADRE)
    chat = await make_chat(store, county, cadre)
    youth = await make_youth(store, county, "小雨", YOUTH, cadre=cadre, chat=chat, age_band=AgeBand.MINOR)
    return Scene(await Talkers.open(store), city, county, youth)


@pytest_asyncio.fixture
async def scene(any_store: Store, once: Once) -> Scene:
    return await once(any_store, build_scene)


async def over(scene: Scene, after: timedelta) -> None:
    """Let time pass, with all that it makes due."""
    now = scene.talk.clock.advance(after)
    await do_due(scene.store, now, "core.questions", "core.calm")
    await scene.talk.sender.pump()


async def count(store: Store, table: Any, *where: Any) -> int:
    async with store.read() as session:
        return (await session.execute(select(func.count()).select_from(table).where(*where))).scalar_one()


# --- the card --------------------------------------------------------------------------------------------------------


async def test_a_stranger_gets_the_numbers_and_nothing_is_stored(scene: Scene) -> None:
    (card,) = await scene.talk.says("99999", WORDS)
    assert all(number in card for number in ("12356", "12355", "110", "120"))
    assert "程序" in card
    assert "①" not in card
    assert "没法替你叫人" in card
    assert await scene.crises() == []
    assert await count(scene.store, AuditEntry, AuditEntry.action.startswith("crisis")) == 0


@pytest.mark.rule("P27", "P32")
async def test_the_card_offers_a_person_in_one_message_and_says_it_is_a_program(scene: Scene) -> None:
    said = await scene.talk.says(YOUTH, WORDS)
    assert len(said) == 1
    card = said[0]
    assert all(word in card for word in ("我是程序", "12356", "12355", "110", "① 要", "② 先不要", "③"))
    assert not any(word in card for word in ("抑郁", "诊断", "你应该", "想想你的父母"))
    (crisis,) = await scene.crises()
    assert crisis.due_at - crisis.opened_at == timedelta(hours=24)


@pytest.mark.rule("P27")
async def test_the_card_comes_late_at_night_too(scene: Scene, clock: ManualClock) -> None:
    clock.advance(datetime(2026, 11, 24, 23, 40, tzinfo=SHANGHAI) - clock.now())
    assert "12356" in (await scene.talk.says(YOUTH, WORDS))[0]
    async with scene.store.read() as session:
        row = (await session.execute(select(OutboxMessage).order_by(OutboxMessage.position))).scalars().one()
    assert (row.cls, row.priority) == ("L", 0)


@pytest.mark.rule("P27")
async def test_in_a_group_nothing_is_said_about_anybody(scene: Scene) -> None:
    assert await scene.talk.says(YOUTH, WORDS, group="888") == []
    assert await scene.crises() == []


@pytest.mark.rule("P27")
@pytest.mark.parametrize("word", ["记谈心 小雨", "帮许愿 小雨", "回复 V999", "上报 V999", "完成 W999", "婉拒 W999"])
async def test_what_a_cadre_writes_about_somebody_else_brings_no_card_to_the_cadre(scene: Scene, word: str) -> None:
    assert told(await scene.talk.says(CADRE, WORDS)) == ["crisis/card"]
    scene.talk.clock.advance(timedelta(days=3))
    assert "crisis/card" not in told(await scene.talk.says(CADRE, f"{word} 他说{WORDS}"))
    assert "crisis/card" in told(await scene.talk.says(YOUTH, f"{word} {WORDS}"))


async def test_words_of_danger_are_stored_nowhere(scene: Scene) -> None:
    await scene.duty(scene.county, "何老师", HE)
    await scene.talk.says(YOUTH, WORDS)
    await scene.talk.says(YOUTH, "1 别告诉我爸妈")
    async with scene.store.read() as session:
        facts = (await session.execute(select(AuditEntry.facts))).scalars().all()
        columns = (await session.execute(text("SELECT * FROM crises"))).all()
    assert "没意思" not in repr(facts) + repr(columns)


async def test_more_words_within_the_hour_bring_the_card_again_and_no_second_crisis(scene: Scene) -> None:
    await scene.talk.says(YOUTH, WORDS)
    scene.talk.advance(timedelta(minutes=20))
    assert "① 要" in (await scene.talk.says(YOUTH, WORDS))[0]
    assert len(await scene.crises()) == 1
    assert await count(scene.store, Prompt, Prompt.state == "open") == 1


async def test_two_messages_of_the_same_moment_open_one_crisis(scene: Scene) -> None:
    first, second = scene.talk.incoming(YOUTH, WORDS), scene.talk.incoming(YOUTH, WORDS)
    await asyncio.gather(*(scene.talk._arrive(m) for m in (first, second)))
    assert len(await scene.crises()) == 1


async def test_the_same_message_twice_is_one_card(scene: Scene) -> None:
    message = scene.talk.incoming(YOUTH, WORDS)
    assert len(await scene.talk.deliver(message)) == 1
    assert await scene.talk.deliver(message) == []


async def test_a_question_that_waited_comes_back_after_the_crisis(scene: Scene) -> None:
    await scene.talk.says(YOUTH, "退出")
    scene.talk.advance(timedelta(seconds=9))
    await scene.talk.says(YOUTH, WORDS)
    assert told(await scene.talk.says(YOUTH, "1")) == ["crisis/nobody"]
    await over(scene, timedelta(hours=23))
    assert told(scene.talk.shown(YOUTH)).count("leave/data") == 1
    await over(scene, timedelta(hours=2))
    await over(scene, timedelta(hours=2))
    assert told(scene.talk.shown(YOUTH)).count("leave/data") == 2
    assert (await scene.talk.says(YOUTH, "2"))[0] == Said("leave/kept")


async def test_a_question_about_what_cannot_be_undone_does_not_come_back(scene: Scene) -> None:
    await scene.talk.says(YOUTH, "删除我的数据")
    await scene.talk.says(YOUTH, WORDS)
    assert told(await scene.talk.says(YOUTH, "2")) == ["crisis/later"]
    await over(scene, timedelta(hours=25))
    assert told(scene.talk.shown(YOUTH)).count("rights/erase_asked") == 1


@pytest.mark.parametrize("hours", [24, 48])
async def test_how_long_it_is_quiet_is_a_setting(scene: Scene, hours: int) -> None:
    rules = Installation.of_rules(Workdays(), CrisisCalm(hours))
    scene.talk.services = scene.talk.router.services = replace(scene.talk.services, installation=rules)
    scene.talk.router._danger._services = scene.talk.services
    await scene.talk.says(YOUTH, "退出")
    await scene.talk.says(YOUTH, WORDS)
    await scene.talk.says(YOUTH, "2")
    for passed in range(1, hours):
        await over(scene, timedelta(hours=1))
        assert told(scene.talk.shown(YOUTH)).count("leave/data") == 1, passed
    await over(scene, timedelta(hours=1))
    assert told(scene.talk.shown(YOUTH)).count("leave/data") == 2


async def test_nothing_that_nobody_asked_for_comes_within_the_day(scene: Scene) -> None:
    """A digest or a news that was queued already waits, and so does what is queued now; nothing is lost."""
    person = scene.youth.person_id
    assert person is not None
    morning = scene.talk.clock.now() + timedelta(hours=2)
    async with scene.store.unit() as unit:
        await unit.push_person(person, CrisisOver(), cls="O", not_before=morning)
    await scene.talk.says(YOUTH, WORDS)
    await scene.talk.says(YOUTH, "2")
    async with scene.store.unit() as unit:
        await unit.push_person(person, CrisisReached(), unless_quiet=True)
        await unit.push_person(person, CrisisReached(), cls="O")
        assert await may_be_written_to(unit.session, [person], scene.talk.clock.now()) == []
    await over(scene, timedelta(hours=20))
    assert told(scene.talk.shown(YOUTH)) == ["crisis/card", "crisis/later"]
    await over(scene, timedelta(hours=4))
    assert sorted(told(scene.talk.shown(YOUTH))[2:]) == ["crisis/over", "crisis/reached", "crisis/reached"]


async def test_the_persons_own_commands_work_at_once_and_are_asked_what_they_need(scene: Scene) -> None:
    await scene.talk.says(YOUTH, WORDS)
    assert "voice/taken" in told(await scene.talk.says(YOUTH, "心声 宿舍的灯坏了三天，没有人来修"))
    await scene.talk.says(YOUTH, "2")
    assert "voice/kind" not in told(scene.talk.shown(YOUTH))
    assert told(await scene.talk.says(YOUTH, "删除我的数据"))[-1] == "rights/erase_asked"
    assert told(await scene.talk.says(YOUTH, "算了"))[-1] != "voice/kind"
    assert told(await scene.talk.says(YOUTH, "退出"))[-1] == "leave/data"
    await over(scene, timedelta(hours=25))


async def test_the_bots_own_question_waits_a_day_after_a_crisis(scene: Scene) -> None:
    """Nobody who has just asked for help is asked for a consent in the next line, nor says yes to it unawares."""
    person = scene.youth.person_id
    assert person is not None
    async with scene.store.unit() as unit:
        await ask_scope(unit, person, ConsentScope.TALK_NOTES, None, consent_texts())
    await scene.talk.sender.pump()
    asked = scene.talk.last(YOUTH)
    scene.talk.advance(timedelta(seconds=9))
    await scene.talk.says(YOUTH, WORDS)
    assert asked not in await scene.talk.says(YOUTH, "1")
    assert await count(scene.store, Consent, Consent.scope == ConsentScope.TALK_NOTES) == 0
    await scene.talk.says(YOUTH, "1")
    assert await count(scene.store, Consent, Consent.scope == ConsentScope.TALK_NOTES) == 0
    await over(scene, timedelta(hours=23))
    assert scene.talk.shown(YOUTH).count(asked) == 1
    await over(scene, timedelta(hours=2))
    assert scene.talk.shown(YOUTH).count(asked) == 2


# --- the choice ------------------------------------------------------------------------------------------------------


@pytest.mark.rule("P27")
async def test_nobody_on_duty_is_said_and_those_responsible_hear_it_without_a_name(scene: Scene) -> None:
    await make_person(scene.store, scene.city, "苏主任", number=ADMIN, roles=(Role.ORGAN_ADMIN,))
    await scene.talk.says(YOUTH, WORDS)
    said = (await scene.talk.says(YOUTH, "1"))[0]
    assert said == Said("crisis/nobody")
    assert "12356" in said
    assert scene.talk.last(ADMIN) == Said("crisis/rota_empty", org="清河县团委")
    assert "小雨" not in scene.talk.last(ADMIN)
    assert YOUTH not in scene.talk.last(ADMIN)


async def test_an_officer_without_an_account_is_nobody_on_duty(scene: Scene) -> None:
    await make_person(scene.store, scene.county, "何老师", roles=(Role.DUTY_OFFICER,))
    await scene.talk.says(YOUTH, WORDS)
    assert (await scene.talk.says(YOUTH, "要"))[0] == Said("crisis/nobody")


@pytest.mark.rule("P27")
async def test_yes_tells_the_duty_officers_whom_to_reach_and_since_when_and_nobody_else(scene: Scene) -> None:
    await scene.duty(scene.county, "何老师", HE)
    await scene.duty(scene.city, "李老师", LI)
    await make_person(scene.store, scene.county, "苏主任", number=ADMIN, roles=(Role.ORGAN_ADMIN,))
    await scene.talk.says(YOUTH, WORDS)
    said = (await scene.talk.says(YOUTH, "1 别告诉我爸妈"))[0]
    assert said == Said("crisis/called")
    assert "分钟" not in said
    call = scene.talk.last(HE)
    assert all(word in call for word in ("小雨", YOUTH, "11 月 24 日 10:00", "① 已联系上", "② 联系不上"))
    assert "没意思" not in call
    assert scene.talk.shown(LI) == scene.talk.shown(CADRE) == scene.talk.shown(ADMIN) == scene.talk.shown("888") == []


async def test_without_an_officer_in_the_county_the_city_is_called(scene: Scene) -> None:
    await scene.duty(scene.city, "李老师", LI)
    await scene.talk.says(YOUTH, WORDS)
    await scene.talk.says(YOUTH, "好的")
    assert scene.talk.last(LI) == Said("crisis/call", name="小雨")


@pytest.mark.parametrize("no", ["2", "先不要", "不用", "3", "陪我"])
async def test_a_no_tells_nobody_and_yes_stays_possible(scene: Scene, no: str) -> None:
    await scene.duty(scene.county, "何老师", HE)
    await scene.talk.says(YOUTH, WORDS)
    assert "12356" in (await scene.talk.says(YOUTH, no))[0]
    assert scene.talk.shown(HE) == []
    scene.talk.advance(timedelta(hours=3))
    assert (await scene.talk.says(YOUTH, "要"))[0] == Said("crisis/called")
    assert scene.talk.last(HE) == Said("crisis/call", name="小雨")
    assert await count(scene.store, Prompt, Prompt.person_id == scene.youth.person_id, Prompt.state == "open") == 0


@pytest.mark.parametrize("no", ["2", "3"])
async def test_after_a_no_nothing_stays_open_and_the_persons_own_commands_come_through(scene: Scene, no: str) -> None:
    await scene.talk.says(YOUTH, WORDS)
    await scene.talk.says(YOUTH, no)
    assert await count(scene.store, Prompt, Prompt.state.in_(("open", "queued"))) == 0
    assert (await scene.talk.says(YOUTH, "退出"))[-1] == Said("leave/data")
    assert (await scene.talk.says(YOUTH, "2"))[0] == Said("leave/kept")
    await scene.duty(scene.county, "何老师", HE)
    assert scene.talk.shown(HE) == []


async def test_a_number_after_a_no_calls_nobody_and_says_which_word_would(scene: Scene) -> None:
    await scene.duty(scene.county, "何老师", HE)
    await scene.talk.says(YOUTH, WORDS)
    await scene.talk.says(YOUTH, "2")
    assert (await scene.talk.says(YOUTH, "1"))[0] == Said("crisis/say_yes")
    assert scene.talk.shown(HE) == []


async def test_yes_without_a_crisis_or_after_its_end_calls_nobody(scene: Scene) -> None:
    await scene.duty(scene.county, "何老师", HE)
    for who in (YOUTH, CADRE, "99999"):
        await scene.talk.says(who, "要")
    await scene.talk.says(YOUTH, WORDS)
    await scene.talk.says(YOUTH, "2")
    await scene.tick(timedelta(hours=24))
    await scene.talk.says(YOUTH, "要")
    assert scene.talk.shown(HE) == []


async def test_a_number_after_a_no_answers_the_question_that_is_open(scene: Scene) -> None:
    await scene.duty(scene.county, "何老师", HE)
    await scene.talk.says(YOUTH, WORDS)
    await scene.talk.says(YOUTH, "2")
    await scene.talk.says(YOUTH, "退出")
    assert (await scene.talk.says(YOUTH, "1"))[0] == Said("rights/erased")
    assert scene.talk.shown(HE) == []


async def test_yes_said_twice_in_a_moment_calls_once(scene: Scene) -> None:
    await scene.duty(scene.county, "何老师", HE)
    await scene.talk.says(YOUTH, WORDS)
    await scene.talk.says(YOUTH, "2")
    await asyncio.gather(*(scene.talk._arrive(scene.talk.incoming(YOUTH, "要")) for _ in range(2)))
    await scene.talk.sender.pump()
    assert len(scene.talk.shown(HE)) == 1


async def test_a_question_of_the_bot_that_waits_for_hours_does_not_hold_up_the_persons_own(scene: Scene) -> None:
    person = scene.youth.person_id
    assert person is not None
    async with scene.store.unit() as unit:
        await ask_scope(unit, person, ConsentScope.TALK_NOTES, None, consent_texts())
    await scene.talk.sender.pump()
    asked = scene.talk.last(YOUTH)
    scene.talk.advance(timedelta(seconds=9))
    await scene.talk.says(YOUTH, WORDS)
    await scene.talk.says(YOUTH, "2")
    said = await scene.talk.says(YOUTH, "退出")
    assert said[-1] == Said("leave/data")
    assert asked not in await scene.talk.says(YOUTH, "2"), "it still waits: the crisis was a moment ago"


async def test_an_answer_in_free_words_is_heard_and_the_offer_stands(scene: Scene) -> None:
    await scene.duty(scene.county, "何老师", HE)
    await scene.talk.says(YOUTH, WORDS)
    assert (await scene.talk.says(YOUTH, "我也不知道该怎么说"))[0] == Said("crisis/heard")
    assert scene.talk.shown(HE) == []
    await scene.talk.says(YOUTH, "要")
    assert scene.talk.last(HE) == Said("crisis/call", name="小雨")


async def test_after_yes_more_words_say_that_somebody_knows(scene: Scene) -> None:
    await scene.duty(scene.county, "何老师", HE)
    await scene.talk.says(YOUTH, WORDS)
    await scene.talk.says(YOUTH, "1")
    assert "值班的人已经知道" in (await scene.talk.says(YOUTH, WORDS))[0]
    assert len(scene.talk.shown(HE)) == 1


async def test_an_officer_in_crisis_is_not_asked_to_reach_themselves(scene: Scene) -> None:
    await scene.duty(scene.county, "何老师", HE)
    await scene.talk.says(HE, WORDS)
    assert (await scene.talk.says(HE, "1"))[0] == Said("crisis/nobody")


# --- the officers ----------------------------------------------------------------------------------------------------


async def called(scene: Scene) -> None:
    await scene.talk.says(YOUTH, WORDS)
    await scene.talk.says(YOUTH, "1")


async def test_the_first_officer_holds_it_and_the_other_is_released(scene: Scene) -> None:
    he = await scene.duty(scene.county, "何老师", HE)
    await scene.duty(scene.county, "李老师", LI)
    await called(scene)
    assert (await scene.talk.says(HE, "1"))[0] == Said("crisis/reached")
    assert scene.talk.last(LI) == Said("crisis/taken")
    assert "已结束" not in (await scene.talk.says(LI, "1"))[0]
    (crisis,) = await scene.crises()
    assert (crisis.state, crisis.duty_id) == ("closed", he.person_id)
    assert crisis.closed_at is not None


async def test_two_officers_who_answer_at_once_close_it_once(scene: Scene) -> None:
    await scene.duty(scene.county, "何老师", HE)
    await scene.duty(scene.county, "李老师", LI)
    await called(scene)
    await asyncio.gather(*(scene.talk._arrive(scene.talk.incoming(number, "1")) for number in (HE, LI)))
    await scene.talk.sender.pump()
    assert await count(scene.store, AuditEntry, AuditEntry.action == "crisis.reached") == 1
    assert not any("未记录" in said for said in scene.talk.shown(HE) + scene.talk.shown(LI))
    assert await count(scene.store, Prompt, Prompt.state == "open") == 0


async def test_not_reached_goes_one_level_up(scene: Scene) -> None:
    await scene.duty(scene.county, "何老师", HE)
    await scene.duty(scene.city, "李老师", LI)
    await called(scene)
    assert scene.talk.shown(LI) == []
    assert (await scene.talk.says(HE, "2"))[0] == Said("crisis/passed_up", org="云川市团委")
    assert scene.talk.last(LI) == Said("crisis/call", name="小雨")


async def test_not_reached_at_the_top_stays_with_the_officer(scene: Scene) -> None:
    await scene.duty(scene.city, "李老师", LI)
    await called(scene)
    said = await scene.talk.says(LI, "2")
    assert any(one == Said("crisis/passed_up", org="") for one in said)
    assert any("小雨" in one for one in said)
    assert (await scene.talk.says(LI, "1"))[0] == Said("crisis/reached")


async def test_an_officer_whose_duty_has_ended_closes_nothing(scene: Scene) -> None:
    await scene.duty(scene.county, "何老师", HE)
    await called(scene)
    async with scene.store.unit() as unit:
        await unit.session.execute(text("UPDATE role_grants SET until = since"))
    assert (await scene.talk.says(HE, "1"))[0] == Said("crisis/over")
    assert (await scene.crises())[0].closed_at is None


async def test_the_youth_sees_that_an_officer_was_shown_their_name(scene: Scene) -> None:
    await scene.duty(scene.county, "何老师", HE)
    await called(scene)
    said = (await scene.talk.says(YOUTH, "谁看过我的数据"))[0]
    assert said == Said("rights/reads")
    assert "何老师" not in said


# --- the clock -------------------------------------------------------------------------------------------------------


async def test_the_officer_is_reminded_until_they_report(scene: Scene) -> None:
    await scene.duty(scene.county, "何老师", HE)
    await called(scene)
    assert await scene.tick(timedelta(minutes=5)) == 0
    assert await scene.tick(timedelta(minutes=6)) == 1
    assert scene.talk.last(HE) == Said("crisis/reminder")
    assert await scene.tick(timedelta(seconds=20)) == 0
    await scene.talk.says(HE, "1")
    shown = len(scene.talk.shown(HE))
    assert await scene.tick(timedelta(hours=2)) == 0
    assert len(scene.talk.shown(HE)) == shown


@pytest.mark.rule("P27")
async def test_after_24_hours_the_level_above_and_the_responsible_person_are_told(scene: Scene) -> None:
    await scene.duty(scene.county, "何老师", HE)
    await scene.duty(scene.city, "李老师", LI)
    await make_person(scene.store, scene.county, "周老师", number=OFFICER, roles=(Role.PRIVACY_OFFICER,))
    await called(scene)
    await scene.tick(timedelta(hours=24))
    assert scene.talk.last(LI) == Said("crisis/call", name="小雨")
    assert scene.talk.last(OFFICER) == Said("crisis/overdue")
    assert "小雨" not in scene.talk.last(OFFICER)
    shown = len(scene.talk.shown(LI))
    await scene.tick(timedelta(seconds=20))
    assert len(scene.talk.shown(LI)) == shown


async def test_somebody_who_comes_on_duty_later_is_called_then(scene: Scene) -> None:
    await called(scene)
    await scene.duty(scene.county, "何老师", HE)
    await scene.tick(timedelta(hours=1, minutes=1))
    assert scene.talk.last(HE) == Said("crisis/call", name="小雨")


async def test_a_crisis_in_which_nobody_was_wanted_ends_after_a_day(scene: Scene) -> None:
    await scene.talk.says(YOUTH, WORDS)
    shown = len(scene.talk.shown(YOUTH))
    await scene.tick(timedelta(hours=24))
    assert (await scene.crises())[0].closed_at is not None
    assert len(scene.talk.shown(YOUTH)) == shown


async def test_an_unanswered_card_makes_room_for_other_questions(scene: Scene) -> None:
    await scene.talk.says(YOUTH, WORDS)
    now = scene.talk.clock.advance(timedelta(hours=13))
    assert await do_due(scene.store, now, "core.questions") == 1
    assert await count(scene.store, Prompt, Prompt.state == "open") == 0


async def test_a_yes_with_more_grave_words_behind_it_is_still_a_yes(store: Store) -> None:
    """``1 我不想活了`` answers the card that is there; a second card would leave the person waiting."""
    talk = await Talkers.open(store)
    org = await make_org(store)
    youth = await make_person(store, org, "小雨", number="20003", age_band=AgeBand.MINOR, is_youth=True)
    await make_person(store, org, "何静", number="10009", roles=(Role.DUTY_OFFICER,))
    await talk.says("20003", "感觉活着没意思")
    await talk.says("20003", "1 我真的不想活了")
    assert talk.shown("10009"), "the duty officer is told"
    async with store.read() as session:
        crises = (await session.execute(select(Crisis).where(Crisis.person_id == youth.person_id))).scalars().all()
    assert len(crises) == 1


@pytest.mark.parametrize("words", ["/心声 我不想活了", "/找人聊聊 我不想活了"])
async def test_danger_in_a_command_that_belongs_in_private_brings_the_card_in_private(scene: Scene, words: str) -> None:
    shown = await scene.talk.says(YOUTH, words, group="888")
    assert not any("12356" in one for one in shown)
    assert "12356" in scene.talk.last(YOUTH)


# --- the soft line: distress, short of danger ------------------------------------------------------------------------

LOW = "躲在被子里哭了一晚上 心里好难受"
SOFT = Said("crisis/soft")


async def test_distress_gets_a_warm_line_with_a_person_and_the_numbers(scene: Scene) -> None:
    (line,) = await scene.talk.says(YOUTH, LOW)
    assert line == SOFT
    assert all(word in line for word in ("找人聊聊", "12355", "12356"))
    assert not any(word in line for word in ("①", "抑郁", "你应该"))


async def test_the_soft_line_opens_nothing_tells_nobody_and_leaves_no_row(scene: Scene) -> None:
    await scene.duty(scene.county, "何老师", HE)
    audits, sent = await count(scene.store, AuditEntry), await count(scene.store, OutboxMessage)
    await scene.talk.says(YOUTH, LOW)
    assert scene.talk.last(YOUTH) == SOFT
    assert scene.talk.shown(HE) == []
    assert await scene.crises() == []
    assert (await count(scene.store, AuditEntry), await count(scene.store, OutboxMessage)) == (audits, sent)
    assert await count(scene.store, Prompt) == 0


async def test_the_soft_line_comes_once_a_day_at_most(scene: Scene) -> None:
    await scene.talk.says(YOUTH, LOW)
    scene.talk.advance(timedelta(hours=23))
    assert SOFT not in await scene.talk.says(YOUTH, LOW)
    scene.talk.advance(timedelta(hours=1))
    assert SOFT in await scene.talk.says(YOUTH, LOW)


async def test_no_soft_line_comes_within_a_day_of_a_card(scene: Scene) -> None:
    await scene.talk.says(YOUTH, WORDS)
    await scene.talk.says(YOUTH, "2")
    scene.talk.advance(timedelta(hours=23))
    assert SOFT not in await scene.talk.says(YOUTH, LOW)


async def test_a_card_comes_after_a_soft_line_at_once(scene: Scene) -> None:
    await scene.talk.says(YOUTH, LOW)
    assert "① 要" in (await scene.talk.says(YOUTH, WORDS))[-1]


@pytest.mark.parametrize("to_bot", [False, True])
async def test_a_group_never_sees_the_soft_line_nor_does_the_person_for_it(scene: Scene, to_bot: bool) -> None:
    assert SOFT not in await scene.talk.says(YOUTH, LOW, group="888", to_bot=to_bot)
    assert SOFT not in scene.talk.shown(YOUTH)


@pytest.mark.parametrize("words", ["许愿 " + LOW, "心声 " + LOW, "找人聊聊 " + LOW, "帮助 " + LOW])
async def test_a_command_gets_its_own_answer_and_no_soft_line(scene: Scene, words: str) -> None:
    assert SOFT not in await scene.talk.says(YOUTH, words)


async def test_the_content_that_was_asked_for_gets_no_soft_line(scene: Scene) -> None:
    await scene.talk.says(YOUTH, "退出")
    assert SOFT not in await scene.talk.says(YOUTH, "1")


async def test_a_cadre_who_writes_down_what_a_youth_said_gets_no_soft_line(scene: Scene) -> None:
    assert SOFT not in await scene.talk.says(CADRE, "记谈心 小雨 她" + LOW)


async def test_words_from_the_history_of_an_outage_get_no_soft_line(scene: Scene) -> None:
    assert SOFT not in await scene.talk.deliver(scene.talk.incoming(YOUTH, LOW, from_history=True))


async def test_a_stranger_is_promised_no_cadre(scene: Scene) -> None:
    (line,) = await scene.talk.says("99999", LOW)
    assert line == SOFT
    assert "找人聊聊" not in line
    assert "12355" in line


@pytest.mark.parametrize("words", ["你好", "谢谢", "今晚吃啥", "哈哈哈笑死我了", "算了", "以后再说", "不想弄了"])
async def test_everyday_words_get_no_soft_line(scene: Scene, words: str) -> None:
    said = await scene.talk.says(YOUTH, words)
    assert SOFT not in said
    assert not any("12356" in one for one in said)
