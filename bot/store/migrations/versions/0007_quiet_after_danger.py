"""Quiet after words of danger, and whose own a question is."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table('people', schema=None) as batch_op:
        batch_op.add_column(sa.Column('calm_until', sa.BigInteger(), nullable=True))
        batch_op.create_index('ix_people_calm', ['calm_until'], unique=False, sqlite_where=sa.text('calm_until IS NOT NULL'), postgresql_where=sa.text('calm_until IS NOT NULL'))

    with op.batch_alter_table('prompts', schema=None) as batch_op:
        batch_op.add_column(sa.Column('own', sa.Boolean(), server_default='0', nullable=False))


def downgrade() -> None:
    raise NotImplementedError("a newer schema is left by restoring a backup")
