"""紧急查阅: that a duty officer looked in danger to life, and what came of the review (P16)."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.base import Base, BigId, Instant, new_id


class BreakGlass(Base):
    """紧急查阅 (P16): one officer, one item; the reason is sealed under the key of whose data it is.

    ``second_id``: who said the same, where nobody responsible could be told.
    """

    __tablename__ = "break_glass"
    __table_args__ = (
        Index("ix_break_glass_item", "number", "letter"),
        Index("ix_break_glass_due", "state", "due_at"),
        Index("ix_break_glass_at", "at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    letter: Mapped[str] = mapped_column(String(1))
    number: Mapped[int] = mapped_column(Integer)
    org_id: Mapped[int] = mapped_column(BigId)
    subject_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("people.id", ondelete="SET NULL"), index=True)
    officer_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("people.id", ondelete="SET NULL"), index=True)
    second_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("people.id", ondelete="SET NULL"), index=True)
    state: Mapped[str] = mapped_column(String(12))
    reason: Mapped[bytes] = mapped_column(LargeBinary)
    at: Mapped[datetime] = mapped_column(Instant)
    due_at: Mapped[datetime] = mapped_column(Instant)
    told_above_at: Mapped[datetime | None] = mapped_column(Instant)
    reviewed_at: Mapped[datetime | None] = mapped_column(Instant)
