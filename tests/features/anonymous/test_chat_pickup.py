"""取件 and the organ's side: answers are pulled, words of the writer come out with a batch, strangers learn nothing."""

from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import select

from bot.chat.text import consent_texts
from bot.core.acts.consent import ask_scope
from bot.core.rules.consent import ConsentScope
from bot.core.rules.people import Role
from bot.core.tables import Consent
from bot.features.anonymous.rules.anonymous import AnonymousState
from bot.features.anonymous.tables import AnonymousVoice
from bot.store.delivery import AuditEntry, EventKey, OutboxMessage, Prompt
from bot.store.store import Store
from tests.nameless import ADMIN, CADRE, CITY_ADMIN, STRANGER, WORDS, YOUTHS, ZHAO, Nameless
from tests.people_built import make_org, make_person
from tests.played import Once
from tests.said import Refused, Said
from tests.ticking import do_due

OTHER_ADMIN = "30009"
ANSWER = "已和学校实习科核实，实习一般不安排夜班，不需要你出面"


class Out:
    """Three voices that are out; ``code`` and ``ref`` are those of 小0."""

    def __init__(self, scene: Nameless, code: str, ref: int) -> None:
        self.scene, self.code, self.ref = scene, code, ref

    async def row(self) -> AnonymousVoice:
        async with self.scene.store.read() as session:
            found = await session.execute(select(AnonymousVoice).where(AnonymousVoice.ref == self.ref))
            return found.scalar_one()


async def build_out(store: Store) -> Out:
    """One nameless voice of three is out, and its code."""
    scene = await Nameless.build(store)
    there = await make_org(store, "甘棠县团委", parent=scene.city)
    await make_person(store, there, "外县", number=OTHER_ADMIN, roles=(Role.ORGAN_ADMIN,))
    code = await scene.writes(ZHAO)
    for who in YOUTHS[1:3]:
        await scene.writes(who, "食堂太贵，想要一个微波炉")
    await scene.batch()
    for ref in await scene.refs():
        if WORDS in (await scene.says(ADMIN, f"查看心声 V{ref}"))[0]:
            return Out(scene, code, ref)
    raise AssertionError("it is not out")


@pytest_asyncio.fixture
async def out(store: Store, once: Once) -> Out:
    return await once(store, build_out)


# --- refused ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", [CADRE, CITY_ADMIN, OTHER_ADMIN, ZHAO, STRANGER])
async def test_nobody_but_the_organs_admins_sees_it_and_it_is_answered_like_one_that_does_not_exist(out, who) -> None:
    known = await out.scene.refs()
    missing = next(n for n in range(1000, 9999) if n not in known)
    before = await out.scene.count(AuditEntry, AuditEntry.action != "denied")
    for words in ("查看心声 V{}", "回复 V{} 你好", "上报 V{}", "办结 V{}", "分类 V{} 其他"):
        there = await out.scene.says(who, words.format(out.ref))
        assert there == await out.scene.says(who, words.format(missing))
        assert WORDS not in there[0]
    assert f"V{out.ref}" not in "".join(await out.scene.says(who, "心声列表"))
    assert f"V{out.ref}" not in "".join(await out.scene.says(who, "待办"))
    assert await out.scene.count(AuditEntry, AuditEntry.action != "denied") == before
    assert (await out.row()).state == AnonymousState.OPEN


async def test_what_waits_for_its_batch_stands_in_no_list_and_no_count(store: Store) -> None:
    scene = await Nameless.build(store)
    empty = await scene.says(ADMIN, "心声列表"), await scene.says(ADMIN, "待办")
    for who in YOUTHS[:6]:
        await scene.writes(who)
    assert (await scene.says(ADMIN, "心声列表"), await scene.says(ADMIN, "待办")) == empty
    assert scene.talk.shown(ADMIN)[-1:] == empty[1]


@pytest.mark.parametrize("who", [ZHAO, STRANGER])
async def test_wrong_codes_are_limited_and_then_a_right_one_is_refused_as_well(out, who) -> None:
    wrong = "K7M2-QXP9-3RTV-8WZA"
    for _ in range(5):
        assert (await out.scene.says(who, f"取件 {wrong}"))[0] == Refused("anonymous.code_unknown")
    locked = (await out.scene.says(who, f"取件 {out.code}"))[0]
    assert locked == Refused("anonymous.codes_locked", minutes=60)
    assert locked == (await out.scene.says(who, f"取件 {wrong}"))[0]
    assert (await out.scene.says(YOUTHS[4], f"取件 {out.code}"))[0] == Said(
        "anonymous/picked_up", state="open", answers=[]
    )
    out.scene.talk.advance(timedelta(hours=1))
    assert (await out.scene.says(who, f"取件 {out.code}"))[0] == Said("anonymous/picked_up", state="open", answers=[])


@pytest.mark.parametrize("told", ["", "123", "有用", "K7M2-QXP9-3RTV", "K7M2-QXP9-3RTV-8WZA 你好"])
async def test_what_is_no_code_or_no_word_shows_the_usage_and_counts_as_no_try(out, told) -> None:
    for _ in range(7):
        assert (await out.scene.says(ZHAO, f"取件 {told}"))[0] == Said("common/usage")
    assert (await out.scene.says(ZHAO, f"取件 {out.code}"))[0] == Said("anonymous/picked_up", state="open", answers=[])


async def test_in_a_group_a_code_is_not_looked_at(out) -> None:
    shown = (await out.scene.says(ZHAO, f"/取件 {out.code}", group="888"))[0]
    assert shown == Said("common/say_privately")
    assert out.code not in shown


@pytest.mark.parametrize("word", ["有用", "没解决", "不评价", "没解决上报"])
async def test_without_an_answer_there_is_nothing_to_rate(out, word) -> None:
    assert (await out.scene.says(ZHAO, f"取件 {out.code} {word}"))[0] == Refused("anonymous.nothing_to_rate")
    assert (await out.row()).said is None


@pytest.mark.rule("P37")
async def test_an_answer_with_a_secrecy_marking_and_an_empty_or_endless_one_are_refused(out) -> None:
    assert (await out.scene.says(ADMIN, f"回复 V{out.ref} 【机密】处理意见"))[0] == Refused("anonymous.answer_secret")
    assert (await out.scene.says(ADMIN, f"回复 V{out.ref}"))[0] == Said("common/content_asked")
    await out.scene.says(ADMIN, f"回复 V{out.ref} " + "好" * 1001)
    assert (await out.row()).state == AnonymousState.OPEN


async def test_without_an_answer_it_cannot_be_closed(out) -> None:
    assert (await out.scene.says(ADMIN, f"办结 V{out.ref}"))[0] == Refused("anonymous.answer_first")


# --- answered --------------------------------------------------------------------------------------------------------


async def test_an_answer_is_pulled_and_never_pushed(out) -> None:
    before = len(out.scene.talk.shown(ZHAO))
    told = (await out.scene.says(ADMIN, f"回复 V{out.ref} {ANSWER}"))[0]
    assert told == Said("anonymous/answered")
    await out.scene.tick()
    assert len(out.scene.talk.shown(ZHAO)) == before
    shown = (await out.scene.says(ZHAO, f"取件 {out.code}"))[0]
    assert ANSWER in shown
    assert "清河县团委" in shown
    for option in ("① 有用", "② 没解决", "③ 不评价"):
        assert option in shown


async def test_whoever_has_the_code_is_its_holder_on_any_account(out) -> None:
    await out.scene.says(ADMIN, f"回复 V{out.ref} {ANSWER}")
    assert ANSWER in (await out.scene.says(STRANGER, f"取件 {out.code.lower().replace('-', ' ')}"))[0]


@pytest.mark.parametrize("who", [ZHAO, STRANGER])
async def test_the_code_alone_is_understood_too(out, who) -> None:
    await out.scene.says(ADMIN, f"回复 V{out.ref} {ANSWER}")
    assert ANSWER in (await out.scene.says(who, out.code))[0]
    await out.scene.says(who, f"{out.code} 没解决")
    assert (await out.row()).said == "unsolved"
    assert (await out.scene.says(who, out.code[:-2]))[0] == Said("common/unknown", said=True)


async def test_picking_up_and_rating_leave_no_row_that_names_an_account(out) -> None:
    await out.scene.says(ADMIN, f"回复 V{out.ref} {ANSWER}")
    tables = (EventKey, OutboxMessage, Prompt, AuditEntry)
    before = [await out.scene.count(table) for table in tables]
    await out.scene.says(ZHAO, f"取件 {out.code}")
    assert (await out.scene.says(ZHAO, "1"))[0] == Said("anonymous/word_taken", word="helpful")
    await out.scene.says(ZHAO, f"取件 {out.code} 没解决")
    await out.scene.says(ZHAO, f"取件 {out.code} 删除")
    assert [await out.scene.count(table) for table in tables] == before


@pytest.mark.parametrize(("word", "said"), [("1", "helpful"), ("③", "unrated"), ("没解决", "unsolved")])
@pytest.mark.parametrize("who", [ZHAO, STRANGER])
async def test_a_bare_number_right_after_it_rates_and_the_code_with_a_word_always_does(out, who, word, said) -> None:
    await out.scene.says(ADMIN, f"回复 V{out.ref} {ANSWER}")
    await out.scene.says(who, f"取件 {out.code}")
    await out.scene.says(who, word)
    assert (await out.row()).said == said
    await out.scene.says(who, f"取件 {out.code} {word}")
    assert (await out.row()).said == said


async def test_a_bare_number_long_after_it_means_nothing(out) -> None:
    await out.scene.says(ADMIN, f"回复 V{out.ref} {ANSWER}")
    await out.scene.says(ZHAO, f"取件 {out.code}")
    out.scene.talk.advance(timedelta(minutes=15))
    assert (await out.scene.says(ZHAO, "1"))[0] == Said("common/nothing_asked")
    assert (await out.row()).said is None


async def test_while_another_question_is_open_only_words_with_the_code_rate(out) -> None:
    async with out.scene.store.unit() as unit:
        await ask_scope(unit, out.scene.people[ZHAO].person_id, ConsentScope.TALK_NOTES, None, consent_texts())
    await out.scene.talk.sender.pump()
    await out.scene.says(ADMIN, f"回复 V{out.ref} {ANSWER}")
    assert (await out.scene.says(ZHAO, f"取件 {out.code}"))[0] == Said("anonymous/picked_up", may_rate=True)
    await out.scene.says(ZHAO, "2")
    assert (await out.scene.count(Consent), (await out.row()).said) == (0, None)


@pytest.mark.parametrize(("word", "state"), [("有用", "closed"), ("不评价", "closed"), ("没解决", "open")])
async def test_the_organ_sees_the_writers_word_with_the_next_batch_and_not_before(out, word, state) -> None:
    await out.scene.says(ADMIN, f"回复 V{out.ref} {ANSWER}")
    before = [await out.scene.says(ADMIN, words) for words in ("心声列表", f"查看心声 V{out.ref}", "待办")]
    notices = len(out.scene.talk.shown(ADMIN))
    await out.scene.says(ZHAO, f"取件 {out.code} {word}")
    await out.scene.tick()
    assert len(out.scene.talk.shown(ADMIN)) == notices
    assert [await out.scene.says(ADMIN, words) for words in ("心声列表", f"查看心声 V{out.ref}", "待办")] == before
    await out.scene.batch()
    assert (await out.row()).state == state
    if word == "没解决":
        assert f"V{out.ref}" in out.scene.talk.last(ADMIN)


async def test_a_word_may_be_changed_until_the_batch(out) -> None:
    await out.scene.says(ADMIN, f"回复 V{out.ref} {ANSWER}")
    await out.scene.says(ZHAO, f"取件 {out.code} 没解决")
    assert "没解决" in (await out.scene.says(ZHAO, f"取件 {out.code}"))[0]
    await out.scene.says(ZHAO, f"取件 {out.code} 有用")
    await out.scene.batch()
    assert (await out.row()).state == AnonymousState.CLOSED


async def test_unsolved_and_up_goes_to_the_organ_above_sealed_anew(out) -> None:
    await out.scene.says(ADMIN, f"回复 V{out.ref} {ANSWER}")
    await out.scene.says(ZHAO, f"取件 {out.code} 没解决上报")
    await out.scene.batch()
    assert f"V{out.ref}" in out.scene.talk.last(CITY_ADMIN)
    shown = (await out.scene.says(CITY_ADMIN, f"查看心声 V{out.ref}"))[0]
    assert WORDS in shown
    assert ANSWER in shown
    assert (await out.scene.says(ADMIN, f"查看心声 V{out.ref}"))[0] == Refused("not_found")


async def test_the_organ_hands_it_up_with_a_note_and_keeps_nothing(out) -> None:
    assert (await out.scene.says(ADMIN, f"上报 V{out.ref} 超出县里的权限"))[0] == Said(
        "anonymous/raised", org="云川市团委"
    )
    assert (await out.scene.says(ADMIN, f"查看心声 V{out.ref}"))[0] == Refused("not_found")
    shown = (await out.scene.says(CITY_ADMIN, f"查看心声 V{out.ref}"))[0]
    assert shown == Said("anonymous/shown", note="超出县里的权限")
    assert (await out.scene.says(CITY_ADMIN, f"上报 V{out.ref}"))[0] == Refused("anonymous.nobody_above")
    assert WORDS in (await out.scene.says(CITY_ADMIN, f"查看心声 V{out.ref}"))[0]
    await out.scene.says(CITY_ADMIN, f"回复 V{out.ref} {ANSWER}")
    assert "云川市团委" in (await out.scene.says(ZHAO, f"取件 {out.code}"))[0]


async def test_seven_days_without_a_word_close_it_and_thirty_days_long_it_may_come_back(out) -> None:
    await out.scene.says(ADMIN, f"回复 V{out.ref} {ANSWER}")
    assert (await out.scene.says(ADMIN, f"办结 V{out.ref}"))[0] == Said("anonymous/closes")
    assert (await out.row()).state == AnonymousState.ANSWERED
    await out.scene.until(out.scene.talk.clock.now() + timedelta(days=7), timedelta(days=1))
    row = await out.row()
    assert (row.state, row.outcome) == (AnonymousState.CLOSED, "none")
    assert ANSWER in (await out.scene.says(ZHAO, f"取件 {out.code}"))[0]
    assert (await out.scene.says(ZHAO, f"取件 {out.code} 有用"))[0] == Refused("anonymous.nothing_to_rate")
    assert (await out.scene.says(ZHAO, f"取件 {out.code} 没解决"))[0] == Said("anonymous/word_taken", word="unsolved")
    await out.scene.batch()
    assert ((await out.row()).state, (await out.row()).reopened) == (AnonymousState.OPEN, 1)


async def test_the_holder_sorts_it_and_nobody_else(out) -> None:
    assert (await out.scene.says(ADMIN, f"分类 V{out.ref} 职场权益"))[0] == Said(
        "anonymous/sorted", category="职场权益"
    )
    assert (await out.row()).category == "labour_rights"
    assert (await out.scene.says(ADMIN, f"查看心声 V{out.ref}"))[0] == Said("anonymous/shown", category="职场权益")


async def test_a_reading_is_logged_with_nobodys_data_as_its_subject(out) -> None:
    reads = AuditEntry.action == "read.anonymous"
    before = await out.scene.count(AuditEntry, reads)
    await out.scene.says(ADMIN, f"查看心声 V{out.ref}")
    assert await out.scene.count(AuditEntry, reads) == before + 1
    assert await out.scene.count(AuditEntry, reads, AuditEntry.subject_id.is_not(None)) == 0


# --- deleted ---------------------------------------------------------------------------------------------------------


async def test_before_its_batch_a_deleted_one_leaves_no_row(store: Store) -> None:
    scene = await Nameless.build(store)
    code = await scene.writes(ZHAO)
    told = (await scene.says(STRANGER, f"取件 {code} 删除"))[0]
    assert told == Said("anonymous/erased", out=False)
    assert await scene.count(AnonymousVoice) == 0
    assert (await scene.says(ZHAO, f"取件 {code}"))[0] == Refused("anonymous.code_unknown")


async def test_after_it_the_words_go_at_once_and_the_entry_with_the_next_batch(out) -> None:
    await out.scene.says(ADMIN, f"回复 V{out.ref} {ANSWER}")
    listed = await out.scene.says(ADMIN, "心声列表")
    assert (await out.scene.says(ZHAO, f"取件 {out.code} 删除"))[0] == Said("anonymous/erased")
    row = await out.row()
    assert (row.text, row.answers, row.code_hash) == (None, None, None)
    assert await out.scene.says(ADMIN, "心声列表") == listed
    gone = (await out.scene.says(ADMIN, f"查看心声 V{out.ref}"))[0]
    assert WORDS not in gone
    assert gone == Said("anonymous/shown", gone=True)
    assert (await out.scene.says(ADMIN, f"回复 V{out.ref} 再补一句"))[0] == Refused("anonymous.gone")
    await out.scene.batch()
    assert f"V{out.ref}" not in (await out.scene.says(ADMIN, "心声列表"))[0]
    assert (await out.row()).outcome == "withdrawn"


async def test_erasing_a_person_leaves_anonymous_voices_and_says_so(out) -> None:
    rows = await out.scene.count(AnonymousVoice)
    asked = "\n".join(await out.scene.says(ZHAO, "删除我的数据"))
    assert "匿名留言" in asked
    assert "取件码" in asked
    await out.scene.says(ZHAO, "确认删除")
    assert await out.scene.count(AnonymousVoice) == rows
    assert (await out.scene.says(ZHAO, f"取件 {out.code}"))[0] == Said("anonymous/picked_up", state="open", answers=[])
    assert (await out.scene.says(ZHAO, "匿名"))[0] == Said("anonymous/say")


# --- time ------------------------------------------------------------------------------------------------------------


async def test_the_holder_is_reminded_after_three_workdays_and_the_organ_above_after_five(out) -> None:
    told = {who: len(out.scene.talk.shown(who)) for who in (ADMIN, CITY_ADMIN)}
    now = out.scene.talk.clock.now()  # Thursday evening
    await out.scene.until(now.replace(hour=22) + timedelta(days=4), timedelta(hours=8))  # Monday: two workdays
    assert {who: len(out.scene.talk.shown(who)) for who in told} == told
    await out.scene.until(now + timedelta(days=6), timedelta(hours=8))  # Wednesday
    assert len(out.scene.talk.shown(ADMIN)) == told[ADMIN] + 1
    assert f"V{out.ref}" in out.scene.talk.last(ADMIN)
    assert len(out.scene.talk.shown(CITY_ADMIN)) == told[CITY_ADMIN]
    await out.scene.until(now + timedelta(days=11), timedelta(hours=8))
    assert len(out.scene.talk.shown(ADMIN)) == told[ADMIN] + 1
    assert len(out.scene.talk.shown(CITY_ADMIN)) == told[CITY_ADMIN] + 1
    late = out.scene.talk.last(CITY_ADMIN)
    assert late == Said("anonymous/late", org="清河县团委")
    assert "#V" not in late


async def test_an_urgent_one_that_nobody_answers_is_brought_up_after_one_workday(out) -> None:
    await out.scene.says(ZHAO, "匿名 紧急 隔壁有人打架")
    await out.scene.says(ZHAO, "1")
    told = len(out.scene.talk.shown(ADMIN))
    now = out.scene.talk.clock.now()  # Thursday evening
    await out.scene.until(now + timedelta(hours=20), timedelta(hours=4))
    assert len(out.scene.talk.shown(ADMIN)) == told + 1
    assert out.scene.talk.last(ADMIN) == Said("anonymous/due", workdays=1)


async def test_a_year_after_closing_the_row_is_gone(out) -> None:
    await out.scene.says(ADMIN, f"回复 V{out.ref} {ANSWER}")
    await out.scene.says(ZHAO, f"取件 {out.code} 有用")
    await out.scene.batch()
    for days, left in ((364, 3), (2, 0)):
        out.scene.talk.advance(timedelta(days=days))
        await do_due(out.scene.store, out.scene.talk.clock.now(), "rights.expire")
        # The other two were never answered: they run out a year after their batch, before this one.
        assert await out.scene.count(AnonymousVoice, AnonymousVoice.ref == out.ref) == (1 if left else 0)
    assert (await out.scene.says(ZHAO, f"取件 {out.code}"))[0] == Refused("anonymous.code_unknown")
    assert await out.scene.count(AnonymousVoice) == 0
