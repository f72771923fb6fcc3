"""Addresses at which calendars are subscribed to."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.base import Base, BigId, Instant, new_id


class CalendarFeed(Base):
    """日历订阅: one address of a person's own calendar or, with ``org_id``, of an organ's that they administer.

    Of the address only the keyed hash of its token is kept; whoever stops it or leaves office deletes the row.
    """

    __tablename__ = "calendar_feeds"
    __table_args__ = (
        UniqueConstraint("person_id", "org_id"),
        Index(
            "one_calendar_feed_of_ones_own",
            "person_id",
            unique=True,
            sqlite_where=text("org_id IS NULL"),
            postgresql_where=text("org_id IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("people.id", ondelete="CASCADE"))
    org_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("org_units.id", ondelete="CASCADE"))
    token_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    made_at: Mapped[datetime] = mapped_column(Instant)
