"""Which activities are part of which campaign: no person, no words."""

from datetime import datetime

from sqlalchemy import ForeignKey, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.base import Base, BigId, Instant, new_id


class CampaignPart(Base):
    """算进集中活动: an activity that was said to be part of a campaign; it goes with the activity (R3)."""

    __tablename__ = "campaign_parts"
    __table_args__ = (UniqueConstraint("activity_id", "campaign"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    activity_id: Mapped[int] = mapped_column(BigId, ForeignKey("activities.id", ondelete="CASCADE"))
    campaign: Mapped[str] = mapped_column(String(24))
    year: Mapped[int] = mapped_column(Integer)
    """The year in which its window begins."""
    since: Mapped[datetime] = mapped_column(Instant)
