"""practices have a kind."""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("good_practices", schema=None) as batch_op:
        batch_op.add_column(sa.Column("kind", sa.String(length=12), nullable=False, server_default="experience"))


def downgrade() -> None:
    raise NotImplementedError("a newer schema is left by restoring a backup")
