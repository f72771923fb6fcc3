"""Activities, who takes part, check-in codes, wrong codes, and what was corrected."""

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, Integer, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.base import Base, BigId, Instant, new_id

_WORDED = " OR ".join(f"{name} IS NOT NULL" for name in ("place", "topic", "process", "reason"))
"""Of what runs out: the row stays as a figure for two more years."""
_UNSETTLED = "ended_at IS NOT NULL AND settled_at IS NULL"


class Activity(Base):
    """活动 (R2.9–R2.11, P35, P38, P39): one real activity is one row. Words are sealed under a key of its own.

    ``state`` is an ``ActivityState``. Capacity is one number on this row, and whoever takes or gives a seat holds the
    row first; how many sit is counted from the states of its parts. Sealed at ``activities:{id}:<column>``: ``place``,
    ``topic``, ``process`` (what happened), ``reason`` (why it was cancelled) and ``explained`` (说明).
    """

    __tablename__ = "activities"
    __table_args__ = (
        Index("ix_activities_cadre", "cadre_id", "starts_at"),
        Index("ix_activities_chat", "chat_id", "starts_at"),
        Index("ix_activities_unsettled", "ended_at", sqlite_where=text(_UNSETTLED), postgresql_where=text(_UNSETTLED)),
        Index("ix_activities_worded", "ends_at", sqlite_where=text(_WORDED), postgresql_where=text(_WORDED)),
        Index("ix_activities_ends_at", "ends_at"),
        Index(
            "ix_activities_of_organs",
            "org_id",
            "starts_at",
            sqlite_where=text("slot IS NOT NULL"),
            postgresql_where=text("slot IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    ref: Mapped[int] = mapped_column(Integer, unique=True)
    cadre_id: Mapped[int] = mapped_column(BigId, ForeignKey("people.id"))
    """Who organises it; hosts of its group may do the same things."""
    org_id: Mapped[int] = mapped_column(BigId, ForeignKey("org_units.id"))
    chat_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("chats.id"))
    """The group it was announced in."""
    kind: Mapped[str] = mapped_column(String(20))
    slot: Mapped[str | None] = mapped_column(String(20))
    """机关活动: which of the organ's five it fills (R2.1); empty: a cadre's own."""
    counted_via: Mapped[str | None] = mapped_column(String(12))
    """By what a cadre's own activity fills a slot: ``guidance`` (R2.3)."""
    state: Mapped[str] = mapped_column(String(12))
    key_id: Mapped[int] = mapped_column(BigId)
    place: Mapped[bytes | None] = mapped_column(LargeBinary)
    topic: Mapped[bytes | None] = mapped_column(LargeBinary)
    process: Mapped[bytes | None] = mapped_column(LargeBinary)
    reason: Mapped[bytes | None] = mapped_column(LargeBinary)
    explained: Mapped[bytes | None] = mapped_column(LargeBinary)
    capacity: Mapped[int | None] = mapped_column(Integer)
    present: Mapped[int | None] = mapped_column(Integer)
    """How many came, as the organiser says."""
    starts_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant)
    made_at: Mapped[datetime] = mapped_column(Instant)
    announced_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    """When its process was entered."""
    cancelled_at: Mapped[datetime | None] = mapped_column(Instant)
    settled_at: Mapped[datetime | None] = mapped_column(Instant)
    """When nobody is asked any more and the names of those who said nothing were let go."""
    late: Mapped[bool] = mapped_column(Boolean, default=False)
    """补录: entered more than seven days after its end."""
    notes: Mapped[str] = mapped_column(String(120), default="")
    """Integrity notes (P39), shown to the organiser first."""
    revision: Mapped[int] = mapped_column(Integer, default=0)
    """SEQUENCE of its calendar entry: up with each change of time, place, topic or state."""


class ActivityCadre(Base):
    """同办: another cadre who takes part; it is one activity, and counts once for each of them (A3, R2.11)."""

    __tablename__ = "activity_cadres"
    __table_args__ = (Index("ix_activity_cadres_person", "person_id", "starts_at"),)

    activity_id: Mapped[int] = mapped_column(BigId, ForeignKey("activities.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    starts_at: Mapped[datetime] = mapped_column(Instant)
    """That of the activity, so that those of a window are found without its history."""


class ActivityPart(Base):
    """One youth's part in an activity: the state decides what counts.

    Who leaves is deleted; who says 没参加 stays as a number without a name; who is erased stays as a number, too.
    """

    __tablename__ = "activity_parts"
    __table_args__ = (
        UniqueConstraint("activity_id", "person_id"),
        Index("ix_activity_parts_order", "activity_id", "state", "position"),
        Index("ix_activity_parts_person", "person_id"),
        Index(
            "ix_activity_parts_entry_due",
            "since",
            sqlite_where=text("entry_due IS 1"),
            postgresql_where=text("entry_due IS TRUE"),
        ),
        Index(
            "ix_activity_parts_held",
            "hold_until",
            sqlite_where=text("hold_until IS NOT NULL"),
            postgresql_where=text("hold_until IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    activity_id: Mapped[int] = mapped_column(BigId, ForeignKey("activities.id", ondelete="CASCADE"))
    person_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("people.id", ondelete="SET NULL"))
    state: Mapped[str] = mapped_column(String(12))
    position: Mapped[int] = mapped_column(BigId)
    """Place in the order of sign-up and of the waiting list."""
    since: Mapped[datetime] = mapped_column(Instant)
    hold_until: Mapped[datetime | None] = mapped_column(Instant)
    """Moved up but not reached: until when the seat is kept before the next one is asked."""
    in_calendar: Mapped[bool] = mapped_column(Boolean, default=False)
    """They have the calendar entry, so a move or a cancellation reaches it too."""
    entry_due: Mapped[bool] = mapped_column(Boolean, default=False)
    """They are to get it: a tick makes it, so that two hundred who sign up at once need not wait for each other's."""
    asked_at: Mapped[datetime | None] = mapped_column(Instant)
    """When they were asked whether they took part: nobody is asked twice."""


class ActivityCode(Base):
    """签到码: four digits, unique among those that are valid; it is said aloud on the spot, so it stands plain."""

    __tablename__ = "activity_codes"
    __table_args__ = (Index("ix_activity_codes_activity", "activity_id"), Index("ix_activity_codes_until", "until"))

    code: Mapped[str] = mapped_column(String(8), primary_key=True)
    activity_id: Mapped[int] = mapped_column(BigId, ForeignKey("activities.id", ondelete="CASCADE"))
    made_at: Mapped[datetime] = mapped_column(Instant)
    until: Mapped[datetime] = mapped_column(Instant)


class ActivityAttempt(Base):
    """A wrong check-in code from one account; it lives ten minutes."""

    __tablename__ = "activity_attempts"
    __table_args__ = (Index("ix_activity_attempts_account", "account_id", "at"), Index("ix_activity_attempts_at", "at"))

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    account_id: Mapped[int] = mapped_column(BigId, ForeignKey("accounts.id", ondelete="CASCADE"))
    at: Mapped[datetime] = mapped_column(Instant)


class ActivityChange(Base):
    """更正: what a process, a number or a kind was before, sealed at ``activity_changes:{id}:old``."""

    __tablename__ = "activity_changes"
    __table_args__ = (Index("ix_activity_changes_activity", "activity_id", "at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    activity_id: Mapped[int] = mapped_column(BigId, ForeignKey("activities.id", ondelete="CASCADE"))
    what: Mapped[str] = mapped_column(String(12))
    old: Mapped[bytes | None] = mapped_column(LargeBinary)
    at: Mapped[datetime] = mapped_column(Instant)
