"""Whatever the order of words, breaks of the line, restarts and histories: nothing said after a withdrawal is stored.

The real gate, recorder, back-fill, router and store; the book beside them only knows who said what in which second.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.core.rules.consent import ConsentScope
from bot.core.rules.message import Incoming
from bot.core.rules.people import Actor
from bot.features.talk.tables import TalkMessage
from bot.store.chat import Chat
from bot.store.store import Store
from tests.harness import BOT, Talkers
from tests.people_built import make_cadre, make_chat, make_consent, make_org, make_youth

CADRE, ZHAO, GROUP = "10001", "20001", "888"
ORDERS = ("/停止记录", "/停止记录吧，谢谢", "🙏/停止记录", "/别再记录我了")
ALONE = ("停止记录", "撤回原话", "麻烦撤回 原话 谢谢")


@dataclass(slots=True)
class Model:
    """What was said when, whether or not the bot heard it; and when 小赵 agreed and withdrew."""

    store: Store
    dice: random.Random
    chat: Chat
    zhao: Actor
    talk: Talkers
    connected: bool = True
    new_ids: bool = False
    number: int = 0
    said: list[tuple[int, str]] = field(default_factory=list)
    spells: list[tuple[int, int | None]] = field(default_factory=list)
    """From when on 小赵 agreed, and until when."""
    group: list[Incoming] = field(default_factory=list)
    alone: list[Incoming] = field(default_factory=list)

    async def history(self, *_: object, until: str = "", **__: object) -> Sequence[Incoming]:
        told = [replace(one, message_id=f"9{one.message_id}") for one in self.group] if self.new_ids else self.group
        end = next((place + 1 for place, one in enumerate(told) if one.message_id == until), len(told))
        return told[max(0, end - 50) : end]

    async def private_history(self, *_: object, **__: object) -> Sequence[Incoming]:
        return self.alone[-50:]

    async def start(self) -> None:
        self.talk = await Talkers.open(self.store)
        self.talk.channel.history = self.history  # type: ignore[method-assign]
        self.talk.channel.private_history = self.private_history  # type: ignore[method-assign]

    async def write(self, user: str, text: str, *, alone: bool = False) -> None:
        self.number += 1
        group = None if alone else GROUP
        one = self.talk.incoming(user, text, group=group, message_id=str(5_000 + self.number), sequence=self.number)
        (self.alone if alone else self.group).append(replace(one, from_history=True))
        self.talk.advance(timedelta(seconds=self.dice.choice((1, 2, 5, 400))))
        if self.connected:
            await self.talk.deliver(one)

    async def step(self) -> None:
        now = int(self.talk.clock.now().timestamp())
        match self.dice.choice(("say", "say", "say", "cadre", "stop", "stop_alone", "agree", "line", "restart", "ids")):
            case "say":
                text = f"第{self.number}句"
                self.said.append((now, text))
                await self.write(ZHAO, text)
            case "cadre":
                await self.write(CADRE, "嗯，我听着")
            case "stop" | "stop_alone" as where:
                self.spells = [(begun, ended or now) for begun, ended in self.spells]
                alone = where == "stop_alone"
                await self.write(ZHAO, self.dice.choice(ALONE if alone else ORDERS), alone=alone)
            case "agree" if self.connected and self.spells[-1][1] is not None:
                await make_consent(self.store, self.zhao, ConsentScope.ORIGINAL_MESSAGES, self.chat)
                self.store.signal("chat", (self.chat.channel, self.chat.bot_id, self.chat.native_id))
                self.spells.append((now, None))
                self.talk.advance(timedelta(seconds=2))
            case "line":
                await (self.down if self.connected else self.up)()
            case "restart":
                await self.down()
                assert self.talk.gate.backfill is not None
                await self.talk.gate.backfill.stop()
                await self.talk.recorder.close()
                await self.start()
                await self.up()
            case "ids":
                self.new_ids = not self.connected and self.dice.random() < 0.3
            case _:
                pass

    async def down(self) -> None:
        if self.connected:
            self.connected = False
            self.talk.gate.disconnected("qq", BOT)

    async def up(self) -> None:
        """Sometimes people go on talking before the history was looked through."""
        self.connected = True
        self.talk.gate.connected("qq", BOT)
        if self.dice.random() < 0.5:
            text = f"第{self.number}句"
            self.said.append((int(self.talk.clock.now().timestamp()), text))
            await self.write(ZHAO, text)
        assert self.talk.gate.backfill is not None
        await self.talk.gate.backfill.settle()
        await self.talk.sender.pump()

    async def kept(self) -> list[str]:
        async with self.store.read() as session:
            mine = select(TalkMessage).where(TalkMessage.person_id == self.zhao.person_id)
            rows = (await session.execute(mine)).scalars().all()
            place = "talk_messages:{}:body"
            return [await self.store.vault.read(session, place.format(row.id), row.body) or "" for row in rows]

    def allowed(self) -> set[str]:
        """What was said while 小赵 agreed."""
        return {text for at, text in self.said if any(b <= at and (e is None or at <= e) for b, e in self.spells)}


@pytest.mark.rule("P1")
@pytest.mark.parametrize("seed", range(12))
async def test_nothing_said_after_a_withdrawal_is_stored(store: Store, seed: int) -> None:
    await _any_order(store, seed, 40)


@pytest.mark.nightly
@pytest.mark.parametrize("seed", range(100, 400))
async def test_nothing_said_after_a_withdrawal_is_stored_in_a_long_talk(store: Store, seed: int) -> None:
    await _any_order(store, seed, 150)


async def _any_order(store: Store, seed: int, steps: int) -> None:
    org = await make_org(store)
    cadre = await make_cadre(store, org)
    chat = await make_chat(store, org, cadre)
    zhao = await make_youth(store, org, "小赵", ZHAO, cadre=cadre, chat=chat)
    await make_consent(store, zhao, ConsentScope.ORIGINAL_MESSAGES, chat)
    talk = await Talkers.open(store)
    model = Model(store, random.Random(seed), chat, zhao, talk)
    await model.start()
    model.spells.append((int(talk.clock.now().timestamp()), None))
    await model.write(CADRE, "/谈心 开始")
    for _ in range(steps):
        await model.step()
    if not model.connected:
        await model.up()
    kept = await model.kept()
    assert set(kept) <= model.allowed()
    assert len(kept) == len(set(kept)), "nothing stands twice"
