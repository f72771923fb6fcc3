"""Words of relays on their way: strict order, told when they are lost, and no row left behind (section 6)."""

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from bot.channels.port import Delivery, Outcome
from bot.core.rules.message import Address, ChatKind
from bot.features.relay.acts.on_the_way import cancel_words, opening_key, opening_state
from bot.features.relay.acts.time_out import tidy_words
from bot.features.relay.rules.relay import WORD_LIFE, RelaySide
from bot.store import leases, outbox
from bot.store.delivery import OutboxMessage
from bot.store.store import Store
from tests.channels.test_sender import BOT, PRIVATE, Rig, Word

SPEAKER = Address("qq", BOT, ChatKind.PRIVATE, "10001")
OTHER = Address("qq", BOT, ChatKind.PRIVATE, "20009")
LATE, UNSURE = Delivery(Outcome.RETRY_LATER, error="not_connected"), Delivery(Outcome.UNKNOWN)


class Words:
    """Words that one side of relay 7 says to the other."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.count = 0

    async def say(self, word: str, address: Address = PRIVATE, *, key: str = "") -> int:
        self.count += 1
        return await self.rig.push(
            word,
            address,
            kind=outbox.RELAY,
            idem_key=key or f"relay:7:{self.count}",
            expires_at=self.rig.clock.now() + WORD_LIFE,
            fallback=(SPEAKER, Word(f"没送到{word}")),
        )

    def heard(self) -> list[str]:
        return [word for _, word in self.rig.channel.calls]

    async def tidy(self) -> None:
        async with self.rig.store.unit(now=self.rig.clock.now()) as unit:
            await tidy_words(unit)

    async def rows(self) -> int:
        async with self.rig.store.read() as session:
            return (await session.execute(select(func.count()).select_from(OutboxMessage))).scalar_one()


@pytest.fixture
def words(any_store: Store) -> Words:
    return Words(Rig(any_store))


async def test_a_later_word_does_not_overtake_one_that_is_to_be_tried_again(words: Words) -> None:
    words.rig.channel.next = [LATE]
    await words.say("一")
    await words.rig.sender.pump()
    await words.say("二")
    await words.rig.sender.pump()
    assert words.heard() == ["一"]
    words.rig.clock.advance(timedelta(seconds=6))
    await words.rig.sender.pump()
    assert words.heard() == ["一", "一", "二"]


async def test_a_later_word_waits_for_one_whose_outcome_is_unknown_which_comes_again_marked(words: Words) -> None:
    words.rig.channel.next = [UNSURE]
    await words.say("一")
    await words.rig.sender.pump()
    await words.say("二")
    await words.rig.sender.pump()
    assert words.heard() == ["一"]
    words.rig.clock.advance(timedelta(seconds=31))
    await words.rig.sender.pump()
    await words.rig.sender.pump()
    assert words.heard()[0] == "一"
    assert words.heard()[1].endswith("一")
    assert words.heard()[1] != "一"
    assert words.heard()[2] == "二"


async def test_words_to_somebody_else_do_not_wait(words: Words) -> None:
    words.rig.channel.next = [LATE]
    await words.say("一")
    await words.rig.sender.pump()
    await words.say("二", OTHER)
    await words.rig.sender.pump()
    assert words.heard() == ["一", "二"]


async def test_an_expired_word_holds_nobody_up(words: Words) -> None:
    words.rig.sender.disconnected("qq", BOT)
    await words.say("一")
    words.rig.clock.advance(WORD_LIFE)
    await words.say("二")
    words.rig.sender.connected("qq", BOT)
    await words.rig.sender.pump()
    assert words.heard() == ["二"]


async def test_words_that_are_refused_are_told_to_their_speaker(words: Words) -> None:
    words.rig.channel.next = [Delivery(Outcome.FAILED, error="not_a_friend")]
    await words.say("一")
    await words.rig.sender.pump()
    assert words.heard() == ["一", "没送到一"]


async def test_words_of_which_nobody_knows_after_three_tries_are_told_to_their_speaker(words: Words) -> None:
    words.rig.channel.next = [UNSURE] * 3
    await words.say("一")
    for _ in range(8):
        await words.rig.sender.pump()
        words.rig.clock.advance(timedelta(seconds=31))
    assert words.heard()[-1] == "没送到一"
    assert len(words.heard()) == 4


async def test_words_whose_bot_stays_away_are_told_to_their_speaker(words: Words) -> None:
    words.rig.sender.disconnected("qq", BOT)
    await words.say("一")
    words.rig.clock.advance(WORD_LIFE)
    await words.tidy()
    words.rig.sender.connected("qq", BOT)
    await words.rig.sender.pump()
    assert words.heard() == ["没送到一"]


async def test_words_that_expire_are_not_ended_without_a_word_by_the_general_expiry(words: Words) -> None:
    words.rig.sender.disconnected("qq", BOT)
    row = await words.say("一")
    words.rig.clock.advance(WORD_LIFE)
    async with words.rig.store.unit(now=words.rig.clock.now()) as unit:
        await leases.expire(unit.session, unit.vault, now=unit.now)
    assert await words.rig.state(row) == "ready"


async def test_rows_go_once_they_are_final_and_the_payload_before(words: Words) -> None:
    row = await words.say("一")
    await words.rig.sender.pump()
    async with words.rig.store.read() as session:
        sent = await session.get_one(OutboxMessage, row)
        assert (sent.state, sent.payload, sent.person_id) == ("sent", None, None)
    await words.tidy()
    assert await words.rows() == 0


async def test_what_has_not_left_stays(words: Words) -> None:
    words.rig.sender.disconnected("qq", BOT)
    await words.say("一")
    await words.tidy()
    assert await words.rows() == 1


async def test_words_taken_back_are_not_sent(words: Words) -> None:
    words.rig.sender.disconnected("qq", BOT)
    await words.say("一")
    other = await words.say("二", OTHER, key="relay:71:1")
    async with words.rig.store.unit() as unit:
        await cancel_words(unit, 7)
    words.rig.sender.connected("qq", BOT)
    await words.rig.sender.pump()
    assert words.heard() == ["二"]
    assert await words.rig.state(other) == "sent"


async def test_where_an_opening_stands_can_be_told_apart(words: Words) -> None:
    async def state() -> str | None:
        async with words.rig.store.read() as session:
            return await opening_state(session, 7, RelaySide.YOUTH)

    assert await state() is None
    words.rig.sender.disconnected("qq", BOT)
    await words.say("接通", key=opening_key(7, RelaySide.YOUTH))
    assert await state() == "ready"
    words.rig.sender.connected("qq", BOT)
    await words.rig.sender.pump()
    assert await state() == "sent"


async def test_words_of_a_process_that_died_while_sending_come_again_marked(words: Words) -> None:
    row = await words.say("一")
    async with words.rig.store.unit() as unit:
        await leases.lease(unit.session, unit.vault, [row], owner="main", now=unit.now)
    await words.rig.restarted()
    await words.say("二")
    await words.rig.sender.pump()
    words.rig.clock.advance(timedelta(seconds=31))
    for _ in range(3):
        await words.rig.sender.pump()
    assert [word.removeprefix("（可能重复）") for word in words.heard()] == ["一", "二"]
    assert words.heard()[0] != "一"
