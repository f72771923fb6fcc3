"""Organisations, people, accounts, roles and bind codes."""

from datetime import datetime
from typing import Final

from sqlalchemy import Boolean, ForeignKey, Index, LargeBinary, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.base import Base, BigId, Instant, new_id

MOST_BOTS: Final = 5
"""Bots that an account is remembered to have spoken to, beside the last one."""


class OrgUnit(Base):
    """团组织: a League organisation; ``path`` is ``/root/…/self/`` so that "own and below" is a prefix (P13)."""

    __tablename__ = "org_units"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    code: Mapped[str] = mapped_column(String(64), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    parent_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("org_units.id"))
    level: Mapped[str] = mapped_column(String(16))
    kind: Mapped[str] = mapped_column(String(16))
    path: Mapped[str] = mapped_column(String(400), index=True)
    key_id: Mapped[int] = mapped_column(BigId)


class Person(Base):
    """人: a cadre, a youth or both. ``state`` is pending until a youth has given the age band (P10).

    ``note`` tells two people of one name in one organisation apart; until ``away_until`` nothing new goes to a cadre.
    After words of danger the bot wants nothing of a person until ``calm_until``; then it is empty again (P27).
    """

    __tablename__ = "people"
    __table_args__ = (
        Index("ix_people_state_created", "state", "created_at"),
        Index(
            "ix_people_calm",
            "calm_until",
            sqlite_where=text("calm_until IS NOT NULL"),
            postgresql_where=text("calm_until IS NOT NULL"),
        ),
        Index(
            "ix_people_no_youths",
            "state",
            "id",
            sqlite_where=text("is_youth IS 0"),
            postgresql_where=text("is_youth IS FALSE"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    state: Mapped[str] = mapped_column(String(12), default="active")
    name: Mapped[bytes] = mapped_column(LargeBinary)
    name_index: Mapped[bytes | None] = mapped_column(LargeBinary(32), index=True)
    note: Mapped[bytes | None] = mapped_column(LargeBinary)
    org_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("org_units.id"), index=True)
    age_band: Mapped[str | None] = mapped_column(String(12))
    is_youth: Mapped[bool] = mapped_column(Boolean, default=False)
    reminders_off: Mapped[bool] = mapped_column(Boolean, default=False)
    away_until: Mapped[datetime | None] = mapped_column(Instant)
    calm_until: Mapped[datetime | None] = mapped_column(Instant)
    key_id: Mapped[int] = mapped_column(BigId)
    created_at: Mapped[datetime] = mapped_column(Instant)


class RoleGrant(Base):
    """角色: one role for one organisation, with an end date when it was taken back."""

    __tablename__ = "role_grants"
    __table_args__ = (
        UniqueConstraint("person_id", "org_id", "role"),
        Index("ix_role_grants_role_org", "role", "org_id"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("people.id", ondelete="CASCADE"))
    org_id: Mapped[int] = mapped_column(BigId, ForeignKey("org_units.id"), index=True)
    role: Mapped[str] = mapped_column(String(24))
    cadre_kind: Mapped[str | None] = mapped_column(String(16))
    is_leadership: Mapped[bool] = mapped_column(Boolean, default=False)
    since: Mapped[datetime] = mapped_column(Instant)
    until: Mapped[datetime | None] = mapped_column(Instant)


class Account(Base):
    """账号: one account on one platform. The native id is sealed; ``native_index`` finds it (blind index)."""

    __tablename__ = "accounts"
    __table_args__ = (UniqueConstraint("channel", "scope", "native_index"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("people.id", ondelete="CASCADE"), index=True)
    channel: Mapped[str] = mapped_column(String(24))
    scope: Mapped[str] = mapped_column(String(64), default="")
    native: Mapped[bytes] = mapped_column(LargeBinary)
    native_index: Mapped[bytes] = mapped_column(LargeBinary(32))
    bot_id: Mapped[str] = mapped_column(String(32))
    """The bot by which this account was heard last; ``other_bots`` the ones before it, newest first."""
    other_bots: Mapped[str] = mapped_column(String(200), default="", server_default="")
    via_group: Mapped[str] = mapped_column(String(32), default="")
    reachable: Mapped[bool | None] = mapped_column(Boolean)
    bound_at: Mapped[datetime] = mapped_column(Instant)

    @property
    def bots(self) -> tuple[str, ...]:
        """Every bot to which this account has spoken, the last one first."""
        return (self.bot_id, *self.other_bots.split())

    def hears(self, bot_id: str) -> None:
        """This account has spoken to that bot just now."""
        others = [bot for bot in self.bots if bot != bot_id]
        self.bot_id, self.other_bots = bot_id, " ".join(others[:MOST_BOTS])


class BindCode(Base):
    """绑定码: only its keyed hash is kept; one use, 24 hours."""

    __tablename__ = "bind_codes"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("people.id", ondelete="CASCADE"), index=True)
    code_hash: Mapped[bytes] = mapped_column(LargeBinary(32), unique=True)
    expires_at: Mapped[datetime] = mapped_column(Instant, index=True)
    used_at: Mapped[datetime | None] = mapped_column(Instant)


class BindAttempt(Base):
    """A wrong bind code from one account; kept for an hour only (limits, threat 5)."""

    __tablename__ = "bind_attempts"
    __table_args__ = (Index("ix_bind_attempts_account_at", "account_index", "at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    account_index: Mapped[bytes] = mapped_column(LargeBinary(32))
    at: Mapped[datetime] = mapped_column(Instant, index=True)
