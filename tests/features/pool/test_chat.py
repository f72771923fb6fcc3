"""入池, 心愿池: the cadre tries first, the owner alone decides and sees what is shown, and no name leaves with it."""

from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from bot.core.rules.people import Actor, AgeBand, OrgLevel, Role
from bot.features.wish.rules.wish import WishState
from bot.features.wish.tables import Wish
from bot.store.delivery import AuditEntry, Prompt
from bot.store.people import OrgUnit, Person
from bot.store.store import Store
from tests.harness import Talkers
from tests.people_built import make_cadre, make_org, make_person, make_youth
from tests.played import Once
from tests.said import Refused, Said, fields
from tests.ticking import do_due
from tests.wishes_built import make_wish_of, wish_of

CADRE, COLLEAGUE, FOREIGNER, ZHAO = "10001", "10002", "10003", "20001"
COUNTY, CITY, PROVINCE = "30001", "30002", "30003"
TRIED = "问了县图书馆和两位同事，都没有"
WORDS = "我是陈一诺，清河一中高二(3)班，想要一本 CAD 教程，电话不方便"
SHOWN = "我是〔某人〕，〔某地〕〔某校〕，想要一本 CAD 教程，电话不方便"


class Ladder:
    """A province, two cities, counties, a branch; everybody who has to do with one wish."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.orgs: dict[str, OrgUnit] = {}

    async def build(self) -> "Ladder":
        levels = (
            ("centre", "团中央", OrgLevel.CENTRAL, None),
            ("province", "云海省团委", OrgLevel.PROVINCE, "centre"),
            ("city", "甘泉市团委", OrgLevel.CITY, "province"),
            ("county", "清河县团委", OrgLevel.COUNTY, "city"),
            ("branch", "机电2301团支部", OrgLevel.BRANCH, "county"),
            ("other_county", "甘棠县团委", OrgLevel.COUNTY, "city"),
            ("other_province", "松原省团委", OrgLevel.PROVINCE, "centre"),
        )
        for key, name, level, parent in levels:
            self.orgs[key] = await make_org(self.store, name, level, self.orgs.get(parent or ""))
        self.cadre = await make_cadre(self.store, self.orgs["branch"], "林晓舟", CADRE)
        self.youth = await make_youth(self.store, self.orgs["branch"], "陈一诺", ZHAO, cadre=self.cadre)
        for key, number in (("county", COUNTY), ("city", CITY), ("province", PROVINCE)):
            await make_person(self.store, self.orgs[key], f"管理{key}", number=number, roles=(Role.ORGAN_ADMIN,))
        return self

    async def wish(self, words: str = WORDS, *, claimed: bool = True) -> int:
        return await make_wish_of(self.store, self.youth, self.cadre, words, claimed=claimed)

    async def crowd(self, key: str, count: int, *, band: AgeBand = AgeBand.ADULT) -> list[Actor]:
        return [await make_youth(self.store, self.orgs[key], f"伙伴{n}", "", age_band=band) for n in range(count)]


@pytest_asyncio.fixture
async def talk(store: Store) -> Talkers:
    return await Talkers.open(store)


@pytest_asyncio.fixture
async def ladder(store: Store, once: Once) -> Ladder:
    return await once(store, lambda store: Ladder(store).build())


async def count(store: Store, table: type, *where: object) -> int:
    async with store.read() as session:
        return (await session.execute(select(func.count()).select_from(table).where(*where))).scalar_one()  # type: ignore[arg-type]


async def state_of(store: Store, ref: int) -> WishState:
    return WishState((await wish_of(store, ref)).state)


# --- refused ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("note", ["", "问过了", "啊啊啊啊啊啊啊啊啊啊啊", "。。。。。。。。。。。。"])
async def test_without_a_note_of_what_was_tried_nobody_is_asked(talk, store, ladder, note):
    ref = await ladder.wish()
    assert (await talk.says(CADRE, f"入池 W{ref} {note}"))[0] == Refused("pool.tried_missing")
    assert await count(store, Prompt) == 0
    assert await state_of(store, ref) is WishState.CADRE_HELPING


async def test_a_note_with_a_phone_is_refused(talk, store, ladder):
    ref = await ladder.wish()
    assert (await talk.says(CADRE, f"入池 W{ref} 问了他妈妈 13812345678 也没有办法"))[0] == Refused(
        "pool.tried_private"
    )
    assert await count(store, Prompt) == 0


async def test_a_foreign_wish_and_none_answer_alike(talk, store, ladder):
    ref = await ladder.wish()
    await make_cadre(store, ladder.orgs["other_county"], "周敏", FOREIGNER)
    missing = next(n for n in range(1000, 9999) if n != ref)
    foreign = await talk.says(FOREIGNER, f"入池 W{ref} {TRIED}")
    assert foreign == await talk.says(FOREIGNER, f"入池 W{missing} {TRIED}")
    assert await count(store, Prompt) == 0


async def test_a_colleague_who_does_not_help_cannot_pool_it(talk, store, ladder):
    ref = await ladder.wish()
    await make_cadre(store, ladder.orgs["branch"], "周敏", COLLEAGUE)
    assert (await talk.says(COLLEAGUE, f"入池 W{ref} {TRIED}"))[0] == Refused("wish.not_found")


async def test_before_helping_there_is_nothing_that_was_tried(talk, store, ladder):
    ref = await ladder.wish(claimed=False)
    shown = (await talk.says(CADRE, f"入池 W{ref} {TRIED}"))[0]
    assert "入池" not in shown or "认领" in shown
    assert await count(store, Prompt) == 0


async def test_a_youth_and_an_organ_pool_nothing_and_a_group_is_no_place(talk, store, ladder):
    ref = await ladder.wish()
    for number in (ZHAO, COUNTY):
        assert (await talk.says(number, f"入池 W{ref} {TRIED}"))[0] == Refused("not_allowed", needs="cadre")
    assert (await talk.says(CADRE, f"/入池 W{ref} {TRIED}", group="888"))[0] == Said("common/say_privately")
    assert await count(store, Prompt) == 0


async def test_an_owner_who_cannot_be_asked_cannot_agree(talk, store, ladder):
    lone = await make_youth(store, ladder.orgs["branch"], "老周", "", cadre=ladder.cadre)
    ref = await make_wish_of(store, lone, ladder.cadre, "想要书", claimed=True)
    assert (await talk.says(CADRE, f"入池 W{ref} {TRIED}"))[0] == Refused("pool.unreachable")


async def test_where_no_level_above_has_a_pool_it_says_so(talk, store):
    lone = await make_org(store, "某系统团支部", OrgLevel.BRANCH)
    cadre = await make_cadre(store, lone, "苏娜", COLLEAGUE)
    youth = await make_youth(store, lone, "小韩", "20009", cadre=cadre)
    ref = await make_wish_of(store, youth, cadre, "想要书", claimed=True)
    assert (await talk.says(COLLEAGUE, f"入池 W{ref} {TRIED}"))[0] == Refused("pool.none")


async def test_silence_for_a_week_is_a_no_and_the_cadre_hears_no_reason(talk, store, ladder):
    ref = await ladder.wish()
    await talk.says(CADRE, f"入池 W{ref} {TRIED}")
    talk.advance(timedelta(days=7))
    await do_due(store, talk.clock.now(), "core.questions")
    await talk.sender.pump()
    assert await state_of(store, ref) is WishState.CADRE_HELPING
    assert talk.last(CADRE) == Said("pool/settled", ref=ref, organ="")


async def test_a_no_leaves_everything_as_it_was_and_is_not_asked_again(talk, store, ladder):
    ref = await ladder.wish()
    await talk.says(CADRE, f"入池 W{ref} {TRIED}")
    assert (await talk.says(ZHAO, "4"))[0] == Said("pool/declined")
    wish = await wish_of(store, ref)
    assert (wish.state, wish.pool_text, wish.tried, wish.pool_org_id) == ("cadre_helping", None, None, None)
    assert talk.last(CADRE) == Said("pool/settled", ref=ref, organ="")
    assert (await talk.says(CADRE, f"入池 W{ref} {TRIED}"))[0] == Refused("pool.asked_before")
    talk.advance(timedelta(days=89))
    assert (await talk.says(CADRE, f"入池 W{ref} {TRIED}"))[0] == Refused("pool.asked_before")
    talk.advance(timedelta(days=1))
    assert (await talk.says(CADRE, f"入池 W{ref} {TRIED}"))[0] == Said("pool/asked")


async def test_an_answer_after_the_cadre_gave_it_back_pools_nothing(talk, store, ladder):
    ref = await ladder.wish()
    await talk.says(CADRE, f"入池 W{ref} {TRIED}")
    await talk.says(CADRE, f"放弃 W{ref}")
    await talk.says(ZHAO, "3")
    assert await state_of(store, ref) is WishState.OPEN


async def test_a_withdrawn_wish_takes_its_question_with_it(talk, store, ladder):
    ref = await ladder.wish()
    await talk.says(CADRE, f"入池 W{ref} {TRIED}")
    await talk.says(ZHAO, f"撤回心愿 W{ref}")
    assert (await talk.says(ZHAO, "1"))[0] == Said("common/nothing_asked")
    assert await state_of(store, ref) is WishState.WITHDRAWN


# --- the owner decides -----------------------------------------------------------------------------------------------


@pytest.mark.rule("P12")
async def test_the_owner_sees_letter_for_letter_what_the_pool_will_show(talk, store, ladder):
    ref = await ladder.wish()
    await talk.says(CADRE, f"入池 W{ref} {TRIED}")
    question = talk.last(ZHAO)
    assert f"“{SHOWN}”" in question
    assert TRIED in question
    assert "① 只到县（清河县团委）\n② 可以到市（甘泉市团委）\n③ 可以到省（云海省团委）\n④ 不入池\n⑤ 改一改" in question
    assert "15 天" in question
    assert await state_of(store, ref) is WishState.CADRE_HELPING
    assert (await talk.says(ZHAO, "②"))[0] == Said("pool/entered", organ="清河县团委")
    async with store.read() as session:
        wish = (await session.execute(select(Wish).where(Wish.ref == ref))).scalar_one()
        assert await store.vault.read(session, f"wishes:{wish.id}:pool_text", wish.pool_text) == SHOWN
    assert (wish.state, wish.agreed_level, wish.pool_level) == ("pooled", "city", "county")
    assert (wish.pool_org_id, wish.holder_id) == (ladder.orgs["county"].id, None)
    assert talk.last(CADRE) == Said("pool/settled", organ="清河县团委")


async def test_only_levels_that_exist_are_offered(talk, store):
    province = await make_org(store, "云海省团委", OrgLevel.PROVINCE)
    system = await make_org(store, "云海铁路团委", OrgLevel.GRASSROOTS, province)
    cadre = await make_cadre(store, system, "苏娜", COLLEAGUE)
    youth = await make_youth(store, system, "小韩", "20009", cadre=cadre)
    ref = await make_wish_of(store, youth, cadre, "想要书", claimed=True)
    await talk.says(COLLEAGUE, f"入池 W{ref} {TRIED}")
    assert "① 可以到省（云海省团委）\n② 不入池\n③ 改一改" in talk.last("20009")
    await talk.says("20009", "1")
    assert (await wish_of(store, ref)).pool_org_id == province.id


async def test_reworded_it_is_cut_again_shown_again_and_only_then_decided(talk, store, ladder):
    ref = await ladder.wish()
    await talk.says(CADRE, f"入池 W{ref} {TRIED}")
    assert (await talk.says(ZHAO, "改一改"))[-1] == Said("pool/text_asked")
    await talk.says(ZHAO, "清河一中的陈一诺想要一本制图教程，QQ 12345678")
    assert talk.last(ZHAO) == Said("pool/question", words="〔某地〕〔某校〕的〔某人〕想要一本制图教程，〔账号〕")
    assert await state_of(store, ref) is WishState.CADRE_HELPING
    await talk.says(ZHAO, "5")
    await talk.says(ZHAO, "想要一本制图教程，二手也行")
    await talk.says(ZHAO, "1")
    async with store.read() as session:
        wish = (await session.execute(select(Wish))).scalar_one()
        kept = await store.vault.read(session, f"wishes:{wish.id}:pool_text", wish.pool_text)
    assert kept == "想要一本制图教程，二手也行"


async def test_reworded_to_what_no_wish_may_hold_is_refused_and_may_be_tried_again(talk, store, ladder):
    ref = await ladder.wish()
    await talk.says(CADRE, f"入池 W{ref} {TRIED}")
    await talk.says(ZHAO, "5")
    await talk.says(ZHAO, "给我转 200 块钱就行")
    assert await state_of(store, ref) is WishState.CADRE_HELPING
    assert (await talk.says(ZHAO, "陈一诺"))[-1] == Refused("pool.text_blank")
    await talk.says(ZHAO, "想要一本书")
    await talk.says(ZHAO, "1")
    assert await state_of(store, ref) is WishState.POOLED


async def test_not_rewording_shows_the_same_again(talk, store, ladder):
    ref = await ladder.wish()
    await talk.says(CADRE, f"入池 W{ref} {TRIED}")
    await talk.says(ZHAO, "5")
    await talk.says(ZHAO, "1")
    assert f"“{SHOWN}”" in talk.last(ZHAO)
    await talk.says(ZHAO, "3")
    assert (await wish_of(store, ref)).agreed_level == "province"


async def test_a_wish_of_which_only_blanks_are_left_must_be_reworded(talk, store, ladder):
    ref = await ladder.wish("陈一诺")
    await talk.says(CADRE, f"入池 W{ref} {TRIED}")
    assert talk.last(ZHAO) == Said("pool/question", levels=[])
    assert "只到县" not in talk.last(ZHAO)
    await talk.says(ZHAO, "3")
    assert await state_of(store, ref) is WishState.CADRE_HELPING


async def test_redelivered_it_asks_once_and_pools_once(talk, store, ladder):
    ref = await ladder.wish()
    asked = talk.incoming(CADRE, f"入池 W{ref} {TRIED}")
    await talk.deliver(asked)
    await talk.deliver(asked)
    assert await count(store, Prompt) == 1
    answer = talk.incoming(ZHAO, "1")
    await talk.deliver(answer)
    await talk.deliver(answer)
    assert await count(store, AuditEntry, AuditEntry.action == "wish.pooled") == 1


# --- the pool --------------------------------------------------------------------------------------------------------


async def pooled(talk: Talkers, ladder: Ladder, answer: str = "2", words: str = WORDS) -> int:
    ref = await ladder.wish(words)
    await talk.says(CADRE, f"入池 W{ref} {TRIED}")
    await talk.says(ZHAO, answer)
    return ref


@pytest.mark.rule("P13")
async def test_an_organ_sees_numbers_first_and_words_without_a_name_on_request(talk, store, ladder):
    ref = await pooled(talk, ladder)
    numbers = (await talk.says(COUNTY, "心愿池"))[0]
    assert numbers == Said("pool/shown", total=1)
    assert str(ref) not in numbers
    page = (await talk.says(COUNTY, "心愿池 全部"))[0]
    assert f"#W{ref}" in page
    assert SHOWN in page
    for name in ("陈一诺", "林晓舟", "一中"):
        assert name not in page
    assert await count(store, AuditEntry, AuditEntry.action == "read.pool") == 1
    assert "心愿池" in (await talk.says(ZHAO, "谁看过我的数据"))[0]


@pytest.mark.rule("P12")
async def test_only_as_far_as_agreed_are_the_words_read_above_that_there_are_numbers(talk, ladder):
    ref = await pooled(talk, ladder, "1")
    numbers = (await talk.says(CITY, "心愿池"))[0]
    assert numbers == Said("pool/shown", total=1, readable=0)
    assert str(ref) not in (await talk.says(CITY, "心愿池 全部"))[0]
    assert str(ref) in (await talk.says(COUNTY, "心愿池 全部"))[0]


async def test_other_counties_and_provinces_see_nothing(talk, store, ladder):
    ref = await pooled(talk, ladder, "3")
    for key, number in (("other_county", "30008"), ("other_province", "30009")):
        await make_person(store, ladder.orgs[key], "别处管理", number=number, roles=(Role.ORGAN_ADMIN,))
        assert (await talk.says(number, "心愿池"))[0] == Said("pool/shown", total=0)
        assert str(ref) not in (await talk.says(number, "心愿池 全部"))[0]


async def test_a_cadre_and_a_youth_have_no_business_in_the_organs_pool(talk, ladder):
    await pooled(talk, ladder)
    for number in (CADRE, ZHAO):
        assert "在等" not in (await talk.says(number, "心愿池"))[0]


@pytest.mark.parametrize("told", ["心愿池 没有这类", "心愿池 学习进步 两页", "心愿池 9999999"])
async def test_what_is_neither_kind_nor_page_gets_the_usage(talk, ladder, told):
    assert (await talk.says(COUNTY, told))[0] == Said("common/usage")


async def test_a_page_that_does_not_exist(talk, ladder):
    await pooled(talk, ladder)
    assert (await talk.says(COUNTY, "心愿池 全部 2"))[0] == Refused("page.none", pages=1)


@pytest.mark.rule("P12")
async def test_beside_it_stands_only_what_five_share(talk, store, ladder):
    await ladder.crowd("branch", 3)
    ref = await pooled(talk, ladder, "3")
    wish = await wish_of(store, ref)  # four adults in the county
    assert (wish.shown_area_id, wish.shown_age, wish.shown_kind) == (None, None, "other")
    await ladder.crowd("other_county", 1)
    ref = await pooled(talk, ladder, "3")
    wish = await wish_of(store, ref)  # five in the city
    assert (wish.shown_area_id, wish.shown_age) == (ladder.orgs["city"].id, None)
    await ladder.crowd("county", 1)
    ref = await pooled(talk, ladder, "3")
    wish = await wish_of(store, ref)
    assert (wish.shown_area_id, wish.shown_age, wish.shown_kind) == (ladder.orgs["county"].id, "adult", "other")
    page = (await talk.says(COUNTY, "心愿池 全部"))[0]
    assert [(w["area"], w["age"]) for w in fields(page)["wishes"] if w["ref"] == ref] == [("清河县团委", "adult")]


async def test_the_kind_is_shown_only_when_five_of_that_age_wished_such(talk, store, ladder):
    crowd = await ladder.crowd("branch", 4)
    async with store.unit() as unit:
        for person in (await unit.session.execute(select(Person))).scalars():
            person.age_band = "adult" if person.is_youth else None
    for youth in crowd:
        ref = await make_wish_of(store, youth, ladder.cadre, "想要书")
        async with store.unit() as unit:
            (await unit.session.execute(select(Wish).where(Wish.ref == ref))).scalar_one().kind = "study"
    ref = await ladder.wish()
    async with store.unit() as unit:
        (await unit.session.execute(select(Wish).where(Wish.ref == ref))).scalar_one().kind = "study"
    await talk.says(CADRE, f"入池 W{ref} {TRIED}")
    await talk.says(ZHAO, "1")
    assert (await wish_of(store, ref)).shown_kind == "study"
    assert f"#W{ref}" in (await talk.says(COUNTY, "心愿池 学习进步"))[0]
