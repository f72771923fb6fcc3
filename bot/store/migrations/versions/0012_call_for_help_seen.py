"""When a duty officer has read a call for help."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('crises', schema=None) as batch_op:
        batch_op.add_column(sa.Column('seen_at', sa.BigInteger(), nullable=True))


def downgrade() -> None:
    raise NotImplementedError("a newer schema is left by restoring a backup")
