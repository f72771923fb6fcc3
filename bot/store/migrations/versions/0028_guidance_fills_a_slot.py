"""guidance fills a slot."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("activities", schema=None) as batch_op:
        batch_op.add_column(sa.Column("counted_via", sa.String(length=12), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("a newer schema is left by restoring a backup")
