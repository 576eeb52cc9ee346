"""Hand-overs: which appointment followed which, and what passed; with their triggers."""

import sqlalchemy as sa
from alembic import op

from storage.columns import UtcTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

TRIGGERS = (
    "CREATE TRIGGER handover_never_deleted BEFORE DELETE ON handover  BEGIN SELECT RAISE(ABORT, 'handover: nothing is deleted'); END",
    "CREATE TRIGGER handover_never_rewritten BEFORE UPDATE OF id, appointment_id, successor_id, basis, passed, handed_over_by, handed_over_at ON handover  BEGIN SELECT RAISE(ABORT, 'handover: a history is never rewritten'); END",
)


def upgrade() -> None:
    """Make the table and its triggers."""
    op.create_table(
        "handover",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("appointment_id", sa.Uuid(), nullable=False),
        sa.Column("successor_id", sa.Uuid(), nullable=False),
        sa.Column("basis", sa.LargeBinary(), nullable=False),
        sa.Column("passed", sa.LargeBinary(), nullable=False),
        sa.Column("handed_over_by", sa.Uuid(), nullable=False),
        sa.Column("handed_over_at", UtcTime(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("appointment_id <> successor_id"),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointment.id"]),
        sa.ForeignKeyConstraint(["successor_id"], ["appointment.id"]),
        sa.ForeignKeyConstraint(["handed_over_by"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("appointment_id"),
    )
    op.create_index("handover_by_successor", "handover", ["successor_id", "handed_over_at"], unique=False)
    for statement in TRIGGERS:
        op.execute(sa.text(statement.replace(":", "\\:")))
