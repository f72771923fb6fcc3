"""activities."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table(
        "activities",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("ref", sa.Integer(), nullable=False),
        sa.Column("cadre_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("org_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("chat_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("key_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("place", sa.LargeBinary(), nullable=True),
        sa.Column("topic", sa.LargeBinary(), nullable=True),
        sa.Column("process", sa.LargeBinary(), nullable=True),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.Column("explained", sa.LargeBinary(), nullable=True),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("present", sa.Integer(), nullable=True),
        sa.Column("starts_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("announced_at", sa.BigInteger(), nullable=True),
        sa.Column("ended_at", sa.BigInteger(), nullable=True),
        sa.Column("cancelled_at", sa.BigInteger(), nullable=True),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("notes", sa.String(length=120), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["cadre_id"], ["people.id"], name=op.f("fk_activities_cadre_id")),
        sa.ForeignKeyConstraint(["chat_id"], ["chats.id"], name=op.f("fk_activities_chat_id")),
        sa.ForeignKeyConstraint(["org_id"], ["org_units.id"], name=op.f("fk_activities_org_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activities")),
        sa.UniqueConstraint("ref", name=op.f("uq_activities_ref")),
    )
    with op.batch_alter_table("activities", schema=None) as batch_op:
        batch_op.create_index("ix_activities_cadre", ["cadre_id", "starts_at"], unique=False)
        batch_op.create_index("ix_activities_chat", ["chat_id", "starts_at"], unique=False)
        batch_op.create_index("ix_activities_ends_at", ["ends_at"], unique=False)
        batch_op.create_index(
            "ix_activities_unsettled",
            ["ended_at"],
            unique=False,
            sqlite_where=sa.text("ended_at IS NOT NULL AND settled_at IS NULL"),
            postgresql_where=sa.text("ended_at IS NOT NULL AND settled_at IS NULL"),
        )
        batch_op.create_index(
            "ix_activities_worded",
            ["ends_at"],
            unique=False,
            sqlite_where=sa.text("place IS NOT NULL OR topic IS NOT NULL OR process IS NOT NULL OR reason IS NOT NULL"),
            postgresql_where=sa.text(
                "place IS NOT NULL OR topic IS NOT NULL OR process IS NOT NULL OR reason IS NOT NULL"
            ),
        )

    op.create_table(
        "activity_attempts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["accounts.id"], name=op.f("fk_activity_attempts_account_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity_attempts")),
    )
    with op.batch_alter_table("activity_attempts", schema=None) as batch_op:
        batch_op.create_index("ix_activity_attempts_account", ["account_id", "at"], unique=False)
        batch_op.create_index("ix_activity_attempts_at", ["at"], unique=False)

    op.create_table(
        "activity_changes",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("activity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("what", sa.String(length=12), nullable=False),
        sa.Column("old", sa.LargeBinary(), nullable=True),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["activities.id"], name=op.f("fk_activity_changes_activity_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity_changes")),
    )
    with op.batch_alter_table("activity_changes", schema=None) as batch_op:
        batch_op.create_index("ix_activity_changes_activity", ["activity_id", "at"], unique=False)

    op.create_table(
        "activity_codes",
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("activity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["activities.id"], name=op.f("fk_activity_codes_activity_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_activity_codes")),
    )
    with op.batch_alter_table("activity_codes", schema=None) as batch_op:
        batch_op.create_index("ix_activity_codes_activity", ["activity_id"], unique=False)
        batch_op.create_index("ix_activity_codes_until", ["until"], unique=False)

    op.create_table(
        "activity_parts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("activity_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("person_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("hold_until", sa.BigInteger(), nullable=True),
        sa.Column("asked_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(
            ["activity_id"], ["activities.id"], name=op.f("fk_activity_parts_activity_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_activity_parts_person_id"), ondelete="SET NULL"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_activity_parts")),
        sa.UniqueConstraint("activity_id", "person_id", name=op.f("uq_activity_parts_activity_id_person_id")),
    )
    with op.batch_alter_table("activity_parts", schema=None) as batch_op:
        batch_op.create_index(
            "ix_activity_parts_held",
            ["hold_until"],
            unique=False,
            sqlite_where=sa.text("hold_until IS NOT NULL"),
            postgresql_where=sa.text("hold_until IS NOT NULL"),
        )
        batch_op.create_index("ix_activity_parts_order", ["activity_id", "state", "position"], unique=False)
        batch_op.create_index("ix_activity_parts_person", ["person_id"], unique=False)


def downgrade() -> None:
    raise NotImplementedError("a newer schema is left by restoring a backup")
