"""Guidance of the grassroots: who is linked with which committee, this year's choice, and what was done."""

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, Integer, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.base import Base, BigId, Instant, new_id


class GrassrootsLink(Base):
    """联系基层: a cadre is linked with a grassroots committee or general branch (R1.2)."""

    __tablename__ = "grassroots_links"
    __table_args__ = (
        Index(
            "ix_grassroots_links_active",
            "cadre_id",
            "org_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    cadre_id: Mapped[int] = mapped_column(BigId, ForeignKey("people.id", ondelete="CASCADE"), index=True)
    org_id: Mapped[int] = mapped_column(BigId, ForeignKey("org_units.id"), index=True)
    began_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant, index=True)


class GuidanceAssignment(Base):
    """联系指导: the one committee that a cadre guides in a year, and the one branch of it (R1.2, R1.6)."""

    __tablename__ = "guidance_assignments"
    __table_args__ = (UniqueConstraint("cadre_id", "year"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    cadre_id: Mapped[int] = mapped_column(BigId, ForeignKey("people.id", ondelete="CASCADE"))
    year: Mapped[int] = mapped_column(Integer, index=True)
    org_id: Mapped[int] = mapped_column(BigId, ForeignKey("org_units.id"), index=True)
    branch_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("org_units.id"))
    chosen_at: Mapped[datetime] = mapped_column(Instant)


class GuidanceEntry(Base):
    """指导记录: something of the checklist was done, on a day, with its process (R1.11, R6.5).

    ``process`` is sealed under the organ's key at ``guidance_entries:{id}:process``; it goes a year after its year.
    """

    __tablename__ = "guidance_entries"
    __table_args__ = (
        Index(
            "ix_guidance_entries_worded",
            "on",
            sqlite_where=text("process IS NOT NULL"),
            postgresql_where=text("process IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    assignment_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("guidance_assignments.id", ondelete="CASCADE"), index=True
    )
    item: Mapped[str] = mapped_column(String(24))
    activity_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("activities.id", ondelete="SET NULL"), index=True)
    """The activity by which it was done: its process is told there, once (P41)."""
    on: Mapped[date] = mapped_column(Date)
    process: Mapped[bytes | None] = mapped_column(LargeBinary)
    entered_at: Mapped[datetime] = mapped_column(Instant)
