"""心声, 建议 and 投诉 as they are typed: asked, kept, answered, closed by their author alone (R2.5, R4.2, 6.4)."""

import re
from datetime import datetime, timedelta

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from bot.clock import SHANGHAI
from bot.core.rules.consent import ConsentScope
from bot.core.rules.people import Actor, AgeBand, Role
from bot.features.voice.tables import Voice, VoiceAnswer
from bot.store.chat import Contact
from bot.store.delivery import AuditEntry, Prompt
from bot.store.people import Person
from bot.store.store import Store
from tests.harness import Talkers
from tests.people_built import make_cadre, make_chat, make_consent, make_person, make_youth
from tests.played import Once
from tests.said import Refused, Said
from tests.ticking import do_due
from tests.voices_built import WORDS, County, make_county

CADRE, OTHER, ADMIN, CITY, ZHAO, YU = "10001", "10002", "30001", "30002", "20001", "20003"
PRIVATE = "我得了抑郁症，一直在吃药"


@pytest_asyncio.fixture
async def talk(store: Store) -> Talkers:
    return await Talkers.open(store)


@pytest_asyncio.fixture
async def county(store: Store, once: Once) -> County:
    return await once(store, make_county)


@pytest_asyncio.fixture
async def zhao(county: County) -> Actor:
    return county.youth


@pytest_asyncio.fixture
async def second_cadre(store: Store, county: County) -> Actor:
    """A second cadre whom the same youth is in contact with, by another group."""
    cadre = await make_cadre(store, county.org, "苏娜", OTHER)
    chat = await make_chat(store, county.org, cadre, "777")
    async with store.unit() as unit:
        first = (await unit.session.execute(select(Contact))).scalar_one()
        unit.session.add(
            Contact(
                cadre_id=cadre.person_id,
                youth_id=first.youth_id,
                chat_id=chat.id,
                ref=999,
                since=unit.now + timedelta(minutes=1),
                last_contact_at=unit.now,
            )
        )
    return cadre


async def count(store: Store, table, *where) -> int:
    async with store.read() as session:
        return (await session.execute(select(func.count()).select_from(table).where(*where))).scalar_one()


async def the_voice(store: Store) -> Voice:
    async with store.read() as session:
        return (await session.execute(select(Voice))).scalar_one()


async def voices(store: Store) -> list[Voice]:
    async with store.read() as session:
        return list((await session.execute(select(Voice).order_by(Voice.said_at))).scalars())


def ref_in(shown: list[str] | str) -> str:
    found = re.search(r"#(V[0-9]+)", shown if isinstance(shown, str) else "\n".join(shown))
    assert found is not None, shown
    return found[1]


async def said(talk: Talkers, words: str = WORDS, who: str = ZHAO, kind: str = "3") -> str:
    shown = await talk.says(who, f"心声 {words}")
    await talk.says(who, kind)
    return ref_in(shown)


# --- saying it -------------------------------------------------------------------------------------------------------


async def test_a_voice_gets_its_number_at_once_and_its_kind_afterwards(talk, store, zhao):
    shown = await talk.says(ZHAO, f"心声 {WORDS}")
    assert shown[0] == Said("voice/taken", to="林晓舟")
    assert shown[1] == Said("voice/kind")
    assert (await talk.says(ZHAO, "3"))[0] == Said("voice/kind_taken")
    kept = await the_voice(store)
    assert (kept.kind, kept.state, kept.author_id) == ("difficulty", "open", zhao.person_id)
    assert ref_in(shown) == f"V{kept.ref}"
    assert WORDS.encode() not in (kept.text or b"")


async def test_the_cadre_hears_of_it_without_a_word_and_without_a_name(talk, store, zhao):
    await talk.says(ZHAO, f"心声 {WORDS}")
    assert talk.last(CADRE) == Said("voice/arrived")
    assert "小赵" not in talk.last(CADRE)
    assert "公交" not in talk.last(CADRE)


async def test_the_whole_way_from_saying_it_to_closing_it(talk, store, zhao):
    ref = await said(talk)
    assert ref in (await talk.says(CADRE, "心声列表"))[0]
    shown = (await talk.says(CADRE, f"查看心声 {ref}"))[0]
    assert WORDS in shown
    assert shown == Said("voice/shown", author="小赵")
    assert await count(store, AuditEntry, AuditEntry.action == "read.voice") == 1
    await talk.says(CADRE, f"回复 {ref} 已经问了公交公司，下周一加一趟")
    assert talk.shown(ZHAO)[-2] == Said("voice/reply", who="林晓舟", words="已经问了公交公司，下周一加一趟")
    assert talk.last(ZHAO) == Said("voice/rating")
    assert (await the_voice(store)).state == "answered"
    assert (await talk.says(ZHAO, "1"))[0] == Said("voice/rating_taken", rating="helpful")
    kept = await the_voice(store)
    assert (kept.state, kept.outcome) == ("closed", "helpful")
    assert talk.last(CADRE) == Said("voice/rated", rating="helpful")
    seen = (await talk.says(ZHAO, "谁看过我的数据"))[0]
    assert seen == Said("rights/reads", lines=[{"read": {"action": "read.voice", "ref": f"{ref}"}}])


# --- refused ---------------------------------------------------------------------------------------------------------


async def test_a_stranger_is_told_how_to_join_and_nothing_is_kept(talk, store, county):
    assert "/加入" in (await talk.says("66666", f"心声 {WORDS}"))[0]
    assert await count(store, Voice) == 0


async def test_a_cadre_has_no_linked_cadre_to_speak_to(talk, store, county):
    assert (await talk.says(CADRE, f"心声 {WORDS}"))[0] == Refused("not_allowed", needs="youth")


@pytest.mark.parametrize("word", ["心声", "投诉"])
async def test_in_a_group_it_is_not_carried_out_and_recall_is_asked(talk, store, zhao, word):
    shown = (await talk.says(ZHAO, f"/{word} {WORDS}", group="888"))[0]
    assert shown == Said("common/say_privately")
    assert (await count(store, Voice), await count(store, Prompt)) == (0, 0)


@pytest.mark.rule("P37")
@pytest.mark.parametrize(
    ("words", "why"),
    [
        ("烦", Refused("voice.too_short")),
        ("夜班" * 1001, Refused("voice.too_long")),
        ("【机密】明天检查的安排", Refused("voice.secret")),
        ("组长电话 13812345678 你打给他", Refused("voice.private")),
        ("我家住清河路 12 号 3 栋 201", Refused("voice.private")),
        ("他身份证 110101199003070011", Refused("voice.private")),
    ],
)
async def test_what_cannot_be_kept_is_said_and_not_kept(talk, store, zhao, words, why):
    assert (await talk.says(ZHAO, f"心声 {words}"))[0] == why
    assert (await count(store, Voice), await count(store, Prompt)) == (0, 0)


async def test_without_words_they_are_asked_for(talk, zhao):
    assert (await talk.says(ZHAO, "心声"))[0] == Said("common/content_asked")


@pytest.mark.rule("P10")
async def test_nobody_under_14_leaves_a_voice_but_gets_numbers_to_call(talk, store, county):
    await make_youth(store, county.org, "小豆", YU, cadre=county.cadre, chat=county.chat, age_band=AgeBand.UNDER_14)
    shown = (await talk.says(YU, f"心声 {WORDS}"))[0]
    assert "12355" in shown
    assert shown == Said("voice/under_14")
    assert await count(store, Voice) == 0


async def test_after_the_contact_has_ended_there_is_nobody_to_speak_to(talk, store, zhao):
    async with store.unit() as unit:
        (await unit.session.execute(select(Contact))).scalar_one().ended_at = unit.now
    assert (await talk.says(ZHAO, f"心声 {WORDS}"))[0] == Refused("voice.no_cadre")
    assert await count(store, Voice) == 0


# --- once and again --------------------------------------------------------------------------------------------------


async def test_a_redelivered_voice_is_kept_once(talk, store, zhao):
    incoming = talk.incoming(ZHAO, f"心声 {WORDS}")
    assert await talk.deliver(incoming)
    assert await talk.deliver(incoming) == []
    assert await count(store, Voice) == 1
    assert len(talk.shown(CADRE)) == 1


async def test_the_same_words_within_ten_minutes_ask_first(talk, store, zhao):
    await said(talk)
    assert (await talk.says(ZHAO, f"心声 {WORDS}"))[-1] == Said("voice/again")
    assert await count(store, Voice) == 1
    assert (await talk.says(ZHAO, "2"))[0] == Said("voice/not_sent")
    assert await count(store, Voice) == 1
    await talk.says(ZHAO, f"心声 {WORDS}")
    assert (await talk.says(ZHAO, "1"))[0] == Said("voice/taken", wordless=False)
    assert await count(store, Voice) == 2


async def test_the_same_words_later_are_a_new_voice(talk, store, zhao):
    await said(talk)
    talk.advance(timedelta(minutes=11))
    await talk.says(ZHAO, f"心声 {WORDS}")
    assert await count(store, Voice) == 2


async def test_the_same_words_while_they_wait_for_an_answer_are_not_asked_about_twice(talk, store, zhao):
    await talk.says(ZHAO, f"心声 {PRIVATE}")
    assert (await talk.says(ZHAO, f"心声 {PRIVATE}"))[0] == Said("voice/held_back")
    assert await count(store, Prompt) == 1


# --- a private matter ------------------------------------------------------------------------------------------------


@pytest.mark.rule("P9")
async def test_a_private_matter_is_asked_about_before_anything_is_kept(talk, store, zhao):
    shown = (await talk.says(ZHAO, f"心声 {PRIVATE}"))[0]
    assert shown == Said("voice/sensitive")
    assert await count(store, Voice) == 0
    assert talk.shown(CADRE) == []


@pytest.mark.rule("P9")
async def test_only_that_one_wants_to_talk(talk, store, zhao):
    await talk.says(ZHAO, f"心声 {PRIVATE}")
    assert "一个字都没有留" in (await talk.says(ZHAO, "2"))[0]
    kept = (await voices(store))[0]
    assert (kept.wordless, kept.text) == (True, None)
    assert talk.last(CADRE) == Said("voice/arrived", wordless=True)
    shown = (await talk.says(CADRE, f"查看心声 V{kept.ref}"))[0]
    assert shown == Said("voice/shown", author="小赵")
    assert "抑郁" not in shown


async def test_with_the_yes_the_words_are_kept(talk, store, zhao):
    await talk.says(ZHAO, f"心声 {PRIVATE}")
    shown = await talk.says(ZHAO, "1")
    assert shown[0] == Said("voice/taken", wordless=False)
    assert shown[1] == Said("voice/kind")
    assert PRIVATE in (await talk.says(CADRE, f"查看心声 {ref_in(shown)}"))[0]


@pytest.mark.rule("P9")
async def test_with_a_no_nothing_is_left_anywhere(talk, store, zhao):
    await talk.says(ZHAO, f"心声 {PRIVATE}")
    assert (await talk.says(ZHAO, "算了"))[0] == Said("voice/not_sent")
    assert await count(store, Voice) == 0
    async with store.read() as session:
        assert (await session.execute(select(Prompt.facts))).scalar_one() == b""


async def test_a_day_of_silence_drops_the_draft_and_says_so(talk, store, zhao):
    await talk.says(ZHAO, f"心声 {PRIVATE}")
    talk.advance(timedelta(days=1))
    await do_due(store, store.clock.now(), "core.questions")
    await talk.sender.pump()
    assert talk.last(ZHAO) == Said("voice/not_sent")
    assert await count(store, Voice) == 0


async def test_who_agreed_to_sensitive_matters_is_not_asked(talk, store, zhao):
    await make_consent(store, zhao, ConsentScope.SENSITIVE)
    assert (await talk.says(ZHAO, f"心声 {PRIVATE}"))[0] == Said("voice/taken", wordless=False)


@pytest.mark.rule("P10a")
async def test_a_minor_is_asked_in_simple_words(talk, store, county):
    await make_youth(store, county.org, "小雨", YU, cadre=county.cadre, chat=county.chat, age_band=AgeBand.MINOR)
    assert (await talk.says(YU, f"心声 {PRIVATE}"))[0] == Said("voice/sensitive", minor=True)


# --- words of danger -------------------------------------------------------------------------------------------------


async def test_words_of_danger_bring_the_card_first_and_the_voice_is_still_taken(talk, store, zhao):
    shown = await talk.says(ZHAO, "心声 我不想活了，谁都帮不了我")
    assert "12356" in shown[0]
    assert shown[1] == Said("voice/held_back")
    assert await count(store, Voice) == 0
    await talk.says(ZHAO, "2")
    assert talk.last(ZHAO) == Said("voice/sensitive")
    await talk.says(ZHAO, "1")
    assert (await voices(store))[0].text is not None
    assert "不想活" not in "".join(talk.shown(CADRE))


async def test_words_of_danger_in_a_groups_suggestion_bring_the_card_in_private_alone(talk, store, zhao):
    shown = await talk.says(ZHAO, "/建议 夜班别排我了，我不想活了", group="888")
    assert "12356" in "".join(talk.shown(ZHAO))
    assert "12356" not in "".join(shown)
    assert shown[0] == Said("voice/asked_privately")


# --- to whom ---------------------------------------------------------------------------------------------------------


async def test_with_several_cadres_its_author_says_to_whom(talk, store, zhao, second_cadre):
    shown = (await talk.says(ZHAO, f"心声 {WORDS}"))[0]
    assert "① 林晓舟" in shown
    assert "② 苏娜" in shown
    assert await count(store, Voice) == 0
    assert (await talk.says(ZHAO, "2"))[0] == Said("voice/taken", to="苏娜")
    assert (await voices(store))[0].cadre_id == second_cadre.person_id
    assert talk.shown(CADRE) == []


async def test_a_suggestion_in_a_group_goes_to_the_groups_cadre_and_names_nobody(talk, store, zhao, second_cadre):
    shown = await talk.says(ZHAO, "/建议 周末能不能多开一趟夜班车", group="777")
    assert "#V" in shown[0]
    assert "夜班车" not in shown[0]
    assert "小赵" not in shown[0]
    kept = (await voices(store))[0]
    assert (kept.kind, kept.cadre_id) == ("suggestion", second_cadre.person_id)
    assert await count(store, Prompt) == 0


async def test_a_suggestion_in_private_needs_no_kind(talk, store, zhao):
    shown = await talk.says(ZHAO, "建议 周末能不能多开一趟夜班车")
    assert len(shown) == 1
    assert shown[0] == Said("voice/taken", aloud=False, suggestion=True, wordless=False)


# --- answering -------------------------------------------------------------------------------------------------------


async def test_an_answer_with_a_number_of_an_office_goes_out_and_an_identity_number_does_not(talk, store, zhao):
    ref = await said(talk)
    assert (await talk.says(CADRE, f"回复 {ref} 他的身份证 110101199003070011"))[0] == Refused("voice.answer_private")
    assert (await talk.says(CADRE, f"回复 {ref} 打 12348 问问，免费的"))[0] == Said("voice/answer_sent", asked=True)
    assert "12348" in talk.shown(ZHAO)[-2]


async def test_an_answer_is_known_by_its_bare_number_too(talk, zhao):
    ref = await said(talk)
    await talk.says(CADRE, f"回复 {ref[1:]} 已经问了")
    assert talk.shown(ZHAO)[-2] == Said("voice/reply", words="已经问了")


async def test_unsolved_opens_it_again_and_asks_whether_it_goes_up(talk, store, zhao):
    ref = await said(talk)
    await talk.says(CADRE, f"回复 {ref} 已经问了公交公司")
    shown = await talk.says(ZHAO, "没解决")
    assert shown[0] == Said("voice/rating_taken", rating="unsolved")
    assert shown[1] == Said("voice/up", to="清河县团委")
    assert talk.last(CADRE) == Said("voice/rated", rating="unsolved")
    assert "不带你的名字" in (await talk.says(ZHAO, "2"))[0]
    assert talk.last(ADMIN) == Said("voice/arrived_above", kind="difficulty")
    seen = (await talk.says(ADMIN, f"查看心声 {ref}"))[0]
    assert WORDS in seen
    assert "小赵" not in seen


async def test_once_it_went_up_the_cadre_still_reads_it_and_is_not_told_to_answer(talk, zhao):
    ref = await said(talk)
    assert (await talk.says(CADRE, f"查看心声 {ref}"))[0] == Said("voice/shown", held=True)
    await talk.says(CADRE, f"上报 {ref}")
    await talk.says(ZHAO, "1")
    shown = (await talk.says(CADRE, f"查看心声 {ref}"))[0]
    assert WORDS in shown
    assert "办不了" not in shown
    assert (await talk.says(ADMIN, f"查看心声 {ref}"))[0] == Said("voice/shown", author="小赵")


@pytest.mark.parametrize(("answer", "seen"), [("1", True), ("2", False)])
async def test_what_the_cadre_answered_goes_up_only_with_the_name(talk, zhao, answer, seen):
    """小赵 is called by name in it."""
    ref = await said(talk)
    await talk.says(CADRE, f"回复 {ref} 小赵，我明天去问公交公司")
    await talk.says(ZHAO, "没解决")
    assert "团干部之前答复你的话也不送" in talk.last(ZHAO)
    await talk.says(ZHAO, answer)
    shown = (await talk.says(ADMIN, f"查看心声 {ref}"))[0]
    assert WORDS in shown
    assert ("小赵" in shown, "公交公司" in shown) == (seen, seen)
    assert "公交公司" in (await talk.says(CADRE, f"查看心声 {ref}"))[0]


async def test_words_of_danger_in_a_suggestion_in_the_group_bring_the_card_each_time(talk, zhao):
    for _ in range(2):
        await talk.says(ZHAO, "/建议 晚自习取消，我活着没意思，不想活了", group="888")
        assert "12356" in "".join(talk.shown(ZHAO)[-3:])
        talk.shown(ZHAO).clear()
        await talk.says(ZHAO, "1")
        talk.shown(ZHAO).clear()
        talk.advance(timedelta(minutes=5))
    assert "12356" not in "".join(talk.shown("888"))


async def test_a_kind_nobody_tells_does_not_hold_up_other_questions_for_a_week(talk, store, zhao):
    await talk.says(ZHAO, f"心声 {WORDS}")
    talk.advance(timedelta(days=1))
    await do_due(store, store.clock.now(), "core.questions")
    assert await count(store, Prompt, Prompt.state == "open") == 0
    assert (await the_voice(store)).kind is None


async def test_a_holder_asks_and_the_author_says_no(talk, store, zhao):
    ref = await said(talk)
    assert (await talk.says(CADRE, f"上报 {ref} 公交线路要市里定"))[0] == Said("voice/up_asked")
    assert talk.last(ZHAO) == Said("voice/up", note="公交线路要市里定")
    assert (await talk.says(ZHAO, "3"))[0] == Said("voice/up_decided", to="")
    assert talk.last(CADRE) == Said("voice/up_settled", to="")
    assert talk.shown(ADMIN) == []
    assert (await talk.says(CADRE, f"上报 {ref}"))[0] == Refused("voice.up_refused")


async def test_a_week_of_silence_is_no_yes_to_going_up(talk, store, zhao):
    ref = await said(talk)
    await talk.says(CADRE, f"上报 {ref}")
    talk.advance(timedelta(days=7))
    await do_due(store, store.clock.now(), "core.questions")
    await talk.sender.pump()
    assert talk.last(CADRE) == Said("voice/up_settled", to="")
    assert (await the_voice(store)).holder_org_id is None


async def test_closing_asks_the_author_and_closes_nothing(talk, store, zhao):
    ref = await said(talk)
    assert (await talk.says(CADRE, f"办结 {ref}"))[0] == Said("voice/closing_asked", closed=False)
    assert talk.shown(ZHAO)[-2] == Said("voice/reply", words="")
    assert (await the_voice(store)).state == "answered"
    await talk.says(ZHAO, "不评价")
    assert (await the_voice(store)).outcome == "unrated"


async def test_a_late_rating_of_a_closed_item_says_that_it_is_over(talk, store, zhao):
    ref = await said(talk)
    await talk.says(CADRE, f"回复 {ref} 已经问了")
    async with store.unit() as unit:
        row = (await unit.session.execute(select(Voice))).scalar_one()
        row.state, row.outcome, row.closed_at = "closed", "none", unit.now
    assert (await talk.says(ZHAO, "1"))[0] == Said("voice/over")


async def test_a_category_is_given_and_an_unknown_one_lists_them(talk, store, zhao):
    ref = await said(talk)
    assert (await talk.says(CADRE, f"分类 {ref} 加班"))[0] == Said("voice/sorted", category="职场权益")
    assert (await the_voice(store)).category == "labour_rights"
    assert (await talk.says(CADRE, f"分类 {ref} 天气"))[0] == Refused("voice.unknown_category")


# --- the author's own view -------------------------------------------------------------------------------------------


async def test_own_items_their_state_and_their_answers(talk, store, zhao):
    assert (await talk.says(ZHAO, "我的心声"))[0] == Said("voice/mine", total=0)
    ref = await said(talk)
    mine = (await talk.says(ZHAO, "我的心声"))[0]
    assert mine == Said("voice/mine", lines=[{"state": "open", "to": "林晓舟"}])
    await talk.says(CADRE, f"回复 {ref} 已经问了公交公司")
    shown = (await talk.says(ZHAO, f"我的心声 {ref}"))[0]
    assert shown == Said("voice/my_voice", words=WORDS, answers=[{"words": "已经问了公交公司"}])
    assert (await talk.says(ZHAO, "我的心声 2"))[0] == Refused("page.none")


async def test_taken_back_before_its_notice_went_out_nobody_hears_of_it(talk, store, zhao):
    await talk.says(ZHAO, "投诉 群里要求每周打卡，不打就点名")
    ref = ref_in(await talk.says(ZHAO, "1"))
    await talk.says(ZHAO, f"撤回心声 {ref}")
    talk.advance(timedelta(days=2))
    await talk.sender.pump()
    assert talk.shown(CITY) == []


async def test_taken_back_later_the_cadre_hears_only_that_it_is_over(talk, store, zhao):
    ref = await said(talk)
    assert (await talk.says(ZHAO, f"撤回心声 {ref}"))[0] == Said("voice/withdrawn")
    assert talk.last(CADRE) == Said("voice/gone", ref=int(ref[1:]))
    assert (await talk.says(CADRE, f"查看心声 {ref}"))[0] == Refused("not_found")
    assert (await talk.says(ZHAO, f"撤回心声 {ref}"))[0] == Refused("not_found")


async def test_closed_and_opened_again(talk, store, zhao):
    ref = await said(talk)
    await talk.says(CADRE, f"回复 {ref} 已经问了")
    await talk.says(ZHAO, "1")
    assert (await talk.says(ZHAO, f"重开心声 {ref}"))[0] == Said("voice/reopened")
    assert talk.last(CADRE) == Said("voice/open_again")
    assert ref in (await talk.says(CADRE, "心声列表"))[0]


# --- complaints ------------------------------------------------------------------------------------------------------


async def test_a_complaint_goes_past_the_cadre_and_the_own_organ_to_the_level_above(talk, store, zhao):
    shown = (await talk.says(ZHAO, "投诉 群里要求每周打卡，不打就点名"))[0]
    assert shown == Said("voice/about", options=["cadre", "org", "other"])
    shown = await talk.says(ZHAO, "1")
    assert shown[0] == Said("voice/complaint_taken", to="甘泉市团委")
    ref = ref_in(shown)
    assert shown[1] == Said("voice/named")
    assert (talk.shown(CADRE), talk.shown(ADMIN)) == ([], [])
    assert (await talk.says(CADRE, "心声列表"))[0] == Said("voice/held", total=0)
    for command in ("查看心声", "办结"):
        foreign = await talk.says(CADRE, f"{command} {ref}")
        assert foreign == await talk.says(CADRE, f"{command} V999999")
    for command in ("查看心声 {}", "回复 {} 已经核实，打卡取消了", "上报 {} 要省里定"):
        assert await talk.says(CITY, command.format(ref)) == await talk.says(CITY, command.format("V999999"))
    for command in ("心声列表", "待办"):
        assert ref not in "".join(await talk.says(CITY, command)), "its hour is nobody's business (S2.4)"
    talk.advance(datetime(2026, 11, 25, 9, tzinfo=SHANGHAI) - talk.clock.now())
    seen = (await talk.says(CITY, f"查看心声 {ref}"))[0]
    assert seen == Said("voice/shown", words="群里要求每周打卡，不打就点名")
    assert "小赵" not in seen
    assert "月" not in seen
    await talk.says(ZHAO, "1")
    await talk.says(CITY, f"回复 {ref} 已经核实，打卡取消了")
    assert talk.shown(ZHAO)[-2] == Said("voice/reply", who="甘泉市团委", words="已经核实，打卡取消了")
    mine = (await talk.says(ZHAO, f"我的心声 {ref}"))[0]
    assert mine == Said("voice/my_voice", complaint=True, answers=[{"who": "甘泉市团委"}])


async def test_its_notice_comes_in_the_morning_of_the_next_workday(talk, store, zhao):
    await talk.says(ZHAO, "投诉 群里要求每周打卡，不打就点名")
    await talk.says(ZHAO, "1")
    assert talk.shown(CITY) == []
    talk.advance(timedelta(hours=23))
    await talk.sender.pump()
    assert talk.last(CITY) == Said("voice/arrived_above", kind="complaint")
    assert "打卡" not in talk.last(CITY)


async def test_a_cadre_complains_too_and_is_not_asked_about_a_linked_cadre(talk, store, county):
    shown = (await talk.says(CADRE, "投诉 要求我们每周打卡，这不是层层加码吗"))[0]
    assert shown == Said("voice/about", options=["org", "other"])
    assert (await talk.says(CADRE, "1"))[0] == Said("voice/complaint_taken", to="甘泉市团委")
    assert "#V" in (await talk.says(CADRE, "我的心声"))[0]


async def test_a_stranger_is_heard_and_told_that_no_answer_can_come_back(talk, store, county):
    shown = (await talk.says("66666", "投诉 这个机器人半夜给我发消息"))[0]
    assert shown == Said("voice/complaint_taken", to="甘泉市团委", known=False)
    kept = (await voices(store))[0]
    assert kept.author_id is None
    assert await count(store, AuditEntry, AuditEntry.actor_id.is_not(None)) == 0


async def test_somebody_who_has_not_finished_joining_is_not_known_yet(talk, store, county):
    await talk.says(YU, "/加入 小雨", group="888")
    await talk.says(YU, "投诉 这个机器人半夜给我发消息")
    assert [voice.author_id for voice in await voices(store)] == [None]
    assert await count(store, Person, Person.state == "pending") == 1


async def test_a_private_matter_in_a_complaint_may_be_let_go(talk, store, zhao):
    await talk.says(ZHAO, "投诉 团干部把我得抑郁症的事告诉了全班")
    assert (await talk.says(ZHAO, "2"))[0] == Said("voice/not_sent", silent=False)
    assert await count(store, Voice) == 0


async def test_a_private_matter_in_a_complaint_is_asked_about_as_well(talk, store, zhao):
    shown = (await talk.says(ZHAO, "投诉 团干部把我得抑郁症的事告诉了全班"))[0]
    assert shown == Said("voice/sensitive", complaint=True)
    assert "想聊聊" not in shown
    assert await count(store, Voice) == 0
    assert (await talk.says(ZHAO, "1"))[0] == Said("voice/about")
    await talk.says(ZHAO, "1")
    assert await count(store, Voice) == 1


# --- duties and data -------------------------------------------------------------------------------------------------


async def test_the_list_of_open_things_has_it_without_a_name(talk, zhao):
    ref = await said(talk)
    shown = (await talk.says(CADRE, "待办"))[0]
    assert ref in shown
    assert "小赵" not in shown


async def test_seen_exported_and_erased(talk, store, zhao):
    ref = await said(talk)
    await talk.says(CADRE, f"回复 {ref} 已经问了公交公司")
    assert (await talk.says(ZHAO, "看我的数据"))[0] == Said("rights/held", figures={"voices": 1})
    exported = "\n".join(await talk.says(ZHAO, "导出我的数据"))
    assert WORDS in exported
    assert "已经问了公交公司" in exported
    await talk.says(ZHAO, "删除我的数据")
    assert (await talk.says(ZHAO, "确认删除"))[0] == Said("rights/erased")
    assert (await the_voice(store)).text is None
    assert await count(store, VoiceAnswer) == 0
    assert (await talk.says(CADRE, "心声列表"))[0] == Said("voice/held", total=0)


@pytest.mark.rule("P30")
async def test_figures_begin_at_five_people(talk, store, county):
    names = [f"青年{n}" for n in range(5)]
    for n, name in enumerate(names):
        await make_youth(store, county.org, name, f"2100{n}", cadre=county.cadre, chat=county.chat)
    for n in range(4):
        await talk.says(f"2100{n}", f"建议 多开一趟夜班车{n}")
    assert (await talk.says(CADRE, "心声统计"))[0] == Said("voice/stats", parts=[{"total": None, "kinds": []}])
    await talk.says("21004", "建议 多开一趟夜班车")
    shown = (await talk.says(CADRE, "心声统计"))[0]
    assert shown == Said("voice/stats", parts=[{"total": 5, "kinds": [{"kind": "suggestion", "count": 5}]}])
    assert [name for name in names if name in shown] == []


async def test_who_is_cadre_and_admin_gets_both_lists_of_figures(talk, store, county):
    await make_person(store, county.org, "方远", number=OTHER, roles=(Role.CADRE, Role.ORGAN_ADMIN))
    shown = (await talk.says(OTHER, "心声统计"))[0]
    assert shown == Said("voice/stats", parts=[{"organ": False}, {"organ": True}])


async def test_what_one_youth_brings_in_a_rush_has_an_end_and_is_told_in_one(talk: Talkers, zhao: Actor) -> None:
    for number in range(30):
        await talk.says(ZHAO, f"心声 夜班太多了，第 {number} 次")
        await talk.says(ZHAO, "心声")
    told = [said for said in talk.shown(CADRE) if said == Said("voice/arrived")]
    assert len(told) == 3
    assert talk.shown(ZHAO).count(Refused("voice.too_many_open")) >= 1  # type: ignore[arg-type]
    async with talk.store.read() as session:
        assert (await session.execute(select(func.count()).select_from(Voice))).scalar_one() == 20
    talk.advance(timedelta(minutes=31))
    await talk.sender.pump()
    assert talk.shown(CADRE)[len(told) :] == [Said("common/more_arrived")]
