"""拼好愿: only who says yes shares, nobody learns of whom, each confirms alone, and whoever leaves leaves the rest."""

from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import func, select

from bot.clock import ManualClock
from bot.core.acts.erase import erase_person
from bot.core.rules.people import Actor, OrgLevel, Role
from bot.features.wish.rules.wish import WishState
from bot.features.wish.tables import Wish
from bot.store.chat import Contact
from bot.store.delivery import Prompt
from bot.store.store import Store
from tests.harness import Talkers
from tests.people_built import make_cadre, make_org, make_person, make_youth
from tests.played import Once
from tests.pools_built import make_resource, matches_of, resource_of
from tests.said import Refused, Said
from tests.ticking import do_due
from tests.wishes_built import make_wish_of, wish_of

CADRE, COLLEAGUE, ADMIN = "10001", "10002", "30001"
ZHAO, HAN, YU = "20001", "20002", "20003"
NUMBERS = (ZHAO, HAN, YU)
NAMES = ("小赵", "小韩", "小雨")
TRIED = "问了县图书馆和两位同事，都没有"


class Three:
    """Three youths of one cadre who wish for much the same."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.refs: dict[str, int] = {}
        self.youths: dict[str, Actor] = {}

    async def build(self) -> "Three":
        city = await make_org(self.store, "甘泉市团委", OrgLevel.CITY)
        self.org = await make_org(self.store, "清河县团委", OrgLevel.COUNTY, city)
        self.cadre = await make_cadre(self.store, self.org, "林晓舟", CADRE)
        self.admin = await make_person(self.store, self.org, "吴建平", number=ADMIN, roles=(Role.ORGAN_ADMIN,))
        for name, number in zip(NAMES, NUMBERS, strict=True):
            assert isinstance(self.store.clock, ManualClock)
            self.store.clock.advance(timedelta(minutes=1))  # who wished first goes on first
            self.youths[number] = await make_youth(self.store, self.org, name, number, cadre=self.cadre)
            self.refs[number] = await make_wish_of(self.store, self.youths[number], self.cadre, f"{name}想要一个篮球")
        return self

    @property
    def listed(self) -> str:
        return " ".join(f"W{ref}" for ref in self.refs.values())

    async def states(self) -> list[str]:
        return [(await wish_of(self.store, ref)).state for ref in self.refs.values()]


@pytest_asyncio.fixture
async def talk(store: Store) -> Talkers:
    return await Talkers.open(store)


@pytest_asyncio.fixture
async def three(store: Store, once: Once) -> Three:
    return await once(store, lambda store: Three(store).build())


@pytest_asyncio.fixture
async def shared(talk: Talkers, three: Three) -> Three:
    """All three said yes, 小赵 first, and their cadre helps."""
    await talk.says(CADRE, f"拼心愿 {three.listed}")
    for number in NUMBERS:
        await talk.says(number, "1")
    await talk.says(CADRE, f"认领 W{three.refs[ZHAO]}")
    return three


async def open_questions(store: Store) -> int:
    async with store.read() as session:
        rows = await session.execute(
            select(func.count()).select_from(Prompt).where(Prompt.state.in_(("open", "queued")))
        )
        return rows.scalar_one()


# --- refused ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("told", ["W{0}", "W{0} W{0}", "W{0} 篮球", "篮球"])
async def test_two_different_wishes_are_needed(talk, store, three, told):
    assert (await talk.says(CADRE, "拼心愿 " + told.format(three.refs[ZHAO])))[0] == Refused("wish.share_which")
    assert await open_questions(store) == 0


async def test_another_cadres_wish_and_none_answer_alike_and_nobody_is_asked(talk, store, three):
    colleague = await make_cadre(store, three.org, "周敏", COLLEAGUE)
    youth = await make_youth(store, three.org, "小何", "20009", cadre=colleague)
    foreign = await make_wish_of(store, youth, colleague, "想要一个篮球")
    missing = next(n for n in range(1000, 9999) if n not in (*three.refs.values(), foreign))
    one = three.refs[ZHAO]
    assert await talk.says(CADRE, f"拼心愿 W{one} W{foreign}") == await talk.says(CADRE, f"拼心愿 W{one} W{missing}")
    assert await open_questions(store) == 0


async def test_two_wishes_of_one_youth_are_not_shared(talk, store, three):
    second = await make_wish_of(store, three.youths[ZHAO], three.cadre, "想要一副球拍")
    assert (await talk.says(CADRE, f"拼心愿 W{three.refs[ZHAO]} W{second}"))[0] == Refused("wish.share_not_possible")
    assert await open_questions(store) == 0


async def test_what_is_in_a_pool_or_over_is_not_shared(talk, store, three):
    await talk.says(ZHAO, f"撤回心愿 W{three.refs[ZHAO]}")
    assert (await talk.says(CADRE, f"拼心愿 {three.listed}"))[0] == Refused("wish.share_not_possible")
    assert await open_questions(store) == 0


async def test_who_says_no_stays_alone_and_nobody_hears_of_it(talk, store, three):
    await talk.says(CADRE, f"拼心愿 {three.listed}")
    await talk.says(ZHAO, "1")
    told = len(talk.shown(CADRE))
    await talk.says(HAN, "2")
    assert len(talk.shown(CADRE)) == told
    await talk.says(YU, "1")
    assert await three.states() == ["open", "open", "shared"]


async def test_silence_is_a_no(talk, store, three):
    await talk.says(CADRE, f"拼心愿 {three.listed}")
    await talk.says(ZHAO, "1")
    talk.advance(timedelta(days=7))
    await do_due(store, talk.clock.now(), "core.questions")
    assert await three.states() == ["open"] * 3
    assert await open_questions(store) == 0


async def test_alone_with_a_yes_it_is_as_before(talk, store, three):
    await talk.says(CADRE, f"拼心愿 {three.listed}")
    assert (await talk.says(ZHAO, "1"))[0] == Said("wish/share_joined", waits=True)
    await talk.says(HAN, "2")
    await talk.says(YU, "2")
    await talk.says(CADRE, f"认领 W{three.refs[ZHAO]}")
    await talk.says(ZHAO, f"收到 W{three.refs[ZHAO]}")
    assert await three.states() == ["fulfilled", "open", "open"]


async def test_a_yes_after_it_was_claimed_elsewhere_joins_nothing(talk, store, three):
    await talk.says(CADRE, f"拼心愿 {three.listed}")
    await talk.says(ZHAO, "1")
    await talk.says(HAN, f"撤回心愿 W{three.refs[HAN]}")
    await talk.says(HAN, "1")
    assert await three.states() == ["open", "withdrawn", "open"]


# --- together --------------------------------------------------------------------------------------------------------


async def test_nobody_is_told_who_the_others_are(talk, shared):
    for number, name in zip(NUMBERS, NAMES, strict=True):
        shown = "\n".join(talk.shown(number))
        assert [other for other in NAMES if other != name and other in shown] == []
        assert [f"W{ref}" for n, ref in shared.refs.items() if n != number and f"W{ref}" in shown] == []


async def test_helping_one_is_helping_all_by_whichever_number(talk, shared):
    assert await shared.states() == ["cadre_helping", "shared", "shared"]
    holders = {(await wish_of(shared.store, ref)).holder_id for ref in shared.refs.values()}
    assert holders == {shared.cadre.person_id}
    await talk.says(CADRE, f"放弃 W{shared.refs[YU]}")
    assert await shared.states() == ["open", "shared", "shared"]
    assert {(await wish_of(shared.store, ref)).holder_id for ref in shared.refs.values()} == {None}


async def test_a_youth_still_sees_their_own_wish_in_their_own_words(talk, shared):
    shown = (await talk.says(HAN, "我的心愿"))[0]
    assert shown == Said("wish/mine", wishes=[{"words": "小韩想要一个篮球", "state": "shared"}])
    assert (await talk.says(CADRE, f"查看心愿 W{shared.refs[HAN]}"))[0] == Said("wish/shown", words="小韩想要一个篮球")


async def test_each_confirms_for_themselves_and_it_is_over_with_the_last(talk, shared):
    await talk.says(CADRE, f"完成 W{shared.refs[ZHAO]} 球送到了活动室")
    for number in NUMBERS:
        assert talk.last(number) == Said("wish/received_asked", how="球送到了活动室")
    await talk.says(HAN, "1")
    assert await shared.states() == ["cadre_helping", "fulfilled", "shared"]
    await talk.says(ZHAO, f"收到 W{shared.refs[ZHAO]}")
    assert await shared.states() == ["fulfilled", "fulfilled", "cadre_helping"]
    await talk.says(YU, "收到")
    assert await shared.states() == ["fulfilled"] * 3


async def test_one_who_has_not_received_it_reopens_it_for_themselves(talk, shared):
    await talk.says(CADRE, f"完成 W{shared.refs[ZHAO]} 球送到了活动室")
    await talk.says(ZHAO, "1")
    await talk.says(HAN, "没收到")
    assert f"W{shared.refs[HAN]}" in talk.last(CADRE)
    assert await shared.states() == ["fulfilled", "cadre_helping", "shared"]
    await talk.says(CADRE, f"完成 W{shared.refs[HAN]} 又送了一次")
    await talk.says(HAN, "1")
    await talk.says(YU, f"收到 W{shared.refs[YU]}")
    assert await shared.states() == ["fulfilled"] * 3


async def test_the_first_one_leaving_leaves_the_rest_with_whoever_helps(talk, shared):
    await talk.says(ZHAO, f"撤回心愿 W{shared.refs[ZHAO]}")
    assert await shared.states() == ["withdrawn", "cadre_helping", "shared"]
    assert f"接着办 #W{shared.refs[HAN]}" in "\n".join(talk.shown(CADRE)[-2:])
    last = await wish_of(shared.store, shared.refs[YU])
    lead = await wish_of(shared.store, shared.refs[HAN])
    assert last.shared_into == lead.id
    await talk.says(YU, f"撤回心愿 W{shared.refs[YU]}")
    assert await shared.states() == ["withdrawn", "cadre_helping", "withdrawn"]


async def test_somebody_erased_leaves_the_rest_and_no_word(talk, store, shared):
    async with store.unit() as unit:
        await erase_person(unit, shared.youths[ZHAO].person_id or 0, actor=shared.youths[ZHAO])
    first = await wish_of(store, shared.refs[ZHAO])
    assert (first.text, first.owner_id) == (None, None)
    assert (await shared.states())[1:] == ["cadre_helping", "shared"]


async def test_a_reason_not_to_help_reaches_everybody(talk, shared):
    await talk.says(CADRE, f"婉拒 W{shared.refs[HAN]} 场地下个月才有")
    assert await shared.states() == ["declined"] * 3
    for number in NUMBERS:
        assert talk.last(number) == Said("wish/declined_asked", reason="场地下个月才有")


async def test_who_moves_to_another_cadre_takes_their_wish_along_alone(talk, store, shared):
    colleague = await make_cadre(store, shared.org, "周敏", COLLEAGUE)
    async with store.unit() as unit:
        contact = (
            await unit.session.execute(select(Contact).where(Contact.youth_id == shared.youths[HAN].person_id))
        ).scalar_one()
        contact.cadre_id = colleague.person_id or 0
    await do_due(store, talk.clock.now(), "wish", "pool", workdays=talk.services.workdays)
    assert await shared.states() == ["cadre_helping", "open", "shared"]
    assert (await wish_of(store, shared.refs[HAN])).cadre_id == colleague.person_id


# --- into a pool and out of it ---------------------------------------------------------------------------------------


async def into_pool(talk: Talkers, shared: Three, *answers: tuple[str, str]) -> None:
    await talk.says(CADRE, f"入池 W{shared.refs[ZHAO]} {TRIED}")
    await talk.says(ZHAO, "1")
    for number, answer in answers:
        await talk.says(number, answer)


async def test_nothing_goes_into_a_pool_without_the_yes_of_each(talk, shared):
    await into_pool(talk, shared, (HAN, "1"))
    assert (await shared.states())[0] == "cadre_helping"
    assert talk.last(YU) == Said("pool/along", words="〔某人〕想要一个篮球")
    await talk.says(YU, "2")
    assert await shared.states() == ["pooled", "shared", "open"]
    rows = [await wish_of(shared.store, ref) for ref in shared.refs.values()]
    assert [row.pool_text is not None for row in rows] == [True, True, False]
    assert [row.pool_org_id for row in rows] == [shared.org.id, shared.org.id, None]


async def test_without_an_answer_they_stay_with_the_cadre_and_the_others_go(talk, store, shared):
    await into_pool(talk, shared, (HAN, "1"))
    talk.advance(timedelta(days=7))
    await do_due(store, talk.clock.now(), "core.questions")
    assert await shared.states() == ["pooled", "shared", "open"]


async def test_one_thing_for_all_who_share_it_and_the_match_goes_on_with_the_rest(talk, store, shared):
    await into_pool(talk, shared, (HAN, "1"), (YU, "1"))
    offer = await make_resource(store, shared.org, shared.admin, "篮球 1 个", capacity=1)
    await talk.says(ADMIN, f"匹配 W{shared.refs[ZHAO]} S{offer}")
    await talk.says(ZHAO, "1")
    await talk.says(ADMIN, "1")
    assert await shared.states() == ["claimed", "shared", "shared"]
    await talk.says(ADMIN, f"完成 W{shared.refs[ZHAO]} 送到取件点了")
    await talk.says(ZHAO, f"收到 W{shared.refs[ZHAO]}")
    assert await shared.states() == ["fulfilled", "claimed", "shared"]
    assert [match.state for match in await matches_of(store)] == ["claimed"]
    await talk.says(HAN, f"收到 W{shared.refs[HAN]}")
    await talk.says(YU, f"收到 W{shared.refs[YU]}")
    assert await shared.states() == ["fulfilled"] * 3
    assert [match.state for match in await matches_of(store)] == ["done"]
    assert (await resource_of(store, offer)).used == 1


async def test_in_the_pool_there_is_one_wish_and_who_claims_learns_of_nobody(talk, store, shared):
    await into_pool(talk, shared, (HAN, "1"), (YU, "1"))
    page = (await talk.says(ADMIN, "心愿池 全部"))[0]
    assert page.count("#W") == 1
    await talk.says(ADMIN, f"认领 W{shared.refs[ZHAO]}")
    await talk.says(ZHAO, f"撤回心愿 W{shared.refs[ZHAO]}")
    assert await shared.states() == ["withdrawn", "claimed", "shared"]
    shown = "\n".join(talk.shown(ADMIN))
    assert [name for name in NAMES if name in shown] == []
    assert (
        "想要一个篮球" not in (await talk.says(ADMIN, f"查看心愿 W{shared.refs[HAN]}"))[0]
    )  # the words went with 小赵
    await talk.says(ADMIN, f"放弃 W{shared.refs[HAN]}")
    assert await shared.states() == ["withdrawn", "open", "shared"]
    assert [(await wish_of(store, ref)).pool_org_id for ref in shared.refs.values()][1:] == [None, None]


async def test_redelivered_a_yes_joins_once(talk, store, three):
    await talk.says(CADRE, f"拼心愿 {three.listed}")
    for number in NUMBERS:
        incoming = talk.incoming(number, "1")
        await talk.deliver(incoming)
        await talk.deliver(incoming)
    assert await three.states() == ["open", "shared", "shared"]
    async with store.read() as session:
        lead = (await session.execute(select(Wish).where(Wish.ref == three.refs[ZHAO]))).scalar_one()
    assert WishState(lead.state) is WishState.OPEN
