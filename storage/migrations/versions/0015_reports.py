"""The agreement on a report and its summary, comments on its drafts, and the summary's languages; with triggers."""

import sqlalchemy as sa
from alembic import op

from storage.columns import UtcTime

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

TRIGGERS = (
    "CREATE TRIGGER document_final_never_changes BEFORE UPDATE ON document WHEN EXISTS (SELECT 1 FROM manifest WHERE review_id = OLD.review_id AND final_at IS NOT NULL AND OLD.id IN (report_id, summary_id)) BEGIN SELECT RAISE(ABORT, 'document: all parties agreed on it'); END",
    "CREATE TRIGGER version_never_after_final BEFORE INSERT ON version WHEN EXISTS (SELECT 1 FROM manifest WHERE review_id = NEW.review_id AND final_at IS NOT NULL AND NEW.document_id IN (report_id, summary_id)) BEGIN SELECT RAISE(ABORT, 'version: all parties agreed on another one'); END",
    "CREATE TRIGGER manifest_never_deleted BEFORE DELETE ON manifest  BEGIN SELECT RAISE(ABORT, 'manifest: nothing is deleted'); END",
    "CREATE TRIGGER agreement_never_deleted BEFORE DELETE ON agreement  BEGIN SELECT RAISE(ABORT, 'agreement: nothing is deleted'); END",
    "CREATE TRIGGER draft_comment_never_deleted BEFORE DELETE ON draft_comment  BEGIN SELECT RAISE(ABORT, 'draft_comment: nothing is deleted'); END",
    "CREATE TRIGGER summary_language_never_deleted BEFORE DELETE ON summary_language  BEGIN SELECT RAISE(ABORT, 'summary_language: nothing is deleted'); END",
    "CREATE TRIGGER transmission_never_deleted BEFORE DELETE ON transmission  BEGIN SELECT RAISE(ABORT, 'transmission: nothing is deleted'); END",
    "CREATE TRIGGER manifest_never_rewritten BEFORE UPDATE OF id, review_id, room_id, number, report_id, report_version_id, summary_id, summary_version_id, hashes, report_mark, summary_mark, proposed_by, proposed_at ON manifest  BEGIN SELECT RAISE(ABORT, 'manifest: a history is never rewritten'); END",
    "CREATE TRIGGER manifest_ended_at_set_once BEFORE UPDATE OF ended_at ON manifest WHEN OLD.ended_at IS NOT NULL AND NEW.ended_at IS NOT OLD.ended_at BEGIN SELECT RAISE(ABORT, 'manifest.ended_at: set once'); END",
    "CREATE TRIGGER manifest_ended_by_set_once BEFORE UPDATE OF ended_by ON manifest WHEN OLD.ended_by IS NOT NULL AND NEW.ended_by IS NOT OLD.ended_by BEGIN SELECT RAISE(ABORT, 'manifest.ended_by: set once'); END",
    "CREATE TRIGGER manifest_ended_why_set_once BEFORE UPDATE OF ended_why ON manifest WHEN OLD.ended_why IS NOT NULL AND NEW.ended_why IS NOT OLD.ended_why BEGIN SELECT RAISE(ABORT, 'manifest.ended_why: set once'); END",
    "CREATE TRIGGER manifest_final_at_set_once BEFORE UPDATE OF final_at ON manifest WHEN OLD.final_at IS NOT NULL AND NEW.final_at IS NOT OLD.final_at BEGIN SELECT RAISE(ABORT, 'manifest.final_at: set once'); END",
    "CREATE TRIGGER agreement_never_rewritten BEFORE UPDATE OF id, review_id, room_id, manifest_id, state_code, agrees, reason, said_by, said_at ON agreement  BEGIN SELECT RAISE(ABORT, 'agreement: a history is never rewritten'); END",
    "CREATE TRIGGER draft_comment_never_rewritten BEFORE UPDATE OF id, review_id, room_id, number, version_id, place, under_id, disposition, taken_up_in, remark_id, owner, said_by, said_at ON draft_comment  BEGIN SELECT RAISE(ABORT, 'draft_comment: a history is never rewritten'); END",
    "CREATE TRIGGER summary_language_never_rewritten BEFORE UPDATE OF id, review_id, manifest_id, version_id, language, object_name, size, wrapped_key, particulars, confirmed_by, confirmed_at ON summary_language  BEGIN SELECT RAISE(ABORT, 'summary_language: a history is never rewritten'); END",
    "CREATE TRIGGER summary_language_ended_at_set_once BEFORE UPDATE OF ended_at ON summary_language WHEN OLD.ended_at IS NOT NULL AND NEW.ended_at IS NOT OLD.ended_at BEGIN SELECT RAISE(ABORT, 'summary_language.ended_at: set once'); END",
    "CREATE TRIGGER transmission_never_rewritten BEFORE UPDATE OF id, review_id, manifest_id, transmitted_by, transmitted_at ON transmission  BEGIN SELECT RAISE(ABORT, 'transmission: a history is never rewritten'); END",
)


def upgrade() -> None:
    """Make the tables and their triggers."""
    op.create_table(
        "manifest",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("report_id", sa.Uuid(), nullable=False),
        sa.Column("report_version_id", sa.Uuid(), nullable=False),
        sa.Column("summary_id", sa.Uuid(), nullable=False),
        sa.Column("summary_version_id", sa.Uuid(), nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.Column("report_mark", sa.LargeBinary(), nullable=False),
        sa.Column("summary_mark", sa.LargeBinary(), nullable=False),
        sa.Column("proposed_by", sa.Uuid(), nullable=False),
        sa.Column("proposed_at", UtcTime(), nullable=False),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("ended_why", sa.String(length=20), nullable=True),
        sa.Column("final_at", UtcTime(), nullable=True),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("ended_at IS NULL OR final_at IS NULL"),
        sa.ForeignKeyConstraint(["ended_by"], ["person.id"]),
        sa.ForeignKeyConstraint(["proposed_by"], ["person.id"]),
        sa.ForeignKeyConstraint(["review_id", "report_id"], ["document.review_id", "document.id"]),
        sa.ForeignKeyConstraint(["review_id", "report_version_id"], ["version.review_id", "version.id"]),
        sa.ForeignKeyConstraint(["review_id", "room_id"], ["room.review_id", "room.id"]),
        sa.ForeignKeyConstraint(["review_id", "summary_id"], ["document.review_id", "document.id"]),
        sa.ForeignKeyConstraint(["review_id", "summary_version_id"], ["version.review_id", "version.id"]),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("review_id", "id"),
        sa.UniqueConstraint("review_id", "number"),
    )
    op.create_index("manifest_once", "manifest", ["review_id"], unique=True, sqlite_where=sa.text("ended_at IS NULL"))
    op.create_table(
        "agreement",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column("manifest_id", sa.Uuid(), nullable=False),
        sa.Column("state_code", sa.String(length=3), nullable=False),
        sa.Column("agrees", sa.Boolean(), nullable=False),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.Column("said_by", sa.Uuid(), nullable=False),
        sa.Column("said_at", UtcTime(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("agrees = (reason IS NULL)"),
        sa.ForeignKeyConstraint(["review_id", "manifest_id"], ["manifest.review_id", "manifest.id"]),
        sa.ForeignKeyConstraint(["review_id", "room_id"], ["room.review_id", "room.id"]),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"]),
        sa.ForeignKeyConstraint(["said_by"], ["person.id"]),
        sa.ForeignKeyConstraint(["state_code"], ["state.code"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("manifest_id", "state_code"),
    )
    op.create_table(
        "summary_language",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("manifest_id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("object_name", sa.String(length=32), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("particulars", sa.LargeBinary(), nullable=False),
        sa.Column("confirmed_by", sa.Uuid(), nullable=False),
        sa.Column("confirmed_at", UtcTime(), nullable=False),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["confirmed_by"], ["person.id"]),
        sa.ForeignKeyConstraint(["review_id", "manifest_id"], ["manifest.review_id", "manifest.id"]),
        sa.ForeignKeyConstraint(["review_id", "version_id"], ["version.review_id", "version.id"]),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("object_name"),
    )
    op.create_index(
        "summary_language_once",
        "summary_language",
        ["manifest_id", "language"],
        unique=True,
        sqlite_where=sa.text("ended_at IS NULL"),
    )
    op.create_table(
        "transmission",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("manifest_id", sa.Uuid(), nullable=False),
        sa.Column("transmitted_by", sa.Uuid(), nullable=False),
        sa.Column("transmitted_at", UtcTime(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["manifest_id"], ["manifest.id"]),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"]),
        sa.ForeignKeyConstraint(["transmitted_by"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("review_id"),
    )
    op.create_table(
        "draft_comment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("version_id", sa.Uuid(), nullable=True),
        sa.Column("place", sa.LargeBinary(), nullable=True),
        sa.Column("under_id", sa.Uuid(), nullable=True),
        sa.Column("disposition", sa.String(length=20), nullable=True),
        sa.Column("taken_up_in", sa.Uuid(), nullable=True),
        sa.Column("remark_id", sa.Uuid(), nullable=True),
        sa.Column("owner", sa.String(length=20), nullable=False),
        sa.Column("said_by", sa.Uuid(), nullable=False),
        sa.Column("said_at", UtcTime(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("(under_id IS NULL) = (number IS NOT NULL)"),
        sa.CheckConstraint("(under_id IS NULL) = (place IS NOT NULL)"),
        sa.CheckConstraint("(under_id IS NULL) = (version_id IS NOT NULL)"),
        sa.ForeignKeyConstraint(["remark_id"], ["remark.id"]),
        sa.ForeignKeyConstraint(["review_id", "room_id"], ["room.review_id", "room.id"]),
        sa.ForeignKeyConstraint(["review_id", "taken_up_in"], ["version.review_id", "version.id"]),
        sa.ForeignKeyConstraint(["review_id", "under_id"], ["draft_comment.review_id", "draft_comment.id"]),
        sa.ForeignKeyConstraint(["review_id", "version_id"], ["version.review_id", "version.id"]),
        sa.ForeignKeyConstraint(["review_id"], ["review.id"]),
        sa.ForeignKeyConstraint(["said_by"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("remark_id"),
        sa.UniqueConstraint("review_id", "id"),
        sa.UniqueConstraint("review_id", "number"),
        sa.UniqueConstraint("under_id", "taken_up_in"),
    )
    op.create_index("draft_comment_by_comment", "draft_comment", ["under_id"], unique=False)
    for statement in TRIGGERS:
        op.execute(sa.text(statement.replace(":", "\\:")))
