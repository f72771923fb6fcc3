"""Matches: no order of asking, answering, claiming, closing and withdrawing gives more of a resource than there is."""

import asyncio
import shutil
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from uuid import uuid4

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from bot.clock import ManualClock
from bot.core.acts.prompt import close_question
from bot.core.feature import questions
from bot.core.person_data import Erasing
from bot.core.question import Asked, Question
from bot.core.reads.questions import asked, waiting
from bot.core.rules.people import Actor, Role
from bot.core.rules.refusal import Refusal
from bot.features.pool.reads.words import pool_words
from bot.features.resource.acts.answer_match import answer_match, answer_offer, match_silent
from bot.features.resource.acts.balance import MATCH, OFFER
from bot.features.resource.acts.match import MatchesAsked, match_wishes
from bot.features.resource.acts.register import close_resource
from bot.features.resource.rules.resource import MatchNotPossible, ResourceUsedUp
from bot.features.wish.acts.claim import claim_wish, release_wish, report_done
from bot.features.wish.acts.confirm import not_received, receive, withdraw_wish
from bot.features.wish.acts.hand_over import forget_owner
from bot.features.wish.rules.match import RESERVED
from bot.features.wish.rules.wish import WishState
from bot.features.wish.tables import Wish
from bot.store.delivery import Prompt
from bot.store.sealing import MasterKeys
from bot.store.store import Store
from bot.store.unit import Unit
from tests.databases import NOW
from tests.people_built import make_cadre, make_org, make_person, make_youth
from tests.pools_built import make_pooled, make_resource, matches_of, resource_of

MANY = 6
Act = Callable[[Unit], Awaitable[Any]]


class Books:
    """A county with some pooled wishes, one resource that has ``capacity``, and whoever acts on them."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.wishes: list[int] = []
        self.youths: list[Actor] = []

    async def build(self, wishes: int, capacity: int) -> "Books":
        org = await make_org(self.store)
        self.cadre = await make_cadre(self.store, org)
        self.admin = await make_person(self.store, org, "吴建平", number="30001", roles=(Role.ORGAN_ADMIN,))
        for n in range(wishes):
            youth = await make_youth(self.store, org, f"小伙伴{n}", f"2000{n}", cadre=self.cadre)
            self.youths.append(youth)
            self.wishes.append(await make_pooled(self.store, youth, self.cadre, org))
        self.capacity = capacity
        self.offer = await make_resource(self.store, org, self.admin, capacity=capacity)
        return self

    async def do(self, act: Act) -> Any:
        """One unit; what is refused is an answer like any other."""
        try:
            async with self.store.unit() as unit:
                return await act(unit)
        except Refusal as refusal:
            return refusal

    async def question(self, kind: Question[Any], which: int) -> Asked | None:
        async with self.store.read() as session:
            rows = await session.execute(waiting(kind).order_by(Prompt.subject_id, Prompt.id))
            found = rows.scalars().all()
            if not found:
                return None
            return await asked(session, self.store.vault, found[which % len(found)])

    async def answers(self, kind: Question[Any], which: int, answer: str) -> Any:
        question = await self.question(kind, which)
        if question is None:
            return None
        person = self.admin if kind == OFFER else next(y for y in self.youths if y.person_id == question.person_id)
        given = answer_offer if kind == OFFER else answer_match

        async def act(unit: Unit) -> Any:
            if await close_question(unit, question):
                if answer == "silence":
                    return await match_silent(unit, question)
                return await given(unit, person, question, answer)
            return None

        return await self.do(act)

    async def step(self, name: str, which: int) -> Any:
        """One thing that somebody does."""
        at = which % len(self.wishes)
        number, owner = self.wishes[at], self.youths[at]
        acts: dict[str, Act] = {
            "match": lambda unit: match_wishes(unit, self.admin, [number], self.offer, pool_words()),
            "match_two": lambda unit: match_wishes(
                unit, self.admin, sorted({number, self.wishes[(at + 1) % len(self.wishes)]}), self.offer, pool_words()
            ),
            "claim": lambda unit: claim_wish(unit, self.cadre, number),
            "release": lambda unit: release_wish(unit, self.admin, number),
            "release_cadre": lambda unit: release_wish(unit, self.cadre, number),
            "done": lambda unit: report_done(unit, self.admin, number, "给了"),
            "received": lambda unit: receive(unit, owner, number),
            "not_received": lambda unit: not_received(unit, owner, number, None),
            "withdraw": lambda unit: withdraw_wish(unit, owner, number),
            "close": lambda unit: close_resource(unit, self.admin, self.offer),
            "erase": lambda unit: forget_owner(Erasing(unit, owner.person_id or 0, owner)),
        }
        if name in acts:
            return await self.do(acts[name])
        kind, answer = name.split(":")
        return await self.answers(questions()[kind], which, answer)

    async def check(self) -> None:
        """The books hold: what is taken is what the matches took, and never more than there is."""
        resource = await resource_of(self.store, self.offer)
        matches = await matches_of(self.store)
        taken = [match for match in matches if match.state in RESERVED]
        assert resource.used == len(taken)
        assert 0 <= resource.used <= self.capacity
        live = Counter(match.wish_id for match in matches if match.state not in ("ended", "done"))
        assert all(count == 1 for count in live.values())
        async with self.store.read() as session:
            wishes = {w.id: w for w in (await session.execute(select(Wish))).scalars()}
            prompts = Counter(
                (await session.execute(select(Prompt.subject_id).where(Prompt.state.in_(("open", "queued"))))).scalars()
            )
        for match in matches:
            state = WishState(wishes[match.wish_id].state)
            if match.state == "claimed":
                assert state is WishState.CLAIMED
            if match.state in ("owner_asked", "provider_asked"):
                assert state is WishState.POOLED
                assert prompts[match.wish_id] >= 1


STEPS = (
    "match", "match_two", "claim", "release", "release_cadre", "done", "received", "not_received", "withdraw", "close",
    "erase", *(f"{one.kind}:{answer}" for one in (MATCH, OFFER) for answer in ("yes", "yes", "no", "silence")),
)  # fmt: skip
sequences = st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 3)), min_size=4, max_size=18)


@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sequences, st.integers(1, 3))
def test_no_sequence_gives_more_than_there_is(
    sqlite_template: Path, tmp_path: Path, steps: list[tuple[str, int]], capacity: int
) -> None:
    async def play() -> None:
        path = tmp_path / f"{uuid4().hex}.db"
        shutil.copyfile(sqlite_template, path)
        store = await Store.open(f"sqlite+aiosqlite:///{path}", masters=MasterKeys.generate(), clock=ManualClock(NOW))
        try:
            books = await Books(store).build(4, capacity)
            for name, which in steps:
                await books.step(name, which)
                await books.check()
        finally:
            await store.close()

    asyncio.run(play())


# --- at once, on PostgreSQL, where they really run at once -----------------------------------------------------------


async def at_once(store: Store, *acts: Act) -> list[Any]:
    """Each act in a unit of its own, all at the same time; exceptions are results."""

    async def one(act: Act) -> Any:
        async with store.unit() as unit:
            return await act(unit)

    return await asyncio.gather(*(one(act) for act in acts), return_exceptions=True)


def matching(books: Books, number: int) -> Act:
    return lambda unit: match_wishes(unit, books.admin, [number], books.offer, pool_words())


async def test_of_many_matches_at_once_only_as_many_are_made_as_there_is(any_store: Store) -> None:
    books = await Books(any_store).build(MANY, 2)
    kinds = Counter(type(done) for done in await at_once(any_store, *[matching(books, w) for w in books.wishes]))
    assert kinds == {MatchesAsked: 2, ResourceUsedUp: MANY - 2}
    await books.check()


async def test_one_wish_matched_many_times_at_once_is_asked_once(any_store: Store) -> None:
    books = await Books(any_store).build(1, 10)
    kinds = Counter(type(done) for done in await at_once(any_store, *[matching(books, books.wishes[0])] * MANY))
    assert kinds == {MatchesAsked: 1, MatchNotPossible: MANY - 1}
    await books.check()


async def test_a_yes_and_a_claim_and_a_withdrawal_at_once_leave_the_books_in_order(any_store: Store) -> None:
    books = await Books(any_store).build(MANY, MANY)
    await books.do(lambda unit: match_wishes(unit, books.admin, books.wishes, books.offer, pool_words()))
    acts: list[Act] = []
    for n, number in enumerate(books.wishes):
        question = await books.question(MATCH, n)
        assert question is not None
        acts.append(_answering(books, question))
        other = withdraw_wish if n % 2 else claim_wish
        actor = books.youths[n] if n % 2 else books.cadre
        acts.append(lambda unit, other=other, actor=actor, number=number: other(unit, actor, number))
    done = await at_once(any_store, *acts)
    await books.check()
    assert [error for error in done if isinstance(error, Exception) and not isinstance(error, Refusal)] == []


async def test_while_it_is_closed_nobody_is_asked_any_more(any_store: Store) -> None:
    books = await Books(any_store).build(MANY, MANY)
    await at_once(
        any_store,
        *[matching(books, number) for number in books.wishes[:3]],
        lambda unit: close_resource(unit, books.admin, books.offer),
        *[matching(books, number) for number in books.wishes[3:]],
    )
    await books.check()
    await books.do(matching(books, books.wishes[0]))
    await books.check()


def _answering(books: Books, question: Asked) -> Act:
    person = next(youth for youth in books.youths if youth.person_id == question.person_id)

    async def act(unit: Unit) -> Any:
        if await close_question(unit, question):
            return await answer_match(unit, person, question, "yes")
        return None

    return act
