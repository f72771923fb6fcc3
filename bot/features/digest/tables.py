"""Who has been told on which morning."""

from datetime import date

from sqlalchemy import Date, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.base import Base, BigId, new_id


class DigestMorning(Base):
    """摘要的一个早上: this person was told that day, or there was nothing to tell: one message a morning at most."""

    __tablename__ = "digest_mornings"
    __table_args__ = (UniqueConstraint("on", "person_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    on: Mapped[date] = mapped_column(Date)
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("people.id", ondelete="CASCADE"), index=True)
