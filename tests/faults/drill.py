"""演习 A command made for the fault tests: everything that a writing command leaves, countable by its number.

``记一笔 7`` writes two effects and an audit row, gives a receipt (class L) and pushes a word to the cadre (class O).
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from jinja2 import ChoiceLoader, DictLoader
from sqlalchemy import select, text
from websockets.exceptions import ConnectionClosed

from bot.channels.onebot.convert import to_plain
from bot.chat import text as words
from bot.chat.args import Word
from bot.chat.context import Context
from bot.chat.table import Command, Place, Table, Who
from bot.core.rules.message import Address, ChatKind, Incoming
from bot.core.rules.say import Say
from bot.core.rules.text import plain_key
from bot.store import audit
from bot.store.base import new_id
from bot.store.delivery import AuditEntry, EventKey, OutboxMessage, Setting
from bot.store.store import Store
from tests.gateway import FakeGateway, private

WORD: Final = "记一笔"
EFFECTS: Final = 2
ACTION: Final = "drill.noted"
RECEIPT: Final = "记下第 {n} 笔。"
PUSH: Final = "有人记了第 {n} 笔。"
REFUSED: Final = "未记录"
FIRST_ID: Final = 1 << 40
"""Message ids of the drill: none of the gateway's own is so high."""


@dataclass(frozen=True, slots=True)
class Noted(Say):
    """The receipt."""

    template: ClassVar[str] = "drill/noted"
    n: int


@dataclass(frozen=True, slots=True)
class Heard(Say):
    """What the cadre is told."""

    template: ClassVar[str] = "drill/heard"
    n: int


def command_for(cadre: int | str) -> Command:
    """The command; ``cadre`` is the QQ number that is told."""

    async def note(ctx: Context, n: str) -> Say:
        number, unit = int(n), ctx.unit
        names = [f"drill:{number}:{new_id():x}" for _ in range(EFFECTS)]
        unit.session.add_all([Setting(name=name, value="", at=unit.now) for name in names])
        await unit.audit(ctx.actor, ACTION, n=number)
        told = Address("qq", ctx.incoming.bot_id, ChatKind.PRIVATE, str(cadre))
        await unit.push(told, Heard(number), cls="O")
        return Noted(number)

    return Command("drill.note", (WORD,), Who.ANYONE, Place.ANY, note, (Word("n"),))


def install(table: Table, cadre: int | str) -> None:
    """Declare it and its two sentences in this process."""
    command = command_for(cadre)
    table.commands[command.id] = table.words[plain_key(WORD)] = command
    sentences = {"noted": RECEIPT, "heard": PUSH}
    texts = {f"drill/{name}.txt.j2": text.replace("{n}", "{{ n }}") for name, text in sentences.items()}
    words._ENV.loader = ChoiceLoader([DictLoader(texts), *filter(None, (words._ENV.loader,))])


def remove(table: Table) -> None:
    """Undo ``install``."""
    command = table.commands.pop("drill.note")
    del table.words[plain_key(command.words[0])]
    loader = words._ENV.loader
    assert isinstance(loader, ChoiceLoader)
    words._ENV.loader = loader.loaders[1]


@dataclass(slots=True)
class Drill:
    """Who noted what, as the gateway sent it; and what must be true of it in the end."""

    gateway: FakeGateway
    cadre: int | str
    events: dict[int, Mapping[str, Any]] = field(default_factory=dict)

    async def note(self, user: int | str) -> int:
        """Somebody notes the next number in private; written to the wire when this returns."""
        number, known = len(self.events), self.gateway.platform.history[private(user)]
        self.events[number] = {}
        with suppress(ConnectionClosed):  # said all the same, and perhaps heard
            await self.gateway.private_message(user, f"{WORD} {number}", message_id=FIRST_ID + number)
        self.events[number] = next(one for one in reversed(known) if one["message_id"] == FIRST_ID + number)
        return number

    async def again(self, number: int) -> None:
        """The gateway delivers the same event once more."""
        await self.gateway.tell(dict(self.events[number]))

    def shown(self, sentence: str, *, to: Iterable[str]) -> Counter[int]:
        """How often each number was shown in this sentence."""
        numbered = re.compile("(?:" + re.escape(words.repeated_mark()) + ")?" + sentence.replace("{n}", "([0-9]+)"))
        found = (numbered.fullmatch(one.text) for where in to for one in self.gateway.shown[where])
        return Counter(int(match[1]) for match in found if match)

    def key(self, store: Store, number: int) -> bytes:
        """The event key that the bot makes for it."""
        event = self.events[number]
        came = to_plain(event, str(event["self_id"]))
        assert isinstance(came, Incoming)
        place = f"{came.kind}:{came.chat_id}"
        return store.event_key(came.channel, came.bot_id, place, came.sender_id, came.message_id, came.sent_at)


@dataclass(slots=True)
class Kept:
    """What the database holds of the drill; ``faults``: what must never be."""

    noted: set[int] = field(default_factory=set)
    states: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


async def examine(store: Store, drill: Drill) -> Kept:
    """Invariants 2, 4 and 5 of reliability section 14, as far as the drill goes."""
    kept = Kept()
    async with store.read() as session:
        effects: Counter[int] = Counter()
        for name in (await session.execute(select(Setting.name).where(Setting.name.startswith("drill:")))).scalars():
            effects[int(name.split(":")[1])] += 1
        facts = (await session.execute(select(AuditEntry.facts).where(AuditEntry.action == ACTION))).scalars()
        audited = Counter(int(fact["n"]) for fact in facts)
        keys = set((await session.execute(select(EventKey.key))).scalars())
        rows = defaultdict(Counter[str])
        for row in await session.execute(select(OutboxMessage.idem_key, OutboxMessage.cls, OutboxMessage.state)):
            rows[row.idem_key.split(":")[1]][row.cls] += 1
            kept.states[f"{row.cls} {row.state}"] += 1
        _, broken = await audit.verify(session, store.vault)
        kept.faults += [f"audit: {fault}" for fault in broken]
        if store.engines.is_sqlite:
            for check in ("integrity_check", "foreign_key_check"):
                said = [tuple(row) for row in await session.execute(text(f"PRAGMA {check}"))]
                kept.faults += [f"{check}: {line}" for line in said if line != ("ok",)]
    kept.noted = set(effects)
    for number in drill.events:
        key = drill.key(store, number)
        once = int(number in kept.noted)
        has = (effects[number], audited[number], int(key in keys), rows[key.hex()]["L"], rows[key.hex()]["O"])
        if has != (EFFECTS * once, once, once, once, once):
            kept.faults.append(f"number {number}: effects, audit, key, receipt, push are {has}")
    kept.faults += _shown(kept, drill)
    return kept


def _shown(kept: Kept, drill: Drill) -> list[str]:
    receipts = drill.shown(RECEIPT, to=[where for where in drill.gateway.shown if where.startswith("private:")])
    pushes = drill.shown(PUSH, to=[f"private:{drill.cadre}"])
    faults = [f"receipt {n} was shown without its effect" for n in set(receipts) - kept.noted]
    faults += [f"push {n} was shown without its effect" for n in set(pushes) - kept.noted]
    return faults + [f"push {n} of class O was shown {times} times" for n, times in pushes.items() if times > 1]
