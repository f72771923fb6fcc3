"""No column of a relay tells when its youth did anything, and its places lie in no order of their own."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

MOMENTS = ("asked_at", "opened_at", "opened_place", "last_word_at")
COUNTED = ("idle_noticed", "last_noticed", "youth_words", "cadre_words")


def upgrade() -> None:
    with op.batch_alter_table("relays", schema=None) as batch_op:
        batch_op.drop_index("ix_relays_line")
        for name in (*MOMENTS, *COUNTED):
            batch_op.drop_column(name)
        batch_op.create_index("ix_relays_line", ["cadre_index", "state"], unique=False)
    op.execute("UPDATE relays SET expires_at = expires_at - expires_at % 3600000")
    op.drop_index("ix_relay_seats_relay_id", table_name="relay_seats")
    op.rename_table("relay_seats", "relay_seats_before")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("ALTER TABLE relay_seats_before DROP CONSTRAINT pk_relay_seats")
        op.execute("ALTER TABLE relay_seats_before DROP CONSTRAINT fk_relay_seats_relay_id")
    op.create_table(
        "relay_seats",
        sa.Column("person_index", sa.LargeBinary(length=32), nullable=False),
        sa.Column("relay_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("side", sa.String(length=8), nullable=False),
        sa.ForeignKeyConstraint(
            ["relay_id"], ["relays.id"], name="fk_relay_seats_relay_id", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("person_index", name="pk_relay_seats"),
        sqlite_with_rowid=False,
    )
    op.execute("INSERT INTO relay_seats SELECT person_index, relay_id, side FROM relay_seats_before")
    op.drop_table("relay_seats_before")
    op.create_index("ix_relay_seats_relay_id", "relay_seats", ["relay_id"], unique=False)


def downgrade() -> None:
    raise NotImplementedError("a newer schema is left by restoring a backup")
