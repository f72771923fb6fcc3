"""What a handler is given: who, where, when, and the one transaction or reader of this command."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncSession

from bot.chat.nameless import Nameless
from bot.chat.pages import Pages
from bot.chat.recent import Recent
from bot.clock import Clock
from bot.core.installation import Installation
from bot.core.reads.people import Identity
from bot.core.rules.consent import ConsentTexts
from bot.core.rules.crisis import CrisisSign, CrisisWords, Hotline, find_crisis
from bot.core.rules.message import Address, Incoming, OutSegment
from bot.core.rules.people import Actor
from bot.core.rules.privacy import SensitiveWords
from bot.core.rules.workdays import Workdays
from bot.store.chat import Chat
from bot.store.people import Account
from bot.store.sealing import Vault
from bot.store.store import Store
from bot.store.unit import Unit


class Answering(Protocol):
    """The sender's quick way for answers that record nothing: bounded, in memory."""

    def __call__(self, address: Address, segments: Sequence[OutSegment]) -> None: ...


@dataclass(frozen=True, slots=True)
class Services:
    """What the start hands to the router and, through the context, to handlers."""

    store: Store
    clock: Clock
    answer: Answering
    consent_texts: ConsentTexts
    crisis_words: CrisisWords
    hotlines: tuple[Hotline, ...]
    sensitive_words: SensitiveWords
    public_url: str
    feed_url: str = ""
    """Where calendars are subscribed to; empty: nowhere."""
    paced: bool = True
    pictures: bool = False
    """Whether pictures can be drawn here."""
    can_upload: Callable[[str], bool] = field(default=lambda _bot: True)
    installation: Installation = field(default_factory=Installation)
    nameless: Nameless = field(default_factory=Nameless)
    pages: Pages = field(default_factory=Pages)
    recent: Recent = field(default_factory=Recent)

    @property
    def workdays(self) -> Workdays:
        """The workdays of this installation."""
        return self.installation.workdays

    def danger(self, incoming: Incoming, *, weighed: bool = True) -> CrisisSign | None:
        """Words of danger in a message, private or in a group, a command or not: the one place that looks.

        ``weighed`` False: only what the phrases say, without the scale.
        """
        return find_crisis(incoming.text, self.crisis_words if weighed else self.crisis_words.unweighed())


@dataclass(slots=True)
class Context:
    """One command or answer on its way: ``unit`` when it writes, ``session`` always."""

    services: Services
    incoming: Incoming
    actor: Actor
    account: Account | None
    chat: Chat | None
    now: datetime
    session: AsyncSession
    unit_or_none: Unit | None = None
    place: int | None = None
    """Where the message stands in the order of everything that goes out; None: nobody looked."""
    who: Identity | None = None

    @property
    def danger(self) -> CrisisSign | None:
        """What these words speak of; the card has gone out already."""
        return self.services.danger(self.incoming)

    @property
    def key_id(self) -> int | None:
        """The data key of who is acting: what is said to them is sealed with it."""
        return self.who.key_id if self.who is not None else None

    @property
    def unit(self) -> Unit:
        """The write transaction; a command that writes nothing has none."""
        if self.unit_or_none is None:
            raise RuntimeError("this command is declared as reading only")
        return self.unit_or_none

    @property
    def vault(self) -> Vault:
        """Opens sealed values."""
        return self.services.store.vault

    @property
    def me(self) -> int:
        """The acting person's id, for commands that only known people may call."""
        if self.actor.person_id is None:
            raise RuntimeError("a stranger reached a command for known people")
        return self.actor.person_id
