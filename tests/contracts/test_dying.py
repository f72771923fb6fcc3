"""Every command that writes, by its declaration: the process dies at each of its commits, and right after the last one.

Before a commit nothing has changed; the platform's second delivery has the effect once. After it the receipt is told by
the next process, and a second delivery changes nothing.
"""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import pytest_asyncio

from bot.chat.table import table
from bot.store.sealing import MasterKeys
from bot.store.unit import Unit
from tests.contracts.test_authorisation import WRITTEN, allowed
from tests.contracts.town import NUMBERS, PLACES, Outcome, Town, listen
from tests.databases import in_own_loop
from tests.harness import load_plugins

load_plugins()
MOST_COMMITS: Final = 6


class Killed(Exception):
    """The process is gone at this commit."""


class Commits:
    """Counts the commits of units; the n-th does not happen, nor anything after it."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        self.at, self.count = 0, 0
        committing = Unit.committing

        async def counted(unit: Unit) -> None:
            self.count += 1
            if self.at and self.count >= self.at:
                raise Killed
            await committing(unit)

        patch.setattr(Unit, "committing", counted)

    def die_at(self, number: int) -> None:
        """At the so-manyth from now on; 0: live."""
        self.at, self.count = number, 0

    @property
    def died(self) -> bool:
        """Whether it came so far."""
        return bool(self.at) and self.count >= self.at


@pytest.fixture(scope="module")
def said() -> Iterator[list[str]]:
    with pytest.MonkeyPatch.context() as patch:
        yield listen(patch)


@pytest.fixture(scope="module")
def built(
    said: list[str], masters: MasterKeys, sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory
) -> Town:
    made = Town(tmp_path_factory.mktemp("town"), masters, said)
    in_own_loop(made.build(sqlite_template))
    return made


@pytest_asyncio.fixture
async def town(built: Town) -> AsyncIterator[Town]:
    yield built
    await built.close()


@pytest.fixture
def commits(monkeypatch: pytest.MonkeyPatch) -> Commits:
    return Commits(monkeypatch)


async def begun(town: Town, rule: dict[str, Any]) -> tuple[str, str]:
    """The state in which it can be said, and by whom where."""
    await town.fresh(rule.get("state", "calm"))
    place = next(place for place in PLACES if allowed(rule, place))
    role = next(role for role in NUMBERS if role in allowed(rule, place))
    if "first" in rule and place == "private":
        await town.types(role, place, rule["first"])
    return role, place


async def undisturbed(town: Town, rule: dict[str, Any]) -> Outcome:
    role, place = await begun(town, rule)
    return await town.types(role, place, rule["words"])


def said_by_somebody(name: str) -> bool:
    """Whether it writes and the written table has somebody who gets it carried out."""
    return table.commands[name].writes and any(allowed(WRITTEN[name], place) for place in PLACES)


@pytest.mark.parametrize("name", [name for name in WRITTEN if said_by_somebody(name)])
async def test_a_process_that_dies_in_a_command_loses_nothing_and_does_nothing_twice(
    town: Town, commits: Commits, name: str
) -> None:
    rule = WRITTEN[name]
    wanted = before = await undisturbed(town, rule)
    for number in range(1, MOST_COMMITS):
        role, place = await begun(town, rule)
        commits.die_at(number)
        before = await town.types(role, place, rule["words"], heard=False)
        died = commits.died
        commits.die_at(0)
        if number == 1:
            assert (before.changed, before.audited) == ((), ())
        if not died:
            break
        await town.dies()
        again = await town.hears_it_again()
        assert set(before.changed) | set(again.changed) == set(wanted.changed)
        assert set(wanted.templates) <= set(again.templates)
    await town.dies()
    told = await town.comes_back()
    assert set(wanted.templates) <= set(told.templates) | set(before.templates)
    last = await town.hears_it_again()
    assert (last.changed, last.audited) == ((), ())
