"""Event keys, prompts, outbox, audit, data keys and small settings."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Boolean, Date, Index, Integer, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.base import Base, BigId, Instant, new_id


class EventKey(Base):
    """That one incoming event had its effect: HMAC of its six parts and the day (reliability section 4)."""

    __tablename__ = "event_keys"
    __table_args__ = ({"sqlite_with_rowid": False},)

    key: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    day: Mapped[date] = mapped_column(Date, index=True)


class Prompt(Base):
    """待答问题: a question the bot has put to one account. One is open per account; further ones are queued.

    Its life of ``life`` seconds begins when it is shown (``shown_at``); until then ``expires_at`` says when whoever
    asked hears that it has not been.
    """

    __tablename__ = "prompts"
    __table_args__ = (
        Index(
            "one_open_prompt",
            "account_id",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_prompts_expiry", "state", "expires_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    account_id: Mapped[int] = mapped_column(BigId, index=True)
    person_id: Mapped[int] = mapped_column(BigId, index=True)
    kind: Mapped[str] = mapped_column(String(32))
    options: Mapped[list[str]] = mapped_column(JSON)
    takes_text: Mapped[bool] = mapped_column(Boolean, default=False)
    facts: Mapped[bytes] = mapped_column(LargeBinary)
    subject_id: Mapped[int | None] = mapped_column(BigId, index=True)
    urgent: Mapped[bool] = mapped_column(Boolean, default=False)
    own: Mapped[bool] = mapped_column(Boolean, default=False, server_default="0")
    """It follows from what its person has just begun, and needs an answer to go on: it goes before what we ask."""
    state: Mapped[str] = mapped_column(String(12))
    version: Mapped[int] = mapped_column(Integer, default=0)
    asked_at: Mapped[datetime] = mapped_column(Instant)
    life: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    shown_at: Mapped[datetime | None] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)


class OutboxMessage(Base):
    """待发消息: states and outcomes of reliability section 6. ``conv`` is a blind index of the conversation."""

    __tablename__ = "outbox"
    __table_args__ = (
        Index(
            "ix_outbox_of_relays",
            "state",
            sqlite_where=text("substr(idem_key, 1, 6) = 'relay:'"),
            postgresql_where=text("substr(idem_key, 1, 6) = 'relay:'"),
        ),
        Index("ix_outbox_created_at", "created_at"),
        Index("ix_outbox_due", "state", "bot_id", "priority", "position"),
        Index("ix_outbox_state_lease", "state", "lease_until"),
        Index(
            "ix_outbox_relay",
            "conv",
            "position",
            sqlite_where=text("kind = 'relay'"),
            postgresql_where=text("kind = 'relay'"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    idem_key: Mapped[str] = mapped_column(String(160), unique=True)
    cls: Mapped[str] = mapped_column(String(1))
    kind: Mapped[str] = mapped_column(String(8))
    channel: Mapped[str] = mapped_column(String(24))
    bot_id: Mapped[str] = mapped_column(String(32))
    conv_kind: Mapped[str] = mapped_column(String(8))
    conv: Mapped[bytes] = mapped_column(LargeBinary(32), index=True)
    person_id: Mapped[int | None] = mapped_column(BigId, index=True)
    payload: Mapped[bytes | None] = mapped_column(LargeBinary)
    position: Mapped[int] = mapped_column(BigId)
    state: Mapped[str] = mapped_column(String(10), default="ready")
    not_before: Mapped[datetime] = mapped_column(Instant)
    expires_at: Mapped[datetime] = mapped_column(Instant)
    priority: Mapped[int] = mapped_column(Integer, default=5)
    lease_owner: Mapped[str | None] = mapped_column(String(32))
    lease_until: Mapped[datetime | None] = mapped_column(Instant)
    fence: Mapped[int] = mapped_column(Integer, default=0)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    error: Mapped[str | None] = mapped_column(String(64))
    native_id: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(Instant)
    sent_at: Mapped[datetime | None] = mapped_column(Instant)


class AuditEntry(Base):
    """操作留痕: append-only, hash-chained per node; pseudonymous ids only (P15)."""

    __tablename__ = "audit_entries"
    __table_args__ = (Index("ix_audit_entries_subject", "subject_id", "at"),)

    node: Mapped[str] = mapped_column(String(16), primary_key=True)
    seq: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    at: Mapped[datetime] = mapped_column(Instant)
    actor_id: Mapped[int | None] = mapped_column(BigId)
    actor_role: Mapped[str] = mapped_column(String(24))
    action: Mapped[str] = mapped_column(String(40))
    subject_id: Mapped[int | None] = mapped_column(BigId)
    ref: Mapped[str] = mapped_column(String(24))
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)
    prev: Mapped[bytes] = mapped_column(LargeBinary(32))
    hash: Mapped[bytes] = mapped_column(LargeBinary(32))


class AuditHead(Base):
    """The newest entry of each chain, so that a cut-off end is found too; ``hash``: that entry's, and a MAC of both."""

    __tablename__ = "audit_heads"

    node: Mapped[str] = mapped_column(String(16), primary_key=True)
    seq: Mapped[int] = mapped_column(BigId)
    hash: Mapped[bytes] = mapped_column(LargeBinary(64))


class DataKey(Base):
    """A data key wrapped by a versioned master key. Destroying it makes all that it sealed unreadable for good."""

    __tablename__ = "data_keys"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    owner: Mapped[str] = mapped_column(String(40), index=True)
    master_version: Mapped[int] = mapped_column(Integer)
    wrapped: Mapped[bytes] = mapped_column(LargeBinary)


class LatestTime(Base):
    """The end of the two minutes in which a node wrote last, so that a clock that was ahead is noticed (section 7)."""

    __tablename__ = "latest_times"

    node: Mapped[str] = mapped_column(String(16), primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)


class Setting(Base):
    """Small values the bot keeps for itself, e.g. the bot id it serves."""

    __tablename__ = "settings"

    name: Mapped[str] = mapped_column(String(64), primary_key=True)
    value: Mapped[str] = mapped_column(String(400))
    at: Mapped[datetime] = mapped_column(Instant)
