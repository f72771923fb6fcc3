"""What provinces set about the five ones, waivers, activities of organs, and cadres who hold one together."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "quota_versions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("org_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("subject", sa.String(length=16), nullable=False),
        sa.Column("from_day", sa.Date(), nullable=False),
        sa.Column("kinds", sa.JSON(), nullable=False),
        sa.Column("plan", sa.String(length=100), nullable=False),
        sa.Column("plan_version", sa.String(length=40), nullable=False),
        sa.Column("plan_day", sa.Date(), nullable=False),
        sa.Column("set_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["org_id"], ["org_units.id"], name=op.f("fk_quota_versions_org_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quota_versions")),
        sa.UniqueConstraint("org_id", "subject", "from_day", name=op.f("uq_quota_versions_org_id_subject_from_day")),
    )
    op.create_table(
        "quota_waivers",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("cadre_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("org_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("fewer", sa.Integer(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("given_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("given_at", sa.BigInteger(), nullable=False),
        sa.Column("undone_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["cadre_id"], ["people.id"], name=op.f("fk_quota_waivers_cadre_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["given_by"], ["people.id"], name=op.f("fk_quota_waivers_given_by"), ondelete="SET NULL"
        ),
        sa.ForeignKeyConstraint(["org_id"], ["org_units.id"], name=op.f("fk_quota_waivers_org_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quota_waivers")),
    )
    with op.batch_alter_table("quota_waivers", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_quota_waivers_given_by"), ["given_by"], unique=False)
        batch_op.create_index(
            "ix_quota_waivers_in_force",
            ["cadre_id", "first_day", "last_day"],
            unique=True,
            sqlite_where=sa.text("undone_at IS NULL"),
            postgresql_where=sa.text("undone_at IS NULL"),
        )
        batch_op.create_index("ix_quota_waivers_last_day", ["last_day"], unique=False)
        batch_op.create_index("ix_quota_waivers_org", ["org_id", "last_day"], unique=False)

    op.create_table(
        "activity_cadres",
        sa.Column("activity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["activities.id"], name=op.f("fk_activity_cadres_activity_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_activity_cadres_person_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("activity_id", "person_id", name=op.f("pk_activity_cadres")),
    )
    with op.batch_alter_table("activity_cadres", schema=None) as batch_op:
        batch_op.create_index("ix_activity_cadres_person", ["person_id", "starts_at"], unique=False)

    with op.batch_alter_table("activities", schema=None) as batch_op:
        batch_op.add_column(sa.Column("slot", sa.String(length=20), nullable=True))
        batch_op.create_index(
            "ix_activities_of_organs",
            ["org_id", "starts_at"],
            unique=False,
            sqlite_where=sa.text("slot IS NOT NULL"),
            postgresql_where=sa.text("slot IS NOT NULL"),
        )

    with op.batch_alter_table("talks", schema=None) as batch_op:
        batch_op.create_index("ix_talks_opened_at", ["opened_at"], unique=False)


def downgrade() -> None:
    raise NotImplementedError("a newer schema is left by restoring a backup")
