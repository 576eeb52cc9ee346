"""Grants: that another State reads a report, their terms, readers, undertakings and marked copies; with triggers."""

import sqlalchemy as sa
from alembic import op

from storage.columns import UtcTime

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

TRIGGERS = (
    "CREATE TRIGGER access_grant_never_deleted BEFORE DELETE ON access_grant  BEGIN SELECT RAISE(ABORT, 'access_grant: nothing is deleted'); END",
    "CREATE TRIGGER grant_terms_never_deleted BEFORE DELETE ON grant_terms  BEGIN SELECT RAISE(ABORT, 'grant_terms: nothing is deleted'); END",
    "CREATE TRIGGER grant_document_never_deleted BEFORE DELETE ON grant_document  BEGIN SELECT RAISE(ABORT, 'grant_document: nothing is deleted'); END",
    "CREATE TRIGGER grant_reader_never_deleted BEFORE DELETE ON grant_reader  BEGIN SELECT RAISE(ABORT, 'grant_reader: nothing is deleted'); END",
    "CREATE TRIGGER grant_nominee_never_deleted BEFORE DELETE ON grant_nominee  BEGIN SELECT RAISE(ABORT, 'grant_nominee: nothing is deleted'); END",
    "CREATE TRIGGER grant_undertaking_never_deleted BEFORE DELETE ON grant_undertaking  BEGIN SELECT RAISE(ABORT, 'grant_undertaking: nothing is deleted'); END",
    "CREATE TRIGGER grant_hold_never_deleted BEFORE DELETE ON grant_hold  BEGIN SELECT RAISE(ABORT, 'grant_hold: nothing is deleted'); END",
    "CREATE TRIGGER marked_copy_never_deleted BEFORE DELETE ON marked_copy  BEGIN SELECT RAISE(ABORT, 'marked_copy: nothing is deleted'); END",
    "CREATE TRIGGER access_grant_never_rewritten BEFORE UPDATE OF id, review_id, state_code, offered, begun_by, begun_at, purpose ON access_grant  BEGIN SELECT RAISE(ABORT, 'access_grant: a history is never rewritten'); END",
    "CREATE TRIGGER access_grant_accepted_by_set_once BEFORE UPDATE OF accepted_by ON access_grant WHEN OLD.accepted_by IS NOT NULL AND NEW.accepted_by IS NOT OLD.accepted_by BEGIN SELECT RAISE(ABORT, 'access_grant.accepted_by: set once'); END",
    "CREATE TRIGGER access_grant_accepted_at_set_once BEFORE UPDATE OF accepted_at ON access_grant WHEN OLD.accepted_at IS NOT NULL AND NEW.accepted_at IS NOT OLD.accepted_at BEGIN SELECT RAISE(ABORT, 'access_grant.accepted_at: set once'); END",
    "CREATE TRIGGER access_grant_ended_as_set_once BEFORE UPDATE OF ended_as ON access_grant WHEN OLD.ended_as IS NOT NULL AND NEW.ended_as IS NOT OLD.ended_as BEGIN SELECT RAISE(ABORT, 'access_grant.ended_as: set once'); END",
    "CREATE TRIGGER access_grant_ended_by_set_once BEFORE UPDATE OF ended_by ON access_grant WHEN OLD.ended_by IS NOT NULL AND NEW.ended_by IS NOT OLD.ended_by BEGIN SELECT RAISE(ABORT, 'access_grant.ended_by: set once'); END",
    "CREATE TRIGGER access_grant_ended_at_set_once BEFORE UPDATE OF ended_at ON access_grant WHEN OLD.ended_at IS NOT NULL AND NEW.ended_at IS NOT OLD.ended_at BEGIN SELECT RAISE(ABORT, 'access_grant.ended_at: set once'); END",
    "CREATE TRIGGER access_grant_end_reason_set_once BEFORE UPDATE OF end_reason ON access_grant WHEN OLD.end_reason IS NOT NULL AND NEW.end_reason IS NOT OLD.end_reason BEGIN SELECT RAISE(ABORT, 'access_grant.end_reason: set once'); END",
    "CREATE TRIGGER grant_terms_never_rewritten BEFORE UPDATE OF id, review_id, grant_id, number, mode, languages, starts_at, ends_at, decided_by, since ON grant_terms  BEGIN SELECT RAISE(ABORT, 'grant_terms: a history is never rewritten'); END",
    "CREATE TRIGGER grant_terms_until_set_once BEFORE UPDATE OF until ON grant_terms WHEN OLD.until IS NOT NULL AND NEW.until IS NOT OLD.until BEGIN SELECT RAISE(ABORT, 'grant_terms.until: set once'); END",
    "CREATE TRIGGER grant_document_never_rewritten BEFORE UPDATE OF id, review_id, grant_id, terms_id, document_id, version_id, title ON grant_document  BEGIN SELECT RAISE(ABORT, 'grant_document: a history is never rewritten'); END",
    "CREATE TRIGGER grant_reader_never_rewritten BEFORE UPDATE OF id, terms_id, person_id ON grant_reader  BEGIN SELECT RAISE(ABORT, 'grant_reader: a history is never rewritten'); END",
    "CREATE TRIGGER grant_nominee_never_rewritten BEFORE UPDATE OF id, grant_id, person_id, named_by, named_at ON grant_nominee  BEGIN SELECT RAISE(ABORT, 'grant_nominee: a history is never rewritten'); END",
    "CREATE TRIGGER grant_undertaking_never_rewritten BEFORE UPDATE OF id, grant_id, person_id, wording, accepted_at ON grant_undertaking  BEGIN SELECT RAISE(ABORT, 'grant_undertaking: a history is never rewritten'); END",
    "CREATE TRIGGER grant_hold_never_rewritten BEFORE UPDATE OF containment_id, grant_id ON grant_hold  BEGIN SELECT RAISE(ABORT, 'grant_hold: a history is never rewritten'); END",
    "CREATE TRIGGER marked_copy_never_rewritten BEFORE UPDATE OF id, number, review_id, grant_id, version_id, person_id, event_id, made_at ON marked_copy  BEGIN SELECT RAISE(ABORT, 'marked_copy: a history is never rewritten'); END",
)


def upgrade() -> None:
    """Make the tables and their triggers."""
    op.create_table(
        "access_grant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("state_code", sa.String(length=3), nullable=False),
        sa.Column("offered", sa.Boolean(), nullable=False),
        sa.Column("begun_by", sa.Uuid(), nullable=False),
        sa.Column("begun_at", UtcTime(), nullable=False),
        sa.Column("purpose", sa.LargeBinary(), nullable=False),
        sa.Column("accepted_by", sa.Uuid(), nullable=True),
        sa.Column("accepted_at", UtcTime(), nullable=True),
        sa.Column("ended_as", sa.String(length=20), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.Column("end_reason", sa.LargeBinary(), nullable=True),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["accepted_by"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["begun_by"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["ended_by"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["review_id"],
            ["review.id"],
        ),
        sa.ForeignKeyConstraint(
            ["state_code"],
            ["state.code"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("review_id", "id"),
    )
    op.create_index("grant_by_state", "access_grant", ["state_code"], unique=False)
    op.create_index(
        "grant_once", "access_grant", ["review_id", "state_code"], unique=True, sqlite_where=sa.text("ended_at IS NULL")
    )
    op.create_table(
        "grant_nominee",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("named_by", sa.Uuid(), nullable=False),
        sa.Column("named_at", UtcTime(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["grant_id"],
            ["access_grant.id"],
        ),
        sa.ForeignKeyConstraint(
            ["named_by"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("grant_id", "person_id"),
    )
    op.create_table(
        "grant_terms",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("mode", sa.String(length=20), nullable=False),
        sa.Column("languages", sa.String(length=80), nullable=False),
        sa.Column("starts_at", UtcTime(), nullable=False),
        sa.Column("ends_at", UtcTime(), nullable=False),
        sa.Column("decided_by", sa.Uuid(), nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.Column("until", UtcTime(), nullable=True),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["decided_by"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["review_id", "grant_id"],
            ["access_grant.review_id", "access_grant.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("grant_id", "number"),
        sa.UniqueConstraint("review_id", "id"),
    )
    op.create_index("terms_once", "grant_terms", ["grant_id"], unique=True, sqlite_where=sa.text("until IS NULL"))
    op.create_table(
        "grant_undertaking",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("wording", sa.String(length=20), nullable=False),
        sa.Column("accepted_at", UtcTime(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["grant_id"],
            ["access_grant.id"],
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("grant_id", "person_id"),
    )
    op.create_table(
        "grant_reader",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("terms_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["terms_id"],
            ["grant_terms.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("terms_id", "person_id"),
    )
    op.create_index("granted_reader", "grant_reader", ["person_id"], unique=False)
    op.create_table(
        "grant_document",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.Column("terms_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.LargeBinary(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["review_id", "grant_id"],
            ["access_grant.review_id", "access_grant.id"],
        ),
        sa.ForeignKeyConstraint(
            ["review_id", "document_id"],
            ["document.review_id", "document.id"],
        ),
        sa.ForeignKeyConstraint(
            ["review_id", "terms_id"],
            ["grant_terms.review_id", "grant_terms.id"],
        ),
        sa.ForeignKeyConstraint(
            ["review_id", "version_id"],
            ["version.review_id", "version.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("terms_id", "version_id"),
    )
    op.create_index("granted_version", "grant_document", ["version_id"], unique=False)
    op.create_table(
        "grant_hold",
        sa.Column("containment_id", sa.Uuid(), nullable=False),
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["containment_id"],
            ["containment.id"],
        ),
        sa.ForeignKeyConstraint(
            ["grant_id"],
            ["access_grant.id"],
        ),
        sa.PrimaryKeyConstraint("containment_id"),
    )
    op.create_index(op.f("ix_grant_hold_grant_id"), "grant_hold", ["grant_id"], unique=False)
    op.create_table(
        "marked_copy",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("grant_id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["review_id", "grant_id"],
            ["access_grant.review_id", "access_grant.id"],
        ),
        sa.ForeignKeyConstraint(
            ["review_id", "version_id"],
            ["version.review_id", "version.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
    )
    op.create_index("copy_by_grant", "marked_copy", ["grant_id"], unique=False)
    for statement in TRIGGERS:
        op.execute(sa.text(statement.replace(":", "\\:")))
