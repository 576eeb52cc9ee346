"""Attempts, counted for all replicas; and how old a release may be that runs on this schema."""

import sqlalchemy as sa
from alembic import op

from storage.columns import UtcTime

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make both tables."""
    op.create_table(
        "attempt",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("counted_for", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("attempt_by_thing", "attempt", ["counted_for", "made_at"])
    op.create_index(op.f("ix_attempt_made_at"), "attempt", ["made_at"])
    op.create_table(
        "schema_runs",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(length=32), nullable=False),
        sa.Column("since", sa.String(length=32), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
