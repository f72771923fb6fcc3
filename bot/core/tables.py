"""Consents, refusals, receipts, rights requests, one-time downloads and crises."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.base import Base, BigId, Instant, new_id


class Consent(Base):
    """同意: one scope, one text version. ``chat_id`` binds 原话 to the group it was given for (channels.md 5)."""

    __tablename__ = "consents"
    __table_args__ = (Index("ix_consents_person_scope", "person_id", "scope"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("people.id", ondelete="CASCADE"))
    scope: Mapped[str] = mapped_column(String(24))
    chat_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("chats.id"), index=True)
    text_version: Mapped[str] = mapped_column(String(16))
    text_hash: Mapped[str] = mapped_column(String(64))
    channel: Mapped[str] = mapped_column(String(24))
    given_at: Mapped[datetime] = mapped_column(Instant)
    withdrawn_at: Mapped[datetime | None] = mapped_column(Instant)


class ConsentRefusal(Base):
    """A no to one scope: kept only so that the same question is not asked again for 90 days (P5); shown to nobody."""

    __tablename__ = "consent_refusals"
    __table_args__ = (
        Index("ix_consent_refusals_person_scope", "person_id", "scope"),
        Index("ix_consent_refusals_at", "at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("people.id", ondelete="CASCADE"))
    scope: Mapped[str] = mapped_column(String(24))
    chat_id: Mapped[int | None] = mapped_column(BigId)
    at: Mapped[datetime] = mapped_column(Instant)


class Receipt(Base):
    """回执: proof of a consent, a withdrawal or an erasure; after an erasure it names nobody (P8, P20)."""

    __tablename__ = "receipts"

    number: Mapped[str] = mapped_column(String(24), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))
    person_id: Mapped[int | None] = mapped_column(BigId, index=True)
    at: Mapped[datetime] = mapped_column(Instant, index=True)
    facts: Mapped[dict[str, Any]] = mapped_column(JSON)


class Crisis(Base):
    """危机: that somebody may be in danger, since when, and how far the follow-up is; never what was said (P27)."""

    __tablename__ = "crises"
    __table_args__ = (
        Index(
            "ix_crises_open",
            "opened_at",
            sqlite_where=text("closed_at IS NULL"),
            postgresql_where=text("closed_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    person_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("people.id", ondelete="SET NULL"), index=True)
    org_id: Mapped[int | None] = mapped_column(BigId)
    duty_id: Mapped[int | None] = mapped_column(BigId)
    state: Mapped[str] = mapped_column(String(20), default="open")
    opened_at: Mapped[datetime] = mapped_column(Instant)
    seen_at: Mapped[datetime | None] = mapped_column(Instant)
    due_at: Mapped[datetime] = mapped_column(Instant)
    reminded_at: Mapped[datetime | None] = mapped_column(Instant)
    closed_at: Mapped[datetime | None] = mapped_column(Instant, index=True)
