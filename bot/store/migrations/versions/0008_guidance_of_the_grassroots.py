"""Guidance of the grassroots: links, choices, entries."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('grassroots_links',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('cadre_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('org_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('began_at', sa.BigInteger(), nullable=False),
    sa.Column('ended_at', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['cadre_id'], ['people.id'], name=op.f('fk_grassroots_links_cadre_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['org_id'], ['org_units.id'], name=op.f('fk_grassroots_links_org_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_grassroots_links'))
    )
    with op.batch_alter_table('grassroots_links', schema=None) as batch_op:
        batch_op.create_index('ix_grassroots_links_active', ['cadre_id', 'org_id'], unique=True, sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))
        batch_op.create_index(batch_op.f('ix_grassroots_links_cadre_id'), ['cadre_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_grassroots_links_ended_at'), ['ended_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_grassroots_links_org_id'), ['org_id'], unique=False)

    op.create_table('guidance_assignments',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('cadre_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('year', sa.Integer(), nullable=False),
    sa.Column('org_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('branch_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('chosen_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['branch_id'], ['org_units.id'], name=op.f('fk_guidance_assignments_branch_id')),
    sa.ForeignKeyConstraint(['cadre_id'], ['people.id'], name=op.f('fk_guidance_assignments_cadre_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['org_id'], ['org_units.id'], name=op.f('fk_guidance_assignments_org_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_guidance_assignments')),
    sa.UniqueConstraint('cadre_id', 'year', name=op.f('uq_guidance_assignments_cadre_id_year'))
    )
    with op.batch_alter_table('guidance_assignments', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_guidance_assignments_org_id'), ['org_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_guidance_assignments_year'), ['year'], unique=False)

    op.create_table('guidance_entries',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('assignment_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('item', sa.String(length=24), nullable=False),
    sa.Column('on', sa.Date(), nullable=False),
    sa.Column('process', sa.LargeBinary(), nullable=True),
    sa.Column('entered_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['assignment_id'], ['guidance_assignments.id'], name=op.f('fk_guidance_entries_assignment_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_guidance_entries'))
    )
    with op.batch_alter_table('guidance_entries', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_guidance_entries_assignment_id'), ['assignment_id'], unique=False)
        batch_op.create_index('ix_guidance_entries_worded', ['on'], unique=False, sqlite_where=sa.text('process IS NOT NULL'), postgresql_where=sa.text('process IS NOT NULL'))


def downgrade() -> None:
    raise NotImplementedError("a newer schema is left by restoring a backup")
