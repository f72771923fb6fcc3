"""Who has the calendar entry of an activity."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("activity_parts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("in_calendar", sa.Boolean(), nullable=False, server_default=sa.false()))


def downgrade() -> None:
    raise NotImplementedError("a newer schema is left by restoring a backup")
