"""Consents, refusals, receipts, crises, files to fetch, approvals to read a minor's record, and holds."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Boolean, ForeignKey, Index, Integer, LargeBinary, String, text
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


class Download(Base):
    """待取的文件: a file on its way to one person, by a channel or a one-time link; sealed, and gone after 15 minutes.

    Of the link only the keyed hash of its token is kept.
    """

    __tablename__ = "downloads"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("people.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)


class AccessRequest(Base):
    """查阅申请 (P14): who asked to read a minor's voice or wish, why, and what the responsible person said.

    The reasons are sealed under the minor's key: they go with the minor. ``withheld``: the minor is not told.
    """

    __tablename__ = "access_requests"
    __table_args__ = (Index("ix_access_requests_item", "number", "letter"), Index("ix_access_requests_at", "asked_at"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    letter: Mapped[str] = mapped_column(String(1))
    number: Mapped[int] = mapped_column(Integer)
    subject_id: Mapped[int] = mapped_column(BigId, ForeignKey("people.id", ondelete="CASCADE"), index=True)
    asker_id: Mapped[int] = mapped_column(BigId, ForeignKey("people.id", ondelete="CASCADE"), index=True)
    org_id: Mapped[int] = mapped_column(BigId)
    role: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(10), default="asked")
    reason: Mapped[bytes] = mapped_column(LargeBinary)
    withheld: Mapped[bool] = mapped_column(Boolean, default=False)
    withheld_why: Mapped[bytes | None] = mapped_column(LargeBinary)
    decided_by: Mapped[int | None] = mapped_column(BigId, ForeignKey("people.id", ondelete="SET NULL"), index=True)
    asked_at: Mapped[datetime] = mapped_column(Instant)
    decided_at: Mapped[datetime | None] = mapped_column(Instant)
    due_at: Mapped[datetime] = mapped_column(Instant)
    """Until when it waits for an answer; once approved, until when it may be read."""


class LegalHold(Base):
    """暂缓删除 (P21): a sealed copy of one item under a key of its own, until a day, by a clause.

    Whatever erases the item erases it; the copy stays until the hold ends, and then goes with its key. ``sure`` is
    False as long as a report keeps it for a few days and no responsible person has said so.
    """

    __tablename__ = "legal_holds"
    __table_args__ = (Index("one_hold_an_item", "number", "letter", unique=True),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    letter: Mapped[str] = mapped_column(String(1))
    number: Mapped[int] = mapped_column(Integer)
    org_id: Mapped[int] = mapped_column(BigId)
    clause: Mapped[str] = mapped_column(String(120))
    secret: Mapped[bool] = mapped_column(Boolean, default=False)
    """Its person is not told, because that would endanger somebody."""
    sure: Mapped[bool] = mapped_column(Boolean, default=True)
    key_id: Mapped[int] = mapped_column(BigId)
    reason: Mapped[bytes] = mapped_column(LargeBinary)
    copy: Mapped[bytes] = mapped_column(LargeBinary)
    placed_by: Mapped[int | None] = mapped_column(BigId, ForeignKey("people.id", ondelete="SET NULL"), index=True)
    placed_at: Mapped[datetime] = mapped_column(Instant)
    until: Mapped[datetime] = mapped_column(Instant, index=True)


class HeldPerson(Base):
    """被暂缓的人: whose data a hold keeps; goes with the person, and the copy stays without anybody's id."""

    __tablename__ = "held_people"

    hold_id: Mapped[int] = mapped_column(BigId, ForeignKey("legal_holds.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("people.id", ondelete="CASCADE"), primary_key=True, index=True
    )
