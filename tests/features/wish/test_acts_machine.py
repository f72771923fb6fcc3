"""Everything that can be done with wishes on the real tables, in any order: the book kept beside it must agree.

No two hold one claim, nothing reaches a pool without its owner's yes, a closed wish reopens by its owner alone, and
erasing a youth leaves the number of wishes and none of their words.
"""

import asyncio
import shutil
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from sqlalchemy import select

from bot.clock import ManualClock
from bot.core.acts.erase import erase_person
from bot.core.rules.people import Actor
from bot.core.rules.refusal import Refusal
from bot.features.wish.acts.claim import claim_wish, decline_wish, release_wish, report_done
from bot.features.wish.acts.confirm import not_received, receive, withdraw_wish
from bot.features.wish.rules.wish import CLOSED, HELD, WAITING, WishState
from bot.features.wish.tables import Wish
from bot.store.sealing import MasterKeys
from bot.store.store import Store
from bot.store.unit import Unit
from tests.databases import NOW
from tests.people_built import make_cadre, make_youth
from tests.wishes_built import Scene, do, make_scene, make_wish, put_into_pool

WHO = st.integers(min_value=0, max_value=2)
"""The linked cadre, a colleague in reach of the same pool, and a second one."""
MINE = st.integers(min_value=0, max_value=1)


@dataclass
class Page:
    """What the book says of one wish."""

    ref: int
    owner: int
    state: WishState = WishState.OPEN
    holder: int | None = None
    agreed: bool = False


class World:
    """One store for all examples: a county, its cadres, and a loop of its own; each example brings its youths."""

    def __init__(self, folder: Path, template: Path) -> None:
        shutil.copyfile(template, folder / "zhixin.db")
        self.url = f"sqlite+aiosqlite:///{folder / 'zhixin.db'}"
        self.loop = asyncio.new_event_loop()
        self.youths = 0
        self.run(self._open())

    def run(self, work: Awaitable[Any]) -> Any:
        return self.loop.run_until_complete(work)

    async def _open(self) -> None:
        self.store = await Store.open(self.url, masters=MasterKeys.generate(), clock=ManualClock(NOW))
        self.scene: Scene = await make_scene(self.store)
        others = [
            await make_cadre(self.store, self.scene.org, name, n) for name, n in (("苏娜", "10003"), ("周敏", "10004"))
        ]
        self.cadres: list[Actor] = [self.scene.cadre, *others]

    def youth(self) -> Actor:
        self.youths += 1
        number = f"2{self.youths:05}"
        return self.run(make_youth(self.store, self.scene.org, f"小{self.youths}", number, cadre=self.scene.cadre))

    def close(self) -> None:
        self.run(self.store.close())
        self.loop.close()


class Wishes(RuleBasedStateMachine):
    """Two youths with two wishes each, and three cadres."""

    world: ClassVar[World]

    @initialize()
    def begin(self) -> None:
        self.book: list[Page] = []
        self.erased: set[int] = set()
        self.store, self.scene, self.cadres = self.world.store, self.world.scene, self.world.cadres
        self.youths = [self.world.youth(), self.world.youth()]
        for nth in range(4):
            ref = self.run(make_wish(self.scene, f"想要第{nth}本书", owner=self.youths[nth % 2]))
            self.book.append(Page(ref, nth % 2))

    def run(self, work: Awaitable[Any]) -> Any:
        return self.world.run(work)

    def tries(self, act: Callable[[Unit], Awaitable[Any]]) -> bool:
        """Whether it was done; every refusal is a named one and changes nothing."""
        try:
            self.run(do(self.store, act))
        except Refusal:
            return False
        return True

    def living(self, nth: int) -> Page | None:
        pages = [page for page in self.book if page.owner not in self.erased]
        return pages[nth % len(pages)] if pages else None

    # --- what is done ------------------------------------------------------------------------------------------------

    @rule(nth=st.integers(0, 3), who=WHO)
    def claims(self, nth: int, who: int) -> None:
        page = self.living(nth)
        if page is None:
            return
        may = page.state is WishState.OPEN and who == 0
        may = may or page.state is WishState.POOLED or (page.state in HELD and page.holder == who)
        done = self.tries(lambda unit: claim_wish(unit, self.cadres[who], page.ref))
        assert done == may
        if done and page.state in WAITING:
            page.state = WishState.CLAIMED if page.state is WishState.POOLED else WishState.CADRE_HELPING
            page.holder = who

    @rule(nth=st.integers(0, 3), who=WHO)
    def gives_back(self, nth: int, who: int) -> None:
        page = self.living(nth)
        if page is None:
            return
        done = self.tries(lambda unit: release_wish(unit, self.cadres[who], page.ref))
        assert done == (page.state in HELD and page.holder == who)
        if done:
            page.state = WishState.POOLED if page.state is WishState.CLAIMED else WishState.OPEN
            page.holder = None

    @rule(nth=st.integers(0, 3), who=WHO)
    def reports(self, nth: int, who: int) -> None:
        page = self.living(nth)
        if page is not None:
            done = self.tries(lambda unit: report_done(unit, self.cadres[who], page.ref, "给了"))
            assert done == (page.state in HELD and page.holder == who)

    @rule(nth=st.integers(0, 3), who=WHO)
    def declines(self, nth: int, who: int) -> None:
        page = self.living(nth)
        if page is None:
            return
        done = self.tries(lambda unit: decline_wish(unit, self.cadres[who], page.ref, "停印了"))
        own = who == 0 and page.state in (WishState.OPEN, WishState.CADRE_HELPING)
        assert done == (own or (page.state in HELD and page.holder == who))
        if done:
            page.state, page.holder = WishState.DECLINED, None

    @rule(nth=st.integers(0, 3), who=MINE)
    def says_received(self, nth: int, who: int) -> None:
        page = self.living(nth)
        if page is None:
            return
        done = self.tries(lambda unit: receive(unit, self.youths[who], page.ref))
        assert done == (who == page.owner and page.state in HELD)
        if done:
            page.state = WishState.FULFILLED

    @rule(nth=st.integers(0, 3), who=MINE)
    def says_not_received(self, nth: int, who: int) -> None:
        page = self.living(nth)
        if page is None:
            return
        done = self.tries(lambda unit: not_received(unit, self.youths[who], page.ref, None))
        assert done == (who == page.owner and page.state in HELD | {WishState.FULFILLED, WishState.DECLINED})
        if done and page.state is WishState.FULFILLED:
            page.state = WishState.CLAIMED if page.agreed else WishState.CADRE_HELPING
        elif done and page.state is WishState.DECLINED:
            page.state, page.agreed = WishState.OPEN, False

    @rule(nth=st.integers(0, 3), who=MINE)
    def withdraws(self, nth: int, who: int) -> None:
        page = self.living(nth)
        if page is None:
            return
        done = self.tries(lambda unit: withdraw_wish(unit, self.youths[who], page.ref))
        assert done == (who == page.owner and page.state not in CLOSED)
        if done:
            page.state, page.holder = WishState.WITHDRAWN, None

    @rule(nth=st.integers(0, 3))
    def agrees_to_the_pool(self, nth: int) -> None:
        page = self.living(nth)
        if page is not None and page.state is WishState.CADRE_HELPING:
            scene = Scene(
                self.store, self.scene.city, self.scene.org, self.cadres[page.holder or 0], self.youths[page.owner]
            )
            self.run(put_into_pool(scene, page.ref))
            page.state, page.holder, page.agreed = WishState.POOLED, None, True

    @rule(nth=st.integers(0, 3), who=WHO)
    def goes_on(self, nth: int, who: int) -> None:
        """Without this few wishes get far: the next act on the way into a pool, and out of it."""
        page = self.living(nth)
        if page is not None and page.state is WishState.OPEN:
            self.claims(nth, 0)
        elif page is not None and page.state is WishState.CADRE_HELPING:
            self.agrees_to_the_pool(nth)
        elif page is not None and page.state is WishState.POOLED:
            self.claims(nth, who)

    @precondition(lambda self: len(self.erased) < 2)
    @rule(who=MINE, really=st.integers(0, 5))
    def is_erased(self, who: int, really: int) -> None:
        if who in self.erased or really:  # seldom, for nothing can be done with their wishes any more
            return
        youth = self.youths[who]
        self.run(do(self.store, lambda unit: erase_person(unit, youth.person_id or 0, actor=youth)))
        self.erased.add(who)
        for page in self.book:
            if page.owner == who and page.state not in CLOSED:
                page.state, page.holder = WishState.WITHDRAWN, None

    # --- what must hold ----------------------------------------------------------------------------------------------

    @invariant()
    def the_tables_agree_with_the_book(self) -> None:
        rows = {wish.ref: wish for wish in self.run(self._rows())}
        assert set(rows) == {page.ref for page in self.book}
        for page in self.book:
            row = rows[page.ref]
            holder = None if page.holder is None else self.cadres[page.holder].person_id
            assert (row.state, row.holder_id) == (page.state, holder)
            if row.state in (WishState.POOLED, WishState.CLAIMED):
                assert page.agreed
            gone = page.owner in self.erased
            assert (row.owner_id is None) == gone
            if gone or row.state == WishState.WITHDRAWN:
                assert (row.text, row.pool_text, row.tried, row.done) == (None, None, None, None)
            else:
                assert row.text is not None

    async def _rows(self) -> list[Wish]:
        async with self.store.read() as session:
            refs = [page.ref for page in self.book]
            return list((await session.execute(select(Wish).where(Wish.ref.in_(refs)))).scalars().all())


@pytest.fixture
def world(sqlite_template: Path, tmp_path: Path) -> Iterator[None]:
    Wishes.world = World(tmp_path, sqlite_template)
    yield
    Wishes.world.close()


@pytest.mark.usefixtures("world")
class TestWishes(Wishes.TestCase):
    settings = settings(
        max_examples=24, stateful_step_count=30, deadline=None, derandomize=True, phases=(Phase.generate,)
    )
