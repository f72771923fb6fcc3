"""What tests of anonymous voices begin from: a city, a county below it with ten linked youths, their admins, duty."""

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from bot.core.rules.people import Actor, Role
from bot.core.rules.workdays import Workdays
from bot.features.anonymous.rules.anonymous import AnonymousRules
from bot.features.anonymous.tables import AnonymousVoice
from bot.store.base import new_id
from bot.store.people import OrgUnit, Person
from bot.store.store import Store
from tests.harness import Talkers
from tests.people_built import make_cadre, make_chat, make_org, make_person, make_youth
from tests.ticking import do_due

CADRE, ADMIN, CITY_ADMIN, DUTY, STRANGER = "10001", "30002", "30003", "30004", "66666"
YOUTHS = tuple(f"2000{n}" for n in range(6))
ZHAO = YOUTHS[0]
RULES, WORKDAYS = AnonymousRules(), Workdays()
WORDS = "实习单位让我们夜班连上，不敢跟老师说"
CODE = re.compile(r"[0-9A-HJKMNP-TV-Z]{4}(?:-[0-9A-HJKMNP-TV-Z]{4}){3}")


class Nameless:
    """The county 清河, its people, and the chat with them."""

    def __init__(self, talk: Talkers, city: OrgUnit, county: OrgUnit) -> None:
        self.talk, self.store, self.city, self.county = talk, talk.store, city, county
        self.people: dict[str, Actor] = {}

    @classmethod
    async def build(cls, store: Store, *, youths: int = RULES.small_unit, duty: bool = True) -> "Nameless":
        """Everybody has an account; the youths have joined the county's linked group 888."""
        city = await make_org(store, "云川市团委")
        county = await make_org(store, "清河县团委", parent=city)
        scene = cls(await Talkers.open(store), city, county)
        cadre = scene.people[CADRE] = await make_cadre(store, county, number=CADRE)
        chat = await make_chat(store, county, cadre)
        for place, (org, number, role) in enumerate(
            ((county, ADMIN, Role.ORGAN_ADMIN), (city, CITY_ADMIN, Role.ORGAN_ADMIN), (county, DUTY, Role.DUTY_OFFICER))
        ):
            if number != DUTY or duty:
                scene.people[number] = await make_person(store, org, f"同事{place}", number=number, roles=(role,))
        for number in YOUTHS[:youths]:
            scene.people[number] = await make_youth(store, county, f"小{number[-1]}", number, cadre=cadre, chat=chat)
        await make_silent_youths(store, county, youths - len(YOUTHS))
        return scene

    async def says(self, who: str, words: str, **more: Any) -> list[str]:
        """Say something in private and see the answers."""
        return await self.talk.says(who, words, **more)

    async def writes(self, who: str, words: str = WORDS) -> str:
        """Write anonymously and confirm; returns the pick-up code."""
        await self.says(who, f"匿名 {words}")
        return code_in(await self.says(who, "1"))

    async def tick(self) -> int:
        """What the running bot does every 20 seconds."""
        done = await do_due(self.store, self.talk.clock.now(), "anonymous")
        await self.talk.sender.pump()
        return done

    async def until(self, moment: datetime, step: timedelta = timedelta(minutes=30)) -> int:
        """Let time pass with ticks; returns how many voices they touched."""
        done = 0
        while self.talk.clock.now() < moment:
            self.talk.advance(min(step, moment - self.talk.clock.now()))
            done += await self.tick()
        return done

    async def batch(self) -> int:
        """Let the next Monday or Thursday 18:00 pass."""
        now = self.talk.clock.now()
        at = now.replace(hour=18, minute=1, second=0)
        while at <= now or at.weekday() not in RULES.batch_days or at - now < RULES.closing:
            at += timedelta(days=1)
        return await self.until(at - RULES.closing, timedelta(days=4)) + await self.until(at, timedelta(days=4))

    async def rows(self) -> Sequence[AnonymousVoice]:
        """Every row, whatever became of it."""
        async with self.store.read() as session:
            return list((await session.execute(select(AnonymousVoice))).scalars())

    async def count(self, table: Any, *where: Any) -> int:
        """Rows of a table."""
        async with self.store.read() as session:
            return (await session.execute(select(func.count()).select_from(table).where(*where))).scalar_one()

    async def refs(self) -> list[int]:
        """References of those that are out."""
        return sorted(row.ref for row in await self.rows() if row.ref is not None)


async def make_silent_youths(store: Store, org: OrgUnit, count: int) -> None:
    """Youths who have joined and never say anything."""
    async with store.unit() as unit:
        key_id = await unit.vault.new_key(unit.session, "person:silent")
        for _ in range(count):
            person_id = new_id()
            name = await unit.seal(key_id, f"people:{person_id}:name", "小伙伴")
            unit.session.add(
                Person(id=person_id, name=name, org_id=org.id, is_youth=True, key_id=key_id, created_at=unit.now)
            )


def code_in(shown: Sequence[str]) -> str:
    """The one pick-up code in what was shown."""
    codes = {code for text in shown for code in CODE.findall(text)}
    assert len(codes) == 1, shown
    return codes.pop()
