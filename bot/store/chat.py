"""Linked groups, contacts between cadres and youths, and plain counters."""

from datetime import date, datetime

from sqlalchemy import Date, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.base import Base, BigId, Instant, new_id


class Chat(Base):
    """群聊: a group as one bot sees it. ``state`` is linked, unlinked or lost (the bot was removed)."""

    __tablename__ = "chats"
    __table_args__ = (UniqueConstraint("channel", "bot_id", "native_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    channel: Mapped[str] = mapped_column(String(24))
    bot_id: Mapped[str] = mapped_column(String(32))
    native_id: Mapped[str] = mapped_column(String(64))
    org_id: Mapped[int] = mapped_column(BigId, ForeignKey("org_units.id"), index=True)
    owner_id: Mapped[int] = mapped_column(BigId, ForeignKey("people.id"), index=True)
    state: Mapped[str] = mapped_column(String(12), default="linked")
    linked_at: Mapped[datetime] = mapped_column(Instant)
    unlinked_at: Mapped[datetime | None] = mapped_column(Instant)


class ChatHost(Base):
    """Owner and co-hosts of a linked group."""

    __tablename__ = "chat_hosts"
    __table_args__ = (Index("ix_chat_hosts_person_id", "person_id"),)

    chat_id: Mapped[int] = mapped_column(BigId, ForeignKey("chats.id", ondelete="CASCADE"), primary_key=True)
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    since: Mapped[datetime] = mapped_column(Instant)


class Contact(Base):
    """直接联系: cadre and youth, since when, through which group, ended when and why. ``ref`` is the K number."""

    __tablename__ = "contacts"
    __table_args__ = (UniqueConstraint("cadre_id", "youth_id", "chat_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    cadre_id: Mapped[int] = mapped_column(BigId, ForeignKey("people.id", ondelete="CASCADE"), index=True)
    youth_id: Mapped[int] = mapped_column(BigId, ForeignKey("people.id", ondelete="CASCADE"), index=True)
    chat_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("chats.id"), index=True)
    ref: Mapped[int] = mapped_column(Integer)
    since: Mapped[datetime] = mapped_column(Instant)
    last_contact_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    ended_why: Mapped[str | None] = mapped_column(String(24))


class ChatDay(Base):
    """How many messages a linked group had on a day: a number, no person (R4.1)."""

    __tablename__ = "chat_days"

    chat_id: Mapped[int] = mapped_column(BigId, ForeignKey("chats.id", ondelete="CASCADE"), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    messages: Mapped[int] = mapped_column(Integer, default=0)


class RefNumber(Base):
    """A reference in use (``T4821``): scattered, unique in the whole installation (commands.md)."""

    __tablename__ = "ref_numbers"

    letter: Mapped[str] = mapped_column(String(1), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
