"""Builders for tests of voices and consultations: a county with a city above it, and items as the chat makes them."""

from dataclasses import dataclass

from sqlalchemy import select

from bot.chat.text import hotlines, sensitive_words
from bot.core.acts.prompt import close_question, put_next
from bot.core.reads.questions import asked
from bot.core.rules.people import Actor, OrgLevel, Role
from bot.core.rules.workdays import Workdays
from bot.features.consultation.acts.answer import answer as answer_consultation
from bot.features.consultation.acts.ask import ask_in_group
from bot.features.voice.acts.answer import answer_voice
from bot.features.voice.acts.make import Tools, submit
from bot.features.voice.acts.rate import answer_rating
from bot.features.voice.acts.transition import RATING
from bot.features.voice.rules.voice import VoiceKind, VoiceRating
from bot.features.voice.tables import Voice
from bot.store.chat import Chat
from bot.store.delivery import Prompt
from bot.store.people import OrgUnit
from bot.store.store import Store
from tests.people_built import make_cadre, make_chat, make_org, make_person, make_youth

TOOLS = Tools(sensitive_words(), hotlines(), Workdays())
WORDS = "夜班下班没有公交，走回去要一个小时"


@dataclass(frozen=True, slots=True)
class County:
    """A city, a county below it, each with an admin; in the county a cadre with a group and a youth in it."""

    city: OrgUnit
    org: OrgUnit
    city_admin: Actor
    admin: Actor
    cadre: Actor
    chat: Chat
    youth: Actor


async def make_county(store: Store) -> County:
    """Numbers: city admin 30002, county admin 30001, cadre 10001, youth 20001, group 888."""
    city = await make_org(store, "甘泉市团委", OrgLevel.CITY)
    org = await make_org(store, "清河县团委", parent=city)
    cadre = await make_cadre(store, org)
    chat = await make_chat(store, org, cadre)
    return County(
        city,
        org,
        await make_person(store, city, "何立", number="30002", roles=(Role.ORGAN_ADMIN,)),
        await make_person(store, org, "吴建平", number="30001", roles=(Role.ORGAN_ADMIN,)),
        cadre,
        chat,
        await make_youth(store, org, cadre=cadre, chat=chat),
    )


async def make_voice(store: Store, author: Actor, words: str = WORDS, kind: VoiceKind | None = None) -> Voice:
    """A 心声 or a suggestion, said and kept."""
    async with store.unit() as unit:
        said = await submit(unit, author, words, kind, TOOLS, chat_id=None, aloud=False)
        assert said is not None, "a question came first"
        ref = getattr(said, "ref", None)
        assert ref is not None, said
    return await voice_with(store, ref)


async def voice_with(store: Store, ref: int) -> Voice:
    """The row as it is now."""
    async with store.read() as session:
        return (await session.execute(select(Voice).where(Voice.ref == ref))).scalar_one()


async def make_answer(store: Store, voice: Voice, by: Actor, words: str = "已经问了公交公司") -> None:
    """An answer by whoever holds it."""
    async with store.unit() as unit:
        await answer_voice(unit, by, voice.ref, words)


async def make_rated(
    store: Store, voice: Voice, author: Actor, by: Actor, rating: VoiceRating = VoiceRating.HELPFUL
) -> None:
    """Answered by its holder and closed by its author."""
    await make_answer(store, voice, by)
    async with store.unit() as unit:
        rows = await unit.session.execute(
            select(Prompt).where(Prompt.subject_id == voice.id, Prompt.kind == RATING.kind, Prompt.state != "answered")
        )
        question = await asked(unit.session, unit.vault, rows.scalar_one())
        await close_question(unit, question)
        await answer_rating(unit, author, question, rating.value)
        await put_next(unit, question.account_id)


async def make_consultation(store: Store, cadre: Actor, chat: Chat, words: str = "下个月的主题团日做点什么") -> int:
    """A question in a group; its number."""
    async with store.unit() as unit:
        return (await ask_in_group(unit, cadre, chat, words)).ref


async def make_consultation_answer(store: Store, youth: Actor, ref: int, words: str = "想去敬老院") -> None:
    """A youth's answer."""
    async with store.unit() as unit:
        await answer_consultation(unit, youth, ref, words, sensitive_words())
