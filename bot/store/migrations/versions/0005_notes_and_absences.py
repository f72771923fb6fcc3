"""notes that tell namesakes apart, absences of cadres, what is handed over."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("people", schema=None) as batch_op:
        batch_op.add_column(sa.Column("note", sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column("away_until", sa.BigInteger(), nullable=True))
    for table in ("voices", "wishes"):
        with op.batch_alter_table(table, schema=None) as batch_op:
            batch_op.add_column(sa.Column("handed_named", sa.Boolean(), nullable=True))
            batch_op.add_column(sa.Column("gone_asked_at", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("a newer schema is left by restoring a backup")
