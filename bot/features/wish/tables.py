"""Micro-wishes, the resources that fulfil them, and matches."""

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, Integer, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.base import Base, BigId, Instant, new_id

_WORDED = " OR ".join(f"{name} IS NOT NULL" for name in ("owner_id", "text", "pool_text", "tried", "done"))
"""Of what runs out: the row stays as a number."""


class ResourceMatch(Base):
    """资源对接: one wish and one resource; the owner is asked first, then the provider, who never learns who."""

    __tablename__ = "resource_matches"
    __table_args__ = (
        Index("ix_resource_matches_settled", "state", "settled_at"),
        Index("ix_resource_matches_wish", "wish_id", "state"),
        Index(
            "one_match_at_a_time",
            "wish_id",
            unique=True,
            sqlite_where=text("state IN ('owner_asked', 'provider_asked', 'claimed')"),
            postgresql_where=text("state IN ('owner_asked', 'provider_asked', 'claimed')"),
        ),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    wish_id: Mapped[int] = mapped_column(BigId, ForeignKey("wishes.id", ondelete="CASCADE"))
    resource_id: Mapped[int] = mapped_column(BigId, ForeignKey("resources.id", ondelete="CASCADE"), index=True)
    matched_by: Mapped[int | None] = mapped_column(BigId, ForeignKey("people.id", ondelete="SET NULL"), index=True)
    state: Mapped[str] = mapped_column(String(16))
    asked_at: Mapped[datetime] = mapped_column(Instant)
    settled_at: Mapped[datetime | None] = mapped_column(Instant)


class Wish(Base):
    """微心愿 (R2.5–R2.7, 6.5): words are sealed under the owner's key, so that erasing the owner leaves counts only.

    ``state`` is a ``WishState``; only ``bot/features/wish/acts/transition.py`` writes it. ``text``, ``pool_text``,
    ``tried`` and ``done`` are sealed at ``wishes:{id}:<column>``. ``org_id`` is the owner's organisation when the
    wish was made. A pooled wish stands in the pool of ``pool_org_id`` and may be claimed from there;
    ``agreed_level`` is how far up its owner said it may go. Beside it the pool shows ``shown_area_id``,
    ``shown_age`` and ``shown_kind``, which at least k youths share. A shared one (拼好愿) goes on as part of
    ``shared_into``.
    """

    __tablename__ = "wishes"
    __table_args__ = (
        Index("ix_wishes_worded", "closed_at", sqlite_where=text(_WORDED), postgresql_where=text(_WORDED)),
        Index("ix_wishes_org_state", "org_id", "state", "made_at"),
        Index("ix_wishes_pool", "pool_org_id", "state", "pooled_at"),
        Index(  # an organ's numbers and pages without a look at the rows, which are wide with sealed words
            "ix_wishes_waiting",
            "pool_org_id",
            "state",
            "waiting_since",
            "agreed_level",
            "shown_kind",
            "owner_id",
            "id",
        ),
        Index("ix_wishes_holder", "holder_id", "state"),
        Index("ix_wishes_cadre", "cadre_id", "state", "made_at", "owner_id"),
        Index("ix_wishes_owner", "owner_id", "made_at"),
        Index("ix_wishes_state", "state", "made_at"),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    ref: Mapped[int] = mapped_column(Integer, unique=True)
    owner_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("people.id", ondelete="SET NULL"))
    org_id: Mapped[int] = mapped_column(BigId, ForeignKey("org_units.id"))
    cadre_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("people.id", ondelete="SET NULL"))
    """The linked cadre it went to, who also delivers what comes from a pool."""
    holder_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("people.id", ondelete="SET NULL"))
    """Who has claimed it now; None: nobody."""
    kind: Mapped[str] = mapped_column(String(16))
    age_band: Mapped[str] = mapped_column(String(12))
    state: Mapped[str] = mapped_column(String(16))
    version: Mapped[int] = mapped_column(Integer, default=0)
    """Goes up with each change of state: of two who change it at once, one finds it changed."""
    text: Mapped[bytes | None] = mapped_column(LargeBinary)
    pool_text: Mapped[bytes | None] = mapped_column(LargeBinary)
    """What the pool shows: de-identified, seen and agreed to by the owner."""
    tried: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The cadre's note of what was tried before it went to the pool (R2.6)."""
    done: Mapped[bytes | None] = mapped_column(LargeBinary)
    """How it was fulfilled, or why it was declined, in the words of who did it."""
    agreed_level: Mapped[str | None] = mapped_column(String(16))
    pool_level: Mapped[str | None] = mapped_column(String(16))
    pool_org_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("org_units.id"))
    made_at: Mapped[datetime] = mapped_column(Instant)
    pooled_at: Mapped[datetime | None] = mapped_column(Instant)
    """When it entered the pool it is in now."""
    waiting_since: Mapped[datetime | None] = mapped_column(Instant)
    """When it entered its first pool: how old it is for the organs."""
    pool_asked_at: Mapped[datetime | None] = mapped_column(Instant)
    """When the owner was last asked how far up it may go."""
    shown_area_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("org_units.id"))
    shown_age: Mapped[str | None] = mapped_column(String(12))
    shown_kind: Mapped[str | None] = mapped_column(String(16))
    shared_into: Mapped[int | None] = mapped_column(BigId, ForeignKey("wishes.id", ondelete="SET NULL"), index=True)
    share_batch: Mapped[int | None] = mapped_column(BigId)
    """The 拼心愿 its owner last said yes to: only who said yes to the same one shares."""
    share_asked_at: Mapped[datetime | None] = mapped_column(Instant)
    """When the owner was last asked to share, unless the answer was a yes."""
    claimed_at: Mapped[datetime | None] = mapped_column(Instant)
    noticed_at: Mapped[datetime | None] = mapped_column(Instant)
    """When the holder was told that an idle claim goes back."""
    asked_at: Mapped[datetime | None] = mapped_column(Instant)
    """Since when the owner is asked whether it arrived."""
    reminded_at: Mapped[datetime | None] = mapped_column(Instant)
    """When whoever must act next was last reminded; empty again with each change."""
    handed_named: Mapped[bool | None] = mapped_column(Boolean)
    """Its owner handed it to ``cadre_id``, who stands in and is in no contact with them: with the name or without."""
    gone_asked_at: Mapped[datetime | None] = mapped_column(Instant)
    """When its owner was asked whether to hand it over, because the cadre is gone."""
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    reopened: Mapped[int] = mapped_column(Integer, default=0)
