"""What witnesses signed of the log's tree, and how they answered last; what the tree holds, by month; with triggers."""

import sqlalchemy as sa
from alembic import op

from storage.columns import UtcTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

TRIGGERS = (
    "CREATE TRIGGER cosignature_never_changes BEFORE UPDATE ON cosignature  BEGIN SELECT RAISE(ABORT, 'a witness signed this'); END",
    "CREATE TRIGGER cosignature_never_deleted BEFORE DELETE ON cosignature  BEGIN SELECT RAISE(ABORT, 'cosignature: nothing is deleted'); END",
)


def upgrade() -> None:
    """Make the tables and their triggers."""
    op.create_table(
        "cosignature",
        sa.Column("size", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("signer", sa.String(length=255), nullable=False),
        sa.Column("key_id", sa.LargeBinary(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["size"], ["tree_head.size"]),
        sa.PrimaryKeyConstraint("size", "signer", "key_id"),
    )
    op.create_index("ix_cosignature_newest", "cosignature", ["signer", "key_id", "size"])
    op.create_table(
        "witness_asked",
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("trouble", sa.String(length=20), nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("url"),
    )
    op.create_table(
        "month_count",
        sa.Column("month", sa.String(length=7), nullable=False),
        sa.Column("kind", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("phase", sa.String(length=10), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("month", "kind", "phase"),
    )
    op.execute(
        sa.text(
            "INSERT INTO month_count (month, kind, phase, count) SELECT substr(at, 1, 7), kind, phase, count(*) "
            "FROM event JOIN tree_entry ON tree_entry.event_id = event.id GROUP BY 1, 2, 3"
        )
    )
    for statement in TRIGGERS:
        op.execute(sa.text(statement.replace(":", "\\:")))
