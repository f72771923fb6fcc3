"""An invented town with one person of every role, made once and copied: the world of the authorisation matrix."""

import shutil
import sqlite3
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from bot.chat.text import render, render_refusal
from bot.clock import ManualClock
from bot.core.reads.people import identify
from bot.core.rules.consent import ConsentScope
from bot.core.rules.five_ones import Slot
from bot.core.rules.message import Incoming
from bot.core.rules.people import Actor, AgeBand, OrgLevel, Role
from bot.core.rules.refusal import Refusal
from bot.features.anonymous.acts.keep import receive
from bot.features.anonymous.reads.anonymous import Recipient
from bot.features.anonymous.rules.anonymous import AnonymousRules
from bot.features.talk.tables import Talk
from bot.features.upward.tables import GoodPractice, SupportRequest
from bot.features.voice.rules.voice import VoiceKind
from bot.store.base import Base
from bot.store.chat import Chat
from bot.store.leases import rescue
from bot.store.outbox import Words
from bot.store.people import OrgUnit, RoleGrant
from bot.store.sealing import MasterKeys
from bot.store.store import Store
from tests import harness
from tests.activities_built import make_activity, make_organ_activity
from tests.databases import NOW
from tests.guidance_built import make_guided, make_guided_activity
from tests.harness import Talkers
from tests.people_built import make_cadre, make_chat, make_code, make_consent, make_org, make_person, make_youth
from tests.pools_built import make_pooled, make_resource
from tests.reminders_built import make_reminder
from tests.upward_built import make_sent_up
from tests.voices_built import make_consultation, make_consultation_answer, make_rated, make_voice
from tests.wishes_built import make_wish_of

PLACES = {"private": None, "linked": "888", "unlinked": "777", "foreign": "999"}
"""Where something is typed: in private, in the host's group, in a group nobody linked, in another organisation's."""
NUMBERS = {
    "stranger": "66666",
    "youth_adult": "20001",
    "youth_minor": "20002",
    "youth_foreign": "20003",
    "host": "10001",
    "co_host": "10002",
    "cadre_same_org": "10003",
    "cadre_other_org": "10004",
    "former_cadre": "10005",
    "secretary": "30001",
    "organ_admin": "30002",
    "privacy_officer": "30003",
    "duty_officer": "30004",
    "reporter": "30005",
    "central_reader": "30006",
    "operator": "30007",
}
"""One account of every role; the host's group is the linked one."""
OFFICES = ("secretary", "organ_admin", "privacy_officer", "duty_officer", "reporter", "central_reader", "operator")
CODE = "K7PD93QX2M"
BESIDES = {"audit_entries", "audit_heads", "event_keys", "outbox", "chat_days", "latest_times"}
"""Tables in which a refusal may leave a trace: who was denied, that something came in, how many a day (a number
without a person), and the answer."""
KEPT = sorted(set(Base.metadata.tables) - BESIDES)
NOT_CARRIED_OUT = (
    "refusal/",
    "common/say_privately",
    "common/say_in_group",
    "common/usage",
    "common/unknown",
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one command led to."""

    shown: tuple[str, ...]
    templates: tuple[str, ...]
    changed: tuple[str, ...]
    audited: tuple[str, ...]

    @property
    def carried_out(self) -> bool:
        """Whether it was done, and neither refused nor sent elsewhere."""
        assert self.templates, "the bot said nothing"
        assert "common/not_recorded" not in self.templates, "the command broke"
        return not self.templates[0].startswith(NOT_CARRIED_OUT)


class Town:
    """A copy of the town to act in; ``fresh`` throws away what was done in it."""

    def __init__(self, folder: Path, masters: MasterKeys, said: list[str]) -> None:
        self.folder, self.masters, self.said = folder, masters, said
        self.clock = ManualClock(NOW)
        self.facts: dict[str, str] = {}
        self._typed: Incoming | None = None
        self._store: Store | None = None
        self._talkers: Talkers | None = None
        self._beside: sqlite3.Connection | None = None

    async def _open(self, path: Path) -> Talkers:
        self.clock = ManualClock(NOW)
        self._store = await Store.open(f"sqlite+aiosqlite:///{path}", masters=self.masters, clock=self.clock)
        self._talkers = await Talkers.open(self._store)
        return self._talkers

    async def close(self) -> None:
        """Let the copy go."""
        if self._beside is not None:
            self._beside.close()
        if self._store is not None:
            await self._store.close()
        self._store = self._talkers = self._beside = None

    async def build(self, template: Path) -> None:
        """Make everybody, one finished talk on each side, and the states that commands begin from."""
        shutil.copyfile(template, self.folder / "calm.db")
        talk = await self._open(self.folder / "calm.db")
        store = talk.store
        city = await make_org(store, "甘泉市团委", OrgLevel.CITY)
        here, there = await make_org(store, "清河县团委", parent=city), await make_org(store, "甘棠县团委", parent=city)
        host = await make_cadre(store, here, "林晓舟", NUMBERS["host"])
        co_host = await make_cadre(store, here, "吴建平", NUMBERS["co_host"])
        await make_cadre(store, here, "苏娜", NUMBERS["cadre_same_org"])
        other = await make_cadre(store, there, "周敏", NUMBERS["cadre_other_org"])
        former = await make_cadre(store, here, "何立", NUMBERS["former_cadre"])
        for number, role in enumerate(OFFICES):
            await make_person(store, here, f"同事{number}", number=NUMBERS[role], roles=(Role(role),))
        async with store.unit() as unit:
            grant = (
                await unit.session.execute(select(RoleGrant).where(RoleGrant.person_id == former.person_id))
            ).scalar_one()
            grant.until = unit.now
        ours = await make_chat(store, here, host, PLACES["linked"] or "", co_host)
        theirs = await make_chat(store, there, other, PLACES["foreign"] or "")
        for cadre, chat, name, role, band in (
            (host, ours, "小赵", "youth_adult", AgeBand.ADULT),
            (host, ours, "小雨", "youth_minor", AgeBand.MINOR),
            (other, theirs, "小韩", "youth_foreign", AgeBand.ADULT),
        ):
            youth = await make_youth(
                store, here if chat is ours else there, name, NUMBERS[role], cadre=cadre, chat=chat, age_band=band
            )
            await make_consent(store, youth, ConsentScope.PROFILE)
            await make_consent(store, youth, ConsentScope.ORIGINAL_MESSAGES, chat)
        await make_code(store, await make_person(store, here, "新来的", roles=(Role.CADRE,)), CODE)
        for who, group in (("host", "888"), ("cadre_other_org", "999")):
            await talk.says(NUMBERS[who], "/谈心 开始 近况", group=group)
            youth = NUMBERS["youth_adult" if group == "888" else "youth_foreign"]
            await talk.says(youth, "最近夜班多", group=group)
            await talk.says(NUMBERS[who], "/谈心 结束 聊了夜班", group=group)
        street = await make_org(store, "清溪街道团工委", OrgLevel.GRASSROOTS, here)
        await make_guided(store, host, street)
        await make_person(store, street, "团书记", number="40001", roles=(Role.SECRETARY,))
        voices = await self._voices(store, (host, ours), (other, theirs))
        wishes = await self._wishes(store, host, other) | await self._pools(store, (host, here), (other, there))
        activities = await self._activities(store, (host, ours), (other, theirs))
        activities["guided_activity"] = f"A{await make_guided_activity(store, host)}"
        reminders = await self._reminders(store, (host, ours), (other, theirs))
        async with store.read() as session:
            refs = {talk.chat_id: talk.ref for talk in (await session.execute(select(Talk))).scalars()}
        missing = next(n for n in range(100, 999) if n not in refs.values())
        self.facts = {
            "code": CODE,
            "talk": f"T{refs[ours.id]}",
            "foreign_talk": f"T{refs[theirs.id]}",
            "no_talk": f"T{missing}",
            "youth": "小赵",
            "foreign_youth": "小韩",
            "no_youth": "小无",
            "grassroots": street.name,
            "mentee": "团书记",
            "practice": await make_sent_up(store, GoodPractice, host, here),
            "support": await make_sent_up(store, SupportRequest, host, here),
            **wishes,
            **activities,
            **reminders,
            **voices,
            "pickup_code": await self._nameless(store, here),
        }
        await self.close()
        shutil.copyfile(self.folder / "calm.db", self.folder / "talking.db")
        talk = await self._open(self.folder / "talking.db")
        self.clock.advance(timedelta(seconds=30))  # else these are the messages of before, delivered again
        await talk.says(NUMBERS["host"], "/谈心 开始", group="888")
        await talk.says(NUMBERS["cadre_other_org"], "/谈心 开始", group="999")
        await self.close()
        await self._asking()
        await self._officers()

    async def _officers(self) -> None:
        """A state in which those on duty may read the minor's wish, the organ asks to, and a hold keeps another one."""
        shutil.copyfile(self.folder / "calm.db", self.folder / "officers.db")
        talk = await self._open(self.folder / "officers.db")
        self.clock.advance(timedelta(seconds=30))
        wish = self.facts["minor_wish"]
        for role, words in (
            ("duty_officer", f"申请查阅 {wish} 要核实地址"),
            ("privacy_officer", f"批准 {wish}"),
            ("organ_admin", f"申请查阅 {wish} 要核实情况"),
            ("privacy_officer", f"暂缓删除 {self.facts['wish']} 网络保护条例第38条 30天 已经立案"),
        ):
            await talk.says(NUMBERS[role], words)
        await self.close()

    async def _asking(self) -> None:
        """A state in which the host has blocked one unknown asker and is asked for a talk by another one."""
        shutil.copyfile(self.folder / "calm.db", self.folder / "asking.db")
        talk = await self._open(self.folder / "asking.db")
        self.clock.advance(timedelta(seconds=30))
        await talk.says(NUMBERS["youth_adult"], "1")  # still asked about the finished talk
        for youth in ("youth_adult", "youth_minor"):
            await talk.says(NUMBERS[youth], "找人聊聊 匿名")
            await talk.says(NUMBERS[youth], "1")
            if youth == "youth_adult":
                await talk.says(NUMBERS["host"], "屏蔽")
        await self.close()

    async def _wishes(self, store: Store, host: Actor, other: Actor) -> dict[str, str]:
        """One that waits and one that its cadre has claimed, one of another organisation's youth, and none."""
        names = ("youth_adult", "youth_minor", "youth_foreign")
        people = {name: await self._actor(store, NUMBERS[name]) for name in names}
        waits = await make_wish_of(store, people["youth_adult"], host, "想要一本 CAD 教程")
        held = await make_wish_of(store, people["youth_adult"], host, "想有人陪我跑步", claimed=True)
        minor = await make_wish_of(store, people["youth_minor"], host, "也想要一本 CAD 教程")
        foreign = await make_wish_of(store, people["youth_foreign"], other, "想要一副球拍")
        missing = next(n for n in range(100, 999) if n not in (waits, held, minor, foreign))
        named = {"wish": waits, "held_wish": held, "minor_wish": minor, "foreign_wish": foreign, "no_wish": missing}
        return {name: f"W{number}" for name, number in named.items()}

    async def _activities(self, store: Store, ours: tuple[Actor, Chat], theirs: tuple[Actor, Chat]) -> dict[str, str]:
        """One that is to come and one that has begun, with its code; one of the other organisation, and none."""
        coming = await make_activity(store, *ours)
        begun = await make_activity(store, *ours, starts=-timedelta(hours=1), code="4821")
        foreign = await make_activity(store, *theirs, starts=-timedelta(hours=1))
        admin = await self._actor(store, NUMBERS["organ_admin"])
        async with store.read() as session:
            organ = await session.get_one(OrgUnit, ours[1].org_id)
        of_organ = await make_organ_activity(store, admin, organ, Slot.OPEN_DAY)
        missing = next(n for n in range(100, 999) if n not in (coming, begun, foreign, of_organ))
        named = {"activity": coming, "begun": begun, "foreign_activity": foreign, "no_activity": missing}
        named["organ_activity"] = of_organ
        return {name: f"A{number}" for name, number in named.items()}

    async def _reminders(self, store: Store, ours: tuple[Actor, Chat], theirs: tuple[Actor, Chat]) -> dict[str, str]:
        """One for the host's group and one for the foreign one."""
        set_ = [await make_reminder(store, actor, chat) for actor, chat in (ours, theirs)]
        missing = next(n for n in range(100, 999) if n not in set_)
        named = {"reminder": set_[0], "foreign_reminder": set_[1], "no_reminder": missing}
        return {name: f"R{number}" for name, number in named.items()}

    async def _pools(self, store: Store, ours: tuple[Actor, OrgUnit], theirs: tuple[Actor, OrgUnit]) -> dict[str, str]:
        """A pooled wish and a resource on each side; the people of the other county cannot reach ours."""
        found: dict[str, str] = {}
        for name, youth, (cadre, org) in (("", "youth_adult", ours), ("foreign_", "youth_foreign", theirs)):
            owner = await self._actor(store, NUMBERS[youth])
            found[f"{name}pooled"] = f"W{await make_pooled(store, owner, cadre, org, agreed=OrgLevel.COUNTY)}"
            found[f"{name}resource"] = f"S{await make_resource(store, org, None)}"
        taken = [int(ref[1:]) for ref in found.values()]
        found["no_resource"] = f"S{next(n for n in range(100, 999) if n not in taken)}"
        return found

    async def _voices(self, store: Store, ours: tuple[Actor, Chat], theirs: tuple[Actor, Chat]) -> dict[str, str]:
        """An open voice on each side, a closed one on ours, and a consultation on each, ours with one answer."""
        found: dict[str, str] = {}
        for name, youth, (cadre, chat) in (("", "youth_adult", ours), ("foreign_", "youth_foreign", theirs)):
            author = await self._actor(store, NUMBERS[youth])
            found[f"{name}voice"] = f"V{(await make_voice(store, author, kind=VoiceKind.SUGGESTION)).ref}"
            found[f"{name}consultation"] = f"Q{await make_consultation(store, cadre, chat)}"
            if not name:
                closed = await make_voice(store, author, "食堂夜班只剩冷饭", VoiceKind.SUGGESTION)
                await make_rated(store, closed, author, cadre)
                found["closed_voice"] = f"V{closed.ref}"
                await make_consultation_answer(store, author, int(found["consultation"][1:]))
        taken = [int(ref[1:]) for ref in found.values()]
        missing = next(n for n in range(100, 999) if n not in taken)
        return {**found, "no_voice": f"V{missing}", "no_consultation": f"Q{missing}"}

    async def _nameless(self, store: Store, org: OrgUnit) -> str:
        """The code of an anonymous voice that waits for its batch."""
        async with store.unit() as unit:
            to = Recipient(org.id, org.name, org.key_id)
            return (await receive(unit, to, "路灯坏了好几天", AnonymousRules())).code.code

    async def _actor(self, store: Store, number: str) -> Actor:
        async with store.read() as session:
            found = await identify(session, store.vault, channel="qq", scope="", native_id=number, now=self.clock.now())
        return found.actor

    async def fresh(self, state: str) -> None:
        """Begin again from ``calm`` or ``talking``."""
        await self.close()
        shutil.copyfile(self.folder / f"{state}.db", self.folder / "now.db")
        for ending in ("-wal", "-shm"):
            (self.folder / f"now.db{ending}").unlink(missing_ok=True)
        await self._open(self.folder / "now.db")
        self._beside = sqlite3.connect(self.folder / "now.db", cached_statements=2 * len(KEPT))
        self._rows, (_, self._newest) = self._read(), self._audited(0)

    async def types(self, role: str, place: str, words: str, *, heard: bool = True) -> Outcome:
        """Somebody types something somewhere; not ``heard``: nothing of what is said to it goes out."""
        assert self._talkers is not None
        self.clock.advance(timedelta(seconds=10))
        group = PLACES[place]
        text = words.format(**self.facts)
        self._typed = self._talkers.incoming(NUMBERS[role], text if group is None else "/" + text, group=group)
        return await self._hears(self._typed, heard=heard)

    async def dies(self) -> None:
        """The process is gone, with all that it had in memory; the next one goes on with the same file."""
        assert self._store is not None
        await self._store.close()
        now = self.clock.now()
        await self._open(self.folder / "now.db")
        self.clock.advance(now - NOW)

    async def comes_back(self) -> Outcome:
        """What the next process says of what the one before it left behind."""
        assert self._talkers is not None
        assert self._store is not None
        self.said.clear()
        async with self._store.unit() as unit:
            await rescue(unit.session, owner="main", now=unit.now)
        self.clock.advance(timedelta(minutes=1))
        await self._talkers.sender.pump()
        self._rows = self._read()
        return Outcome((), tuple(self.said), (), ())

    async def hears_it_again(self) -> Outcome:
        """The gateway delivers what was typed last once more."""
        assert self._typed is not None
        return await self._hears(self._typed)

    async def _hears(self, incoming: Incoming, *, heard: bool = True) -> Outcome:
        assert self._talkers is not None
        self.said.clear()
        before = self._rows
        shown = await self._talkers.deliver(incoming, woken=True) if heard else await self._talkers.sends(incoming)
        self._rows = self._read()
        changed = tuple(name for name, rows in self._rows.items() if rows != before[name])
        audited, self._newest = self._audited(self._newest)
        return Outcome(tuple(shown), tuple(self.said), changed, audited)

    # Read beside the store, by a plain connection: three thousand cells would wait long for the pool of readers.

    def _read(self) -> dict[str, list[tuple[Any, ...]]]:
        assert self._beside is not None
        return {name: self._beside.execute(f'SELECT * FROM "{name}"').fetchall() for name in KEPT}  # noqa: S608

    def _audited(self, after: int) -> tuple[tuple[str, ...], int]:
        """What was written into the audit log after that number, and its newest number."""
        assert self._beside is not None
        found = self._beside.execute("SELECT seq, action FROM audit_entries WHERE seq > ? ORDER BY seq", (after,))
        rows = found.fetchall()
        return tuple(action for _, action in rows), rows[-1][0] if rows else after


def listen(patch: pytest.MonkeyPatch) -> list[str]:
    """Note the template of everything that is put into words from now on."""
    said: list[str] = []

    def noted(words: Words) -> str:
        said.append(words.template)
        return render(words)

    def refused(refusal: Refusal) -> str:
        said.append(refusal.template)
        return render_refusal(refusal)

    patch.setattr("bot.chat.exchange.render", noted)
    patch.setattr("bot.chat.exchange.render_refusal", refused)
    patch.setattr(harness, "render", noted)
    return said
