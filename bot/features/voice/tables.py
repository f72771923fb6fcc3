"""Named voices, what was answered, who handed them up, and consultations with their answers.

What a youth said, what was answered to it and what was noted on its way up are sealed under the youth's own key, so
that erasing the youth destroys them; the rows stay without author and words, for the counts.
"""

from datetime import datetime

from sqlalchemy import Boolean, ForeignKey, Index, Integer, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.base import Base, BigId, Instant, new_id

_WORDED = "author_id IS NOT NULL OR text IS NOT NULL OR key_id IS NOT NULL"
"""Of what runs out: the row stays as a number."""


class Voice(Base):
    """青年之声 (R2.5, R4.2, 6.4). The linked cadre holds it, or the organ ``holder_org_id`` once it was handed up.

    A complaint never has a ``cadre_id``: an organ above holds it from the start. Of a complaint the day is kept, not
    the hour (S2.4). ``kind`` is None until its author has said which it is.
    """

    __tablename__ = "voices"
    __table_args__ = (
        Index("ix_voices_cadre", "cadre_id", "state"),
        Index("ix_voices_holder_org", "holder_org_id", "state"),
        Index("ix_voices_state_held", "state", "held_since"),
        Index("ix_voices_org_said", "org_id", "said_at"),
        Index("ix_voices_worded", "closed_at", sqlite_where=text(_WORDED), postgresql_where=text(_WORDED)),
    )

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    ref: Mapped[int] = mapped_column(Integer, unique=True)
    author_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("people.id", ondelete="SET NULL"), index=True)
    org_id: Mapped[int] = mapped_column(BigId, ForeignKey("org_units.id"))
    """The author's organisation when it was said."""
    cadre_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("people.id", ondelete="SET NULL"))
    holder_org_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("org_units.id"))
    kind: Mapped[str | None] = mapped_column(String(12))
    category: Mapped[str | None] = mapped_column(String(32))
    state: Mapped[str] = mapped_column(String(12))
    outcome: Mapped[str | None] = mapped_column(String(12))
    key_id: Mapped[int | None] = mapped_column(BigId)
    """The author's data key; of a complaint by somebody unknown the organ's."""
    text: Mapped[bytes | None] = mapped_column(LargeBinary)
    wordless: Mapped[bool] = mapped_column(Boolean, default=False)
    """The author wants to be spoken with and left no words (P9)."""
    named: Mapped[bool] = mapped_column(Boolean, default=False)
    """Whether organs may see who it is: only by the author's own word (P12)."""
    about: Mapped[str | None] = mapped_column(String(8))
    about_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("people.id", ondelete="SET NULL"), index=True)
    about_org_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("org_units.id"))
    """Whom a complaint concerns; they never see it, wherever else they hold an office."""
    said_at: Mapped[datetime] = mapped_column(Instant)
    held_since: Mapped[datetime] = mapped_column(Instant)
    """Since when it waits for whoever has it now."""
    first_answer_at: Mapped[datetime | None] = mapped_column(Instant)
    answered_at: Mapped[datetime | None] = mapped_column(Instant)
    reminded_at: Mapped[datetime | None] = mapped_column(Instant)
    told_above_at: Mapped[datetime | None] = mapped_column(Instant)
    raised: Mapped[int] = mapped_column(Integer, default=0)
    """How often it was handed one level up."""
    up_refused: Mapped[bool] = mapped_column(Boolean, default=False)
    """The author does not want it handed up; not asked again until they reopen it."""
    reopened: Mapped[int] = mapped_column(Integer, default=0)
    handed_named: Mapped[bool | None] = mapped_column(Boolean)
    """Its author handed it to ``cadre_id``, who stands in and is in no contact with them: with the name or without."""
    gone_asked_at: Mapped[datetime | None] = mapped_column(Instant)
    """When its author was asked whether to hand it over, because the cadre is gone."""
    closed_at: Mapped[datetime | None] = mapped_column(Instant)


class VoiceAnswer(Base):
    """回复: what a cadre or an organ (``org_id``) answered; without words: it was dealt with in person."""

    __tablename__ = "voice_answers"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    voice_id: Mapped[int] = mapped_column(BigId, ForeignKey("voices.id", ondelete="CASCADE"), index=True)
    by_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("people.id", ondelete="SET NULL"), index=True)
    org_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("org_units.id"))
    text: Mapped[bytes | None] = mapped_column(LargeBinary)
    at: Mapped[datetime] = mapped_column(Instant)


class Escalation(Base):
    """上报: a voice handed one level up by its author's word, with or without the name."""

    __tablename__ = "escalations"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    voice_id: Mapped[int] = mapped_column(BigId, ForeignKey("voices.id", ondelete="CASCADE"), index=True)
    from_org_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("org_units.id"))
    """None: from the linked cadre."""
    to_org_id: Mapped[int] = mapped_column(BigId, ForeignKey("org_units.id"))
    named: Mapped[bool] = mapped_column(Boolean, default=False)
    note: Mapped[bytes | None] = mapped_column(LargeBinary)
    at: Mapped[datetime] = mapped_column(Instant)
