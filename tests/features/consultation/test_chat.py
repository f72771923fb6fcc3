"""问计: asked in a group, of own youths or in an organ's groups; answered in private, shown without names (R4.4)."""

import re
from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from bot.core.rules.people import Actor, AgeBand, Role
from bot.features.consultation.tables import Consultation, ConsultationAnswer
from bot.store.chat import Contact
from bot.store.delivery import AuditEntry
from bot.store.people import Person
from bot.store.store import Store
from tests.harness import Talkers
from tests.people_built import make_cadre, make_chat, make_org, make_person, make_youth
from tests.played import Once
from tests.said import Refused, Said, fields
from tests.ticking import do_due
from tests.voices_built import County, make_county

CADRE, OTHER, ADMIN, CITY, ZHAO, KAI, YU = "10001", "10002", "30001", "30002", "20001", "20002", "20003"
QUESTION = "下个月的主题团日，大家想做点什么"


@pytest_asyncio.fixture
async def talk(store: Store) -> Talkers:
    return await Talkers.open(store)


@pytest_asyncio.fixture
async def county(store: Store, once: Once) -> County:
    return await once(store, make_county)


@pytest_asyncio.fixture
async def kai(store: Store, county: County) -> Actor:
    return await make_youth(store, county.org, "阿凯", KAI, cadre=county.cadre, chat=county.chat)


async def count(store: Store, table, *where) -> int:
    async with store.read() as session:
        return (await session.execute(select(func.count()).select_from(table).where(*where))).scalar_one()


def ref_in(shown: list[str] | str) -> str:
    found = re.search(r"#(Q[0-9]+)", shown if isinstance(shown, str) else "\n".join(shown))
    assert found is not None, shown
    return found[1]


async def asked(talk: Talkers, words: str = QUESTION) -> str:
    return ref_in(await talk.says(CADRE, f"/问计 {words}", group="888"))


async def the_question(store: Store) -> Consultation:
    async with store.read() as session:
        return (await session.execute(select(Consultation))).scalar_one()


async def tick(talk: Talkers, store: Store) -> int:
    done = await do_due(store, store.clock.now(), "consultation")
    await talk.sender.pump()
    return done


# --- refused ---------------------------------------------------------------------------------------------------------


async def test_only_the_cadres_of_a_group_ask_in_it(talk, store, county):
    await make_cadre(store, county.org, "苏娜", OTHER)
    assert (await talk.says(OTHER, f"/问计 {QUESTION}", group="888"))[0] == Refused("consultation.not_host")
    assert (await talk.says(ZHAO, f"/问计 {QUESTION}", group="888"))[0] == Refused(
        "not_allowed", needs="cadre_or_organ"
    )
    assert await count(store, Consultation) == 0


@pytest.mark.rule("P37")
@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("啊", Refused("consultation.too_short")),
        ("想" * 501, Refused("consultation.too_long", most=500)),
        ("【秘密】方案怎么改", Refused("consultation.secret")),
        ("报名打 13812345678", Refused("consultation.private")),
        ("看 https://example.com 后说说", Refused("consultation.link")),
    ],
)
async def test_what_the_bot_does_not_post(talk, store, county, words, why):
    assert (await talk.says(CADRE, f"问计 {words}"))[0] == why
    assert await count(store, Consultation) == 0


async def test_whoever_it_was_not_put_to_hears_that_there_is_no_such_question(talk, store, county):
    there = await make_cadre(store, county.org, "周敏", OTHER)
    chat = await make_chat(store, county.org, there, "999")
    await make_youth(store, county.org, "小韩", KAI, cadre=there, chat=chat)
    ref = await asked(talk)
    for who, words in ((KAI, "答 {} 都行"), (OTHER, "查看问计 {}"), (OTHER, "问计结果 {} 定了"), (ZHAO, "撤回回答 {}")):
        assert await talk.says(who, words.format(ref)) == await talk.says(who, words.format("Q999999"))
    assert await count(store, ConsultationAnswer) == 0


async def test_who_has_left_the_group_is_no_longer_asked(talk, store, county):
    ref = await asked(talk)
    async with store.unit() as unit:
        (await unit.session.execute(select(Contact))).scalar_one().ended_at = unit.now
    assert (await talk.says(ZHAO, f"答 {ref} 都行"))[0] == Refused("not_found")


@pytest.mark.rule("P10")
async def test_nobody_under_14_answers(talk, store, county):
    await make_youth(store, county.org, "小豆", YU, cadre=county.cadre, chat=county.chat, age_band=AgeBand.UNDER_14)
    assert (await talk.says(YU, f"答 {await asked(talk)} 都行"))[0] == Refused("not_found")


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("我得了抑郁症去不了", Refused("consultation.too_private")),
        ("我电话 13812345678", Refused("consultation.private")),
    ],
)
async def test_what_does_not_belong_among_other_answers_is_sent_elsewhere(talk, store, county, words, why):
    assert (await talk.says(ZHAO, f"答 {await asked(talk)} {words}"))[0] == why
    assert await count(store, ConsultationAnswer) == 0


async def test_an_answer_in_the_group_is_not_taken(talk, store, county):
    ref = await asked(talk)
    assert (await talk.says(ZHAO, f"/答 {ref} 去敬老院", group="888"))[0] == Said("common/say_privately")
    assert await count(store, ConsultationAnswer) == 0


async def test_who_has_nobody_to_ask_is_told_so(talk, store, county):
    await make_cadre(store, county.org, "苏娜", OTHER)
    assert (await talk.says(OTHER, f"问计 {QUESTION}"))[0] == Said("consultation/nobody")
    assert await count(store, Consultation) == 0


# --- asking ----------------------------------------------------------------------------------------------------------


async def test_in_a_group_the_answer_is_the_post_itself(talk, store, county):
    shown = await talk.says(CADRE, f"/问计 {QUESTION}", group="888")
    assert len(shown) == 1
    assert QUESTION in shown[0]
    assert shown[0] == Said("consultation/put", who="林晓舟")
    assert f"答 {ref_in(shown)}" in shown[0]
    assert talk.shown(ZHAO) == []


async def test_a_redelivered_question_is_asked_once(talk, store, county):
    incoming = talk.incoming(CADRE, f"/问计 {QUESTION}", group="888")
    await talk.deliver(incoming)
    await talk.deliver(incoming)
    assert await count(store, Consultation) == 1
    assert len(talk.shown("888")) == 1


async def test_in_private_own_youths_are_written_to_and_the_others_are_only_counted(talk, store, county, kai):
    async with store.unit() as unit:
        (await unit.session.get_one(Person, kai.person_id)).reminders_off = True
    shown = (await talk.says(CADRE, f"问计 {QUESTION}"))[0]
    assert shown == Said("consultation/asked", reach="youths", written=1, left_out=None)
    assert "阿凯" not in shown
    assert QUESTION in talk.last(ZHAO)
    assert talk.last(ZHAO) == Said("consultation/put", private=True)
    assert talk.shown(KAI) == []


@pytest.mark.parametrize("asked_of", [4, 5])
async def test_few_are_told_that_it_may_be_guessed_who_answered(talk, store, county, asked_of):
    for n in range(asked_of - 1):
        await make_youth(store, county.org, f"小伙伴{n}", f"2100{n}", cadre=county.cadre, chat=county.chat)
    await talk.says(CADRE, f"问计 {QUESTION}")
    said = talk.last(ZHAO)
    assert ("可能猜得出是谁写的" in said, "没有人会知道" in said) == (asked_of < 5, asked_of >= 5)


@pytest.mark.rule("P22")
async def test_a_youth_is_written_to_once_a_week_at_most(talk, store, county):
    await talk.says(CADRE, f"问计 {QUESTION}")
    assert (await talk.says(CADRE, "问计 元旦想不想一起跑步"))[0] == Said(
        "consultation/asked", reach="youths", left_out=None
    )
    assert len(talk.shown(ZHAO)) == 1
    talk.advance(timedelta(days=7, minutes=1))
    await talk.says(CADRE, "问计 春节回不回家")
    assert len(talk.shown(ZHAO)) == 2


async def test_an_organ_asks_in_the_groups_of_its_own_and_below_and_in_no_other(talk, store, county):
    other_city = await make_org(store, "白水市团委")
    foreign = await make_cadre(store, other_city, "周敏", OTHER)
    await make_chat(store, other_city, foreign, "999")
    assert (await talk.says(CITY, f"问计 {QUESTION}"))[0] == Said("consultation/asked", reach="orgs", written=1)
    assert talk.last("888") == Said("consultation/put", who="甘泉市团委")
    assert talk.shown("999") == []
    assert "换成" not in (await talk.says(ZHAO, f"答 {ref_in(talk.last('888'))} 去敬老院"))[0]


async def test_many_groups_are_posted_to_in_portions_each_once(talk, store, county):
    for n in range(120):
        await make_chat(store, county.org, county.cadre, f"9{n:03}")
    assert (await talk.says(ADMIN, f"问计 {QUESTION}"))[0] == Said("consultation/asked", reach="orgs", written=121)
    for _ in range(4):
        await tick(talk, store)
    assert [len(talk.shown(f"9{n:03}")) for n in range(120)] == [1] * 120
    assert len(talk.shown("888")) == 1
    assert (await the_question(store)).cursor is None


async def test_who_is_both_is_asked_whom_to_ask(talk, store, county):
    both = await make_person(store, county.org, "方远", number=OTHER, roles=(Role.CADRE, Role.ORGAN_ADMIN))
    await make_youth(store, county.org, "小韩", KAI, cadre=both)
    shown = (await talk.says(OTHER, f"问计 {QUESTION}"))[0]
    assert shown == Said("consultation/reach", youths=1, groups=1)
    assert await count(store, Consultation) == 0
    assert (await talk.says(OTHER, "1"))[0] == Said("consultation/asked", reach="youths", written=1)
    assert QUESTION in talk.last(KAI)
    assert talk.shown("888") == []


# --- answering -------------------------------------------------------------------------------------------------------


async def test_answers_are_shown_without_names_and_each_reading_is_logged(talk, store, county, kai):
    ref = await asked(talk)
    await talk.says(ZHAO, f"答 {ref} 想去敬老院")
    await talk.says(KAI, f"答{ref} 想打一场球")
    shown = (await talk.says(CADRE, f"查看问计 {ref}"))[0]
    assert sorted(fields(shown)["answers"]) == ["想去敬老院", "想打一场球"]
    assert [name for name in ("小赵", "阿凯") if name in shown] == []
    assert await count(store, AuditEntry, AuditEntry.action == "read.consultation") == 2
    seen = (await talk.says(ZHAO, "谁看过我的数据"))[0]
    assert seen == Said("rights/reads", lines=[{"read": {"ref": f"{ref}"}}])


async def test_the_order_shown_is_not_the_order_of_answering(talk, store, county):
    ref = await asked(talk)
    for n in range(10, 24):
        await make_youth(store, county.org, f"青年{n}", f"210{n}", cadre=county.cadre, chat=county.chat)
        await talk.says(f"210{n}", f"答 {ref} 主意{n}")
    order = re.findall(r"主意(\d+)", (await talk.says(CADRE, f"查看问计 {ref}"))[0])
    assert sorted(order) == [str(n) for n in range(10, 24)]
    assert order != sorted(order)  # one in 10^11 orders
    assert order == re.findall(r"主意(\d+)", (await talk.says(CADRE, f"查看问计 {ref}"))[0])


async def test_a_second_answer_takes_the_place_of_the_first_and_says_so(talk, store, county):
    ref = await asked(talk)
    await talk.says(ZHAO, f"答 {ref} 想去敬老院")
    assert (await talk.says(ZHAO, f"答 {ref} 想打一场球"))[0] == Said("consultation/answer_taken", replaced=True)
    shown = (await talk.says(CADRE, f"查看问计 {ref}"))[0]
    assert shown == Said("consultation/shown", total=1)
    assert "敬老院" not in shown


async def test_an_answer_is_taken_back(talk, store, county):
    ref = await asked(talk)
    await talk.says(ZHAO, f"答 {ref} 想去敬老院")
    assert (await talk.says(ZHAO, f"撤回回答 {ref}"))[0] == Said("consultation/answer_gone")
    assert await count(store, ConsultationAnswer) == 0
    assert (await talk.says(CADRE, f"查看问计 {ref}"))[0] == Said("consultation/shown", total=0)


async def test_the_list_of_own_questions(talk, store, county):
    assert (await talk.says(CADRE, "我的问计"))[0] == Said("consultation/mine", total=0)
    ref = await asked(talk)
    await talk.says(ZHAO, f"答 {ref} 想去敬老院")
    shown = (await talk.says(CADRE, "我的问计"))[0]
    assert ref in shown
    assert "回答 1 条" in shown


# --- what came of it -------------------------------------------------------------------------------------------------


async def test_what_was_adopted_is_told_to_those_who_answered_and_to_nobody_else(talk, store, county, kai):
    ref = await asked(talk)
    await talk.says(ZHAO, f"答 {ref} 想去敬老院")
    assert (await talk.says(CADRE, f"问计结果 {ref} 定了去敬老院"))[0] == Said("consultation/result_taken", answers=1)
    assert talk.last(ZHAO) == Said("consultation/result", words="定了去敬老院")
    assert QUESTION in talk.last(ZHAO)
    assert talk.shown(KAI) == []
    assert (await talk.says(KAI, f"答 {ref} 想打球"))[0] == Refused("consultation.over")
    assert (await talk.says(CADRE, f"问计结果 {ref} 又改了主意"))[0] == Refused("consultation.result_told")


async def test_after_thirty_days_it_ends_and_its_asker_is_reminded_once_in_a_morning(talk, store, county):
    ref = await asked(talk)
    await talk.says(ZHAO, f"答 {ref} 想去敬老院")
    before = len(talk.shown(CADRE))
    talk.advance(timedelta(days=30, hours=-11))  # 23:00
    await tick(talk, store)
    assert (await the_question(store)).state == "open"
    talk.advance(timedelta(hours=11))  # Thursday, 10:00
    await tick(talk, store)
    await tick(talk, store)
    assert (await the_question(store)).state == "ended"
    assert len(talk.shown(CADRE)) == before + 1
    assert talk.last(CADRE) == Said("consultation/ended")
    assert (await talk.says(ZHAO, f"答 {ref} 想打球"))[0] == Refused("consultation.over")
    assert ref in (await talk.says(CADRE, "待办"))[0]
    await talk.says(CADRE, f"问计结果 {ref} 定了去敬老院")
    assert talk.last(ZHAO) == Said("consultation/result", words="定了去敬老院")


async def test_a_question_nobody_answered_ends_by_itself(talk, store, county):
    await asked(talk)
    talk.advance(timedelta(days=30))
    await tick(talk, store)
    assert (await the_question(store)).state == "closed"
    assert talk.last(CADRE) == Said("consultation/ended", answers=0)


# --- data ------------------------------------------------------------------------------------------------------------


async def test_erasing_a_youth_leaves_the_count_and_no_words(talk, store, county):
    ref = await asked(talk)
    await talk.says(ZHAO, f"答 {ref} 想去敬老院")
    assert (await talk.says(ZHAO, "看我的数据"))[0] == Said("rights/held", figures={"consultation_answers": 1})
    assert "想去敬老院" in "\n".join(await talk.says(ZHAO, "导出我的数据"))
    await talk.says(ZHAO, "删除我的数据")
    await talk.says(ZHAO, "确认删除")
    async with store.read() as session:
        row = (await session.execute(select(ConsultationAnswer))).scalar_one()
    assert (row.person_id, row.text) == (None, None)
    assert (await talk.says(CADRE, f"查看问计 {ref}"))[0] == Said("consultation/shown", total=0)
