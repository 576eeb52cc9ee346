"""The dialogue: clarifications, their entries, remarks, translations; and what of it never changes."""

import sqlalchemy as sa
from alembic import op

from storage.columns import UtcTime

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TRIGGERS = (
    "CREATE TRIGGER clarification_never_deleted BEFORE DELETE ON clarification  BEGIN SELECT RAISE(ABORT, 'clarification: nothing is deleted'); END",
    "CREATE TRIGGER entry_never_deleted BEFORE DELETE ON entry  BEGIN SELECT RAISE(ABORT, 'entry: nothing is deleted'); END",
    "CREATE TRIGGER routing_never_deleted BEFORE DELETE ON routing  BEGIN SELECT RAISE(ABORT, 'routing: nothing is deleted'); END",
    "CREATE TRIGGER entry_task_never_deleted BEFORE DELETE ON entry_task  BEGIN SELECT RAISE(ABORT, 'entry_task: nothing is deleted'); END",
    "CREATE TRIGGER attachment_never_deleted BEFORE DELETE ON attachment  BEGIN SELECT RAISE(ABORT, 'attachment: nothing is deleted'); END",
    "CREATE TRIGGER batch_never_deleted BEFORE DELETE ON batch  BEGIN SELECT RAISE(ABORT, 'batch: nothing is deleted'); END",
    "CREATE TRIGGER remark_never_deleted BEFORE DELETE ON remark  BEGIN SELECT RAISE(ABORT, 'remark: nothing is deleted'); END",
    "CREATE TRIGGER routing_never_rewritten BEFORE UPDATE OF id, review_id, clarification_id, person_id, routed_by, routed_at ON routing  BEGIN SELECT RAISE(ABORT, 'routing: a history is never rewritten'); END",
    "CREATE TRIGGER routing_ended_at_set_once BEFORE UPDATE OF ended_at ON routing WHEN OLD.ended_at IS NOT NULL AND NEW.ended_at IS NOT OLD.ended_at BEGIN SELECT RAISE(ABORT, 'routing.ended_at: set once'); END",
    "CREATE TRIGGER entry_task_never_rewritten BEFORE UPDATE OF id, review_id, entry_id, person_id, language, sent_by, sent_at ON entry_task  BEGIN SELECT RAISE(ABORT, 'entry_task: a history is never rewritten'); END",
    "CREATE TRIGGER entry_task_delivered_at_set_once BEFORE UPDATE OF delivered_at ON entry_task WHEN OLD.delivered_at IS NOT NULL AND NEW.delivered_at IS NOT OLD.delivered_at BEGIN SELECT RAISE(ABORT, 'entry_task.delivered_at: set once'); END",
    "CREATE TRIGGER entry_task_recalled_at_set_once BEFORE UPDATE OF recalled_at ON entry_task WHEN OLD.recalled_at IS NOT NULL AND NEW.recalled_at IS NOT OLD.recalled_at BEGIN SELECT RAISE(ABORT, 'entry_task.recalled_at: set once'); END",
    "CREATE TRIGGER attachment_never_rewritten BEFORE UPDATE OF id, review_id, entry_id, version_id, added_by, added_at ON attachment  BEGIN SELECT RAISE(ABORT, 'attachment: a history is never rewritten'); END",
    "CREATE TRIGGER attachment_removed_at_set_once BEFORE UPDATE OF removed_at ON attachment WHEN OLD.removed_at IS NOT NULL AND NEW.removed_at IS NOT OLD.removed_at BEGIN SELECT RAISE(ABORT, 'attachment.removed_at: set once'); END",
    "CREATE TRIGGER batch_never_rewritten BEFORE UPDATE OF id, review_id, owner, number, submitted_by, submitted_at ON batch  BEGIN SELECT RAISE(ABORT, 'batch: a history is never rewritten'); END",
    "CREATE TRIGGER remark_never_rewritten BEFORE UPDATE OF id, review_id, room_id, clarification_id, kind, owner, text, held_at, created_by, created_at ON remark  BEGIN SELECT RAISE(ABORT, 'remark: a history is never rewritten'); END",
    "CREATE TRIGGER entry_never_turned BEFORE UPDATE OF id, review_id, room_id, clarification_id, part, owner, corrects_id, translates_id, created_by, created_at ON entry  BEGIN SELECT RAISE(ABORT, 'entry: where it belongs never changes'); END",
    "CREATE TRIGGER entry_sent_never_changes BEFORE UPDATE OF text, language, edition ON entry WHEN OLD.stage <> 'draft' BEGIN SELECT RAISE(ABORT, 'entry: what was sent never changes'); END",
    "CREATE TRIGGER entry_never_a_draft_again BEFORE UPDATE OF stage ON entry WHEN OLD.stage <> 'draft' AND NEW.stage = 'draft' BEGIN SELECT RAISE(ABORT, 'entry: what was sent is never a draft again'); END",
)


def upgrade() -> None:
    """Make the tables and triggers."""
    op.create_table(
        "batch",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("owner", sa.String(length=3), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("submitted_by", sa.Uuid(), nullable=False),
        sa.Column("submitted_at", UtcTime(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner"],
            ["state.code"],
        ),
        sa.ForeignKeyConstraint(
            ["review_id"],
            ["review.id"],
        ),
        sa.ForeignKeyConstraint(
            ["submitted_by"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("review_id", "id"),
        sa.UniqueConstraint("review_id", "owner", "number"),
    )
    op.create_table(
        "clearance_setting",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("state_code", sa.String(length=3), nullable=False),
        sa.Column("clears", sa.Boolean(), nullable=False),
        sa.Column("changed_by", sa.Uuid(), nullable=False),
        sa.Column("changed_at", UtcTime(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["changed_by"],
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
        sa.UniqueConstraint("review_id", "state_code"),
    )
    op.create_table(
        "clarification",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("draft_number", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=True),
        sa.Column("owner", sa.String(length=3), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("stage", sa.String(length=20), nullable=False),
        sa.Column("draft_subject", sa.LargeBinary(), nullable=False),
        sa.Column("subject", sa.LargeBinary(), nullable=True),
        sa.Column("about_version", sa.Uuid(), nullable=True),
        sa.Column("merged_into", sa.Uuid(), nullable=True),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("submitted_at", UtcTime(), nullable=True),
        sa.Column("passed_at", UtcTime(), nullable=True),
        sa.Column("answered_at", UtcTime(), nullable=True),
        sa.Column("closed_at", UtcTime(), nullable=True),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.Column("reviewers_room_at", UtcTime(), nullable=True),
        sa.Column("shared_room_at", UtcTime(), nullable=True),
        sa.Column("national_room_at", UtcTime(), nullable=True),
        sa.Column("officer_at", UtcTime(), nullable=True),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["closed_by"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["created_by"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["owner"],
            ["state.code"],
        ),
        sa.ForeignKeyConstraint(
            ["review_id", "about_version"],
            ["version.review_id", "version.id"],
        ),
        sa.ForeignKeyConstraint(
            ["review_id", "batch_id"],
            ["batch.review_id", "batch.id"],
        ),
        sa.ForeignKeyConstraint(
            ["review_id", "merged_into"],
            ["clarification.review_id", "clarification.id"],
        ),
        sa.ForeignKeyConstraint(
            ["review_id"],
            ["review.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("review_id", "draft_number"),
        sa.UniqueConstraint("review_id", "id"),
        sa.UniqueConstraint("review_id", "number"),
    )
    op.create_index("clarification_by_stage", "clarification", ["review_id", "stage"], unique=False)
    op.create_table(
        "entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column("clarification_id", sa.Uuid(), nullable=False),
        sa.Column("part", sa.String(length=10), nullable=False),
        sa.Column("owner", sa.String(length=20), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("stage", sa.String(length=20), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("corrects_id", sa.Uuid(), nullable=True),
        sa.Column("translates_id", sa.Uuid(), nullable=True),
        sa.Column("sent_as", sa.Uuid(), nullable=True),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("clearance", sa.String(length=10), nullable=False),
        sa.Column("cleared_by", sa.Uuid(), nullable=True),
        sa.Column("cleared_at", UtcTime(), nullable=True),
        sa.Column("edited_by", sa.Uuid(), nullable=False),
        sa.Column("edited_at", UtcTime(), nullable=False),
        sa.Column("opened_by", sa.Uuid(), nullable=True),
        sa.Column("opened_at", UtcTime(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("circulated_by", sa.Uuid(), nullable=True),
        sa.Column("circulated_at", UtcTime(), nullable=True),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["circulated_by"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["cleared_by"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["created_by"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["edited_by"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["opened_by"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["review_id", "clarification_id"],
            ["clarification.review_id", "clarification.id"],
        ),
        sa.ForeignKeyConstraint(
            ["review_id", "corrects_id"],
            ["entry.review_id", "entry.id"],
        ),
        sa.ForeignKeyConstraint(
            ["review_id", "room_id"],
            ["room.review_id", "room.id"],
        ),
        sa.ForeignKeyConstraint(
            ["review_id", "sent_as"],
            ["entry.review_id", "entry.id"],
        ),
        sa.ForeignKeyConstraint(
            ["review_id", "translates_id"],
            ["entry.review_id", "entry.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("review_id", "id"),
    )
    op.create_index("entry_by_clarification", "entry", ["clarification_id", "created_at"], unique=False)
    op.create_index("entry_by_stage", "entry", ["review_id", "room_id", "stage"], unique=False)
    op.create_table(
        "remark",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column("clarification_id", sa.Uuid(), nullable=True),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("owner", sa.String(length=20), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("held_at", UtcTime(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["review_id", "clarification_id"],
            ["clarification.review_id", "clarification.id"],
        ),
        sa.ForeignKeyConstraint(
            ["review_id", "room_id"],
            ["room.review_id", "room.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("remark_by_clarification", "remark", ["clarification_id", "created_at"], unique=False)
    op.create_index("remark_by_room", "remark", ["room_id", "kind", "held_at"], unique=False)
    op.create_table(
        "routing",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("clarification_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("routed_by", sa.Uuid(), nullable=False),
        sa.Column("routed_at", UtcTime(), nullable=False),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["review_id", "clarification_id"],
            ["clarification.review_id", "clarification.id"],
        ),
        sa.ForeignKeyConstraint(
            ["routed_by"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("routing_by_clarification", "routing", ["clarification_id"], unique=False)
    op.create_index("routing_by_person", "routing", ["person_id", "review_id"], unique=False)
    op.create_table(
        "attachment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("added_by", sa.Uuid(), nullable=False),
        sa.Column("added_at", UtcTime(), nullable=False),
        sa.Column("removed_at", UtcTime(), nullable=True),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["added_by"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["review_id", "entry_id"],
            ["entry.review_id", "entry.id"],
        ),
        sa.ForeignKeyConstraint(
            ["review_id", "version_id"],
            ["version.review_id", "version.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("attachment_by_entry", "attachment", ["entry_id"], unique=False)
    op.create_table(
        "entry_task",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("entry_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("sent_by", sa.Uuid(), nullable=False),
        sa.Column("sent_at", UtcTime(), nullable=False),
        sa.Column("delivered_at", UtcTime(), nullable=True),
        sa.Column("recalled_at", UtcTime(), nullable=True),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["review_id", "entry_id"],
            ["entry.review_id", "entry.id"],
        ),
        sa.ForeignKeyConstraint(
            ["review_id"],
            ["review.id"],
        ),
        sa.ForeignKeyConstraint(
            ["sent_by"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("entry_task_by_entry", "entry_task", ["entry_id"], unique=False)
    op.create_index("entry_task_by_translator", "entry_task", ["person_id"], unique=False)
    for statement in TRIGGERS:
        op.execute(sa.text(statement.replace(":", "\\:")))
