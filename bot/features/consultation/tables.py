"""Consultations and their answers."""

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, Integer, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.base import Base, BigId, Instant, new_id


class Consultation(Base):
    """问计于青年 (R4.4): a question to a group, to a cadre's own youths or to an organ's groups.

    The question and what was adopted are the organ's words, sealed under the organisation's key.
    """

    __tablename__ = "consultations"
    __table_args__ = (
        Index("ix_consultations_state_ends", "state", "ends_at"),
        Index("ix_consultations_cursor", "cursor"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    ref: Mapped[int] = mapped_column(Integer, unique=True)
    asker_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("people.id", ondelete="SET NULL"), index=True)
    org_id: Mapped[int] = mapped_column(BigId, ForeignKey("org_units.id"), index=True)
    reach: Mapped[str] = mapped_column(String(8))
    chat_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("chats.id"))
    key_id: Mapped[int] = mapped_column(BigId)
    text: Mapped[bytes] = mapped_column(LargeBinary)
    result: Mapped[bytes | None] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(String(8))
    written: Mapped[int] = mapped_column(Integer, default=0)
    """How many youths or groups it was put to."""
    cursor: Mapped[int | None] = mapped_column(BigId)
    """How far its question, and later its result, has been sent; None: to everybody it goes to."""
    asked_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant)
    reminded_at: Mapped[datetime | None] = mapped_column(Instant)
    closed_at: Mapped[datetime | None] = mapped_column(Instant, index=True)


class ConsultationAnswer(Base):
    """A youth's one answer to a consultation, under the youth's own key; a second one takes its place. Day only."""

    __tablename__ = "consultation_answers"
    __table_args__ = (
        UniqueConstraint("consultation_id", "person_id"),
        Index(
            "ix_consultation_answers_worded",
            "consultation_id",
            sqlite_where=text("text IS NOT NULL"),
            postgresql_where=text("text IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    consultation_id: Mapped[int] = mapped_column(BigId, ForeignKey("consultations.id", ondelete="CASCADE"))
    person_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("people.id", ondelete="SET NULL"), index=True)
    text: Mapped[bytes | None] = mapped_column(LargeBinary)
    day: Mapped[date] = mapped_column(Date)
