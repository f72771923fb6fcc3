"""Pages: cut by the database, counted there, refused alike."""

import pytest
from sqlalchemy import func, select

from bot.chat.args import LAST_PAGE, BadArguments, PageArg, read_args
from bot.core.reads.paging import counted, first, paged
from bot.core.rules.paging import PAGE, NoSuchPage, pages_of
from bot.store.people import OrgUnit
from bot.store.store import Store
from tests.people_built import make_org

NAMED = select(OrgUnit.name).order_by(OrgUnit.name)


async def named(store: Store, count: int) -> list[str]:
    names = [f"{number:02}" for number in range(count)]
    for name in names:
        await make_org(store, name)
    return names


@pytest.mark.parametrize(("count", "pages"), [(0, 1), (1, 1), (3, 1), (4, 2), (7, 3)])
async def test_the_pages_together_are_everything_once(any_store: Store, count: int, pages: int) -> None:
    names = await named(any_store, count)
    async with any_store.read() as session:
        found = [await paged(session, NAMED, page, 3) for page in range(1, pages + 1)]
        for page in (0, -1, pages + 1):
            with pytest.raises(NoSuchPage) as refused:
                await paged(session, NAMED, page, 3)
            assert refused.value.details == {"pages": pages}
    assert [name for page in found for name in page.rows] == names
    assert {(page.total, page.pages) for page in found} == {(count, pages)}


@pytest.mark.parametrize(("count", "most"), [(0, 2), (1, 2), (2, 2), (3, 2), (3, 0), (3, -10)])
async def test_the_first_rows_come_with_the_count_of_all(any_store: Store, count: int, most: int) -> None:
    names = await named(any_store, count)
    async with any_store.read() as session:
        total, rows = await first(session, NAMED, most)
    assert (total, [name for (name,) in rows]) == (count, names[: max(0, most)])


async def test_groups_are_counted_as_groups(any_store: Store) -> None:
    await named(any_store, 3)
    async with any_store.read() as session:
        grouped = select(OrgUnit.level, func.count()).group_by(OrgUnit.level).order_by(OrgUnit.level)
        assert await counted(session, grouped) == 1


@pytest.mark.parametrize(("total", "pages"), [(0, 1), (PAGE, 1), (PAGE + 1, 2)])
def test_a_list_has_one_page_at_least(total: int, pages: int) -> None:
    assert pages_of(total, 1) == pages


@pytest.mark.parametrize(("said", "page"), [("", 1), ("3", 3), ("０", 0), ("9" * 400, LAST_PAGE)])
def test_a_page_is_a_number_or_the_first(said: str, page: int) -> None:
    assert read_args((PageArg(),), said) == {"page": page}


@pytest.mark.parametrize("said", ["下一页", "-1", "2 3", "1\n进度"])
def test_other_words_are_no_page(said: str) -> None:
    with pytest.raises(BadArguments):
        read_args((PageArg(),), said)
