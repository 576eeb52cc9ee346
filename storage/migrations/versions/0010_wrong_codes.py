"""Wrong codes behind a right passphrase, counted for each code app; with their trigger."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TRIGGER = "CREATE TRIGGER wrong_codes_never_deleted BEFORE DELETE ON wrong_codes  BEGIN SELECT RAISE(ABORT, 'wrong_codes: nothing is deleted'); END"


def upgrade() -> None:
    """Make the table and its trigger; a column of the app's own row would leave rows whose MAC doesn't cover it."""
    op.create_table(
        "wrong_codes",
        sa.Column("app_id", sa.Uuid(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["app_id"], ["code_app.id"]),
        sa.PrimaryKeyConstraint("app_id"),
    )
    op.execute(sa.text(TRIGGER))
