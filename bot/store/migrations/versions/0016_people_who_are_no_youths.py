"""An index of the people who are no youths: those in office, and those who left and let their data be kept."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("people", schema=None) as batch_op:
        batch_op.create_index(
            "ix_people_no_youths",
            ["state", "id"],
            unique=False,
            sqlite_where=sa.text("is_youth IS 0"),
            postgresql_where=sa.text("is_youth IS FALSE"),
        )


def downgrade() -> None:
    raise NotImplementedError("a newer schema is left by restoring a backup")
