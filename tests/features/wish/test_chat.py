"""许愿: what a youth says and sees, in private and in a group; what is refused, and what nobody else learns."""

import re
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from bot.core.rules.message import Text
from bot.core.rules.people import Actor, AgeBand
from bot.features.wish.rules.wish import MAX_OPEN, WishState
from bot.features.wish.tables import Wish
from bot.store.chat import Chat, Contact
from bot.store.delivery import AuditEntry
from bot.store.people import OrgUnit, Person
from bot.store.store import Store
from tests.harness import Talkers
from tests.people_built import make_cadre, make_chat, make_org, make_youth
from tests.said import Refused, Said
from tests.ticking import do_due

CADRE, OTHER, ZHAO, YU, GROUP = "10001", "10002", "20001", "20003", "888"
WORDS = "想要一本 CAD 教程"


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


async def wishes(store: Store) -> list[Wish]:
    async with store.read() as session:
        return list((await session.execute(select(Wish).order_by(Wish.made_at))).scalars().all())


async def the_wish(store: Store) -> Wish:
    [wish] = await wishes(store)
    return wish


async def count(store: Store, table: Any, *where: Any) -> int:
    async with store.read() as session:
        return (await session.execute(select(func.count()).select_from(table).where(*where))).scalar_one()


def ref_in(text: str) -> str:
    found = re.search(r"#?(W\d+)", text)
    assert found, text
    return found[1]


# --- not taken -------------------------------------------------------------------------------------------------------


async def test_a_stranger_wishes_nothing(talk: Talkers, store: Store) -> None:
    await talk.says("66666", f"许愿 {WORDS}")
    assert await wishes(store) == []


async def test_without_words_they_are_asked_for(talk: Talkers, store: Store, zhao: Actor) -> None:
    assert (await talk.says(ZHAO, "许愿"))[0] == Said("common/content_asked")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("借我 500 块", Refused("wish.loan")),
        ("给我发个红包", Refused("wish.money")),
        ("想要 iPhone", Refused("wish.too_dear", cap=200)),
        ("打我电话 13812345678", Refused("wish.private", details=["phone"])),
        ("妈妈手术费不够", Refused("wish.large")),
        ("想信佛", Refused("wish.sensitive")),
        ("就要 https://item.example.com/x", Refused("wish.link")),
        ("【内部】资料一份", Refused("wish.secret")),
        ("。。。", Refused("wish.empty")),
        ("书" * 301, Refused("wish.too_long")),
    ],
)
async def test_what_is_not_taken_is_refused_with_the_reason_and_a_kinder_way(
    talk: Talkers, store: Store, zhao: Actor, text: str, told: Said
) -> None:
    [answer] = await talk.says(ZHAO, f"许愿 {text}")
    assert answer == told
    assert "许愿 " in answer or answer == Refused("wish.large")
    assert await wishes(store) == []
    assert talk.shown(CADRE) == []


@pytest.mark.rule("P24")
async def test_in_a_group_the_reason_is_for_the_youth_alone(
    talk: Talkers, store: Store, zhao: Actor, cadre: Actor
) -> None:
    shown = await talk.says(ZHAO, "/许愿 妈妈手术费不够，打我电话 13812345678", group=GROUP)
    assert shown == [Said("wish/more_in_private")]
    assert talk.last(ZHAO) == Said("wish/flaw_told", flaw="private", details=["phone"])
    assert await wishes(store) == []


async def test_words_of_danger_in_a_group_wish_bring_the_card_in_private_and_no_wish(
    talk: Talkers, store: Store, zhao: Actor, cadre: Actor
) -> None:
    shown = await talk.says(ZHAO, "/许愿 我不想活了", group=GROUP)
    assert shown == [Said("wish/more_in_private")]
    [card] = talk.shown(ZHAO)
    assert "12356" in card
    assert await wishes(store) == []


async def test_words_of_danger_in_private_bring_the_card_and_nothing_else(
    talk: Talkers, store: Store, zhao: Actor, cadre: Actor
) -> None:
    [card] = await talk.says(ZHAO, "许愿 我不想活了")
    assert "12356" in card
    assert await wishes(store) == []


@pytest.mark.rule("P10")
async def test_somebody_under_14_is_refused_kindly_and_nothing_is_kept(
    talk: Talkers, store: Store, org: OrgUnit, cadre: Actor, chat: Chat
) -> None:
    await make_youth(store, org, "小雨", YU, cadre=cadre, chat=chat, age_band=AgeBand.UNDER_14)
    assert (await talk.says(YU, f"许愿 {WORDS}"))[0] == Refused("wish.under_14")
    assert await wishes(store) == []


async def test_a_youth_whom_nobody_is_in_contact_with_is_told_what_to_do(
    talk: Talkers, store: Store, zhao: Actor
) -> None:
    async with store.unit() as unit:
        (await unit.session.execute(select(Contact))).scalar_one().ended_at = unit.now
    assert "/加入" in (await talk.says(ZHAO, f"许愿 {WORDS}"))[0]
    assert await wishes(store) == []


async def test_one_who_has_many_waiting_is_asked_to_take_one_back(talk: Talkers, store: Store, zhao: Actor) -> None:
    for n in range(MAX_OPEN):
        await talk.says(ZHAO, f"许愿 想要第{n}本书")
    assert (await talk.says(ZHAO, f"许愿 {WORDS}"))[0] == Refused("wish.too_many")
    assert len(await wishes(store)) == MAX_OPEN


# --- taken -----------------------------------------------------------------------------------------------------------


async def test_a_wish_goes_to_the_linked_cadre_who_hears_of_it_without_its_words(
    talk: Talkers, store: Store, zhao: Actor, cadre: Actor
) -> None:
    receipt, question = await talk.says(ZHAO, f"许愿 {WORDS}")
    wish = await the_wish(store)
    assert (wish.owner_id, wish.cadre_id, wish.state, wish.kind) == (
        zhao.person_id,
        cadre.person_id,
        WishState.OPEN,
        "other",
    )
    assert f"#W{wish.ref}" in receipt
    assert question == Said("wish/kind")
    [told] = talk.shown(CADRE)
    assert f"#W{wish.ref}" in told
    assert "CAD" not in told


async def test_its_words_are_sealed(talk: Talkers, store: Store, zhao: Actor) -> None:
    await talk.says(ZHAO, f"许愿 {WORDS}")
    assert b"CAD" not in ((await the_wish(store)).text or b"")


async def test_in_a_group_the_receipt_shows_neither_words_nor_name(
    talk: Talkers, store: Store, zhao: Actor, cadre: Actor
) -> None:
    shown = await talk.says(ZHAO, f"/许愿 {WORDS}", group=GROUP)
    wish = await the_wish(store)
    assert [f"#W{wish.ref}" in text for text in shown] == [True]
    assert not re.search("CAD|教程|小赵|林晓舟", shown[0])
    assert talk.last(ZHAO) == Said("wish/kind")


async def test_the_same_message_delivered_again_makes_no_second_wish(talk: Talkers, store: Store, zhao: Actor) -> None:
    incoming = talk.incoming(ZHAO, (Text(f"许愿 {WORDS}"),))
    await talk.deliver(incoming)
    before = (len(talk.shown(ZHAO)), len(talk.shown(CADRE)))
    await talk.deliver(incoming)
    assert len(await wishes(store)) == 1
    assert (len(talk.shown(ZHAO)), len(talk.shown(CADRE))) == before


async def test_the_kind_is_asked_once_and_silence_leaves_other(talk: Talkers, store: Store, zhao: Actor) -> None:
    await talk.says(ZHAO, f"许愿 {WORDS}")
    talk.advance(timedelta(days=1, minutes=1))
    await do_due(store, talk.clock.now(), "core.questions")
    await talk.sender.pump()
    assert (await the_wish(store)).kind == "other"
    assert len(talk.shown(ZHAO)) == 2


@pytest.mark.parametrize("answer", ["2", "②", "学习进步"])
async def test_the_kind_is_what_the_owner_answers(talk: Talkers, store: Store, zhao: Actor, answer: str) -> None:
    await talk.says(ZHAO, f"许愿 {WORDS}")
    assert (await talk.says(ZHAO, answer))[0] == Said("wish/kind_set", kind="study")
    assert (await the_wish(store)).kind == "study"


async def test_the_same_words_within_ten_minutes_ask_first(talk: Talkers, store: Store, zhao: Actor) -> None:
    await talk.says(ZHAO, f"许愿 {WORDS}")
    await talk.says(ZHAO, "6")
    assert (await talk.says(ZHAO, "许愿 想要一本 ＣＡＤ 教程"))[0] == Said("wish/again")
    assert (await talk.says(ZHAO, "2"))[0] == Said("wish/dropped")
    assert len(await wishes(store)) == 1
    await talk.says(ZHAO, f"许愿 {WORDS}")
    await talk.says(ZHAO, "1")
    assert len(await wishes(store)) == 2
    talk.advance(timedelta(minutes=11))
    await talk.says(ZHAO, "6")
    await talk.says(ZHAO, f"许愿 {WORDS}")
    assert len(await wishes(store)) == 3


async def test_with_two_cadres_it_asks_which_and_nothing_exists_before_the_answer(
    talk: Talkers, store: Store, org: OrgUnit, zhao: Actor, cadre: Actor
) -> None:
    other = await make_cadre(store, org, "周敏", OTHER)
    await second_contact(store, zhao, other)
    assert "②周敏" in (await talk.says(ZHAO, f"许愿 {WORDS}"))[0]
    assert await wishes(store) == []
    await talk.says(ZHAO, "2")
    assert (await the_wish(store)).cadre_id == other.person_id


async def test_with_two_cadres_a_wish_in_a_linked_group_goes_to_that_groups(
    talk: Talkers, store: Store, org: OrgUnit, zhao: Actor, cadre: Actor
) -> None:
    await second_contact(store, zhao, await make_cadre(store, org, "周敏", OTHER))
    await talk.says(ZHAO, f"/许愿 {WORDS}", group=GROUP)
    assert (await the_wish(store)).cadre_id == cadre.person_id


async def test_the_same_words_again_in_a_group_go_to_that_groups_cadre_too(
    talk: Talkers, store: Store, org: OrgUnit, zhao: Actor, cadre: Actor
) -> None:
    await second_contact(store, zhao, await make_cadre(store, org, "周敏", OTHER))
    await talk.says(ZHAO, f"/许愿 {WORDS}", group=GROUP)
    assert talk.last(ZHAO) == Said("wish/kind", ref=(await the_wish(store)).ref)
    await talk.says(ZHAO, "6")
    await talk.says(ZHAO, f"/许愿 {WORDS}", group=GROUP)
    assert talk.last(ZHAO) == Said("wish/again")
    await talk.says(ZHAO, "1")
    assert [wish.cadre_id for wish in await wishes(store)] == [cadre.person_id] * 2


async def test_a_cadre_chosen_after_their_contact_ended_gets_nothing(
    talk: Talkers, store: Store, org: OrgUnit, zhao: Actor, cadre: Actor
) -> None:
    other = await make_cadre(store, org, "周敏", OTHER)
    await second_contact(store, zhao, other)
    await talk.says(ZHAO, f"许愿 {WORDS}")
    async with store.unit() as unit:
        row = await unit.session.execute(select(Contact).where(Contact.cadre_id == other.person_id))
        row.scalar_one().ended_at = unit.now
    assert (await talk.says(ZHAO, "2"))[0] == Refused("wish.no_cadre")
    assert await wishes(store) == []


async def second_contact(store: Store, youth: Actor, cadre: Actor) -> None:
    async with store.unit() as unit:
        later = unit.now + timedelta(seconds=1)
        unit.session.add(
            Contact(cadre_id=cadre.person_id, youth_id=youth.person_id, ref=999, since=later, last_contact_at=later)
        )


# --- afterwards ------------------------------------------------------------------------------------------------------


async def test_own_wishes_are_listed_those_not_over_first(talk: Talkers, store: Store, zhao: Actor) -> None:
    first = ref_in((await talk.says(ZHAO, f"许愿 {WORDS}"))[0])
    await talk.says(ZHAO, "许愿 想有人陪我跑步")
    await talk.says(ZHAO, f"撤回心愿 {first}")
    [shown] = await talk.says(ZHAO, "我的心愿")
    assert shown.index("跑步") < shown.index("已撤回")
    assert "CAD" not in shown
    assert (await talk.says(ZHAO, "我的心愿 9"))[0] == Refused("page.none")


async def test_a_withdrawal_asks_nothing_and_tells_the_cadre_only_that(
    talk: Talkers, store: Store, zhao: Actor, cadre: Actor
) -> None:
    ref = ref_in((await talk.says(ZHAO, f"许愿 {WORDS}"))[0])
    assert (await talk.says(ZHAO, f"撤回心愿 {ref}"))[0] == Said("wish/withdrawn")
    assert talk.last(CADRE) == Said("wish/withdrawn_told", ref=int(ref[1:]))
    assert (await talk.says(ZHAO, f"撤回心愿 {ref}"))[0] == Refused("wish.not_possible", state="withdrawn")
    assert (await the_wish(store)).version == 1


async def test_a_withdrawal_takes_the_question_about_it_back(talk: Talkers, store: Store, zhao: Actor) -> None:
    ref = ref_in((await talk.says(ZHAO, f"许愿 {WORDS}"))[0])
    await talk.says(ZHAO, f"撤回心愿 {ref}")
    assert "学习进步" not in (await talk.says(ZHAO, "2"))[0]
    assert (await the_wish(store)).kind == "other"


async def test_received_without_a_number_means_the_one_that_is_asked_about(
    talk: Talkers, store: Store, zhao: Actor, cadre: Actor
) -> None:
    assert (await talk.says(ZHAO, "收到"))[0] == Refused("wish.which")
    ref = ref_in((await talk.says(ZHAO, f"许愿 {WORDS}"))[0])
    await talk.says(ZHAO, "6")
    await talk.says(CADRE, f"认领 {ref}")
    await talk.says(CADRE, f"完成 {ref} 家里那本给了他")
    assert talk.last(ZHAO) == Said("wish/received_asked", how="家里那本给了他")
    assert (await talk.says(ZHAO, "收到"))[0] == Said("wish/fulfilled")
    assert (await the_wish(store)).state == WishState.FULFILLED
    assert talk.last(CADRE) == Said("wish/fulfilled_told")


@pytest.mark.parametrize(
    ("answer", "state"),
    [("1", WishState.FULFILLED), ("②", WishState.CADRE_HELPING), ("不需要了", WishState.WITHDRAWN)],
)
async def test_the_answer_to_has_it_arrived_decides(
    talk: Talkers, store: Store, zhao: Actor, cadre: Actor, answer: str, state: WishState
) -> None:
    ref = ref_in((await talk.says(ZHAO, f"许愿 {WORDS}"))[0])
    await talk.says(ZHAO, "6")
    await talk.says(CADRE, f"认领 {ref}")
    await talk.says(CADRE, f"完成 {ref} 家里那本给了他")
    await talk.says(ZHAO, answer)
    assert (await the_wish(store)).state == state
    assert f"#{ref}" in talk.last(CADRE)


async def test_not_received_leads_back_to_who_held_it_with_the_owners_words(
    talk: Talkers, store: Store, zhao: Actor, cadre: Actor
) -> None:
    ref = ref_in((await talk.says(ZHAO, f"许愿 {WORDS}"))[0])
    await talk.says(ZHAO, "6")
    await talk.says(CADRE, f"认领 {ref}")
    await talk.says(CADRE, f"完成 {ref} 放在门卫了")
    await talk.says(ZHAO, f"没收到 {ref} 门卫说没有")
    assert talk.last(CADRE) == Said("wish/reopened_told", note="门卫说没有")
    wish = await the_wish(store)
    assert (wish.state, wish.holder_id, wish.reopened) == (WishState.CADRE_HELPING, cadre.person_id, 1)
    assert (await talk.says(ZHAO, "收到"))[0] == Refused("wish.which")


async def test_received_may_be_said_before_the_other_side_reports(
    talk: Talkers, store: Store, zhao: Actor, cadre: Actor
) -> None:
    ref = ref_in((await talk.says(ZHAO, f"许愿 {WORDS}"))[0])
    assert (await talk.says(ZHAO, f"收到 {ref}"))[0] == Refused("wish.not_possible", state="open")
    await talk.says(CADRE, f"认领 {ref}")
    assert (await talk.says(ZHAO, f"收到 {ref}"))[0] == Said("wish/fulfilled")


@pytest.mark.rule("P31")
async def test_silence_never_fulfils(talk: Talkers, store: Store, zhao: Actor, cadre: Actor) -> None:
    ref = ref_in((await talk.says(ZHAO, f"许愿 {WORDS}"))[0])
    await talk.says(ZHAO, "6")
    await talk.says(CADRE, f"认领 {ref}")
    await talk.says(CADRE, f"完成 {ref} 给了")
    talk.advance(timedelta(days=8))
    await do_due(store, talk.clock.now(), "core.questions")
    assert (await the_wish(store)).state == WishState.CADRE_HELPING


async def test_a_youth_who_left_everything_may_still_take_a_wish_back(talk: Talkers, store: Store, zhao: Actor) -> None:
    ref = ref_in((await talk.says(ZHAO, f"许愿 {WORDS}"))[0])
    async with store.unit() as unit:
        (await unit.session.execute(select(Contact))).scalar_one().ended_at = unit.now
        (await unit.session.get_one(Person, zhao.person_id)).is_youth = False
    assert (await talk.says(ZHAO, f"撤回心愿 {ref}"))[0] == Said("wish/withdrawn")


async def test_no_command_about_an_own_wish_leaves_a_row_of_reading(talk: Talkers, store: Store, zhao: Actor) -> None:
    ref = ref_in((await talk.says(ZHAO, f"许愿 {WORDS}"))[0])
    await talk.says(ZHAO, "我的心愿")
    assert WORDS in (await talk.says(ZHAO, f"查看心愿 {ref}"))[0]
    assert await count(store, AuditEntry, AuditEntry.action.startswith("read.")) == 0
