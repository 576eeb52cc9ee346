"""Signals, what came of them, what is counted for them, and up to where the log was read; with triggers."""

import sqlalchemy as sa
from alembic import op

from storage.columns import UtcTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

TRIGGERS = (
    "CREATE TRIGGER signal_never_deleted BEFORE DELETE ON signal  BEGIN SELECT RAISE(ABORT, 'signal: nothing is deleted'); END",
    "CREATE TRIGGER signal_step_never_deleted BEFORE DELETE ON signal_step  BEGIN SELECT RAISE(ABORT, 'signal_step: nothing is deleted'); END",
    "CREATE TRIGGER signal_never_rewritten BEFORE UPDATE OF id, rule, person_id, review_id, at, raised_at, count, threshold, window_minutes ON signal  BEGIN SELECT RAISE(ABORT, 'signal: a history is never rewritten'); END",
    "CREATE TRIGGER signal_step_never_rewritten BEFORE UPDATE OF id, signal_id, kind, done_by, at, reason ON signal_step  BEGIN SELECT RAISE(ABORT, 'signal_step: a history is never rewritten'); END",
)


def upgrade() -> None:
    """Make the tables and their triggers."""
    op.create_table(
        "signal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("rule", sa.String(length=40), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=True),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("raised_at", UtcTime(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("threshold", sa.Integer(), nullable=False),
        sa.Column("window_minutes", sa.Integer(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("signal_by_time", "signal", ["at"])
    op.create_index(op.f("ix_signal_person_id"), "signal", ["person_id"])
    op.create_table(
        "signal_step",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("signal_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("done_by", sa.Uuid(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["signal_id"], ["signal.id"]),
        sa.ForeignKeyConstraint(["done_by"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("signal_step_by_signal", "signal_step", ["signal_id", "at"])
    op.create_table(
        "signal_counts",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("counts", sa.LargeBinary(), nullable=False),
        sa.Column("changed_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "signal_reading",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    for statement in TRIGGERS:
        op.execute(sa.text(statement.replace(":", "\\:")))
