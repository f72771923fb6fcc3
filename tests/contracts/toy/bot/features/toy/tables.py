"""Toys and who has them."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.base import Base, BigId, Instant, new_id


class Toy(Base):
    """玩具: what it is, sealed under its borrower's key, since when it is lent, and which cadre looks after it."""

    __tablename__ = "toys"
    __table_args__ = (Index("ix_toys_borrower_id", "borrower_id"), Index("ix_toys_lent_at", "lent_at"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    borrower_id: Mapped[int] = mapped_column(ForeignKey("people.id"))
    ref: Mapped[int] = mapped_column(BigId, default=1)
    cadre_id: Mapped[int | None] = mapped_column(ForeignKey("people.id"))
    handed_named: Mapped[bool | None] = mapped_column(default=None)
    gone_asked_at: Mapped[datetime | None] = mapped_column(Instant, default=None)
    what: Mapped[bytes] = mapped_column(LargeBinary)
    lent_at: Mapped[datetime] = mapped_column(Instant)
    reminded_at: Mapped[datetime | None] = mapped_column(Instant)
