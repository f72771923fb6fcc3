"""没问到, 没送到: what nobody has seen is no question, and what did not arrive is no answer (P5, C2, C5)."""

from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import delete, select

from bot.channels.port import Delivery, Outcome
from bot.core.acts.let_go import let_account_go
from bot.features.voice.tables import Voice, VoiceAnswer
from bot.features.wish.tables import Wish
from bot.store.delivery import Prompt
from bot.store.people import RoleGrant
from bot.store.store import Store
from tests.harness import Talkers
from tests.played import Once
from tests.said import Refused, Said, fields
from tests.ticking import do_due
from tests.voices_built import County, make_county

CADRE, ZHAO = "10001", "20001"
NO = Delivery(Outcome.FAILED, error="100")
DAY = timedelta(days=1)


@pytest_asyncio.fixture
async def talk(store: Store) -> Talkers:
    return await Talkers.open(store)


@pytest_asyncio.fixture
async def county(store: Store, once: Once) -> County:
    return await once(store, make_county)


async def prompts(store: Store) -> dict[str, Prompt]:
    async with store.read() as session:
        return {row.kind: row for row in (await session.execute(select(Prompt))).scalars()}


async def one(store: Store, table):
    async with store.read() as session:
        return (await session.execute(select(table))).scalars().one()


async def days(talk: Talkers, n: int) -> None:
    for _ in range(n):
        talk.advance(DAY)
        for tick in ("core.questions", "core.questions_over", "voice.remind", "wish.settle_idle"):
            await do_due(talk.store, talk.clock.now(), tick)
        await talk.sender.pump()


async def told(talk: Talkers, who: str, template: str) -> list[dict]:
    return [fields(text) for text in talk.shown(who) if text == Said(template)]


async def lose_account(talk: Talkers, county: County) -> None:
    async with talk.store.unit() as unit:
        account = await unit.account_of(county.youth.person_id or 0)
        assert account is not None
        await let_account_go(unit, account)


async def voice_and_wish(talk: Talkers) -> tuple[str, str]:
    await talk.says(ZHAO, "心声 夜班车太少，下班回不了家")
    await talk.says(ZHAO, "许愿 想要一个篮球")
    voice, wish = await one(talk.store, Voice), await one(talk.store, Wish)
    return f"V{voice.ref}", f"W{wish.ref}"


async def test_what_waits_unseen_is_no_silence_and_who_asked_hears_so(talk: Talkers, county: County) -> None:
    await talk.says(CADRE, "记谈心 小赵 聊了夜班车的事")
    v, w = await voice_and_wish(talk)
    for words in (f"回复 {v} 已经问过公交公司", f"认领 {w}", f"入池 {w} 问了两家单位都没有"):
        await talk.says(CADRE, words)
    waiting = await prompts(talk.store)
    assert waiting["talk.note"].shown_at is not None
    assert waiting["wish.pool"].shown_at is None
    assert (await talk.says(CADRE, f"入池 {w} 问了两家单位都没有"))[-1] == Refused("question.not_shown")
    await days(talk, 8)
    assert (await prompts(talk.store))["talk.note"].state == "expired"
    assert {one["what"] for one in await told(talk, CADRE, "common/not_asked_yet")} >= {f"#{w}"}
    assert (await one(talk.store, Voice)).closed_at is None
    await days(talk, 40)
    over = await prompts(talk.store)
    assert {kind: over[kind].state for kind in ("voice.rating", "wish.pool")} == dict.fromkeys(
        ("voice.rating", "wish.pool"), "expired"
    )
    assert all(over[kind].shown_at is not None for kind in ("voice.rating", "wish.pool"))
    assert (await one(talk.store, Voice)).outcome == "none"


async def test_an_optional_question_lets_a_needed_one_pass(talk: Talkers, county: County) -> None:
    await voice_and_wish(talk)
    assert (await prompts(talk.store))["voice.kind"].state == "open"
    await talk.says(CADRE, "记谈心 小赵 聊了夜班车的事")
    now = await prompts(talk.store)
    assert (now["talk.note"].state, now["voice.kind"].state) == ("open", "queued")
    assert talk.last(ZHAO) == Said("talk/note")
    await talk.says(ZHAO, "1")
    assert (await prompts(talk.store))["talk.note"].state == "answered"


async def test_an_answer_that_does_not_arrive_is_none(talk: Talkers, county: County) -> None:
    v, _ = await voice_and_wish(talk)
    await talk.says(ZHAO, "1")
    await talk.says(ZHAO, "1")
    talk.channel.outcomes[ZHAO] = [NO] * 20
    await talk.says(CADRE, f"回复 {v} 已经问过公交公司")
    assert talk.last(CADRE) == Said("common/not_arrived")
    voice = await one(talk.store, Voice)
    assert (voice.state, voice.answered_at, voice.first_answer_at) == ("open", None, None)
    async with talk.store.read() as session:
        assert (await session.execute(select(VoiceAnswer))).first() is None
    await days(talk, 8)
    assert (await one(talk.store, Voice)).closed_at is None
    talk.channel.outcomes.clear()
    await talk.says(CADRE, f"回复 {v} 已经问过公交公司")
    assert talk.last(ZHAO) == Said("voice/rating")


async def test_done_that_its_owner_is_not_told_of_is_not_done(talk: Talkers, county: County) -> None:
    _, w = await voice_and_wish(talk)
    await talk.says(ZHAO, "1")
    await talk.says(ZHAO, "1")
    await talk.says(CADRE, f"认领 {w}")
    talk.channel.outcomes[ZHAO] = [NO] * 20
    await talk.says(CADRE, f"完成 {w} 买好了")
    assert talk.last(CADRE) == Said("common/not_asked_yet")
    assert (await one(talk.store, Wish)).asked_at is None
    talk.channel.outcomes.clear()
    await talk.says(CADRE, f"完成 {w} 买好了，放在活动室")
    assert talk.last(ZHAO) == Said("wish/received_asked")


async def test_an_answer_to_who_has_no_account_is_refused_and_ending_it_does_not_count(
    talk: Talkers, county: County
) -> None:
    v, _ = await voice_and_wish(talk)
    await lose_account(talk, county)
    assert (await talk.says(CADRE, f"回复 {v} 已经问过"))[-1] == Refused("voice.out_of_reach")
    await talk.says(CADRE, f"办结 {v}")
    assert (await one(talk.store, Voice)).outcome == "dropped"


async def test_an_author_who_is_gone_has_not_said_nothing(talk: Talkers, county: County) -> None:
    v, _ = await voice_and_wish(talk)
    await talk.says(CADRE, f"回复 {v} 已经问过公交公司")
    await lose_account(talk, county)
    await days(talk, 9)
    assert (await one(talk.store, Voice)).outcome == "dropped"


@pytest.mark.parametrize("answer", ["1", "2"])
async def test_a_second_answer_asks_anew(talk: Talkers, county: County, answer: str) -> None:
    v, _ = await voice_and_wish(talk)
    await talk.says(ZHAO, "1")
    await talk.says(ZHAO, "1")
    await talk.says(CADRE, f"回复 {v} 已经问过公交公司")
    before = len(talk.shown(ZHAO))
    await talk.says(CADRE, f"回复 {v} 公交公司说下月加车")
    assert [text == Said("voice/rating") for text in talk.shown(ZHAO)[before:]][-1]
    await talk.says(ZHAO, answer)
    assert (await one(talk.store, Voice)).state == ("closed" if answer == "1" else "open")


async def test_who_has_left_may_still_complain_of_their_cadre(talk: Talkers, county: County) -> None:
    await talk.says(ZHAO, "退出")
    await talk.says(ZHAO, "2")
    asked = (await talk.says(ZHAO, "投诉 说好的活动三次都没有来"))[-1]
    assert asked == Said("voice/about")
    assert "cadre" in fields(asked)["options"]


async def test_a_private_matter_of_a_stranger_is_not_kept(talk: Talkers, county: County) -> None:
    assert (await talk.says("77777", "投诉 我得了抑郁症，一直在吃药"))[-1] == Refused("voice.sensitive_stranger")
    async with talk.store.read() as session:
        assert (await session.execute(select(Voice))).first() is None


async def test_with_nobody_above_the_question_is_over(talk: Talkers, county: County) -> None:
    async with talk.store.unit() as unit:
        await unit.session.execute(delete(RoleGrant).where(RoleGrant.role == "organ_admin"))
    await talk.says(ZHAO, "投诉 这个系统不好用，总要等很久")
    assert (await talk.says(ZHAO, "3"))[-1] == Said("voice/nobody_above")
    assert (await prompts(talk.store))["voice.about"].state == "answered"
