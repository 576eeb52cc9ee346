"""The first schema: all tables, and the triggers that keep the log and the histories as they are."""

import sqlalchemy as sa
from alembic import op

from storage.columns import UtcTime

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

TRIGGERS = (
    "CREATE TRIGGER event_never_changes BEFORE UPDATE ON event  BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END",
    "CREATE TRIGGER stream_never_goes_back BEFORE UPDATE ON stream WHEN NEW.next_number < OLD.next_number OR NEW.id <> OLD.id OR NEW.kind <> OLD.kind BEGIN SELECT RAISE(ABORT, 'a stream only grows'); END",
    "CREATE TRIGGER event_never_deleted BEFORE DELETE ON event  BEGIN SELECT RAISE(ABORT, 'event: nothing is deleted'); END",
    "CREATE TRIGGER stream_never_deleted BEFORE DELETE ON stream  BEGIN SELECT RAISE(ABORT, 'stream: nothing is deleted'); END",
    "CREATE TRIGGER document_never_deleted BEFORE DELETE ON document  BEGIN SELECT RAISE(ABORT, 'document: nothing is deleted'); END",
    "CREATE TRIGGER review_never_deleted BEFORE DELETE ON review  BEGIN SELECT RAISE(ABORT, 'review: nothing is deleted'); END",
    "CREATE TRIGGER room_never_deleted BEFORE DELETE ON room  BEGIN SELECT RAISE(ABORT, 'room: nothing is deleted'); END",
    "CREATE TRIGGER person_never_deleted BEFORE DELETE ON person  BEGIN SELECT RAISE(ABORT, 'person: nothing is deleted'); END",
    "CREATE TRIGGER invitation_never_deleted BEFORE DELETE ON invitation  BEGIN SELECT RAISE(ABORT, 'invitation: nothing is deleted'); END",
    "CREATE TRIGGER session_never_deleted BEFORE DELETE ON session  BEGIN SELECT RAISE(ABORT, 'session: nothing is deleted'); END",
    "CREATE TRIGGER appointment_never_deleted BEFORE DELETE ON appointment  BEGIN SELECT RAISE(ABORT, 'appointment: nothing is deleted'); END",
    "CREATE TRIGGER assignment_never_deleted BEFORE DELETE ON assignment  BEGIN SELECT RAISE(ABORT, 'assignment: nothing is deleted'); END",
    "CREATE TRIGGER undertaking_never_deleted BEFORE DELETE ON undertaking  BEGIN SELECT RAISE(ABORT, 'undertaking: nothing is deleted'); END",
    "CREATE TRIGGER translation_task_never_deleted BEFORE DELETE ON translation_task  BEGIN SELECT RAISE(ABORT, 'translation_task: nothing is deleted'); END",
    "CREATE TRIGGER review_party_never_deleted BEFORE DELETE ON review_party  BEGIN SELECT RAISE(ABORT, 'review_party: nothing is deleted'); END",
    "CREATE TRIGGER version_never_deleted BEFORE DELETE ON version  BEGIN SELECT RAISE(ABORT, 'version: nothing is deleted'); END",
    "CREATE TRIGGER appointment_never_rewritten BEFORE UPDATE OF id, person_id, role, state_code, basis, starts_at, ends_at, appointed_by, needs_confirmation, created_at ON appointment  BEGIN SELECT RAISE(ABORT, 'appointment: a history is never rewritten'); END",
    "CREATE TRIGGER appointment_confirmed_by_set_once BEFORE UPDATE OF confirmed_by ON appointment WHEN OLD.confirmed_by IS NOT NULL AND NEW.confirmed_by IS NOT OLD.confirmed_by BEGIN SELECT RAISE(ABORT, 'appointment.confirmed_by: set once'); END",
    "CREATE TRIGGER appointment_confirmed_at_set_once BEFORE UPDATE OF confirmed_at ON appointment WHEN OLD.confirmed_at IS NOT NULL AND NEW.confirmed_at IS NOT OLD.confirmed_at BEGIN SELECT RAISE(ABORT, 'appointment.confirmed_at: set once'); END",
    "CREATE TRIGGER appointment_ended_at_set_once BEFORE UPDATE OF ended_at ON appointment WHEN OLD.ended_at IS NOT NULL AND NEW.ended_at IS NOT OLD.ended_at BEGIN SELECT RAISE(ABORT, 'appointment.ended_at: set once'); END",
    "CREATE TRIGGER appointment_ended_by_set_once BEFORE UPDATE OF ended_by ON appointment WHEN OLD.ended_by IS NOT NULL AND NEW.ended_by IS NOT OLD.ended_by BEGIN SELECT RAISE(ABORT, 'appointment.ended_by: set once'); END",
    "CREATE TRIGGER appointment_end_basis_set_once BEFORE UPDATE OF end_basis ON appointment WHEN OLD.end_basis IS NOT NULL AND NEW.end_basis IS NOT OLD.end_basis BEGIN SELECT RAISE(ABORT, 'appointment.end_basis: set once'); END",
    "CREATE TRIGGER assignment_never_rewritten BEFORE UPDATE OF id, review_id, appointment_id, person_id, basis, starts_at, ends_at, assigned_by, created_at ON assignment  BEGIN SELECT RAISE(ABORT, 'assignment: a history is never rewritten'); END",
    "CREATE TRIGGER assignment_ended_at_set_once BEFORE UPDATE OF ended_at ON assignment WHEN OLD.ended_at IS NOT NULL AND NEW.ended_at IS NOT OLD.ended_at BEGIN SELECT RAISE(ABORT, 'assignment.ended_at: set once'); END",
    "CREATE TRIGGER assignment_ended_by_set_once BEFORE UPDATE OF ended_by ON assignment WHEN OLD.ended_by IS NOT NULL AND NEW.ended_by IS NOT OLD.ended_by BEGIN SELECT RAISE(ABORT, 'assignment.ended_by: set once'); END",
    "CREATE TRIGGER assignment_end_basis_set_once BEFORE UPDATE OF end_basis ON assignment WHEN OLD.end_basis IS NOT NULL AND NEW.end_basis IS NOT OLD.end_basis BEGIN SELECT RAISE(ABORT, 'assignment.end_basis: set once'); END",
    "CREATE TRIGGER undertaking_never_rewritten BEFORE UPDATE OF id, review_id, person_id, wording, accepted_at ON undertaking  BEGIN SELECT RAISE(ABORT, 'undertaking: a history is never rewritten'); END",
    "CREATE TRIGGER translation_task_never_rewritten BEFORE UPDATE OF id, review_id, document_id, version_id, person_id, language, sent_by, sent_at ON translation_task  BEGIN SELECT RAISE(ABORT, 'translation_task: a history is never rewritten'); END",
    "CREATE TRIGGER translation_task_delivered_at_set_once BEFORE UPDATE OF delivered_at ON translation_task WHEN OLD.delivered_at IS NOT NULL AND NEW.delivered_at IS NOT OLD.delivered_at BEGIN SELECT RAISE(ABORT, 'translation_task.delivered_at: set once'); END",
    "CREATE TRIGGER translation_task_recalled_at_set_once BEFORE UPDATE OF recalled_at ON translation_task WHEN OLD.recalled_at IS NOT NULL AND NEW.recalled_at IS NOT OLD.recalled_at BEGIN SELECT RAISE(ABORT, 'translation_task.recalled_at: set once'); END",
    "CREATE TRIGGER review_party_never_rewritten BEFORE UPDATE OF id, review_id, state_code, part, since ON review_party  BEGIN SELECT RAISE(ABORT, 'review_party: a history is never rewritten'); END",
    "CREATE TRIGGER review_party_until_set_once BEFORE UPDATE OF until ON review_party WHEN OLD.until IS NOT NULL AND NEW.until IS NOT OLD.until BEGIN SELECT RAISE(ABORT, 'review_party.until: set once'); END",
    "CREATE TRIGGER review_party_end_basis_set_once BEFORE UPDATE OF end_basis ON review_party WHEN OLD.end_basis IS NOT NULL AND NEW.end_basis IS NOT OLD.end_basis BEGIN SELECT RAISE(ABORT, 'review_party.end_basis: set once'); END",
    "CREATE TRIGGER review_party_end_reason_set_once BEFORE UPDATE OF end_reason ON review_party WHEN OLD.end_reason IS NOT NULL AND NEW.end_reason IS NOT OLD.end_reason BEGIN SELECT RAISE(ABORT, 'review_party.end_reason: set once'); END",
    "CREATE TRIGGER version_never_rewritten BEFORE UPDATE OF id, review_id, room_id, document_id, number, object_name, size, wrapped_key, particulars, equal, created_by, created_at ON version  BEGIN SELECT RAISE(ABORT, 'version: a history is never rewritten'); END",
)


def upgrade() -> None:
    """Make all tables and triggers."""
    op.create_table(
        "cycle",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "key_version",
        sa.Column("scope", sa.String(length=120), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "version"),
    )
    op.create_table(
        "state",
        sa.Column("code", sa.String(length=3), nullable=False),
        sa.Column("region", sa.String(length=40), nullable=True),
        sa.Column("fictional", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("code"),
    )
    op.create_table(
        "key_holder",
        sa.Column("scope", sa.String(length=120), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("holder", sa.String(length=120), nullable=False),
        sa.Column("wrapping_key", sa.String(length=120), nullable=False),
        sa.Column("wrapped", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["scope", "version"],
            ["key_version.scope", "key_version.version"],
        ),
        sa.PrimaryKeyConstraint("scope", "version", "holder"),
    )
    op.create_index("key_holder_by_wrapping_key", "key_holder", ["wrapping_key"], unique=False)
    op.create_table(
        "person",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("mail", sa.LargeBinary(), nullable=False),
        sa.Column("mail_index", sa.LargeBinary(), nullable=False),
        sa.Column("state_code", sa.String(length=3), nullable=True),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("zone", sa.String(length=60), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("suspended_at", UtcTime(), nullable=True),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["state_code"],
            ["state.code"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("mail_index"),
    )
    op.create_index(op.f("ix_person_state_code"), "person", ["state_code"], unique=False)
    op.create_table(
        "review",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("cycle_id", sa.Uuid(), nullable=False),
        sa.Column("state_code", sa.String(length=3), nullable=False),
        sa.Column("stage", sa.String(length=20), nullable=False),
        sa.Column("languages", sa.String(length=40), nullable=False),
        sa.Column("passes_at_once", sa.Boolean(), nullable=False),
        sa.Column("help_asked", sa.Boolean(), nullable=False),
        sa.Column("opened_at", UtcTime(), nullable=False),
        sa.Column("closed_at", UtcTime(), nullable=True),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["cycle_id"],
            ["cycle.id"],
        ),
        sa.ForeignKeyConstraint(
            ["state_code"],
            ["state.code"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("cycle_id", "state_code"),
    )
    op.create_table(
        "state_instrument",
        sa.Column("state_code", sa.String(length=3), nullable=False),
        sa.Column("instrument", sa.String(length=40), nullable=False),
        sa.Column("status", sa.String(length=20), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("source", sa.String(length=400), nullable=False),
        sa.ForeignKeyConstraint(
            ["state_code"],
            ["state.code"],
        ),
        sa.PrimaryKeyConstraint("state_code", "instrument"),
    )
    op.create_table(
        "state_name",
        sa.Column("state_code", sa.String(length=3), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["state_code"],
            ["state.code"],
        ),
        sa.PrimaryKeyConstraint("state_code", "language"),
    )
    op.create_table(
        "appointment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.String(length=40), nullable=False),
        sa.Column("state_code", sa.String(length=3), nullable=True),
        sa.Column("basis", sa.LargeBinary(), nullable=False),
        sa.Column("starts_at", UtcTime(), nullable=False),
        sa.Column("ends_at", UtcTime(), nullable=True),
        sa.Column("appointed_by", sa.Uuid(), nullable=True),
        sa.Column("needs_confirmation", sa.Boolean(), nullable=False),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("confirmed_at", UtcTime(), nullable=True),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("end_basis", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["appointed_by"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["confirmed_by"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["ended_by"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["state_code"],
            ["state.code"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("appointment_by_state", "appointment", ["state_code", "role"], unique=False)
    op.create_index(op.f("ix_appointment_person_id"), "appointment", ["person_id"], unique=False)
    op.create_table(
        "invitation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("renews", sa.Boolean(), nullable=False),
        sa.Column("takes_two", sa.Boolean(), nullable=False),
        sa.Column("second_hash", sa.LargeBinary(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("confirmed_by", sa.Uuid(), nullable=True),
        sa.Column("confirmed_at", UtcTime(), nullable=True),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.Column("used_at", UtcTime(), nullable=True),
        sa.Column("revoked_at", UtcTime(), nullable=True),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["confirmed_by"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["created_by"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_hash"),
    )
    op.create_index(op.f("ix_invitation_person_id"), "invitation", ["person_id"], unique=False)
    op.create_table(
        "passphrase",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("verifier", sa.String(length=300), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("person_id"),
    )
    op.create_table(
        "review_party",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("state_code", sa.String(length=3), nullable=False),
        sa.Column("part", sa.String(length=20), nullable=False),
        sa.Column("since", UtcTime(), nullable=False),
        sa.Column("until", UtcTime(), nullable=True),
        sa.Column("end_basis", sa.LargeBinary(), nullable=True),
        sa.Column("end_reason", sa.LargeBinary(), nullable=True),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["review_id"],
            ["review.id"],
        ),
        sa.ForeignKeyConstraint(
            ["state_code"],
            ["state.code"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("party_by_state", "review_party", ["state_code"], unique=False)
    op.create_index(
        "party_once",
        "review_party",
        ["review_id", "state_code"],
        unique=True,
        sqlite_where=sa.text("until IS NULL"),
    )
    op.create_table(
        "room",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("state_code", sa.String(length=3), nullable=True),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("(kind = 'national') = (state_code IS NOT NULL)"),
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
        sa.UniqueConstraint("review_id", "kind", "state_code"),
    )
    op.create_table(
        "undertaking",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("wording", sa.String(length=20), nullable=False),
        sa.Column("accepted_at", UtcTime(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["review_id"],
            ["review.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("review_id", "person_id"),
    )
    op.create_table(
        "visit",
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("seen_at", UtcTime(), nullable=False),
        sa.Column("before", UtcTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["review_id"],
            ["review.id"],
        ),
        sa.PrimaryKeyConstraint("person_id", "review_id"),
    )
    op.create_table(
        "assignment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("appointment_id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("basis", sa.LargeBinary(), nullable=False),
        sa.Column("starts_at", UtcTime(), nullable=False),
        sa.Column("ends_at", UtcTime(), nullable=True),
        sa.Column("assigned_by", sa.Uuid(), nullable=True),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.Column("ended_by", sa.Uuid(), nullable=True),
        sa.Column("end_basis", sa.LargeBinary(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["appointment_id"],
            ["appointment.id"],
        ),
        sa.ForeignKeyConstraint(
            ["assigned_by"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["ended_by"],
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
    op.create_index("assignment_by_person", "assignment", ["person_id", "review_id"], unique=False)
    op.create_index("assignment_by_review", "assignment", ["review_id"], unique=False)
    op.create_table(
        "document",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("stage", sa.String(length=20), nullable=False),
        sa.Column("owner", sa.String(length=20), nullable=False),
        sa.Column("title", sa.LargeBinary(), nullable=False),
        sa.Column("tags", sa.LargeBinary(), nullable=False),
        sa.Column("translates_id", sa.Uuid(), nullable=True),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("changed_at", UtcTime(), nullable=False),
        sa.Column("submitted_at", UtcTime(), nullable=True),
        sa.Column("circulated_at", UtcTime(), nullable=True),
        sa.Column("withdrawn_at", UtcTime(), nullable=True),
        sa.Column("withdrawn_by", sa.Uuid(), nullable=True),
        sa.Column("withdrawn_reason", sa.LargeBinary(), nullable=True),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["review_id", "room_id"],
            ["room.review_id", "room.id"],
        ),
        sa.ForeignKeyConstraint(["review_id", "translates_id"], ["version.review_id", "version.id"], use_alter=True),
        sa.ForeignKeyConstraint(
            ["withdrawn_by"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("review_id", "id"),
        sa.UniqueConstraint("room_id", "number"),
    )
    op.create_index("document_by_room", "document", ["room_id", "created_at"], unique=False)
    op.create_table(
        "session",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("appointment_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("seen_at", UtcTime(), nullable=False),
        sa.Column("ends_at", UtcTime(), nullable=False),
        sa.Column("ended_at", UtcTime(), nullable=True),
        sa.Column("proof", sa.String(length=20), nullable=False),
        sa.Column("proven_at", UtcTime(), nullable=False),
        sa.Column("device", sa.LargeBinary(), nullable=False),
        sa.Column("issuer_id", sa.Uuid(), nullable=True),
        sa.Column("issuer_session", sa.LargeBinary(), nullable=True),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["appointment_id"],
            ["appointment.id"],
        ),
        sa.ForeignKeyConstraint(
            ["person_id"],
            ["person.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_hash"),
    )
    op.create_index(op.f("ix_session_issuer_id"), "session", ["issuer_id"], unique=False)
    op.create_index(op.f("ix_session_person_id"), "session", ["person_id"], unique=False)
    op.create_table(
        "stream",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(length=20), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=True),
        sa.Column("room_id", sa.Uuid(), nullable=True),
        sa.Column("next_number", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["review_id"],
            ["review.id"],
        ),
        sa.ForeignKeyConstraint(
            ["room_id"],
            ["room.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("room_id"),
    )
    op.create_index(op.f("ix_stream_review_id"), "stream", ["review_id"], unique=False)
    op.create_table(
        "event",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("stream_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", UtcTime(), nullable=False),
        sa.Column("kind", sa.Integer(), nullable=False),
        sa.Column("schema_version", sa.Integer(), nullable=False),
        sa.Column("phase", sa.String(length=10), nullable=False),
        sa.Column("intent_id", sa.Uuid(), nullable=True),
        sa.Column("about", sa.LargeBinary(), nullable=True),
        sa.Column("stamp", sa.LargeBinary(), nullable=True),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("origin", sa.LargeBinary(), nullable=True),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.Column("tag", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["stream_id"],
            ["stream.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("stream_id", "number"),
    )
    op.create_index("event_about", "event", ["stream_id", "about", "at", "number"], unique=False)
    op.create_index("event_by_time", "event", ["stream_id", "at", "number"], unique=False)
    op.create_index("event_by_intent", "event", ["intent_id"], unique=False)
    op.create_index("event_open_intents", "event", ["phase", "at"], unique=False)
    op.create_table(
        "version",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("room_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("object_name", sa.String(length=32), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("wrapped_key", sa.LargeBinary(), nullable=False),
        sa.Column("particulars", sa.LargeBinary(), nullable=False),
        sa.Column("equal", sa.LargeBinary(), nullable=False),
        sa.Column("created_by", sa.Uuid(), nullable=False),
        sa.Column("created_at", UtcTime(), nullable=False),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by"],
            ["person.id"],
        ),
        sa.ForeignKeyConstraint(
            ["review_id", "document_id"],
            ["document.review_id", "document.id"],
        ),
        sa.ForeignKeyConstraint(
            ["review_id", "room_id"],
            ["room.review_id", "room.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("document_id", "number"),
        sa.UniqueConstraint("object_name"),
        sa.UniqueConstraint("review_id", "id"),
    )
    op.create_index("version_by_equal", "version", ["room_id", "equal"], unique=False)
    op.create_table(
        "translation_task",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
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
            ["review_id", "document_id"],
            ["document.review_id", "document.id"],
        ),
        sa.ForeignKeyConstraint(
            ["review_id", "version_id"],
            ["version.review_id", "version.id"],
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
    op.create_index("task_by_translator", "translation_task", ["person_id"], unique=False)
    op.create_index("task_by_version", "translation_task", ["version_id"], unique=False)

    for statement in TRIGGERS:
        op.execute(sa.text(statement.replace(":", "\\:")))
