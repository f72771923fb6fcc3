"""匿名, as people see it: the warning first, nothing sent without a yes, nothing left of what was not (P23, S3)."""

from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import delete

from bot.chat.text import consent_texts
from bot.core.acts.consent import ask_scope
from bot.core.reads.people import find_chat
from bot.core.rules.consent import ConsentScope
from bot.core.rules.people import Role
from bot.core.tables import Consent, Crisis
from bot.features.anonymous.tables import AnonymousVoice, place_of
from bot.features.talk.tables import TalkMessage
from bot.store.delivery import AuditEntry, EventKey, OutboxMessage, Prompt
from bot.store.people import RoleGrant
from bot.store.store import Store
from tests.harness import BOT, Talkers
from tests.nameless import ADMIN, CADRE, CITY_ADMIN, DUTY, STRANGER, WORDS, YOUTHS, ZHAO, Nameless, code_in
from tests.people_built import make_consent
from tests.played import Once
from tests.said import Refused, Said
from tests.ticking import do_due

DANGER = "我不想活了"


@pytest_asyncio.fixture
async def scene(store: Store, once: Once) -> Nameless:
    return await once(store, Nameless.build)


async def nothing_is_kept(scene: Nameless) -> bool:
    return await scene.count(AnonymousVoice) == 0 and await scene.count(Prompt) == 0


# --- refused ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["/匿名 {}", "/匿名：{}", "/匿名\n{}", "/匿名", "/匿名留言 {}", "/匿名 紧急 {}"])
@pytest.mark.parametrize("who", [ZHAO, STRANGER])
async def test_in_a_group_it_is_not_carried_out_recall_is_asked_and_nothing_is_stored(scene, who, words) -> None:
    before = [await scene.count(table) for table in (EventKey, OutboxMessage, Prompt, AuditEntry)]
    told = (await scene.says(who, words.format(WORDS), group="888"))[0]
    assert told == Said("common/say_privately")
    assert WORDS not in told
    assert await nothing_is_kept(scene)
    assert [await scene.count(table) for table in (EventKey, OutboxMessage, Prompt, AuditEntry)] == before


async def test_in_a_group_with_an_open_talk_it_is_not_recorded_either(scene) -> None:
    async with scene.store.read() as session:
        chat = await find_chat(session, channel="qq", bot_id=BOT, native_id="888")
    await make_consent(scene.store, scene.people[ZHAO], ConsentScope.ORIGINAL_MESSAGES, chat)
    await scene.says(CADRE, "/谈心 开始", group="888")
    await scene.says(ZHAO, f"/匿名 {WORDS}", group="888")
    assert await scene.count(TalkMessage) == 0


@pytest.mark.parametrize(
    ("words", "why"),
    [("喂", "字"), ("很" * 2001, "字"), ("【机密】会议纪要说要裁人", "密级"), ("\u200b\u200b", "说清楚")],
)
async def test_what_cannot_be_kept_is_told_and_not_kept(scene, words, why) -> None:
    assert why in (await scene.says(ZHAO, f"匿名 {words}"))[0]
    assert await scene.count(AnonymousVoice) == 0


async def test_where_nobody_could_read_it_nothing_is_taken(scene) -> None:
    async with scene.store.unit() as unit:
        await unit.session.execute(delete(RoleGrant).where(RoleGrant.role == Role.ORGAN_ADMIN.value))
    for who in (ZHAO, STRANGER):
        assert (await scene.says(who, f"匿名 {WORDS}"))[0] == Refused("anonymous.nobody")
        assert (await scene.says(who, "匿名"))[0] == Refused("anonymous.nobody")
    assert await nothing_is_kept(scene)


@pytest.mark.parametrize("no", ["3", "③", "不发了", "不发了。"])
@pytest.mark.parametrize("who", [ZHAO, STRANGER])
async def test_a_no_leaves_nothing(scene, who, no) -> None:
    await scene.says(who, f"匿名 {WORDS}")
    assert (await scene.says(who, no))[0] == Said("anonymous/dropped")
    assert await nothing_is_kept(scene)
    assert (await scene.says(who, "1"))[0] == Said("common/nothing_asked")


async def test_a_draft_that_nobody_answers_is_gone_after_half_an_hour(scene) -> None:
    await scene.says(ZHAO, f"匿名 {WORDS}")
    await scene.says(STRANGER, f"匿名 {WORDS}")
    scene.talk.advance(timedelta(minutes=30))
    await do_due(scene.store, scene.talk.clock.now(), "core.questions")
    assert await nothing_is_kept(scene)
    for who in (ZHAO, STRANGER):
        assert (await scene.says(who, "1"))[0] == Said("common/nothing_asked")
    assert await scene.count(AnonymousVoice) == 0


async def test_one_account_cannot_drown_the_others(scene) -> None:
    for who in (ZHAO, STRANGER):
        for n in range(5):
            await scene.writes(who, f"{WORDS}，第 {n} 条")
        assert (await scene.says(who, f"匿名 {WORDS}"))[0] == Refused("anonymous.enough")
    assert await scene.count(AnonymousVoice) == 10
    assert (await scene.says(ZHAO, f"匿名 紧急 {WORDS}"))[0] == Said("anonymous/urgent")
    await scene.says(ZHAO, "2")
    assert "① 让值班" in "\n".join(await scene.says(ZHAO, f"匿名 {DANGER}"))
    scene.talk.advance(timedelta(days=1))
    await scene.writes(ZHAO)


@pytest.mark.parametrize(
    "words", [f"匿名 {WORDS}", "匿名", "取件 K7M2-QXP9-3RTV-8WZA", f"匿名 紧急 {WORDS}", f"匿名 {DANGER}"]
)
async def test_while_somebody_is_being_talked_with_it_is_not_passed_on_to_them(scene, words) -> None:
    await scene.says(ZHAO, "找人聊聊")
    await scene.says(CADRE, "1")
    before = len(scene.talk.shown(CADRE))
    await scene.says(ZHAO, "在吗")
    assert scene.talk.last(CADRE) == Said("relay/words", words="在吗")  # they are being talked with
    await scene.says(ZHAO, words)
    await scene.says(ZHAO, WORDS)
    await scene.says(ZHAO, "不发了")
    assert len(scene.talk.shown(CADRE)) == before + (3 if words.startswith("取件") else 1)
    assert not any(secret in shown for shown in scene.talk.shown(CADRE) for secret in ("匿名", "取件", DANGER))


# --- the warning -----------------------------------------------------------------------------------------------------


@pytest.mark.rule("P23")
@pytest.mark.parametrize("who", [ZHAO, STRANGER])
async def test_before_anything_is_said_the_limits_are_told_honestly(scene, who) -> None:
    told = (await scene.says(who, "匿名"))[0]
    for honest in ("平台", "网关", "服务器", "口气", "只有你知道的事", "哪一周", "取件码", "请说", "上一级", "管理员"):
        assert honest in told


@pytest.mark.parametrize("who", [ZHAO, STRANGER])
async def test_what_is_said_is_shown_a_warning_and_may_be_changed_before_it_is_sent(scene, who) -> None:
    await scene.says(who, "匿名")
    warned = (await scene.says(who, f"{WORDS}，电话 13812345678"))[0]
    assert warned == Said("anonymous/send", details=["phone"])
    assert (await scene.says(who, "2"))[0] == Said("anonymous/say")
    warned = (await scene.says(who, WORDS))[0]
    assert warned == Said("anonymous/send", details=[])
    assert await scene.count(AnonymousVoice) == 0
    sent = await scene.says(who, "1")
    assert sent[0] == Said("anonymous/received")
    assert code_in(sent)
    assert (await scene.count(AnonymousVoice), await scene.count(Prompt)) == (1, 0)


async def test_it_says_which_organ_reads_it(scene) -> None:
    assert (await scene.says(ZHAO, f"匿名 {WORDS}"))[0] == Said("anonymous/send", org="清河县团委")
    assert (await scene.says(STRANGER, f"匿名 {WORDS}"))[0] == Said("anonymous/send", org="云川市团委")


async def test_commands_in_between_leave_the_draft_open(scene) -> None:
    await scene.says(ZHAO, "匿名")
    await scene.says(ZHAO, "我是谁")
    await scene.says(ZHAO, WORDS)
    await scene.says(ZHAO, "帮助")
    assert code_in(await scene.says(ZHAO, "①"))


async def test_a_new_draft_takes_the_place_of_the_old_one(scene) -> None:
    for who in (ZHAO, STRANGER):
        await scene.says(who, "匿名 第一次说的话")
        await scene.says(who, "匿名 第二次说的话")
    assert await scene.count(Prompt) == 0
    await scene.says(ZHAO, "1")
    await scene.says(STRANGER, "1")
    assert await scene.count(AnonymousVoice) == 2
    await scene.batch()
    assert (await scene.says(ZHAO, "1"))[0] == Said("common/nothing_asked")


async def test_words_that_cannot_be_kept_leave_the_question_open(scene) -> None:
    for who in (ZHAO, STRANGER):
        await scene.says(who, "匿名")
        assert (await scene.says(who, "【机密】会议纪要说要裁人"))[0] == Refused("anonymous.secrecy")
        await scene.says(who, WORDS)
        assert code_in(await scene.says(who, "1"))


# --- sent ------------------------------------------------------------------------------------------------------------


async def test_the_receipt_says_the_code_comes_once_and_what_to_do_without_it(scene) -> None:
    await scene.says(ZHAO, f"匿名 {WORDS}")
    receipt, code = await scene.says(ZHAO, "1")
    assert receipt == Said("anonymous/received")
    assert code == Said("anonymous/code")
    assert code_in([code])


async def test_the_same_event_twice_has_one_effect_and_one_code(scene) -> None:
    await scene.says(ZHAO, f"匿名 {WORDS}", message_id="70")
    assert await scene.says(ZHAO, f"匿名 {WORDS}", message_id="70") == []
    first = await scene.says(ZHAO, "1", message_id="71")
    again = await scene.says(ZHAO, "1", message_id="71")
    assert code_in(first)
    assert not any("取件码" in text for text in again)
    await scene.says(STRANGER, f"匿名 {WORDS}", message_id="72")
    await scene.says(STRANGER, "1", message_id="73")
    await scene.says(STRANGER, "1", message_id="73")
    assert await scene.count(AnonymousVoice) == 2


async def test_a_kill_after_the_commit_loses_the_code_and_not_the_voice(scene, monkeypatch) -> None:
    await scene.says(ZHAO, f"匿名 {WORDS}")
    with monkeypatch.context() as patch:  # the process dies before anything that follows the commit
        patch.setattr("bot.store.unit.Unit.committed", lambda _unit: None)
        patch.setattr(scene.talk.sender, "pump", lambda **_: _nothing())
        assert await scene.says(ZHAO, "1") == []
    talk = await Talkers.open(scene.store)
    await talk.sender.start()
    await talk.sender.stop()
    talk = await Talkers.open(scene.store)
    await talk.sender.pump()
    assert talk.shown(ZHAO) == [Said("anonymous/received")]
    assert "取件码：" not in talk.last(ZHAO)
    assert await scene.count(AnonymousVoice) == 1


async def _nothing() -> None:
    return None


async def test_a_question_that_was_open_comes_back_and_a_second_tap_does_not_answer_it(scene) -> None:
    async with scene.store.unit() as unit:
        await ask_scope(unit, scene.people[ZHAO].person_id, ConsentScope.TALK_NOTES, None, consent_texts())
    await scene.talk.sender.pump()
    await scene.says(ZHAO, f"匿名 {WORDS}")
    one, two = scene.talk.incoming(ZHAO, "1"), scene.talk.incoming(ZHAO, "1")
    first, second = scene.talk.gate.arrive(one), scene.talk.gate.arrive(two)  # both taps came before either was handled
    assert first is not None
    assert second is not None
    await first
    await second
    await scene.talk.sender.pump()
    assert await scene.count(Consent) == 0
    assert await scene.count(AnonymousVoice) == 1
    assert "要点" in "\n".join(scene.talk.shown(ZHAO)[-3:])
    await scene.says(ZHAO, "1")
    assert await scene.count(Consent) == 1


async def test_what_was_shown_last_is_what_a_number_answers(scene) -> None:
    """A question that arrives while a draft waits takes the number; the draft waits on, and is sent by its word."""
    await scene.says(ZHAO, f"匿名 {WORDS}")
    scene.talk.advance(timedelta(seconds=5))
    async with scene.store.unit() as unit:
        await ask_scope(unit, scene.people[ZHAO].person_id, ConsentScope.TALK_NOTES, None, consent_texts())
    await scene.talk.sender.pump()
    scene.talk.advance(timedelta(seconds=5))
    await scene.says(ZHAO, "1")
    assert (await scene.count(Consent), await scene.count(AnonymousVoice)) == (1, 0)
    await scene.says(ZHAO, "1")
    assert (await scene.count(Consent), await scene.count(AnonymousVoice)) == (1, 1)


# --- 紧急 ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", [ZHAO, STRANGER])
async def test_urgent_says_first_that_it_is_seen_at_once_and_asks(scene, who) -> None:
    told = (await scene.says(who, f"匿名 紧急 {WORDS}"))[0]
    assert told == Said("anonymous/urgent")
    assert scene.talk.shown(DUTY) == []
    assert (await scene.says(who, "2"))[0] == Said("anonymous/dropped")
    assert scene.talk.shown(DUTY) == []
    assert await nothing_is_kept(scene)


async def test_an_urgent_one_goes_to_those_on_duty_without_a_batch_and_without_a_name(scene) -> None:
    scene.talk.advance(timedelta(hours=14))  # midnight
    await scene.says(ZHAO, f"匿名 紧急 {WORDS}")
    receipt = (await scene.says(ZHAO, "1"))[0]
    assert receipt == Said("anonymous/received", urgent=True)
    call = scene.talk.last(DUTY)
    (ref,) = await scene.refs()
    assert f"#V{ref}" in call
    assert "小0" not in call
    assert ZHAO not in call
    assert WORDS not in call
    assert scene.talk.shown(ADMIN) == []
    assert WORDS in (await scene.says(DUTY, f"查看心声 V{ref}"))[0]
    assert WORDS in (await scene.says(ADMIN, f"查看心声 V{ref}"))[0]
    assert "紧急" in (await scene.says(DUTY, "心声列表"))[0]


async def test_an_urgent_one_of_a_bare_command_asks_too(scene) -> None:
    await scene.says(ZHAO, "匿名 紧急")
    assert (await scene.says(ZHAO, WORDS))[0] == Said("anonymous/urgent")


async def test_without_anybody_on_duty_the_organs_admins_are_called(store: Store) -> None:
    scene = await Nameless.build(store, duty=False)
    await scene.says(ZHAO, f"匿名 紧急 {WORDS}")
    await scene.says(ZHAO, "1")
    assert scene.talk.last(ADMIN) == Said("anonymous/alarm")


async def test_those_on_duty_see_nothing_that_is_not_urgent(scene) -> None:
    for who in YOUTHS[:3]:
        await scene.writes(who)
    await scene.batch()
    for ref in await scene.refs():
        assert (await scene.says(DUTY, f"查看心声 V{ref}"))[0] == Refused("not_found")
    assert "#V" not in (await scene.says(DUTY, "心声列表"))[0]


# --- words of danger -------------------------------------------------------------------------------------------------


@pytest.mark.rule("P23")
@pytest.mark.parametrize("bare", [True, False])
@pytest.mark.parametrize("who", [ZHAO, STRANGER])
async def test_words_of_danger_get_the_numbers_at_once_and_open_nothing_in_a_name(scene, who, bare) -> None:
    if bare:
        await scene.says(who, "匿名")
    shown = await scene.says(who, DANGER if bare else f"匿名 {DANGER}")
    told = "\n".join(shown)
    for number in ("12356", "12355", "110", "120"):
        assert number in told
    assert Said("anonymous/danger") in shown
    assert await scene.count(Crisis) == 0
    assert await scene.count(AuditEntry, AuditEntry.action.startswith("crisis.")) == 0
    assert scene.talk.shown(DUTY) == []
    await scene.says(who, "不发了")
    assert await nothing_is_kept(scene)
    assert await scene.count(Crisis) == 0


@pytest.mark.parametrize(("who", "send"), [(ZHAO, "2"), (STRANGER, "1")])
async def test_sent_they_are_seen_by_those_on_duty_at_once_and_their_writer_is_told_so(scene, who, send) -> None:
    assert Said("anonymous/danger") in await scene.says(who, f"匿名 {DANGER}")
    receipt, code = await scene.says(who, send)
    assert receipt == Said("anonymous/received", urgent=True)
    assert code_in([code])
    (ref,) = await scene.refs()
    readers = (DUTY,) if who == ZHAO else (CITY_ADMIN,)  # nobody is on duty at the city
    for reader in readers:
        assert f"#V{ref}" in scene.talk.last(reader)
    assert await scene.count(Crisis) == 0


@pytest.mark.parametrize("yes", ["1", "①", "1 别告诉我爸妈", "1 我真的不想活了"])
async def test_only_the_first_answer_opens_a_crisis_and_the_words_are_not_kept(scene, yes) -> None:
    await scene.says(ZHAO, f"匿名 {DANGER}")
    assert Said("crisis/called") in await scene.says(ZHAO, yes)
    assert scene.talk.last(DUTY) == Said("crisis/call", name="小0")
    assert await scene.count(Crisis, Crisis.person_id == scene.people[ZHAO].person_id) == 1
    assert await scene.count(AnonymousVoice) == 0
    assert await scene.count(Prompt, Prompt.person_id == scene.people[ZHAO].person_id) == 0


async def test_a_stranger_is_offered_no_contact_that_cannot_be_kept(scene) -> None:
    shown = "\n".join(await scene.says(STRANGER, f"匿名 {DANGER}"))
    assert "联系我" not in shown


@pytest.mark.parametrize("opened", ["匿名 食堂太贵了", "匿名 紧急 隔壁有人打架", f"匿名 {DANGER}"])
async def test_words_of_danger_while_a_draft_waits_belong_to_it_and_offer_a_contact(scene, opened) -> None:
    await scene.says(ZHAO, opened)
    told = "\n".join(await scene.says(ZHAO, "我真的不想活了，明天就去跳楼"))
    assert "12356" in told
    assert "联系我" in told
    assert (await scene.count(Crisis), await scene.count(AnonymousVoice)) == (0, 0)
    await scene.says(ZHAO, "2")
    (ref,) = await scene.refs()
    shown = (await scene.says(DUTY, f"查看心声 V{ref}"))[0]
    assert "跳楼" in shown
    assert opened.split()[-1] in shown


@pytest.mark.parametrize("who", [ZHAO, STRANGER])
async def test_other_words_while_a_draft_waits_change_nothing(scene, who) -> None:
    await scene.says(who, f"匿名 {WORDS}")
    assert (await scene.says(who, "嗯嗯谢谢你"))[0] == Refused("anonymous.choose", options=3)
    await scene.says(who, "1")
    for other in YOUTHS[1:4]:
        await scene.writes(other)
    rows = await scene.rows()
    async with scene.store.read() as session:
        texts = [await scene.store.vault.read(session, place_of(row.key, "text"), row.text) for row in rows]
    assert texts == [WORDS] * 4


@pytest.mark.parametrize("after", ["", "取件 {}", "取件 {} " + DANGER])
async def test_a_cry_for_help_beside_a_code_is_answered_like_any_other(scene, after) -> None:
    """Looking up a code is no way of writing: somebody may be asked to make contact."""
    code = await scene.writes(ZHAO)
    shown = await scene.says(ZHAO, after.format(code)) if after else []
    if DANGER not in after:
        shown = await scene.says(ZHAO, DANGER)
    assert "12356" in "\n".join(shown)
    assert "现在联系你" in "\n".join(shown)


async def test_other_private_words_of_danger_still_open_a_crisis(scene) -> None:
    await scene.says(ZHAO, DANGER)
    assert await scene.count(Crisis) == 1


async def test_the_numbers_come_even_when_the_database_refuses_to_answer(scene, monkeypatch) -> None:
    await scene.says(ZHAO, "匿名")

    def refuses(*_: object, **__: object) -> None:
        raise RuntimeError("no database")

    with monkeypatch.context() as patch:
        patch.setattr(scene.store, "unit", refuses)
        patch.setattr("bot.chat.addressed.identify_asked", refuses)
        shown = await scene.says(ZHAO, DANGER)
    assert "12356" in "\n".join(shown)
    assert await scene.count(Crisis) == 0
