"""mentors and working groups."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('mentor_links',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('cadre_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('secretary_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('began_at', sa.BigInteger(), nullable=False),
    sa.Column('ended_at', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['cadre_id'], ['people.id'], name=op.f('fk_mentor_links_cadre_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['secretary_id'], ['people.id'], name=op.f('fk_mentor_links_secretary_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mentor_links'))
    )
    with op.batch_alter_table('mentor_links', schema=None) as batch_op:
        batch_op.create_index('ix_mentor_links_active', ['cadre_id', 'secretary_id'], unique=True, sqlite_where=sa.text('ended_at IS NULL'), postgresql_where=sa.text('ended_at IS NULL'))
        batch_op.create_index(batch_op.f('ix_mentor_links_cadre_id'), ['cadre_id'], unique=False)
        batch_op.create_index(batch_op.f('ix_mentor_links_ended_at'), ['ended_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_mentor_links_secretary_id'), ['secretary_id'], unique=False)

    op.create_table('working_groups',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('org_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('name', sa.LargeBinary(), nullable=False),
    sa.Column('leader_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('began_at', sa.BigInteger(), nullable=False),
    sa.Column('ended_at', sa.BigInteger(), nullable=True),
    sa.ForeignKeyConstraint(['leader_id'], ['people.id'], name=op.f('fk_working_groups_leader_id'), ondelete='SET NULL'),
    sa.ForeignKeyConstraint(['org_id'], ['org_units.id'], name=op.f('fk_working_groups_org_id')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_working_groups'))
    )
    with op.batch_alter_table('working_groups', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_working_groups_ended_at'), ['ended_at'], unique=False)
        batch_op.create_index(batch_op.f('ix_working_groups_leader_id'), ['leader_id'], unique=False)
        batch_op.create_index('ix_working_groups_org_ended', ['org_id', 'ended_at'], unique=False)

    op.create_table('working_group_members',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('group_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('person_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.ForeignKeyConstraint(['group_id'], ['working_groups.id'], name=op.f('fk_working_group_members_group_id'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['person_id'], ['people.id'], name=op.f('fk_working_group_members_person_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_working_group_members')),
    sa.UniqueConstraint('group_id', 'person_id', name=op.f('uq_working_group_members_group_id_person_id'))
    )
    with op.batch_alter_table('working_group_members', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_working_group_members_person_id'), ['person_id'], unique=False)

    op.create_table('working_group_tasks',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('group_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('text', sa.LargeBinary(), nullable=False),
    sa.Column('added_at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['group_id'], ['working_groups.id'], name=op.f('fk_working_group_tasks_group_id'), ondelete='CASCADE'),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_working_group_tasks'))
    )
    with op.batch_alter_table('working_group_tasks', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_working_group_tasks_group_id'), ['group_id'], unique=False)



def downgrade() -> None:
    raise NotImplementedError("a newer schema is left by restoring a backup")
