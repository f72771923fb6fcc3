"""待办: own open things only, oldest first, with references and without content."""

from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import select

from bot.core.rules.consent import ConsentScope
from bot.core.rules.people import Actor, Role
from bot.core.rules.todo import PAGE, NoTodoPage, TodoItem, TodoKind, page_of
from bot.core.tables import Crisis
from bot.features.talk.tables import Talk
from bot.store.chat import Chat
from bot.store.people import OrgUnit
from bot.store.store import Store
from tests.databases import NOW
from tests.harness import Talkers
from tests.people_built import make_cadre, make_chat, make_consent, make_org, make_person, make_youth
from tests.said import Refused, Said, fields

CADRE, OTHER, OFFICER, ZHAO, YU, STRANGER = "10001", "10002", "30004", "20001", "20003", "66666"


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
    youth = await make_youth(store, org, "小赵", ZHAO, cadre=cadre, chat=chat)
    await make_consent(store, youth, ConsentScope.PROFILE)
    await make_consent(store, youth, ConsentScope.ORIGINAL_MESSAGES, chat)
    return youth


async def the_ref(store: Store) -> int:
    async with store.read() as session:
        return (await session.execute(select(Talk.ref))).scalar_one()


async def a_talk(talk: Talkers, notes: str = "聊了夜班") -> None:
    await talk.says(CADRE, "/谈心 开始", group="888")
    await talk.says(ZHAO, "最近夜班多", group="888")
    await talk.says(CADRE, f"/谈心 结束 {notes}", group="888")


# --- refused ---------------------------------------------------------------------------------------------------------


async def test_a_stranger_a_youth_and_a_group_get_no_list(talk, store, zhao):
    for who in (STRANGER, ZHAO):
        assert "没有待办" not in (await talk.says(who, "待办"))[0]
    assert (await talk.says(CADRE, "/待办", group="888"))[0] == Said("common/say_privately")


@pytest.mark.parametrize("page", ["0", "2", "下一页", "99999"])
async def test_a_page_that_does_not_exist_is_refused(talk, cadre, page):
    assert (await talk.says(CADRE, f"待办 {page}"))[0] == Refused("todo.no_page")


async def test_an_empty_list_says_what_would_bring_something(talk, cadre):
    answer = (await talk.says(CADRE, "待办"))[0]
    assert answer == Said("todo/list", items=[])


async def test_another_cadres_open_things_are_not_listed(talk, store, org, zhao):
    await make_cadre(store, org, "周敏", OTHER)
    await talk.says(CADRE, "记谈心 小赵 聊了夜班")
    await a_talk(talk)
    assert (await talk.says(OTHER, "待办"))[0] == Said("todo/list", items=[])


async def test_what_is_settled_is_not_open(talk, store, zhao):
    await talk.says(CADRE, "记谈心 小赵 聊了夜班")
    await talk.says(ZHAO, "1")
    await a_talk(talk)
    await talk.says(ZHAO, "1")
    assert (await talk.says(CADRE, "待办"))[0] == Said("todo/list", items=[])


async def test_a_question_past_its_time_is_not_open(talk, store, zhao):
    await talk.says(CADRE, "记谈心 小赵 聊了夜班")
    talk.advance(timedelta(days=8))
    assert (await talk.says(CADRE, "待办"))[0] == Said("todo/list", items=[])


async def test_a_call_is_listed_for_who_is_still_on_duty_only(talk, store, org, zhao):
    await make_person(store, org, "何立", number=OFFICER, roles=(Role.DUTY_OFFICER,))
    await talk.says(ZHAO, "我不想活了")
    await talk.says(ZHAO, "要")
    listed = (await talk.says(OFFICER, "待办"))[0]
    assert listed == Said("todo/list", items=[{"kind": "crisis", "ref": "", "name": ""}])
    assert "小赵" not in listed
    assert (await talk.says(CADRE, "待办"))[0] == Said("todo/list", items=[])
    await talk.says(OFFICER, "已联系上")
    assert (await talk.says(OFFICER, "待办"))[0] == Said("todo/list", items=[])


# --- listed ----------------------------------------------------------------------------------------------------------


async def test_a_note_that_waits_is_listed_with_the_name_that_was_typed_and_without_its_words(talk, store, zhao):
    asked = (await talk.says(CADRE, "记谈心 小赵 聊了夜班"))[0]
    listed = (await talk.says(CADRE, "待办"))[0]
    ref = f"T{fields(asked)['ref']}"
    assert listed == Said("todo/list", items=[{"kind": "talk_note", "ref": ref, "name": "小赵"}])
    assert "夜班" not in listed


async def test_a_talk_without_its_notes_and_one_being_co_signed_are_listed_without_names(talk, store, zhao):
    await a_talk(talk, "")
    ref = await the_ref(store)
    listed = (await talk.says(CADRE, "待办"))[0]
    assert listed == Said("todo/list", items=[{"kind": "talk_notes", "ref": f"T{ref}", "name": ""}])
    await talk.says(CADRE, "/谈心 结束 聊了夜班", group="888")
    listed = (await talk.says(CADRE, "待办"))[0]
    assert listed == Said("todo/list", items=[{"kind": "talk_co_sign", "ref": f"T{ref}", "name": ""}])
    assert "小赵" not in listed
    assert "夜班" not in listed


async def test_the_oldest_comes_first(talk, store, zhao):
    await a_talk(talk)
    talk.advance(timedelta(days=1))
    await talk.says(CADRE, "记谈心 小赵 聊了末班车")
    listed = (await talk.says(CADRE, "待办"))[0]
    assert listed == Said("todo/list", total=2, items=[{"kind": "talk_co_sign"}, {"kind": "talk_note", "name": "小赵"}])


async def test_who_asked_for_the_privacy_officer_is_not_named(talk, store, org, zhao):
    await make_person(store, org, "苏娜", number=OFFICER, roles=(Role.PRIVACY_OFFICER,))
    await talk.says(ZHAO, "联系负责人")
    listed = (await talk.says(OFFICER, "待办"))[0]
    assert listed == Said("todo/list", items=[{"kind": "data_request", "name": ""}])
    assert "小赵" not in listed


async def test_a_crisis_that_ended_meanwhile_is_not_open(talk, store, org, zhao):
    await make_person(store, org, "何立", number=OFFICER, roles=(Role.DUTY_OFFICER,))
    await talk.says(ZHAO, "我不想活了")
    await talk.says(ZHAO, "要")
    async with store.unit() as unit:
        (await unit.session.execute(select(Crisis))).scalar_one().closed_at = unit.now
    assert (await talk.says(OFFICER, "待办"))[0] == Said("todo/list", items=[])


# --- pages -----------------------------------------------------------------------------------------------------------


def _items(count: int) -> list[TodoItem]:
    return [TodoItem(TodoKind.TALK_NOTE, NOW - timedelta(hours=n), f"T{n}") for n in range(count)]


@pytest.mark.parametrize(("count", "page"), [(0, 2), (PAGE, 2), (PAGE + 1, 3), (3, 0)])
def test_there_is_no_page_behind_the_last(count: int, page: int):
    with pytest.raises(NoTodoPage):
        page_of(_items(count), page)


@pytest.mark.parametrize(("count", "pages"), [(0, 1), (1, 1), (PAGE, 1), (PAGE + 1, 2)])
def test_the_pages_together_are_everything_once_oldest_first(count: int, pages: int):
    items = _items(count)
    shown = [item for page in range(1, pages + 1) for item in page_of(items, page)[0]]
    assert shown == items[::-1]
    assert page_of(items, 1)[1] == pages
