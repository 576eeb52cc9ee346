"""Publications, who confirmed them, and what is public; with their triggers."""

import sqlalchemy as sa
from alembic import op

from storage.columns import UtcTime

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

TRIGGERS = (
    "CREATE TRIGGER publication_never_deleted BEFORE DELETE ON publication  BEGIN SELECT RAISE(ABORT, 'publication: nothing is deleted'); END",
    "CREATE TRIGGER publication_consent_never_deleted BEFORE DELETE ON publication_consent  BEGIN SELECT RAISE(ABORT, 'publication_consent: nothing is deleted'); END",
    "CREATE TRIGGER public_file_never_deleted BEFORE DELETE ON public_file  BEGIN SELECT RAISE(ABORT, 'public_file: nothing is deleted'); END",
    "CREATE TRIGGER publication_never_rewritten BEFORE UPDATE OF id, review_id, document_id, version_id, state_code, kind, language, said, pages, size, object_name, wrapped_key, prepared_by, prepared_at ON publication  BEGIN SELECT RAISE(ABORT, 'publication: a history is never rewritten'); END",
    "CREATE TRIGGER publication_confirmed_at_set_once BEFORE UPDATE OF confirmed_at ON publication WHEN OLD.confirmed_at IS NOT NULL AND NEW.confirmed_at IS NOT OLD.confirmed_at BEGIN SELECT RAISE(ABORT, 'publication.confirmed_at: set once'); END",
    "CREATE TRIGGER publication_due_at_set_once BEFORE UPDATE OF due_at ON publication WHEN OLD.due_at IS NOT NULL AND NEW.due_at IS NOT OLD.due_at BEGIN SELECT RAISE(ABORT, 'publication.due_at: set once'); END",
    "CREATE TRIGGER publication_cancelled_at_set_once BEFORE UPDATE OF cancelled_at ON publication WHEN OLD.cancelled_at IS NOT NULL AND NEW.cancelled_at IS NOT OLD.cancelled_at BEGIN SELECT RAISE(ABORT, 'publication.cancelled_at: set once'); END",
    "CREATE TRIGGER publication_cancelled_by_set_once BEFORE UPDATE OF cancelled_by ON publication WHEN OLD.cancelled_by IS NOT NULL AND NEW.cancelled_by IS NOT OLD.cancelled_by BEGIN SELECT RAISE(ABORT, 'publication.cancelled_by: set once'); END",
    "CREATE TRIGGER publication_published_at_set_once BEFORE UPDATE OF published_at ON publication WHEN OLD.published_at IS NOT NULL AND NEW.published_at IS NOT OLD.published_at BEGIN SELECT RAISE(ABORT, 'publication.published_at: set once'); END",
    "CREATE TRIGGER publication_withdrawn_at_set_once BEFORE UPDATE OF withdrawn_at ON publication WHEN OLD.withdrawn_at IS NOT NULL AND NEW.withdrawn_at IS NOT OLD.withdrawn_at BEGIN SELECT RAISE(ABORT, 'publication.withdrawn_at: set once'); END",
    "CREATE TRIGGER publication_withdrawn_by_set_once BEFORE UPDATE OF withdrawn_by ON publication WHEN OLD.withdrawn_by IS NOT NULL AND NEW.withdrawn_by IS NOT OLD.withdrawn_by BEGIN SELECT RAISE(ABORT, 'publication.withdrawn_by: set once'); END",
    "CREATE TRIGGER publication_consent_never_rewritten BEFORE UPDATE OF id, publication_id, person_id, role, given_at ON publication_consent  BEGIN SELECT RAISE(ABORT, 'publication_consent: a history is never rewritten'); END",
    "CREATE TRIGGER public_file_never_rewritten BEFORE UPDATE OF id, state_code, cycle, kind, title, language, pages, whole, size, sha256, object_name, published_at, event_id ON public_file  BEGIN SELECT RAISE(ABORT, 'public_file: a history is never rewritten'); END",
    "CREATE TRIGGER public_file_proof_set_once BEFORE UPDATE OF proof ON public_file WHEN OLD.proof IS NOT NULL AND NEW.proof IS NOT OLD.proof BEGIN SELECT RAISE(ABORT, 'public_file.proof: set once'); END",
    "CREATE TRIGGER public_file_withdrawn_at_set_once BEFORE UPDATE OF withdrawn_at ON public_file WHEN OLD.withdrawn_at IS NOT NULL AND NEW.withdrawn_at IS NOT OLD.withdrawn_at BEGIN SELECT RAISE(ABORT, 'public_file.withdrawn_at: set once'); END",
    "CREATE TRIGGER public_file_withdrawn_reason_set_once BEFORE UPDATE OF withdrawn_reason ON public_file WHEN OLD.withdrawn_reason IS NOT NULL AND NEW.withdrawn_reason IS NOT OLD.withdrawn_reason BEGIN SELECT RAISE(ABORT, 'public_file.withdrawn_reason: set once'); END",
)


def upgrade() -> None:
    """Make the tables and their triggers."""
    op.create_table(
        "publication",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("state_code", sa.String(length=3), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("said", sa.LargeBinary(), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("object_name", sa.String(length=64), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("prepared_by", sa.Uuid(), nullable=False),
        sa.Column("prepared_at", UtcTime(), nullable=False),
        sa.Column("confirmed_at", UtcTime(), nullable=True),
        sa.Column("due_at", UtcTime(), nullable=True),
        sa.Column("cancelled_at", UtcTime(), nullable=True),
        sa.Column("cancelled_by", sa.Uuid(), nullable=True),
        sa.Column("published_at", UtcTime(), nullable=True),
        sa.Column("withdrawn_at", UtcTime(), nullable=True),
        sa.Column("withdrawn_by", sa.Uuid(), nullable=True),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("cancelled_at IS NULL OR published_at IS NULL"),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"]),
        sa.ForeignKeyConstraint(["review_id", "document_id"], ["document.review_id", "document.id"]),
        sa.ForeignKeyConstraint(["review_id", "version_id"], ["version.review_id", "version.id"]),
        sa.ForeignKeyConstraint(["state_code"], ["state.code"]),
        sa.ForeignKeyConstraint(["prepared_by"], ["person.id"]),
        sa.ForeignKeyConstraint(["cancelled_by"], ["person.id"]),
        sa.ForeignKeyConstraint(["withdrawn_by"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("publication_by_review", "publication", ["review_id", "prepared_at"])
    op.create_index("publication_due", "publication", ["due_at"])
    op.create_table(
        "publication_consent",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("publication_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=30), nullable=False),
        sa.Column("given_at", UtcTime(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["publication_id"], ["publication.id"]),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("publication_id", "person_id"),
    )
    op.create_table(
        "public_file",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("state_code", sa.String(length=3), nullable=False),
        sa.Column("cycle", sa.String(length=200), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=400), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("pages", sa.Integer(), nullable=False),
        sa.Column("whole", sa.Boolean(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.LargeBinary(), nullable=False),
        sa.Column("object_name", sa.String(length=64), nullable=False),
        sa.Column("published_at", UtcTime(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=False),
        sa.Column("proof", sa.String(), nullable=True),
        sa.Column("withdrawn_at", UtcTime(), nullable=True),
        sa.Column("withdrawn_reason", sa.String(length=2000), nullable=True),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["id"], ["publication.id"]),
        sa.ForeignKeyConstraint(["state_code"], ["state.code"]),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("public_by_time", "public_file", ["published_at"])
    for statement in TRIGGERS:
        op.execute(sa.text(statement.replace(":", "\\:")))
