"""Scanned copies of legal bases, and what the roster says of people; with their triggers."""

import sqlalchemy as sa
from alembic import op

from storage.columns import UtcTime

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

TRIGGERS = (
    "CREATE TRIGGER note_copy_never_deleted BEFORE DELETE ON note_copy  BEGIN SELECT RAISE(ABORT, 'note_copy: nothing is deleted'); END",
    "CREATE TRIGGER profile_never_deleted BEFORE DELETE ON profile  BEGIN SELECT RAISE(ABORT, 'profile: nothing is deleted'); END",
    "CREATE TRIGGER note_copy_never_rewritten BEFORE UPDATE OF id, appointment_id, assignment_id, of_end, object_name, size, wrapped_key, particulars, added_by, added_at ON note_copy  BEGIN SELECT RAISE(ABORT, 'note_copy: a history is never rewritten'); END",
    "CREATE TRIGGER profile_never_rewritten BEFORE UPDATE OF id, person_id, number, said, set_by, set_at ON profile  BEGIN SELECT RAISE(ABORT, 'profile: a history is never rewritten'); END",
)


def upgrade() -> None:
    """Make the tables and their triggers."""
    op.create_table(
        "note_copy",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("appointment_id", sa.Uuid(), nullable=True),
        sa.Column("assignment_id", sa.Uuid(), nullable=True),
        sa.Column("of_end", sa.Boolean(), nullable=False),
        sa.Column("object_name", sa.String(length=32), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("particulars", sa.LargeBinary(), nullable=False),
        sa.Column("added_by", sa.Uuid(), nullable=False),
        sa.Column("added_at", UtcTime(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("(appointment_id IS NULL) <> (assignment_id IS NULL)"),
        sa.ForeignKeyConstraint(["added_by"], ["person.id"]),
        sa.ForeignKeyConstraint(["appointment_id"], ["appointment.id"]),
        sa.ForeignKeyConstraint(["assignment_id"], ["assignment.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("object_name"),
    )
    for column in ("appointment_id", "assignment_id"):
        op.create_index(f"ix_note_copy_{column}", "note_copy", [column])
    op.create_table(
        "profile",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("said", sa.LargeBinary(), nullable=False),
        sa.Column("set_by", sa.Uuid(), nullable=False),
        sa.Column("set_at", UtcTime(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.ForeignKeyConstraint(["set_by"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("person_id", "number"),
    )
    for statement in TRIGGERS:
        op.execute(sa.text(statement.replace(":", "\\:")))
