"""Resources that fulfil wishes, and matches."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.base import Base, BigId, Instant, new_id


class Resource(Base):
    """资源: goods, time or services that an organ has to give; never money (P36).

    ``text`` is sealed under the organ's key at ``resources:{id}:text``. ``used`` counts the matches that take one of
    ``capacity``; only ``bot/features/resource/acts/balance.py`` writes it.
    """

    __tablename__ = "resources"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    ref: Mapped[int] = mapped_column(Integer, unique=True)
    org_id: Mapped[int] = mapped_column(BigId, ForeignKey("org_units.id"), index=True)
    offered_by: Mapped[int | None] = mapped_column(BigId, ForeignKey("people.id", ondelete="SET NULL"), index=True)
    kind: Mapped[str] = mapped_column(String(16))
    text: Mapped[bytes] = mapped_column(LargeBinary)
    capacity: Mapped[int] = mapped_column(Integer, default=1)
    used: Mapped[int] = mapped_column(Integer, default=0)
    state: Mapped[str] = mapped_column(String(12), default="open")
    offered_at: Mapped[datetime] = mapped_column(Instant)


class ResourceMatch(Base):
    """资源对接: one wish and one resource; the owner is asked first, then the provider, who never learns who."""

    __tablename__ = "resource_matches"
    __table_args__ = (
        Index("ix_resource_matches_settled", "state", "settled_at"),
        Index("ix_resource_matches_wish", "wish_id", "state"),
        Index(
            "one_match_at_a_time",
            "wish_id",
            unique=True,
            sqlite_where=text("state IN ('owner_asked', 'provider_asked', 'claimed')"),
            postgresql_where=text("state IN ('owner_asked', 'provider_asked', 'claimed')"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    wish_id: Mapped[int] = mapped_column(BigId, ForeignKey("wishes.id", ondelete="CASCADE"))
    resource_id: Mapped[int] = mapped_column(BigId, ForeignKey("resources.id", ondelete="CASCADE"), index=True)
    matched_by: Mapped[int | None] = mapped_column(BigId, ForeignKey("people.id", ondelete="SET NULL"), index=True)
    state: Mapped[str] = mapped_column(String(16))
    asked_at: Mapped[datetime] = mapped_column(Instant)
    settled_at: Mapped[datetime | None] = mapped_column(Instant)
