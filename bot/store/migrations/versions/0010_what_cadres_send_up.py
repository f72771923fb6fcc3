"""what cadres send up."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table('good_practices',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('ref', sa.Integer(), nullable=False),
    sa.Column('text', sa.LargeBinary(), nullable=True),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('reply', sa.LargeBinary(), nullable=True),
    sa.Column('sent_at', sa.BigInteger(), nullable=False),
    sa.Column('answered_at', sa.BigInteger(), nullable=True),
    sa.Column('sender_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('from_org_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('org_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['from_org_id'], ['org_units.id'], name=op.f('fk_good_practices_from_org_id')),
    sa.ForeignKeyConstraint(['org_id'], ['org_units.id'], name=op.f('fk_good_practices_org_id')),
    sa.ForeignKeyConstraint(['sender_id'], ['people.id'], name=op.f('fk_good_practices_sender_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_good_practices')),
    sa.UniqueConstraint('ref', name=op.f('uq_good_practices_ref'))
    )
    with op.batch_alter_table('good_practices', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_good_practices_answered_at'), ['answered_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_good_practices_org_id'), ['org_id'], unique=False)
        batch_op.create_index('ix_good_practices_state_org', ['state', 'org_id', 'sent_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_good_practices_sender_id'), ['sender_id'], unique=False)

    op.create_table('support_requests',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('ref', sa.Integer(), nullable=False),
    sa.Column('text', sa.LargeBinary(), nullable=True),
    sa.Column('state', sa.String(length=12), nullable=False),
    sa.Column('reply', sa.LargeBinary(), nullable=True),
    sa.Column('sent_at', sa.BigInteger(), nullable=False),
    sa.Column('answered_at', sa.BigInteger(), nullable=True),
    sa.Column('sender_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('from_org_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('org_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['from_org_id'], ['org_units.id'], name=op.f('fk_support_requests_from_org_id')),
    sa.ForeignKeyConstraint(['org_id'], ['org_units.id'], name=op.f('fk_support_requests_org_id')),
    sa.ForeignKeyConstraint(['sender_id'], ['people.id'], name=op.f('fk_support_requests_sender_id'), ondelete='SET NULL'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_support_requests')),
    sa.UniqueConstraint('ref', name=op.f('uq_support_requests_ref'))
    )
    with op.batch_alter_table('support_requests', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_support_requests_answered_at'), ['answered_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_support_requests_org_id'), ['org_id'], unique=False)
        batch_op.create_index('ix_support_requests_state_org', ['state', 'org_id', 'sent_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_support_requests_sender_id'), ['sender_id'], unique=False)




def downgrade() -> None:
    raise NotImplementedError("a newer schema is left by restoring a backup")
