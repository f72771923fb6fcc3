"""微心愿 as a cadre sees it: lists and reading, claiming, declining, and what a cadre suggests for a youth (S2)."""

from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from bot.core.rules.people import Actor, AgeBand
from bot.features.wish.rules.wish import LIST_PAGE, WishState
from bot.features.wish.tables import Wish
from bot.store.chat import Chat, Contact
from bot.store.delivery import AuditEntry, Prompt
from bot.store.people import OrgUnit, Person
from bot.store.store import Store
from tests.harness import Talkers
from tests.people_built import make_cadre, make_chat, make_org, make_person, make_youth
from tests.said import Refused, Said
from tests.ticking import do_due
from tests.wishes_built import make_wish_of

CADRE, OTHER, HAN, MORE = "10001", "10002", "20001", "20002"
WORDS = "一本 CAD 教程，二手也行"


@pytest_asyncio.fixture
async def talk(store: Store) -> Talkers:
    return await Talkers.open(store)


@pytest_asyncio.fixture
async def org(store: Store) -> OrgUnit:
    return await make_org(store)


@pytest_asyncio.fixture
async def cadre(store: Store, org: OrgUnit) -> Actor:
    return await make_cadre(store, org, "周敏", CADRE)


@pytest_asyncio.fixture
async def chat(store: Store, org: OrgUnit, cadre: Actor) -> Chat:
    return await make_chat(store, org, cadre)


@pytest_asyncio.fixture
async def han(store: Store, org: OrgUnit, cadre: Actor, chat: Chat) -> Actor:
    return await make_youth(store, org, "小韩", HAN, cadre=cadre, chat=chat)


async def wishes(store: Store) -> list[Wish]:
    async with store.read() as session:
        return list((await session.execute(select(Wish).order_by(Wish.made_at))).scalars().all())


async def count(store: Store, table: Any, *where: Any) -> int:
    async with store.read() as session:
        return (await session.execute(select(func.count()).select_from(table).where(*where))).scalar_one()


# --- 帮许愿 (S2.5) ----------------------------------------------------------------------------------------------------


async def test_a_suggested_wish_exists_only_after_its_youth_says_so(
    talk: Talkers, store: Store, cadre: Actor, han: Actor
) -> None:
    await talk.says(CADRE, f"帮许愿 小韩 {WORDS}")
    assert await wishes(store) == []
    assert await count(store, Prompt, Prompt.kind == "wish.suggested", Prompt.state == "open") == 1
    question = talk.last(HAN)
    assert all(part in question for part in ("周敏", WORDS, "①登记", "②不用", "不显示名字"))
    await talk.says(HAN, "1")
    [wish] = await wishes(store)
    assert (wish.owner_id, wish.cadre_id, wish.state) == (han.person_id, cadre.person_id, WishState.OPEN)
    assert talk.last(CADRE) == Said("wish/suggestion_posted", ref=wish.ref, name="小韩")


@pytest.mark.rule("P38")
async def test_a_no_and_a_week_of_silence_look_alike_and_leave_nothing(
    talk: Talkers, store: Store, cadre: Actor, han: Actor
) -> None:
    await talk.says(CADRE, f"帮许愿 小韩 {WORDS}")
    await talk.says(HAN, "2")
    refused = talk.last(CADRE)
    talk.advance(timedelta(days=7))
    await talk.says(CADRE, f"帮许愿 小韩 {WORDS}")
    talk.advance(timedelta(days=7, minutes=1))
    await do_due(store, talk.clock.now(), "core.questions")
    await talk.sender.pump()
    assert talk.shown(CADRE)[-1] == refused
    assert talk.shown(CADRE).count(refused) == 2
    assert await wishes(store) == []
    async with store.read() as session:
        kept = (await session.execute(select(Prompt.facts).where(Prompt.kind == "wish.suggested"))).scalars().all()
        actions = (await session.execute(select(AuditEntry.action).order_by(AuditEntry.seq))).scalars().all()
    assert set(kept) == {b""}
    assert [action for action in actions if action.startswith("wish.")] == ["wish.suggested"] * 2


async def test_a_suggestion_is_checked_like_any_wish(talk: Talkers, store: Store, cadre: Actor, han: Actor) -> None:
    assert (await talk.says(CADRE, "帮许愿 小韩 一部 iPhone"))[0] == Refused("wish.too_dear", cap=200)
    assert talk.shown(HAN) == []


async def test_the_same_suggestion_is_not_put_twice(talk: Talkers, store: Store, cadre: Actor, han: Actor) -> None:
    await talk.says(CADRE, f"帮许愿 小韩 {WORDS}")
    assert (await talk.says(CADRE, f"帮许愿 小韩 {WORDS}"))[0] == Refused("wish.suggestion_waiting", name="小韩")
    assert await count(store, Prompt, Prompt.kind == "wish.suggested") == 1


async def test_a_youth_is_asked_about_one_suggestion_a_week_and_none_if_they_want_no_messages(
    talk: Talkers, store: Store, cadre: Actor, han: Actor
) -> None:
    await talk.says(CADRE, f"帮许愿 小韩 {WORDS}")
    await talk.says(HAN, "2")
    weekly = await talk.says(CADRE, "帮许愿 小韩 想有人陪着跑步")
    assert weekly[0] == Refused("wish.suggestion_later")
    talk.advance(timedelta(days=8))
    await talk.says(HAN, "别再提醒")
    before = len(talk.shown(HAN))
    assert await talk.says(CADRE, "帮许愿 小韩 想有人陪着跑步") == weekly
    assert len(talk.shown(HAN)) == before


async def test_another_cadres_youth_and_nobody_are_answered_alike(
    talk: Talkers, store: Store, org: OrgUnit, cadre: Actor, han: Actor
) -> None:
    await make_youth(store, org, "阿凯", MORE, cadre=await make_cadre(store, org, "苏娜", OTHER))
    foreign, nobody = [await talk.says(CADRE, f"帮许愿 {name} {WORDS}") for name in ("阿凯", "没有的人")]
    assert foreign == nobody


@pytest.mark.parametrize("band", [AgeBand.UNDER_14])
async def test_nothing_is_suggested_for_somebody_under_14(
    talk: Talkers, store: Store, org: OrgUnit, cadre: Actor, band: AgeBand
) -> None:
    await make_youth(store, org, "小雨", HAN, cadre=cadre, age_band=band)
    assert (await talk.says(CADRE, f"帮许愿 小雨 {WORDS}"))[0] == Refused("wish.under_14")
    assert talk.shown(HAN) == []


async def test_a_yes_after_the_contact_ended_enters_nothing(
    talk: Talkers, store: Store, cadre: Actor, han: Actor
) -> None:
    await talk.says(CADRE, f"帮许愿 小韩 {WORDS}")
    async with store.unit() as unit:
        (await unit.session.execute(select(Contact))).scalar_one().ended_at = unit.now
    assert (await talk.says(HAN, "1"))[0] == Refused("wish.no_cadre")
    assert await wishes(store) == []


# --- lists and reading -----------------------------------------------------------------------------------------------


async def test_the_list_is_cut_into_pages_and_a_wrong_page_is_refused(
    talk: Talkers, store: Store, cadre: Actor, han: Actor
) -> None:
    assert (await talk.says(CADRE, "心愿列表"))[0] == Said("wish/list", wishes=[])
    for n in range(LIST_PAGE + 1):
        await make_wish_of(store, han, cadre, f"想要第{n}本书")
    first, second = [(await talk.says(CADRE, f"心愿列表 {n}"))[0] for n in (1, 2)]
    assert (first.count("小韩"), second.count("小韩")) == (LIST_PAGE, 1)
    assert first == Said("wish/list", total=11, page=1, pages=2)
    for wrong in ("3", "0", "99999"):
        assert (await talk.says(CADRE, f"心愿列表 {wrong}"))[0] == Refused("page.none")


async def test_a_long_wish_is_short_in_the_list_and_whole_on_its_own(
    talk: Talkers, store: Store, cadre: Actor, han: Actor
) -> None:
    words = "想要一本书" + "，旧的也行" * 20 + "谢谢"
    ref = await make_wish_of(store, han, cadre, words)
    assert "谢谢" not in (await talk.says(CADRE, "心愿列表"))[0]
    assert words in (await talk.says(CADRE, f"查看心愿 {ref}"))[0]


async def test_the_youth_sees_who_read_it(talk: Talkers, store: Store, cadre: Actor, han: Actor) -> None:
    ref = await make_wish_of(store, han, cadre)
    await talk.says(CADRE, f"查看心愿 {ref}")
    [shown] = await talk.says(HAN, "谁看过我的数据")
    assert f"看了你的一个心愿 W{ref}" in shown
    assert "周敏" not in shown


# --- at it -----------------------------------------------------------------------------------------------------------


async def test_the_story_of_the_cad_book(talk: Talkers, store: Store, cadre: Actor, han: Actor) -> None:
    """S2: suggested, entered by its owner, claimed, handed over, confirmed; it never enters a pool (S2.6)."""
    await talk.says(CADRE, f"帮许愿 小韩 {WORDS}")
    await talk.says(HAN, "1")
    ref = (await wishes(store))[0].ref
    await talk.says(CADRE, f"认领 W{ref}")
    assert talk.last(HAN) == Said("wish/claimed_told", name="周敏")
    await talk.says(CADRE, f"完成 W{ref} 家里那本带给他了")
    await talk.says(HAN, "1")
    [wish] = await wishes(store)
    assert (wish.state, wish.holder_id, wish.pool_org_id) == (WishState.FULFILLED, cadre.person_id, None)


async def test_done_needs_how(talk: Talkers, store: Store, cadre: Actor, han: Actor) -> None:
    ref = await make_wish_of(store, han, cadre, claimed=True)
    assert (await talk.says(CADRE, f"完成 W{ref}"))[0] == Said("common/content_asked")
    assert (await wishes(store))[0].asked_at is None


@pytest.mark.parametrize("words", ["【内部】已办", "好" * 301])
async def test_what_is_written_about_it_is_checked(
    talk: Talkers, store: Store, cadre: Actor, han: Actor, words: str
) -> None:
    ref = await make_wish_of(store, han, cadre, claimed=True)
    assert re_sent((await talk.says(CADRE, f"完成 W{ref} {words}"))[0])
    assert (await wishes(store))[0].asked_at is None


def re_sent(answer: str) -> bool:
    return "再发一次" in answer


async def test_done_is_said_also_when_its_owner_cannot_be_written_to(
    talk: Talkers, store: Store, org: OrgUnit, cadre: Actor
) -> None:
    alone = await make_person(store, org, "小安", age_band=AgeBand.ADULT, is_youth=True)
    async with store.unit() as unit:
        unit.session.add(
            Contact(
                cadre_id=cadre.person_id, youth_id=alone.person_id, ref=777, since=unit.now, last_contact_at=unit.now
            )
        )
    ref = await make_wish_of(store, alone, cadre, claimed=True)
    assert (await talk.says(CADRE, f"完成 W{ref} 给了"))[0] == Said("wish/reported_done", reached=False)


async def test_a_second_report_takes_the_first_question_s_place(
    talk: Talkers, store: Store, cadre: Actor, han: Actor
) -> None:
    ref = await make_wish_of(store, han, cadre, claimed=True)
    await talk.says(CADRE, f"完成 W{ref} 放门卫了")
    talk.advance(timedelta(days=1))  # not sooner
    await talk.says(CADRE, f"完成 W{ref} 放团支部了")
    assert await count(store, Prompt, Prompt.kind == "wish.received", Prompt.state.in_(("open", "queued"))) == 1
    assert talk.last(HAN) == Said("wish/received_asked", how="放团支部了")


async def test_declined_with_a_reason_which_its_owner_reads_and_may_open_again(
    talk: Talkers, store: Store, cadre: Actor, han: Actor
) -> None:
    ref = await make_wish_of(store, han, cadre)
    assert (await talk.says(CADRE, f"婉拒 {ref}"))[0] == Said("common/content_asked")
    await talk.says(CADRE, f"婉拒 {ref} 这本书停印了")
    assert talk.last(HAN) == Said("wish/declined_asked", reason="这本书停印了")
    assert (await wishes(store))[0].state == WishState.DECLINED
    await talk.says(HAN, "2")
    assert (await wishes(store))[0].state == WishState.OPEN
    assert talk.last(CADRE) == Said("wish/reopened_told", held=False)


async def test_a_declined_wish_may_be_opened_again_by_word_within_a_month(
    talk: Talkers, store: Store, cadre: Actor, han: Actor
) -> None:
    ref = await make_wish_of(store, han, cadre)
    await talk.says(CADRE, f"婉拒 {ref} 这本书停印了")
    await talk.says(HAN, "1")
    assert (await talk.says(CADRE, f"认领 {ref}"))[0] == Refused("wish.not_possible", state="declined")
    talk.advance(timedelta(days=29))
    await talk.says(HAN, f"没收到 {ref}")
    assert (await wishes(store))[0].state == WishState.OPEN


async def test_a_youth_who_wants_no_reminders_is_asked_whether_it_arrived_and_nothing_else(
    talk: Talkers, store: Store, cadre: Actor, han: Actor
) -> None:
    ref = await make_wish_of(store, han, cadre)
    async with store.unit() as unit:
        (await unit.session.get_one(Person, han.person_id)).reminders_off = True
    await talk.says(CADRE, f"认领 {ref}")
    assert talk.shown(HAN) == []
    await talk.says(CADRE, f"完成 {ref} 给了")
    assert len(talk.shown(HAN)) == 1


async def test_open_things_of_wishes_stand_in_the_todo_list(
    talk: Talkers, store: Store, cadre: Actor, han: Actor
) -> None:
    waits = await make_wish_of(store, han, cadre)
    held = await make_wish_of(store, han, cadre, "想有人陪我跑步", claimed=True)
    asked = await make_wish_of(store, han, cadre, "想要一副球拍", claimed=True)
    await talk.says(CADRE, f"完成 {asked} 给了")
    [shown] = await talk.says(CADRE, "待办")
    lines = {ref: next(line for line in shown.splitlines() if f"W{ref}" in line) for ref in (waits, held, asked)}
    assert "认领" in lines[waits]
    assert "完成" in lines[held]
    assert "收到" in lines[asked]
    assert "CAD" not in shown
    assert "小韩" not in shown
