"""After words of danger: prepared answers to what people ask then, and a warm line to anything else (P27, U3)."""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from bot.chat.addressed import Addressed
from bot.chat.exchange import Exchange
from bot.chat.limits import DAY, REMEMBERED
from bot.chat.meaning import meaning, named
from bot.chat.questions import Questions
from bot.chat.text import answers, danger_topics
from bot.core.acts.after_danger import NOBODY, DangerHeard, DangerTalk, Standing, latest_crisis, standing_of
from bot.core.acts.crisis import QUESTION, on_card
from bot.core.question import Asked
from bot.core.rules.after_danger import DangerTopic
from bot.core.rules.answering import Meant
from bot.core.rules.crisis import EMERGENCY
from bot.store.people import Person

HOUR: Final = 3_600.0
CHOICES_EVERY: Final = 600.0
"""Seconds after which the card's choices are repeated; until then they stand above already."""
WARM_FOR: Final = timedelta(hours=2)
"""How long any words get a warm line although no card waits; after that what nobody understands is said to be so."""


@dataclass(slots=True)
class _Told:
    """What one account was told since its last words of danger; in memory only."""

    card: float
    cards: list[float] = field(default_factory=list[float])
    lines: int = 0
    choices: float = 0.0


class AfterDanger:
    """Knows who had a card lately, and answers what they say next."""

    def __init__(self, exchange: Exchange, questions: Questions) -> None:
        self._exchange, self._services, self._questions = exchange, exchange.services, questions
        self._told: OrderedDict[Hashable, _Told] = OrderedDict()

    def card(self, account: Hashable) -> int:
        """A card goes out now; how many this account has had within the hour before it."""
        now = self._services.clock.monotonic()
        told = self._told.setdefault(account, _Told(now))
        told.cards = [at for at in told.cards if now - at < HOUR]
        turn = len(told.cards)
        told.cards.append(now)
        told.card = told.choices = now
        self._told.move_to_end(account)
        if len(self._told) > REMEMBERED:
            self._told.popitem(last=False)
        return turn

    async def answers_beside_the_card(self, addressed: Addressed) -> bool:
        """While the card waits: what is none of its choices is answered, and the card goes on waiting."""
        question = (await addressed.found()).asked
        if question is None or question.question is not QUESTION or addressed.passing is not None:
            return False
        text = addressed.incoming.text
        topics = danger_topics()
        topic = topics.find(text)
        if named(question, text) is not None or answers().asks_who_sees(text):
            return False
        told = topics.beside(text) if topic is not None else (text,)
        meant = {meaning(question, part).meant for part in told}
        if Meant.OPTION in meant or (topic is None and Meant.LATER in meant):
            return False
        if topic is None and Meant.THANKS in meant:
            topic = DangerTopic.THANKS
        await self._say(addressed, topic, question)
        return True

    async def answers_later(self, addressed: Addressed) -> bool:
        """Within the day: words that were no answer to anything, and that nothing else understands."""
        person = (await addressed.found()).who.person
        now = self._services.clock.now()
        calm = person is not None and person.calm_until is not None and person.calm_until > now
        told = self._told.get(self._account(addressed))
        fresh = told is not None and self._services.clock.monotonic() - told.card < DAY
        if addressed.incoming.from_history or not (calm or fresh):
            return False
        topic = danger_topics().find(addressed.incoming.text)
        if topic is None and not await self._is_fresh(person, told):
            return False
        await self._say(addressed, topic, None)
        return True

    async def _is_fresh(self, person: Person | None, told: _Told | None) -> bool:
        if told is not None:
            return self._services.clock.monotonic() - told.card < WARM_FOR.total_seconds()
        if person is None:
            return False
        async with self._services.store.look() as session:
            crisis = await latest_crisis(session, person.id)
        return crisis is not None and self._services.clock.now() - crisis.opened_at < WARM_FOR

    async def _say(self, addressed: Addressed, topic: DangerTopic | None, question: Asked[Any] | None) -> None:
        standing, incoming = await self._standing(addressed), addressed.incoming
        if topic is not None:
            lines = tuple(line for line in on_card(self._services.hotlines) if line.number not in EMERGENCY)
            self._exchange.answer(incoming, DangerTalk(topic, standing, question is not None, lines))
            return
        now = self._services.clock.monotonic()
        told = self._told.setdefault(self._account(addressed), _Told(now))
        again = question is not None and now - told.choices >= CHOICES_EVERY
        told.choices = now if again else told.choices
        self._exchange.answer(incoming, DangerHeard(told.lines, again, standing.wanted))
        told.lines += 1

    async def _standing(self, addressed: Addressed) -> Standing:
        """What is true now. Of somebody without a call for help in their name nothing is noted, and nobody told."""
        who, services = (await addressed.found()).who, self._services
        if who.person is None:
            return NOBODY
        async with services.store.look() as session:
            crisis = await latest_crisis(session, who.person.id)
            now = services.clock.now()
            if crisis is None or who.person.calm_until is None or who.person.calm_until <= now:
                return NOBODY
            return await standing_of(session, services.store.vault, who.actor, crisis, now=now)

    def _account(self, addressed: Addressed) -> Hashable:
        return addressed.incoming.channel, addressed.incoming.sender_id
