"""举报: that harm or insult was reported, to whom it was passed on, and when; never the story (P25, P28)."""

from datetime import datetime

from sqlalchemy import Boolean, Index, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.base import Base, BigId, Instant, new_id


class HarmReport(Base):
    """举报 (P28): one item, and where its responsible persons reported it; who said so and what it is are not kept."""

    __tablename__ = "harm_reports"
    __table_args__ = (
        Index("ix_harm_reports_item", "number", "letter"),
        Index("ix_harm_reports_due", "state", "due_at"),
        Index("ix_harm_reports_at", "at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    letter: Mapped[str] = mapped_column(String(1))
    number: Mapped[int] = mapped_column(Integer)
    org_id: Mapped[int] = mapped_column(BigId)
    minor: Mapped[bool] = mapped_column(Boolean)
    """Whether it is about somebody under 18: then it has to be reported (未成年人保护法 11)."""
    state: Mapped[str] = mapped_column(String(12))
    authority: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Where it was reported, sealed under the key of the organisation at ``harm_reports:{id}:authority``."""
    at: Mapped[datetime] = mapped_column(Instant)
    due_at: Mapped[datetime] = mapped_column(Instant)
    reminded_at: Mapped[datetime | None] = mapped_column(Instant)
    told_above_at: Mapped[datetime | None] = mapped_column(Instant)
    done_at: Mapped[datetime | None] = mapped_column(Instant)
