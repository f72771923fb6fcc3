"""Relays: who is joined with whom, and when what happened, is sealed under a key of its own.

What can be looked up is a blind index, and of an anonymous youth one of many, so that no two of their relays need be
alike. A relay's rows and its key live as long as it does. Nothing of an ended one stays, but for an hour after an
anonymous one the tag by which its cadre may still block the other side.
"""

import json
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Boolean, ForeignKey, Index, LargeBinary, String, UniqueConstraint
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from bot.core.rules.message import Address, ChatKind
from bot.features.relay.rules.relay import RelaySide
from bot.store.base import Base, BigId, Instant, new_id
from bot.store.sealing import Vault
from bot.store.unit import Unit

OPENED: Final = "relay_opened"
"""The signal after the commit in which a relay opened."""
READY_ASKED: Final = "relay_ready"
"""The signal after the commit in which an anonymous youth was asked whether they are still there: where, and what."""
ROUTE_BYTES: Final = 2_048
"""Every route is filled up to this size, which one with the longest topic needs."""
SLOTS: Final = 32
"""Of so many indexes of one person one is drawn for the place of an anonymous youth."""
HOUR: Final = timedelta(hours=1)


class Relay(Base):
    """找人聊聊: one request or running talk through the bot. ``route`` is sealed under ``key_id``.

    No column tells a moment at which its youth did anything: those are in the route.
    """

    __tablename__ = "relays"
    __table_args__ = (
        Index("ix_relays_line", "cadre_index", "state"),
        Index("ix_relays_state_due", "state", "due_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    state: Mapped[str] = mapped_column(String(8))
    anonymous: Mapped[bool] = mapped_column(Boolean)
    cadre_index: Mapped[bytes] = mapped_column(LargeBinary(32))
    key_id: Mapped[int] = mapped_column(BigId)
    route: Mapped[bytes] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)
    """The full hour in which a request that has not opened ends; the moment is in the route."""
    due_at: Mapped[datetime | None] = mapped_column(Instant)
    """When a cadre who put it off is asked again, or in the morning its anonymous youth."""


class RelaySeat(Base):
    """A place in a relay: a person has one at most, a youth from asking on, a cadre while it is open."""

    __tablename__ = "relay_seats"
    __table_args__ = ({"sqlite_with_rowid": False},)

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


def seat_indexes(vault: Vault, person_id: int) -> list[bytes]:
    """Every index by which a person's place may stand: their own, and those of one who asks without a name."""
    return [person_index(vault, person_id), *(_nameless_index(vault, person_id, slot) for slot in range(SLOTS))]


def nameless_index(vault: Vault, person_id: int) -> bytes:
    """One of the latter: the place of a relay under a name, which leads to an account, is never like it."""
    return _nameless_index(vault, person_id, secrets.randbelow(SLOTS))


def _nameless_index(vault: Vault, person_id: int, slot: int) -> bytes:
    return vault.mac("index", "relay nameless", person_id, slot)


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
    asked_at: datetime | None = None
    ends_at: datetime | None = None
    """When a request that has not opened ends."""
    opened_at: datetime | None = None
    opened_place: int = 0
    """Its opening in the order of everything: words that came before were not meant for the other side."""
    last_word_at: datetime | None = None
    idle_noticed: bool = False
    last_noticed: bool = False
    youth_words: int = 0
    cadre_words: int = 0

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


MOMENTS: Final = ("asked_at", "ends_at", "opened_at", "last_word_at")
COUNTED: Final = ("opened_place", "idle_noticed", "last_noticed", "youth_words", "cadre_words")


async def seal_route(unit: Unit, relay_id: int, key_id: int, route: Route) -> bytes:
    """The sealed form of a route."""
    plain: list[Any] = [_dump_end(route.youth), _dump_end(route.cadre), route.topic, route.held, route.warned]
    moments = [at.isoformat() if at is not None else None for at in (getattr(route, name) for name in MOMENTS)]
    plain += [route.instead_of, moments, [getattr(route, name) for name in COUNTED]]
    return await unit.seal(key_id, _place(relay_id), json.dumps(plain, ensure_ascii=False), least=ROUTE_BYTES)


async def read_route(session: AsyncSession, vault: Vault, relay: Relay) -> Route | None:
    """A relay's route; None when its key is gone."""
    text = await vault.read(session, _place(relay.id), relay.route)
    if text is None:
        return None
    youth, cadre, topic, held, warned, instead_of, *more = json.loads(text)
    route = Route(_load_end(youth), _load_end(cadre), topic, held, warned, instead_of)
    for names, values in zip((MOMENTS, COUNTED), more, strict=False):  # a route of an earlier release has none
        for name, value in zip(names, values, strict=True):
            setattr(route, name, datetime.fromisoformat(value) if names is MOMENTS and value else value)
    latest = relay.expires_at + HOUR
    route.ends_at = min(route.ends_at or latest, latest)  # the column is what is set right when a clock was ahead
    return route


def _place(relay_id: int) -> str:
    return f"relays:{relay_id}:route"
