"""What a command and an answer cost the database, with their sending: statements are counted, not milliseconds.

A statement is what the driver is handed to execute, and each BEGIN; COMMIT is counted apart. The sender works as in a
running bot: it looks into the table only when it is told to.
"""

from collections import Counter

import pytest
import pytest_asyncio
from sqlalchemy import Connection, event, select

from bot.chat.content import MaybeAsked
from bot.features.activity.tables import Activity, ActivityPart
from bot.features.wish.tables import Wish
from bot.store.engine import SINGLE
from bot.store.store import Store
from tests.harness import Talkers
from tests.people_built import make_cadre, make_chat, make_org, make_youth

CADRE, ME, GROUP = "10001", "20001", "888"
WISH_MOST, ANSWER_MOST, CLAIM_MOST, SETTING_MOST = 20, 13, 15, 9
SEAT_MOST = SETTING_MOST + 3
"""Before this was counted it was 39, 25 and 10."""


class Counted:
    """The statements of both engines."""

    def __init__(self, store: Store) -> None:
        self.kinds: Counter[str] = Counter()
        for engine in (store.engines.writer.sync_engine, store.engines.reader.sync_engine):
            event.listen(engine, "before_cursor_execute", self._statement)
            event.listen(engine, "begin", self._begin)
        event.listen(store.engines.writer.sync_engine, "commit", self._commit)

    def _statement(self, _connection: object, _cursor: object, sql: str, *_: object) -> None:
        self.kinds[sql.split()[0]] += 1

    def _begin(self, connection: Connection) -> None:
        if not connection.get_execution_options().get(SINGLE):
            self.kinds["BEGIN"] += 1

    def _commit(self, _: object) -> None:
        self.kinds["COMMIT"] += 1

    @property
    def statements(self) -> int:
        """All but COMMIT."""
        return self.kinds.total() - self.kinds["COMMIT"]


@pytest_asyncio.fixture
async def talk(store: Store) -> Talkers:
    talk = await Talkers.open(store)
    store.on_wake(talk.sender.wake)
    org = await make_org(store)
    cadre = await make_cadre(store, org, number=CADRE)
    chat = await make_chat(store, org, cadre)
    await make_youth(store, org, "小赵", ME, cadre=cadre, chat=chat)
    await cost_of(talk, "许愿 一个篮球")  # keys come into memory, and the chain of audit rows begins
    await cost_of(talk, "1")
    return talk


async def cost_of(talk: Talkers, words: str) -> Counted:
    """Say this, and let everything that follows from it go out."""
    counted = Counted(talk.store)
    await talk.deliver(talk.incoming(ME, words), woken=True)
    return counted


async def test_a_wish_with_its_notice_its_question_and_its_receipt(talk: Talkers) -> None:
    mine, cadres = len(talk.shown(ME)), len(talk.shown(CADRE))
    cost = await cost_of(talk, "许愿 想要一本 CAD 教程")
    assert (len(talk.shown(ME)) - mine, len(talk.shown(CADRE)) - cadres) == (2, 1)
    assert cost.statements <= WISH_MOST, cost.kinds
    assert cost.kinds["COMMIT"] <= 4, cost.kinds


async def test_a_number_that_answers_the_open_question(talk: Talkers) -> None:
    await cost_of(talk, "许愿 想要一本 CAD 教程")
    mine = len(talk.shown(ME))
    cost = await cost_of(talk, "2")
    assert len(talk.shown(ME)) - mine == 1
    assert cost.statements <= ANSWER_MOST, cost.kinds
    assert cost.kinds["COMMIT"] <= 2, cost.kinds


@pytest.mark.parametrize("answer", ["1", "①"])
async def test_a_one_costs_no_more_than_another_number(talk: Talkers, answer: str) -> None:
    """It might have been said to the card of a crisis, which is looked up only when nothing else asks for it."""
    await cost_of(talk, "许愿 想要一本 CAD 教程")
    assert (await cost_of(talk, answer)).statements <= ANSWER_MOST


async def test_a_setting_that_is_changed(talk: Talkers) -> None:
    cost = await cost_of(talk, "别再提醒")
    assert cost.statements <= SETTING_MOST, cost.kinds
    assert cost.kinds["COMMIT"] <= 2, cost.kinds


@pytest.mark.parametrize("others", [0, 300])
async def test_a_seat_costs_three_statements_more_than_a_setting_however_many_have_one(
    talk: Talkers, others: int
) -> None:
    """The activity's row, how many sit, and the part; the receipt is no statement more than that of a setting."""
    await talk.says(CADRE, "/发起 文体活动 11月28日19点 清溪社区 打羽毛球", group=GROUP)
    async with talk.store.unit() as unit:
        activity = (await unit.session.execute(select(Activity))).scalar_one()
        for at in range(others):
            part = ActivityPart(activity_id=activity.id, person_id=None, state="signed_up", position=at, since=unit.now)
            unit.session.add(part)
    for words in ("报名", "取消报名"):
        mine = len(talk.shown(ME))
        cost = await cost_of(talk, f"{words} A{activity.ref}")
        assert len(talk.shown(ME)) - mine == 1
        assert cost.statements <= SEAT_MOST, cost.kinds
        assert cost.kinds["COMMIT"] <= 2, cost.kinds


async def test_a_claim_costs_little_more_than_a_setting(talk: Talkers) -> None:
    """Its notice to the owner is five of these: their account, and how it is leased, sent and recorded."""
    async with talk.store.read() as session:
        number = (await session.execute(select(Wish.ref))).scalar_one()
    own, told = len(talk.shown(CADRE)), len(talk.shown(ME))
    counted = Counted(talk.store)
    await talk.deliver(talk.incoming(CADRE, f"认领 W{number}"), woken=True)
    assert (len(talk.shown(CADRE)) - own, len(talk.shown(ME)) - told) == (1, 1)
    assert counted.statements <= CLAIM_MOST, counted.kinds


async def test_who_is_asked_nothing_costs_no_look_at_the_questions(talk: Talkers) -> None:
    """What is asked later is known at once, and what was asked before a start is read from the table."""
    asked, said = MaybeAsked(talk.store), talk.incoming(ME, "许愿 一副球拍")
    assert not await asked.may_be(said)
    await talk.says(ME, "许愿")
    assert await asked.may_be(said)
    assert await MaybeAsked(talk.store).may_be(said)
    assert not await asked.may_be(talk.incoming(CADRE, "心愿列表"))
