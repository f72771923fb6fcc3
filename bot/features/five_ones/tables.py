"""What a province has set about the five ones, and waivers of single cadres' windows."""

from datetime import date, datetime

from sqlalchemy import JSON, Date, ForeignKey, Index, Integer, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.base import Base, BigId, Instant, new_id

_IN_FORCE = "undone_at IS NULL"


class QuotaVersion(Base):
    """五个一内容: what a province names as the content for one kind of cadre or for organs, from a day on (R2.8).

    It cites the province's plan (R6.11). There is no number: that is the notice's (P40). A version is never changed;
    a later one takes its place, from the first window on that begins on its day or after it.
    """

    __tablename__ = "quota_versions"
    __table_args__ = (UniqueConstraint("org_id", "subject", "from_day"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    org_id: Mapped[int] = mapped_column(BigId, ForeignKey("org_units.id"))
    subject: Mapped[str] = mapped_column(String(16))
    """A ``Subject``."""
    from_day: Mapped[date] = mapped_column(Date)
    kinds: Mapped[list[str]] = mapped_column(JSON)
    """Kinds of activities, or of organs the slots, in the province's order."""
    plan: Mapped[str] = mapped_column(String(100))
    plan_version: Mapped[str] = mapped_column(String(40))
    plan_day: Mapped[date] = mapped_column(Date)
    set_at: Mapped[datetime] = mapped_column(Instant)


class QuotaWaiver(Base):
    """免除: so many fewer for one cadre in one window, with a reason (P40).

    The reason is sealed under the organ's key at ``quota_waivers:{id}:reason``.
    """

    __tablename__ = "quota_waivers"
    __table_args__ = (
        Index(
            "ix_quota_waivers_in_force",
            *("cadre_id", "first_day", "last_day"),
            unique=True,
            sqlite_where=text(_IN_FORCE),
            postgresql_where=text(_IN_FORCE),
        ),
        Index("ix_quota_waivers_cadre_id", "cadre_id"),
        Index("ix_quota_waivers_org", "org_id", "last_day"),
        Index("ix_quota_waivers_last_day", "last_day"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    cadre_id: Mapped[int] = mapped_column(BigId, ForeignKey("people.id", ondelete="CASCADE"))
    org_id: Mapped[int] = mapped_column(BigId, ForeignKey("org_units.id"))
    """The organ that gave it."""
    first_day: Mapped[date] = mapped_column(Date)
    last_day: Mapped[date] = mapped_column(Date)
    fewer: Mapped[int] = mapped_column(Integer)
    reason: Mapped[bytes] = mapped_column(LargeBinary)
    given_by: Mapped[int | None] = mapped_column(BigId, ForeignKey("people.id", ondelete="SET NULL"), index=True)
    given_at: Mapped[datetime] = mapped_column(Instant)
    undone_at: Mapped[datetime | None] = mapped_column(Instant)
