"""Working groups of province and city organs."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from bot.store.base import Base, BigId, Instant, new_id


class WorkingGroup(Base):
    """工作小组: led by somebody of the leadership, to integrate resources and push the work (R2.12).

    ``name`` is sealed under the organ's key at ``working_groups:{id}:name``.
    """

    __tablename__ = "working_groups"
    __table_args__ = (Index("ix_working_groups_org_ended", "org_id", "ended_at"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    org_id: Mapped[int] = mapped_column(BigId, ForeignKey("org_units.id"))
    name: Mapped[bytes] = mapped_column(LargeBinary)
    leader_id: Mapped[int | None] = mapped_column(BigId, ForeignKey("people.id", ondelete="SET NULL"), index=True)
    began_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant, index=True)


class WorkingGroupMember(Base):
    """组员: somebody in office who works in it."""

    __tablename__ = "working_group_members"
    __table_args__ = (UniqueConstraint("group_id", "person_id"),)

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    group_id: Mapped[int] = mapped_column(BigId, ForeignKey("working_groups.id", ondelete="CASCADE"))
    person_id: Mapped[int] = mapped_column(BigId, ForeignKey("people.id", ondelete="CASCADE"), index=True)


class WorkingGroupTask(Base):
    """事项: what the group has taken on; sealed under the organ's key at ``working_group_tasks:{id}:text``."""

    __tablename__ = "working_group_tasks"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, default=new_id)
    group_id: Mapped[int] = mapped_column(BigId, ForeignKey("working_groups.id", ondelete="CASCADE"), index=True)
    text: Mapped[bytes] = mapped_column(LargeBinary)
    added_at: Mapped[datetime] = mapped_column(Instant)
