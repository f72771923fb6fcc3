"""What cadres send up to their organ: good practices, and requests for support."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from bot.store.base import Base, BigId, Instant, new_id


class SentUp(Base):
    """送上去的事: sent by a cadre to an organ, and the organ's word on it; both sealed under the organ's key.

    ``text`` is sealed at ``<table>:{id}:text``, ``reply`` at ``<table>:{id}:reply``; it goes a year after the answer.
    """

    __abstract__ = True

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    ref: Mapped[int] = mapped_column(Integer, unique=True)

    @declared_attr
    @classmethod
    def sender_id(cls) -> Mapped[int | None]:
        return mapped_column(BigId, ForeignKey("people.id", ondelete="SET NULL"), index=True)

    @declared_attr
    @classmethod
    def from_org_id(cls) -> Mapped[int]:
        return mapped_column(BigId, ForeignKey("org_units.id"))

    @declared_attr
    @classmethod
    def org_id(cls) -> Mapped[int]:
        return mapped_column(BigId, ForeignKey("org_units.id"), index=True)

    text: Mapped[bytes | None] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(String(12))
    reply: Mapped[bytes | None] = mapped_column(LargeBinary)
    sent_at: Mapped[datetime] = mapped_column(Instant)
    answered_at: Mapped[datetime | None] = mapped_column(Instant, index=True)


class GoodPractice(SentUp):
    """好经验、好做法、先进典型: recommended to the organisation (R1.4)."""

    __tablename__ = "good_practices"
    __table_args__ = (Index("ix_good_practices_state_org", "state", "org_id", "sent_at"),)

    kind: Mapped[str] = mapped_column(String(12), default="experience", server_default="experience")
    """``PracticeKind``."""


class SupportRequest(SentUp):
    """支持请求: what a cadre needs of the organ for the work with youths: a venue, funds, people (R2.4)."""

    __tablename__ = "support_requests"
    __table_args__ = (Index("ix_support_requests_state_org", "state", "org_id", "sent_at"),)
