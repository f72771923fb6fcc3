"""数据权利, as people see them: only ever one's own data, asked for in private, done at once (P7, P15, S3)."""

import asyncio
import io
import json
import re
import zipfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import delete, func, select, text

from bot.channels.port import Delivery, Outcome
from bot.core.rules.consent import ConsentScope
from bot.core.rules.people import Actor, Role
from bot.core.tables import Consent, Download, Receipt
from bot.features.rights.tables import RightsRequest
from bot.store.chat import Chat
from bot.store.delivery import AuditEntry, OutboxMessage, Prompt
from bot.store.people import OrgUnit, Person
from bot.store.store import Store
from tests.harness import BOT, Talkers
from tests.people_built import make_cadre, make_chat, make_consent, make_org, make_person, make_youth
from tests.played import Once
from tests.said import Refused, Said, fields
from tests.talks_built import make_talk
from tests.ticking import do_due

YOUTH, OTHER, CADRE, OFFICER = "20001", "20002", "10001", "10003"
PRIVATE_ONLY = (
    "看我的数据",
    "导出我的数据",
    "更正 称呼 小雨",
    "删除我的数据",
    "确认删除",
    "谁看过我的数据",
    "联系负责人",
)


class Scene:
    """A county with one cadre and two youths in a linked group."""

    def __init__(self, talk: Talkers, org: OrgUnit, cadre: Actor, youth: Actor, other: Actor) -> None:
        self.talk, self.org, self.cadre, self.youth, self.other = talk, org, cadre, youth, other
        self.store = talk.store


async def build_scene(store: Store) -> Scene:
    org = await make_org(store, "清河县团委")
    cadre = await make_cadre(store, org, number=CADRE)
    chat = await make_chat(store, org, cadre)
    youth = await make_youth(store, org, "陈一诺", YOUTH, cadre=cadre, chat=chat)
    other = await make_youth(store, org, "阿凯", OTHER, cadre=cadre, chat=chat)
    for person in (youth, other):
        await make_consent(store, person, ConsentScope.PROFILE)
        await make_consent(store, person, ConsentScope.TALK_NOTES)
    return Scene(await Talkers.open(store), org, cadre, youth, other)


@pytest_asyncio.fixture
async def scene(any_store: Store, tmp_path: Path, once: Once) -> Scene:
    any_store.tombstones = tmp_path / "erased.log"
    return await once(any_store, build_scene)


async def count(store: Store, table: Any, *where: Any) -> int:
    async with store.read() as session:
        return (await session.execute(select(func.count()).select_from(table).where(*where))).scalar_one()


async def officer(scene: Scene) -> Actor:
    return await make_person(scene.store, scene.org, "周老师", number=OFFICER, roles=(Role.PRIVACY_OFFICER,))


# --- refused ---------------------------------------------------------------------------------------------------------


@pytest.mark.rule("P7")
@pytest.mark.parametrize("words", PRIVATE_ONLY)
async def test_in_a_group_nothing_is_carried_out(scene: Scene, words: str) -> None:
    before = await count(scene.store, AuditEntry)
    (said,) = await scene.talk.says(YOUTH, "/" + words, group="888")
    assert said == Said("common/say_privately")
    assert "陈一诺" not in said
    assert await count(scene.store, AuditEntry) == before
    assert scene.talk.shown(YOUTH) == []


@pytest.mark.parametrize("words", ["看我的数据", "导出我的数据", "删除我的数据", "谁看过我的数据", "联系负责人"])
async def test_a_stranger_hears_that_nothing_is_held(scene: Scene, words: str) -> None:
    (said,) = await scene.talk.says("99999", words)
    assert "没有存你的任何数据" in said
    assert await count(scene.store, RightsRequest) == 0
    assert scene.talk.channel.files == []


async def test_a_stranger_cannot_confirm_or_correct(scene: Scene) -> None:
    assert (await scene.talk.says("99999", "确认删除"))[0] == Refused("rights.nothing_to_confirm")
    assert "改好了" not in (await scene.talk.says("99999", "更正 称呼 小雨"))[0]
    assert await count(scene.store, Person) == 3


# --- seeing ----------------------------------------------------------------------------------------------------------


@pytest.mark.rule("P7")
async def test_what_is_held_is_told_kind_by_kind_and_only_ones_own(scene: Scene) -> None:
    (said,) = await scene.talk.says(YOUTH, "看我的数据")
    assert all(word in said for word in ("陈一诺", "清河县团委", "18", "林晓舟", "有效的同意 2 项", "没有聊天内容"))
    assert said == Said("rights/held", reads=0)
    assert "阿凯" not in said
    assert OTHER not in said


async def test_waiting_questions_are_part_of_what_is_held(scene: Scene) -> None:
    await scene.talk.says(YOUTH, "删除我的数据")
    assert (await scene.talk.says(YOUTH, "看我的数据"))[0] == Said("rights/held", figures={"questions": 1})


@pytest.mark.rule("P15")
async def test_reads_show_day_role_kind_and_reason_but_no_name_and_not_ones_own(scene: Scene) -> None:
    async with scene.store.unit() as unit:
        for actor, role in ((scene.cadre, Role.CADRE), (scene.cadre, Role.CADRE), (scene.youth, Role.YOUTH)):
            await unit.audit(actor, "read.talk", role=role, subject_id=scene.youth.person_id, ref="#T4821")
        await unit.audit(scene.cadre, "read.talk", role=Role.CADRE, subject_id=scene.other.person_id, ref="#T9999")
    (said,) = await scene.talk.says(YOUTH, "谁看过我的数据")
    assert "2026 年 11 月 24 日" in said
    assert said == Said("rights/reads", lines=[{"read": {"action": "read.talk", "ref": "#T4821", "times": 2}}])
    assert "林晓舟" not in said
    assert "#T9999" not in said
    assert (await scene.talk.says(YOUTH, "看我的数据"))[0] == Said("rights/held", reads=1)


async def test_nobody_has_read_anything_is_said_so(scene: Scene) -> None:
    assert (await scene.talk.says(YOUTH, "谁看过我的数据"))[0] == Said("rights/reads", lines=[])


# --- exporting -------------------------------------------------------------------------------------------------------


def opened(content: bytes) -> dict[str, str]:
    with zipfile.ZipFile(io.BytesIO(content)) as zipped:
        return {name: zipped.read(name).decode() for name in zipped.namelist()}


@pytest.mark.rule("P7")
async def test_the_export_is_text_in_chat_and_a_zip_with_a_page_and_json(scene: Scene) -> None:
    said = await scene.talk.says(YOUTH, "导出我的数据")
    assert "陈一诺" in said[0]
    assert "阿凯" not in "".join(said)
    ((to, name, content),) = scene.talk.channel.files
    assert (to, name) == (YOUTH, "我的数据.zip")
    files = opened(content)
    page, data = files["我的数据.html"], json.loads(files["data.json"])
    assert data["person"]["name"] == "陈一诺"
    assert data["accounts"][0]["account"] == YOUTH
    assert {c["scope"] for c in data["consents"]} == {"profile", "talk_notes"}
    assert "陈一诺" in page
    assert "阿凯" not in page + files["data.json"]
    assert "<script" not in page
    assert "http://" not in page
    assert "https://" not in page


async def test_an_export_that_would_flood_the_chat_is_handed_over_as_a_file_only(scene: Scene) -> None:
    async with scene.store.read() as session:
        chat = (await session.execute(select(Chat))).scalar_one()
    words = "夜班太多了" * 200
    await make_talk(scene.store, chat, scene.cadre, *[(scene.youth, words)] * 40)
    assert await scene.talk.says(YOUTH, "导出我的数据") == [Said("rights/export_long")]
    ((_, _, content),) = scene.talk.channel.files
    assert opened(content)["data.json"].count(words) == 40


async def written(scene: Scene, sentences: int) -> str:
    """A youth of whom so many long sentences are kept; each has its number."""
    async with scene.store.read() as session:
        chat = (await session.execute(select(Chat))).scalar_one()
    words = [f"第{number}句" + "夜班太多了" * 200 for number in range(sentences)]
    await make_talk(scene.store, chat, scene.cadre, *[(scene.youth, one) for one in words])
    return words[0][3:]


@pytest.mark.rule("P7")
async def test_where_neither_file_nor_link_can_be_opened_all_of_it_comes_page_by_page(scene: Scene) -> None:
    words = await written(scene, 40)
    scene.talk.channel.outcomes[YOUTH] = [Delivery(Outcome.SENT, native_id="1"), Delivery(Outcome.FAILED)]
    (link,) = await scene.talk.says(YOUTH, "导出我的数据")
    assert link == Said("rights/export_link", pages=4)
    pages = []
    for _ in range(4):
        said = await scene.talk.says(YOUTH, "更多")
        assert said[-1].rstrip().endswith("。")
        pages += said
        assert len(said) <= 11
        await scene.talk.says(YOUTH, "待办")  # whatever is said between
    assert "".join(pages).replace("\n", "").count(words) == 40
    assert await scene.talk.says(YOUTH, "更多") == [Said("rights/no_more", of=0)]


async def test_a_page_is_named_by_its_number_also_after_a_restart(scene: Scene) -> None:
    await written(scene, 40)
    assert await scene.talk.says(YOUTH, "更多") == [Said("rights/no_more", of=0)]
    assert await scene.talk.says(YOUTH, "更多 2") == [Said("rights/no_more", of=0)]
    await scene.talk.says(YOUTH, "导出我的数据")
    again = await Talkers.open(scene.store)
    again.advance(timedelta(minutes=1))
    pages = [await again.says(YOUTH, words) for words in ("更多", "更多 3", "更多 2", "更多", "更多")]
    assert pages[1] == pages[3]
    told = "".join(map("".join, pages))
    assert [number for number in range(40) if f"第{number}句" not in told] == []
    for page in ("更多 5", "更多 0", "更多 99999999999", "更多 ９"):
        assert await again.says(YOUTH, page) in ([Said("rights/no_more", of=4)], [Said("rights/no_more", of=0)])
    assert await again.says("99999", "更多") == [Said("rights/nothing_held")]
    again.advance(timedelta(days=2))
    assert await again.says(YOUTH, "更多 1") == [Said("rights/no_more", of=0)]


async def test_what_was_shown_whole_has_no_more(scene: Scene) -> None:
    await scene.talk.says(YOUTH, "导出我的数据")
    assert await scene.talk.says(YOUTH, "更多") == [Said("rights/no_more", of=0)]


async def test_hostile_names_stay_words_on_the_page(scene: Scene) -> None:
    await scene.talk.says(YOUTH, "更正 称呼 <img src=x>{{7*7}}")
    await scene.talk.says(YOUTH, "导出我的数据")
    page = opened(scene.talk.channel.files[0][2])["我的数据.html"]
    assert "<img" not in page
    assert "&lt;img src=x&gt;{{7*7}}" in page


@pytest.mark.rule("P15")
async def test_the_export_is_audited_with_counts_and_leaves_no_name_in_the_audit(scene: Scene) -> None:
    await scene.talk.says(YOUTH, "导出我的数据")
    async with scene.store.read() as session:
        row = (await session.execute(select(AuditEntry).where(AuditEntry.action == "rights.exported"))).scalar_one()
    assert row.facts["rows"]["consents"] == 2
    assert row.subject_id == scene.youth.person_id
    assert "陈一诺" not in repr(row.facts)


async def test_a_gateway_that_refuses_the_file_brings_a_one_time_link(scene: Scene) -> None:
    scene.talk.channel.outcomes[YOUTH] = [
        Delivery(Outcome.SENT, native_id="1"),
        Delivery(Outcome.FAILED, error="no upload"),
    ]
    said = await scene.talk.says(YOUTH, "导出我的数据")
    assert any("http://127.0.0.1:8080/x/" in one and one == Said("rights/export_link", minutes=15) for one in said)


async def test_without_an_upload_the_link_comes_at_once(scene: Scene) -> None:
    scene.talk.router._exchange.services = replace(scene.talk.services, can_upload=lambda _bot: False)
    said = await scene.talk.says(YOUTH, "导出我的数据")
    assert scene.talk.channel.files == []
    token = next(one for one in said if "/x/" in one).partition("/x/")[2].split()[0]
    async with scene.store.read() as session:
        row = (await session.execute(select(Download))).scalar_one()
    assert token.encode() not in row.token_hash + row.content


@pytest.mark.parametrize("upload", [True, False])
async def test_a_link_that_opens_nothing_any_more_is_not_said_again(scene: Scene, upload: bool) -> None:
    """Its outcome is unknown, and it was used, or its time is over, before it would be sent once more."""
    scene.talk.router._exchange.services = replace(scene.talk.services, can_upload=lambda _bot: upload)
    unknown = Delivery(Outcome.UNKNOWN)
    scene.talk.channel.outcomes[YOUTH] = [Delivery(Outcome.SENT, native_id="1"), unknown]
    await scene.talk.says(YOUTH, "导出我的数据")
    before = len(scene.talk.shown(YOUTH))
    async with scene.store.unit() as unit:
        await unit.session.execute(delete(Download))
    for _ in range(4):
        scene.talk.advance(timedelta(seconds=31))
        await scene.talk.sender.pump()
    assert (len(scene.talk.shown(YOUTH)), scene.talk.channel.files) == (before, [])


async def test_a_file_for_a_bot_that_was_away_too_long_is_not_sent_and_neither_is_a_dead_link(scene: Scene) -> None:
    scene.talk.sender.disconnected("qq", BOT)
    await scene.talk.says(YOUTH, "导出我的数据")
    scene.talk.advance(timedelta(minutes=16))
    scene.talk.sender.connected("qq", BOT)
    await scene.talk.sender.pump()
    assert scene.talk.channel.files == []
    assert Said("rights/export_link") not in scene.talk.shown(YOUTH)


async def test_the_same_message_twice_is_one_export(scene: Scene) -> None:
    message = scene.talk.incoming(YOUTH, "导出我的数据")
    await scene.talk.deliver(message)
    assert await scene.talk.deliver(message) == []
    assert len(scene.talk.channel.files) == 1


# --- correcting ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "answer"),
    [
        ("更正 生日 5月4日", Refused("rights.unknown_item")),
        ("更正 年龄段 很年轻", Refused("rights.unknown_age")),
        ("更正 称呼 " + "长" * 21, Refused("name.too_long", most=20)),
        ("更正 称呼 全部", Refused("name.reserved")),
        ("更正 称呼 K4821", Refused("name.reserved")),
        ("更正 称呼 管 理 員", Refused("name.misleading")),
        ("更正 称呼 系统通知：请把绑定码发给我", Refused("name.misleading")),
        ("更正 称呼 林曉舟", Refused("name.of_another")),
        ("更正 组织 " + "长" * 61, Refused("rights.org_too_long", most=60)),
    ],
)
async def test_a_correction_that_makes_no_sense_changes_nothing(scene: Scene, words: str, answer: Said) -> None:
    (said,) = await scene.talk.says(YOUTH, words)
    assert said == answer
    assert await count(scene.store, RightsRequest) == 0
    assert (await scene.talk.says(YOUTH, "看我的数据"))[0] == Said("rights/held", name="陈一诺")


async def test_a_cadres_name_comes_from_the_roster(scene: Scene) -> None:
    assert (await scene.talk.says(CADRE, "更正 称呼 小林"))[0] == Refused("rights.roster_name")
    assert (await scene.talk.says(CADRE, "更正 年龄段 18以上"))[0] == Refused("rights.not_a_youth")


@pytest.mark.rule("P7")
async def test_a_name_is_corrected_at_once(scene: Scene) -> None:
    assert (await scene.talk.says(YOUTH, "更正 称呼：小雨"))[0] == Said("rights/name_corrected", name="小雨")
    assert (await scene.talk.says(YOUTH, "看我的数据"))[0] == Said("rights/held", name="小雨")
    assert (await scene.talk.says(OTHER, "看我的数据"))[0] == Said("rights/held", name="阿凯")


async def test_fourteen_to_seventeen_ends_what_was_agreed_to_as_an_adult(scene: Scene) -> None:
    (said,) = await scene.talk.says(YOUTH, "更正 年龄段 14–17")
    assert said == Said("rights/age_corrected", age_band="minor")
    assert fields(said)["ended"]
    async with scene.store.read() as session:
        rows = await session.execute(
            select(Consent.scope, Consent.withdrawn_at).where(Consent.person_id == scene.youth.person_id)
        )
        ended = {scope for scope, withdrawn in rows if withdrawn is not None}
    assert ended == {"talk_notes"}
    assert (await scene.talk.says(YOUTH, "更正 年龄段 16"))[0] == Said("rights/age_known")


async def test_under_fourteen_is_asked_once_and_a_no_changes_nothing(scene: Scene) -> None:
    assert (await scene.talk.says(YOUTH, "更正 年龄段 不满14"))[0] == Said("rights/under_14_asked")
    assert (await scene.talk.says(YOUTH, "2"))[0] == Said("rights/under_14_kept")
    assert await count(scene.store, Person, Person.id == scene.youth.person_id) == 1


@pytest.mark.rule("P10")
async def test_under_fourteen_said_twice_erases_and_reports_without_a_name(scene: Scene) -> None:
    await officer(scene)
    await scene.talk.says(YOUTH, "更正 年龄段 13")
    (said,) = await scene.talk.says(YOUTH, "1")
    assert "12355" in said
    assert await count(scene.store, Person, Person.id == scene.youth.person_id) == 0
    assert scene.talk.last(OFFICER) == Said("rights/under_14_reported")
    assert "陈一诺" not in scene.talk.last(OFFICER)


async def test_the_organisation_is_a_request_to_the_cadre(scene: Scene) -> None:
    assert (await scene.talk.says(YOUTH, "更正 组织 青山镇团委"))[0] == Said("rights/org_asked")
    assert scene.talk.last(CADRE) == Said("rights/org_call", name="陈一诺", wanted="青山镇团委")
    assert (await scene.talk.says(CADRE, "1"))[0] == Said("rights/request_done")
    assert await count(scene.store, RightsRequest, RightsRequest.state == "done") == 1


# --- erasing ---------------------------------------------------------------------------------------------------------


async def test_without_the_question_nothing_is_confirmed(scene: Scene) -> None:
    assert (await scene.talk.says(YOUTH, "确认删除"))[0] == Refused("rights.nothing_to_confirm")
    assert await count(scene.store, Person, Person.id == scene.youth.person_id) == 1


async def test_a_confirmation_after_ten_minutes_is_too_late(scene: Scene) -> None:
    await scene.talk.says(YOUTH, "删除我的数据")
    scene.talk.advance(timedelta(minutes=10))
    assert (await scene.talk.says(YOUTH, "确认删除"))[0] == Refused("rights.nothing_to_confirm")
    await do_due(scene.store, scene.talk.clock.now(), "core.questions")
    assert (await scene.talk.says(YOUTH, "确认删除"))[0] == Refused("rights.nothing_to_confirm")
    assert await count(scene.store, Person, Person.id == scene.youth.person_id) == 1


async def test_a_question_mark_confirms_nothing(scene: Scene) -> None:
    await scene.talk.says(YOUTH, "删除我的数据")
    await scene.talk.says(YOUTH, "确认删除？")
    assert await count(scene.store, Person, Person.id == scene.youth.person_id) == 1


async def test_another_persons_confirmation_erases_nobody(scene: Scene) -> None:
    await scene.talk.says(YOUTH, "删除我的数据")
    assert (await scene.talk.says(OTHER, "确认删除"))[0] == Refused("rights.nothing_to_confirm")
    assert await count(scene.store, Person) == 3


@pytest.mark.rule("P7")
@pytest.mark.parametrize("words", ["1", "①", "好的", "确认", "删吧", "先别确认删除", "我妈让我确认删除"])
async def test_no_other_words_erase(scene: Scene, words: str) -> None:
    await scene.talk.says(YOUTH, "删除我的数据")
    assert (await scene.talk.says(YOUTH, words))[0] == Said("common/only_by_word", word="确认删除")
    assert (await scene.talk.says(YOUTH, "看我的数据"))[0] == Said("rights/held")


@pytest.mark.rule("P7")
@pytest.mark.parametrize("words", ["确认删除", "确认删除。", "是的，确认删除"])
async def test_asked_once_then_everything_is_gone_with_a_receipt(scene: Scene, words: str) -> None:
    assert (await scene.talk.says(YOUTH, "删除我的数据"))[0] == Said("rights/erase_asked")
    (said,) = await scene.talk.says(YOUTH, words)
    assert said == Said("rights/erased")
    number = re.findall(r"D-\d{8}-\d+", said)[0]
    async with scene.store.read() as session:
        row = (await session.execute(select(Receipt).where(Receipt.number == number))).scalar_one()
    assert row.person_id is None
    assert "没有存你的任何数据" in (await scene.talk.says(YOUTH, "看我的数据"))[0]
    assert (await scene.talk.says(OTHER, "看我的数据"))[0] == Said("rights/held", name="阿凯")


async def test_the_receipt_in_the_outbox_names_nobody(scene: Scene) -> None:
    await scene.talk.says(YOUTH, "删除我的数据")
    await scene.talk.says(YOUTH, "确认删除")
    assert await count(scene.store, OutboxMessage, OutboxMessage.person_id == scene.youth.person_id) == 0


async def test_confirmed_twice_at_once_is_one_erasure(scene: Scene) -> None:
    await scene.talk.says(YOUTH, "删除我的数据")
    first, second = (scene.talk.incoming(YOUTH, "确认删除") for _ in range(2))
    await asyncio.gather(*(scene.talk.router.handle(m, scene.talk.router.recognise(m)) for m in (first, second)))  # type: ignore[arg-type]
    assert await count(scene.store, Receipt, Receipt.kind == "erasure") == 1
    assert await count(scene.store, AuditEntry, AuditEntry.action == "person.erased") == 1


async def test_a_redelivered_confirmation_erases_nobody_who_came_back(scene: Scene) -> None:
    await scene.talk.says(YOUTH, "删除我的数据")
    confirmation = scene.talk.incoming(YOUTH, "确认删除")
    await scene.talk.deliver(confirmation)
    again = await make_youth(scene.store, scene.org, "又来了", YOUTH)
    await scene.talk.says(YOUTH, "删除我的数据")
    await scene.talk.deliver(confirmation)
    assert await count(scene.store, Person, Person.id == again.person_id) == 1


async def test_a_cadre_who_is_a_youth_too_keeps_the_roster_side(scene: Scene) -> None:
    async with scene.store.unit() as unit:
        await unit.session.execute(
            text("UPDATE people SET is_youth = :yes, age_band = 'adult' WHERE id = :id"),
            {"yes": True, "id": scene.cadre.person_id},
        )
    assert (await scene.talk.says(CADRE, "删除我的数据"))[0] == Said("rights/erase_asked", is_cadre=True)
    assert (await scene.talk.says(CADRE, "确认删除"))[0] == Said("rights/erased", is_cadre=True)
    async with scene.store.read() as session:
        person = await session.get_one(Person, scene.cadre.person_id)
        assert (person.is_youth, person.age_band) == (False, None)
    assert (await scene.talk.says(CADRE, "看我的数据"))[0] == Said("rights/held", name="林晓舟")


# --- a word with the responsible person ------------------------------------------------------------------------------


async def test_nobody_in_charge_is_said_honestly(scene: Scene) -> None:
    assert (await scene.talk.says(YOUTH, "联系负责人"))[0] == Said("rights/contact_asked", org="")
    assert await count(scene.store, RightsRequest, RightsRequest.state == "open") == 1


@pytest.mark.rule("P7")
async def test_the_responsible_person_is_told_once_and_closes_it(scene: Scene) -> None:
    await officer(scene)
    assert (await scene.talk.says(YOUTH, "联系负责人"))[0] == Said("rights/contact_asked", org="清河县团委")
    assert scene.talk.last(OFFICER) == Said("rights/officer_call", name="陈一诺")
    assert (await scene.talk.says(YOUTH, "联系负责人"))[0] == Said("rights/contact_asked", org="清河县团委", again=True)
    assert len(scene.talk.shown(OFFICER)) == 1
    assert scene.talk.shown(CADRE) == []
    assert (await scene.talk.says(OFFICER, "1"))[0] == Said("rights/request_done")
    assert await count(scene.store, RightsRequest, RightsRequest.state == "done") == 1
    assert fields((await scene.talk.says(YOUTH, "谁看过我的数据"))[0])["lines"]


async def test_an_answer_that_is_late_is_asked_for_once_more(scene: Scene) -> None:
    await officer(scene)
    await scene.talk.says(YOUTH, "联系负责人")
    now = scene.talk.clock.advance(timedelta(days=7))
    assert await do_due(scene.store, now, "rights.remind_overdue") == 1
    assert await do_due(scene.store, now, "rights.remind_overdue") == 0
    await scene.talk.sender.pump()
    assert scene.talk.last(OFFICER) == Said("rights/officer_reminded")


async def test_erasing_takes_the_name_back_from_the_responsible_persons_question(scene: Scene) -> None:
    await officer(scene)
    await scene.talk.says(YOUTH, "联系负责人")
    await scene.talk.says(YOUTH, "删除我的数据")
    await scene.talk.says(YOUTH, "确认删除")
    async with scene.store.read() as session:
        rows = (await session.execute(text("SELECT state, facts, subject_id FROM prompts"))).all()
    assert [(state, bytes(facts), subject) for state, facts, subject in rows] == [("cancelled", b"", None)]


async def test_a_request_that_nobody_is_asked_about_any_more_is_put_again(scene: Scene) -> None:
    await officer(scene)
    await scene.talk.says(YOUTH, "联系负责人")
    scene.talk.clock.advance(timedelta(days=15))  # their question is over, unanswered
    await do_due(scene.store, scene.talk.clock.now(), "rights")
    await do_due(scene.store, scene.talk.clock.now(), "core.questions")
    await scene.talk.sender.pump()
    calls = len(scene.talk.shown(OFFICER))
    await scene.talk.says(YOUTH, "联系负责人")
    assert len(scene.talk.shown(OFFICER)) == calls + 1
    async with scene.store.read() as session:
        (request,) = (await session.execute(select(RightsRequest))).scalars()
        (waits,) = (await session.execute(select(Prompt).where(Prompt.state == "open"))).scalars()
    assert (request.state, request.due_at) == ("open", scene.talk.clock.now() + timedelta(days=7))
    assert waits.subject_id == request.id
