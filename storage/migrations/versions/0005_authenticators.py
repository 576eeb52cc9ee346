"""Passkeys, code apps, recovery codes and used challenges; with their triggers."""

import sqlalchemy as sa
from alembic import op

from storage.columns import UtcTime

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TRIGGERS = (
    "CREATE TRIGGER passkey_never_deleted BEFORE DELETE ON passkey  BEGIN SELECT RAISE(ABORT, 'passkey: nothing is deleted'); END",
    "CREATE TRIGGER code_app_never_deleted BEFORE DELETE ON code_app  BEGIN SELECT RAISE(ABORT, 'code_app: nothing is deleted'); END",
    "CREATE TRIGGER recovery_code_never_deleted BEFORE DELETE ON recovery_code  BEGIN SELECT RAISE(ABORT, 'recovery_code: nothing is deleted'); END",
    "CREATE TRIGGER recovery_code_never_rewritten BEFORE UPDATE OF id, person_id, code_hash, made_at ON recovery_code  BEGIN SELECT RAISE(ABORT, 'recovery_code: a history is never rewritten'); END",
    "CREATE TRIGGER recovery_code_used_at_set_once BEFORE UPDATE OF used_at ON recovery_code WHEN OLD.used_at IS NOT NULL AND NEW.used_at IS NOT OLD.used_at BEGIN SELECT RAISE(ABORT, 'recovery_code.used_at: set once'); END",
    "CREATE TRIGGER recovery_code_replaced_at_set_once BEFORE UPDATE OF replaced_at ON recovery_code WHEN OLD.replaced_at IS NOT NULL AND NEW.replaced_at IS NOT OLD.replaced_at BEGIN SELECT RAISE(ABORT, 'recovery_code.replaced_at: set once'); END",
)


def upgrade() -> None:
    """Make the tables and their triggers."""
    op.create_table(
        "passkey",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("credential_id", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("sign_count", sa.Integer(), nullable=False),
        sa.Column("aaguid", sa.String(length=36), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("added_at", UtcTime(), nullable=False),
        sa.Column("used_at", UtcTime(), nullable=True),
        sa.Column("removed_at", UtcTime(), nullable=True),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("credential_id"),
    )
    op.create_index(op.f("ix_passkey_person_id"), "passkey", ["person_id"], unique=False)
    op.create_table(
        "code_app",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("last_step", sa.Integer(), nullable=False),
        sa.Column("added_at", UtcTime(), nullable=False),
        sa.Column("removed_at", UtcTime(), nullable=True),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("salt"),
    )
    op.create_index("code_app_once", "code_app", ["person_id"], unique=True, sqlite_where=sa.text("removed_at IS NULL"))
    op.create_table(
        "recovery_code",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("code_hash", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", UtcTime(), nullable=False),
        sa.Column("used_at", UtcTime(), nullable=True),
        sa.Column("replaced_at", UtcTime(), nullable=True),
        sa.Column("mac", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["person_id"], ["person.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("code_hash"),
    )
    op.create_index(op.f("ix_recovery_code_person_id"), "recovery_code", ["person_id"], unique=False)
    op.create_table(
        "spent",
        sa.Column("challenge", sa.LargeBinary(), nullable=False),
        sa.Column("expires_at", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("challenge"),
    )
    op.create_index(op.f("ix_spent_expires_at"), "spent", ["expires_at"], unique=False)
    for statement in TRIGGERS:
        op.execute(sa.text(statement.replace(":", "\\:")))
