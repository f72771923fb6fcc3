"""Several bot accounts of ours: what is said goes out by the one written to, or one that the person knows (P27)."""

from datetime import timedelta

import pytest
import pytest_asyncio
from sqlalchemy import select

from bot.channels.port import Delivery, Outcome
from bot.core.acts.undelivered import StillWaits
from bot.core.rules.people import Role
from bot.store.delivery import OutboxMessage
from bot.store.people import Account
from bot.store.store import Store
from tests.harness import BOT, Talkers
from tests.people_built import make_cadre, make_chat, make_org, make_person, make_youth
from tests.said import Said

CADRE, ME, OTHER_BOT = "10001", "20001", "30009"


@pytest_asyncio.fixture
async def talk(any_store: Store) -> Talkers:
    """A youth and a cadre whom the first bot has heard; a second one of ours is connected beside it."""
    org = await make_org(any_store)
    cadre = await make_cadre(any_store, org, number=CADRE)
    chat = await make_chat(any_store, org, cadre)
    await make_youth(any_store, org, "小赵", ME, cadre=cadre, chat=chat)
    await make_person(any_store, org, "值守", number="10003", roles=(Role.DUTY_OFFICER,))
    talk = await Talkers.open(any_store)
    talk.second_bot(OTHER_BOT)
    return talk


def by(talk: Talkers, who: str) -> list[str]:
    """By which bots somebody was written to, in order."""
    return [bot for bot, native in talk.channel.by if native == who]


@pytest.mark.parametrize("away", [True, False])
@pytest.mark.parametrize(
    ("words", "asked"),
    [
        ("我真的不想活了", Said("crisis/card")),
        ("删除我的数据", Said("rights/erase_asked")),
        ("许愿 一个篮球", Said("wish/kind")),
    ],
)
async def test_a_card_and_a_question_come_from_the_bot_that_was_written_to(
    talk: Talkers, words: str, asked: Said, away: bool
) -> None:
    if away:
        talk.sender.disconnected("qq", BOT)
    said = await talk.says(ME, words, bot=OTHER_BOT)
    assert asked in said
    assert set(by(talk, ME)) == {OTHER_BOT}


async def test_a_question_that_waits_for_a_bot_that_is_away_is_put_where_its_person_speaks(talk: Talkers) -> None:
    await talk.says(ME, "许愿 一个篮球")
    talk.sender.disconnected("qq", BOT)
    await talk.says(CADRE, "帮助", bot=OTHER_BOT)
    before = len(talk.shown(ME))
    await talk.says(ME, "2", bot=OTHER_BOT)
    assert len(talk.shown(ME)) > before
    assert by(talk, ME)[-1] == OTHER_BOT


async def test_a_push_goes_by_the_bot_heard_last_that_is_connected(talk: Talkers) -> None:
    await talk.says(ME, "许愿 一个篮球")
    await talk.says(ME, "别再提醒", bot=OTHER_BOT)
    await talk.says(CADRE, "许愿池")
    async with talk.store.unit() as unit:
        account = (await unit.session.execute(select(Account).where(Account.bot_id == OTHER_BOT))).scalar_one()
        assert account.bots == (OTHER_BOT, BOT)
        assert (await unit.private_address(account)).bot_id == OTHER_BOT
        talk.sender.disconnected("qq", OTHER_BOT)
        assert (await unit.private_address(account)).bot_id == BOT
        talk.sender.disconnected("qq", BOT)
        assert (await unit.private_address(account)).bot_id == OTHER_BOT


@pytest.mark.parametrize("words", ["帮助", "看我的数据", "嗯嗯嗯"])
async def test_any_words_tell_by_which_bot_somebody_can_be_written_to(talk: Talkers, words: str) -> None:
    await talk.says(ME, words, bot=OTHER_BOT)
    async with talk.store.read() as session:
        assert (await session.execute(select(Account).where(Account.bot_id == OTHER_BOT))).scalar_one_or_none()


async def test_what_waits_for_a_bot_that_is_away_comes_along_when_its_person_speaks_to_another(talk: Talkers) -> None:
    talk.sender.disconnected("qq", BOT)
    await talk.says(ME, "心声 夜班太多了", bot=BOT)  # written before it went away: its receipt waits
    assert talk.shown(ME) == []
    await talk.says(ME, "别再提醒", bot=OTHER_BOT)
    assert len(talk.shown(ME)) >= 2
    assert set(by(talk, ME)) == {OTHER_BOT}
    async with talk.store.read() as session:
        mine = select(OutboxMessage.bot_id).join(Account, Account.person_id == OutboxMessage.person_id)
        rows = await session.execute(mine.where(Account.bot_id == OTHER_BOT, OutboxMessage.state == "ready"))
        assert rows.all() == []


async def test_who_answers_hears_that_nothing_has_gone_out_and_after_ten_minutes_that_it_still_waits(
    talk: Talkers,
) -> None:
    await talk.says(CADRE, "许愿池", bot=OTHER_BOT)
    ref = await voice_of(talk)
    talk.sender.disconnected("qq", BOT)
    (said,) = await talk.says(CADRE, f"回复 {ref} 打 12348 问问，免费的", bot=OTHER_BOT)
    assert said == Said("voice/answer_sent", waits=True)
    talk.advance(timedelta(minutes=5))
    await talk.sender.pump()
    assert talk.last(CADRE) == said
    talk.advance(timedelta(minutes=6))
    await talk.sender.pump()
    assert talk.last(CADRE) == Said("common/still_waits")
    before = len(talk.shown(CADRE))
    talk.advance(timedelta(minutes=2))
    await talk.sender.pump()
    assert len(talk.shown(CADRE)) == before
    talk.sender.connected("qq", BOT)
    await talk.sender.pump()
    assert Said("voice/reply") in talk.shown(ME)


async def test_any_receipt_says_so_when_what_goes_to_somebody_else_waits(talk: Talkers) -> None:
    await talk.says(ME, "别再提醒", bot=OTHER_BOT)
    talk.sender.disconnected("qq", BOT)
    await talk.says(ME, "许愿 一个篮球", bot=OTHER_BOT)
    assert Said("common/sends_later") in talk.shown(ME)


async def test_an_answer_that_the_platform_refuses_is_told_to_who_gave_it(talk: Talkers) -> None:
    ref = await voice_of(talk)
    talk.channel.outcomes[ME] = [Delivery(Outcome.FAILED, error="not_friend")]
    await talk.says(CADRE, f"回复 {ref} 打 12348 问问，免费的")
    assert talk.last(CADRE) == Said("common/not_arrived")


async def test_what_waits_goes_by_another_bot_that_its_person_knows(talk: Talkers) -> None:
    await talk.says(ME, "别再提醒", bot=OTHER_BOT)
    await talk.says(ME, "别再提醒")
    ref = await voice_of(talk)
    talk.sender.disconnected("qq", OTHER_BOT)
    talk.sender.disconnected("qq", BOT)
    async with talk.store.unit() as unit:
        account = (
            await unit.session.execute(select(Account).where(Account.bot_id == BOT, Account.other_bots != ""))
        ).scalar_one()
        await unit.push_person(account.person_id, StillWaits("", unit.now))
    talk.sender.connected("qq", OTHER_BOT)
    talk.advance(timedelta(minutes=11))
    await talk.sender.pump()
    assert talk.last(ME) == Said("common/still_waits")
    assert by(talk, ME)[-1] == OTHER_BOT
    assert ref


async def voice_of(talk: Talkers) -> str:
    """Write a voice to the cadre; its reference."""
    await talk.says(ME, "心声 夜班太多了")
    await talk.says(ME, "1")
    found = next(said for said in talk.shown(CADRE) if said == Said("voice/arrived"))
    return "V" + str(found.data["ref"])  # type: ignore[attr-defined]
