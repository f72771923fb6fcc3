"""A city above two counties, each with every office, a cadre and two youths, for tests of what officers carry out."""

from dataclasses import dataclass

from sqlalchemy import func, select

from bot.core.rules.consent import ConsentScope
from bot.core.rules.people import Actor, AgeBand, OrgLevel, Role
from bot.features.voice.rules.voice import VoiceKind
from bot.features.voice.tables import Voice
from bot.store.delivery import AuditEntry
from bot.store.people import OrgUnit
from bot.store.store import Store
from tests.harness import Talkers
from tests.people_built import make_cadre, make_chat, make_consent, make_org, make_person, make_youth
from tests.talks_built import make_talk
from tests.voices_built import make_voice
from tests.wishes_built import make_wish_of

CADRE, COLLEAGUE, ADMIN, PRIVACY, DUTY, DUTY_2 = "10001", "10002", "30001", "30002", "30003", "30004"
CITY_PRIVACY, CITY_ADMIN, FAR_PRIVACY, FAR_DUTY, FAR_ADMIN = "31001", "31002", "32001", "32002", "32003"
MINOR, ADULT, STRANGER = "20001", "20002", "66666"
NAME = "小雨"
WORDS, WISH, SAID = "宿舍里有人天天骂我", "想要一本词典", "他们说要在巷子里堵我"


@dataclass(frozen=True, slots=True)
class Officers:
    """Everybody, and one item of each kind of a minor, one wish of an adult."""

    talk: Talkers
    org: OrgUnit
    city: OrgUnit
    cadre: Actor
    minor: Actor
    voice: str
    wish: str
    conversation: str
    adults: str

    @property
    def store(self) -> Store:
        """Where it all is."""
        return self.talk.store


async def make_officers(store: Store) -> Officers:
    """Built once a module."""
    city = await make_org(store, "甘泉市团委", OrgLevel.CITY)
    org, far = await make_org(store, "清河县团委", parent=city), await make_org(store, "甘棠县团委", parent=city)
    for where, number, role in (
        (org, ADMIN, Role.ORGAN_ADMIN),
        (org, PRIVACY, Role.PRIVACY_OFFICER),
        (org, DUTY, Role.DUTY_OFFICER),
        (org, DUTY_2, Role.DUTY_OFFICER),
        (city, CITY_PRIVACY, Role.PRIVACY_OFFICER),
        (city, CITY_ADMIN, Role.ORGAN_ADMIN),
        (far, FAR_PRIVACY, Role.PRIVACY_OFFICER),
        (far, FAR_DUTY, Role.DUTY_OFFICER),
        (far, FAR_ADMIN, Role.ORGAN_ADMIN),
    ):
        await make_person(store, where, f"同事{number}", number=number, roles=(role,))
    cadre = await make_cadre(store, org, number=CADRE)
    await make_cadre(store, org, "苏娜", COLLEAGUE)
    chat = await make_chat(store, org, cadre)
    minor = await make_youth(store, org, NAME, MINOR, cadre=cadre, chat=chat, age_band=AgeBand.MINOR)
    adult = await make_youth(store, org, "小赵", ADULT, cadre=cadre, chat=chat)
    for youth in (minor, adult):
        await make_consent(store, youth, ConsentScope.PROFILE)
        await make_consent(store, youth, ConsentScope.ORIGINAL_MESSAGES, chat)
    voice = await make_voice(store, minor, WORDS, VoiceKind.SUGGESTION)
    return Officers(
        await Talkers.open(store),
        org,
        city,
        cadre,
        minor,
        f"V{voice.ref}",
        f"W{await make_wish_of(store, minor, cadre, WISH)}",
        f"T{await make_talk(store, chat, cadre, (minor, SAID))}",
        f"W{await make_wish_of(store, adult, cadre, '想要一副球拍')}",
    )


async def hand_up_named(scene: Officers) -> None:
    """The voice lies with the county's organ, and its author has said that the name goes with it."""
    async with scene.store.unit() as unit:
        voice = (await unit.session.execute(select(Voice).where(Voice.ref == int(scene.voice[1:])))).scalar_one()
        voice.holder_org_id, voice.named, voice.state = scene.org.id, True, "escalated"


async def audited(store: Store, action: str) -> list[AuditEntry]:
    """The audit rows of this kind."""
    async with store.read() as session:
        rows = await session.execute(select(AuditEntry).where(AuditEntry.action == action))
        return list(rows.scalars())


async def rows_of(store: Store, table: type) -> int:
    """How many rows a table has."""
    async with store.read() as session:
        return (await session.execute(select(func.count()).select_from(table))).scalar_one()
