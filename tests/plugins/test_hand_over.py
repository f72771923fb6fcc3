"""A cadre who is gone: what waits with them goes to who stands in only by the youth's word (P12, P13)."""

from dataclasses import dataclass
from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import select, update

from bot.cli.waiting import stranded
from bot.core.acts.offices import end_roles, set_away
from bot.core.feature import Look
from bot.core.rules.people import Actor, Role
from bot.features.wish.acts.hand_over import misplaced_wishes, wishes_of_gone
from bot.features.wish.tables import Wish
from bot.store.chat import Chat
from bot.store.people import Account, OrgUnit, Person, RoleGrant
from bot.store.store import Store
from tests.harness import Talkers
from tests.people_built import make_cadre, make_chat, make_org, make_person, make_youth
from tests.said import Said
from tests.ticking import do_due

CADRE, HOST, ADMIN, TOP, ZHAO, KAI = "10001", "10002", "30001", "30002", "20001", "20002"
SAID = {"V": "心声 夜班下班没有公交", "W": "许愿 想要一个篮球"}
SECRET = {"V": "公交", "W": "篮球"}
LOOK = {"V": "查看心声", "W": "查看心愿"}
MINE = {"V": "我的心声", "W": "我的心愿"}
KINDS = pytest.mark.parametrize("kind", ["V", "W"])


@dataclass
class Scene:
    """A county below a city, each with an admin; a group with its owner and perhaps a co-host; a youth in it."""

    store: Store
    talk: Talkers
    cadre: Actor
    host: Actor | None
    zhao: Actor

    async def says(self, who: str, words: str) -> list[str]:
        return await self.talk.says(who, words)

    async def make(self, kind: str, who: str = ZHAO) -> str:
        """Say it; its reference."""
        shown = await self.says(who, SAID[kind])
        ref: int = shown[0].data["ref"]  # type: ignore[attr-defined]
        asked = Said("voice/kind") if kind == "V" else Said("wish/kind")
        if any(one == asked for one in shown):
            await self.says(who, "1")
        return f"{kind}{ref}"

    async def gone(self) -> None:
        async with self.store.unit() as unit:
            await end_roles(unit, [self.cadre.person_id or 0])
        await self.talk.sender.pump()

    async def away(self, days: int) -> None:
        async with self.store.unit() as unit:
            await set_away(unit, self.cadre.person_id or 0, unit.now + timedelta(days=days))
        await self.talk.sender.pump()

    async def tick(self) -> None:
        await do_due(self.store, self.store.clock.now(), "voice.gone", "wish.place", "wish.gone")
        await self.talk.sender.pump()

    def seen(self, who: str) -> str:
        return "\n".join(self.talk.shown(who))


async def build(store: Store, *, co_host: bool = True, county: bool = True, city: bool = True) -> Scene:
    talk = await Talkers.open(store)
    above = await make_org(store, "甘泉市团委")
    org = await make_org(store, "清河县团委", parent=above)
    cadre = await make_cadre(store, org)
    host = await make_cadre(store, org, "何田", HOST) if co_host else None
    if county:
        await make_person(store, org, "吴建平", number=ADMIN, roles=(Role.ORGAN_ADMIN,))
    if city:
        await make_person(store, above, "何立", number=TOP, roles=(Role.ORGAN_ADMIN,))
    chat = await make_chat(store, org, cadre, "888", *([host] if host else []))
    zhao = await make_youth(store, org, number=ZHAO, cadre=cadre, chat=chat)
    return Scene(store, talk, cadre, host, zhao)


@pytest_asyncio.fixture
async def scene(store: Store) -> Scene:
    return await build(store)


@pytest.mark.rule("P13")
@KINDS
async def test_until_the_youth_answers_who_stands_in_sees_that_it_waits_and_nothing_else(
    scene: Scene, kind: str
) -> None:
    ref = await scene.make(kind)
    await scene.gone()
    assert scene.talk.last(ZHAO) == Said("contact/hand_over", ref=ref)
    assert scene.talk.last(HOST) == Said("contact/stand_in_told", ref=ref)
    (todo,) = await scene.says(HOST, "待办")
    assert (ref in todo, "小赵" in todo, SECRET[kind] in todo) == (True, False, False)
    assert ref not in (await scene.says(CADRE, "待办"))[0]
    looked = "\n".join(await scene.says(HOST, f"{LOOK[kind]} {ref}"))
    assert (SECRET[kind] in looked, "小赵" in looked) == (False, False)
    assert scene.seen(ADMIN) == ""


@pytest.mark.rule("P12")
@KINDS
@pytest.mark.parametrize(("answer", "named"), [("1", True), ("2", False), ("交给 TA", True), ("3️⃣", None)])
async def test_words_move_only_by_the_youths_word_and_with_the_name_only_if_it_was_said(
    scene: Scene, kind: str, answer: str, named: bool | None
) -> None:
    ref = await scene.make(kind)
    await scene.gone()
    answered = (await scene.says(ZHAO, answer))[0]
    looked = "\n".join(await scene.says(HOST, f"{LOOK[kind]} {ref}"))
    if named is None:
        assert answered == Said("contact/not_handed_over", back=False, nobody=False)
        assert SECRET[kind] not in looked
        return
    assert answered == Said("contact/handed_over", ref=ref, named=named)
    assert (SECRET[kind] in looked, "小赵" in looked) == (True, named)
    assert ("小赵" in scene.seen(HOST)) == named
    assert ref in (await scene.says(HOST, "待办"))[0]
    assert ("小赵" in scene.seen(HOST)) == named


@KINDS
async def test_taken_back_its_words_are_gone(scene: Scene, kind: str) -> None:
    ref = await scene.make(kind)
    await scene.gone()
    assert (await scene.says(ZHAO, "4"))[0] == Said("voice/withdrawn" if kind == "V" else "wish/withdrawn")
    assert ref not in (await scene.says(HOST, "待办"))[0]


@KINDS
@pytest.mark.parametrize(("county", "who"), [(True, ADMIN), (False, TOP)])
async def test_without_a_co_host_the_admins_stand_in_and_without_them_the_level_above(
    store: Store, kind: str, county: bool, who: str
) -> None:
    scene = await build(store, co_host=False, county=county)
    ref = await scene.make(kind)
    await scene.gone()
    assert ref in (await scene.says(who, "待办"))[0]
    assert "小赵" not in scene.seen(who)
    assert (await scene.says(ZHAO, "2"))[0] == Said("contact/handed_over", named=False)
    looked = "\n".join(await scene.says(who, f"{LOOK[kind]} {ref}"))
    assert (SECRET[kind] in looked, "小赵" in scene.seen(who)) == (True, False)


@KINDS
async def test_what_is_new_goes_the_same_way_and_the_youth_is_told_the_truth(scene: Scene, kind: str) -> None:
    await scene.gone()
    before = len(scene.talk.shown(CADRE))
    shown = await scene.says(ZHAO, SAID[kind])
    assert shown[0] == Said("voice/taken" if kind == "V" else "wish/made", gone=True)
    assert shown[1] == Said("contact/hand_over")
    assert len(scene.talk.shown(CADRE)) == before
    assert scene.talk.last(HOST) == Said("contact/stand_in_told")
    assert (await scene.says(ZHAO, "1"))[0] == Said("contact/handed_over", named=True)


@KINDS
async def test_nobody_above_means_that_it_waits_and_the_youth_is_asked_when_somebody_is_there(
    store: Store, kind: str
) -> None:
    scene = await build(store, co_host=False, county=False, city=False)
    await scene.make(kind)
    await scene.gone()
    assert scene.talk.last(ZHAO) != Said("contact/hand_over")
    async with store.read() as session:
        org = (await session.execute(select(OrgUnit).join(Chat, Chat.org_id == OrgUnit.id))).scalar_one()
    await make_person(store, org, "吴建平", number=ADMIN, roles=(Role.ORGAN_ADMIN,))
    await scene.tick()
    assert scene.talk.last(ZHAO) == Said("contact/hand_over")


@KINDS
async def test_a_cadre_who_is_back_before_the_answer_goes_on(scene: Scene, kind: str) -> None:
    ref = await scene.make(kind)
    await scene.away(2)
    assert scene.talk.last(ZHAO) == Said("contact/hand_over", ref=ref)
    scene.talk.advance(timedelta(days=2, minutes=1))
    assert (await scene.says(ZHAO, "1"))[0] == Said("contact/not_handed_over", back=True)
    assert ref in (await scene.says(CADRE, "待办"))[0]
    assert ref not in (await scene.says(HOST, "待办"))[0]


@KINDS
async def test_an_absence_that_is_over_takes_the_question_back_and_the_next_one_asks_again(
    scene: Scene, kind: str
) -> None:
    await scene.make(kind)
    await scene.away(2)
    scene.talk.advance(timedelta(days=2, minutes=1))
    await scene.tick()
    assert (await scene.says(ZHAO, "1"))[0] != Said("contact/handed_over")
    await scene.away(5)
    assert scene.talk.last(ZHAO) == Said("contact/hand_over")


@KINDS
async def test_who_has_answered_to_leave_it_is_not_asked_again_in_the_same_absence(scene: Scene, kind: str) -> None:
    await scene.make(kind)
    await scene.away(9)
    await scene.says(ZHAO, "3")
    shown = len(scene.talk.shown(ZHAO))
    await scene.tick()
    scene.talk.advance(timedelta(hours=20))
    await scene.tick()
    assert len(scene.talk.shown(ZHAO)) == shown


@KINDS
async def test_who_stands_in_and_goes_too_leaves_it_to_the_next_by_another_word(scene: Scene, kind: str) -> None:
    ref = await scene.make(kind)
    await scene.gone()
    await scene.says(ZHAO, "1")
    async with scene.store.unit() as unit:
        assert scene.host is not None
        await end_roles(unit, [scene.host.person_id or 0])
    await scene.talk.sender.pump()
    assert scene.talk.last(ZHAO) == Said("contact/hand_over", ref=ref)
    assert ref in (await scene.says(ADMIN, "待办"))[0]


@KINDS
async def test_who_was_named_is_gone_at_the_answer_and_nobody_else_gets_it(scene: Scene, kind: str) -> None:
    ref = await scene.make(kind)
    await scene.gone()
    async with scene.store.unit() as unit:
        assert scene.host is not None
        await end_roles(unit, [scene.host.person_id or 0])
    assert (await scene.says(ZHAO, "1"))[0] == Said("contact/not_handed_over", nobody=True)
    assert SECRET[kind] not in "\n".join(await scene.says(ADMIN, f"{LOOK[kind]} {ref}"))
    await scene.tick()
    assert scene.talk.last(ZHAO) == Said("contact/hand_over", ref=ref)


@KINDS
async def test_a_youth_without_an_account_is_asked_when_there_is_one_and_it_is_seen_all_the_same(
    scene: Scene, kind: str
) -> None:
    ref = await scene.make(kind)
    async with scene.store.unit() as unit:
        mine = select(Account).where(Account.person_id == scene.zhao.person_id)
        await unit.session.delete((await unit.session.execute(mine)).scalar_one())
    await scene.gone()
    assert ref in (await scene.says(HOST, "待办"))[0]


@KINDS
async def test_a_former_cadre_who_is_an_admin_too_does_not_stand_in_for_themself(store: Store, kind: str) -> None:
    scene = await build(store, co_host=False, county=False)
    async with store.unit() as unit:
        org_id = (await unit.session.get_one(Person, scene.cadre.person_id)).org_id
        unit.session.add(
            RoleGrant(person_id=scene.cadre.person_id, org_id=org_id, role=Role.ORGAN_ADMIN.value, since=unit.now)
        )
    ref = await scene.make(kind)
    async with store.unit() as unit:
        await end_roles(unit, [scene.cadre.person_id or 0], Role.CADRE)
    await scene.talk.sender.pump()
    assert ref in (await scene.says(TOP, "待办"))[0]
    assert ref not in (await scene.says(CADRE, "待办"))[0]


async def test_what_the_former_cadre_had_claimed_is_free_again_and_not_received_tells_nobody_who_is_gone(
    scene: Scene,
) -> None:
    ref = await scene.make("W")
    await scene.says(CADRE, f"认领 {ref}")
    await scene.says(CADRE, "解绑")
    await scene.says(CADRE, "1")
    assert scene.talk.last(ZHAO) == Said("contact/hand_over", ref=ref)
    before = len(scene.talk.shown(CADRE))
    await scene.says(ZHAO, "先放着")
    await scene.says(ZHAO, f"没收到 {ref}")
    assert len(scene.talk.shown(CADRE)) == before
    assert ref in (await scene.says(HOST, "待办"))[0]


@KINDS
async def test_where_nobody_stands_in_the_youth_is_told_once_and_whoever_runs_the_bot_sees_a_count(
    store: Store, kind: str
) -> None:
    scene = await build(store, co_host=False, county=False, city=False)
    ref = await scene.make(kind)
    await scene.gone()
    for _ in range(3):
        await do_due(store, store.clock.now(), "voice.gone", "wish.gone")
        await scene.talk.sender.pump()
    once = Said("contact/nobody_stands_in", ref=ref)
    assert [one == once for one in scene.talk.shown(ZHAO)].count(True) == 1
    store.clock.advance(timedelta(days=3))  # type: ignore[attr-defined]
    lines = {(line.count, line.days) for line in await stranded(store)}
    assert lines == {(1, 3)}
    await make_person(store, await a_county(store), "吴建平", number=ADMIN, roles=(Role.ORGAN_ADMIN,))
    assert await stranded(store) == []


async def a_county(store: Store) -> OrgUnit:
    async with store.read() as session:
        return (await session.execute(select(OrgUnit).where(OrgUnit.name == "清河县团委"))).scalar_one()


async def test_wishes_that_wait_for_nobody_keep_no_other_from_being_placed(store: Store) -> None:
    """One look takes some of each; here it takes one."""
    scene = await build(store, co_host=False, county=False, city=False)
    for what in ("篮球", "自习室的台灯", "羽毛球拍"):
        await scene.says(ZHAO, f"许愿 想要{what}")
        await scene.says(ZHAO, "1")
    await scene.gone()
    org = await a_county(store)
    other = await make_cadre(store, org, "周敏", "10003")
    chat = await make_chat(store, org, other, "889")
    await make_youth(store, org, "阿凯", KAI, cadre=other, chat=chat)
    ref = await scene.make("W", KAI)
    async with store.unit() as unit:
        await unit.session.execute(update(Wish).where(Wish.ref == int(ref[1:])).values(cadre_id=None))
    look = Look(store.clock.now(), limit=1)
    async with store.read() as session:
        assert len(await misplaced_wishes(session, look)) == 1
    seen: set[int] = set()
    for _ in range(60):
        async with store.read() as session:
            seen.update(await wishes_of_gone(session, look))
    assert len(seen) > 1
