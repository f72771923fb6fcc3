"""暂缓删除、举报、已报告: kept by a clause, told to whose it is, reported and written down (P21, P25, P28)."""

from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import select

from bot.core.rules.people import Role
from bot.core.tables import HeldPerson, LegalHold
from bot.features.hold.rules.hold import FIRST_HOLD, REPORT_WITHIN, TELL_ABOVE_AFTER
from bot.features.hold.tables import HarmReport
from bot.features.voice.tables import Voice
from bot.store.people import RoleGrant
from bot.store.store import Store
from tests.officers_built import (
    ADMIN,
    ADULT,
    CADRE,
    CITY_PRIVACY,
    COLLEAGUE,
    DUTY,
    FAR_PRIVACY,
    MINOR,
    NAME,
    PRIVACY,
    SAID,
    STRANGER,
    WORDS,
    Officers,
    audited,
    make_officers,
    rows_of,
)
from tests.played import Once
from tests.said import Refused, Said
from tests.ticking import do_due

WHY, POLICE = "公安已经立案", "清河县公安局"
TERMS = f"网络保护条例第38条 30天 {WHY}"
SECRETLY = "网络保护条例第38条 30天 不告知 对方会报复他"


@pytest_asyncio.fixture
async def scene(any_store: Store, tmp_path: Path, once: Once) -> Officers:
    any_store.tombstones = tmp_path / "erased.log"
    return await once(any_store, make_officers)


async def says(scene: Officers, who: str, words: str) -> str:
    return (await scene.talk.says(who, words))[0]


async def hold(scene: Officers) -> LegalHold | None:
    async with scene.store.read() as session:
        return (await session.execute(select(LegalHold))).scalar_one_or_none()


async def copy(scene: Officers) -> str:
    """What the hold keeps, opened as no command does."""
    kept = await hold(scene)
    assert kept is not None
    async with scene.store.read() as session:
        return await scene.store.vault.read(session, f"legal_holds:{kept.id}:copy", kept.copy) or ""


async def erase(scene: Officers, who: str = MINOR) -> str:
    await scene.talk.says(who, "删除我的数据")
    return await says(scene, who, "确认删除")


async def pass_time(scene: Officers, by: timedelta, *ticks: str) -> int:
    scene.talk.advance(by)
    done = await do_due(scene.store, scene.talk.clock.now(), *ticks)
    await scene.talk.sender.pump()
    return done


# --- holds: refused --------------------------------------------------------------------------------------------------


@pytest.mark.rule("P21", "P13")
@pytest.mark.parametrize("who", [STRANGER, MINOR, CADRE, COLLEAGUE, ADMIN, DUTY])
@pytest.mark.parametrize("words", ["暂缓删除 {ref} " + TERMS, "解除暂缓 {ref}", "已报告 {ref} 县公安局"])
async def test_only_a_privacy_officer_holds_releases_and_reports_on(scene: Officers, who: str, words: str) -> None:
    await says(scene, PRIVACY, f"暂缓删除 {scene.wish} {TERMS}")
    assert await says(scene, who, words.format(ref=scene.wish)) == Refused("not_allowed")
    assert await rows_of(scene.store, LegalHold) == 1
    assert await rows_of(scene.store, HarmReport) == 0


@pytest.mark.rule("P21", "P13")
async def test_another_countys_officer_and_what_is_not_there_are_answered_alike(scene: Officers) -> None:
    await says(scene, PRIVACY, f"暂缓删除 {scene.wish} {TERMS}")
    for words in ("暂缓删除 {ref} " + TERMS, "解除暂缓 {ref}", "已报告 {ref} 县公安局", "举报 {ref}"):
        foreign = await says(scene, FAR_PRIVACY, words.format(ref=scene.wish))
        missing = await says(scene, PRIVACY, words.format(ref="W999999"))
        assert foreign == missing == Refused("not_found")
        assert str(foreign) == str(missing)
    assert await rows_of(scene.store, LegalHold) == 1


@pytest.mark.rule("P21")
@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ("30天 公安已经立案", "hold.no_clause"),
        ("条例第38条 以后再说 立案", "hold.no_clause"),
        ("条例第38条 500天 公安已经立案", "hold.too_long"),
        ("条例第38条 30天 急", "access.no_reason"),
    ],
)
async def test_without_clause_end_and_reason_nothing_is_kept(scene: Officers, terms: str, code: str) -> None:
    assert await says(scene, PRIVACY, f"暂缓删除 {scene.voice} {terms}") == Refused(code)
    assert await rows_of(scene.store, LegalHold) == 0


# --- holds -----------------------------------------------------------------------------------------------------------


@pytest.mark.rule("P21")
async def test_the_person_is_told_by_which_clause_and_until_when(scene: Officers) -> None:
    said = await says(scene, PRIVACY, f"暂缓删除 {scene.voice} {TERMS}")
    assert said == Said("hold/placed", ref=scene.voice, clause="网络保护条例第38条", told=True, again=False)
    assert scene.talk.last(MINOR) == Said("hold/told", ref=scene.voice, clause="网络保护条例第38条")
    assert WHY not in scene.talk.last(MINOR)
    (row,) = await audited(scene.store, "hold.placed")
    assert row.subject_id == scene.minor.person_id
    assert await says(scene, MINOR, "看我的数据") == Said("rights/held", figures={"holds": 1})


@pytest.mark.rule("P21")
async def test_kept_from_the_person_it_is_nowhere_to_be_seen(scene: Officers) -> None:
    before = len(scene.talk.shown(MINOR))
    assert await says(scene, PRIVACY, f"暂缓删除 {scene.voice} {SECRETLY}") == Said("hold/placed", told=False)
    assert len(scene.talk.shown(MINOR)) == before
    assert await says(scene, MINOR, "看我的数据") == Said("rights/held", figures={"holds": 0})
    (row,) = await audited(scene.store, "hold.placed")
    assert row.subject_id is None
    assert await erase(scene) == Said("rights/erased", kept=())
    assert WORDS in await copy(scene)


@pytest.mark.rule("P21", "P7", "P20")
@pytest.mark.parametrize(("item", "words"), [("voice", WORDS), ("conversation", SAID)])
async def test_erasing_takes_everything_but_that_one_thing_and_says_so(scene: Officers, item: str, words: str) -> None:
    await says(scene, PRIVACY, f"暂缓删除 {getattr(scene, item)} {TERMS}")
    await scene.talk.says(MINOR, "删除我的数据")
    asked = scene.talk.last(MINOR)
    assert asked == Said("rights/erase_asked", kept=[{"clause": "网络保护条例第38条"}])
    assert words not in asked
    said = await says(scene, MINOR, "确认删除")
    assert said == Said("rights/erased", kept=[{"clause": "网络保护条例第38条"}])
    assert words not in said
    assert words in await copy(scene)
    assert await rows_of(scene.store, HeldPerson) == 0
    async with scene.store.read() as session:
        voice = (await session.execute(select(Voice).where(Voice.ref == int(scene.voice[1:])))).scalar_one()
        assert (voice.author_id, voice.text) == (None, None)
    assert await says(scene, PRIVACY, f"解除暂缓 {getattr(scene, item)}") == Said("hold/over")
    assert await rows_of(scene.store, LegalHold) == 0


@pytest.mark.rule("P21", "P28")
async def test_taking_back_leaves_the_copy(scene: Officers) -> None:
    await says(scene, PRIVACY, f"暂缓删除 {scene.voice} {TERMS}")
    assert await says(scene, MINOR, f"撤回心声 {scene.voice}") == Said("voice/withdrawn")
    assert WORDS in await copy(scene)


@pytest.mark.rule("P21", "P20")
async def test_at_its_end_the_copy_is_gone_with_its_key_and_those_concerned_hear_of_it(scene: Officers) -> None:
    await says(scene, PRIVACY, f"暂缓删除 {scene.voice} {TERMS}")
    kept = await hold(scene)
    assert kept is not None
    assert await pass_time(scene, timedelta(days=29), "hold") == 0
    assert await pass_time(scene, timedelta(days=2), "hold") == 1
    assert await rows_of(scene.store, LegalHold) == 0
    async with scene.store.read() as session:
        assert await scene.store.vault.read(session, f"legal_holds:{kept.id}:copy", kept.copy) is None
    assert scene.talk.last(PRIVACY) == Said("hold/over", ref=scene.voice)
    assert scene.talk.last(MINOR) == Said("hold/over", ref=scene.voice)
    assert len(await audited(scene.store, "hold.ended")) == 1
    assert await says(scene, CADRE, f"查看心声 {scene.voice}") == Said("voice/shown", words=WORDS)


@pytest.mark.rule("P21")
async def test_said_again_it_has_the_new_terms_and_the_first_copy(scene: Officers) -> None:
    await says(scene, PRIVACY, f"暂缓删除 {scene.voice} {TERMS}")
    await says(scene, MINOR, f"撤回心声 {scene.voice}")
    said = await says(scene, PRIVACY, f"暂缓删除 {scene.voice} 未保法第72条 60天 还没有结案")
    assert said == Said("hold/placed", clause="未保法第72条", again=True)
    assert await rows_of(scene.store, LegalHold) == 1
    assert WORDS in await copy(scene)


@pytest.mark.rule("P21", "P17")
async def test_the_copy_is_sealed(scene: Officers) -> None:
    await says(scene, PRIVACY, f"暂缓删除 {scene.voice} {TERMS}")
    kept = await hold(scene)
    assert kept is not None
    assert WORDS.encode() not in kept.copy
    assert WHY.encode() not in kept.reason


# --- reports ---------------------------------------------------------------------------------------------------------


@pytest.mark.rule("P25", "P28", "P13")
@pytest.mark.parametrize("who", [ADULT, COLLEAGUE, FAR_PRIVACY, ADMIN])
async def test_who_is_no_party_reports_nothing(scene: Officers, who: str) -> None:
    assert await says(scene, who, f"举报 {scene.voice}") == Refused("not_found")
    assert await rows_of(scene.store, LegalHold) == 0
    assert await rows_of(scene.store, HarmReport) == 0


@pytest.mark.rule("P28", "P25")
@pytest.mark.parametrize("who", [MINOR, CADRE, DUTY])
async def test_a_report_keeps_what_is_there_and_tells_the_responsible_person_alone(scene: Officers, who: str) -> None:
    group = len(scene.talk.shown("888"))
    said = await says(scene, who, f"举报 {scene.voice} 他天天被骂")
    assert said == Said("hold/report_taken", ref=scene.voice, org="清河县团委", minor=True, again=False)
    call = scene.talk.last(PRIVACY)
    assert call == Said("hold/report_call", ref=scene.voice, minor=True, reminded=False)
    for word in (WORDS, NAME, "林晓舟", "被骂"):
        assert word not in call
    assert WORDS in await copy(scene)
    assert len(scene.talk.shown("888")) == group
    assert await says(scene, PRIVACY, "待办") == Said("todo/list", total=1)
    await scene.talk.says(CADRE, f"举报 {scene.voice}")
    assert await rows_of(scene.store, HarmReport) == 1


@pytest.mark.rule("P28")
async def test_it_is_written_down_where_and_when_and_not_the_story(scene: Officers) -> None:
    await says(scene, CADRE, f"举报 {scene.voice}")
    assert await says(scene, PRIVACY, f"已报告 {scene.voice}") == Said("common/usage")
    said = await says(scene, PRIVACY, f"已报告 {scene.voice} 清河县公安局")
    assert said == Said("hold/report_done", authority="清河县公安局")
    async with scene.store.read() as session:
        row = (await session.execute(select(HarmReport))).scalar_one()
        where = await scene.store.vault.read(session, f"harm_reports:{row.id}:authority", row.authority)
    assert (row.state, where, row.done_at is not None) == ("reported", POLICE, True)
    assert POLICE.encode() not in (row.authority or b"")
    assert await says(scene, PRIVACY, "待办") == Said("todo/list", total=0)
    kept = await hold(scene)
    assert kept is not None
    assert kept.sure
    assert await pass_time(scene, FIRST_HOLD + timedelta(days=1), "hold") == 0
    assert WORDS in await copy(scene)


@pytest.mark.rule("P28")
async def test_it_may_be_reported_on_without_anybody_having_reported_it_here(scene: Officers) -> None:
    assert await says(scene, PRIVACY, f"已报告 {scene.conversation} 县民政局") == Said("hold/report_done")
    assert SAID in await copy(scene)


@pytest.mark.rule("P28")
async def test_what_nobody_reports_on_is_reminded_of_each_day_and_told_above_once(scene: Officers) -> None:
    await says(scene, CADRE, f"举报 {scene.voice}")
    assert await pass_time(scene, REPORT_WITHIN - timedelta(minutes=1), "hold.reports") == 0
    assert await pass_time(scene, timedelta(minutes=2), "hold.reports") == 1
    assert scene.talk.last(PRIVACY) == Said("hold/report_call", reminded=True)
    assert await pass_time(scene, timedelta(hours=1), "hold.reports") == 0
    assert await pass_time(scene, TELL_ABOVE_AFTER - REPORT_WITHIN, "hold.reports") == 1
    assert scene.talk.last(CITY_PRIVACY) == Said("hold/report_overdue", ref=scene.voice)
    await pass_time(scene, REPORT_WITHIN, "hold.reports")
    assert scene.talk.shown(CITY_PRIVACY).count(scene.talk.last(CITY_PRIVACY)) == 1


@pytest.mark.rule("P25")
async def test_dealt_with_here_it_ends_and_the_first_copy_runs_out(scene: Officers) -> None:
    await says(scene, ADULT, f"举报 {scene.adults}")
    assert scene.talk.last(PRIVACY) == Said("hold/report_call", minor=False)
    assert await says(scene, PRIVACY, "1") == Said("hold/report_handled", minor=False)
    assert await pass_time(scene, FIRST_HOLD + timedelta(hours=1), "hold") == 1
    assert await rows_of(scene.store, LegalHold) == 0


@pytest.mark.rule("P28")
async def test_where_nobody_is_responsible_it_says_whom_to_call_and_keeps_it_all_the_same(scene: Officers) -> None:
    async with scene.store.unit() as unit:
        for grant in (await unit.session.execute(select(RoleGrant))).scalars():
            if grant.role == Role.PRIVACY_OFFICER:
                grant.until = unit.now
    assert await says(scene, CADRE, f"举报 {scene.voice}") == Said("hold/report_taken", org="")
    assert WORDS in await copy(scene)


@pytest.mark.rule("P25", "P23")
async def test_blocking_by_a_number_offers_a_report_and_tells_nothing_of_the_number(scene: Officers) -> None:
    for ref in (scene.voice, "V999999"):
        assert await says(scene, CADRE, f"屏蔽 {ref}") == Said("relay/block_offered", ref=ref)
    assert await rows_of(scene.store, HarmReport) == 0
