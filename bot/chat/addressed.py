"""Private words and what they may be about: who speaks and what they are being asked, looked up once a message."""

from dataclasses import dataclass

from bot.chat.context import Services
from bot.chat.nameless import Who
from bot.core.question import Asked
from bot.core.reads.people import Identity, identify_asked
from bot.core.reads.questions import asked_now
from bot.core.rules.message import Incoming


@dataclass(frozen=True, slots=True)
class Found:
    """What one look said: the account that speaks, and the question that a row holds open for it."""

    who: Identity
    asked: Asked | None


class Addressed:
    """私聊 A private message. It is looked up when that is first needed; most commands never need it.

    Nothing is done on the strength of this look alone: the unit that carries a message out reads the rights anew, and
    takes an answer only from the version of the question that was seen here.
    """

    def __init__(self, services: Services, incoming: Incoming) -> None:
        self.incoming = incoming
        self._services = services
        self._found: Found | None = None

    @property
    def chat(self) -> Who:
        """The private chat in which something is asked."""
        return self.incoming.channel, self.incoming.bot_id, self.incoming.sender_id

    @property
    def passing(self) -> Asked | None:
        """The question that is held in memory only."""
        return self._services.nameless.passing.open(self.chat, self._services.clock.monotonic())

    async def found(self) -> Found:
        """Who speaks, and the question that is open for them; one past its time does not count."""
        if self._found is None:
            store, now = self._services.store, self._services.clock.now()
            async with store.look() as session:
                who, prompt = await identify_asked(
                    session,
                    store.vault,
                    channel=self.incoming.channel,
                    scope="",
                    native_id="" if self.incoming.sender_anonymous else self.incoming.sender_id,
                    now=now,
                )
                self._found = Found(who, await asked_now(session, store.vault, prompt, now=now))
        return self._found

    async def asked(self) -> Asked | None:
        """The open question: a row's first, else the one that is held in memory."""
        return (await self.found()).asked or self.passing

    def look_again(self) -> None:
        """What was found is out of date: a change was in the way, and all begins anew."""
        self._found = None
