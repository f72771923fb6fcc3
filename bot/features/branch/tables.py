"""What a branch has held of its routine."""

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.base import Base, BigId, Instant, new_id


class BranchMeeting(Base):
    """支部的一次会、课或评议: 三会两制一课 (6.3), with its day and its process.

    ``process`` is sealed under the branch's key at ``branch_meetings:{id}:process`` and goes after a year.
    """

    __tablename__ = "branch_meetings"
    __table_args__ = (
        Index("ix_branch_meetings_org_on", "org_id", "on"),
        Index(
            "ix_branch_meetings_worded",
            "on",
            sqlite_where=text("process IS NOT NULL"),
            postgresql_where=text("process IS NOT NULL"),
        ),
        Index("ix_branch_meetings_on", "on"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    org_id: Mapped[int] = mapped_column(BigId, ForeignKey("org_units.id"))
    entered_by: Mapped[int | None] = mapped_column(BigId, ForeignKey("people.id", ondelete="SET NULL"), index=True)
    item: Mapped[str] = mapped_column(String(24))
    on: Mapped[date] = mapped_column(Date)
    process: Mapped[bytes | None] = mapped_column(LargeBinary)
    entered_at: Mapped[datetime] = mapped_column(Instant)
