"""Reminders and their occurrences."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.base import Base, BigId, Instant, new_id


class Reminder(Base):
    """提醒: what somebody has set, for a linked group or, without one, for themselves.

    ``said`` is the repetition in the words of its receipt, which mean the same whenever they are read from
    ``begins_at`` on; empty: it comes once, at ``begins_at``. So the hour on the wall is stored, never seconds between
    two occurrences. ``version`` rises with every change: what an older one had planned does not go out. ``words`` is
    sealed under the reminder's own key at ``reminders:{id}:words``.
    """

    __tablename__ = "reminders"
    __table_args__ = (
        Index("ix_reminders_ended_at", "ended_at"),
        Index("ix_reminders_owner_id_state", "owner_id", "state"),
        Index("ix_reminders_chat_id_state", "chat_id", "state"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    ref: Mapped[int] = mapped_column(unique=True)
    owner_id: Mapped[int] = mapped_column(BigId, ForeignKey("people.id", ondelete="CASCADE"))
    chat_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("chats.id", ondelete="CASCADE"))
    cheerful: Mapped[bool] = mapped_column(default=False)
    """Whether it is a template that is not said on days of mourning."""
    said: Mapped[str] = mapped_column(String(120))
    begins_at: Mapped[datetime] = mapped_column(Instant)
    key_id: Mapped[int] = mapped_column(BigId)
    words: Mapped[bytes | None] = mapped_column(LargeBinary)
    state: Mapped[str] = mapped_column(String(12))
    version: Mapped[int] = mapped_column(default=1)
    made_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    unreached_at: Mapped[datetime | None] = mapped_column(Instant)
    """Since when it cannot be said where it belongs; its owner hears it once."""


class ReminderOccurrence(Base):
    """提醒的一次: one time that a reminder is due, and what became of it; no two of one reminder at one instant.

    ``goes_at`` is when it goes out: in a group after the quiet hours. ``place`` is the group, or the owner where it is
    for themselves: what goes to one place at one instant is one message, known by ``told_with``, its first occurrence.
    """

    __tablename__ = "reminder_occurrences"
    __table_args__ = (
        UniqueConstraint("reminder_id", "due_at"),
        Index(
            "ix_reminder_occurrences_planned",
            "goes_at",
            "place",
            sqlite_where=text("state = 'planned'"),
            postgresql_where=text("state = 'planned'"),
        ),
        Index(
            "ix_reminder_occurrences_handed",
            "goes_at",
            sqlite_where=text("state = 'handed'"),
            postgresql_where=text("state = 'handed'"),
        ),
        Index(
            "ix_reminder_occurrences_estimated",
            "due_at",
            sqlite_where=text("state = 'planned' AND estimated IS 1"),
            postgresql_where=text("state = 'planned' AND estimated IS TRUE"),
        ),
        Index("ix_reminder_occurrences_due_at", "due_at"),
        Index("ix_reminder_occurrences_told_with", "told_with"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    reminder_id: Mapped[int] = mapped_column(BigId, ForeignKey("reminders.id", ondelete="CASCADE"))
    version: Mapped[int]
    due_at: Mapped[datetime] = mapped_column(Instant)
    goes_at: Mapped[datetime] = mapped_column(Instant)
    place: Mapped[int] = mapped_column(BigId)
    state: Mapped[str] = mapped_column(String(12))
    why: Mapped[str | None] = mapped_column(String(12))
    estimated: Mapped[bool] = mapped_column(default=False)
    told_with: Mapped[int | None] = mapped_column(BigId)
