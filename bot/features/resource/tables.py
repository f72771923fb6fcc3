"""Resources that fulfil wishes, and matches."""

from datetime import datetime

from sqlalchemy import ForeignKey, Integer, LargeBinary, String
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
