"""A question goes with an account or with the youth's side of a person: nothing it is about may wait for ever."""

from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio
from sqlalchemy import select

from bot.core.acts.erase import erase_person
from bot.core.acts.let_go import let_account_go
from bot.core.feature import questions
from bot.core.question import Asked, Asks, Question
from bot.core.rules.people import Actor, OrgLevel, Role
from bot.features.wish.rules.wish import WishState
from bot.store.base import new_id
from bot.store.delivery import Prompt
from bot.store.people import Account, OrgUnit, Person
from bot.store.store import Store
from bot.store.unit import Unit
from tests.harness import Talkers
from tests.people_built import make_account, make_cadre, make_org, make_person, make_youth
from tests.played import Once
from tests.pools_built import make_pooled, make_resource, matches_of, resource_of
from tests.wishes_built import wish_of

CADRE, ADMIN, ELSEWHERE, YOUTH = "10001", "30001", "30002", "20001"


class County:
    """An organ with a resource, and a youth whose pooled wish it was offered for."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def build(self) -> "County":
        self.org: OrgUnit = await make_org(self.store, "清河县团委", OrgLevel.COUNTY)
        self.cadre: Actor = await make_cadre(self.store, self.org, "林晓舟", CADRE)
        self.admin: Actor = await make_person(
            self.store, self.org, "吴建平", number=ADMIN, roles=(Role.ORGAN_ADMIN,), is_youth=True
        )
        self.youth: Actor = await make_youth(self.store, self.org, "小赵", YOUTH, cadre=self.cadre)
        self.wish = await make_pooled(self.store, self.youth, self.cadre, self.org)
        self.resource = await make_resource(self.store, self.org, self.admin)
        return self

    async def states(self) -> list[str]:
        return [match.state for match in await matches_of(self.store)]

    async def used(self) -> int:
        return (await resource_of(self.store, self.resource)).used


@pytest_asyncio.fixture
async def county(any_store: Store, once: Once) -> County:
    return await once(any_store, lambda store: County(store).build())


@pytest_asyncio.fixture
async def talk(county: County) -> Talkers:
    """The youth is asked; after their yes the organ will be."""
    talk = await Talkers.open(county.store)
    await talk.says(ADMIN, f"匹配 W{county.wish} S{county.resource}")
    assert await county.states() == ["owner_asked"]
    return talk


async def waiting(store: Store) -> list[tuple[str, int]]:
    async with store.read() as session:
        rows = await session.execute(
            select(Prompt.kind, Prompt.person_id).where(Prompt.state.in_(("open", "queued"))).order_by(Prompt.asked_at)
        )
        return [(kind, person_id) for kind, person_id in rows]


async def test_an_admin_who_deletes_their_data_is_still_asked_for_the_resource(county: County, talk: Talkers) -> None:
    await talk.says(YOUTH, "1")
    async with county.store.unit() as unit:
        assert (await erase_person(unit, county.admin.person_id or 0, actor=county.admin)).is_cadre
    assert await waiting(county.store) == [("wish.match_offer", county.admin.person_id)]
    await talk.says(ADMIN, "1")
    assert await county.states() == ["claimed"]


async def test_an_admin_who_unbinds_their_only_account_has_not_agreed(county: County, talk: Talkers) -> None:
    await talk.says(ADMIN, "解绑")
    await talk.says(YOUTH, "1")
    assert await county.states() == ["provider_asked"]
    await talk.says(ADMIN, "确定解绑")
    assert await waiting(county.store) == []
    assert (await county.states(), await county.used()) == (["ended"], 0)
    assert (await wish_of(county.store, county.wish)).state == WishState.POOLED


async def test_with_another_account_the_question_is_put_there(county: County, talk: Talkers) -> None:
    await make_account(county.store, county.admin, ELSEWHERE, later=-timedelta(days=1))
    await talk.says(ADMIN, "解绑")
    await talk.says(YOUTH, "1")
    assert await county.states() == ["provider_asked"]
    await talk.says(ADMIN, "确定解绑")
    assert await waiting(county.store) == [("wish.match_offer", county.admin.person_id)]
    assert str(county.wish) in talk.last(ELSEWHERE)
    await talk.says(ELSEWHERE, "1")
    assert await county.states() == ["claimed"]


async def test_what_is_about_the_account_itself_does_not_move_to_another_one(county: County, talk: Talkers) -> None:
    """Typed twice it is asked once, and a later ``1`` on the other account unbinds nothing."""
    await make_account(county.store, county.admin, ELSEWHERE, later=-timedelta(days=1))
    await talk.says(ADMIN, "解绑")
    await talk.says(ADMIN, "解绑")
    await talk.says(ADMIN, "1")
    assert await waiting(county.store) == [("wish.match", county.youth.person_id)]
    await talk.says(ELSEWHERE, "1")
    async with county.store.read() as session:
        left = (await session.execute(select(Account.id).where(Account.person_id == county.admin.person_id))).all()
    assert len(left) == 1


async def test_a_youth_who_deletes_their_data_lets_the_resource_go(county: County, talk: Talkers) -> None:
    async with county.store.unit() as unit:
        await erase_person(unit, county.youth.person_id or 0, actor=county.youth)
        assert await unit.session.get(Person, county.youth.person_id) is None
    assert (await county.states(), await county.used()) == (["ended"], 0)
    assert await waiting(county.store) == []


# --- every kind ------------------------------------------------------------------------------------------------------


async def ask_everything(county: County) -> None:
    """The admin is asked one question of every kind that any feature declares."""
    async with county.store.unit() as unit:
        key_id = (await unit.session.get_one(Person, county.admin.person_id)).key_id
        shown = {"t": "rights/erase_asked", "d": {}}
        for kind in questions():
            prompt_id = new_id()
            unit.session.add(
                Prompt(
                    id=prompt_id,
                    account_id=county.admin.account_id,
                    person_id=county.admin.person_id,
                    kind=kind,
                    options=[],
                    facts=await unit.seal_json(key_id, f"prompts:{prompt_id}:facts", shown),
                    state="queued",
                    asked_at=unit.now,
                    expires_at=unit.now + timedelta(days=1),
                )
            )


async def test_of_somebody_in_the_roster_only_what_a_youth_is_asked_goes(county: County) -> None:
    await ask_everything(county)
    async with county.store.unit() as unit:
        await erase_person(unit, county.admin.person_id or 0, actor=county.admin)
    left = {kind for kind, _ in await waiting(county.store)}
    assert left == {kind for kind, one in questions().items() if one.asks is not Asks.YOUTH}


async def test_of_an_account_with_no_other_every_question_ends_as_silence_would(
    county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ask_everything(county)
    silent: list[str] = []

    async def noted(unit: Unit, question: Asked[Any]) -> None:
        silent.append(question.kind)

    monkeypatch.setattr(Question, "unpack", lambda question, facts: {})
    for question in questions().values():
        monkeypatch.setattr(question, "silence", noted)
    await unbind(county)
    assert await waiting(county.store) == []
    assert sorted(silent) == sorted(questions())


async def test_with_another_account_all_moves_but_what_leaves_no_trace_or_is_about_the_account(
    county: County,
) -> None:
    await ask_everything(county)
    await make_account(county.store, county.admin, ELSEWHERE, later=-timedelta(days=1))
    await unbind(county)
    left = {kind for kind, _ in await waiting(county.store)}
    stay = {kind for kind, one in questions().items() if one.nameless or one.asks is Asks.ACCOUNT}
    assert left == set(questions()) - stay


async def unbind(county: County) -> None:
    async with county.store.unit() as unit:
        await let_account_go(unit, await unit.session.get_one(Account, county.admin.account_id))
