"""Rights requests and the proofs of the daily expiry."""

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.base import Base, BigId, Instant, new_id


class RightsRequest(Base):
    """个人权利请求: what was asked, until when it is due, and when it was done (P7)."""

    __tablename__ = "rights_requests"
    __table_args__ = (Index("ix_rights_requests_state_due", "state", "due_at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    person_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("people.id", ondelete="SET NULL"), index=True)
    org_id: Mapped[int | None] = mapped_column(BigId)
    kind: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(12), default="open")
    asked_at: Mapped[datetime] = mapped_column(Instant)
    due_at: Mapped[datetime] = mapped_column(Instant)
    done_at: Mapped[datetime | None] = mapped_column(Instant, index=True)


class RetentionRun(Base):
    """What the daily expiry removed, kind by kind: the proof that P20 asks for."""

    __tablename__ = "retention_runs"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    kind: Mapped[str] = mapped_column(String(24), primary_key=True)
    removed: Mapped[int] = mapped_column(Integer)
    ran_at: Mapped[datetime] = mapped_column(Instant)
