"""Scores what people say who do not know our words: ``{"role", "place", "say", "want"}``, through the real router.

``right``: what was meant is shown, or offered with the one word; ``half``: it is among what is offered, or its word is
named; ``silent``: nothing was understood; ``wrong``: something else is offered; ``fault``: something was done that was
not meant. ``chat`` and courtesy are right when nothing is offered.
"""

import asyncio
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, Literal

from sqlalchemy import update

from bot.chat.after_danger import AfterDanger
from bot.chat.command_run import CommandRun
from bot.chat.recognise import Match
from bot.chat.table import Command
from bot.clock import ManualClock
from bot.core.rules.message import Incoming
from bot.core.rules.people import OrgLevel, Role
from bot.store.delivery import Prompt
from bot.store.migrate import upgrade
from bot.store.people import Person
from bot.store.sealing import MasterKeys
from bot.store.store import Store
from tests.databases import NOW
from tests.harness import BOT, Talkers
from tests.people_built import make_cadre, make_chat, make_org, make_person, make_youth

Verdict = Literal["right", "half", "silent", "wrong", "fault"]
KEYS: Final = frozenset(("role", "place", "say", "want"))
NUMBERS: Final = {"cadre": "10001", "organ": "30001", "youth": "20001"}
GROUP: Final = "888"
NOTHING: Final = frozenset(
    ("chat", "greet", "thanks", "identity", "wait", "cancel", "abuse", "correction", "报告", "抽查", "登录", "层层加码")
)
"""What is meant by these is no command that is built; nothing may be offered."""
OTHER_WORDS: Final = {
    "privacy": "privacy",
    "改 提醒": "提醒 改",
    "停 提醒": "提醒 停",
    "删 提醒": "提醒 删",
    "这次不发": "提醒 这次不发",
}


@dataclass(frozen=True, slots=True)
class Scored:
    """One line and how it counts."""

    line: Mapping[str, Any]
    got: str
    verdict: Verdict


class Heard:
    """What the router carries out for a message."""

    def __init__(self) -> None:
        self.done: list[Command] = []

    def listen(self, run: CommandRun) -> None:
        """Note commands instead of carrying out those that write."""
        carry_out = run.carry_out

        async def noted(incoming: Incoming, command: Command, match: Match) -> None:
            self.done.append(command)
            if not command.writes:
                await carry_out(incoming, command, match)

        run.carry_out = noted  # type: ignore[method-assign]


async def county(folder: Path) -> Talkers:
    """A cadre with a group and a youth, and an organ above."""
    url = f"sqlite+aiosqlite:///{folder / 'speech.db'}"
    await upgrade(url, lock=False)
    store = await Store.open(url, masters=MasterKeys.generate(), clock=ManualClock(NOW))
    city = await make_org(store, "甘泉市团委", OrgLevel.CITY)
    org = await make_org(store, "清河县团委", parent=city)
    cadre = await make_cadre(store, org, "林晓舟", NUMBERS["cadre"])
    await make_person(store, org, "吴建平", number=NUMBERS["organ"], roles=(Role.ORGAN_ADMIN,))
    chat = await make_chat(store, org, cadre, GROUP)
    await make_youth(store, org, "小赵", NUMBERS["youth"], cadre=cadre, chat=chat)
    return await Talkers.open(store)


async def scored(rows: Sequence[Mapping[str, Any]]) -> list[Scored]:
    """Every line with its verdict."""
    with TemporaryDirectory(prefix="zhixin-speech-") as folder:
        talk = await county(Path(folder))
        heard = Heard()
        heard.listen(talk.router._commands)  # pyright: ignore[reportPrivateUsage]
        try:
            found: list[Scored] = []
            for line in rows:
                found.append(await _one(talk, heard, line))
                await _forget(talk)
            return found
        finally:
            await talk.store.close()


async def _forget(talk: Talkers) -> None:
    """Each line is said as if it were the first: no question is open, and no card was given."""
    async with talk.store.engines.writer.begin() as connection:
        await connection.execute(update(Prompt).values(state="cancelled"))
        await connection.execute(update(Person).values(calm_until=None))
    talk.router._danger.after = AfterDanger(talk.router._exchange, talk.router._questions)  # pyright: ignore[reportPrivateUsage]
    talk.services.nameless.passing.close(("qq", BOT, NUMBERS["youth"]))


async def _one(talk: Talkers, heard: Heard, line: Mapping[str, Any]) -> Scored:
    heard.done.clear()
    in_group = line["place"] != "private"
    more = {"group": GROUP, "to_bot": True} if in_group else {}
    shown = await talk.says(NUMBERS[line["role"]], line["say"], **more)
    said: Any = shown[-1] if shown else None
    want = str(OTHER_WORDS.get(line["want"], line["want"]))
    if heard.done:
        words = heard.done[0].words
        verdict: Verdict = "right" if want in words else "fault" if heard.done[0].writes else "wrong"
        return Scored(line, f"done: {words[0]}", verdict)
    template, data = (said.template, said.data) if said is not None else ("", {})
    if template == "common/offered_one":
        return Scored(line, f"offered: {data['word']}", _offered(want, (data["word"],), whole=True))
    if template == "common/offered":
        told = tuple(word for word, _ in data["choices"])
        return Scored(line, f"offered: {'、'.join(told)}", _offered(want, told, whole=False))
    if template == "common/unknown" and data["nearest"]:
        return Scored(line, f"named: {'、'.join(data['nearest'])}", _offered(want, data["nearest"], whole=False))
    if template == "common/what_is_kept":
        return Scored(line, "privacy", "right" if want == "privacy" else "wrong")
    return Scored(line, template, "right" if want in NOTHING else "silent")


def _offered(want: str, words: Sequence[str], *, whole: bool) -> Verdict:
    if want in words:
        return "right" if whole else "half"
    return "wrong"


def show(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """What is not right, and the totals by role in the last lines."""
    found = asyncio.run(scored(list(rows)))
    for one in found:
        if one.verdict in ("wrong", "fault"):
            yield f"{one.verdict:6} {one.line['want']} ← {one.line['say']} → {one.got}"
    verdicts = ("right", "half", "silent", "wrong", "fault")
    told = Counter((one.line["role"], one.verdict) for one in found)
    for role in sorted({role for role, _ in told}):
        total = sum(told[role, verdict] for verdict in verdicts)
        yield f"{role}: " + "; ".join(f"{verdict} {told[role, verdict]} of {total}" for verdict in verdicts)
