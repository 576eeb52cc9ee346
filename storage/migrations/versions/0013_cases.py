"""Breach cases: concerns, cases with their record, and the log's stream for them; with their triggers."""

import sqlalchemy as sa
from alembic import op

from storage.columns import UtcTime

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

# a portal that is there already has its streams; a new one is given all of them when it is made
STREAM = """
INSERT INTO stream (id, kind, next_number)
SELECT '00000000000040008000000000000005', 'cases', 1
WHERE EXISTS (SELECT 1 FROM stream WHERE id = '00000000000040008000000000000001')
"""
TRIGGERS = (
    "CREATE TRIGGER concern_never_deleted BEFORE DELETE ON concern  BEGIN SELECT RAISE(ABORT, 'concern: nothing is deleted'); END",
    "CREATE TRIGGER breach_case_never_deleted BEFORE DELETE ON breach_case  BEGIN SELECT RAISE(ABORT, 'breach_case: nothing is deleted'); END",
    "CREATE TRIGGER case_entry_never_deleted BEFORE DELETE ON case_entry  BEGIN SELECT RAISE(ABORT, 'case_entry: nothing is deleted'); END",
    "CREATE TRIGGER containment_never_deleted BEFORE DELETE ON containment  BEGIN SELECT RAISE(ABORT, 'containment: nothing is deleted'); END",
    "CREATE TRIGGER concern_never_rewritten BEFORE UPDATE OF id, review_id, filed_by, filed_at, about_person, told ON concern  BEGIN SELECT RAISE(ABORT, 'concern: a history is never rewritten'); END",
    "CREATE TRIGGER concern_ended_at_set_once BEFORE UPDATE OF ended_at ON concern WHEN OLD.ended_at IS NOT NULL AND NEW.ended_at IS NOT OLD.ended_at BEGIN SELECT RAISE(ABORT, 'concern.ended_at: set once'); END",
    "CREATE TRIGGER concern_ended_by_set_once BEFORE UPDATE OF ended_by ON concern WHEN OLD.ended_by IS NOT NULL AND NEW.ended_by IS NOT OLD.ended_by BEGIN SELECT RAISE(ABORT, 'concern.ended_by: set once'); END",
    "CREATE TRIGGER concern_case_id_set_once BEFORE UPDATE OF case_id ON concern WHEN OLD.case_id IS NOT NULL AND NEW.case_id IS NOT OLD.case_id BEGIN SELECT RAISE(ABORT, 'concern.case_id: set once'); END",
    "CREATE TRIGGER concern_reason_set_once BEFORE UPDATE OF reason ON concern WHEN OLD.reason IS NOT NULL AND NEW.reason IS NOT OLD.reason BEGIN SELECT RAISE(ABORT, 'concern.reason: set once'); END",
    "CREATE TRIGGER breach_case_never_rewritten BEFORE UPDATE OF id, number, review_id, concern_id, exercise, subject, grounds, proposed_by, proposed_at ON breach_case  BEGIN SELECT RAISE(ABORT, 'breach_case: a history is never rewritten'); END",
    "CREATE TRIGGER breach_case_person_id_set_once BEFORE UPDATE OF person_id ON breach_case WHEN OLD.person_id IS NOT NULL AND NEW.person_id IS NOT OLD.person_id BEGIN SELECT RAISE(ABORT, 'breach_case.person_id: set once'); END",
    "CREATE TRIGGER breach_case_person_state_set_once BEFORE UPDATE OF person_state ON breach_case WHEN OLD.person_state IS NOT NULL AND NEW.person_state IS NOT OLD.person_state BEGIN SELECT RAISE(ABORT, 'breach_case.person_state: set once'); END",
    "CREATE TRIGGER breach_case_confirmed_by_set_once BEFORE UPDATE OF confirmed_by ON breach_case WHEN OLD.confirmed_by IS NOT NULL AND NEW.confirmed_by IS NOT OLD.confirmed_by BEGIN SELECT RAISE(ABORT, 'breach_case.confirmed_by: set once'); END",
    "CREATE TRIGGER breach_case_confirmed_at_set_once BEFORE UPDATE OF confirmed_at ON breach_case WHEN OLD.confirmed_at IS NOT NULL AND NEW.confirmed_at IS NOT OLD.confirmed_at BEGIN SELECT RAISE(ABORT, 'breach_case.confirmed_at: set once'); END",
    "CREATE TRIGGER breach_case_declined_by_set_once BEFORE UPDATE OF declined_by ON breach_case WHEN OLD.declined_by IS NOT NULL AND NEW.declined_by IS NOT OLD.declined_by BEGIN SELECT RAISE(ABORT, 'breach_case.declined_by: set once'); END",
    "CREATE TRIGGER breach_case_declined_at_set_once BEFORE UPDATE OF declined_at ON breach_case WHEN OLD.declined_at IS NOT NULL AND NEW.declined_at IS NOT OLD.declined_at BEGIN SELECT RAISE(ABORT, 'breach_case.declined_at: set once'); END",
    "CREATE TRIGGER breach_case_asked_at_set_once BEFORE UPDATE OF asked_at ON breach_case WHEN OLD.asked_at IS NOT NULL AND NEW.asked_at IS NOT OLD.asked_at BEGIN SELECT RAISE(ABORT, 'breach_case.asked_at: set once'); END",
    "CREATE TRIGGER breach_case_answer_by_set_once BEFORE UPDATE OF answer_by ON breach_case WHEN OLD.answer_by IS NOT NULL AND NEW.answer_by IS NOT OLD.answer_by BEGIN SELECT RAISE(ABORT, 'breach_case.answer_by: set once'); END",
    "CREATE TRIGGER breach_case_heard_at_set_once BEFORE UPDATE OF heard_at ON breach_case WHEN OLD.heard_at IS NOT NULL AND NEW.heard_at IS NOT OLD.heard_at BEGIN SELECT RAISE(ABORT, 'breach_case.heard_at: set once'); END",
    "CREATE TRIGGER breach_case_found_at_set_once BEFORE UPDATE OF found_at ON breach_case WHEN OLD.found_at IS NOT NULL AND NEW.found_at IS NOT OLD.found_at BEGIN SELECT RAISE(ABORT, 'breach_case.found_at: set once'); END",
    "CREATE TRIGGER breach_case_submitted_at_set_once BEFORE UPDATE OF submitted_at ON breach_case WHEN OLD.submitted_at IS NOT NULL AND NEW.submitted_at IS NOT OLD.submitted_at BEGIN SELECT RAISE(ABORT, 'breach_case.submitted_at: set once'); END",
    "CREATE TRIGGER breach_case_disclosed_at_set_once BEFORE UPDATE OF disclosed_at ON breach_case WHEN OLD.disclosed_at IS NOT NULL AND NEW.disclosed_at IS NOT OLD.disclosed_at BEGIN SELECT RAISE(ABORT, 'breach_case.disclosed_at: set once'); END",
    "CREATE TRIGGER breach_case_closed_at_set_once BEFORE UPDATE OF closed_at ON breach_case WHEN OLD.closed_at IS NOT NULL AND NEW.closed_at IS NOT OLD.closed_at BEGIN SELECT RAISE(ABORT, 'breach_case.closed_at: set once'); END",
    "CREATE TRIGGER case_entry_never_rewritten BEFORE UPDATE OF id, case_id, number, kind, made_by, made_at, said, outcome, chain ON case_entry  BEGIN SELECT RAISE(ABORT, 'case_entry: a history is never rewritten'); END",
    "CREATE TRIGGER containment_never_rewritten BEFORE UPDATE OF id, case_id, review_id, kind, person_id, acts, reason, review_on, begun_by, begun_at ON containment  BEGIN SELECT RAISE(ABORT, 'containment: a history is never rewritten'); END",
    "CREATE TRIGGER containment_lifted_by_set_once BEFORE UPDATE OF lifted_by ON containment WHEN OLD.lifted_by IS NOT NULL AND NEW.lifted_by IS NOT OLD.lifted_by BEGIN SELECT RAISE(ABORT, 'containment.lifted_by: set once'); END",
    "CREATE TRIGGER containment_lifted_at_set_once BEFORE UPDATE OF lifted_at ON containment WHEN OLD.lifted_at IS NOT NULL AND NEW.lifted_at IS NOT OLD.lifted_at BEGIN SELECT RAISE(ABORT, 'containment.lifted_at: set once'); END",
    "CREATE TRIGGER containment_lift_reason_set_once BEFORE UPDATE OF lift_reason ON containment WHEN OLD.lift_reason IS NOT NULL AND NEW.lift_reason IS NOT OLD.lift_reason BEGIN SELECT RAISE(ABORT, 'containment.lift_reason: set once'); END",
)


def upgrade() -> None:
    """Make the tables and their triggers."""
    op.create_table(
        "concern",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("filed_by", sa.Uuid(), nullable=False),
        sa.Column("filed_at", UtcTime(), nullable=False),
        sa.Column("about_person", sa.Uuid(), nullable=True),
        sa.Column("told", sa.LargeBinary(), nullable=False),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("case_id", sa.Uuid(), nullable=True),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["about_person"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["ended_by"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["filed_by"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["review_id"],
            ["review.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("concern_by_review", "concern", ["review_id", "filed_at"], unique=False)
    op.create_index(op.f("ix_concern_filed_by"), "concern", ["filed_by"], unique=False)
    op.create_table(
        "breach_case",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("concern_id", sa.Uuid(), nullable=True),
        sa.Column("exercise", sa.Boolean(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("person_state", sa.String(length=3), nullable=True),
        sa.Column("subject", sa.LargeBinary(), nullable=False),
        sa.Column("grounds", sa.LargeBinary(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", UtcTime(), nullable=False),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("confirmed_at", UtcTime(), nullable=True),
        sa.Column("declined_by", sa.Uuid(), nullable=True),
        sa.Column("declined_at", UtcTime(), nullable=True),
        sa.Column("asked_at", UtcTime(), nullable=True),
        sa.Column("answer_by", UtcTime(), nullable=True),
        sa.Column("heard_at", UtcTime(), nullable=True),
        sa.Column("found_at", UtcTime(), nullable=True),
        sa.Column("submitted_at", UtcTime(), nullable=True),
        sa.Column("disclosed_at", UtcTime(), nullable=True),
        sa.Column("closed_at", UtcTime(), nullable=True),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["concern_id"],
            ["concern.id"],
        ),
        sa.ForeignKeyConstraint(
            ["confirmed_by"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["declined_by"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["person_state"],
            ["state.code"],
        ),
        sa.ForeignKeyConstraint(
            ["proposed_by"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["review_id"],
            ["review.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
    )
    op.create_index("case_by_review", "breach_case", ["review_id"], unique=False)
    op.create_index(op.f("ix_breach_case_concern_id"), "breach_case", ["concern_id"], unique=False)
    op.create_index(op.f("ix_breach_case_person_id"), "breach_case", ["person_id"], unique=False)
    op.create_table(
        "case_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("made_by", sa.Uuid(), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("said", sa.LargeBinary(), nullable=False),
        sa.Column("outcome", sa.LargeBinary(), nullable=True),
        sa.Column("chain", sa.LargeBinary(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["breach_case.id"],
        ),
        sa.ForeignKeyConstraint(
            ["made_by"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("case_entry_once", "case_entry", ["case_id", "number"], unique=True)
    op.create_table(
        "containment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=True),
        sa.Column("acts", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=False),
        sa.Column("review_on", sa.Date(), nullable=False),
        sa.Column("begun_by", sa.Uuid(), nullable=False),
        sa.Column("begun_at", UtcTime(), nullable=False),
        sa.Column("lifted_by", sa.Uuid(), nullable=True),
        sa.Column("lifted_at", UtcTime(), nullable=True),
        sa.Column("lift_reason", sa.LargeBinary(), nullable=True),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["begun_by"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["case_id"],
            ["breach_case.id"],
        ),
        sa.ForeignKeyConstraint(
            ["lifted_by"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["review_id"],
            ["review.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("containment_by_case", "containment", ["case_id"], unique=False)
    op.create_index(
        "containment_of_person", "containment", ["person_id"], unique=False, sqlite_where=sa.text("lifted_at IS NULL")
    )

    for statement in TRIGGERS:
        op.execute(sa.text(statement.replace(":", "\\:")))
    op.execute(sa.text(STREAM))
