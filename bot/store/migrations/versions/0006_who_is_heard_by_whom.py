"""By which bots an account was heard, and when the notice of a talk was to be seen."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("other_bots", sa.String(length=200), server_default="", nullable=False))

    with op.batch_alter_table("talks", schema=None) as batch_op:
        batch_op.add_column(sa.Column("quiet_since", sa.BigInteger(), nullable=True))
        batch_op.add_column(sa.Column("shown_at", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("a newer schema is left by restoring a backup")
