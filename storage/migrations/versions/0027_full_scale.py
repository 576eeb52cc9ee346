"""What pages asked of whole tables: indexes for what they look for, and what comes into the log is counted by day."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None
# no `runs_since`: a former release that moves events into the tree wouldn't count them by day

INDEXES = {
    "assignment_by_appointment": ("assignment", ["appointment_id"], None),
    "undertaking_by_person": ("undertaking", ["person_id"], None),
    "version_by_size": ("version", ["size"], None),
    "task_by_review": ("translation_task", ["review_id", "document_id"], None),
    "task_by_document": ("translation_task", ["document_id"], None),
    "review_by_state": ("review", ["state_code"], None),
    "party_by_review": ("review_party", ["review_id"], None),
    "appointment_by_role": ("appointment", ["role"], None),
    "appointment_to_confirm": ("appointment", ["needs_confirmation", "confirmed_at"], None),
    "document_by_translated": ("document", ["translates_id"], "translates_id IS NOT NULL"),
    "entry_by_author": ("entry", ["created_by", "stage"], None),
    "entry_by_opener": ("entry", ["opened_by"], "opened_by IS NOT NULL"),
    "clarification_by_merged": ("clarification", ["merged_into"], "merged_into IS NOT NULL"),
    "containment_by_person": ("containment", ["person_id"], None),
    "containment_by_review": ("containment", ["review_id"], None),
    "entry_task_by_review": ("entry_task", ["review_id"], None),
    "case_by_state": ("breach_case", ["person_state"], None),
    "case_open": ("breach_case", ["number"], "closed_at IS NULL AND declined_at IS NULL"),
    "concern_open": ("concern", ["filed_at", "id"], "ended_at IS NULL"),
    "concern_ended": ("concern", ["filed_at", "id"], "ended_at IS NOT NULL"),
    "public_unproven": ("public_file", ["id"], "proof IS NULL"),
    "public_withdrawn": ("public_file", ["id"], "withdrawn_at IS NOT NULL"),
    "session_in_use": ("session", ["seen_at"], "ended_at IS NULL"),
    "invitation_unused": ("invitation", ["expires_at"], "used_at IS NULL AND revoked_at IS NULL"),
}


def upgrade() -> None:
    """Make indexes, and count by day what is there."""
    for name, (table, columns, condition) in INDEXES.items():
        where = sa.text(condition) if condition else None
        op.create_index(name, table, columns, sqlite_where=where, postgresql_where=where)
    large = sa.Integer().with_variant(sa.BigInteger(), "postgresql")
    op.create_table(
        "day_count",
        sa.Column("day", sa.String(length=10), nullable=False),
        sa.Column("kind", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("phase", sa.String(length=10), nullable=False),
        sa.Column("count", large, nullable=False),
        sa.PrimaryKeyConstraint("day", "kind", "phase"),
    )
    op.execute(
        sa.text(
            "INSERT INTO day_count (day, kind, phase, count) SELECT substr(CAST(at AS VARCHAR), 1, 10), kind, phase, "
            "count(*) FROM event JOIN tree_entry ON tree_entry.event_id = event.id GROUP BY 1, 2, 3"
        )
    )
