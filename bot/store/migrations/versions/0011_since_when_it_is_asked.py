"""When a question was shown, and how long it lives from then."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("prompts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("life", sa.Integer(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("shown_at", sa.BigInteger(), nullable=True))
    # What an older version put was shown as far as it knew; what still waited was not.
    op.execute("UPDATE prompts SET life = (expires_at - asked_at) / 1000")
    op.execute("UPDATE prompts SET shown_at = asked_at WHERE state <> 'queued'")


def downgrade() -> None:
    raise NotImplementedError("a newer schema is left by restoring a backup")
