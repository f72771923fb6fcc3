"""Talks, who took part, what was recorded, and gaps."""

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, Integer, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.base import Base, BigId, Instant, new_id


class Talk(Base):
    """谈心谈话: in a linked group (``chat_id``) or held elsewhere. Words are sealed; numbers are plain."""

    __tablename__ = "talks"
    __table_args__ = (
        Index(
            "one_open_talk",
            "chat_id",
            unique=True,
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
        Index("ix_talks_state", "state"),
        Index("ix_talks_chat_state", "chat_id", "state"),
        Index("ix_talks_closed_at", "closed_at"),
        Index("ix_talks_opened_at", "opened_at"),
        Index(
            "ix_talks_worded",
            "closed_at",
            sqlite_where=text("notes IS NOT NULL OR topic IS NOT NULL"),
            postgresql_where=text("notes IS NOT NULL OR topic IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    ref: Mapped[int] = mapped_column(Integer, unique=True)
    chat_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("chats.id"))
    cadre_id: Mapped[int] = mapped_column(BigId, ForeignKey("people.id"), index=True)
    state: Mapped[str] = mapped_column(String(12))
    kept: Mapped[str] = mapped_column(String(12), default="messages")
    key_id: Mapped[int] = mapped_column(BigId)
    topic: Mapped[bytes | None] = mapped_column(LargeBinary)
    notes: Mapped[bytes | None] = mapped_column(LargeBinary)
    notes_state: Mapped[str] = mapped_column(String(8), default="none")
    opened_at: Mapped[datetime] = mapped_column(Instant)
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    last_activity_at: Mapped[datetime] = mapped_column(Instant)
    last_notice_at: Mapped[datetime] = mapped_column(Instant)
    quiet_since: Mapped[datetime | None] = mapped_column(Instant)
    """Since when ● 记录中 was not to be seen, the last time that it was not; ``shown_at``: when it was seen again."""
    shown_at: Mapped[datetime | None] = mapped_column(Instant)
    not_stored: Mapped[int] = mapped_column(Integer, default=0)


class TalkPart(Base):
    """One person's part in a talk and the co-signing of it (co_sign, amend, delete)."""

    __tablename__ = "talk_parts"
    __table_args__ = (
        Index(
            "ix_talk_parts_amended",
            "talk_id",
            sqlite_where=text("amendment IS NOT NULL"),
            postgresql_where=text("amendment IS NOT NULL"),
        ),
    )

    talk_id: Mapped[int] = mapped_column(BigId, ForeignKey("talks.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(
        BigId, ForeignKey("people.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    role: Mapped[str] = mapped_column(String(8))
    minor: Mapped[bool] = mapped_column(Boolean, default=False)
    co_sign: Mapped[str] = mapped_column(String(12), default="none")
    asked_at: Mapped[datetime | None] = mapped_column(Instant)
    amendment: Mapped[bytes | None] = mapped_column(LargeBinary)


class TalkMessage(Base):
    """One recorded message, sealed under the speaker's own data key."""

    __tablename__ = "talk_messages"
    __table_args__ = (
        Index("ix_talk_messages_talk_order", "talk_id", "sent_at", "sequence", "arrived_at"),
        Index("ix_talk_messages_native", "native_index"),
        Index("ix_talk_messages_arrived_at", "arrived_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    talk_id: Mapped[int] = mapped_column(BigId, ForeignKey("talks.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("people.id", ondelete="CASCADE"), index=True)
    native_index: Mapped[bytes] = mapped_column(LargeBinary(32))
    sent_at: Mapped[datetime] = mapped_column(Instant)
    sequence: Mapped[int | None] = mapped_column(BigId)
    """The gateway's counter; from a gateway without one, the order of arrival."""
    arrived_at: Mapped[datetime] = mapped_column(Instant)
    body: Mapped[bytes] = mapped_column(LargeBinary)


class Gap(Base):
    """A hole in a recorded talk: from, to, how many are missing (None: unknown), how many came back, when told."""

    __tablename__ = "gaps"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    talk_id: Mapped[int] = mapped_column(BigId, ForeignKey("talks.id", ondelete="CASCADE"), index=True)
    why: Mapped[str] = mapped_column(String(16))
    from_at: Mapped[datetime] = mapped_column(Instant)
    to_at: Mapped[datetime | None] = mapped_column(Instant)
    missing: Mapped[int | None] = mapped_column(Integer)
    recovered: Mapped[int] = mapped_column(Integer, default=0)
    told_at: Mapped[datetime | None] = mapped_column(Instant)
