"""绑定、解绑、我是谁, as people see them."""

from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from bot.core.rules.people import Actor, AgeBand, Role
from bot.core.tables import Receipt
from bot.store.delivery import AuditEntry, Prompt
from bot.store.people import Account, BindAttempt, BindCode, OrgUnit
from bot.store.store import Store
from tests.harness import Talkers
from tests.people_built import make_cadre, make_chat, make_code, make_org, make_person, make_youth
from tests.said import Refused, Said

WRONG = "绑定 0000000000"


@pytest_asyncio.fixture
async def talk(store: Store) -> Talkers:
    return await Talkers.open(store)


@pytest_asyncio.fixture
async def org(store: Store) -> OrgUnit:
    return await make_org(store)


@pytest_asyncio.fixture
async def invited(store: Store, org: OrgUnit) -> Actor:
    return await make_person(store, org, "林晓舟", roles=(Role.CADRE,))


@pytest_asyncio.fixture
async def code(store: Store, invited: Actor) -> str:
    return await make_code(store, invited)


async def count(store: Store, table, *where) -> int:
    async with store.read() as session:
        return (await session.execute(select(func.count()).select_from(table).where(*where))).scalar_one()


# --- refused ---------------------------------------------------------------------------------------------------------


async def test_a_code_typed_in_a_group_binds_nothing_and_stays_good(talk: Talkers, store: Store, code: str):
    answer = await talk.says("10001", f"/绑定 {code}", group="888")
    assert answer[0] == Said("common/say_privately")
    assert await count(store, Account) == 0
    await talk.says("10001", f"绑定 {code}")
    assert await count(store, Account) == 1


async def test_wrong_used_and_expired_codes_are_answered_alike(
    talk: Talkers, store: Store, org: OrgUnit, invited: Actor, code: str
):
    await talk.says("10001", f"绑定 {code}")
    colleague = await make_person(store, org, "何田", roles=(Role.CADRE,))
    late = await make_code(store, colleague, "AAAAABBBB1")
    talk.advance(timedelta(hours=24))
    answers = {(await talk.says("66666", f"绑定 {told}"))[0] for told in ("0000000000", code, late, "不是码")}
    assert len(answers) == 1
    assert await count(store, Account) == 1


async def test_five_wrong_codes_lock_the_account_and_the_right_one_too(
    talk: Talkers, store: Store, org: OrgUnit, invited: Actor, code: str
):
    await make_person(store, org, "吴建平", number="10008", roles=(Role.ORGAN_ADMIN,))
    county = await make_org(store, "清溪县团委", parent=org)
    await make_person(store, county, "何田", number="10007", roles=(Role.ORGAN_ADMIN,))
    for _ in range(4):
        assert (await talk.says("66666", WRONG))[0] == Said("bind/wrong", locked=False)
    assert talk.shown("10008") == []
    assert (await talk.says("66666", WRONG))[0] == Said("bind/wrong", locked=True)
    assert talk.last("10008") == Said("bind/locked_told")
    assert "66666" not in talk.last("10008")
    assert talk.shown("10007") == []
    assert (await talk.says("66666", f"绑定 {code}"))[0] == Refused("bind.locked")
    assert await count(store, Account, Account.person_id == invited.person_id) == 0
    talk.advance(timedelta(minutes=59))
    assert (await talk.says("66666", f"绑定 {code}"))[0] == Refused("bind.locked")
    talk.advance(timedelta(minutes=1))
    assert (await talk.says("66666", f"绑定 {code}"))[0] == Said("bind/bound")


@pytest.mark.parametrize(
    "around",
    [
        "林晓舟,QH,{},2026-12-02 02:49",
        '"林晓舟","QH","{}","2026-12-02 02:49"',
        "林晓舟，QINGHE2024，{}，2026/12/2",
        "林晓舟\tQH\t{}\t2026-12-02 02:49",
        "码是{}，谢谢",
        "我的绑定码是 {} 谢谢管理员",
        "「{}」",
        "“{}”。",
        "\n{}\n",
        "：{}",
        "<{}>",
    ],
)
@pytest.mark.parametrize("form", ["plain", "wide", "spaced", "small"])
async def test_a_code_is_found_in_the_row_or_the_sentence_it_was_pasted_with(
    talk: Talkers, code: str, around: str, form: str
):
    told = {
        "plain": code,
        "wide": "".join(chr(ord(char) + 0xFEE0) for char in code),
        "spaced": f"{code[:5]} {code[5:]}",
        "small": code.lower(),
    }[form]
    assert (await talk.says("10001", f"绑定 {around.format(told)}"))[0] == Said("bind/bound")


async def test_a_wrong_row_is_one_try_and_words_without_a_code_are_none(talk: Talkers, store: Store, code: str):
    await talk.says("66666", "绑定 林晓舟,QINGHE2024,AAAAABBBB7,2026-12-02 02:49")
    assert await count(store, BindAttempt) == 1
    for told in ("绑定 林晓舟,QH,2026-12-02 02:49", "绑定 我的码呢", "绑定 12345"):
        assert (await talk.says("66666", told))[0] == Said("bind/wrong", locked=False)
    assert await count(store, BindAttempt) == 1


async def test_codes_of_two_people_bind_nobody_and_count_for_nothing(
    talk: Talkers, store: Store, org: OrgUnit, code: str
):
    other = await make_code(store, await make_person(store, org, "何田", roles=(Role.CADRE,)), "AAAAABBBB1")
    assert (await talk.says("10001", f"绑定 林晓舟 {code} 何田 {other}"))[0] == Refused("bind.several")
    assert (await count(store, Account), await count(store, BindAttempt)) == (0, 0)
    assert (await talk.says("10001", f"绑定 {code}"))[0] == Said("bind/bound")


async def guess(talk: Talkers, number: str, told: str = WRONG) -> None:
    for _ in range(5):
        await talk.says(number, told)


async def test_the_admins_of_the_invited_hear_of_the_guessing_and_not_those_at_the_top(
    talk: Talkers, store: Store, org: OrgUnit
):
    await make_person(store, org, "吴建平", number="10008", roles=(Role.ORGAN_ADMIN,))
    county = await make_org(store, "清溪县团委", parent=org)
    await make_person(store, county, "何田", number="10007", roles=(Role.ORGAN_ADMIN,))
    await make_code(store, await make_person(store, county, "苏娜", roles=(Role.CADRE,)), "AAAAABBBB1")
    await guess(talk, "66666")
    assert (talk.last("10007") == Said("bind/locked_told"), talk.shown("10008")) == (True, [])


async def test_guessing_at_invitations_of_several_is_told_above_all_of_them(talk: Talkers, store: Store, org: OrgUnit):
    await make_person(store, org, "吴建平", number="10008", roles=(Role.ORGAN_ADMIN,))
    for number, name in enumerate(("清溪县团委", "甘棠县团委")):
        county = await make_org(store, name, parent=org)
        await make_person(store, county, "何田", number=f"1000{number}", roles=(Role.ORGAN_ADMIN,))
        await make_code(store, await make_person(store, county, "苏娜", roles=(Role.CADRE,)), f"AAAAABBBB{number}")
    await guess(talk, "66666")
    assert (len(talk.shown("10008")), talk.shown("10000"), talk.shown("10001")) == (1, [], [])


async def test_an_expired_code_still_says_whose_admins_must_hear(talk: Talkers, store: Store, org: OrgUnit, code: str):
    await make_person(store, org, "吴建平", number="10008", roles=(Role.ORGAN_ADMIN,))
    county = await make_org(store, "清溪县团委", parent=org)
    await make_person(store, county, "何田", number="10007", roles=(Role.ORGAN_ADMIN,))
    late = await make_code(store, await make_person(store, county, "苏娜", roles=(Role.CADRE,)), "AAAAABBBB1")
    talk.advance(timedelta(hours=25))
    await guess(talk, "66666", f"绑定 {late}")
    assert (len(talk.shown("10007")), talk.shown("10008")) == (1, [])


async def test_the_guessing_of_a_known_person_is_told_to_the_admins_of_their_organisation(
    talk: Talkers, store: Store, org: OrgUnit, code: str
):
    await make_person(store, org, "吴建平", number="10008", roles=(Role.ORGAN_ADMIN,))
    county = await make_org(store, "清溪县团委", parent=org)
    await make_person(store, county, "何田", number="10007", roles=(Role.ORGAN_ADMIN,))
    await make_youth(store, county, number="66666")
    await guess(talk, "66666")
    assert (len(talk.shown("10007")), talk.shown("10008")) == (1, [])


async def test_admins_without_an_account_are_passed_over_and_where_nobody_is_above_those_below_hear(
    talk: Talkers, store: Store, org: OrgUnit, code: str
):
    await make_person(store, org, "没绑定的", roles=(Role.ORGAN_ADMIN,))
    county = await make_org(store, "清溪县团委", parent=org)
    await make_person(store, county, "何田", number="10007", roles=(Role.ORGAN_ADMIN,))
    await guess(talk, "66666")
    assert len(talk.shown("10007")) == 1


async def test_an_admin_who_guesses_is_not_the_one_who_hears(talk: Talkers, store: Store, org: OrgUnit):
    await make_person(store, org, "吴建平", number="10008", roles=(Role.ORGAN_ADMIN,))
    county = await make_org(store, "清溪县团委", parent=org)
    await make_person(store, county, "何田", number="10007", roles=(Role.ORGAN_ADMIN,))
    await guess(talk, "10007")
    assert talk.last("10008") == Said("bind/locked_told")
    assert not any("错了 5 次" in text for text in talk.shown("10007"))


async def test_another_account_is_not_locked_by_it(talk: Talkers, store: Store, code: str):
    for _ in range(5):
        await talk.says("66666", WRONG)
    assert (await talk.says("10001", f"绑定 {code}"))[0] == Said("bind/bound")


async def test_fifty_wrong_codes_freeze_binding_for_everybody_for_an_hour(
    talk: Talkers, store: Store, org: OrgUnit, code: str
):
    await make_person(store, org, "吴建平", number="10008", roles=(Role.ORGAN_ADMIN,))
    for number in range(50):
        await talk.says(f"7{number:04}", WRONG)
    assert sum(text == Said("bind/frozen_told") for text in talk.shown("10008")) == 1
    assert (await talk.says("10001", f"绑定 {code}"))[0] == Refused("bind.locked")
    assert await count(store, BindAttempt) == 50
    talk.advance(timedelta(hours=1))
    assert (await talk.says("10001", f"绑定 {code}"))[0] == Said("bind/bound")


async def test_wrong_codes_are_forgotten_with_time(talk: Talkers, store: Store, code: str):
    await talk.says("66666", WRONG)
    talk.advance(timedelta(hours=3))
    await talk.says("66666", WRONG)
    assert await count(store, BindAttempt) == 1


async def test_the_same_wrong_code_delivered_twice_counts_once(talk: Talkers, store: Store):
    incoming = talk.incoming("66666", WRONG)
    await talk.deliver(incoming)
    await talk.deliver(incoming)
    assert await count(store, BindAttempt) == 1


async def test_an_account_that_is_bound_keeps_its_person_and_the_code_stays_good(
    talk: Talkers, store: Store, org: OrgUnit, code: str
):
    await make_cadre(store, org, "何田", "10003")
    assert (await talk.says("10003", f"绑定 {code}"))[0] == Refused("bind.other")
    assert await count(store, BindCode, BindCode.used_at.is_(None)) == 1


async def test_an_account_that_is_ones_own_already_keeps_the_code(
    talk: Talkers, store: Store, invited: Actor, code: str
):
    await talk.says("10001", f"绑定 {code}")
    await make_code(store, invited, "AAAAABBBB1")
    assert (await talk.says("10001", "绑定 AAAAABBBB1"))[0] == Refused("bind.already")
    assert await count(store, BindCode, BindCode.used_at.is_(None)) == 1


async def test_an_account_that_joined_as_a_youth_is_told_the_way_out(
    talk: Talkers, store: Store, org: OrgUnit, code: str
):
    await make_youth(store, org, "小赵", "20001")
    answer = (await talk.says("20001", f"绑定 {code}"))[0]
    assert answer == Refused("bind.joined")
    assert await count(store, Account) == 1


# --- binding ---------------------------------------------------------------------------------------------------------


async def test_a_code_glued_to_the_word_binds(talk: Talkers, code: str):
    assert (await talk.says("10001", f"绑定{code}"))[0] == Said("bind/bound")


@pytest.mark.parametrize("told", ["K7PD93QX2M", "k7pd93qx2m", "Ｋ７ＰＤ９３ＱＸ２Ｍ", "K7PD9-3QX2M", "  K7PD9 3QX2M "])
async def test_a_code_binds_however_it_is_typed(talk: Talkers, store: Store, code: str, told: str):
    answer = (await talk.says("10001", f"绑定 {told}"))[0]
    assert answer == Said("bind/bound", name="林晓舟")
    assert answer == Said("bind/bound", roles=[{"role": "cadre", "org": "清河县团委"}])
    assert code not in answer
    assert await count(store, AuditEntry, AuditEntry.action == "account.bound") == 1


async def test_a_second_account_is_the_same_person(talk: Talkers, store: Store, invited: Actor, code: str):
    await talk.says("10001", f"绑定 {code}")
    await make_code(store, invited, "AAAAABBBB1")
    await talk.says("10002", "绑定 AAAAABBBB1")
    assert (await talk.says("10002", "我是谁"))[0] == Said("people/who_am_i", accounts=2)


# --- 解绑 ------------------------------------------------------------------------------------------------------------


async def test_a_stranger_has_nothing_to_unbind(talk: Talkers, store: Store, org: OrgUnit):
    assert (await talk.says("66666", "解绑"))[0] == Refused("bind.none")


async def test_a_youth_is_pointed_to_leaving(talk: Talkers, store: Store, org: OrgUnit):
    cadre = await make_cadre(store, org)
    chat = await make_chat(store, org, cadre)
    await make_youth(store, org, cadre=cadre, chat=chat)
    assert (await talk.says("20001", "解绑"))[0] == Refused("bind.leave_first")
    assert await count(store, Prompt) == 0


async def test_unbinding_asks_first(talk: Talkers, store: Store, org: OrgUnit):
    await make_cadre(store, org)
    assert (await talk.says("10001", "解绑"))[0] == Said("bind/unbind_asked")
    assert (await talk.says("10001", "2"))[0] == Said("bind/unbind_dropped")
    assert await count(store, Account) == 1


async def test_after_a_yes_the_account_is_a_strangers(talk: Talkers, store: Store, org: OrgUnit):
    await make_cadre(store, org)
    await talk.says("10001", "解绑")
    assert (await talk.says("10001", "1"))[0] == Said("bind/unbound")
    assert await count(store, Account) == 0
    assert (await talk.says("10001", "我是谁"))[0] == Said("people/nobody")


async def test_who_joined_between_question_and_answer_is_not_unbound(talk: Talkers, store: Store, org: OrgUnit):
    cadre = await make_cadre(store, org)
    await make_cadre(store, org, "何田", "10003")
    await make_chat(store, org, cadre)
    await talk.says("10003", "解绑")
    await talk.says("10003", "/加入", group="888")
    await talk.says("10003", "确定解绑")
    assert await count(store, Account) == 2


# --- 我是谁 ----------------------------------------------------------------------------------------------------------


async def test_who_am_i_shows_ones_own_roles_groups_and_contacts(talk: Talkers, store: Store, org: OrgUnit):
    cadre = await make_cadre(store, org)
    chat = await make_chat(store, org, cadre)
    await make_youth(store, org, cadre=cadre, chat=chat, age_band=AgeBand.MINOR)
    mine = (await talk.says("10001", "我是谁"))[0]
    assert mine == Said("people/who_am_i", groups=["888"])
    assert "小赵" not in mine
    theirs = (await talk.says("20001", "我是谁"))[0]
    assert "14–17" in theirs
    assert theirs == Said("people/who_am_i", contacts=[{"cadre": "林晓舟", "group": "888"}])


async def test_the_two_words_of_other_channels_are_answered_shortly(talk: Talkers, store: Store, org: OrgUnit):
    await make_cadre(store, org)
    assert (await talk.says("10001", "在群里是我"))[0] == Said("bind/not_needed")
    assert (await talk.says("10001", "/认我 4821KX", group="888"))[0] == Said("bind/not_needed")


@pytest.mark.rule("P29")
async def test_the_card_on_the_duty_to_report_is_shown_once_to_who_holds_an_office_and_that_is_kept(
    any_store: Store,
) -> None:
    org = await make_org(any_store)
    cadre = await make_person(any_store, org, "林晓舟", roles=(Role.CADRE,))
    talk = await Talkers.open(any_store)
    for number, code, shown in (("10001", "K7PD93QX2M", True), ("10002", "K7PD93QX3M", False)):
        await make_code(any_store, cadre, code)
        assert (await talk.says(number, f"绑定 {code}"))[0] == Said("bind/bound", card=shown)
    async with any_store.read() as session:
        kinds = (await session.execute(select(Receipt.kind).where(Receipt.person_id == cadre.person_id))).scalars()
        assert list(kinds) == ["duty_card"]
