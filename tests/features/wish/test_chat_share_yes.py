"""拼好愿 and pools: nobody's wish is in one without their own yes, and no wish waits for somebody who is gone."""

from datetime import timedelta

import pytest
import pytest_asyncio

from bot.core.acts.erase import erase_person
from bot.store.store import Store
from tests.features.wish.test_chat_share import CADRE, HAN, NUMBERS, TRIED, YU, ZHAO, Three, into_pool, open_questions
from tests.harness import Talkers
from tests.played import Once
from tests.said import Refused, Said
from tests.ticking import do_due
from tests.wishes_built import wish_of


@pytest_asyncio.fixture
async def talk(store: Store) -> Talkers:
    return await Talkers.open(store)


@pytest_asyncio.fixture
async def three(store: Store, once: Once) -> Three:
    return await once(store, lambda store: Three(store).build())


@pytest_asyncio.fixture
async def shared(talk: Talkers, three: Three) -> Three:
    await talk.says(CADRE, f"拼心愿 {three.listed}")
    for number in NUMBERS:
        await talk.says(number, "1")
    await talk.says(CADRE, f"认领 W{three.refs[ZHAO]}")
    return three


async def asked_along(talk: Talkers, three: Three) -> None:
    """小赵 and 小韩 share, 小雨 has not answered; 小赵 agrees to the pool, and 小韩 is asked along."""
    await talk.says(CADRE, f"拼心愿 {three.listed}")
    await talk.says(ZHAO, "1")
    await talk.says(HAN, "1")
    await talk.says(CADRE, f"认领 W{three.refs[ZHAO]}")
    await into_pool(talk, three)


async def later(talk: Talkers, store: Store) -> None:
    await do_due(store, talk.clock.now(), "wish", "pool", workdays=talk.services.workdays)


# --- nobody without their own yes ------------------------------------------------------------------------------------


async def test_who_says_yes_to_sharing_while_a_pool_is_agreed_is_not_carried_into_it(talk, store, three):
    await asked_along(talk, three)
    await talk.says(YU, "1")
    await talk.says(HAN, "1")
    assert await three.states() == ["pooled", "shared", "open"]
    late = await wish_of(store, three.refs[YU])
    assert (late.pool_org_id, late.pool_text, late.agreed_level) == (None, None, None)
    await talk.says(ZHAO, f"撤回心愿 W{three.refs[ZHAO]}")
    assert await three.states() == ["withdrawn", "open", "open"]


async def test_a_no_takes_back_an_earlier_yes(talk, three):
    await talk.says(CADRE, f"拼心愿 W{three.refs[ZHAO]} W{three.refs[HAN]}")
    await talk.says(ZHAO, "1")
    await talk.says(CADRE, f"拼心愿 W{three.refs[ZHAO]} W{three.refs[YU]}")
    await talk.says(ZHAO, "2")
    await talk.says(YU, "1")
    await talk.says(HAN, "1")
    assert await three.states() == ["open"] * 3


async def test_a_yes_to_one_question_is_none_to_another(talk, three):
    await talk.says(CADRE, f"拼心愿 W{three.refs[ZHAO]} W{three.refs[HAN]}")
    await talk.says(ZHAO, "1")
    await talk.says(CADRE, f"拼心愿 W{three.refs[ZHAO]} W{three.refs[YU]}")
    await talk.says(YU, "1")
    assert await three.states() == ["open"] * 3
    await talk.says(ZHAO, "1")
    assert await three.states() == ["shared", "open", "open"]


# --- who first wished leaves with their words ------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["withdrawn", "erased"])
async def test_the_first_owners_words_leave_with_them_and_the_others_are_back_with_the_cadre(talk, store, shared, how):
    await into_pool(talk, shared, (HAN, "1"), (YU, "1"))
    assert (await shared.states())[0] == "pooled"
    if how == "withdrawn":
        await talk.says(ZHAO, f"撤回心愿 W{shared.refs[ZHAO]}")
    else:
        async with store.unit() as unit:
            await erase_person(unit, shared.youths[ZHAO].person_id or 0, actor=shared.youths[ZHAO])
    assert await shared.states() == ["withdrawn", "open", "shared"]
    for number in (HAN, YU):
        wish = await wish_of(store, shared.refs[number])
        assert (wish.pool_text, wish.pool_org_id, wish.agreed_level) == (None, None, None)
    await talk.says(CADRE, f"认领 W{shared.refs[HAN]}")
    await talk.says(CADRE, f"入池 W{shared.refs[HAN]} {TRIED}")
    assert talk.last(HAN) == Said("pool/question", words="〔某人〕想要一个篮球")  # asked anew, about their own


async def test_a_yes_to_a_pool_ends_when_the_cadre_gives_the_wish_back(talk, store, shared):
    await into_pool(talk, shared)
    await talk.says(CADRE, f"放弃 W{shared.refs[ZHAO]}")
    await talk.says(CADRE, f"认领 W{shared.refs[ZHAO]}")
    await talk.says(HAN, "1")
    await later(talk, store)
    assert await shared.states() == ["cadre_helping", "shared", "shared"]


# --- nobody waits for who is gone ------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["撤回心愿", "收到"])
async def test_the_last_one_asked_leaving_does_not_hold_the_wish(talk, store, shared, word):
    await into_pool(talk, shared, (HAN, "1"))
    await talk.says(YU, f"{word} W{shared.refs[YU]}")
    await later(talk, store)
    assert (await shared.states())[:2] == ["pooled", "shared"]
    assert await open_questions(store) == 0


async def test_an_answer_that_comes_too_late_lets_the_others_go_on(talk, shared):
    await into_pool(talk, shared, (HAN, "1"))
    await talk.says(YU, f"撤回心愿 W{shared.refs[YU]}")
    await talk.says(YU, "1")
    assert await shared.states() == ["pooled", "shared", "withdrawn"]


async def test_silence_of_somebody_who_left_lets_the_others_go_on(talk, store, shared):
    await into_pool(talk, shared, (HAN, "1"))
    await talk.says(YU, f"撤回心愿 W{shared.refs[YU]}")
    talk.advance(timedelta(days=7))
    await do_due(store, talk.clock.now(), "core.questions")
    assert await shared.states() == ["pooled", "shared", "withdrawn"]


async def test_somebody_erased_while_asked_does_not_hold_the_wish(talk, store, shared):
    await into_pool(talk, shared, (HAN, "1"))
    async with store.unit() as unit:
        await erase_person(unit, shared.youths[YU].person_id or 0, actor=shared.youths[YU])
    await later(talk, store)
    assert await shared.states() == ["pooled", "shared", "withdrawn"]


async def test_while_somebody_is_asked_it_waits(talk, store, shared):
    await into_pool(talk, shared, (HAN, "1"))
    await later(talk, store)
    assert await shared.states() == ["cadre_helping", "shared", "shared"]


# --- asked once ------------------------------------------------------------------------------------------------------


async def test_who_is_being_asked_or_said_no_is_not_asked_again_for_90_days(talk, store, three):
    line = f"拼心愿 W{three.refs[ZHAO]} W{three.refs[HAN]}"
    await talk.says(CADRE, line)
    waiting = await talk.says(CADRE, line)
    assert waiting[0] == Refused("wish.share_asked_before")
    assert await open_questions(store) == 2
    await talk.says(ZHAO, "2")
    assert await talk.says(CADRE, line) == waiting  # a no looks like a question that waits
    talk.advance(timedelta(days=89))
    assert (await talk.says(CADRE, line))[0] == Refused("wish.share_asked_before")
    talk.advance(timedelta(days=2))
    await do_due(store, talk.clock.now(), "core.questions")
    await talk.says(CADRE, line)
    assert await open_questions(store) == 2


async def test_one_refused_leaves_the_others_askable(talk, store, three):
    await talk.says(CADRE, f"拼心愿 W{three.refs[ZHAO]} W{three.refs[HAN]}")
    assert (await talk.says(CADRE, f"拼心愿 W{three.refs[YU]} W{three.refs[ZHAO]}"))[0] == Refused(
        "wish.share_asked_before"
    )
    assert (await wish_of(store, three.refs[YU])).share_asked_at is None


async def test_an_owner_is_asked_at_most_once_a_day_whether_it_arrived(talk, store, shared):
    line = f"完成 W{shared.refs[ZHAO]} 球送到了活动室"
    await talk.says(CADRE, line)
    before = len(talk.shown(ZHAO))
    assert (await talk.says(CADRE, line))[0] == Refused("wish.received_waiting")
    assert len(talk.shown(ZHAO)) == before
    talk.advance(timedelta(days=1))
    assert "明天才能再问" not in (await talk.says(CADRE, line))[0]
