"""An item of guidance that was done by an activity."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("guidance_entries", schema=None) as batch_op:
        batch_op.add_column(sa.Column("activity_id", BIG, nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_guidance_entries_activity_id"), "activities", ["activity_id"], ["id"], ondelete="SET NULL"
        )
        batch_op.create_index(batch_op.f("ix_guidance_entries_activity_id"), ["activity_id"], unique=False)


def downgrade() -> None:
    raise NotImplementedError("a newer schema is left by restoring a backup")
