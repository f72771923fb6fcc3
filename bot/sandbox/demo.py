"""The demo county: invented people and groups, and a history that is really spoken through the bot's own door."""

import asyncio
import re
import sys
import tomllib
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any, Final, Protocol

from bot.clock import SHANGHAI, Clock
from bot.core.acts.roster import import_roster
from bot.core.rules.message import ChatKind
from bot.core.rules.people import CadreKind, OrgKind, OrgLevel, Role
from bot.core.rules.roster import OrgRow, PersonRow
from bot.sandbox.spec import ChipPlace, ChipSpec, GroupSpec, GuideStep, PersonSpec, WorldSpec
from bot.sandbox.values import Chat
from bot.sandbox.world import World
from bot.store.store import Store

_DATA: Final = Path(__file__).resolve().parent.parent / "templates" / "sandbox" / "demo.toml"
SOON: Final = timedelta(minutes=3)
"""How far behind its beginning the demo's first reminder falls due, for ``{soon}`` in a line."""
BETWEEN_JOINS: Final = timedelta(minutes=4)
"""People join one after another in the evening on which their group was linked."""
_MARK: Final = re.compile(r"#[A-Z][0-9]{3,6}|[0-9A-Z]{4}(?:-[0-9A-Z]{4}){3}")
"""``#W4821``, or a pick-up code."""
RECENT: Final = 5
"""Lines among which what a line led to is looked for."""
LOOK: Final = 0.002
"""Seconds between two looks whether the bot has heard a line."""


def demo_data() -> dict[str, Any]:
    """The county as data."""
    return tomllib.loads(_DATA.read_text(encoding="utf-8"))


def demo_spec(data: Mapping[str, Any]) -> WorldSpec:
    """People, groups and quick commands for the world."""
    people = tuple(PersonSpec(p["number"], p["name"], p["label"], p.get("hint", "")) for p in data["person"])
    numbers = {p.nickname: p.number for p in people}
    groups = tuple(
        GroupSpec(g["number"], g["name"], numbers[g["owner"]], tuple(numbers[m] for m in g["members"]))
        for g in data["group"]
    )
    chips = tuple(
        ChipSpec(c["text"], ChipPlace(c.get("place", "any")), tuple(c.get("labels", ())), c.get("send", True))
        for c in data["chip"]
    )
    guide = tuple(
        GuideStep(g["words"], numbers[g["who"]], ChipPlace(g["place"]), tuple(g.get("begins", ())))
        for g in data["guide"]
    )
    return WorldSpec(
        data["bot"]["number"],
        data["bot"]["name"],
        people,
        groups,
        friends=tuple(p.number for p in people),
        chips=chips,
        guide=guide,
    )


class Settling(Protocol):
    """How the player knows that the bot has done what a line asked for."""

    async def __call__(self, heard: int) -> None: ...


class Ticking(Protocol):
    """How the player lets the hour strike: everything that is due by then is done."""

    async def __call__(self, now: datetime) -> object: ...


@dataclass(slots=True)
class Player:
    """Speaks the history line by line, at the times it names, and waits until the bot is done with each.

    ``{code}`` in a line is the speaker's bind code. A line with ``keeps = "wish"`` remembers the reference or pick-up
    code that the bot then showed its speaker, for ``{wish}`` in later lines. With ``ticks`` nobody speaks: it is the
    moment at which the bot looks for what is due, and ``who`` may be shown something to keep.
    """

    world: World
    clock: Clock
    settle: Settling
    ticking: Ticking
    data: Mapping[str, Any]
    codes: Mapping[str, str]
    catch_up: Callable[[datetime], Awaitable[object]] | None = None
    """What fell due between the last line and today happens at its hours."""
    spoken: int = 0
    kept: dict[str, str] = field(default_factory=dict)

    async def play(self, today: datetime) -> None:
        """The whole history; the clock ends where it would have been without it."""
        began = self.clock.monotonic()
        self.kept["soon"] = f"{today + SOON:%H:%M}"
        numbers = {p["name"]: p["number"] for p in self.data["person"]}
        groups = {g["name"]: g["number"] for g in self.data["group"]}
        for line in self._lines():
            moment = datetime.combine(
                today.date() - timedelta(days=line["days_ago"]), time.fromisoformat(line["at"]), tzinfo=SHANGHAI
            )
            if moment > self.clock.now() or self.spoken == 0:
                self.clock.move_to(moment + timedelta(seconds=self.spoken % 60))
            who = numbers[line["who"]]
            alone = Chat(ChatKind.PRIVATE, who)
            where = Chat(ChatKind.GROUP, groups[line["group"]]) if "group" in line else alone
            known = {shown.id for chat in (where, alone) for shown in self.world.lines(chat, count=RECENT)}
            if line.get("ticks"):
                await self.ticking(self.clock.now())
            else:
                self.world.say(who, where, line["text"].format(code=self.codes.get(line["who"], ""), **self.kept))
                self.spoken += 1
            await self.settle(self.spoken)
            self._keep(line, known, where, alone)
            if not line.get("ticks"):
                self.world.mark_read(who, where)
        if self.catch_up is not None:
            await self.catch_up(today)
        self.world.end_history()
        self.clock.move_to(today + timedelta(seconds=self.clock.monotonic() - began))

    def _keep(self, line: Mapping[str, Any], known: Collection[int], *chats: Chat) -> None:
        """Remember the first reference or pick-up code that the bot has now shown in one of these chats."""
        if "keeps" not in line or line["keeps"] in self.kept:
            return
        for shown in (one for chat in chats for one in self.world.lines(chat, count=RECENT)):
            if shown.id not in known and shown.sender == self.world.roster.bot_number:
                found = _MARK.search(shown.words)
                if found is not None:
                    self.kept[line["keeps"]] = found[0].removeprefix("#")
                    return

    def _lines(self) -> list[dict[str, Any]]:
        lines = [dict(line) for line in self.data["opening"]]
        at = datetime.combine(date.min, time.fromisoformat(lines[-1]["at"]))
        for person in self.data["person"]:
            if "joins" in person:
                at += BETWEEN_JOINS
                base = {"who": person["name"], "days_ago": lines[-1]["days_ago"], "at": at.time().isoformat()}
                lines.append(base | {"group": person["joins"], "text": f"/加入 {person['name']}"})
                lines.append(base | {"text": str(person["age_option"])})
                lines.extend(base | {"text": said} for said in person.get("then", ()))
        return lines + [dict(line) for line in self.data["history"]]


async def seed_roster(store: Store, data: Mapping[str, Any]) -> dict[str, str]:
    """The county's organisations and cadres; returns bind codes by name."""
    orgs = [
        OrgRow(line, o["code"], o["name"], o["parent"], OrgLevel(o["level"]), OrgKind(o["kind"]))
        for line, o in enumerate(data["org"], 2)
    ]
    people = [_cadre(line, row) for line, row in enumerate(data["cadre"], 2)]
    async with store.unit() as unit:
        made = await import_roster(unit, orgs, people)
    return {code.name: code.code for code in made.codes}


def _cadre(line: int, row: Mapping[str, Any]) -> PersonRow:
    kind = CadreKind(row["kind"]) if "kind" in row else None
    roles = frozenset(map(Role, row.get("roles", ()))) | ({Role.CADRE} if kind else frozenset())
    return PersonRow(line, row["name"], row["org"], roles, kind, is_leadership=False)


async def until_heard(count: Callable[[], int], wanted: int, idle: Callable[[], bool]) -> None:
    """Wait until the door has read ``wanted`` events and the gate is done with them."""
    async with asyncio.timeout(20):
        while count() < wanted or not idle():  # noqa: ASYNC110 - the door's counter tells nobody that it changed
            await asyncio.sleep(LOOK)


def announce(address: str) -> None:
    """Print the one line that matters; everything else of a demo is in the log."""
    sys.stdout.write(demo_data()["words"]["open"].format(address=address) + "\n")
    sys.stdout.flush()
