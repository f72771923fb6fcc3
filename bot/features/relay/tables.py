"""Relays: who is joined with whom is sealed under a key of its own; what can be looked up is a blind index.

A relay's rows and its key live as long as it does. Nothing of an ended one stays, but for an hour after an anonymous
one the tag by which its cadre may still block the other side.
"""

import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Boolean, ForeignKey, Index, Integer, LargeBinary, String, UniqueConstraint
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from bot.core.rules.message import Address, ChatKind
from bot.features.relay.rules.relay import RelaySide
from bot.store.base import Base, BigId, Instant, new_id
from bot.store.sealing import Vault
from bot.store.unit import Unit

OPENED: Final = "relay_opened"
"""The signal after the commit in which a relay opened."""


class Relay(Base):
    """找人聊聊: one request or running talk through the bot. ``route`` is sealed under ``key_id``."""

    __tablename__ = "relays"
    __table_args__ = (
        Index("ix_relays_line", "cadre_index", "state", "asked_at"),
        Index("ix_relays_state_due", "state", "due_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    state: Mapped[str] = mapped_column(String(8))
    anonymous: Mapped[bool] = mapped_column(Boolean)
    cadre_index: Mapped[bytes] = mapped_column(LargeBinary(32))
    key_id: Mapped[int] = mapped_column(BigId)
    route: Mapped[bytes] = mapped_column(LargeBinary)
    asked_at: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)
    """When a request that has not opened ends."""
    due_at: Mapped[datetime | None] = mapped_column(Instant)
    """When a cadre who put it off is asked again."""
    opened_at: Mapped[datetime | None] = mapped_column(Instant)
    opened_place: Mapped[int | None] = mapped_column(BigId)
    """Its opening in the order of everything: words that came before were not meant for the other side."""
    last_word_at: Mapped[datetime | None] = mapped_column(Instant)
    idle_noticed: Mapped[bool] = mapped_column(Boolean, default=False)
    last_noticed: Mapped[bool] = mapped_column(Boolean, default=False)
    youth_words: Mapped[int] = mapped_column(Integer, default=0)
    cadre_words: Mapped[int] = mapped_column(Integer, default=0)


class RelaySeat(Base):
    """A place in a relay: a person has one at most, a youth from asking on, a cadre while it is open."""

    __tablename__ = "relay_seats"

    person_index: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    relay_id: Mapped[int] = mapped_column(BigId, ForeignKey("relays.id", ondelete="CASCADE"), index=True)
    side: Mapped[str] = mapped_column(String(8))


class RelayAfter(Base):
    """An anonymous relay that has just ended: until then its cadre may block the other side."""

    __tablename__ = "relay_afters"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    cadre_index: Mapped[bytes] = mapped_column(LargeBinary(32), index=True)
    tag: Mapped[bytes] = mapped_column(LargeBinary(32), index=True)
    until: Mapped[datetime] = mapped_column(Instant, index=True)


class RelayBlock(Base):
    """屏蔽: somebody who may not open an anonymous relay to this cadre; ``tag`` is a keyed MAC of the two."""

    __tablename__ = "relay_blocks"
    __table_args__ = (UniqueConstraint("cadre_id", "tag"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    cadre_id: Mapped[int] = mapped_column(BigId, ForeignKey("people.id", ondelete="CASCADE"))
    tag: Mapped[bytes] = mapped_column(LargeBinary(32), index=True)
    at: Mapped[datetime] = mapped_column(Instant, index=True)


def person_index(vault: Vault, person_id: int) -> bytes:
    """The blind index by which a person's place is found, whichever account they speak with."""
    return vault.mac("index", "relay", person_id)


def block_tag(vault: Vault, cadre_id: int, person_id: int) -> bytes:
    """What stands for one person with one cadre; another cadre's tag of the same person tells nothing about it."""
    return vault.mac("blocks", cadre_id, person_id)


@dataclass(slots=True)
class End:
    """One side's end of a relay: the person, the account they speak with, and where words for them go."""

    person_id: int
    account_id: int | None = None
    address: Address | None = field(default=None, repr=False)
    said_at: datetime | None = None
    """When they last said that they are there."""


@dataclass(slots=True)
class Route:
    """Who talks with whom, and where; never in a row in clear."""

    youth: End
    cadre: End
    topic: str = field(default="", repr=False)
    held: str = ""
    """Fingerprint of words that were kept back once, so that the same words said again are meant."""
    warned: bool = False
    """Whether the cadre has been told what to do about words of danger."""
    instead_of: int | None = None
    """The cadre who is gone, for whom this one stands in by the youth's word."""

    def end(self, side: RelaySide) -> End:
        """The end of one side."""
        return self.youth if side is RelaySide.YOUTH else self.cadre


def _dump_end(end: End) -> list[Any]:
    where = end.address
    told = [where.channel, where.bot_id, where.native_id, where.via_group] if where is not None else None
    return [end.person_id, end.account_id, told, end.said_at.isoformat() if end.said_at else None]


def _load_end(plain: list[Any]) -> End:
    person_id, account_id, told, said_at = plain
    where = Address(told[0], told[1], ChatKind.PRIVATE, told[2], told[3]) if told is not None else None
    return End(person_id, account_id, where, datetime.fromisoformat(said_at) if said_at else None)


async def seal_route(unit: Unit, relay_id: int, key_id: int, route: Route) -> bytes:
    """The sealed form of a route."""
    plain = [_dump_end(route.youth), _dump_end(route.cadre), route.topic, route.held, route.warned, route.instead_of]
    return await unit.seal(key_id, _place(relay_id), json.dumps(plain, ensure_ascii=False))


async def read_route(session: AsyncSession, vault: Vault, relay: Relay) -> Route | None:
    """A relay's route; None when its key is gone."""
    text = await vault.read(session, _place(relay.id), relay.route)
    if text is None:
        return None
    youth, cadre, *rest = json.loads(text)
    return Route(_load_end(youth), _load_end(cadre), *rest)


def _place(relay_id: int) -> str:
    return f"relays:{relay_id}:route"
