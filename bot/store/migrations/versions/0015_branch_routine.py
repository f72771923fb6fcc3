"""branch routine."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('branch_meetings',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('org_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('entered_by', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('item', sa.String(length=24), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('process', sa.LargeBinary(), nullable=True),
    sa.Column('entered_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['entered_by'], ['people.id'], name=op.f('fk_branch_meetings_entered_by'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['org_id'], ['org_units.id'], name=op.f('fk_branch_meetings_org_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_branch_meetings'))
    )
    with op.batch_alter_table('branch_meetings', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_branch_meetings_entered_by'), ['entered_by'], unique=False)
        batch_op.create_index('ix_branch_meetings_on', ['on'], unique=False)
        batch_op.create_index('ix_branch_meetings_org_on', ['org_id', 'on'], unique=False)
        batch_op.create_index('ix_branch_meetings_worded', ['on'], unique=False, sqlite_where=sa.text('process IS NOT NULL'), postgresql_where=sa.text('process IS NOT NULL'))



def downgrade() -> None:
    raise NotImplementedError("a newer schema is left by restoring a backup")
