"""进度: what counts for whom and in which window; own numbers only, nobody's name (P38, P39, S1, S2)."""

from datetime import UTC, date, datetime, timedelta

import pytest
import pytest_asyncio
from sqlalchemy import select, update

from bot.core.rules.consent import ConsentScope
from bot.core.rules.five_ones import ActivityKind
from bot.core.rules.people import Actor, CadreKind, OrgLevel, Role
from bot.features.talk.tables import Talk, TalkPart
from bot.store.chat import Chat
from bot.store.people import OrgUnit, RoleGrant
from bot.store.store import Store
from tests.harness import Talkers
from tests.people_built import make_cadre, make_chat, make_consent, make_org, make_person, make_youth
from tests.said import Refused, Said, fields

CADRE, CO_HOST, ZHAO, YU, STRANGER = "10001", "10002", "20001", "20003", "66666"
S1 = datetime(2026, 11, 24, 2, tzinfo=UTC)
"""10:00 in Shanghai on the day of the stories."""


@pytest_asyncio.fixture
async def talk(store: Store) -> Talkers:
    talkers = await Talkers.open(store)
    talkers.advance(S1 - talkers.clock.now())
    return talkers


@pytest_asyncio.fixture
async def org(talk: Talkers, store: Store) -> OrgUnit:
    return await make_org(store)


@pytest_asyncio.fixture
async def cadre(store: Store, org: OrgUnit) -> Actor:
    return await make_cadre(store, org)


@pytest_asyncio.fixture
async def chat(store: Store, org: OrgUnit, cadre: Actor) -> Chat:
    return await make_chat(store, org, cadre)


@pytest_asyncio.fixture
async def zhao(store: Store, org: OrgUnit, cadre: Actor, chat: Chat) -> Actor:
    youth = await make_youth(store, org, "小赵", ZHAO, cadre=cadre, chat=chat)
    await make_consent(store, youth, ConsentScope.PROFILE)
    await make_consent(store, youth, ConsentScope.ORIGINAL_MESSAGES, chat)
    return youth


async def a_talk(talk: Talkers, who: str = CADRE) -> None:
    talk.advance(timedelta(minutes=1))
    await talk.says(who, "/谈心 开始", group="888")
    await talk.says(ZHAO, "最近夜班多", group="888")
    await talk.says(who, "/谈心 结束 聊了夜班", group="888")


async def seen(talk: Talkers, who: str = CADRE) -> str:
    return (await talk.says(who, "进度"))[0]


async def figures(talk: Talkers, who: str = CADRE) -> tuple[int, int, int, int]:
    """In the one window that this cadre sees: done, counted, waiting for a confirmation, still due."""
    [window] = fields(await seen(talk, who))["windows"]
    state = window["state"]
    return state["done"], state["counted"], state["waiting"], state["due"]


# --- refused, and what does not count --------------------------------------------------------------------------------


@pytest.mark.rule("K3", "K4")
async def test_a_stranger_a_youth_and_a_group_see_no_numbers(talk, zhao):
    for who in (STRANGER, ZHAO):
        assert await seen(talk, who) == Refused("not_allowed", needs="cadre")
    assert (await talk.says(CADRE, "/进度", group="888"))[0] == Said("common/say_privately")


@pytest.mark.rule("P39")
async def test_a_talk_that_is_still_recording_or_was_given_up_is_not_done(talk, zhao):
    await talk.says(CADRE, "/谈心 开始", group="888")
    await talk.says(ZHAO, "最近夜班多", group="888")
    assert await figures(talk) == (0, 0, 0, 5)
    await talk.says(CADRE, "/谈心 放弃", group="888")
    assert await figures(talk) == (0, 0, 0, 5)


@pytest.mark.rule("P39")
async def test_a_talk_that_nobody_has_co_signed_waits_and_does_not_count(talk, zhao):
    await a_talk(talk)
    assert await figures(talk) == (1, 0, 1, 5)


async def test_a_talk_whose_words_the_youth_took_back_does_not_count(talk, zhao):
    await a_talk(talk)
    await talk.says(ZHAO, "3")
    assert await figures(talk) == (1, 0, 0, 5)


@pytest.mark.rule("P39")
async def test_a_talk_in_which_no_youth_spoke_does_not_count(talk, zhao):
    await talk.says(CADRE, "/谈心 开始", group="888")
    await talk.says(CADRE, "/谈心 结束 没人", group="888")
    assert await figures(talk) == (1, 0, 0, 5)


@pytest.mark.rule("P38")
async def test_a_talk_held_elsewhere_of_which_nothing_is_kept_leaves_nothing(talk, zhao):
    await talk.says(CADRE, "记谈心 小赵 聊了夜班")
    assert await figures(talk) == (1, 0, 1, 5)
    await talk.says(ZHAO, "1")
    assert await figures(talk) == (0, 0, 0, 5)


@pytest.mark.rule("P38")
async def test_another_cadres_talk_does_not_count_and_no_name_is_shown(talk, store, org, zhao):
    await make_cadre(store, org, "周敏", CO_HOST)
    await a_talk(talk)
    await talk.says(ZHAO, "1")
    assert await figures(talk, CO_HOST) == (0, 0, 0, 5)
    for name in ("小赵", "周敏", "夜班"):
        assert name not in await seen(talk)


async def test_the_last_window_does_not_count(talk, store, zhao):
    await a_talk(talk)
    await talk.says(ZHAO, "1")
    async with store.unit() as unit:  # a minute before November in Shanghai, already November nowhere
        await unit.session.execute(update(Talk).values(opened_at=datetime(2026, 10, 31, 15, 59, tzinfo=UTC)))
    assert await figures(talk) == (0, 0, 0, 5)
    async with store.unit() as unit:
        await unit.session.execute(update(Talk).values(opened_at=datetime(2026, 10, 31, 16, tzinfo=UTC)))
    assert await figures(talk) == (1, 1, 0, 4)


# --- what counts -----------------------------------------------------------------------------------------------------


@pytest.mark.rule("P39")
@pytest.mark.parametrize("answer", ["1", "2"])
async def test_a_co_signed_or_corrected_talk_counts(talk, zhao, answer):
    await a_talk(talk)
    await talk.says(ZHAO, answer)
    if answer == "2":
        await talk.says(ZHAO, "是早班")
    assert await figures(talk) == (1, 1, 0, 4)


@pytest.mark.parametrize("answer", ["2", "3"])
async def test_a_talk_held_elsewhere_counts_when_the_youth_kept_it(talk, zhao, answer):
    await talk.says(CADRE, "记谈心 小赵 聊了夜班")
    await talk.says(ZHAO, answer)
    assert await figures(talk) == (1, 1, 0, 4)


async def test_one_youth_of_two_is_enough(talk, store, org, cadre, chat, zhao):
    yu = await make_youth(store, org, "小雨", YU, cadre=cadre, chat=chat)
    await make_consent(store, yu, ConsentScope.ORIGINAL_MESSAGES, chat)
    await talk.says(CADRE, "/谈心 开始", group="888")
    for who in (ZHAO, YU):
        await talk.says(who, "最近夜班多", group="888")
    await talk.says(CADRE, "/谈心 结束 聊了夜班", group="888")
    await talk.says(YU, "3")
    await talk.says(ZHAO, "1")
    assert await figures(talk) == (1, 1, 0, 4)


async def test_a_co_host_who_spoke_took_part(talk, store, org, cadre, zhao):
    other = await make_cadre(store, org, "周敏", CO_HOST)
    await a_talk(talk)
    await talk.says(ZHAO, "1")
    async with store.unit() as unit:
        talk_id = (await unit.session.execute(select(Talk.id))).scalar_one()
        unit.session.add(TalkPart(talk_id=talk_id, person_id=other.person_id, role="cadre"))
    assert await figures(talk, CO_HOST) == await figures(talk) == (1, 1, 0, 4)


async def test_five_are_enough(talk, store, zhao):
    for _ in range(5):
        await a_talk(talk)
        await talk.says(ZHAO, "1")
    assert await figures(talk) == (5, 5, 0, 0)


# --- windows ---------------------------------------------------------------------------------------------------------


async def test_a_full_time_cadre_sees_two_months_and_the_workdays_left_without_today(talk, cadre):
    [window] = fields(await seen(talk))["windows"]
    assert (window["months"], window["kinds_of_cadre"], window["orgs"]) == (2, ["full_time"], ["清河县团委"])
    state = window["state"]
    assert (state["least"], state["days_left"], state["workdays_left"]) == (5, 37, 27)


async def test_a_part_time_cadre_sees_the_quarter(talk, store, org):
    await make_person(store, org, "周敏", number=CO_HOST, roles=(Role.CADRE,), cadre_kind=CadreKind.PART_TIME)
    [window] = fields(await seen(talk, CO_HOST))["windows"]
    assert (window["months"], window["kinds_of_cadre"]) == (3, ["part_time"])
    assert window["state"]["window"] == {"first": date(2026, 10, 1), "last": date(2026, 12, 31)}


async def test_who_is_cadre_in_two_ways_sees_both_windows(talk, store, org, cadre, zhao):
    city = await make_org(store, "甘泉市团委", OrgLevel.CITY)
    await a_talk(talk)
    await talk.says(ZHAO, "1")
    async with store.unit() as unit:
        unit.session.add(
            RoleGrant(
                person_id=cadre.person_id,
                org_id=city.id,
                role=Role.CADRE.value,
                cadre_kind=CadreKind.PART_TIME.value,
                since=unit.now,
            )
        )
    windows = fields(await seen(talk))["windows"]
    assert [(window["months"], window["orgs"]) for window in windows] == [(2, ["清河县团委"]), (3, ["甘泉市团委"])]
    assert [window["state"]["counted"] for window in windows] == [1, 1]


async def test_two_organisations_with_one_kind_of_window_are_one_window(talk, store, org, cadre):
    city = await make_org(store, "甘泉市团委", OrgLevel.CITY)
    async with store.unit() as unit:
        unit.session.add(
            RoleGrant(
                person_id=cadre.person_id,
                org_id=city.id,
                role=Role.CADRE.value,
                cadre_kind=CadreKind.SECONDED.value,
                since=unit.now,
            )
        )
    [window] = fields(await seen(talk))["windows"]
    assert (window["months"], window["kinds_of_cadre"]) == (2, ["full_time", "seconded"])
    assert sorted(window["orgs"]) == sorted(["清河县团委", "甘泉市团委"])


async def test_in_a_year_without_official_days_the_workdays_are_marked_as_estimated(talk, cadre):
    talk.advance(datetime(2027, 1, 4, 2, tzinfo=UTC) - talk.clock.now())
    [window] = fields(await seen(talk))["windows"]
    assert window["state"]["estimated"]


async def test_it_says_what_can_be_entered_at_all(talk, cadre):
    assert await seen(talk) == Said("five_ones/progress", possible=[kind.value for kind in ActivityKind])
